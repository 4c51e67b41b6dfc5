/* What is wrong with a file whatever it is about: the exact place and sentence of each kind. */
#include "wrong_help.h"

static void what_is_not_plain_data_is_refused_where_it_stands(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {FEES, "payers:", "payers: @&a", NULL, "anchors are not allowed"},
        {FEES, "pays: false", "pays: @&b false", NULL, "anchors are not allowed"},
        {FEES, "pays: false", "pays: @*b", NULL, "aliases are not allowed"},
        {FEES, "pays: false", "pays: @!!bool false", NULL, "tags are not allowed"},
        {FEES, "clause: [L59-10, TT48]", "clause: @!x [L59-10]", NULL, "tags are not allowed"},
        {FEES, "clause: [L59-10, TT48]", "clause: @!x {a: b}", NULL, "tags are not allowed"},
        {FEES, "products:", "@--- \nproducts:", NULL, "there is more than one document"},
        {FEES, "# Fees", "@%YAML 1.2\n---\n# Fees", NULL, "directives are not allowed"},
        {FEES, "# Fees", "# a\n@# \tFees", NULL, "the line has a control character"},
        {FEES, "# Fees", "@# \x01 Fees", NULL, "the line has a control character"},
        {FEES, "# Fees", "@# \x7f Fees", NULL, "the line has a control character"},
        {FEES, "# Fees", "@# Fees\r", NULL, "the line has a control character"},
        {FEES, "# Fees", "@# \xc2\x85", NULL, "the line has a control character"},
        {FEES, "# Fees", "@# \xe2\x80\xa8", NULL, "the line has a control character"},
        {FEES, "# Fees", "@# \xe2\x80\xa9", NULL, "the line has a control character"},
        {FEES, "# Fees", "@\xef\xbb\xbf# Fees", NULL, "the line has a control character"},
        {FEES, "# Fees", "# a\n@# \xc0\xaf", NULL, "the line is not UTF-8"},
        {FEES, "reason_vi: Cơ quan", "reason_vi: @\"a\\tb\"\n    x: Cơ quan", NULL,
         "the text has a control character or a line end"},
        {FEES, "reason_vi: Cơ quan khai",
         "reason_vi: |\n@      Một\n      hai\n    x: Cơ quan khai", NULL,
         "the text has a control character or a line end"},
        {FEES, "  - class: state", "  - ? @{a: b}\n    : c\n  - class: state", NULL,
         "a table cannot be a key"},
    };
    CHECK_ALL(wrongs);
}

static void a_syntax_error_is_told_with_its_place(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy_file *file = set_file(&set, FEES);
    struct policy *policy = NULL;
    struct policy_error error;
    set_replace(file, "clause: [L59-10, TT48]", "clause: [L59-10, TT48]]");
    assert_fault(policy_load(set.files, SET_FILES, &policy, &error), FAULT_BAD_INPUT);
    assert_non_null(strstr(error.text, "fees.yaml:8:27: this is not YAML ("));
    set_done(&set);
}

static void words_keys_and_rows_that_are_unknown_missing_or_double_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {FEES, "payers:", "@payer:", NULL, "unknown word `payer`"},
        {FEES, "pays: false", "@paid: false", NULL, "unknown word `paid`"},
        {FEES, "    pays: false\n", "", "@class: state\n    clause", "`pays` is missing"},
        {FEES, "pays: false", "pays: false\n    @pays: false", NULL, "`pays` stands twice"},
        {FEES, "rates:", "@payers: []\nrates:", NULL, "`payers` stands twice"},
        {FEES, "rates:", "@rate:", NULL, "unknown word `rate`"},
        {HOLIDAYS, "make_up_days:", "# make_up_days:", "@covers_from", "`make_up_days` is missing"},
        {FEES, "  - class: state", "  - @class\n  - class: state", NULL,
         "here must stand a table of words and values"},
        {CIRCULAR, "class: state, channel: sms", "class: @stat, channel: sms", NULL,
         "unknown class `stat`"},
        {CIRCULAR, "class: state, channel: sms", "class: @State, channel: sms", NULL,
         "unknown class `State`"},
        {CIRCULAR, "class: state, channel: sms", "class: state, channel: @ŝms", NULL,
         "unknown channel `ŝms`"},
        {CIRCULAR, "class: state, channel: sms", "class: @[state], channel: sms", NULL,
         "`class` must be a word, not a table"},
        {CIRCULAR, "  - {class: state, channel: sms, open: false, clause: [F1]}\n", "",
         "class_channel:\n  @- {class", "`state` and `sms` have no row"},
        {CIRCULAR, "  - {class: state, channel: guided,",
         "  - @{class: state, channel: sms, open: false, clause: [F1]}\n"
         "  - {class: state, channel: guided,",
         NULL, "`state` and `sms` have a second row"},
        {CIRCULAR, "open_pairs: 14", "open_pairs: 15", "class_channel:\n  @- {class",
         "14 of 28 pairs are open, but `open_pairs` says 15"},
        {CIRCULAR, "policy: circular-2021", "@policy: circular-2022", NULL,
         "the file is not named after policy `circular-2022`"},
        {CIRCULAR, "  - id: P2", "  - @id: P1", NULL, "clause `P1` has a second row"},
        {CIRCULAR, "  - id: P1", "  - id: @\"P 1\"", NULL,
         "`id` must be a code of letters, digits, `.`, `_` and `-`, not `P 1`"},
        {CIRCULAR, "  - id: P1", "  - id: @\"\"", NULL, "`id` must be a short code, not ``"},
        {CIRCULAR, "  - id: P1", "  - id: @P12345678901234567890123456789012", NULL,
         "`id` must be a short code, not `P12345678901234567890123456789012`"},
        {CIRCULAR, "  - id: P1", "  - id: @[P1]", NULL, "`id` must be a short code, not a table"},
        {CIRCULAR, "  - class: organisation\n", "  - @class: state\n", NULL,
         "class `state` has a second row"},
        {CIRCULAR, "  - channel: sms\n", "  - @channel: written\n", NULL,
         "channel `written` has a second row"},
        {CIRCULAR, "  - service: id.map\n", "  - @service: own.view\n",
         "  - @service: own.view\n    clause: [F3", "service `own.view` has a second row"},
    };
    CHECK_ALL(wrongs);
}

static void values_of_the_wrong_kind_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {FEES, "pays: false", "pays: @no", NULL, "`pays` must be true or false, not `no`"},
        {FEES, "pays: false", "pays: @\"false\"", NULL,
         "`pays` must be true or false, not `false`"},
        {FEES, "pays: false", "pays: @[]", NULL, "`pays` must be true or false, not a table"},
        {FEES, "vnd_per_field: 500", "vnd_per_field: @5e2", NULL,
         "`vnd_per_field` must be a number, not `5e2`"},
        {FEES, "vnd_per_field: 500", "vnd_per_field: @0500", NULL,
         "`vnd_per_field` must be a number, not `0500`"},
        {FEES, "vnd_per_field: 500", "vnd_per_field: @'500'", NULL,
         "`vnd_per_field` must be a number, not `500`"},
        {FEES, "vnd_per_field: 500", "vnd_per_field: @9999999999", NULL,
         "`vnd_per_field` must be a number, not `9999999999`"},
        {FEES, "vnd_per_field: 500", "vnd_per_field: @{a: 1}", NULL,
         "`vnd_per_field` must be a number, not a table"},
        {FEES, "from: 2022-09-17", "from: @2022-02-30", NULL,
         "`from` must be a date like 2021-07-08, not `2022-02-30`"},
        {FEES, "from: 2022-09-17", "from: @17/09/2022", NULL,
         "`from` must be a date like 2021-07-08, not `17/09/2022`"},
        {FEES, "from: 2022-09-17", "from: @[2022]", NULL,
         "`from` must be a date like 2021-07-08, not a table"},
        {FEES, "until: null", "until: @[null]", NULL,
         "`until` must be a date like 2021-07-08, not a table"},
        {FEES, "product: SPDC01", "product: @\"SPDC{\"", NULL,
         "`product` must be a code of letters, digits, `.`, `_` and `-`, not `SPDC{`"},
        {FEES, "from: 2022-09-17", "from: @null", NULL,
         "`from` must be a date like 2021-07-08, not `null`"},
        {FEES, "clause: [L59-10, TT48]", "clause: @L59-10", NULL,
         "`clause` must be a list of clauses"},
        {FEES, "clause: [L59-10, TT48]", "clause: @[]", NULL, "`clause` must be a list of clauses"},
        {FEES, "clause: [L59-10, TT48]", "clause: [L59-10, @XX]", NULL, "unknown clause `XX`"},
        {FEES, "clause: [L59-10, TT48]", "clause: [L59-10, @[TT48]]", NULL, "unknown clause ``"},
        {FEES, "clause: [L59-10, TT48]", "clause: [L59-10, @L59-10]", NULL,
         "clause `L59-10` is named twice"},
        {FEES, "services: [citizen.verify,", "services: [@citizen.verif,", NULL,
         "unknown services `citizen.verif`"},
        {FEES, "services: [citizen.verify, relative.verify]", "services: @citizen.verify", NULL,
         "`services` must be a list of words"},
        {FEES, "services: [citizen.verify, relative.verify]",
         "services: [citizen.verify, @citizen.verify]", NULL,
         "`citizen.verify` is named twice in `services`"},
        {FEES, "services: [citizen.verify, relative.verify]", "services: [@[citizen.verify]]", NULL,
         "`services` must be a word, not a table"},
        {FIELDS, "{list: sex, code: \"1\"", "{list: sex, code: @1", NULL,
         "`code` must be in quotes when it has digits only, not `1`"},
        {REFUSALS, "title_vi: Yêu cầu không đúng định dạng", "title_vi: @\"\"", NULL,
         "`title_vi` must be a text, not ``"},
        {REFUSALS, "title_vi: Yêu cầu không đúng định dạng", "title_vi: @~", NULL,
         "`title_vi` must be a text, not `~`"},
        {REFUSALS, "title_vi: Yêu cầu không đúng định dạng", "title_vi: @null", NULL,
         "`title_vi` must be a text, not `null`"},
        {REFUSALS, "title_vi: Yêu cầu không đúng định dạng", "@title_vi:", NULL,
         "`title_vi` must be a text, not ``"},
        {REFUSALS, "title_vi: Yêu cầu không đúng định dạng", "title_vi: @[một, hai]", NULL,
         "`title_vi` must be a text, not a table"},
    };
    CHECK_ALL(wrongs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_plain_data_is_refused_where_it_stands),
        cmocka_unit_test(a_syntax_error_is_told_with_its_place),
        cmocka_unit_test(words_keys_and_rows_that_are_unknown_missing_or_double_are_told),
        cmocka_unit_test(values_of_the_wrong_kind_are_told),
    };
    return cmocka_run_group_tests_name("policy/load_errors", tests, NULL, NULL);
}
