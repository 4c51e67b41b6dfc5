/*
 * The JSON body of a list that is asked for.
 *
 * Invariant 1: a wish is filled only when no fault was found, and is sane then.
 */
#include "channel/json/wish_json.h"

#include "base/check.h"
#include "domain/population.h"
#include "wire/json.h"

#include <stdio.h>

#define REASONS(ROW)                                                                               \
    ROW(CODE, "phải là mã từ 1 đến 64 byte", "must be a code of 1 to 64 bytes")                    \
    ROW(CASE, "phải dài từ 1 đến 128 byte", "must have 1 to 128 bytes")                            \
    ROW(OFFICER, "phải dài từ 1 đến 64 byte", "must have 1 to 64 bytes")                           \
    ROW(LISTS, "chỉ gồm địa phương, độ tuổi, giới tính", "may have place, age and sex only")       \
    ROW(FIELD, "phải là tên trường thông tin, mỗi tên một lần",                                    \
        "must be the names of fields, each once")                                                  \
    ROW(SHAPE, "thiếu, thừa hoặc sai kiểu dữ liệu", "is missing, unknown or of the wrong type")

enum reason {
#define ROW(name, vi, en) REASON_##name,
    REASONS(ROW)
#undef ROW
};

static const char *const reasons[][LANGUAGE_COUNT] = {
#define ROW(name, vi, en) {vi, en},
    REASONS(ROW)
#undef ROW
};

enum { ROW_BUSINESS, ROW_CASE, ROW_CRITERIA, ROW_FIELDS, ROW_OFFICER, ROW_COUNT };

static const struct json_row rows[ROW_COUNT] = {
    [ROW_BUSINESS] = {"business", JSON_STRING_BIT, true},
    [ROW_CASE] = {"case", JSON_STRING_BIT, true},
    [ROW_CRITERIA] = {"criteria", JSON_STRING_BIT, true},
    [ROW_FIELDS] = {"fields", JSON_ARRAY_BIT, false},
    [ROW_OFFICER] = {"officer", JSON_STRING_BIT, false},
};

static void check(struct ask_faults *faults, enum language language, bool good, const char *name,
                  enum reason reason)
{
    if (!good) {
        ask_faults_add(faults, name, reasons[reason][language]);
    }
}

static bool get_fields(const struct json_node *array, uint64_t *ret_fields)
{
    bool good = array->count > 0;

    for (const struct json_node *node = json_first(array); good && node != NULL;
         node = json_next(array, node)) {
        unsigned field = 0;
        good = node->kind == JSON_KIND_STRING &&
               outcome_ok(words_find(&words_field, node->text, &field)) &&
               (*ret_fields >> field & 1) == 0;
        *ret_fields |= UINT64_C(1) << field;
    }
    return good;
}

/* What population.h finds wrong is told with its place. */
static void check_criteria(struct view text, enum language language, struct ask_faults *faults)
{
    struct population population;
    struct population_fault fault = {0};
    char reason[256];

    if (!outcome_ok(population_parse(text, &population, &fault))) {
        snprintf(reason, sizeof(reason), "%zu: %s", fault.position, fault.reason);
        ask_faults_add(faults, "/criteria", reason);
        return;
    }
    check(faults, language, population.count > 0 && !population.names_lists, "/criteria",
          REASON_LISTS);
}

static void take(const struct json_node *const *values, enum language language,
                 struct wish *ret_wish, struct ask_faults *faults)
{
    struct wish wish = {.business = values[ROW_BUSINESS]->text,
                        .case_ref = values[ROW_CASE]->text,
                        .criteria = values[ROW_CRITERIA]->text};

    check(faults, language, ask_code_shaped(wish.business, ASK_CODE_BYTES_MAX), "/business",
          REASON_CODE);
    check(faults, language, wish_text_sane(wish.case_ref, 1, ASK_CASE_BYTES_MAX), "/case",
          REASON_CASE);
    check_criteria(wish.criteria, language, faults);
    if (values[ROW_FIELDS] != NULL) {
        check(faults, language, get_fields(values[ROW_FIELDS], &wish.fields), "/fields",
              REASON_FIELD);
    }
    if (values[ROW_OFFICER] != NULL) {
        wish.officer = values[ROW_OFFICER]->text;
        check(faults, language, wish_text_sane(wish.officer, 1, ASK_CODE_BYTES_MAX), "/officer",
              REASON_OFFICER);
    }
    *ret_wish = wish;
}

/* The member that has no row's shape, or is not there. */
static void refuse_shape(const struct json_doc *doc, const struct json_fault *fault,
                         enum language language, struct ask_faults *faults)
{
    char name[64] = "";
    BUF_AUTO pointer;

    buf_init(&pointer, JSON_POINTER_BYTES_MAX);
    if (fault->missing != NULL) {
        snprintf(name, sizeof(name), "/%s", fault->missing);
    } else if (fault->node != NULL && !fault->unknown) {
        json_pointer_put(doc, fault->node, &pointer);
        snprintf(name, sizeof(name), "%.*s", (int)pointer.len, (const char *)pointer.data);
    }
    ask_faults_add(faults, name, reasons[REASON_SHAPE][language]);
}

struct outcome wish_json_get(struct view body, enum language language, struct arena *arena,
                             struct wish *ret_wish, struct ask_faults *faults)
{
    static const struct json_limits limits = {.bytes_max = ASK_BODY_BYTES_MAX,
                                              .depth_max = 4,
                                              .values_max = ASK_JSON_VALUES_MAX,
                                              .members_max = 16};
    const struct json_node *values[ROW_COUNT];
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    struct wish wish = {.fields = 0};

    struct outcome outcome = json_parse(body, &limits, arena, &doc, &fault);
    if (outcome_ok(outcome)) {
        outcome = json_take(doc.nodes, rows, ROW_COUNT, values, &fault);
    }
    if (!outcome_ok(outcome)) {
        refuse_shape(&doc, &fault, language, faults);
        return outcome_fail(FAULT_BAD_INPUT, "list that is asked for");
    }
    take(values, language, &wish, faults);
    if (faults->count > 0 || !wish_sane(&wish)) {
        return outcome_fail(FAULT_BAD_INPUT, "list that is asked for");
    }
    *ret_wish = wish;
    return OUTCOME_OK;
}
