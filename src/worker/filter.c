/*
 * The criteria of searches.
 *
 * Invariant: a criterion that is given and that a record has no value for is not met.
 */
#include "worker/filter.h"

#include "domain/country.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define VALUES_MAX 128u

/* Where a record says it: the field of the act, the value, and the place in it. */
static const struct {
    const char *field;
    enum record_name value;
    const char *pointer;
} texts[FILTER_TEXTS] = {
    [FILTER_PARTY] = {"party", RECORD_PARTY, ""},
    [FILTER_ACCOUNT] = {"account", RECORD_AGENT, "/account"},
    [FILTER_OFFICER] = {"officer", RECORD_AGENT, "/officer"},
    [FILTER_BUSINESS] = {"business", RECORD_BUSINESS, ""},
    [FILTER_CASE] = {"case", RECORD_CASE, ""},
    [FILTER_OBJECT] = {"object", RECORD_REQUEST, "/object"},
};

/* Days are those of Viet Nam, and the last one counts. */
static void read_days(const struct act *act, struct filter *filter)
{
    int64_t from = act_day(act, "from", -1);
    int64_t until = act_day(act, "until", -1);
    filter->from_us = from < 0 ? 0 : clock_day_start_vn(from);
    filter->to_us = until < 0 ? INT64_MAX : clock_day_start_vn(until + 1);
}

static struct outcome read_leak(const struct act *act, struct filter *filter)
{
    filter->kind = KIND_DISCLOSURE;
    filter->persons = true;
    filter->versions = true;
    return leak_read(act_value(act, "leaked"), &filter->leak);
}

static struct outcome read_search(const struct act *act, struct filter *filter)
{
    struct view person = act_value(act, "person");
    uint64_t after = act_number(act, "after", UINT64_MAX);
    for (unsigned i = 0; i < FILTER_TEXTS; i++) {
        filter->texts[i] = act_value(act, texts[i].field);
    }
    filter->kind = act_value(act, "kind").len == 0 ? (unsigned)KIND_COUNT : act_word(act, "kind");
    filter->from_index = after == UINT64_MAX ? 0 : after + 1;
    filter->persons = person.len > 0;
    filter->leak.wish.id = person;
    return person.len == 0 || country_id_valid(person)
               ? OUTCOME_OK
               : outcome_fail(FAULT_BAD_INPUT, "`person` has 12 digits");
}

static struct outcome read_incident(const struct act *act, struct filter *filter)
{
    filter->texts[FILTER_ACCOUNT] = act_value(act, "account");
    filter->kind = KIND_DISCLOSURE;
    filter->incident = true;
    filter->detected_us = act_time(act, "detected", 0);
    return OUTCOME_OK;
}

static struct outcome read_kind(const struct act *act, struct filter *filter)
{
    if (act->kind == ACT_INCIDENT_OPEN) {
        return read_incident(act, filter);
    }
    return act->kind == ACT_LEAK_TRACE ? read_leak(act, filter) : read_search(act, filter);
}

struct outcome filter_read(struct view bytes, struct filter *ret_filter)
{
    struct filter filter = {.kind = KIND_COUNT};
    struct act act;
    char why[256];
    struct outcome outcome = outcome_fail(FAULT_BAD_INPUT, "the act orders no search");
    if (!outcome_ok(act_get(bytes, &act)) || !outcome_ok(act_check(&act, why))) {
        return outcome;
    }
    if (act_orders_search(bytes)) {
        read_days(&act, &filter);
        outcome = read_kind(&act, &filter);
    }
    if (outcome_ok(outcome)) {
        *ret_filter = filter;
    }
    return outcome;
}

void filter_done(struct filter *filter)
{
    leak_done(&filter->leak);
}

/* ---- what stands in public ---- */

/* An entry is canonical: its kind stands in it once, and nothing else can look like it. */
bool filter_looks(const struct filter *filter, uint64_t index, struct view entry)
{
    char kind[48];
    if (index < filter->from_index) {
        return false;
    }
    if (filter->kind == KIND_COUNT) {
        return true;
    }
    int len =
        snprintf(kind, sizeof(kind), "\"kind\":\"%s\"", words_name(&words_kind, filter->kind));
    return memmem(entry.data, entry.len, kind, (size_t)len) != NULL;
}

/* ---- what is sealed ---- */

static struct outcome parse(struct view value, struct arena *arena, struct json_doc *ret_doc)
{
    static const struct json_limits limits = {.bytes_max = OPENING_ASK_BYTES_MAX,
                                              .depth_max = 4,
                                              .values_max = VALUES_MAX,
                                              .members_max = 64};
    struct json_fault fault;
    arena_reset(arena);
    struct outcome outcome = json_parse(value, &limits, arena, ret_doc, &fault);
    return outcome_ok(outcome) ? outcome
                               : outcome_fail(FAULT_CORRUPT, "a record's value does not decode");
}

/* The value at a place; NULL: there is none. */
static struct outcome locate(struct view value, const char *pointer, struct arena *arena,
                             struct json_doc *doc, const struct json_node **ret_node)
{
    *ret_node = NULL;
    if (value.len == 0) { /* null */
        return OUTCOME_OK;
    }
    TRY(parse(value, arena, doc));
    *ret_node = json_locate(doc, view_text(pointer));
    return OUTCOME_OK;
}

struct outcome filter_meets(const struct filter *filter, const struct record *record,
                            struct arena *arena, bool *ret_meets)
{
    *ret_meets = record->time_us >= filter->from_us && record->time_us < filter->to_us &&
                 (!filter->persons || record_people(record) > 0);
    for (unsigned i = 0; i < FILTER_TEXTS && *ret_meets; i++) {
        const struct json_node *node = NULL;
        struct json_doc doc;
        if (filter->texts[i].len > 0) {
            TRY(locate(record->values[texts[i].value], texts[i].pointer, arena, &doc, &node));
            *ret_meets = node != NULL && node->kind == JSON_KIND_STRING &&
                         view_equal(node->text, filter->texts[i]);
        }
    }
    if (*ret_meets && filter->leak.disclosed != 0) {
        uint64_t fields = 0;
        TRY(record_fields(record, arena, &fields));
        *ret_meets = filter_told(filter, fields) ||
                     (record->named.len > 0 && filter_told(filter, NAMED_FIELDS));
    }
    return OUTCOME_OK;
}

bool filter_told(const struct filter *filter, uint64_t fields)
{
    return (filter->leak.disclosed & ~fields) == 0;
}

struct outcome record_fields(const struct record *record, struct arena *arena, uint64_t *ret_fields)
{
    const struct json_node *list = NULL;
    struct json_doc doc;
    uint64_t fields = 0;
    TRY(locate(record->values[RECORD_REQUEST], "/fields", arena, &doc, &list));
    if (list != NULL && list->kind == JSON_KIND_ARRAY) {
        for (const struct json_node *node = json_first(list); node != NULL;
             node = json_next(list, node)) {
            unsigned field = 0;
            bool known = outcome_ok(words_find(&words_field, node->text, &field));
            fields |= known ? FIELD_BIT(field) : 0;
        }
    } else if (record->kind == KIND_DISCLOSURE) {
        return outcome_fail(FAULT_CORRUPT, "a disclosure tells no fields");
    }
    *ret_fields = fields;
    return OUTCOME_OK;
}

/* Of a search: everybody's, in the order of the persons. */
static struct outcome take_versions(const struct json_node *list, unsigned count,
                                    uint32_t ret_versions[OPENING_PERSONS_MAX])
{
    unsigned taken = 0;
    for (const struct json_node *node = json_first(list); node != NULL;
         node = json_next(list, node)) {
        if (taken == count || node->kind != JSON_KIND_INTEGER) {
            return outcome_fail(FAULT_CORRUPT, "a search's versions are not those of its persons");
        }
        ret_versions[taken++] = (uint32_t)json_integer_of(node);
    }
    return taken == count ? OUTCOME_OK
                          : outcome_fail(FAULT_CORRUPT, "a search tells too few versions");
}

struct outcome record_versions(const struct record *record, struct arena *arena,
                               uint32_t ret_versions[OPENING_PERSONS_MAX])
{
    const struct json_node *node = NULL;
    struct json_doc doc;
    TRY(locate(record->values[RECORD_TRACE], "/replay/person_versions", arena, &doc, &node));
    if (node != NULL && node->kind == JSON_KIND_ARRAY) {
        return take_versions(node, record->person_count, ret_versions);
    }
    TRY(locate(record->values[RECORD_TRACE], "/replay/person_version", arena, &doc, &node));
    bool told = node != NULL && node->kind == JSON_KIND_INTEGER;
    if ((!told && record->kind == KIND_DISCLOSURE) || record->person_count > 1) {
        return outcome_fail(FAULT_CORRUPT, "a disclosure tells no version of its person");
    }
    ret_versions[0] = told ? (uint32_t)json_integer_of(node) : 0;
    return OUTCOME_OK;
}
