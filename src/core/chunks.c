/*
 * Chunks of the registry as acts: of an import, or a set of changes (decisions 0016, 0051, 0067).
 *
 * Invariants
 * 1. Whom a chunk has changed stands in the records of its parts, each in one; the last is the
 *    chunk's own act, so a chunk that is recorded is recorded whole.
 * 2. Whatever dies in between, the chunk comes again from its first part, and nothing is recorded
 *    twice.
 */
#include "core/house.h"

#include "base/log.h"
#include "office/object.h"

#include <stdio.h>
#include <string.h>

/* What keeps a lock from following is no reason not to record the change: by his key he is locked
 * all the same. */
static struct outcome not_followed(struct outcome outcome, const char *why)
{
    if (outcome.fault == FAULT_CONFLICT || outcome.fault == FAULT_CORRUPT ||
        outcome.fault == FAULT_NOT_FOUND || outcome.fault == FAULT_OVER_LIMIT) {
        log_line(LOG_LEVEL_WARN, "lock-not-followed", "why=\"%s\"", why);
        return OUTCOME_OK;
    }
    return outcome;
}

/* The lock that a person has set for himself is known by his numbers, too. *ret_moved: it was
 * brought up to date, by an act. */
static struct outcome follow_lock(struct house *house, uint64_t key, uint32_t local_user,
                                  bool *ret_moved)
{
    struct act act = {.kind = ACT_CITIZEN_LOCK};
    struct code_text codes[3];
    struct personal who;
    uint64_t index = 0;
    char reason[256] = "";
    person_tag(registry_blinder(house->registry), key, who.tag);
    person_code(who.tag, &codes[0]);
    const struct person_lock *lock =
        object_find(&house->directory, &object_lock, code_view(&codes[0]));
    if (lock == NULL) {
        return OUTCOME_OK;
    }
    struct outcome read = gate_person_of(house->gate, key, &who);
    if (!outcome_ok(read)) {
        return not_followed(read, read.what);
    }
    if (lock_whole(&house->directory, lock, &who)) {
        return OUTCOME_OK;
    }
    person_code(who.id_tag, &codes[1]);
    person_code(who.cmnd_tag, &codes[2]);
    act_value_set(&act, "code", code_view(&codes[0]));
    act_value_set(&act, "id", code_view(&codes[1]));
    if (who.cmnd_known) {
        act_value_set(&act, "cmnd", code_view(&codes[2]));
    }
    struct outcome outcome = office_act(house->office, &act, local_user, &index, reason);
    *ret_moved = outcome_ok(outcome);
    return not_followed(outcome, reason);
}

/* One act a call (I9): FAULT_AGAIN until no lock moves any more. So one that another's stood in the
 * way of is looked at again when that has gone. */
static struct outcome follow_locks(struct house *house, const struct registry_part *part,
                                   uint32_t local_user)
{
    const uint32_t numbers = MEMBER_BIT(MEMBER_ID) | MEMBER_BIT(MEMBER_CMND);
    for (unsigned i = 0; i < part->count; i++) {
        bool moved = false;
        if ((part->list[i].members & numbers) != 0) {
            TRY(follow_lock(house, part->list[i].key, local_user, &moved));
        }
        if (moved) {
            return outcome_fail(FAULT_AGAIN, "a lock has followed its person");
        }
    }
    return OUTCOME_OK;
}

#define CHUNK_FIELDS_MAX 8
#define CHUNK_TEXT_BYTES 80

struct chunk_texts {
    struct act act;
    char texts[CHUNK_FIELDS_MAX][CHUNK_TEXT_BYTES];
};

static void set_chunk(const struct registry_chunk *chunk, struct chunk_texts *ret_texts)
{
    static const char *const import_names[] = {"number", "added", "changed", "unchanged",
                                               "hash",   "file",  "until"};
    static const char *const set_names[] = {"number", "added", "changed", "unchanged",
                                            "hash",   "jws",   "set",     "code"};
    char(*texts)[CHUNK_TEXT_BYTES] = ret_texts->texts;
    bool set = chunk->source[0] != '\0';
    unsigned count = set ? 8 : chunk->until == 0 ? 5 : 7; /* of no file */
    ret_texts->act = (struct act){.kind = set ? ACT_SOURCE_CHANGES : ACT_IMPORT_CHUNK};
    snprintf(texts[0], CHUNK_TEXT_BYTES, "%llu", (unsigned long long)chunk->number);
    snprintf(texts[1], CHUNK_TEXT_BYTES, "%u", chunk->added);
    snprintf(texts[2], CHUNK_TEXT_BYTES, "%u", chunk->changed);
    snprintf(texts[3], CHUNK_TEXT_BYTES, "%u", chunk->unchanged);
    hex_write(texts[4], view_of(chunk->hash, sizeof(chunk->hash)));
    hex_write(texts[5], view_of(chunk->file, sizeof(chunk->file)));
    snprintf(texts[6], CHUNK_TEXT_BYTES, "%llu", (unsigned long long)chunk->until);
    snprintf(texts[7], CHUNK_TEXT_BYTES, "%s", chunk->source);
    for (unsigned i = 0; i < count; i++) {
        act_value_set(&ret_texts->act, (set ? set_names : import_names)[i], view_text(texts[i]));
    }
}

static void set_part(const struct registry_chunk *chunk, const struct registry_part *part,
                     struct chunk_texts *ret_texts)
{
    char(*texts)[CHUNK_TEXT_BYTES] = ret_texts->texts;
    ret_texts->act = (struct act){.kind = ACT_CHUNK_PART};
    snprintf(texts[0], CHUNK_TEXT_BYTES, "%llu", (unsigned long long)chunk->number);
    snprintf(texts[1], CHUNK_TEXT_BYTES, "%u", part->number);
    hex_write(texts[2], view_of(chunk->hash, sizeof(chunk->hash)));
    act_value_set(&ret_texts->act, "number", view_text(texts[0]));
    act_value_set(&ret_texts->act, "part", view_text(texts[1]));
    act_value_set(&ret_texts->act, "hash", view_text(texts[2]));
    if (chunk->source[0] != '\0') {
        act_value_set(&ret_texts->act, "code", view_text(chunk->source));
    }
}

/* *ret_recorded: it is in the log. */
static struct outcome find_part(const struct office_chunk *last, const struct registry_chunk *chunk,
                                const struct registry_part *part, bool *ret_recorded)
{
    bool begun = chunk->number == last->next;
    const uint8_t *hash = begun ? last->next_hash : last->hash;
    bool same = memcmp(chunk->hash, hash, sizeof(chunk->hash)) == 0;
    uint32_t parts = begun ? last->parts : 0;
    bool past = chunk->number <= last->number;
    if (chunk->number < last->number || ((begun || past) && !same)) {
        return outcome_fail(FAULT_CONFLICT, "the log has another chunk in this one's place");
    }
    *ret_recorded = past || part->number < parts;
    return *ret_recorded || part->number == parts
               ? OUTCOME_OK
               : outcome_fail(FAULT_CONFLICT, "a chunk's parts come in their order");
}

struct outcome house_chunk_act(struct house *house, const struct registry_chunk *chunk,
                               const struct registry_part *part, uint32_t local_user)
{
    struct chunk_texts texts = {.texts = {{0}}}; /* what is written in hex has no end */
    uint64_t index = 0;
    char reason[256] = "";
    bool recorded = false;
    TRY(find_part(office_chunk_last(house->office), chunk, part, &recorded));
    if (recorded) {
        return OUTCOME_OK;
    }
    TRY(follow_locks(house, part, local_user));
    if (part->last) {
        set_chunk(chunk, &texts);
    } else {
        set_part(chunk, part, &texts);
    }
    return office_chunk_act(house->office, &texts.act, part, view_text(chunk->source), local_user,
                            &index, reason);
}

struct outcome house_record_chunk(struct house *house, const struct registry_chunk *chunk,
                                  uint32_t local_user)
{
    struct registry_part part = {.next = 0};
    while (!part.last) {
        TRY(registry_chunk_part(house->registry, chunk->number, &part));
        struct outcome outcome = house_chunk_act(house, chunk, &part, local_user);
        while (outcome.fault == FAULT_AGAIN) {
            outcome = house_chunk_act(house, chunk, &part, local_user);
        }
        TRY(outcome);
    }
    return registry_chunk_recorded(house->registry, chunk->number);
}
