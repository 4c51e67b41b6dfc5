/*
 * Objects as JSON, held against a reader that is not ours.
 */
#include "help.h"

#include "gate/fees.h"
#include "office/act.h"
#include "office/show.h"
#include "office/staff.h"

#include <jansson.h>

#define SPKI_AB "abababababababababababababababababababababababababababababababab"

static struct party bank = {
    .code = {"bank", 4},
    .version = 3,
    .class = CLASS_ORGANISATION,
    .state = PARTY_SUSPENDED,
    .kind = {"bank", 4},
    .name = {"Ngân hàng \"Sông\\Hồng\"", 26},
};

static json_t *shown_as(enum resource resource, const void *object, bool canonical)
{
    json_error_t error;
    BUF_AUTO buf;

    buf_init(&buf, 65536);
    show_put(resource, object, &buf);
    assert_ok(buf_check(&buf));
    json_t *root = json_loadb((const char *)buf.data, buf.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s: %.*s", error.text, (int)buf.len, (const char *)buf.data);
    }
    /* Canonical: the other writer, told to sort, writes the same bytes. */
    char *again = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    if (canonical) {
        assert_view(buf_view(&buf), again);
    }
    free(again);
    return root;
}

static json_t *shown(enum resource resource, const void *object)
{
    return shown_as(resource, object, true);
}

static void assert_text(const json_t *root, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(root, name));
    if (text == NULL || strcmp(text, expected) != 0) {
        fail_msg("%s is %s, not %s", name, text == NULL ? "absent" : text, expected);
    }
}

static void assert_list(const json_t *root, const char *name, const char *expected)
{
    char *text = json_dumps(json_object_get(root, name), JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_party_without_a_dossier_is_shown_with_all_that_it_lacks(void **state)
{
    (void)state;
    json_t *root = shown(RESOURCE_PARTIES, &bank);
    assert_int_equal(json_object_size(root), 7);
    assert_text(root, "class", "organisation");
    assert_text(root, "code", "bank");
    assert_text(root, "kind", "bank");
    assert_list(root, "lacks",
                "[\"legal_basis\",\"security_level\",\"inspection\",\"undertaking\",\"contacts\"]");
    assert_text(root, "name", "Ngân hàng \"Sông\\Hồng\"");
    assert_text(root, "state", "suspended");
    assert_int_equal(json_integer_value(json_object_get(root, "version")), 3);
    json_decref(root);
}

static void a_party_is_shown_with_its_whole_dossier(void **state)
{
    struct party party = bank;

    (void)state;
    assert_ok(code_set(&party.parent, VIEW_LITERAL("ministry")));
    assert_ok(code_set(&party.identification, VIEW_LITERAL("000.00.00.H29")));
    memcpy(party.province, "79", 3);
    assert_ok(long_set(&party.legal_basis, VIEW_LITERAL("Luật")));
    party.security_level = 4;
    assert_ok(long_set(&party.security_decision, VIEW_LITERAL("01/QĐ")));
    party.inspection = (struct inspection){.result = INSPECTION_PASSED,
                                           .day = date_to_days((struct date){2026, 1, 2}),
                                           .until_day = date_to_days((struct date){2027, 1, 1})};
    party.undertaken = true;
    memset(party.undertaking, 0xcd, sizeof(party.undertaking));
    assert_ok(long_set(&party.contacts[CONTACT_RESPONSIBLE], VIEW_LITERAL("An")));
    assert_ok(long_set(&party.contacts[CONTACT_SECURITY], VIEW_LITERAL("Bình")));
    assert_ok(long_set(&party.instrument, VIEW_LITERAL("12/CV")));
    json_t *root = shown(RESOURCE_PARTIES, &party);
    assert_int_equal(json_object_size(root), 18);
    assert_list(root, "lacks", "[]");
    assert_text(root, "parent", "ministry");
    assert_text(root, "identification", "000.00.00.H29");
    assert_text(root, "province", "79");
    assert_text(root, "legal_basis", "Luật");
    assert_list(root, "level", "4");
    assert_text(root, "level_decision", "01/QĐ");
    assert_list(root, "inspection",
                "{\"day\":\"2026-01-02\",\"result\":\"passed\",\"until\":\"2027-01-01\"}");
    assert_text(root, "undertaking",
                "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd");
    assert_text(root, "contact", "An");
    assert_text(root, "security_contact", "Bình");
    assert_text(root, "instrument", "12/CV");
    json_decref(root);
    party.inspection.result = INSPECTION_FAILED;
    memset(party.inspection.report, 0xab, sizeof(party.inspection.report));
    root = shown(RESOURCE_PARTIES, &party);
    assert_list(root, "lacks", "[\"inspection\"]");
    assert_text(json_object_get(root, "inspection"), "result", "failed");
    assert_text(json_object_get(root, "inspection"), "report", SPKI_AB);
    json_decref(root);
}

static struct account account_of(void)
{
    struct account account = {
        .code = {"bank-1", 6},
        .version = 7,
        .party = &bank,
        .channel = CHANNEL_GUIDED,
        .state = ACCOUNT_REVOKED,
        .assertion_required = true,
        .limited_count = 99,
        .certificate_count = 1,
    };
    memset(account.certificates[0].spki, 0xab, SEAL_HASH_BYTES);
    return account;
}

static void an_account_is_shown_without_its_counters(void **state)
{
    struct account account = account_of();

    (void)state;
    json_t *root = shown(RESOURCE_ACCOUNTS, &account);
    assert_int_equal(json_object_size(root), 9); /* no instrument is on file */
    assert_true(json_is_false(json_object_get(root, "signature_required")));
    assert_true(json_is_true(json_object_get(root, "assertion_required")));
    assert_text(root, "party", "bank");
    assert_text(root, "channel", "guided");
    assert_text(root, "holder", "organisation");
    assert_text(root, "state", "revoked");
    assert_list(root, "certificates", "[{\"revoked\":false,\"spki\":\"" SPKI_AB "\"}]");
    json_decref(root);
    assert_ok(long_set(&account.instrument, VIEW_LITERAL("12/2026/CV")));
    root = shown(RESOURCE_ACCOUNTS, &account);
    assert_text(root, "instrument", "12/2026/CV");
    json_decref(root);
}

static void a_sub_account_is_shown_under_its_parent_with_its_businesses(void **state)
{
    struct business one = {.code = {"NV-1", 4}};
    struct business two = {.code = {"NV-2", 4}};
    struct account parent = account_of();
    struct account account = account_of();

    (void)state;
    account.parent = &parent;
    account.holder = HOLDER_PERSON;
    account.state = ACCOUNT_SUSPENDED_LOCKED;
    assert_ok(code_set(&account.code, VIEW_LITERAL("bank-1.an")));
    assert_ok(long_set(&account.holder_name, VIEW_LITERAL("An")));
    account.businesses[0] = &one;
    account.businesses[1] = &two;
    account.business_count = 2;
    account.certificate_count = 2;
    account.certificates[0].revoked = true;
    account.certificates[1].until_s = 1798765384;
    memset(account.certificates[1].spki, 0xab, SEAL_HASH_BYTES);
    json_t *root = shown(RESOURCE_ACCOUNTS, &account);
    assert_int_equal(json_object_size(root), 12);
    assert_list(root, "businesses", "[\"NV-1\",\"NV-2\"]");
    assert_text(root, "parent", "bank-1");
    assert_text(root, "holder", "person");
    assert_text(root, "name", "An");
    assert_text(root, "state", "suspended_locked");
    assert_list(root, "certificates",
                "[{\"revoked\":true,\"spki\":\"" SPKI_AB "\"},"
                "{\"revoked\":false,\"spki\":\"" SPKI_AB "\",\"until\":\"2027-01-01T01:03:04Z\"}]");
    json_decref(root);
}

static struct business business_of(void)
{
    struct business business = {
        .code = {"NV-1", 4},
        .party = &bank,
        .state = BUSINESS_GRANTED,
        .version = 2,
        .services = 1u << SERVICE_CITIZEN_LOOKUP | 1u << SERVICE_ID_MAP,
        .channels = 1u << CHANNEL_GUIDED,
        .fields = FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_BIRTH_DATE),
        .quota_day_max = UINT64_C(1000000000000000),
        .hours = 0xffffff,
        .until_day = INT64_C(2932896),
        .quota_used = 12,
    };
    assert_ok(long_set(&business.purpose, VIEW_LITERAL("Nhận biết khách hàng")));
    assert_ok(long_set(&business.legal_basis, VIEW_LITERAL("Điều 3")));
    return business;
}

static void a_business_is_shown_and_what_it_does_not_have_is_absent(void **state)
{
    struct business business = business_of();

    (void)state;
    json_t *root = shown(RESOURCE_BUSINESSES, &business);
    assert_int_equal(json_object_size(root), 16);
    assert_list(root, "services", "[\"citizen.lookup\",\"id.map\"]");
    assert_list(root, "channels", "[\"guided\"]");
    assert_list(root, "fields", "[\"birth_date\",\"sex\"]");
    assert_list(root, "sensitive", "[]");
    assert_list(root, "quota_day", "1000000000000000");
    assert_list(root, "history", "[]");
    static const char *const absent[] = {"from",        "until",        "hours",
                                         "population",  "procedure",    "bulk",
                                         "quota_total", "quota_second", "sealed_until"};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_null(json_object_get(root, absent[i]));
    }
    json_decref(root);
}

static void a_business_with_dates_hours_and_population_shows_them(void **state)
{
    struct business business = business_of();

    (void)state;
    business.from_day = date_to_days((struct date){2026, 1, 2});
    business.until_day = date_to_days((struct date){2027, 12, 31});
    business.hours = 1u << 8 | 1u << 9;
    assert_ok(population_parse(VIEW_LITERAL("permanent_residence.province=79,01@2021-07-01"),
                               &business.population, NULL));
    assert_ok(code_set(&business.procedure, VIEW_LITERAL("1.004222")));
    json_t *root = shown(RESOURCE_BUSINESSES, &business);
    assert_text(root, "from", "2026-01-02");
    assert_text(root, "until", "2027-12-31");
    assert_list(root, "hours", "[8,9]");
    assert_text(root, "population", "permanent_residence.province=79,01@2021-07-01");
    assert_text(root, "procedure", "1.004222");
    json_decref(root);
}

static void a_business_shows_its_quotas_and_what_was_done_to_it(void **state)
{
    struct business business = business_of();

    (void)state;
    business.bulk_max = 3;
    business.quota_second_max = 4;
    business.quota_total_max = 5;
    business.sealed_until_day = date_to_days((struct date){2028, 2, 29});
    business.move_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        struct business_move *move = &business.moves[i];
        *move = (struct business_move){.state = i == 0 ? BUSINESS_SUBMITTED : BUSINESS_REFUSED,
                                       .version = i + 1,
                                       .index = 7 + i,
                                       .time_us = (INT64_C(86400) + i) * 1000000 + 5};
        assert_ok(long_set(&move->agent, VIEW_LITERAL("{\"officer\":\"LAN\"}")));
    }
    assert_ok(long_set(&business.moves[1].reason, VIEW_LITERAL("Thiếu \"căn cứ\"")));
    assert_ok(code_set(&business.moves[1].clause, VIEW_LITERAL("P3")));
    json_t *root = shown(RESOURCE_BUSINESSES, &business);
    assert_list(root, "bulk", "3");
    assert_list(root, "quota_second", "4");
    assert_list(root, "quota_total", "5");
    assert_text(root, "sealed_until", "2028-02-29");
    assert_list(root, "history",
                "[{\"agent\":{\"officer\":\"LAN\"},\"record\":7,\"state\":\"submitted\","
                "\"time\":\"1970-01-02T00:00:00Z\",\"version\":1},"
                "{\"agent\":{\"officer\":\"LAN\"},\"clause\":\"P3\",\"reason\":"
                "\"Thiếu \\\"căn cứ\\\"\",\"record\":8,\"state\":\"refused\","
                "\"time\":\"1970-01-02T00:00:01Z\",\"version\":2}]");
    json_decref(root);
}

static struct business of_permit = {.code = {"NV-1", 4}, .party = &bank};

static struct permit permit = {
    .code = {"GP-1", 4},
    .version = 2,
    .business = &of_permit,
    .kind = PERMIT_COPY,
    .state = PERMIT_ENDED,
    .fields = FIELD_BIT(FIELD_SEX),
    .until_day = 1,
    .reason = {"CV 1", 4},
};

static void a_permit_is_shown_with_its_business_and_the_statement_that_ended_it(void **state)
{
    (void)state;
    memset(permit.statement, 0xab, sizeof(permit.statement));
    json_t *root = shown(RESOURCE_PERMITS, &permit);
    assert_int_equal(json_object_size(root), 9); /* a copy has no recipient */
    assert_text(root, "business", "NV-1");
    assert_text(root, "kind", "copy");
    assert_text(root, "state", "ended");
    assert_text(root, "statement", SPKI_AB);
    assert_text(root, "until", "1970-01-02");
    assert_list(root, "fields", "[\"sex\"]");
    json_decref(root);
}

static struct policy_version policy_version = {
    .code = {"ef01", 4},
    .version = 6,
    .state = POLICY_PROPOSED,
    .effective_day = 2,
    .index = 9,
};

static void a_version_of_the_law_is_shown_with_its_days(void **state)
{
    struct policy_version version = policy_version;

    (void)state;
    json_t *root = shown(RESOURCE_POLICIES, &version);
    assert_int_equal(json_object_size(root), 5);
    assert_text(root, "effective_from", "1970-01-03");
    assert_text(root, "state", "proposed");
    assert_list(root, "record", "9");
    json_decref(root);
    version.state = POLICY_PUBLISHED;
    version.from_day = 3;
    root = shown(RESOURCE_POLICIES, &version);
    assert_text(root, "from", "1970-01-04");
    assert_text(root, "state", "published");
    json_decref(root);
}

static struct officer lan = {
    .code = {"lan", 3},
    .version = 5,
    .name = {"Lan", 3},
    .roles = ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_SECURITY),
    .state = OFFICER_LOST,
    .key = {0x30, 0x59},
    .spki = {1},
};

static void an_officer_is_shown_with_roles_and_the_key_that_signs(void **state)
{
    (void)state;
    json_t *root = shown(RESOURCE_OFFICERS, &lan);
    assert_int_equal(json_object_size(root), 7);
    assert_list(root, "roles", "[\"intake\",\"security\"]");
    assert_text(root, "state", "lost");
    const char *key = json_string_value(json_object_get(root, "key"));
    assert_non_null(key);
    assert_int_equal(strlen(key), (ES256_SPKI_BYTES + 2) / 3 * 4);
    assert_memory_equal(key, "MFkA", 4);
    json_decref(root);
}

static struct proposal proposal_of(struct act *act)
{
    struct proposal proposal = {.code = {"ab12", 4}, .version = 1, .by = {"lan", 3}};
    BUF_AUTO bytes;

    buf_init(&bytes, sizeof(proposal.act));
    act_put(act, &bytes);
    assert_ok(buf_check(&bytes));
    memcpy(proposal.act, bytes.data, bytes.len);
    proposal.act_len = (uint32_t)bytes.len;
    proposal.until_day = date_to_days((struct date){2026, 12, 1});
    return proposal;
}

static void a_proposal_is_shown_with_what_is_to_be_approved(void **state)
{
    struct act act = {.kind = ACT_BUSINESS_GRANT};

    (void)state;
    act_value_set(&act, "code", VIEW_LITERAL("NV-1"));
    act_value_set(&act, "reason", VIEW_LITERAL("\"Đủ\""));
    static struct proposal proposal; /* large */
    proposal = proposal_of(&act);
    json_t *root = shown(RESOURCE_PROPOSALS, &proposal);
    assert_int_equal(json_object_size(root), 5); /* no version was named */
    assert_list(root, "act",
                "{\"name\":\"business.grant\",\"values\":{\"code\":\"NV-1\","
                "\"reason\":\"\\\"Đủ\\\"\"}}");
    assert_text(root, "by", "lan");
    assert_text(root, "until", "2026-12-01");
    json_decref(root);
    act = (struct act){.kind = ACT_POLICY_PUBLISH}; /* files of 100 KB are no sight */
    act_value_set(&act, "files", VIEW_LITERAL("\xff\0\x01"));
    proposal = proposal_of(&act);
    root = shown_as(RESOURCE_PROPOSALS, &proposal, false);
    assert_list(root, "act", "{\"name\":\"policy.publish\",\"values\":{}}");
    json_decref(root);
}

static void a_statement_of_fees_is_shown_with_its_lines_and_sums(void **state)
{
    struct fee_line line = {
        .product = {"SPDC04", 6}, .vnd_per_field = 1000, .asks = 2, .fields = 3};
    struct statement statement = {
        .code = {"bank.2026-11", 12},
        .version = 2,
        .party = &bank,
        .month = {"2026-11", 7},
        .asks = 2,
        .fields = 3,
        .vnd = 3000,
        .lines = &line,
        .line_count = 1,
    };
    (void)state;
    json_t *root = shown(RESOURCE_FEES, &statement);
    assert_text(root, "code", "bank.2026-11");
    assert_text(root, "month", "2026-11");
    assert_text(root, "party", "bank");
    assert_list(root, "lines",
                "[{\"asks\":2,\"fields\":3,\"product\":\"SPDC04\",\"vnd\":3000,"
                "\"vnd_per_field\":1000}]");
    assert_int_equal(json_integer_value(json_object_get(root, "vnd")), 3000);
    json_decref(root);
}

static void a_review_is_shown_with_its_business_and_what_is_not_there_yet_is_absent(void **state)
{
    struct business business = business_of();
    struct review review = {
        .code = {"R-7", 3},
        .version = 1,
        .business = &business,
        .ask = {"018f", 4},
        .day = 20780,
        .drawn = DRAWN_RULE,
        .reason = {"at night", 8},
        .due_day = 20787,
    };
    (void)state;
    json_t *root = shown(RESOURCE_REVIEWS, &review);
    assert_text(root, "business", "NV-1");
    assert_text(root, "party", "bank");
    assert_text(root, "state", "asked");
    assert_text(root, "drawn", "rule");
    assert_text(root, "due", "2026-11-30");
    assert_null(json_object_get(root, "file"));
    assert_null(json_object_get(root, "finding"));
    json_decref(root);
    static struct case_file file = {
        .code = {"R-7", 3}, .version = 1, .party = &bank, .type = FILE_TYPE_PDF, .len = 5};
    memcpy(file.bytes, "%PDF-", 5);
    file.hash[0] = 0xab;
    root = shown(RESOURCE_CASE_FILES, &file);
    assert_null(json_object_get(root, "content"));
    assert_int_equal(json_integer_value(json_object_get(root, "size")), 5);
    assert_text(root, "hash", "ab00000000000000000000000000000000000000000000000000000000000000");
    assert_text(root, "type", "application/pdf");
    json_decref(root);
    struct draw draw = {.code = {"2026-12", 7}, .version = 1, .hash = {1}, .one_in = 500};
    root = shown(RESOURCE_DRAWS, &draw);
    assert_null(json_object_get(root, "seed")); /* is not revealed */
    json_decref(root);
    struct confirmation told = {.code = {"bank.2026-11", 12},
                                .version = 1,
                                .party = &bank,
                                .month = {"2026-11", 7},
                                .confirmed = 2,
                                .finding = {"on purpose", 10}};
    root = shown(RESOURCE_CONFIRMATIONS, &told);
    assert_int_equal(json_integer_value(json_object_get(root, "confirmed")), 2);
    assert_true(json_is_integer(json_object_get(root, "objected")));
    json_decref(root);
}

static void what_a_case_file_holds_is_shown_only_when_it_is_asked_for_by_itself(void **state)
{
    static struct case_file file = {
        .code = {"R-7", 3}, .version = 1, .party = &bank, .type = FILE_TYPE_PDF, .len = 5};
    json_error_t error;
    BUF_AUTO buf;
    (void)state;
    memcpy(file.bytes, "%PDF-", 5);
    buf_init(&buf, 4096);
    show_put_whole(RESOURCE_CASE_FILES, &file, &buf);
    assert_ok(buf_check(&buf));
    json_t *root = json_loadb((const char *)buf.data, buf.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    assert_text(root, "content", "JVBERi0=");
    json_decref(root);
}

static const struct stop stop = {
    .code = {"bank-1", 6},
    .version = 9,
    .by = {"lan", 3},
    .day = 20787, /* 2026-11-30 */
    .due_day = 20790,
};

static void a_stop_shows_who_is_to_confirm_it_until_when(void **state)
{
    struct stop confirmed = stop;

    (void)state;
    json_t *root = shown(RESOURCE_STOPS, &stop);
    assert_int_equal(json_object_size(root), 5); /* nobody has confirmed it */
    assert_text(root, "by", "lan");
    assert_text(root, "day", "2026-11-30");
    assert_text(root, "due", "2026-12-03");
    json_decref(root);
    assert_ok(code_set(&confirmed.confirmed_by, VIEW_LITERAL("minh")));
    root = shown(RESOURCE_STOPS, &confirmed);
    assert_text(root, "confirmed_by", "minh");
    json_decref(root);
}

static void an_incident_shows_what_it_touched_once_it_is_counted(void **state)
{
    static struct incident incident = {
        .code = {"SC-1", 4},
        .version = 2,
        .account = {"bank-1", 6},
        .from_day = 20780,
        .until_day = 20787,
        .reason = {"card", 4},
        .index = 7,
        .opened_us = INT64_C(1795410367000000),
        .detected_us = INT64_C(1795410367000000),
        .due_us = INT64_C(1795669567000000),
    };

    (void)state;
    json_t *root = shown(RESOURCE_INCIDENTS, &incident);
    assert_int_equal(json_object_size(root), 11);
    assert_text(root, "state", "open");
    assert_text(root, "detected", "2026-11-23T05:06:07Z");
    assert_text(root, "due", "2026-11-26T05:06:07Z");
    assert_null(json_object_get(root, "persons"));
    json_decref(root);
    incident.counted = true;
    incident.by_field[FIELD_FULL_NAME] = 3;
    incident.by_field[FIELD_BIRTH_DATE] = 2;
    incident.drafts_len = 2;
    memcpy(incident.drafts, "{}", 2);
    incident.notices[INCIDENT_TOLD_AUTHORITY].sent_us = INT64_C(1795410368000000);
    incident.notices[INCIDENT_TOLD_AUTHORITY].hash[0] = 1;
    root = shown(RESOURCE_INCIDENTS, &incident);
    assert_list(root, "fields", "{\"birth_date\":2,\"full_name\":3}");
    assert_list(root, "drafts", "{}");
    assert_true(json_is_integer(json_object_get(root, "persons"))); /* none is a count too */
    assert_text(root, "authority_sent", "2026-11-23T05:06:08Z");
    assert_null(json_object_get(root, "persons_sent"));
    json_decref(root);
}

static void a_list_is_shown_with_its_count_and_without_its_members(void **state)
{
    static const struct person_list list = {.code = {"L-1", 3},
                                            .version = 2,
                                            .name = {"aid", 3},
                                            .from_day = 20780,
                                            .changed_day = 20787,
                                            .count = 1,
                                            .tags = {{1, 2, 3}}};

    (void)state;
    json_t *root = shown(RESOURCE_LISTS, &list);
    assert_int_equal(json_object_size(root), 7);
    assert_text(root, "name", "aid");
    assert_text(root, "from", "2026-11-23");
    assert_text(root, "changed", "2026-11-30");
    assert_text(root, "state", "in_force");
    assert_int_equal(json_integer_value(json_object_get(root, "persons")), 1);
    json_decref(root);
}

static void a_signing_key_is_shown_with_its_account(void **state)
{
    struct account account = account_of();
    const struct signing_key key = {.code = {"K-1", 3},
                                    .version = 1,
                                    .account = &account,
                                    .from_day = 20780,
                                    .until_day = 20787};

    (void)state;
    json_t *root = shown(RESOURCE_SIGNING_KEYS, &key);
    assert_int_equal(json_object_size(root), 7);
    assert_text(root, "account", "bank-1");
    assert_text(root, "from", "2026-11-23");
    assert_text(root, "until", "2026-11-30");
    assert_text(root, "state", "in_force");
    json_decref(root);
}

static void an_operator_is_shown_with_its_counts_and_without_names(void **state)
{
    static const struct operator_register of = {.code = {"bank", 4},
                                                .version = 2,
                                                .party = &bank,
                                                .from_day = 20780,
                                                .changed_day = 20787,
                                                .counts = {1, 2},
                                                .tags = {{1, 2, 3}}};

    (void)state;
    json_t *root = shown(RESOURCE_OPERATORS, &of);
    assert_int_equal(json_object_size(root), 6);
    assert_text(root, "changed", "2026-11-30");
    assert_int_equal(json_integer_value(json_object_get(root, "parties")), 1);
    assert_int_equal(json_integer_value(json_object_get(root, "officers")), 2);
    json_decref(root);
}

static void a_source_is_shown_with_its_keys(void **state)
{
    static const struct source source = {.code = {"S-1", 3},
                                         .version = 2,
                                         .name = {"births", 6},
                                         .kind = SOURCE_CIVIL_STATUS,
                                         .state = SOURCE_STATE_SUSPENDED,
                                         .spki = {1},
                                         .reason = {"wrong", 5}};

    (void)state;
    json_t *root = shown(RESOURCE_SOURCES, &source);
    assert_int_equal(json_object_size(root), 8);
    assert_text(root, "kind", "civil_status");
    assert_text(root, "state", "suspended");
    assert_text(root, "reason", "wrong");
    json_decref(root);
}

static void an_extract_is_shown_with_what_was_approved_and_how_many_were_collected(void **state)
{
    struct account account = account_of();
    struct business business = business_of();
    struct extract extract = {.code = {"DS-1", 4},
                              .version = 2,
                              .state = EXTRACT_COLLECTED,
                              .account = &account,
                              .job_id = {0xab},
                              .business = &business,
                              .fields = FIELD_BIT(FIELD_SEX),
                              .cap = 500,
                              .from_day = 20780,
                              .until_day = 20787,
                              .collected = 412};

    (void)state;
    assert_ok(long_set(&extract.case_ref, VIEW_LITERAL("HS-7")));
    assert_ok(population_parse(VIEW_LITERAL("age>=18"), &extract.criteria, NULL));
    json_t *root = shown(RESOURCE_EXTRACTS, &extract);
    assert_int_equal(json_object_size(root), 13); /* all but the reason */
    assert_text(root, "account", "bank-1");
    assert_text(root, "business", "NV-1");
    assert_text(root, "case", "HS-7");
    assert_text(root, "criteria", "age>=18");
    assert_text(root, "job", "ab000000000000000000000000000000");
    assert_text(root, "state", "collected");
    assert_int_equal(json_integer_value(json_object_get(root, "collected")), 412);
    json_decref(root);
    const struct extract refused = {.code = {"DS-2", 4},
                                    .version = 1,
                                    .state = EXTRACT_REFUSED,
                                    .account = &account,
                                    .reason = {"too wide", 8}};
    root = shown(RESOURCE_EXTRACTS, &refused);
    assert_null(json_object_get(root, "business"));
    assert_null(json_object_get(root, "criteria"));
    assert_text(root, "reason", "too wide");
    json_decref(root);
}

static void whose_copies_a_letter_has_is_shown_only_to_who_reads_the_case(void **state)
{
    static const struct letter letter = {
        .code = {"C06-2026-000001.1", 17},
        .version = 3,
        .state = LETTER_DELIVERED,
        .kind = LETTER_RESULT,
        .case_code = {"C06-2026-000001", 15},
        .unit = {"C06", 3},
        .register_code = {"C06.TB.2026", 11},
        .number = 1,
        .number_text = {"01/TB-C06", 9},
        .copy_count = 1,
        .copies = {{.code = {"0123456789ABCDEF"},
                    .recipient = {"Xin", 3},
                    .file = {7},
                    .bytes = 9,
                    .way = LETTER_BY_HAND,
                    .delivered_day = 20780,
                    .delivered_to = {"Xin", 3}}},
    };
    BUF_AUTO whole;
    (void)state;
    buf_init(&whole, 4096);
    json_t *root = shown(RESOURCE_LETTERS, &letter);
    json_t *copy = json_array_get(json_object_get(root, "copies"), 0);
    assert_text(root, "number", "01/TB-C06");
    assert_text(root, "state", "delivered");
    assert_text(copy, "way", "hand");
    assert_text(copy, "delivered", "2026-11-23");
    assert_null(json_object_get(root, "holders"));
    json_decref(root);
    show_put_whole(RESOURCE_LETTERS, &letter, &whole);
    assert_non_null(memmem(whole.data, whole.len,
                           "\"holders\":[{\"code\":\"0123456789ABCDEF\",\"recipient\":\"Xin\","
                           "\"to\":\"Xin\"}]",
                           68));
}

struct known {
    const void *object;
    const char *code;
    uint32_t version;
    const struct party *owner; /* NULL: it is the office's own */
    const struct map *map;     /* NULL: it is not the office's at all */
};

static void assert_known(const struct directory *directory, enum resource resource,
                         const struct known *known)
{
    assert_ptr_equal(show_map(directory, resource), known->map);
    if (known->map == NULL) {
        assert_true(resource == RESOURCE_RECORDS || resource == RESOURCE_LIST_REQUESTS ||
                    resource == RESOURCE_INTENTIONS);
        return;
    }
    assert_true(known->map->ordered);
    assert_ptr_equal(show_owner(resource, known->object), known->owner);
    assert_int_equal(show_version(resource, known->object), known->version);
    assert_view(show_code(resource, known->object), known->code);
}

static void who_complains_and_what_he_says_is_shown_only_to_who_reads_it(void **state)
{
    struct complaint complaint = {.code = {"00ff.000000000007", 17},
                                  .version = 2,
                                  .person = {"079090912345", 12},
                                  .day = 20780,
                                  .about_record = true,
                                  .record = 7,
                                  .text_len = 3,
                                  .text = "why"};
    BUF_AUTO open;
    BUF_AUTO whole;
    (void)state;
    buf_init(&open, 4096);
    buf_init(&whole, 4096);
    show_put(RESOURCE_COMPLAINTS, &complaint, &open);
    show_put_whole(RESOURCE_COMPLAINTS, &complaint, &whole);
    assert_view(buf_view(&open), "{\"code\":\"00ff.000000000007\",\"day\":\"2026-11-23\","
                                 "\"record\":7,\"state\":\"open\",\"version\":2}");
    assert_view(buf_view(&whole),
                "{\"code\":\"00ff.000000000007\",\"day\":\"2026-11-23\",\"number\":"
                "\"079090912345\",\"record\":7,\"state\":\"open\",\"text\":\"why\","
                "\"version\":2}");
    complaint.about_record = false;
    buf_reset(&open);
    show_put(RESOURCE_COMPLAINTS, &complaint, &open);
    assert_view(buf_view(&open), "{\"code\":\"00ff.000000000007\",\"day\":\"2026-11-23\","
                                 "\"state\":\"open\",\"version\":2}");
}

static void each_resource_knows_its_objects_and_whose_they_are(void **state)
{
    struct account account = {.code = {"bank-1", 6}, .party = &bank, .version = 7};
    struct business business = business_of();
    static struct proposal proposal = {.code = {"ab12", 4}, .version = 1};
    struct statement statement = {.code = {"bank.2026-11", 12}, .version = 8, .party = &bank};
    struct draw draw = {.code = {"2026-12", 7}, .version = 9};
    struct review review = {.code = {"R-7", 3}, .version = 10, .business = &business};
    static struct case_file file = {.code = {"R-7", 3}, .version = 11, .party = &bank};
    struct confirmation told = {.code = {"bank.2026-10", 12}, .version = 12, .party = &bank};
    static struct incident incident = {.code = {"SC-1", 4}, .version = 13};
    static const struct person_list list = {.code = {"L-1", 3}, .version = 13};
    const struct signing_key key = {.code = {"K-1", 3}, .version = 14, .account = &account};
    static const struct operator_register of = {.code = {"bank", 4}, .version = 15, .party = &bank};
    static const struct source source = {.code = {"S-1", 3}, .version = 16};
    static const struct office_unit unit = {.code = {"C06", 3}, .version = 17};
    static const struct written_case one = {.code = {"C06-2026-000001", 15}, .version = 18};
    static const struct extract extract = {.code = {"DS-1", 4}, .version = 17};
    static const struct letter letter = {.code = {"C06-2026-000001.1", 17}, .version = 19};
    static const struct provider provider = {.code = {"CDVC", 4}, .version = 22};
    static const struct complaint complaint = {.code = {"00ff.000000000007", 17}, .version = 21};
    static const struct letter_register letter_register = {.code = {"C06.TB.2026", 11},
                                                           .version = 20};
    struct directory d;
    struct staff *staff = NULL;

    (void)state;
    directory_init(&d);
    assert_ok(staff_new(&staff));
    assert_null(show_map(&d, RESOURCE_OFFICERS)); /* there has never been one */
    assert_null(show_map(&d, RESOURCE_PROPOSALS));
    assert_null(show_map(&d, RESOURCE_STOPS));
    d.staff = staff;
    const struct known rows[RESOURCE_COUNT] = {
        [RESOURCE_PARTIES] = {&bank, "bank", 3, &bank, &d.parties},
        [RESOURCE_ACCOUNTS] = {&account, "bank-1", 7, &bank, &d.accounts},
        [RESOURCE_BUSINESSES] = {&business, "NV-1", 2, &bank, &d.businesses},
        [RESOURCE_OFFICERS] = {&lan, "lan", 5, NULL, &staff->officers},
        [RESOURCE_PROPOSALS] = {&proposal, "ab12", 1, NULL, &staff->proposals},
        [RESOURCE_PERMITS] = {&permit, "GP-1", 2, &bank, &d.permits},
        [RESOURCE_POLICIES] = {&policy_version, "ef01", 6, NULL, &d.policies},
        [RESOURCE_FEES] = {&statement, "bank.2026-11", 8, &bank, &d.statements},
        [RESOURCE_DRAWS] = {&draw, "2026-12", 9, NULL, &staff->draws},
        [RESOURCE_REVIEWS] = {&review, "R-7", 10, &bank, &staff->reviews},
        [RESOURCE_CASE_FILES] = {&file, "R-7", 11, &bank, &staff->case_files},
        [RESOURCE_CONFIRMATIONS] = {&told, "bank.2026-10", 12, &bank, &staff->confirmations},
        [RESOURCE_STOPS] = {&stop, "bank-1", 9, NULL, &staff->stops},
        [RESOURCE_INCIDENTS] = {&incident, "SC-1", 13, NULL, &staff->incidents},
        [RESOURCE_LISTS] = {&list, "L-1", 13, NULL, &d.lists},
        [RESOURCE_SIGNING_KEYS] = {&key, "K-1", 14, &bank, &d.signing_keys},
        [RESOURCE_OPERATORS] = {&of, "bank", 15, &bank, &d.operators},
        [RESOURCE_SOURCES] = {&source, "S-1", 16, NULL, &staff->sources},
        [RESOURCE_PROVIDERS] = {&provider, "CDVC", 22, NULL, &staff->providers},
        [RESOURCE_OFFICES] = {&unit, "C06", 17, NULL, &staff->units},
        [RESOURCE_CASES] = {&one, "C06-2026-000001", 18, NULL, &staff->cases},
        [RESOURCE_OVERDUE_CASES] = {&one, "C06-2026-000001", 18, NULL, &staff->cases},
        [RESOURCE_CASE_FIGURES] = {&unit, "C06", 17, NULL, &staff->units},
        [RESOURCE_EXTRACTS] = {&extract, "DS-1", 17, NULL, &d.extracts},
        [RESOURCE_LETTERS] = {&letter, "C06-2026-000001.1", 19, NULL, &staff->letters},
        [RESOURCE_COMPLAINTS] = {&complaint, "00ff.000000000007", 21, NULL, &staff->complaints},
        [RESOURCE_REGISTERS] = {&letter_register, "C06.TB.2026", 20, NULL, &staff->registers},
    };
    for (enum resource resource = 0; resource < RESOURCE_COUNT; resource++) {
        assert_known(&d, resource, &rows[resource]);
    }
    d.staff = NULL;
    staff_free(staff);
    directory_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_party_without_a_dossier_is_shown_with_all_that_it_lacks),
        cmocka_unit_test(a_party_is_shown_with_its_whole_dossier),
        cmocka_unit_test(an_account_is_shown_without_its_counters),
        cmocka_unit_test(a_sub_account_is_shown_under_its_parent_with_its_businesses),
        cmocka_unit_test(a_business_is_shown_and_what_it_does_not_have_is_absent),
        cmocka_unit_test(a_business_with_dates_hours_and_population_shows_them),
        cmocka_unit_test(a_business_shows_its_quotas_and_what_was_done_to_it),
        cmocka_unit_test(a_permit_is_shown_with_its_business_and_the_statement_that_ended_it),
        cmocka_unit_test(a_version_of_the_law_is_shown_with_its_days),
        cmocka_unit_test(an_officer_is_shown_with_roles_and_the_key_that_signs),
        cmocka_unit_test(a_proposal_is_shown_with_what_is_to_be_approved),
        cmocka_unit_test(a_statement_of_fees_is_shown_with_its_lines_and_sums),
        cmocka_unit_test(a_review_is_shown_with_its_business_and_what_is_not_there_yet_is_absent),
        cmocka_unit_test(what_a_case_file_holds_is_shown_only_when_it_is_asked_for_by_itself),
        cmocka_unit_test(a_stop_shows_who_is_to_confirm_it_until_when),
        cmocka_unit_test(an_incident_shows_what_it_touched_once_it_is_counted),
        cmocka_unit_test(a_list_is_shown_with_its_count_and_without_its_members),
        cmocka_unit_test(a_signing_key_is_shown_with_its_account),
        cmocka_unit_test(an_operator_is_shown_with_its_counts_and_without_names),
        cmocka_unit_test(a_source_is_shown_with_its_keys),
        cmocka_unit_test(an_extract_is_shown_with_what_was_approved_and_how_many_were_collected),
        cmocka_unit_test(whose_copies_a_letter_has_is_shown_only_to_who_reads_the_case),
        cmocka_unit_test(who_complains_and_what_he_says_is_shown_only_to_who_reads_it),
        cmocka_unit_test(each_resource_knows_its_objects_and_whose_they_are),
    };
    return cmocka_run_group_tests_name("office/show", tests, NULL, NULL);
}
