/* A set of files to a policy: which files, in which order, how large, and what it is called. */
#include "set_help.h"

#include "base/ceilings.h"
#include "domain/change.h"
#include "policy/texts.h"

static void the_hash_is_what_sha256sum_prints_over_its_own_output(void **state)
{
    (void)state;
    char printed[65] = {0};
    FILE *pipe = popen("cd '" SOURCE_DIR "/policy' && LC_ALL=C sha256sum *.yaml | sha256sum", "r");
    assert_non_null(pipe);
    assert_int_equal(fread(printed, 1, 64, pipe), 64);
    (void)pclose(pipe);

    struct policy *policy = set_policy();
    assert_string_equal(policy_hash(policy), printed);
    policy_free(policy);
}

static void the_order_in_which_files_are_handed_in_does_not_matter(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = set_load(&set);
    for (unsigned shift = 1; shift < SET_FILES; shift++) {
        struct policy_file files[SET_FILES];
        struct policy *other = NULL;
        struct policy_error error;
        for (unsigned i = 0; i < SET_FILES; i++) {
            files[i] = set.files[(i * (SET_FILES - 1) + shift) % SET_FILES];
        }
        assert_ok(policy_load(files, SET_FILES, &other, &error));
        assert_string_equal(policy_hash(other), policy_hash(policy));
        policy_free(other);
    }
    policy_free(policy);
    set_done(&set);
}

static void one_changed_byte_changes_the_hash(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = set_load(&set);
    set_replace(set_file(&set, "fees"), "# Fees", "# fees");
    struct policy *other = set_load(&set);
    assert_string_not_equal(policy_hash(other), policy_hash(policy));
    policy_free(policy);
    policy_free(other);
    set_done(&set);
}

static void assert_load(const struct policy_file *files, unsigned count, enum fault fault,
                        const char *text)
{
    struct policy *policy = NULL;
    struct policy_error error;
    struct outcome outcome = policy_load(files, count, &policy, &error);
    assert_string_equal(error.text, text);
    assert_int_equal(outcome.fault, fault);
    assert_null(policy);
}

static void every_file_must_be_there(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy_file files[SET_FILES] = {0};
    assert_load(NULL, 0, FAULT_BAD_INPUT, "circular-*.yaml:1:1: the file is missing");
    for (unsigned missing = 1; missing < SET_FILES - 2;
         missing++) { /* the last two, and messages.yaml: the next tests */
        char text[256];
        unsigned count = 0;
        if (strcmp(set.files[missing].name, "messages.yaml") == 0) {
            continue;
        }
        for (unsigned i = 0; i < SET_FILES; i++) {
            if (i != missing) {
                files[count++] = set.files[i];
            }
        }
        (void)snprintf(text, sizeof(text), "%s:1:1: the file is missing", set.files[missing].name);
        assert_load(files, count, FAULT_BAD_INPUT, text);
    }
    set_done(&set);
}

static void a_policy_older_than_the_table_of_sources_lets_nobody_change_anything(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error;
    struct change_law law;
    assert_string_equal(set.files[SET_FILES - 2].name, "sources.yaml");
    assert_ok(policy_load(set.files, SET_FILES - 2, &policy, &error));
    assert_true(policy_lacks_sources(policy));
    assert_true(policy_lacks_written(policy));
    policy_change_law(policy, &law);
    for (unsigned change = 0; change < CHANGE_COUNT; change++) {
        assert_int_equal(law.sources[change], 0);
    }
    BUF_AUTO text;
    buf_init(&text, POLICY_SHOW_BYTES_MAX);
    policy_show(policy, false, &text);
    policy_show(policy, true, &text);
    assert_ok(buf_check(&text));
    policy_free(policy);
    policy = set_load(&set);
    assert_false(policy_lacks_sources(policy));
    policy_free(policy);
    set_done(&set);
}

static void a_policy_older_than_the_texts_of_messages_sends_none(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error;
    BUF_AUTO text;
    buf_init(&text, POLICY_SHOW_BYTES_MAX);
    struct policy_file *gone = set_file(&set, "messages.yaml");
    struct policy_file messages = *gone;
    *gone = set.files[SET_FILES - 1];
    assert_ok(policy_load(set.files, SET_FILES - 1, &policy, &error));
    assert_true(policy_lacks_messages(policy));
    assert_false(policy_lacks_written(policy));
    for (unsigned i = 0; i < POLICY_SMS_COUNT; i++) {
        assert_false(policy_sms_text_put(policy, i, NULL, 0, &text));
    }
    assert_int_equal(text.len, 0);
    assert_int_equal(policy_sms_fields(policy), 0);
    assert_false(policy_sms_text_put(NULL, POLICY_SMS_HELP, NULL, 0, &text));
    assert_int_equal(policy_sms_fields(NULL), 0);
    policy_show(policy, false, &text);
    policy_show(policy, true, &text);
    assert_ok(buf_check(&text));
    policy_free(policy);
    *gone = messages;
    set_done(&set);
}

static void each_text_has_its_places_filled_and_those_without_value_left_empty(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = set_load(&set);
    const struct policy_sms_value values[] = {{"minutes", VIEW_LITERAL("10")},
                                              {"code", VIEW_LITERAL("012345")}};
    BUF_AUTO text;
    buf_init(&text, 4096);
    assert_true(policy_sms_text_put(policy, POLICY_SMS_CODE, values, 2, &text));
    buf_put_u8(&text, 0);
    assert_non_null(strstr((const char *)text.data, "012345"));
    assert_non_null(strstr((const char *)text.data, "10 phút"));
    assert_null(strchr((const char *)text.data, '{'));
    buf_reset(&text);
    assert_true(policy_sms_text_put(policy, POLICY_SMS_CODE, values, 1, &text));
    buf_put_u8(&text, 0);
    assert_null(strstr((const char *)text.data, "012345"));
    assert_null(strchr((const char *)text.data, '{'));
    for (unsigned i = 0; i < POLICY_SMS_COUNT; i++) {
        buf_reset(&text);
        assert_true(policy_sms_text_put(policy, i, NULL, 0, &text));
        assert_in_range(text.len, 1, OUTBOX_TEXT_BYTES_MAX);
    }
    assert_false(policy_lacks_messages(policy));
    assert_int_equal(policy_sms_fields(policy) & policy_fields_sensitive(policy), 0);
    policy_free(policy);
    set_done(&set);
}

static void
a_policy_older_than_the_tables_of_written_requests_knows_nobody_who_decides(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error;
    assert_string_equal(set.files[SET_FILES - 1].name, "written.yaml");
    assert_ok(policy_load(set.files, SET_FILES - 1, &policy, &error));
    assert_true(policy_lacks_written(policy));
    assert_false(policy_lacks_sources(policy));
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        assert_int_equal(policy_decider(policy, class, VIEW_LITERAL("person")), LEVEL_COUNT);
    }
    for (unsigned level = 0; level <= LEVEL_COUNT; level++) {
        assert_int_equal(policy_approver(policy, level, 0), APPROVER_COUNT);
    }
    BUF_AUTO text;
    buf_init(&text, POLICY_SHOW_BYTES_MAX);
    policy_show(policy, false, &text);
    policy_show(policy, true, &text);
    assert_ok(buf_check(&text));
    policy_free(policy);
    set_done(&set);
}

static void
each_requester_has_a_level_that_decides_and_each_level_an_order_of_who_approves(void **state)
{
    static const struct {
        enum party_class class;
        const char *kind;
        enum office_level level;
    } deciders[] = {
        {CLASS_STATE, "ministry_agency", LEVEL_NATIONAL},
        {CLASS_STATE, "province_agency", LEVEL_PROVINCE},
        {CLASS_STATE, "commune_agency", LEVEL_COMMUNE},
        {CLASS_ORGANISATION, "bank", LEVEL_NATIONAL},
        {CLASS_ORGANISATION, "notary", LEVEL_PROVINCE},
        {CLASS_ORGANISATION, "bailiff", LEVEL_PROVINCE},
        {CLASS_CITIZEN, "person", LEVEL_COMMUNE},
        {CLASS_OTHER, "person", LEVEL_COMMUNE},
        {CLASS_OTHER, "company", LEVEL_PROVINCE},
    };
    (void)state;
    struct set set = set_read();
    struct policy *policy = set_load(&set);
    for (size_t i = 0; i < sizeof(deciders) / sizeof(deciders[0]); i++) {
        assert_int_equal(policy_decider(policy, deciders[i].class, view_text(deciders[i].kind)),
                         deciders[i].level);
    }
    assert_int_equal(policy_approver(policy, LEVEL_NATIONAL, 0), APPROVER_HEAD);
    assert_int_equal(policy_approver(policy, LEVEL_NATIONAL, 1), APPROVER_DEPUTY);
    assert_int_equal(policy_approver(policy, LEVEL_NATIONAL, 2), APPROVER_COUNT);
    assert_int_equal(policy_approver(policy, LEVEL_COMMUNE, 2), APPROVER_ABOVE);
    assert_int_equal(policy_approver(policy, LEVEL_COMMUNE, 3), APPROVER_COUNT);
    assert_int_equal(policy_written(policy).days, 3);
    assert_true(strlen(policy_written(policy).appeal_vi) <= 256);
    policy_free(policy);
    set_done(&set);
}

static void a_file_of_another_name_or_a_second_one_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "other.yaml",
        "fees.yml",
        "fees.yaml2",
        "Fees.yaml",
        "",
        "circular-a b.yaml",
        "circular-A.yaml",
        "holidays-2021.yaml",
        "circular-a_b.yaml",
        "circular-{.yaml",
        ".yaml",
        "fees",
        "xfees.yaml",
        "circular-.yaml",
        "circular-2021.yam",
    };
    struct set set = set_read();
    struct policy_file files[SET_FILES + 1];
    memcpy(files, set.files, sizeof(set.files));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[256];
        files[SET_FILES] = files[1];
        (void)snprintf(files[SET_FILES].name, sizeof(files[0].name), "%s", names[i]);
        (void)snprintf(text, sizeof(text), "%s:1:1: the policy has no file of this name", names[i]);
        assert_load(files, SET_FILES + 1, FAULT_BAD_INPUT, text);
    }
    files[SET_FILES] = files[1];
    assert_load(files, SET_FILES + 1, FAULT_BAD_INPUT,
                "fees.yaml:1:1: the policy has this file twice");
    files[SET_FILES] = files[0];
    (void)snprintf(files[SET_FILES].name, sizeof(files[0].name), "circular-2022.yaml");
    assert_load(files, SET_FILES + 1, FAULT_BAD_INPUT,
                "circular-2022.yaml:1:1: the policy has this file twice");
    memset(files[SET_FILES].name, 'x', sizeof(files[0].name)); /* without an end */
    memcpy(files[SET_FILES].name, "circular-", 9);
    memcpy(files[SET_FILES].name + sizeof(files[0].name) - 5, ".yaml", 5);
    assert_load(
        files, SET_FILES + 1, FAULT_BAD_INPUT,
        "circular-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.yaml:1:1: the policy has no "
        "file of this name");
    set_done(&set);
}

static void more_files_than_the_ceiling_are_refused(void **state)
{
    (void)state;
    struct policy_file files[POLICY_FILES_MAX + 1] = {0};
    assert_load(files, POLICY_FILES_MAX + 1, FAULT_BAD_INPUT,
                "*.yaml:1:1: there are too many files");
}

/* Only the content of fees.yaml matters: files are read before missing ones are told, and the
 * circular's clauses first. */
static void assert_fees(const char *content, size_t len, enum fault fault, const char *text)
{
    struct policy_file file = {.name = "fees.yaml", .content = view_of(content, len)};
    assert_load(&file, 1, fault, text);
}

static void an_empty_file_is_no_table(void **state)
{
    (void)state;
    assert_fees("", 0, FAULT_BAD_INPUT, "fees.yaml:1:1: the file is empty");
    assert_fees("# only a remark\n", 16, FAULT_BAD_INPUT, "fees.yaml:1:1: the file is empty");
    assert_fees("--- \n...\n", 9, FAULT_BAD_INPUT,
                "fees.yaml:1:1: here must stand a table of words and values");
    assert_fees("- a\n", 4, FAULT_BAD_INPUT,
                "fees.yaml:1:1: here must stand a table of words and values");
    assert_fees("a", 1, FAULT_BAD_INPUT,
                "fees.yaml:1:1: here must stand a table of words and values");
    assert_fees("a: b\0", 5, FAULT_BAD_INPUT, "fees.yaml:1:1: the line has a control character");
    assert_fees("{}", 2, FAULT_BAD_INPUT, "fees.yaml:1:1: `payers` is missing");
    assert_fees("a: 'b\n", 6, FAULT_BAD_INPUT,
                "fees.yaml:1:5: this is not YAML (single-quoted scalar without closing quote)");
}

static void over_a_ceiling_is_a_clear_refusal(void **state)
{
    (void)state;
    static char content[POLICY_FILE_BYTES_MAX + 1];
    memset(content, '#', sizeof(content));
    assert_fees(content, sizeof(content), FAULT_OVER_LIMIT,
                "fees.yaml:1:1: the file is longer, in bytes, than 1048576");
    assert_fees(content, sizeof(content) - 1, FAULT_BAD_INPUT, "fees.yaml:1:1: the file is empty");

    assert_fees("a: [[[[[1]]]]]", 14, FAULT_BAD_INPUT, "fees.yaml:1:1: unknown word `a`");
    assert_fees("a: [[[[[[1]]]]]]", 16, FAULT_OVER_LIMIT,
                "fees.yaml:1:9: tables are nested deeper than 6");

    size_t len = 0;
    for (unsigned i = 0; i < POLICY_NODES_MAX; i++) {
        memcpy(content + len, "- a\n", 4);
        len += 4;
    }
    assert_fees(content, len, FAULT_OVER_LIMIT,
                "fees.yaml:32767:3: the file has more values than 32768");
}

static void texts_over_their_ceiling_are_refused(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error;
    struct policy_file *circular = set_file(&set, "circular");
    struct policy_file *fees = set_file(&set, "fees");
    char *line = malloc(900 * 1024);
    assert_non_null(line);
    memset(line, 'x', 900 * 1024 - 1);
    line[900 * 1024 - 1] = '\0';
    set_replace(circular, "Circular on the services", line);
    set_replace(fees, "Bodies within their functions", line);
    assert_fault(policy_load(set.files, SET_FILES, &policy, &error), FAULT_OVER_LIMIT);
    assert_non_null(
        strstr(error.text, "fees.yaml:10:16: the policy's texts are longer, in bytes, than"));
    free(line);
    set_done(&set);
}

/* A text of `len` letters instead of one in a file. */
static struct view fill_text(const struct policy_file *file, const char *text, size_t len)
{
    size_t at = set_find(file, text);
    struct view content = file->content;
    uint8_t *filled = malloc(SET_FILE_BYTES_MAX);

    assert_non_null(filled);
    memcpy(filled, content.data, at);
    memset(filled + at, 'x', len);
    memcpy(filled + at + len, content.data + at, content.len - at);
    return view_of(filled, content.len + len);
}

/* The clauses of a row are joined into a text of their own, for which there may be no room: the
 * file that leaves just enough for its nodes is found by halving. */
static void joined_clauses_over_the_ceiling_of_texts_are_refused(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy_file *fees = set_file(&set, "fees");
    struct policy_file *circular = set_file(&set, "circular");
    struct view large = fill_text(circular, "Circular on the services", 700 * 1024);
    struct policy_file before = *fees;
    size_t fits = 0;
    size_t too_long = POLICY_FILE_BYTES_MAX - 8192;
    bool seen = false;

    circular->content = large;
    while (!seen && too_long - fits > 1) {
        size_t middle = fits + (too_long - fits) / 2;
        struct policy *policy = NULL;
        struct policy_error error;
        struct view filled = fill_text(&before, "Bodies within their functions", middle);
        fees->content = filled;
        struct outcome outcome = policy_load(set.files, SET_FILES, &policy, &error);
        seen = strstr(error.text, ": the policy's texts are too long") != NULL;
        fits = outcome_ok(outcome) ? middle : fits;
        too_long = outcome_ok(outcome) ? too_long : middle;
        policy_free(policy);
        free((void *)(uintptr_t)filled.data);
    }
    assert_true(seen);
    free((void *)(uintptr_t)large.data);
    set_done(&set);
}

static struct outcome load_again(void *context)
{
    struct set *set = context;
    struct policy *policy = NULL;
    struct policy_error error;
    TRY(policy_load(set->files, SET_FILES, &policy, &error));
    policy_free(policy);
    return OUTCOME_OK;
}

static void each_failing_allocation_is_told_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct set set = set_read();
    uint64_t failures = each_allocation_fails(load_again, &set);
    assert_true(failures > 10);
    set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_what_sha256sum_prints_over_its_own_output),
        cmocka_unit_test(the_order_in_which_files_are_handed_in_does_not_matter),
        cmocka_unit_test(one_changed_byte_changes_the_hash),
        cmocka_unit_test(every_file_must_be_there),
        cmocka_unit_test(a_policy_older_than_the_table_of_sources_lets_nobody_change_anything),
        cmocka_unit_test(a_policy_older_than_the_texts_of_messages_sends_none),
        cmocka_unit_test(each_text_has_its_places_filled_and_those_without_value_left_empty),
        cmocka_unit_test(
            a_policy_older_than_the_tables_of_written_requests_knows_nobody_who_decides),
        cmocka_unit_test(
            each_requester_has_a_level_that_decides_and_each_level_an_order_of_who_approves),
        cmocka_unit_test(a_file_of_another_name_or_a_second_one_is_refused),
        cmocka_unit_test(more_files_than_the_ceiling_are_refused),
        cmocka_unit_test(an_empty_file_is_no_table),
        cmocka_unit_test(over_a_ceiling_is_a_clear_refusal),
        cmocka_unit_test(texts_over_their_ceiling_are_refused),
        cmocka_unit_test(joined_clauses_over_the_ceiling_of_texts_are_refused),
        cmocka_unit_test(each_failing_allocation_is_told_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("policy/load", tests, NULL, NULL);
}
