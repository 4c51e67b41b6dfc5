/*
 * Sets of changes: what is refused has a fault with a place of ours; what is accepted has whole
 * changes, and each, applied to a person, makes one that encodes and opens, or none.
 */
#include "base/check.h"
#include "domain/change.h"
#include "wire/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORIGIN VIEW_LITERAL("localhost/fuzz")

static const char someone[] =
    "{\"id\":\"079090912345\",\"cmnd\":\"901234567\",\"full_name\":\"Nguyen An\","
    "\"birth_date\":\"1990-01-02\",\"sex\":\"1\",\"birth_registration_place\":null,"
    "\"native_place\":null,\"ethnicity\":\"01\",\"religion\":\"00\",\"nationality\":\"VN\","
    "\"marital_status\":\"2\",\"permanent_residence\":null,\"temporary_residence\":null,"
    "\"temporary_absence\":null,\"current_residence\":null,\"relation_to_head\":null,"
    "\"blood_group\":null,\"relatives\":null,\"household\":null,\"death_or_missing\":null}";

/* Made once: millions of runs would spend their time on it. */
struct room {
    struct arena arena;  /* of the set */
    struct arena person; /* of what a change makes */
    struct change_set set;
    struct change_law law; /* the registrar may all */
    struct blinder *blinder;
    struct buf record; /* of someone */
    struct person_record opened;
};

static void room_ready(struct room *room)
{
    static const struct secret key = {{1}};
    struct person *person = NULL;
    struct person_fault fault;

    CHECK(outcome_ok(arena_init(&room->arena, CHANGE_SET_ARENA_BYTES)));
    CHECK(outcome_ok(arena_init(&room->person, 2 * PERSON_PARSE_BYTES_MAX)));
    CHECK(outcome_ok(blinder_new(&key, &room->blinder)));
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        room->law.members[i] = MEMBER_BIT(MEMBER_COUNT) - 1;
        room->law.sources[i] = 1u << SOURCE_REGISTRAR;
    }
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        room->law.ranks[i][SOURCE_REGISTRAR] = 1;
    }
    buf_init(&room->record, PERSON_BYTES_MAX);
    CHECK(outcome_ok(person_parse(view_text(someone), &room->person, &person, &fault)));
    CHECK(outcome_ok(person_encode(person, room->blinder, &room->record)));
    CHECK(outcome_ok(person_record_open(buf_view(&room->record), &room->opened)));
}

static void check_faults(const struct change_set *set)
{
    CHECK(set->fault_count > 0);
    for (unsigned i = 0; i < set->fault_count && i < CHANGE_FAULTS_MAX; i++) {
        CHECK(set->faults[i].reason != NULL);
        CHECK(strnlen(set->faults[i].pointer, sizeof(set->faults[i].pointer)) <
              sizeof(set->faults[i].pointer));
    }
}

static void check_change(struct room *room, const struct person_change *change)
{
    struct change_origins origins = {0};
    struct change_made made;
    struct person *person = NULL;
    struct person_record record;
    BUF_AUTO line;
    BUF_AUTO bytes;

    CHECK(change->kind < CHANGE_COUNT && change->id.len == 12 && change->members != 0);
    arena_reset(&room->person);
    buf_init(&line, PERSON_BYTES_MAX);
    buf_init(&bytes, PERSON_BYTES_MAX);
    CHECK(outcome_ok(change_apply(change->kind == CHANGE_BIRTH ? NULL : &room->opened, change,
                                  SOURCE_REGISTRAR, &room->law, &origins, &line, &room->person,
                                  &person, &made)));
    CHECK((person != NULL) == (made.result == CHANGE_RESULT_APPLIED));
    if (person != NULL) {
        CHECK(outcome_ok(person_encode(person, room->blinder, &bytes)));
        CHECK(outcome_ok(person_record_open(buf_view(&bytes), &record)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct room room;

    if (room.arena.data == NULL) {
        room_ready(&room);
    }
    arena_reset(&room.arena);
    struct outcome outcome = change_set_read(view_of(data, size), ORIGIN, &room.arena, &room.set);
    if (!outcome_ok(outcome)) {
        CHECK(outcome.fault == FAULT_BAD_INPUT);
        check_faults(&room.set);
        return 0;
    }
    CHECK(room.set.fault_count == 0 && room.set.number > 0 && room.set.count > 0);
    for (unsigned i = 0; i < room.set.count; i++) {
        check_change(&room, &room.set.changes[i]);
    }
    return 0;
}
