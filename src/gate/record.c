/*
 * The record: entry, disclosures, opening.
 *
 * Invariants
 * 1. Every entry of every kind has RECORD_NAME_COUNT digests, sorted, and tells nothing else than
 *    kind, class, channel, service, outcome, minute and policy hash (I6).
 * 2. `persons` has OPENING_PERSONS_MAX digests, whoever was found or not (I5), but where there are
 *    more people: then OPENING_PEOPLE_MAX, however many.
 * 3. record_get_opening(record_put_opening(r)) gives r, so that record_write() can make the same
 *    entry again from a sealed opening.
 */
#include "gate/record.h"

#include "base/check.h"
#include "base/clock.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#define OPENING_VERSION 1
#define OPENING_VERSION_NAMED 2  /* 1, and `named` behind the persons */
#define OPENING_VERSION_REST 128 /* of one that was shredded */
#define KEY_BYTES 8
#define MINUTE_US (INT64_C(60) * 1000000)
#define DIGEST_CHARS 43
#define TIME_LAST_US INT64_C(253402300799999999) /* the end of 9999 */
/* Key stream of an entry of so many places: salts of the names, salts of the persons, decoys, first
 * place. */
#define SALT_BYTES 16
#define STREAM_PERSON_SALTS (RECORD_NAME_COUNT * SALT_BYTES)
#define STREAM_DECOYS(places) (STREAM_PERSON_SALTS + (places)*SALT_BYTES)
#define STREAM_PLACE(places) (STREAM_DECOYS(places) + (places)*SEAL_HASH_BYTES)
_Static_assert(STREAM_PLACE(OPENING_PEOPLE_MAX) < SALTS_BYTES_MAX, "key stream is long enough");
_Static_assert(OPENING_PEOPLE_MAX <= 256, "a byte picks the first place");
/* Of each digest of `persons`, as a value and in base64url. */
#define PERSON_TEXT_BYTES 128
#define TEXTS_ROOM                                                                                 \
    (ENTRY_BYTES_MAX + OPENING_ASK_BYTES_MAX + OPENING_PEOPLE_MAX * PERSON_TEXT_BYTES)

static const char *const names[RECORD_NAME_COUNT] = {
    [RECORD_ASK] = "ask",           [RECORD_PARTY] = "party",     [RECORD_AGENT] = "agent",
    [RECORD_BUSINESS] = "business", [RECORD_CASE] = "case",       [RECORD_REQUEST] = "request",
    [RECORD_ANSWER] = "answer",     [RECORD_PERSONS] = "persons", [RECORD_TRACE] = "trace",
};

void record_ask_id(int64_t time_us, const struct random_port *random, uint8_t ret_id[16])
{
    uint64_t time_ms = (uint64_t)(time_us / 1000);
    random_fill(random, ret_id, 16);
    for (int i = 0; i < 6; i++) {
        ret_id[i] = (uint8_t)(time_ms >> (40 - 8 * i));
    }
    ret_id[6] = (uint8_t)((ret_id[6] & 0x0f) | 0x70); /* version 7 */
    ret_id[8] = (uint8_t)((ret_id[8] & 0x3f) | 0x80); /* variant */
}

void record_ask_id_text(const uint8_t id[16], char ret_text[37])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            ret_text[at++] = '-';
        }
        ret_text[at++] = digits[id[i] >> 4];
        ret_text[at++] = digits[id[i] & 15];
    }
    ret_text[at] = '\0';
    CHECK(at == 36);
}

size_t record_texts_room(void)
{
    return TEXTS_ROOM;
}

static struct view part_since(const struct buf *buf, size_t start)
{
    return view_of(buf->data + start, buf->len - start);
}

static struct view ask_value(const struct record *record, struct buf *texts)
{
    size_t start = texts->len;
    char id[37];
    record_ask_id_text(record->ask_id, id);
    buf_put_text(texts, "{\"id\":\"");
    buf_put(texts, id, sizeof(id) - 1);
    buf_put_text(texts, "\",\"time\":\"");
    clock_put_micro(texts, record->time_us);
    buf_put_text(texts, "\"}");
    return part_since(texts, start);
}

unsigned record_people(const struct record *record)
{
    return record->person_count + (unsigned)(record->named.len / KEY_BYTES);
}

uint64_t record_person(const struct record *record, unsigned number)
{
    CHECK(number < record_people(record));
    if (number < record->person_count) {
        return record->persons[number];
    }
    size_t at = (size_t)(number - record->person_count) * KEY_BYTES;
    struct cursor cursor = cursor_of(view_part(record->named, at, KEY_BYTES));
    return cursor_u64(&cursor);
}

unsigned record_find_person(const struct record *record, uint64_t key)
{
    unsigned people = record_people(record);
    for (unsigned number = 0; number < people; number++) {
        if (record_person(record, number) == key) {
            return number;
        }
    }
    return RECORD_NOBODY;
}

/* Invariant 2. */
static unsigned places_of(const struct record *record)
{
    return record_people(record) <= OPENING_PERSONS_MAX ? OPENING_PERSONS_MAX : OPENING_PEOPLE_MAX;
}

static size_t stream_bytes(const struct record *record)
{
    return STREAM_PLACE(places_of(record)) + 1;
}

static struct outcome expand(const struct record *record, struct salts *ret_salts)
{
    return salts_expand(record->secret, stream_bytes(record), ret_salts);
}

/* What is hashed in the first person's place when there is none, so that it takes as long (I5). */
#define STAND_IN UINT64_C(100000)

/* Digest of the person at `place`, or of a decoy: real persons stand in a row from a place that
 * the key stream picked, so that their position tells nothing. The first place, and those of whom
 * were looked for, are hashed and get their decoy in any case; which of both is kept is all that
 * differs. */
static void person_digest(const struct record *record, const struct salts *salts, unsigned place,
                          struct buf *texts, char ret_digest[DIGEST_CHARS])
{
    unsigned places = places_of(record);
    unsigned first = salts->bytes[STREAM_PLACE(places)] % places;
    unsigned number = (place + places - first) % places;
    bool real = number < record_people(record);
    char decoy[DIGEST_CHARS];
    base64url_write(decoy, view_of(salts->bytes + STREAM_DECOYS(places) + place * SEAL_HASH_BYTES,
                                   SEAL_HASH_BYTES));
    size_t start = texts->len;
    if (real || number == 0 || number < record->hashed) {
        buf_put_u8(texts, '"');
        buf_put_decimal(texts, real ? record_person(record, number) : STAND_IN);
        buf_put_u8(texts, '"');
    }
    if (texts->len > start && !texts->failed) {
        const uint8_t *salt = salts->bytes + STREAM_PERSON_SALTS + place * SALT_BYTES;
        struct view value = part_since(texts, start);
        disclosure_put(texts, salt, view_of(NULL, 0), value, ret_digest);
        buf_cut(texts, start);
    }
    if (!real) {
        memcpy(ret_digest, decoy, DIGEST_CHARS);
    }
}

static struct view persons_value(const struct record *record, const struct salts *salts,
                                 struct buf *texts)
{
    char digests[OPENING_PEOPLE_MAX][DIGEST_CHARS];
    unsigned places = places_of(record);
    for (unsigned place = 0; place < places; place++) {
        person_digest(record, salts, place, texts, digests[place]);
    }
    size_t start = texts->len;
    for (unsigned place = 0; place < places; place++) {
        buf_put_text(texts, place == 0 ? "[{\"...\":\"" : ",{\"...\":\"");
        buf_put(texts, digests[place], DIGEST_CHARS);
        buf_put_text(texts, "\"}");
    }
    buf_put_u8(texts, ']');
    return part_since(texts, start);
}

static struct view value_of(const struct record *record, enum record_name name,
                            const struct salts *salts, struct buf *texts)
{
    if (name == RECORD_ASK) {
        return ask_value(record, texts);
    }
    if (name == RECORD_PERSONS) {
        return persons_value(record, salts, texts);
    }
    struct view value = record->values[name];
    return value.len == 0 ? VIEW_LITERAL("null") : value;
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_CHARS);
}

/* `member` with its comma, quotes and colon. */
static void put_word(struct buf *texts, struct view member, const struct words *words,
                     uint8_t value)
{
    buf_put_view(texts, member);
    if (value == RECORD_WORD_NULL) {
        buf_put_text(texts, "null");
        return;
    }
    buf_put_u8(texts, '"');
    buf_put_text(texts, words_name(words, value));
    buf_put_u8(texts, '"');
}

_Static_assert(RECORD_NAME_COUNT <= DISCLOSURES_MAX, "all disclosures of an entry at once");

static void put_entry(const struct record *record, char digests[][DIGEST_CHARS], struct buf *texts)
{
    qsort(digests, RECORD_NAME_COUNT, DIGEST_CHARS, compare_digests);
    buf_put_text(texts, "{\"_sd\":[\"");
    for (int i = 0; i < RECORD_NAME_COUNT; i++) {
        if (i > 0) {
            buf_put_text(texts, "\",\"");
        }
        buf_put(texts, digests[i], DIGEST_CHARS);
    }
    buf_put_text(texts, "\"]");
    put_word(texts, VIEW_LITERAL(",\"channel\":"), &words_channel, record->channel);
    put_word(texts, VIEW_LITERAL(",\"class\":"), &words_class, record->class);
    put_word(texts, VIEW_LITERAL(",\"kind\":"), &words_kind, (uint8_t)record->kind);
    buf_put_text(texts, ",\"outcome\":\"");
    buf_put_view(texts, record->outcome);
    buf_put_text(texts, "\",\"policy\":\"");
    buf_put_text(texts, record->policy_hash);
    buf_put_u8(texts, '"');
    put_word(texts, VIEW_LITERAL(",\"service\":"), &words_service, record->service);
    buf_put_text(texts, ",\"t\":\"");
    clock_put_minute(texts, record->time_us);
    buf_put_text(texts, "\",\"v\":1}");
}

struct outcome record_write(const struct record *record, struct buf *texts,
                            struct record_text *ret_text)
{
    CHECK(record->person_count <= OPENING_PERSONS_MAX && record->named.len % KEY_BYTES == 0 &&
          record_people(record) <= OPENING_PEOPLE_MAX);
    CHECK(texts->cap == texts->max);
    if (record->forgotten) {
        return outcome_fail(FAULT_NOT_FOUND, "the opening is shredded");
    }
    struct salts salts;
    char digests[RECORD_NAME_COUNT][DIGEST_CHARS] = {0};
    TRY(expand(record, &salts));
    for (enum record_name name = 0; name < RECORD_NAME_COUNT; name++) {
        struct view value = value_of(record, name, &salts, texts);
        TRY(buf_check(texts));
        ret_text->disclosures[name] = disclosure_place(
            texts, salts.bytes + (size_t)name * SALT_BYTES, view_text(names[name]), value);
    }
    TRY(buf_check(texts));
    disclosures_end(ret_text->disclosures, RECORD_NAME_COUNT, digests);
    size_t start = texts->len;
    put_entry(record, digests, texts);
    TRY(buf_check(texts));
    ret_text->entry = part_since(texts, start);
    memory_wipe(salts.bytes, stream_bytes(record));
    if (ret_text->entry.len > ENTRY_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "entry is too long");
    }
    return OUTCOME_OK;
}

void record_put_person(const struct record *record, uint64_t person, struct buf *buf)
{
    BUF_AUTO value;
    struct salts salts;
    char digest[DIGEST_CHARS];
    unsigned places = places_of(record);
    unsigned number = record_find_person(record, person);
    CHECK(!record->forgotten);
    buf_init(&value, 64);
    CHECK(number != RECORD_NOBODY);
    buf_put_u8(&value, '"');
    buf_put_decimal(&value, person);
    buf_put_u8(&value, '"');
    if (value.failed || !outcome_ok(expand(record, &salts))) {
        buf->failed = true;
        return;
    }
    unsigned place = (salts.bytes[STREAM_PLACE(places)] + number) % places;
    disclosure_put(buf, salts.bytes + STREAM_PERSON_SALTS + place * SALT_BYTES, view_of(NULL, 0),
                   buf_view(&value), digest);
    memory_wipe(salts.bytes, stream_bytes(record));
}

void record_put_opening(const struct record *record, struct buf *buf)
{
    buf_put_u8(buf, record->named.len > 0 ? OPENING_VERSION_NAMED : OPENING_VERSION);
    buf_put_u8(buf, (uint8_t)record->kind);
    buf_put_u8(buf, record->class);
    buf_put_u8(buf, record->channel);
    buf_put_u8(buf, record->service);
    buf_put_block16(buf, record->outcome);
    buf_put_u64(buf, (uint64_t)record->time_us);
    buf_put(buf, record->ask_id, sizeof(record->ask_id));
    buf_put(buf, record->policy_hash, 64);
    buf_put(buf, record->secret, sizeof(record->secret));
    buf_put_u8(buf, (uint8_t)record->person_count);
    for (unsigned i = 0; i < record->person_count; i++) {
        buf_put_u64(buf, record->persons[i]);
    }
    if (record->named.len > 0) {
        buf_put_block16(buf, record->named);
    }
    for (enum record_name name = 0; name < RECORD_NAME_COUNT; name++) {
        if (name != RECORD_ASK && name != RECORD_PERSONS) {
            buf_put_block16(buf, record->values[name]);
        }
    }
    buf_put_block32(buf, record->effect);
}

/* The minute is public; what is more exact would tell one ask from another. */
void record_put_rest(const struct record *record, struct view effect, struct buf *buf)
{
    buf_put_u8(buf, OPENING_VERSION_REST);
    buf_put_u8(buf, (uint8_t)record->kind);
    buf_put_u8(buf, record->class);
    buf_put_u8(buf, record->channel);
    buf_put_u8(buf, record->service);
    buf_put_block16(buf, record->outcome);
    buf_put_u64(buf, (uint64_t)(record->time_us / MINUTE_US * MINUTE_US));
    buf_put_u8(buf, (uint8_t)record->person_count);
    for (unsigned i = 0; i < record->person_count; i++) {
        buf_put_u64(buf, record->persons[i]);
    }
    buf_put_block16(buf, record->named);
    buf_put_block32(buf, effect);
}

/* Nor is there a second way to write the same. */
static bool opening_sane(const struct record *record, uint8_t version)
{
    return (version != OPENING_VERSION_NAMED || record->named.len > 0) &&
           (!record->forgotten || record->time_us % MINUTE_US == 0) &&
           (unsigned)record->kind < KIND_COUNT &&
           (record->class < CLASS_COUNT || record->class == RECORD_WORD_NULL) &&
           (record->channel < CHANNEL_COUNT || record->channel == RECORD_WORD_NULL) &&
           (record->service < SERVICE_COUNT || record->service == RECORD_WORD_NULL) &&
           record->outcome.len > 0 && record->time_us >= 0 && record->time_us <= TIME_LAST_US;
}

static void get_people(struct cursor *cursor, bool named, struct record *record)
{
    record->person_count = cursor_u8(cursor);
    if (record->person_count > OPENING_PERSONS_MAX) {
        cursor->failed = true;
        return;
    }
    for (unsigned i = 0; i < record->person_count; i++) {
        record->persons[i] = cursor_u64(cursor);
    }
    if (named) {
        record->named = cursor_block16(cursor);
        cursor->failed = cursor->failed || record->named.len % KEY_BYTES != 0 ||
                         record_people(record) > OPENING_PEOPLE_MAX;
    }
}

struct outcome record_get_opening(struct view plain, struct record *ret_record)
{
    struct cursor cursor = cursor_of(plain);
    struct record record = {0};
    uint8_t version = cursor_u8(&cursor);
    if (version != OPENING_VERSION && version != OPENING_VERSION_NAMED &&
        version != OPENING_VERSION_REST) {
        return outcome_fail(FAULT_CORRUPT, "opening: unknown version");
    }
    record.forgotten = version == OPENING_VERSION_REST;
    record.kind = cursor_u8(&cursor);
    record.class = cursor_u8(&cursor);
    record.channel = cursor_u8(&cursor);
    record.service = cursor_u8(&cursor);
    record.outcome = cursor_block16(&cursor);
    record.time_us = (int64_t)cursor_u64(&cursor);
    if (!record.forgotten) {
        cursor_copy(&cursor, record.ask_id, sizeof(record.ask_id));
        cursor_copy(&cursor, record.policy_hash, 64);
        cursor_copy(&cursor, record.secret, sizeof(record.secret));
    }
    get_people(&cursor, version != OPENING_VERSION, &record);
    if (cursor.failed || !opening_sane(&record, version)) {
        return outcome_fail(FAULT_CORRUPT, "opening: impossible values");
    }
    for (enum record_name name = 0; name < RECORD_NAME_COUNT && !record.forgotten; name++) {
        if (name != RECORD_ASK && name != RECORD_PERSONS) {
            record.values[name] = cursor_block16(&cursor);
        }
    }
    record.effect = cursor_block32(&cursor);
    if (!outcome_ok(cursor_end(&cursor, "opening"))) {
        return outcome_fail(FAULT_CORRUPT, "opening: does not decode");
    }
    *ret_record = record;
    return OUTCOME_OK;
}
