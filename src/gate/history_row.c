/*
 * What a record is to the people in it.
 *
 * Invariants
 * 1. Pure, and of one record alone: index and verifier of the log come to the same rows.
 * 2. Whoever stands in the sealed `persons` has a row: disclosed or not, by whichever channel,
 *    asked about, named with whom was, or changed.
 */
#include "gate/history_row.h"

#include "base/check.h"
#include "base/clock.h"
#include "gate/work.h"

static bool is_ask(const struct record *record)
{
    return record->kind == KIND_DISCLOSURE || record->kind == KIND_UNAVAILABLE ||
           record->kind == KIND_REFUSAL;
}

static bool is_among(const struct history_people *people, uint64_t person)
{
    for (unsigned i = 0; i < people->count; i++) {
        if (people->persons[i] == person) {
            return true;
        }
    }
    return false;
}

/* What stands between quotation marks: a code has no escapes. */
static struct view bare_text(struct view value)
{
    return value.len >= 2 && value.data[0] == '"' ? view_part(value, 1, value.len - 2)
                                                  : view_of(NULL, 0);
}

struct outcome history_people(const struct record *record, struct history_people *ret_people)
{
    struct history_people people = {0};
    struct effect effect = {0};
    unsigned all = record_people(record);
    for (unsigned i = 0; i < all; i++) {
        uint64_t person = record_person(record, i);
        if (!is_among(&people, person)) {
            people.persons[people.count++] = person;
        }
    }
    if (people.count > 0 && is_ask(record)) {
        TRY(effect_get(record->effect, &effect));
        people.until_day = effect.sealed ? effect.sealed_until_day : 0;
        people.party = effect.party;
    }
    if (people.count > 0 && record->kind == KIND_ACT) {
        people.party = bare_text(record->values[RECORD_PARTY]);
    }
    if (people.until_day < 0 || people.until_day > HISTORY_DAY_MAX) {
        return outcome_fail(FAULT_CORRUPT, "a look-up is sealed until an impossible day");
    }
    *ret_people = people;
    return OUTCOME_OK;
}

uint32_t history_day(uint32_t day, int64_t time_us)
{
    int64_t own = clock_day_vn(time_us);
    CHECK(own <= HISTORY_DAY_MAX); /* record_get_opening() takes no later time */
    return own > (int64_t)day ? (uint32_t)own : day;
}

uint64_t history_place(uint32_t day, int64_t until_day, uint64_t index)
{
    CHECK(until_day <= HISTORY_DAY_MAX && index >> HISTORY_INDEX_BITS == 0);
    uint64_t from = until_day > (int64_t)day ? (uint64_t)until_day : day;
    return from << HISTORY_INDEX_BITS | index;
}
