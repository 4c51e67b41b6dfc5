/*
 * Answers in few bytes.
 *
 * Invariants
 *  1. What is packed is unpacked before it is kept, and kept as it was where that is not the same:
 *     a reader of results never gets anything but the core's bytes.
 *  2. packing->... change in pack_put() and pack_get() alike, by the same answer.
 */
#include "jobs/pack.h"

#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <stdlib.h>
#include <string.h>

#define SALT_BYTES 16
#define SALT_LEN BASE64URL_LEN(SALT_BYTES)
#define DIGEST_LEN BASE64URL_LEN(SEAL_HASH_BYTES)
#define ENTRY_DIGESTS_MAX 32
#define TEXT_BYTES_MAX (2u * OPENING_ASK_BYTES_MAX + 2u * ENTRY_BYTES_MAX + 4u * PERSON_BYTES_MAX)

enum { FORM_WHOLE, FORM_PARTS, FORM_AS_BEFORE };

struct digest {
    char text[DIGEST_LEN];
};

struct outcome packing_init(struct packing *packing)
{
    *packing = (struct packing){0};
    buf_init(&packing->checkpoint, UINT16_MAX);
    buf_init(&packing->path, UINT16_MAX);
    buf_init(&packing->tail, ENTRY_BYTES_MAX);
    for (unsigned i = 0; i < OPENING_DISCLOSURES_MAX; i++) {
        buf_init(&packing->values[i], OPENING_ASK_BYTES_MAX);
    }
    buf_init(&packing->text, TEXT_BYTES_MAX);
    buf_init(&packing->other, TEXT_BYTES_MAX);
    if (buf_claim(&packing->text, TEXT_BYTES_MAX) == NULL) { /* its memory does not move */
        packing_done(packing);
        return outcome_fail(FAULT_NO_MEMORY, "packing");
    }
    buf_reset(&packing->text);
    return OUTCOME_OK;
}

void packing_done(struct packing *packing)
{
    buf_done(&packing->checkpoint);
    buf_done(&packing->path);
    buf_done(&packing->tail);
    for (unsigned i = 0; i < OPENING_DISCLOSURES_MAX; i++) {
        buf_done(&packing->values[i]);
    }
    buf_done(&packing->text);
    buf_done(&packing->other);
}

void packing_reset(struct packing *packing)
{
    buf_reset(&packing->checkpoint);
    buf_reset(&packing->path);
    buf_reset(&packing->tail);
    for (unsigned i = 0; i < OPENING_DISCLOSURES_MAX; i++) {
        buf_reset(&packing->values[i]);
    }
}

static void become(struct buf *buf, struct view text)
{
    buf_reset(buf);
    buf_put_view(buf, text);
}

/* A text that may be the one before it; an empty one too. */
static void put_changing(struct buf *before, struct view text, struct buf *buf)
{
    bool same = view_equal(buf_view(before), text);

    buf_put_u8(buf, same ? FORM_AS_BEFORE : FORM_WHOLE);
    if (!same) {
        buf_put_block16(buf, text);
        become(before, text);
    }
}

/* Into `before`, whose view it is. */
static struct view get_changing(struct buf *before, struct cursor *cursor)
{
    if (cursor_u8(cursor) == FORM_WHOLE) {
        become(before, cursor_block16(cursor));
    }
    return buf_view(before);
}

/* ---- the path: its end is that of the one before it ---- */

static size_t same_end(struct view a, struct view b)
{
    size_t len = 0;

    while (len + SEAL_HASH_BYTES <= a.len && len + SEAL_HASH_BYTES <= b.len &&
           memcmp(a.data + (a.len - len - SEAL_HASH_BYTES),
                  b.data + (b.len - len - SEAL_HASH_BYTES), SEAL_HASH_BYTES) == 0) {
        len += SEAL_HASH_BYTES;
    }
    return len;
}

static void put_path(struct packing *packing, struct view path, struct buf *buf)
{
    size_t same = same_end(buf_view(&packing->path), path);

    buf_put_u16(buf, (uint16_t)same);
    buf_put_block16(buf, view_part(path, 0, path.len - same));
    become(&packing->path, path);
}

static struct view get_path(struct packing *packing, struct cursor *cursor)
{
    size_t same = cursor_u16(cursor);
    struct view front = cursor_block16(cursor);

    if (same > packing->path.len) {
        cursor->failed = true;
        return (struct view){0};
    }
    buf_reset(&packing->other);
    buf_put_view(&packing->other, front);
    buf_put_view(&packing->other,
                 view_part(buf_view(&packing->path), packing->path.len - same, same));
    become(&packing->path, buf_view(&packing->other));
    return buf_view(&packing->path);
}

/* ---- disclosures: base64url of ["SALT",...] ---- */

/* The text of a disclosure again, appended to `text`. */
static void write_disclosure(struct packing *packing, struct view salt, struct view rest,
                             struct buf *text)
{
    buf_reset(&packing->other);
    buf_put_text(&packing->other, "[\"");
    base64url_put(&packing->other, salt);
    buf_put_view(&packing->other, rest);
    base64url_put(text, buf_view(&packing->other));
}

/* Salt, and what stands behind it. False: it is no such text. */
static bool read_disclosure(struct view text, struct buf *plain, struct buf *salt,
                            struct view *ret_rest)
{
    buf_reset(plain);
    buf_reset(salt);
    if (!outcome_ok(base64url_get(text, plain)) || plain->len < 2 + SALT_LEN ||
        !view_starts(buf_view(plain), VIEW_LITERAL("[\"")) ||
        !outcome_ok(base64url_get(view_part(buf_view(plain), 2, SALT_LEN), salt)) ||
        salt->len != SALT_BYTES) {
        return false;
    }
    *ret_rest = view_part(buf_view(plain), 2 + SALT_LEN, plain->len - 2 - SALT_LEN);
    return true;
}

static void put_disclosure(struct packing *packing, unsigned at, struct view text, struct buf *buf)
{
    struct buf *before = &packing->values[at];
    struct view rest = {0};
    BUF_AUTO plain;
    BUF_AUTO salt;

    buf_init(&plain, OPENING_ASK_BYTES_MAX);
    buf_init(&salt, SALT_BYTES);
    bool parts = read_disclosure(text, &plain, &salt, &rest);
    if (parts) { /* invariant 1 */
        buf_reset(&packing->text);
        write_disclosure(packing, buf_view(&salt), rest, &packing->text);
        parts = view_equal(buf_view(&packing->text), text);
    }
    if (!parts) {
        buf_put_u8(buf, FORM_WHOLE);
        buf_put_block16(buf, text);
        return;
    }
    buf_put_u8(buf, FORM_PARTS);
    buf_put_view(buf, buf_view(&salt));
    put_changing(before, rest, buf);
}

static struct view get_disclosure(struct packing *packing, unsigned at, struct cursor *cursor)
{
    struct buf *text = &packing->text;
    size_t start = text->len;

    if (cursor_u8(cursor) == FORM_WHOLE) {
        buf_put_view(text, cursor_block16(cursor));
    } else {
        struct view salt = cursor_view(cursor, SALT_BYTES);
        struct view rest = get_changing(&packing->values[at], cursor);
        write_disclosure(packing, salt, rest, text);
    }
    return view_of(text->data + start, text->len - start);
}

/* ---- the entry: {"_sd":["DIGEST",...],TAIL ---- */

#define ENTRY_START "{\"_sd\":["
#define ENTRY_START_LEN (sizeof(ENTRY_START) - 1)

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_LEN);
}

static unsigned opening_digests(const struct answer *answer, struct digest *digests)
{
    uint8_t hash[SEAL_HASH_BYTES];

    for (unsigned i = 0; i < answer->opening_count; i++) {
        seal_sha256(answer->opening[i], hash);
        base64url_write(digests[i].text, view_of(hash, sizeof(hash)));
    }
    return answer->opening_count;
}

static void write_entry(struct digest *digests, unsigned count, struct view tail, struct buf *text)
{
    qsort(digests, count, sizeof(digests[0]), compare_digests);
    buf_put_text(text, ENTRY_START);
    for (unsigned i = 0; i < count; i++) {
        buf_put_text(text, i == 0 ? "\"" : ",\"");
        buf_put(text, digests[i].text, DIGEST_LEN);
        buf_put_text(text, "\"");
    }
    buf_put_view(text, tail);
}

static bool is_among(const struct digest *digests, unsigned count, struct view text)
{
    for (unsigned i = 0; i < count; i++) {
        if (memcmp(digests[i].text, text.data, DIGEST_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* The entry's digests that are not among `known` of them go behind those. False: it is another
 * kind of text. */
static bool read_entry(struct view entry, struct digest *digests, unsigned known,
                       unsigned *ret_count, struct view *ret_tail)
{
    size_t at = ENTRY_START_LEN;
    unsigned count = known;

    if (!view_starts(entry, VIEW_LITERAL(ENTRY_START))) {
        return false;
    }
    for (; at + DIGEST_LEN + 2 < entry.len && entry.data[at] == '"'; at += DIGEST_LEN + 2) {
        struct view text = view_part(entry, at + 1, DIGEST_LEN);
        if (!is_among(digests, known, text)) {
            if (count == ENTRY_DIGESTS_MAX) {
                return false;
            }
            memcpy(digests[count++].text, text.data, DIGEST_LEN);
        }
        at += entry.data[at + DIGEST_LEN + 2] == ',' ? 1 : 0;
    }
    *ret_count = count;
    *ret_tail = view_part(entry, at, entry.len - at);
    return true;
}

static bool entry_in_parts(struct packing *packing, const struct answer *answer,
                           struct digest *digests, unsigned *ret_count, struct view *ret_tail)
{
    struct digest sorted[ENTRY_DIGESTS_MAX];
    unsigned known = opening_digests(answer, digests);

    if (!read_entry(answer->entry, digests, known, ret_count, ret_tail)) {
        return false;
    }
    memcpy(sorted, digests, *ret_count * sizeof(sorted[0]));
    buf_reset(&packing->text);
    write_entry(sorted, *ret_count, *ret_tail, &packing->text);
    return view_equal(buf_view(&packing->text), answer->entry); /* invariant 1 */
}

static void put_entry(struct packing *packing, const struct answer *answer, struct buf *buf)
{
    struct digest digests[ENTRY_DIGESTS_MAX];
    struct view tail = {0};
    unsigned count = 0;

    if (!entry_in_parts(packing, answer, digests, &count, &tail)) {
        buf_put_u8(buf, FORM_WHOLE);
        buf_put_block16(buf, answer->entry);
        return;
    }
    buf_put_u8(buf, FORM_PARTS);
    buf_put_u8(buf, (uint8_t)(count - answer->opening_count));
    for (unsigned i = answer->opening_count; i < count; i++) {
        buf_put(buf, digests[i].text, DIGEST_LEN);
    }
    put_changing(&packing->tail, tail, buf);
}

static struct view get_entry(struct packing *packing, const struct answer *answer,
                             struct cursor *cursor)
{
    struct digest digests[ENTRY_DIGESTS_MAX];
    struct buf *text = &packing->text;
    size_t start = text->len;

    if (cursor_u8(cursor) == FORM_WHOLE) {
        buf_put_view(text, cursor_block16(cursor));
        return view_of(text->data + start, text->len - start);
    }
    unsigned count = opening_digests(answer, digests);
    unsigned more = cursor_u8(cursor);
    if (count + more > ENTRY_DIGESTS_MAX) {
        cursor->failed = true;
        return (struct view){0};
    }
    for (unsigned i = 0; i < more; i++) {
        cursor_copy(cursor, digests[count + i].text, DIGEST_LEN);
    }
    write_entry(digests, count + more, get_changing(&packing->tail, cursor), text);
    return view_of(text->data + start, text->len - start);
}

/* ---- all of it ---- */

struct outcome pack_put(struct packing *packing, const struct answer *answer, struct buf *buf)
{
    CHECK(code_has_receipt(answer->code) && answer->opening_count <= OPENING_DISCLOSURES_MAX);
    buf_put_u8(buf, (uint8_t)answer->code);
    buf_put_u8(buf, answer->field_index);
    buf_put_u8(buf, answer->result ? 1 : 0);
    buf_put(buf, answer->ask_id, sizeof(answer->ask_id));
    buf_put_u64(buf, answer->leaf_index);
    buf_put_block32(buf, answer->person);
    buf_put_block16(buf, answer->notices);
    put_changing(&packing->checkpoint, answer->checkpoint, buf);
    put_path(packing, answer->path, buf);
    buf_put_u8(buf, (uint8_t)answer->opening_count);
    for (unsigned i = 0; i < answer->opening_count; i++) {
        put_disclosure(packing, i, answer->opening[i], buf);
    }
    put_entry(packing, answer, buf);
    return buf_check(buf);
}

struct outcome pack_get(struct packing *packing, struct cursor *cursor, struct answer *ret_answer)
{
    struct answer answer = {0};
    unsigned code = cursor_u8(cursor);

    buf_reset(&packing->text);
    answer.field_index = cursor_u8(cursor);
    answer.result = cursor_u8(cursor) == 1;
    cursor_copy(cursor, answer.ask_id, sizeof(answer.ask_id));
    answer.leaf_index = cursor_u64(cursor);
    answer.person = cursor_block32(cursor);
    answer.notices = cursor_block16(cursor);
    answer.checkpoint = get_changing(&packing->checkpoint, cursor);
    answer.path = get_path(packing, cursor);
    answer.opening_count = cursor_u8(cursor);
    if (code >= CODE_COUNT || !code_has_receipt((enum code)code) ||
        answer.opening_count > OPENING_DISCLOSURES_MAX) {
        return outcome_fail(FAULT_CORRUPT, "a packed answer");
    }
    answer.code = (enum code)code;
    for (unsigned i = 0; i < answer.opening_count; i++) {
        answer.opening[i] = get_disclosure(packing, i, cursor);
    }
    answer.entry = get_entry(packing, &answer, cursor);
    if (cursor->failed || packing->text.failed) {
        return outcome_fail(FAULT_CORRUPT, "a packed answer");
    }
    *ret_answer = answer;
    return OUTCOME_OK;
}
