/*
 * Conditions on people: what is read, what is refused and where, and that every expression has the
 * truth that a second evaluator, made of Kleene's tables, gives it.
 */
#include "help.h"

#include "domain/country.h"
#include "domain/population.h"

#define AN_79 "permanent_residence.province=79@2021-07-01"
#define TODAY INT64_C(20780) /* 2026-11-23 */

static struct population parsed(const char *text)
{
    struct population population = {.count = 42};
    struct population_fault fault = {0};
    struct outcome outcome = population_parse(view_text(text), &population, &fault);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: at %zu: %s", text, fault.position, fault.reason);
    }
    assert_view(population_text(&population), text);
    return population;
}

/* Nguyễn Văn An of the tests. */
static struct population_subject an(void)
{
    return (struct population_subject){.province = "79",
                                       .province_list_day = COUNTRY_LIST_2021_DAY,
                                       .birth_date = VIEW_LITERAL("1990-01-02"),
                                       .sex = 1,
                                       .today = TODAY};
}

static enum truth holds(const char *text, struct population_subject subject)
{
    struct population population = parsed(text);
    return population_holds(&population, &subject);
}

/* ---- provinces ---- */

static enum truth in_province(const char *text, const char *province, int32_t list_day)
{
    struct population_subject subject = an();
    memset(subject.province, 0, sizeof(subject.province));
    memcpy(subject.province, province, strlen(province));
    subject.province_list_day = list_day;
    return holds(text, subject);
}

static void a_province_is_decided_in_three_values(void **state)
{
    (void)state;
    const char *south = "permanent_residence.province=79,77@2021-07-01";
    int32_t old = COUNTRY_LIST_2021_DAY;
    int32_t new = COUNTRY_LIST_2025_DAY;
    assert_int_equal(in_province("", "79", old), TRUTH_YES);
    assert_int_equal(in_province("", "", old), TRUTH_YES);
    assert_int_equal(in_province(south, "79", old), TRUTH_YES);
    assert_int_equal(in_province(south, "77", old), TRUTH_YES);
    assert_int_equal(in_province(south, "01", old), TRUTH_NO);
    /* 79 of 2025 is what were 79, 74 and 77: no single answer for the old 79 */
    assert_int_equal(in_province(AN_79, "79", new), TRUTH_UNKNOWN);
    /* 01 was not merged with anything */
    assert_int_equal(in_province("permanent_residence.province=01@2021-07-01", "01", new),
                     TRUTH_YES);
    /* 15 is another province in the list of 2025 */
    assert_int_not_equal(in_province("permanent_residence.province=15@2021-07-01", "15", new),
                         TRUTH_YES);
    assert_int_not_equal(in_province(south, "", old), TRUTH_YES);
}

static enum truth in_ward(const char *text, const char *ward, int32_t list_day)
{
    struct population_subject subject = an();
    (void)snprintf(subject.ward, sizeof(subject.ward), "%s", ward);
    subject.province_list_day = list_day;
    return holds(text, subject);
}

static void a_ward_is_one_of_the_same_list_or_unknown(void **state)
{
    (void)state;
    const char *wards = "permanent_residence.ward=26734,26737@2021-07-01";
    assert_int_equal(in_ward(wards, "26734", COUNTRY_LIST_2021_DAY), TRUTH_YES);
    assert_int_equal(in_ward(wards, "26737", COUNTRY_LIST_2021_DAY), TRUTH_YES);
    assert_int_equal(in_ward(wards, "26740", COUNTRY_LIST_2021_DAY), TRUTH_NO);
    assert_int_equal(in_ward(wards, "", COUNTRY_LIST_2021_DAY), TRUTH_UNKNOWN);
    assert_int_equal(in_ward(wards, "26734", COUNTRY_LIST_2025_DAY), TRUTH_UNKNOWN);
    assert_int_equal(in_ward("not permanent_residence.ward=26734@2021-07-01", "", 0),
                     TRUTH_UNKNOWN);
    assert_true(parsed(wards).names_wards);
    assert_false(parsed("sex=1").names_wards);
}

/* ---- age and sex ---- */

static enum truth of_age(const char *text, const char *birth)
{
    struct population_subject subject = an();
    subject.birth_date = view_text(birth);
    return holds(text, subject);
}

static void age_is_counted_in_completed_years_on_its_day(void **state)
{
    (void)state;
    assert_int_equal(of_age("age>=18@2026-11-23", "2008-11-23"), TRUTH_YES);
    assert_int_equal(of_age("age>=18@2026-11-23", "2008-11-24"), TRUTH_NO);
    assert_int_equal(of_age("age>18@2026-11-23", "2008-11-23"), TRUTH_NO);
    assert_int_equal(of_age("age<18@2026-11-23", "2008-11-24"), TRUTH_YES);
    assert_int_equal(of_age("age<=17@2026-11-23", "2008-11-24"), TRUTH_YES);
    assert_int_equal(of_age("age=17@2026-11-23", "2008-11-24"), TRUTH_YES);
    assert_int_equal(of_age("age=18@2026-11-23", "2008-11-24"), TRUTH_NO);
    assert_int_equal(of_age("age>=1@2025-02-28", "2024-02-29"), TRUTH_NO);
    assert_int_equal(of_age("age>=1@2025-03-01", "2024-02-29"), TRUTH_YES);
    assert_int_equal(of_age("age>=0", "2030-01-01"), TRUTH_NO); /* not born yet */
}

static void age_without_a_day_is_that_of_the_day_of_the_ask(void **state)
{
    (void)state;
    struct population_subject subject = an();
    assert_int_equal(holds("age=36", subject), TRUTH_YES);
    subject.today += 40; /* 2027-01-02 */
    assert_int_equal(holds("age=36", subject), TRUTH_NO);
    assert_int_equal(holds("age=37", subject), TRUTH_YES);
    assert_int_equal(holds("age=36@2026-11-23", subject), TRUTH_YES);
}

static void who_is_known_by_the_year_alone_may_be_of_two_ages(void **state)
{
    (void)state;
    assert_int_equal(of_age("age>=18@2026-11-23", "2008"), TRUTH_UNKNOWN);
    assert_int_equal(of_age("age>=18@2026-12-31", "2008"), TRUTH_YES);
    assert_int_equal(of_age("age>=17@2026-11-23", "2008"), TRUTH_YES);
    assert_int_equal(of_age("age>=19@2026-11-23", "2008"), TRUTH_NO);
    assert_int_equal(of_age("age=18@2026-11-23", "2008"), TRUTH_UNKNOWN);
    assert_int_equal(of_age("age=19@2026-11-23", "2008"), TRUTH_NO);
    assert_int_equal(of_age("age<18@2026-11-23", "2008"), TRUTH_UNKNOWN);
}

static void what_is_not_known_of_a_person_is_unknown(void **state)
{
    (void)state;
    struct population_subject subject = an();
    subject.sex = 0;
    assert_int_equal(holds("sex=1", subject), TRUTH_UNKNOWN);
    assert_int_equal(holds("not sex=1", subject), TRUTH_UNKNOWN);
    subject.sex = 2;
    assert_int_equal(holds("sex=1", subject), TRUTH_NO);
    assert_int_equal(holds("sex=2", subject), TRUTH_YES);
    assert_int_equal(of_age("age>=0", ""), TRUTH_UNKNOWN);
    assert_int_equal(of_age("age>=0", "19x0"), TRUTH_UNKNOWN);
    assert_int_equal(of_age("not age>=0", "1990-13-01"), TRUTH_UNKNOWN);
}

/* ---- lists ---- */

struct asked {
    unsigned count;
    char codes[256];
};

/* IN-... has everybody, OUT-... nobody, others are not there. */
static enum truth listed(void *context, struct view code)
{
    struct asked *asked = context;
    size_t len = strlen(asked->codes);
    asked->count++;
    snprintf(asked->codes + len, sizeof(asked->codes) - len, "%.*s ", (int)code.len,
             (const char *)code.data);
    return view_starts(code, VIEW_LITERAL("IN"))    ? TRUTH_YES
           : view_starts(code, VIEW_LITERAL("OUT")) ? TRUTH_NO
                                                    : TRUTH_UNKNOWN;
}

static enum truth of_lists(const char *text, const char *codes)
{
    struct asked asked = {0};
    struct population_subject subject = an();
    subject.lists = (struct population_lists_port){listed, &asked};
    assert_true(parsed(text).names_lists);
    enum truth truth = holds(text, subject);
    assert_string_equal(asked.codes, codes); /* each, whatever came of those before (I5) */
    return truth;
}

static void membership_in_a_list_is_asked_of_each_that_is_named(void **state)
{
    (void)state;
    assert_int_equal(of_lists("list=IN-79", "IN-79 "), TRUTH_YES);
    assert_int_equal(of_lists("list=OUT_1.a", "OUT_1.a "), TRUTH_NO);
    assert_int_equal(of_lists("list=GONE", "GONE "), TRUTH_UNKNOWN);
    assert_int_equal(of_lists("not list=GONE", "GONE "), TRUTH_UNKNOWN);
    assert_int_equal(of_lists("list=OUT and list=IN", "OUT IN "), TRUTH_NO);
    assert_int_equal(of_lists("list=IN or list=GONE", "IN GONE "), TRUTH_YES);
    assert_int_equal(of_lists("(list=OUT or list=GONE) and sex=1", "OUT GONE "), TRUTH_UNKNOWN);
    assert_int_equal(of_lists("not(list=OUT)and sex=1", "OUT "), TRUTH_YES);
    assert_int_equal(holds("list=IN", an()), TRUTH_UNKNOWN); /* where there are no lists */
    assert_false(parsed("sex=1").names_lists);
}

/* ---- the second evaluator ---- */

/* A tree as the test makes it: a leaf of three, or an operator. */
struct tree {
    int kind; /* 0..2 leaf, 3 not, 4 and, 5 or */
    struct tree *left;
    struct tree *right;
};

static const char *const leaves[3] = {AN_79, "age>=18@2026-11-23", "sex=1"};

/* Kleene's strong tables, written out: [left][right] for NO, UNKNOWN, YES. */
static const enum truth table_and[3][3] = {
    {TRUTH_NO, TRUTH_NO, TRUTH_NO},
    {TRUTH_NO, TRUTH_UNKNOWN, TRUTH_UNKNOWN},
    {TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES},
};
static const enum truth table_or[3][3] = {
    {TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES},
    {TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_YES},
    {TRUTH_YES, TRUTH_YES, TRUTH_YES},
};
static const enum truth table_not[3] = {TRUTH_YES, TRUTH_UNKNOWN, TRUTH_NO};

static enum truth evaluate(const struct tree *tree, const enum truth values[3])
{
    switch (tree->kind) {
    case 3:
        return table_not[evaluate(tree->left, values)];
    case 4:
        return table_and[evaluate(tree->left, values)][evaluate(tree->right, values)];
    case 5:
        return table_or[evaluate(tree->left, values)][evaluate(tree->right, values)];
    default:
        return values[tree->kind];
    }
}

static unsigned dice(uint32_t *seed, unsigned sides)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % sides;
}

static struct tree *grow(struct tree *trees, unsigned *used, uint32_t *seed, unsigned depth)
{
    struct tree *tree = &trees[(*used)++];
    tree->kind = depth == 0 ? (int)dice(seed, 3) : (int)dice(seed, 6);
    tree->left = tree->kind >= 3 ? grow(trees, used, seed, depth - 1) : NULL;
    tree->right = tree->kind >= 4 ? grow(trees, used, seed, depth - 1) : NULL;
    return tree;
}

/* With as few parentheses as the rules of binding allow, or with as many as there is room for. */
static void print(const struct tree *tree, int around, bool all, struct buf *text)
{
    static const int binds[] = {9, 9, 9, 3, 2, 1};
    bool parentheses = binds[tree->kind] < around || (all && tree->kind >= 3);
    buf_put_text(text, parentheses ? "(" : "");
    if (tree->kind < 3) {
        buf_put_text(text, leaves[tree->kind]);
    } else if (tree->kind == 3) {
        buf_put_text(text, "not ");
        print(tree->left, 3, all, text);
    } else {
        print(tree->left, binds[tree->kind], all, text);
        buf_put_text(text, tree->kind == 4 ? " and " : " or ");
        print(tree->right, binds[tree->kind], all, text);
    }
    buf_put_text(text, parentheses ? ")" : "");
}

/* A person of whom the three leaves are true, false or unknown as wanted. */
static struct population_subject person_of(const enum truth values[3])
{
    static const char *const births[3] = {"2009-01-01", "2008", "1990-01-02"};
    static const uint8_t sexes[3] = {2, 0, 1};
    struct population_subject subject = an();
    memcpy(subject.province, values[0] == TRUTH_NO ? "01" : "79", 2);
    subject.province_list_day =
        values[0] == TRUTH_UNKNOWN ? COUNTRY_LIST_2025_DAY : COUNTRY_LIST_2021_DAY;
    subject.birth_date = view_text(births[values[1]]);
    subject.sex = sexes[values[2]];
    return subject;
}

static unsigned check_table(const struct tree *tree, const struct population *population)
{
    unsigned checked = 0;
    for (unsigned i = 0; i < 27; i++) {
        enum truth values[3] = {i % 3, i / 3 % 3, i / 9};
        struct population_subject subject = person_of(values);
        enum truth is = population_holds(population, &subject);
        if (is != evaluate(tree, values)) {
            fail_msg("%.*s: row %u: %d", (int)population->text_len, population->text, i, is);
        }
        checked++;
    }
    return checked;
}

static void every_row_of_every_truth_table_is_as_the_second_evaluator_has_it(void **state)
{
    (void)state;
    uint32_t seed = 1;
    unsigned checked = 0;
    unsigned over = 0;
    for (unsigned i = 0; i < 4000; i++) {
        struct tree trees[64];
        unsigned used = 0;
        BUF_AUTO text;
        buf_init(&text, 8192);
        struct tree *tree = grow(trees, &used, &seed, 1 + i % 5);
        print(tree, 0, i % 2 == 0, &text);
        struct population population = {0};
        struct outcome outcome = population_parse(buf_view(&text), &population, NULL);
        if (outcome.fault == FAULT_OVER_LIMIT) {
            assert_true(used > POPULATION_NODES_MAX || text.len > POPULATION_TEXT_BYTES_MAX ||
                        i % 2 == 0);
            over++;
            continue;
        }
        assert_ok(outcome);
        assert_int_equal(population.count, used);
        checked += check_table(tree, &population);
    }
    printf("# %u rows of truth tables, %u expressions over a ceiling\n", checked, over);
    assert_true(checked > 27 * 3000);
}

/* ---- what is refused ---- */

struct bad {
    const char *text;
    size_t position;
    const char *reason; /* part of it */
};

static const struct bad bads[] = {
    {"79", 1, "want permanent_residence"},
    {" ", 2, "missing"},
    {"permanent_residence.province=79", 32, "want , or @"},
    {"permanent_residence.province=@2021-07-01", 30, "two digits"},
    {"permanent_residence.province=79,@2021-07-01", 33, "two digits"},
    {"permanent_residence.province=,79@2021-07-01", 30, "two digits"},
    {"permanent_residence.province=7@2021-07-01", 30, "two digits"},
    {"permanent_residence.province=790@2021-07-01", 32, "want , or @"},
    {"permanent_residence.province=79,99@2021-07-01", 33, "unknown province"},
    {"permanent_residence.province=02@2025-07-01", 30, "unknown province"},
    {"permanent_residence.province=79@2021-07-02", 33, "no list"},
    {"permanent_residence.province=79@2021-7-1", 33, "want a date"},
    {"permanent_residence.province=7", 30, "two digits"},
    {"permanent_residence.ward=2673@2021-07-01", 26, "five digits"},
    {"permanent_residence.ward=267345@2021-07-01", 26, "five digits"},
    {"permanent_residence.ward=26734,@2021-07-01", 32, "five digits"},
    {"permanent_residence.ward=26734 and sex=1", 31, "want , or @"},
    {"permanent_residence.ward=26734@2022-07-01", 32, "no list of wards"},
    {"current_residence.province=79@2021-07-01", 1, "want permanent_residence"},
    {"@2021-07-01", 1, "want permanent_residence"},
    {"sex=3", 5, "want 1 or 2"},
    {"sex=", 5, "want 1 or 2"},
    {"age", 4, "want one of"},
    {"age!=3", 4, "want one of"},
    {"age>=", 6, "want an age"},
    {"age>=1000", 6, "want an age"},
    {"age>=-1", 6, "want an age"},
    {"age>=18@2026-02-30", 9, "want a date"},
    {"sex=1 sex=2", 7, "want `and`"},
    {"list=", 6, "want the code"},
    {"sex=1 and list= A", 16, "want the code"},
    {"list=\"A\"", 6, "want the code"},
    {"list=A,B", 7, "want `and`"},
    {"list=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 6, "want the code"},
    {"sex=1and sex=2", 6, NULL},
    {"sex=1 andsex=2", 7, "want `and`"},
    {"sex=1 and", 10, "missing"},
    {"and sex=1", 1, "want permanent_residence"},
    {"not", 4, "missing"},
    {"notsex=1", 1, "want permanent_residence"},
    {"(sex=1", 1, "not closed"},
    {"sex=1)", 6, "closes nothing"},
    {"()", 2, "want permanent_residence"},
    {"(sex=1 or) sex=2", 10, "want permanent_residence"},
    {"sex=1 & sex=2", 7, "want `and`"},
    {"sex=1\nand sex=2", 6, "want `and`"},
};

static void what_is_no_condition_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        struct population population = {.count = 42};
        struct population_fault fault = {0};
        struct outcome outcome = population_parse(view_text(bads[i].text), &population, &fault);
        if (bads[i].reason == NULL) { /* a word may stand right behind a digit */
            assert_ok(outcome);
            continue;
        }
        if (outcome.fault != FAULT_BAD_INPUT || fault.position != bads[i].position ||
            strstr(fault.reason, bads[i].reason) == NULL) {
            fail_msg("%s: %s at %zu: %s", bads[i].text, outcome_word(outcome.fault), fault.position,
                     fault.reason);
        }
        assert_int_equal(population.count, 42);
    }
}

/* So many times `piece`, then `end`. */
static struct outcome repeated(const char *start, const char *piece, unsigned times,
                               const char *end)
{
    struct population population = {0};
    struct population_fault fault = {0};
    BUF_AUTO text;
    buf_init(&text, 1 << 16);
    buf_put_text(&text, start);
    for (unsigned i = 0; i < times; i++) {
        buf_put_text(&text, piece);
    }
    buf_put_text(&text, end);
    struct outcome outcome = population_parse(buf_view(&text), &population, &fault);
    assert_true(outcome_ok(outcome) || (fault.position > 0 && fault.position <= text.len + 1));
    return outcome;
}

static void each_ceiling_is_reached_and_not_passed(void **state)
{
    (void)state;
    unsigned provinces = POPULATION_PROVINCES_MAX - 1;
    unsigned nodes = POPULATION_NODES_MAX / 2 - 1; /* of two nodes each, beside the first */
    assert_ok(repeated("permanent_residence.province=79", ",79", provinces, "@2021-07-01"));
    assert_fault(repeated("permanent_residence.province=79", ",79", provinces + 1, "@2021-07-01"),
                 FAULT_OVER_LIMIT);
    assert_ok(repeated("sex=1", " and sex=1", nodes, ""));
    assert_fault(repeated("sex=1", " and sex=1", nodes + 1, ""), FAULT_OVER_LIMIT);
    assert_ok(repeated("", "not ", POPULATION_DEPTH_MAX, "sex=1"));
    assert_fault(repeated("", "not ", POPULATION_DEPTH_MAX + 1, "sex=1"), FAULT_OVER_LIMIT);
    assert_ok(repeated("sex=1", " ", POPULATION_TEXT_BYTES_MAX - 5, ""));
    assert_fault(repeated("sex=1", " ", POPULATION_TEXT_BYTES_MAX - 4, ""), FAULT_OVER_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_province_is_decided_in_three_values),
        cmocka_unit_test(a_ward_is_one_of_the_same_list_or_unknown),
        cmocka_unit_test(age_is_counted_in_completed_years_on_its_day),
        cmocka_unit_test(age_without_a_day_is_that_of_the_day_of_the_ask),
        cmocka_unit_test(who_is_known_by_the_year_alone_may_be_of_two_ages),
        cmocka_unit_test(what_is_not_known_of_a_person_is_unknown),
        cmocka_unit_test(membership_in_a_list_is_asked_of_each_that_is_named),
        cmocka_unit_test(every_row_of_every_truth_table_is_as_the_second_evaluator_has_it),
        cmocka_unit_test(what_is_no_condition_is_refused_with_its_place),
        cmocka_unit_test(each_ceiling_is_reached_and_not_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
