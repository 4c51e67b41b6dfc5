/*
 * Conditions on people: a parser with a stack of its own, and a calculator.
 *
 * Invariants
 * 1. A parsed condition is whole: every operator finds its operands, and the calculator ends with
 *    one truth on its stack.
 * 2. The calculator visits every node once, in order, whatever came of those before (I5): Kleene's
 *    and, or, not are the lesser, the greater and the mirrored of NO < UNKNOWN < YES.
 * 3. Nothing recurses: how deep an expression may be nested is a ceiling of its own.
 */
#include "domain/population.h"

#include "base/check.h"
#include "base/clock.h"
#include "domain/ask.h"
#include "domain/country.h"

#include <string.h>

#define YEARS_MAX 999
#define PARENTHESIS POPULATION_KIND_COUNT /* on the parser's stack only */
_Static_assert(TRUTH_NO < TRUTH_UNKNOWN && TRUTH_UNKNOWN < TRUTH_YES && TRUTH_NO == 0 &&
                   TRUTH_YES == 2,
               "invariant 2");
_Static_assert(POPULATION_NODES_MAX <= UINT8_MAX && POPULATION_PROVINCES_MAX <= UINT8_MAX &&
                   ASK_CODE_BYTES_MAX <= UINT8_MAX && POPULATION_TEXT_BYTES_MAX <= UINT16_MAX &&
                   POPULATION_TEXT_BYTES_MAX / 6 <= UINT8_MAX,
               "places fit their types");

/* ---- parsing ---- */

/* An operator, or a parenthesis, that waits for what comes behind it. */
struct waiting {
    unsigned kind;
    size_t position;
};

struct parser {
    struct view text;
    size_t at;
    struct population population;
    struct waiting stack[POPULATION_DEPTH_MAX];
    unsigned depth;
    struct population_fault fault;
};

static struct outcome refuse(struct parser *parser, enum fault fault, size_t at, const char *reason)
{
    parser->fault = (struct population_fault){.position = at + 1, .reason = reason};
    return outcome_fail(fault, reason);
}

static struct view rest(const struct parser *parser)
{
    return view_part(parser->text, parser->at, parser->text.len - parser->at);
}

static bool take(struct parser *parser, const char *token)
{
    struct view want = view_text(token);
    bool there = view_starts(rest(parser), want);
    parser->at += there ? want.len : 0;
    return there;
}

static void skip_spaces(struct parser *parser)
{
    while (take(parser, " ")) {
    }
}

static bool ended(const struct parser *parser)
{
    return parser->at == parser->text.len;
}

/* A word ends where no letter follows. */
static bool take_word(struct parser *parser, const char *word)
{
    size_t start = parser->at;
    if (!take(parser, word)) {
        return false;
    }
    struct view after = rest(parser);
    bool whole =
        after.len == 0 || after.data[0] == ' ' || after.data[0] == '(' || after.data[0] == ')';
    parser->at = whole ? parser->at : start;
    return whole;
}

static struct outcome add_node(struct parser *parser, size_t at, struct population_node node)
{
    struct population *population = &parser->population;
    if (population->count == POPULATION_NODES_MAX) {
        return refuse(parser, FAULT_OVER_LIMIT, at, "too many conditions");
    }
    population->nodes[population->count++] = node;
    return OUTCOME_OK;
}

static struct outcome wait_for(struct parser *parser, unsigned kind, size_t at)
{
    if (parser->depth == POPULATION_DEPTH_MAX) {
        return refuse(parser, FAULT_OVER_LIMIT, at, "nested too deeply");
    }
    parser->stack[parser->depth++] = (struct waiting){.kind = kind, .position = at};
    return OUTCOME_OK;
}

/* How firmly an operator binds; a parenthesis holds everything back. */
static unsigned binding(unsigned kind)
{
    return kind == POPULATION_NOT ? 3 : kind == POPULATION_AND ? 2 : kind == POPULATION_OR ? 1 : 0;
}

/* The operators that bind at least so firmly have their operands now. */
static struct outcome settle(struct parser *parser, unsigned at_least)
{
    while (parser->depth > 0 && binding(parser->stack[parser->depth - 1].kind) >= at_least) {
        const struct waiting *top = &parser->stack[--parser->depth];
        TRY(add_node(parser, top->position, (struct population_node){.kind = (uint8_t)top->kind}));
    }
    return OUTCOME_OK;
}

static struct outcome take_date(struct parser *parser, int32_t *ret_day)
{
    struct date date = {0};
    struct view text = rest(parser);
    text.len = text.len < DATE_LEN ? text.len : DATE_LEN;
    if (!outcome_ok(date_get(text, &date))) {
        return refuse(parser, FAULT_BAD_INPUT, parser->at, "want a date, YYYY-MM-DD");
    }
    parser->at += DATE_LEN;
    *ret_day = (int32_t)date_to_days(date);
    return OUTCOME_OK;
}

static bool digit(uint8_t character)
{
    return character >= '0' && character <= '9';
}

static struct outcome take_codes(struct parser *parser, struct population_node *node)
{
    struct population *population = &parser->population;
    do {
        struct view code = rest(parser);
        code.len = code.len < 2 ? code.len : 2;
        if (population->code_count == POPULATION_PROVINCES_MAX) {
            return refuse(parser, FAULT_OVER_LIMIT, parser->at, "too many provinces");
        }
        if (code.len < 2 || !digit(code.data[0]) || !digit(code.data[1])) {
            return refuse(parser, FAULT_BAD_INPUT, parser->at, "want a province of two digits");
        }
        memcpy(population->codes[population->code_count++], code.data, 2);
        node->count++;
        parser->at += 2;
    } while (take(parser, ","));
    return OUTCOME_OK;
}

/* Behind `permanent_residence.province=`. Which codes there are depends on the list named last. */
static struct outcome take_provinces(struct parser *parser)
{
    struct population *population = &parser->population;
    struct population_node node = {.kind = POPULATION_PROVINCE,
                                   .first = (uint8_t)population->code_count};
    size_t start = parser->at;
    TRY(take_codes(parser, &node));
    if (!take(parser, "@")) {
        return refuse(parser, FAULT_BAD_INPUT, parser->at, "want , or @ behind a province");
    }
    size_t list = parser->at;
    TRY(take_date(parser, &node.day));
    if (!country_list_known(node.day)) {
        return refuse(parser, FAULT_BAD_INPUT, list, "no list of provinces has that date");
    }
    for (unsigned i = 0; i < node.count; i++) {
        struct view code = view_of(population->codes[node.first + i], 2);
        if (!country_province_known(code, node.day)) {
            return refuse(parser, FAULT_BAD_INPUT, start + (size_t)i * 3, "unknown province");
        }
    }
    return add_node(parser, start, node);
}

#define WARD_DIGITS 5

static bool take_ward(struct parser *parser)
{
    struct view code = rest(parser);
    size_t len = 0;
    while (len < code.len && digit(code.data[len])) {
        len++;
    }
    parser->at += len == WARD_DIGITS ? len : 0;
    return len == WARD_DIGITS;
}

/* Behind `permanent_residence.ward=`. The codes stay in the text, at equal distances. */
static struct outcome take_wards(struct parser *parser)
{
    size_t start = parser->at;
    struct population_node node = {.kind = POPULATION_WARD, .at = (uint16_t)start};
    do {
        if (!take_ward(parser)) {
            return refuse(parser, FAULT_BAD_INPUT, parser->at, "want a ward of five digits");
        }
        node.count++;
    } while (take(parser, ","));
    if (!take(parser, "@")) {
        return refuse(parser, FAULT_BAD_INPUT, parser->at, "want , or @ behind a ward");
    }
    size_t list = parser->at;
    TRY(take_date(parser, &node.day));
    if (!country_list_known(node.day)) {
        return refuse(parser, FAULT_BAD_INPUT, list, "no list of wards has that date");
    }
    parser->population.names_wards = true;
    return add_node(parser, start, node);
}

/* Longer signs before those that they begin with. */
static const struct {
    const char *sign;
    enum population_compare compare;
} signs[] = {
    {">=", POPULATION_LEAST}, {"<=", POPULATION_MOST}, {">", POPULATION_OVER},
    {"<", POPULATION_UNDER},  {"=", POPULATION_EXACT},
};
#define SIGNS (sizeof(signs) / sizeof(signs[0]))

/* Behind `age`. */
static struct outcome take_age(struct parser *parser)
{
    struct population_node node = {.kind = POPULATION_AGE, .day = POPULATION_DAY_OF_ASK};
    size_t start = parser->at;
    size_t sign = 0;
    while (sign < SIGNS && !take(parser, signs[sign].sign)) {
        sign++;
    }
    if (sign == SIGNS) {
        return refuse(parser, FAULT_BAD_INPUT, start, "want one of >= <= > < = behind `age`");
    }
    node.first = (uint8_t)signs[sign].compare;
    struct view digits = rest(parser);
    uint64_t years = 0;
    size_t len = 0;
    while (len < digits.len && digit(digits.data[len])) {
        len++;
    }
    if (!outcome_ok(decimal_get(view_part(digits, 0, len), YEARS_MAX, &years))) {
        return refuse(parser, FAULT_BAD_INPUT, parser->at, "want an age in years");
    }
    node.years = (uint16_t)years;
    parser->at += len;
    if (take(parser, "@")) {
        TRY(take_date(parser, &node.day));
    }
    return add_node(parser, start, node);
}

/* Behind `sex=`. */
static struct outcome take_sex(struct parser *parser)
{
    size_t start = parser->at;
    uint8_t sex = take(parser, "1") ? 1 : take(parser, "2") ? 2 : 0;
    if (sex == 0) {
        return refuse(parser, FAULT_BAD_INPUT, start, "want 1 or 2 behind `sex=`");
    }
    return add_node(parser, start, (struct population_node){.kind = POPULATION_SEX, .first = sex});
}

/* Behind `list=`. Which lists there are changes by acts: one that is not there is no fault. */
static struct outcome take_list(struct parser *parser)
{
    size_t start = parser->at;
    struct view name = rest(parser);
    size_t len = 0;
    while (len < name.len && ask_code_shaped(view_part(name, len, 1), 1)) {
        len++;
    }
    if (len == 0 || len > ASK_CODE_BYTES_MAX) {
        return refuse(parser, FAULT_BAD_INPUT, start, "want the code of a list behind `list=`");
    }
    parser->at += len;
    parser->population.names_lists = true;
    return add_node(parser, start,
                    (struct population_node){
                        .kind = POPULATION_LIST, .count = (uint8_t)len, .at = (uint16_t)start});
}

static struct outcome take_condition(struct parser *parser)
{
    if (take(parser, "permanent_residence.province=")) {
        return take_provinces(parser);
    }
    if (take(parser, "permanent_residence.ward=")) {
        return take_wards(parser);
    }
    if (take(parser, "sex=")) {
        return take_sex(parser);
    }
    if (take(parser, "age")) {
        return take_age(parser);
    }
    if (take(parser, "list=")) {
        return take_list(parser);
    }
    return refuse(parser, FAULT_BAD_INPUT, parser->at,
                  "want permanent_residence.province=CODE,...@YYYY-MM-DD, "
                  "permanent_residence.ward=CODE,...@YYYY-MM-DD, age>=YEARS, sex=CODE, "
                  "list=NAME, `not` or (");
}

/* What an operand may begin with, up to the whole of a condition. */
static struct outcome take_operand(struct parser *parser, bool *ret_whole)
{
    size_t start = parser->at;
    *ret_whole = false;
    if (take(parser, "(")) {
        return wait_for(parser, PARENTHESIS, start);
    }
    if (take_word(parser, "not")) {
        return wait_for(parser, POPULATION_NOT, start);
    }
    TRY(take_condition(parser));
    *ret_whole = true;
    return OUTCOME_OK;
}

static struct outcome close_parenthesis(struct parser *parser, size_t at)
{
    TRY(settle(parser, 1));
    if (parser->depth == 0) {
        return refuse(parser, FAULT_BAD_INPUT, at, "this ) closes nothing");
    }
    parser->depth--;
    return OUTCOME_OK;
}

/* What may stand behind an operand. */
static struct outcome take_operator(struct parser *parser, bool *ret_operand_next)
{
    size_t start = parser->at;
    *ret_operand_next = false;
    if (take(parser, ")")) {
        return close_parenthesis(parser, start);
    }
    unsigned kind = take_word(parser, "and")  ? POPULATION_AND
                    : take_word(parser, "or") ? POPULATION_OR
                                              : POPULATION_KIND_COUNT;
    if (kind == POPULATION_KIND_COUNT) {
        return refuse(parser, FAULT_BAD_INPUT, start, "want `and`, `or` or )");
    }
    TRY(settle(parser, binding(kind)));
    *ret_operand_next = true;
    return wait_for(parser, kind, start);
}

static struct outcome parse(struct parser *parser)
{
    bool operand_next = true;
    while (skip_spaces(parser), !ended(parser)) {
        if (operand_next) {
            bool whole = false;
            TRY(take_operand(parser, &whole));
            operand_next = !whole;
        } else {
            TRY(take_operator(parser, &operand_next));
        }
    }
    if (operand_next) {
        return refuse(parser, FAULT_BAD_INPUT, parser->at, "a condition is missing here");
    }
    TRY(settle(parser, 1));
    return parser->depth == 0
               ? OUTCOME_OK
               : refuse(parser, FAULT_BAD_INPUT, parser->stack[0].position, "this ( is not closed");
}

struct outcome population_parse(struct view text, struct population *ret_population,
                                struct population_fault *ret_fault)
{
    struct parser parser = {.text = text};
    struct outcome outcome = OUTCOME_OK;
    if (text.len > POPULATION_TEXT_BYTES_MAX) {
        outcome = refuse(&parser, FAULT_OVER_LIMIT, POPULATION_TEXT_BYTES_MAX, "too long");
    } else if (text.len > 0) {
        memcpy(parser.population.text, text.data, text.len);
        parser.population.text_len = text.len;
        outcome = parse(&parser);
    }
    if (outcome_ok(outcome)) {
        *ret_population = parser.population;
    } else if (ret_fault != NULL) {
        *ret_fault = parser.fault;
    }
    return outcome;
}

/* ---- deciding ---- */

static enum truth lesser(enum truth a, enum truth b)
{
    return a < b ? a : b;
}

static enum truth greater(enum truth a, enum truth b)
{
    return a > b ? a : b;
}

static enum truth province_holds(const struct population *population,
                                 const struct population_node *node,
                                 const struct population_subject *subject)
{
    enum truth truth = TRUTH_NO;
    for (unsigned i = 0; i < node->count; i++) {
        truth = greater(truth, country_province_is(subject->province, subject->province_list_day,
                                                   population->codes[node->first + i], node->day));
    }
    return truth;
}

static bool compares(enum population_compare compare, int age, int years)
{
    switch (compare) {
    case POPULATION_LEAST:
        return age >= years;
    case POPULATION_MOST:
        return age <= years;
    case POPULATION_OVER:
        return age > years;
    case POPULATION_UNDER:
        return age < years;
    case POPULATION_EXACT:
        return age == years;
    case POPULATION_COMPARE_COUNT:
        break;
    }
    return false;
}

/* The day of a year as a number that orders days; a year alone is read as both its ends. */
static int day_number(struct date date)
{
    return date.month * 100 + date.day;
}

static enum truth age_holds(const struct population_node *node,
                            const struct population_subject *subject)
{
    int64_t on = node->day == POPULATION_DAY_OF_ASK ? subject->today : node->day;
    struct date today = date_from_days(on);
    struct date first = {.month = 1, .day = 1}; /* of the days that the birth may have been on */
    struct date last = {.month = 12, .day = 31};
    uint64_t year = 0;
    bool whole = outcome_ok(date_get(subject->birth_date, &first));
    bool known = whole || (subject->birth_date.len == 4 &&
                           outcome_ok(decimal_get(subject->birth_date, 9999, &year)));
    first.year = whole ? first.year : (int)year;
    last = whole ? first : last;
    int oldest = today.year - first.year - (day_number(today) < day_number(first));
    int youngest = today.year - first.year - (day_number(today) < day_number(last));
    unsigned yes = (unsigned)compares(node->first, oldest, node->years) +
                   (unsigned)compares(node->first, youngest, node->years);
    return !known ? TRUTH_UNKNOWN : yes == 2 ? TRUTH_YES : yes == 1 ? TRUTH_UNKNOWN : TRUTH_NO;
}

static enum truth sex_holds(const struct population_node *node,
                            const struct population_subject *subject)
{
    bool known = subject->sex == 1 || subject->sex == 2;
    return !known ? TRUTH_UNKNOWN : subject->sex == node->first ? TRUTH_YES : TRUTH_NO;
}

static enum truth list_holds(const struct population *population,
                             const struct population_node *node,
                             const struct population_subject *subject)
{
    const struct population_lists_port *lists = &subject->lists;
    struct view code = view_part(population_text(population), node->at, node->count);
    return lists->listed == NULL ? TRUTH_UNKNOWN : lists->listed(lists->context, code);
}

/* All codes are looked at, whichever it is. */
static enum truth ward_holds(const struct population *population,
                             const struct population_node *node,
                             const struct population_subject *subject)
{
    struct view ward = view_of(subject->ward, WARD_DIGITS);
    bool known = subject->ward[0] != '\0' && subject->province_list_day == node->day;
    unsigned same = 0;
    for (unsigned i = 0; i < node->count; i++) {
        size_t at = node->at + (size_t)i * (WARD_DIGITS + 1);
        same += view_equal(view_part(population_text(population), at, WARD_DIGITS), ward);
    }
    return !known ? TRUTH_UNKNOWN : same > 0 ? TRUTH_YES : TRUTH_NO;
}

enum truth population_holds(const struct population *population,
                            const struct population_subject *subject)
{
    enum truth stack[POPULATION_NODES_MAX] = {TRUTH_YES};
    unsigned len = 0;
    for (unsigned i = 0; i < population->count; i++) {
        const struct population_node *node = &population->nodes[i];
        unsigned operands = node->kind == POPULATION_NOT ? 1 : node->kind > POPULATION_NOT ? 2 : 0;
        CHECK(len >= operands && len < POPULATION_NODES_MAX); /* invariant 1 */
        enum truth right = operands > 0 ? stack[len - 1] : TRUTH_NO;
        enum truth left = operands > 1 ? stack[len - 2] : TRUTH_NO;
        len -= operands;
        switch ((enum population_kind)node->kind) {
        case POPULATION_PROVINCE:
            stack[len++] = province_holds(population, node, subject);
            break;
        case POPULATION_AGE:
            stack[len++] = age_holds(node, subject);
            break;
        case POPULATION_SEX:
            stack[len++] = sex_holds(node, subject);
            break;
        case POPULATION_LIST:
            stack[len++] = list_holds(population, node, subject);
            break;
        case POPULATION_WARD:
            stack[len++] = ward_holds(population, node, subject);
            break;
        case POPULATION_NOT:
            stack[len++] = TRUTH_YES - right;
            break;
        case POPULATION_AND:
            stack[len++] = lesser(left, right);
            break;
        case POPULATION_OR:
            stack[len++] = greater(left, right);
            break;
        case POPULATION_KIND_COUNT:
            CHECK(false);
        }
    }
    CHECK(len == (population->count > 0 ? 1 : 0));
    return stack[0];
}
