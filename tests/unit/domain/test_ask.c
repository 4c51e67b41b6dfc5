/* The shape of an ask: each member at its bounds and beyond. */
#include "help.h"

#include "domain/ask.h"

static struct ask usual(void)
{
    return (struct ask){
        .service = SERVICE_CITIZEN_LOOKUP,
        .business = VIEW_LITERAL("NV-BANK-KYC"),
        .case_ref = VIEW_LITERAL("HS-2026-000123"),
        .subject_kind = SUBJECT_ID,
        .key = VIEW_LITERAL("079090912345"),
        .name = VIEW_LITERAL("Nguyễn Văn An"),
        .birth_date = VIEW_LITERAL("1990-01-02"),
        .fields = {FIELD_SEX, FIELD_FULL_NAME},
        .field_count = 2,
    };
}

static void the_usual_ask_is_sane_and_has_its_mask(void **state)
{
    (void)state;
    struct ask ask = usual();
    assert_true(ask_sane(&ask));
    assert_int_equal(ask_field_mask(&ask), FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_FULL_NAME));
    ask.subject_kind = SUBJECT_CMND;
    ask.key = VIEW_LITERAL("901234567");
    ask.birth_date = VIEW_LITERAL("1990");
    assert_true(ask_sane(&ask));
}

/* Where a text stands in an ask, and between which lengths it may be. */
static const struct text_row {
    size_t offset;
    size_t min;
    size_t max;
} text_rows[] = {
    {offsetof(struct ask, business), 1, ASK_CODE_BYTES_MAX},
    {offsetof(struct ask, case_ref), 0, ASK_CASE_BYTES_MAX},
    {offsetof(struct ask, party), 0, ASK_CODE_BYTES_MAX},
    {offsetof(struct ask, officer), 0, ASK_CODE_BYTES_MAX},
    {offsetof(struct ask, name), 1, ASK_NAME_BYTES_MAX},
    {offsetof(struct ask, idempotency_key), 0, IDEMPOTENCY_KEY_BYTES_MAX},
    {offsetof(struct ask, traceparent), 0, TRACEPARENT_BYTES_MAX},
};

static bool sane_with(size_t offset, struct view text)
{
    struct ask ask = usual();
    memcpy((uint8_t *)&ask + offset, &text, sizeof(text));
    return ask_sane(&ask);
}

static void each_text_has_its_bounds_and_is_utf8(void **state)
{
    (void)state;
    char text[512];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
        const struct text_row *row = &text_rows[i];
        assert_true(sane_with(row->offset, view_of(text, row->max)));
        assert_false(sane_with(row->offset, view_of(text, row->max + 1)));
        assert_true(sane_with(row->offset, view_of(text, row->min)));
        assert_int_equal(sane_with(row->offset, view_of(text, 0)), row->min == 0);
        assert_false(sane_with(row->offset, VIEW_LITERAL("a\xff")));
    }
}

static void an_idempotency_key_is_visible_ascii(void **state)
{
    (void)state;
    size_t offset = offsetof(struct ask, idempotency_key);
    assert_true(sane_with(offset, VIEW_LITERAL("!~key-1")));
    assert_false(sane_with(offset, VIEW_LITERAL("a b")));
    assert_false(sane_with(offset, VIEW_LITERAL("a\x7f")));
    assert_false(sane_with(offset, VIEW_LITERAL("kéy")));
}

static void a_key_must_fit_its_kind(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.subject_kind = SUBJECT_CMND;
    assert_false(ask_sane(&ask));
    ask = usual();
    ask.key = VIEW_LITERAL("901234567");
    assert_false(ask_sane(&ask));
    ask.subject_kind = SUBJECT_KIND_COUNT;
    assert_false(ask_sane(&ask));
    assert_false(sane_with(offsetof(struct ask, birth_date), VIEW_LITERAL("1990-02-30")));
}

static void fields_are_known_and_asked_once(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.field_count = 0;
    assert_false(ask_sane(&ask));
    ask = usual();
    ask.fields[1] = FIELD_SEX;
    assert_false(ask_sane(&ask));
    ask.fields[1] = FIELD_COUNT;
    assert_false(ask_sane(&ask));
    ask.fields[1] = 255;
    assert_false(ask_sane(&ask));
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        ask.fields[i] = (uint8_t)i;
    }
    ask.field_count = FIELD_COUNT;
    assert_true(ask_sane(&ask));
    assert_int_equal(ask_field_mask(&ask), (UINT64_C(1) << FIELD_COUNT) - 1);
    ask.field_count = FIELD_COUNT + 1;
    assert_false(ask_sane(&ask));
}

static void a_use_has_a_text_and_no_use_has_none(void **state)
{
    (void)state;
    char text[ASK_USE_BYTES_MAX + 1];
    struct ask ask = usual();
    memset(text, 'a', sizeof(text));
    ask.use_text = VIEW_LITERAL("x");
    assert_false(ask_sane(&ask));
    ask.use_kind = USE_COPY;
    assert_true(ask_sane(&ask));
    ask.use_kind = USE_THIRD_PARTY;
    ask.use_text = view_of(text, ASK_USE_BYTES_MAX);
    assert_true(ask_sane(&ask));
    ask.use_text = view_of(text, sizeof(text));
    assert_false(ask_sane(&ask));
    ask.use_text = view_text("");
    assert_false(ask_sane(&ask));
    ask.use_kind = (enum use_kind)3;
    ask.use_text = VIEW_LITERAL("x");
    assert_false(ask_sane(&ask));
}

static void a_service_must_be_of_the_catalogue(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.service = SERVICE_COUNT;
    assert_false(ask_sane(&ask));
    ask.service = (enum service)200;
    assert_false(ask_sane(&ask));
}

static struct ask verifying(void)
{
    struct ask ask = usual();
    ask.service = SERVICE_CITIZEN_VERIFY;
    ask.fields[0] = FIELD_SEX;
    ask.fields[1] = FIELD_BIRTH_DATE;
    ask.claim_count = 3;
    ask.claims[0] = (struct claim){.what = FIELD_SEX, .value = VIEW_LITERAL("\"1\"")};
    ask.claims[1] = (struct claim){
        .what = FIELD_BIRTH_DATE, .compare = CLAIM_AGE_AT_LEAST, .value = VIEW_LITERAL("18")};
    ask.claims[2] = (struct claim){.what = FIELD_SEX, .value = VIEW_LITERAL("\"2\"")};
    return ask;
}

static void an_ask_with_claims_is_one_for_their_fields_in_their_order(void **state)
{
    (void)state;
    struct ask ask = verifying();
    assert_true(ask_sane(&ask));
    ask.per_claim = true;
    assert_true(ask_sane(&ask));
    ask.fields_granted = true;
    assert_false(ask_sane(&ask));
    ask = verifying();
    ask.field_count = 1;
    assert_false(ask_sane(&ask));
    ask = verifying();
    ask.fields[2] = FIELD_FULL_NAME;
    ask.field_count = 3;
    assert_false(ask_sane(&ask));
    ask = verifying();
    ask.fields[0] = FIELD_BIRTH_DATE;
    ask.fields[1] = FIELD_SEX;
    assert_false(ask_sane(&ask));
    ask = verifying();
    ask.claims[1].value = VIEW_LITERAL("\"18\"");
    assert_false(ask_sane(&ask));
    ask = verifying();
    ask.claim_count = 0;
    assert_false(ask_sane(&ask));
    ask.claim_count = ASK_CLAIMS_MAX + 1;
    assert_false(ask_sane(&ask));
}

static void claims_have_a_ceiling_of_bytes_together(void **state)
{
    (void)state;
    char text[ASK_NAME_BYTES_MAX + 3];
    struct ask ask = verifying();
    memset(text, 'a', sizeof(text));
    text[0] = text[ASK_NAME_BYTES_MAX + 1] = '"';
    ask.field_count = 1;
    ask.fields[0] = FIELD_FULL_NAME;
    for (unsigned i = 0; i < 8; i++) {
        ask.claims[i] =
            (struct claim){.what = FIELD_FULL_NAME, .value = view_of(text, ASK_NAME_BYTES_MAX + 2)};
    }
    ask.claim_count = 7;
    assert_true(ask_sane(&ask));
    ask.claim_count = 8;
    assert_false(ask_sane(&ask));
}

static void services_without_claims_take_none(void **state)
{
    (void)state;
    struct ask ask = verifying();
    ask.service = SERVICE_CITIZEN_LOOKUP;
    assert_false(ask_sane(&ask));
    ask = usual();
    ask.per_claim = true;
    assert_false(ask_sane(&ask));
    ask = usual();
    ask.service = SERVICE_RELATIVE_VERIFY;
    assert_false(ask_sane(&ask));
}

static void fields_are_named_or_what_is_granted_or_the_service_s_own(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.fields_granted = true;
    assert_false(ask_sane(&ask));
    ask.field_count = 0;
    assert_true(ask_sane(&ask));
    ask.service = SERVICE_ID_MAP;
    assert_false(ask_sane(&ask));
    ask.fields_granted = false;
    assert_true(ask_sane(&ask));
    ask.field_count = 1;
    assert_false(ask_sane(&ask));
}

static void a_search_goes_by_name_and_no_other_service_does(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.subject_kind = SUBJECT_NAME;
    ask.key = view_of(NULL, 0);
    assert_false(ask_sane(&ask));
    ask.service = SERVICE_CITIZEN_SEARCH;
    ask.field_count = 0;
    assert_true(ask_sane(&ask));
    ask.sex = 2;
    ask.province = VIEW_LITERAL("79@2021-07-01");
    assert_true(ask_sane(&ask));
    ask.sex = 3;
    assert_false(ask_sane(&ask));
    ask.sex = 0;
    static const char *const provinces[] = {"79", "79@2021-07-02", "99@2021-07-01",
                                            "79@2021-07-01 ", "x9@2021-07-01"};
    for (size_t i = 0; i < sizeof(provinces) / sizeof(provinces[0]); i++) {
        ask.province = view_text(provinces[i]);
        assert_false(ask_sane(&ask));
    }
    ask.province = view_of(NULL, 0);
    ask.key = VIEW_LITERAL("079090912345");
    assert_false(ask_sane(&ask));
    ask = usual();
    ask.sex = 1;
    assert_false(ask_sane(&ask));
}

static void a_person_key_stands_alone_and_for_lists_alone(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.service = SERVICE_LIST_EXTRACT;
    assert_false(ask_sane(&ask));
    ask.subject_kind = SUBJECT_PERSON;
    ask.key = VIEW_LITERAL("12345678");
    assert_false(ask_sane(&ask));
    ask.name = ask.birth_date = view_of(NULL, 0);
    assert_true(ask_sane(&ask));
    ask.key = VIEW_LITERAL("1234567");
    assert_false(ask_sane(&ask));
    ask.key = VIEW_LITERAL("12345678");
    ask.service = SERVICE_CITIZEN_LOOKUP;
    assert_false(ask_sane(&ask));
}

static void a_procedure_stands_in_the_place_of_the_business(void **state)
{
    (void)state;
    struct ask ask = usual();
    ask.procedure = VIEW_LITERAL("1.004227");
    assert_false(ask_sane(&ask));
    ask.business = view_of(NULL, 0);
    assert_true(ask_sane(&ask));
    ask.unit = VIEW_LITERAL("000.00.00.H29");
    assert_true(ask_sane(&ask));
    ask.procedure = view_of(NULL, 0);
    assert_false(ask_sane(&ask));
    ask = usual();
    ask.unit = VIEW_LITERAL("000.00.00.H29");
    assert_false(ask_sane(&ask));
}

/* Which sender may say what: edge, verify, jobs, the core's own copy. */
static void no_sender_says_what_is_another_s_to_say(void **state)
{
    (void)state;
    static const struct {
        bool proven;
        bool of_job;
        bool person;
        bool sayable[ASK_SENDER_COUNT];
    } rows[] = {
        {false, false, false, {true, false, false, true}},
        {true, false, false, {false, true, false, true}},
        {false, true, false, {false, false, true, true}},
        {true, true, false, {false, false, false, true}},
        {false, true, true, {false, false, true, true}},
        {false, false, true, {false, false, false, true}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ask ask = usual();
        ask.proof.kind = rows[i].proven ? PROOF_SIGNATURE : PROOF_NONE;
        ask.of_job = rows[i].of_job;
        ask.subject_kind = rows[i].person ? SUBJECT_PERSON : SUBJECT_ID;
        for (unsigned sender = 0; sender <= ASK_SENDER_COUNT; sender++) {
            bool want = sender < ASK_SENDER_COUNT && rows[i].sayable[sender];
            assert_int_equal(ask_sayable(&ask, (enum ask_sender)sender), want);
        }
    }
}

static void a_proof_names_what_its_kind_names_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        enum proof_kind kind;
        const char *kid;
        const char *party;
        const char *officer;
        const char *citizen;
        bool sane;
    } rows[] = {
        {PROOF_NONE, "", "", "", "", true},
        {PROOF_NONE, "K-1", "", "", "", false},
        {PROOF_NONE, "", "", "", "079090912345", false},
        {PROOF_SIGNATURE, "", "", "CB-7", "", true},
        {PROOF_SIGNATURE, "K-1", "", "", "", true},
        {PROOF_SIGNATURE, "K 1", "", "", "", false},
        {PROOF_SIGNATURE, "K-1", "", "", "079090912345", false},
        {PROOF_ASSERTION, "K-1", "bank", "CB-7", "", true},
        {PROOF_ASSERTION, "K-1", "people", "", "079090912345", true},
        {PROOF_ASSERTION, "", "bank", "CB-7", "", false},
        {PROOF_ASSERTION, "K-1", "", "CB-7", "", false},
        {PROOF_ASSERTION, "K-1", "bank", "", "", false},
        {PROOF_ASSERTION, "K-1", "bank", "CB-7", "079090912345", false},
        {PROOF_ASSERTION, "K-1", "people", "", "79090912345", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ask ask = usual();
        ask.proof.kind = rows[i].kind;
        ask.proof.kid = view_text(rows[i].kid);
        ask.proof.citizen = view_text(rows[i].citizen);
        ask.party = view_text(rows[i].party);
        ask.officer = view_text(rows[i].officer);
        assert_int_equal(ask_sane(&ask), rows[i].sane);
    }
}

static void a_traceparent_has_the_form_of_the_recommendation(void **state)
{
    (void)state;
#define TRACE "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"00-" TRACE, true},
        {"cc-" TRACE, true},
        {"cc-" TRACE "-more", true},
        {"00-" TRACE "-more", false}, /* this version ends here */
        {"cc-" TRACE "more", false},
        {"ff-" TRACE, false},
        {"00-" TRACE "x", false},
        {"0-" TRACE "0", false},
        {"00_" TRACE, false},
        {"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (traceparent_valid(view_text(rows[i].text)) != rows[i].valid) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static void a_code_is_letters_digits_dots_lines_and_dashes_and_not_too_long(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        const char text[] = {'N', (char)c, '1'};
        bool good = c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789._-",
                                     (int)c) != NULL;
        assert_int_equal(ask_code_shaped(view_of(text, sizeof(text)), 3), good);
    }
    assert_false(ask_code_shaped(VIEW_LITERAL(""), 3));
    assert_false(ask_code_shaped(VIEW_LITERAL("NV-1"), 3));
    assert_true(ask_code_shaped(VIEW_LITERAL("NV-1"), 4));
}

static void only_a_history_chooses_rows_and_one_row_stands_alone(void **state)
{
    static const struct {
        struct ask_history history;
        bool sane;
    } cases[] = {
        {{.row = 1}, true},
        {{.row = 1, .limit = 1}, false},
        {{.form = HISTORY_STATEMENT}, true},
        {{.form = HISTORY_STATEMENT, .row = 1}, false},
        {{.form = HISTORY_STATEMENT, .limit = 1}, false},
        {{.form = HISTORY_FORM_COUNT}, false},
        {{.limit = HISTORY_PAGE_ROWS_MAX}, true},
        {{.limit = HISTORY_PAGE_ROWS_MAX + 1}, false},
        {{.channel = CHANNEL_COUNT}, true},
        {{.channel = CHANNEL_COUNT + 1}, false},
        {{.service = SERVICE_COUNT + 1}, false},
        {{.from_day = HISTORY_DAY_MAX, .until_day = 1}, true},
        {{.from_day = HISTORY_DAY_MAX + 1}, false},
        {{.until_day = -1}, false},
        {{.party = VIEW_LITERAL("a\xff")}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ask ask = usual();
        ask.history = cases[i].history;
        assert_false(ask_sane(&ask));
        ask.service = SERVICE_OWN_HISTORY;
        assert_int_equal(ask_sane(&ask), cases[i].sane);
    }
}

static void a_wish_for_rows_is_read_member_by_member_and_strictly(void **state)
{
    static const struct {
        const char *name;
        bool number;
        const char *text;
        bool good;
    } cases[] = {
        {"row", false, "00512c0000000123", true},
        {"row", false, "00512C0000000123", false},
        {"row", false, "0000000000000000", false},
        {"row", false, "512c", false},
        {"before", false, "0000000000000001", true},
        {"limit", true, "20", true},
        {"limit", true, "21", false},
        {"limit", true, "0", false},
        {"limit", true, "-1", false},
        {"limit", false, "5", false},
        {"from", false, "2026-11-26", true},
        {"until", false, "2026-02-30", false},
        {"from", false, "1969-12-31", false},
        {"channel", false, "guided", true},
        {"channel", false, "fax", false},
        {"service", false, "own.view", true},
        {"party", false, "bank", true},
        {"party", false, "", false},
        {"form", false, "statement", true},
        {"form", false, "page", false},
        {"sort", false, "x", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ask_history history = {0};
        bool good = ask_history_set(&history, view_text(cases[i].name), cases[i].number,
                                    view_text(cases[i].text));
        assert_int_equal(good, cases[i].good);
        assert_true(!good || (ask_history_said(&history) && ask_history_sane(&history)));
    }
}

static void
where_a_statement_goes_on_is_said_in_digits_and_nothing_else_is_taken_for_it(void **state)
{
    struct statement_next next = {.token = {0xab, 1, 2}, .below = 0x512c0000000123};
    struct statement_next got = {0};
    BUF_AUTO text;
    (void)state;
    buf_init(&text, 64);
    statement_next_put(&next, &text);
    assert_int_equal(text.len, STATEMENT_NEXT_CHARS);
    assert_true(statement_next_get(buf_view(&text), &got));
    assert_memory_equal(got.token, next.token, sizeof(got.token));
    assert_int_equal(got.below, next.below);
    assert_false(statement_next_get(view_part(buf_view(&text), 0, text.len - 2), &got));
    text.data[0] = 'A'; /* digits are of lower case */
    assert_false(statement_next_get(buf_view(&text), &got));
    text.data[0] = 'g';
    assert_false(statement_next_get(buf_view(&text), &got));
    buf_reset(&text);
    next.below = 0;
    statement_next_put(&next, &text);
    assert_false(statement_next_get(buf_view(&text), &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_traceparent_has_the_form_of_the_recommendation),
        cmocka_unit_test(the_usual_ask_is_sane_and_has_its_mask),
        cmocka_unit_test(each_text_has_its_bounds_and_is_utf8),
        cmocka_unit_test(an_idempotency_key_is_visible_ascii),
        cmocka_unit_test(a_key_must_fit_its_kind),
        cmocka_unit_test(fields_are_known_and_asked_once),
        cmocka_unit_test(a_use_has_a_text_and_no_use_has_none),
        cmocka_unit_test(a_service_must_be_of_the_catalogue),
        cmocka_unit_test(an_ask_with_claims_is_one_for_their_fields_in_their_order),
        cmocka_unit_test(claims_have_a_ceiling_of_bytes_together),
        cmocka_unit_test(services_without_claims_take_none),
        cmocka_unit_test(fields_are_named_or_what_is_granted_or_the_service_s_own),
        cmocka_unit_test(a_search_goes_by_name_and_no_other_service_does),
        cmocka_unit_test(a_person_key_stands_alone_and_for_lists_alone),
        cmocka_unit_test(a_procedure_stands_in_the_place_of_the_business),
        cmocka_unit_test(no_sender_says_what_is_another_s_to_say),
        cmocka_unit_test(a_proof_names_what_its_kind_names_and_nothing_else),
        cmocka_unit_test(only_a_history_chooses_rows_and_one_row_stands_alone),
        cmocka_unit_test(a_wish_for_rows_is_read_member_by_member_and_strictly),
        cmocka_unit_test(
            where_a_statement_goes_on_is_said_in_digits_and_nothing_else_is_taken_for_it),
        cmocka_unit_test(a_code_is_letters_digits_dots_lines_and_dashes_and_not_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
