/*
 * Who is disclosed with another: named in his household or among his relatives, or claimed to be
 * one of them (decision 0067).
 *
 * Invariants
 * 1. Whoever a field that is asked for, or a claim, names by a number is looked for, whether he is
 *    hidden or not, of whoever was fetched, and whatever is decided; and others up to a step, so
 *    that the time tells nothing of a household but whether it is a crowd (I5).
 * 2. Of him only the key is found: nobody is read but whom was asked about.
 * 3. Nobody is named with who is protected: his relatives are not told who looks at him.
 */
#include "gate/work.h"

#include "base/check.h"
#include "wire/canonical.h"

_Static_assert(2 * ASK_CLAIMS_MAX <= PERSON_NAMED_MAX, "a claim names one person, by two numbers");
_Static_assert(NAMESAKES_SHOWN_MAX + PERSON_NAMED_MAX <= OPENING_PEOPLE_MAX,
               "all whom one person names have room");

/* Digits need no escapes. */
static bool number_tag(struct gate *gate, struct view value, enum blind_kind kind,
                       uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    if (value.len < 3) { /* none, or null is no claim of one */
        return false;
    }
    blinder_tag(registry_blinder(gate->registry), (uint8_t)kind, view_part(value, 1, value.len - 2),
                ret_tag);
    return true;
}

/* By the numbers that the asker claims a relative, or the head of the household, to have. */
static unsigned claimed(struct gate *gate, const struct ask *ask,
                        uint8_t ret_tags[PERSON_NAMED_MAX][SEAL_BLIND_BYTES])
{
    unsigned count = 0;
    for (unsigned i = 0; i < ask->claim_count; i++) {
        struct view value = ask->claims[i].value;
        if (ask->claims[i].kind == CLAIM_RELATION) {
            count += number_tag(gate, canonical_member(value, "id"), BLIND_ID, ret_tags[count]);
            count += number_tag(gate, canonical_member(value, "cmnd"), BLIND_CMND, ret_tags[count]);
        }
    }
    return count;
}

static bool is_there(const struct work *work, uint64_t key)
{
    for (unsigned i = 0; i < work->named_count; i++) {
        if (work->named[i] == key) {
            return true;
        }
    }
    return false;
}

/* Tags of nobody's behind them, up to the step: a seek for one costs what any costs. */
static unsigned fill_step(struct gate *gate, unsigned count,
                          uint8_t tags[PERSON_NAMED_MAX][SEAL_BLIND_BYTES])
{
    unsigned step = count <= OPENING_PERSONS_MAX ? OPENING_PERSONS_MAX : PERSON_NAMED_MAX;
    for (unsigned i = count; i < step; i++) {
        random_fill(&gate->random, tags[i], SEAL_BLIND_BYTES);
    }
    return step;
}

struct outcome work_name(struct gate *gate, struct work *work, const struct person_record *record,
                         uint64_t key)
{
    uint8_t tags[PERSON_NAMED_MAX][SEAL_BLIND_BYTES];
    uint64_t keys[PERSON_NAMED_MAX];
    struct veil veil = work_veil(gate, work);
    if (work->named == NULL || (work->field_mask & PERSON_NAMING_FIELDS) == 0) {
        return OUTCOME_OK;
    }
    unsigned count = service_tells_fields(work->ask->service)
                         ? person_record_named(record, work->field_mask, tags)
                         : claimed(gate, work->ask, tags);
    unsigned step = fill_step(gate, count, tags);
    bool untold = (record->flags & PERSON_PROTECTED) != 0; /* invariant 3 */
    TRY(registry_keys(gate->registry, tags, step, keys));
    work->named_looked += step;
    for (unsigned i = 0; i < count && !untold; i++) {
        if (work_hidden(&veil, tags[i]) || keys[i] == 0 || keys[i] == key ||
            is_there(work, keys[i])) {
            continue;
        }
        if (work->named_count == OPENING_PEOPLE_MAX - NAMESAKES_SHOWN_MAX) {
            return outcome_fail(FAULT_CORRUPT, "namesakes with more relatives than people have");
        }
        work->named[work->named_count++] = keys[i];
    }
    return OUTCOME_OK;
}

struct view work_put_named(const struct work *work, struct buf *buf)
{
    size_t start = buf->len;
    for (unsigned i = 0; i < work->named_count; i++) {
        buf_put_u64(buf, work->named[i]);
    }
    return view_of(buf->data + start, buf->len - start);
}
