/*
 * Offices and cases as JSON, held against a reader that is not ours: what is shown to everybody,
 * and what only to who has signed to read it.
 */
#include "help.h"

#include "office/show.h"
#include "office/staff.h"

#include <jansson.h>

#define DAY INT64_C(20780) /* 2026-11-23 */

static struct party bank = {.code = {"bank", 4}, .version = 3};
static struct office_unit unit = {
    .code = {"C06", 3},
    .version = 2,
    .level = LEVEL_PROVINCE,
    .name = {"Cục \"C06\"", 11},
    .parent = {"Bộ", 4},
    .above = {"BCA", 3},
    .sign = {"C06", 3},
    .place = {"Hà Nội", 9},
    .address = {"47", 2},
    .province = "01",
    .member_count = 2,
    .members = {{{"MINH", 4}, CAPACITY_HEAD, DAY}, {{"LAN", 3}, CAPACITY_STAFF, 0}},
    .figures = {.received = 9, .late = 1},
};

/* Canonical: the other writer, told to sort, writes the same bytes. */
static json_t *shown(enum resource resource, const void *object, bool whole)
{
    json_error_t error;
    BUF_AUTO buf;

    buf_init(&buf, 65536);
    if (whole) {
        show_put_whole(resource, object, &buf);
    } else {
        show_put(resource, object, &buf);
    }
    assert_ok(buf_check(&buf));
    json_t *root = json_loadb((const char *)buf.data, buf.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s: %.*s", error.text, (int)buf.len, (const char *)buf.data);
    }
    char *again = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    assert_view(buf_view(&buf), again);
    free(again);
    return root;
}

static void assert_member(const json_t *root, const char *name, const char *expected)
{
    char *text = json_dumps(json_object_get(root, name), JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL || strcmp(text, expected) != 0) {
        fail_msg("%s is %s, not %s", name, text == NULL ? "absent" : text, expected);
    }
    free(text);
}

static const struct case_document document = {.type = FILE_TYPE_PDF,
                                              .bytes = 12,
                                              .day = DAY,
                                              .signature = SIGNATURE_WHOLE,
                                              .hash = {0xab},
                                              .certificate = {0xcd},
                                              .title = {"Đơn", 5},
                                              .signer = {"CN=An", 5}};

/* With everything that a case can have. */
static struct written_case full(void)
{
    struct written_case case_ = {
        .code = {"C06-2026-000001", 15},
        .version = 9,
        .state = CASE_APPROVED,
        .unit = &unit,
        .intake = INTAKE_DESK,
        .requester = {.class = CLASS_CITIZEN,
                      .name = {"Nguyễn Văn An", 16},
                      .papers = PAPERS_CMND,
                      .number = {"901234567", 9},
                      .seen_by = {"LAN", 3},
                      .address = {"12 Lê Lợi", 12},
                      .contact = {"0900", 4},
                      .behalf = BEHALF_GUARDIAN,
                      .principal = {"Bình", 5},
                      .principal_number = {"079319912346", 12},
                      .proof = {"GKS 12", 6}},
        .purpose = {"p", 1},
        .content = {"c", 1},
        .fields = FIELD_BIT(FIELD_SEX),
        .from_day = DAY,
        .until_day = DAY + 1,
        .undertaken = true,
        .document_count = 1,
        .officer = {"LAN", 3},
        .missing = {"m", 1},
        .received_day = DAY,
        .accepted_day = DAY,
        .due_day = DAY + 3,
        .warn_day = DAY + 2,
        .stopped_day = DAY + 1,
        .days = 3,
        .days_used = 1,
        .ended_day = DAY + 2,
        .fee_due = 2000,
        .fee_paid = 2000,
        .receipt_count = 2,
        .receipts = {{"BL-1", 4}, {"BL-2", 4}},
        .found = true,
        .person_key = 4711,
        .disclosed = true,
        .disclosure_index = 77,
        .letter = {"C06-2026-000001.1", 17},
        .move_count = 2,
        .moves = {{CASE_EVENT_COUNT, CASE_RECEIVED, {"LAN", 3}, 5, INT64_C(1795420800000000)},
                  {CASE_EVENT_DISCLOSE, CASE_APPROVED, {"", 0}, 77, INT64_C(1795420800000000)}},
    };
    case_.documents[0] = document;
    case_.answer = (struct case_answer){.decision = DECISION_DISCLOSE,
                                        .fields = FIELD_BIT(FIELD_SEX),
                                        .clause = {"P3", 2},
                                        .business = {"NV-1", 4},
                                        .reason = {"r", 1},
                                        .appeal = {"a", 1},
                                        .by = {"LAN", 3},
                                        .version = 7,
                                        .approved_by = {"HOA", 3},
                                        .approved_as = APPROVER_DEPUTY,
                                        .approved_day = DAY + 2,
                                        .late = true};
    return case_;
}

static const char *const kept[] = {
    "address", "behalf",    "contact",          "content", "missing", "name",   "number",
    "papers",  "principal", "principal_number", "proof",   "purpose", "reason", "titles",
};

static void a_case_is_shown_whole_and_without_what_it_says_of_people(void **state)
{
    struct written_case case_ = full();
    (void)state;
    json_t *open = shown(RESOURCE_CASES, &case_, false);
    json_t *whole = shown(RESOURCE_CASES, &case_, true);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        assert_null(json_object_get(open, kept[i]));
        assert_non_null(json_object_get(whole, kept[i]));
        assert_int_equal(json_object_del(whole, kept[i]), 0);
    }
    assert_true(json_equal(open, whole)); /* and nothing else differs */
    assert_null(json_object_get(whole, "person_key"));
    assert_member(open, "answer",
                  "{\"appeal\":\"a\",\"approved_as\":\"deputy\",\"approved_by\":\"HOA\","
                  "\"approved_on\":\"2026-11-25\",\"business\":\"NV-1\",\"by\":\"LAN\","
                  "\"clause\":\"P3\",\"decision\":\"disclose\",\"fields\":[\"sex\"],"
                  "\"late\":true,\"proposal\":7}");
    assert_member(open, "moves",
                  "[{\"by\":\"LAN\",\"event\":\"receive\",\"record\":5,\"state\":\"received\","
                  "\"time\":\"2026-11-23T08:00:00Z\"},{\"event\":\"disclose\",\"record\":77,"
                  "\"state\":\"approved\",\"time\":\"2026-11-23T08:00:00Z\"}]");
    assert_member(open, "fee_receipts", "[\"BL-1\",\"BL-2\"]");
    assert_member(open, "stopped", "\"2026-11-24\"");
    assert_member(open, "disclosure", "77");
    json_decref(open);
    json_decref(whole);
}

static void what_a_case_does_not_have_is_absent(void **state)
{
    static struct written_case case_ = {
        .code = {"C06-2026-000002", 15},
        .version = 1,
        .unit = &unit,
        .requester = {.class = CLASS_ORGANISATION, .party = &bank, .behalf = BEHALF_COUNT},
        .answer = {.decision = DECISION_COUNT, .approved_as = APPROVER_COUNT}};
    static const char *const absent[] = {
        "accepted", "answer", "behalf", "disclosure", "due",  "from",  "letter",      "papers",
        "stopped",  "titles", "warn",   "officer",    "days", "ended", "fee_receipts"};
    (void)state;
    json_t *root = shown(RESOURCE_CASES, &case_, true);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_null(json_object_get(root, absent[i]));
    }
    assert_member(root, "party", "\"bank\"");
    assert_member(root, "documents", "[]");
    assert_member(root, "fee_due", "0");
    json_decref(root);
}

static void an_office_is_shown_with_its_officers_and_without_its_figures(void **state)
{
    (void)state;
    json_t *root = shown(RESOURCE_OFFICES, &unit, false);
    assert_member(root, "members",
                  "[{\"absent_until\":\"2026-11-23\",\"capacity\":\"head\",\"officer\":\"MINH\"},"
                  "{\"capacity\":\"staff\",\"officer\":\"LAN\"}]");
    assert_member(root, "province", "\"01\"");
    assert_null(json_object_get(root, "received"));
    json_decref(root);
    root = shown(RESOURCE_CASE_FIGURES, &unit, false);
    assert_member(root, "received", "9");
    assert_member(root, "late", "1");
    assert_null(json_object_get(root, "members"));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_shown_whole_and_without_what_it_says_of_people),
        cmocka_unit_test(what_a_case_does_not_have_is_absent),
        cmocka_unit_test(an_office_is_shown_with_its_officers_and_without_its_figures),
    };
    return cmocka_run_group_tests_name("office/show_case", tests, NULL, NULL);
}
