/*
 * Fuzzes import lines: what is accepted must encode, open and project to JSON that reads back; what
 * is refused must leave the arena as it was and give a reason.
 */
#include "base/check.h"
#include "domain/person.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MASK_ALL ((UINT64_C(1) << FIELD_COUNT) - 1)

/* Half of all tags, by their own bits. */
static bool hidden_by_bit(void *context, const uint8_t tag[SEAL_BLIND_BYTES])
{
    (void)context;
    return (tag[0] & 1) != 0;
}

/* Made once: millions of runs would spend their time on it. */
static void arena_ready(struct arena *arena)
{
    if (arena->data == NULL) {
        CHECK(outcome_ok(arena_init(arena, 2 * PERSON_PARSE_BYTES_MAX)));
    }
    arena_reset(arena);
}

static void check_projection(const struct person_record *record, uint64_t mask)
{
    static const struct json_limits limits = {
        .bytes_max = PERSON_BYTES_MAX, .depth_max = 4, .values_max = 4096, .members_max = 32};
    static struct arena arena;
    struct person_hidden_port port = {hidden_by_bit, NULL};
    struct json_doc doc;
    struct json_fault fault;
    BUF_AUTO json;

    buf_init(&json, PERSON_BYTES_MAX);
    CHECK(outcome_ok(person_record_project(record, mask, &port, &json)));
    arena_ready(&arena);
    CHECK(outcome_ok(json_parse(buf_view(&json), &limits, &arena, &doc, &fault)));
    CHECK(doc.nodes->count == (unsigned)__builtin_popcountll(mask));
}

static void check_person(const struct person *person, uint64_t mask)
{
    static const struct secret key = {{1}};
    static struct blinder *blinder;
    struct person_record record;
    BUF_AUTO bytes;

    CHECK(person_id(person).len == 12);
    CHECK(person_cmnd(person).len == 0 || person_cmnd(person).len == 9);
    CHECK(blinder != NULL || outcome_ok(blinder_new(&key, &blinder)));
    buf_init(&bytes, PERSON_BYTES_MAX);
    CHECK(outcome_ok(person_encode(person, blinder, &bytes)));
    CHECK(outcome_ok(person_record_open(buf_view(&bytes), &record)));
    CHECK(view_equal(record.id, person_id(person)) && record.folded_name.len > 0);
    check_projection(&record, MASK_ALL);
    check_projection(&record, mask & MASK_ALL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct person *person = NULL;
    struct person_fault fault;
    uint64_t mask = size > 0 ? data[size / 2] * UINT64_C(0x9e3779b97f4a7c15) : 0;

    arena_ready(&arena);
    struct outcome outcome = person_parse(view_of(data, size), &arena, &person, &fault);
    if (outcome_ok(outcome)) {
        check_person(person, mask);
    } else {
        CHECK(arena.used == 0 && fault.reason[0] != '\0' && fault.column <= size + 1);
    }
    return 0;
}
