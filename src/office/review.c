/*
 * Reviews: stored bytes of draws, reviews, case files and confirmations; what is drawn; states.
 *
 * Invariant: what is stored decodes to what it was; references are to what is there.
 */
#include "office/review.h"

#include "base/check.h"
#include "gate/fees.h"
#include "office/object.h"

#include <string.h>

#define REVIEW_VERSION 1 /* of each of the four forms */

bool draw_takes(const uint8_t seed[DRAW_SEED_BYTES], uint64_t one_in, uint64_t index)
{
    uint8_t text[DRAW_SEED_BYTES + 8];
    uint8_t hash[SEAL_HASH_BYTES];
    uint64_t first = 0;
    CHECK(one_in > 0);
    memcpy(text, seed, DRAW_SEED_BYTES);
    for (unsigned i = 0; i < 8; i++) {
        text[DRAW_SEED_BYTES + i] = (uint8_t)(index >> (56 - 8 * i));
    }
    seal_sha256(view_of(text, sizeof(text)), hash);
    for (unsigned i = 0; i < 8; i++) {
        first = first << 8 | hash[i];
    }
    return first <= UINT64_MAX / one_in;
}

enum review_state office_review_next(enum review_state state, enum review_event event)
{
#define NO REVIEW_STATE_COUNT
    static const enum review_state next[REVIEW_STATE_COUNT][REVIEW_EVENT_COUNT] = {
        /*                     answer            lapse           confirm           object */
        [REVIEW_ASKED] = {REVIEW_ANSWERED, REVIEW_LAPSED, NO, NO},
        [REVIEW_ANSWERED] = {NO, NO, REVIEW_CONFIRMED, REVIEW_OBJECTED},
        [REVIEW_LAPSED] = {REVIEW_ANSWERED, NO, NO, REVIEW_OBJECTED},
        [REVIEW_CONFIRMED] = {NO, NO, NO, NO},
        [REVIEW_OBJECTED] = {NO, NO, NO, NO},
    };
#undef NO
    bool known = (unsigned)state < REVIEW_STATE_COUNT && (unsigned)event < REVIEW_EVENT_COUNT;
    return known ? next[state][event] : REVIEW_STATE_COUNT;
}

bool case_file_typed(enum file_type type, struct view bytes)
{
    static const struct {
        const char *bytes;
        size_t len;
    } starts[FILE_TYPE_COUNT] = {
        [FILE_TYPE_PDF] = {"%PDF-", 5},
        [FILE_TYPE_PNG] = {"\x89PNG\r\n\x1a\n", 8},
        [FILE_TYPE_JPEG] = {"\xff\xd8\xff", 3},
    };
    CHECK((unsigned)type < FILE_TYPE_COUNT);
    return view_starts(bytes, view_of(starts[type].bytes, starts[type].len));
}

/* ---- draws ---- */

static void put_draw(const void *object, struct buf *buf)
{
    const struct draw *draw = object;
    buf_put_u8(buf, REVIEW_VERSION);
    buf_put_block16(buf, code_view(&draw->code));
    buf_put_u32(buf, draw->version);
    buf_put(buf, draw->hash, sizeof(draw->hash));
    buf_put(buf, draw->seed, sizeof(draw->seed));
    buf_put_u64(buf, draw->one_in);
}

static struct outcome get_draw(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct draw *draw = ret_object;
    int32_t month = 0;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != REVIEW_VERSION;
    object_get_code(&cursor, &draw->code);
    draw->version = cursor_u32(&cursor);
    cursor_copy(&cursor, draw->hash, sizeof(draw->hash));
    cursor_copy(&cursor, draw->seed, sizeof(draw->seed));
    draw->one_in = cursor_u64(&cursor);
    cursor.failed = cursor.failed || draw->one_in == 0 || draw->one_in > DRAW_ONE_IN_MAX ||
                    !outcome_ok(fees_month_get(code_view(&draw->code), &month));
    return object_get_end(&cursor, "stored draw does not decode");
}

/* ---- reviews ---- */

static void put_review(const void *object, struct buf *buf)
{
    const struct review *review = object;
    buf_put_u8(buf, REVIEW_VERSION);
    buf_put_block16(buf, code_view(&review->code));
    buf_put_u32(buf, review->version);
    buf_put_u8(buf, (uint8_t)review->state);
    buf_put_block16(buf, code_view(&review->business->code));
    buf_put_block16(buf, code_view(&review->ask));
    buf_put_u64(buf, (uint64_t)review->day);
    buf_put_u8(buf, (uint8_t)review->drawn);
    buf_put_block16(buf, long_view(&review->reason));
    buf_put_u64(buf, (uint64_t)review->due_day);
    buf_put(buf, review->file, sizeof(review->file));
    buf_put_block16(buf, long_view(&review->finding));
}

static struct outcome get_review(const struct directory *directory, struct view bytes,
                                 void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct review *review = ret_object;
    cursor.failed = cursor_u8(&cursor) != REVIEW_VERSION;
    object_get_code(&cursor, &review->code);
    review->version = cursor_u32(&cursor);
    review->state = object_get_enum(&cursor, REVIEW_STATE_COUNT);
    review->business = directory_business(directory, cursor_block16(&cursor));
    cursor.failed = cursor.failed || review->business == NULL;
    object_get_code(&cursor, &review->ask);
    review->day = (int64_t)cursor_u64(&cursor);
    review->drawn = object_get_enum(&cursor, DRAWN_COUNT);
    object_get_long(&cursor, &review->reason);
    review->due_day = (int64_t)cursor_u64(&cursor);
    cursor_copy(&cursor, review->file, sizeof(review->file));
    object_get_long(&cursor, &review->finding);
    return object_get_end(&cursor, "stored review does not decode");
}

/* ---- case files ---- */

static void put_case_file(const void *object, struct buf *buf)
{
    const struct case_file *file = object;
    buf_put_u8(buf, REVIEW_VERSION);
    buf_put_block16(buf, code_view(&file->code));
    buf_put_u32(buf, file->version);
    buf_put_block16(buf, code_view(&file->party->code));
    buf_put_u8(buf, (uint8_t)file->type);
    buf_put_block32(buf, view_of(file->bytes, file->len));
}

static struct outcome get_case_file(const struct directory *directory, struct view bytes,
                                    void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct case_file *file = ret_object;
    cursor.failed = cursor_u8(&cursor) != REVIEW_VERSION;
    object_get_code(&cursor, &file->code);
    file->version = cursor_u32(&cursor);
    file->party = object_get_party(&cursor, directory);
    file->type = object_get_enum(&cursor, FILE_TYPE_COUNT);
    struct view content = cursor_block32(&cursor);
    cursor.failed = cursor.failed || content.len == 0 || content.len > CASE_FILE_BYTES_MAX;
    TRY(object_get_end(&cursor, "stored case file does not decode"));
    file->len = (uint32_t)content.len;
    memcpy(file->bytes, content.data, content.len);
    seal_sha256(content, file->hash);
    return OUTCOME_OK;
}

/* ---- confirmations ---- */

static void put_confirmation(const void *object, struct buf *buf)
{
    const struct confirmation *confirmation = object;
    buf_put_u8(buf, REVIEW_VERSION);
    buf_put_block16(buf, code_view(&confirmation->code));
    buf_put_u32(buf, confirmation->version);
    buf_put_block16(buf, code_view(&confirmation->party->code));
    buf_put_block16(buf, code_view(&confirmation->month));
    buf_put_u32(buf, confirmation->confirmed);
    buf_put_u32(buf, confirmation->objected);
    buf_put_u32(buf, confirmation->unanswered);
    buf_put_block16(buf, long_view(&confirmation->finding));
}

static struct outcome get_confirmation(const struct directory *directory, struct view bytes,
                                       void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct confirmation *confirmation = ret_object;
    cursor.failed = cursor_u8(&cursor) != REVIEW_VERSION;
    object_get_code(&cursor, &confirmation->code);
    confirmation->version = cursor_u32(&cursor);
    confirmation->party = object_get_party(&cursor, directory);
    object_get_code(&cursor, &confirmation->month);
    confirmation->confirmed = cursor_u32(&cursor);
    confirmation->objected = cursor_u32(&cursor);
    confirmation->unanswered = cursor_u32(&cursor);
    object_get_long(&cursor, &confirmation->finding);
    return object_get_end(&cursor, "stored confirmation does not decode");
}

/* ---- rows ---- */

const struct object_row object_draw = {
    .name = "draw",
    .plural = "draws",
    OBJECT_LAYOUT(draw),
    OBJECT_OF_STAFF(draws),
    .removable = true,
    .put = put_draw,
    .get = get_draw,
};

const struct object_row object_review = {
    .name = "review",
    .plural = "reviews",
    OBJECT_LAYOUT(review),
    OBJECT_OF_STAFF(reviews),
    .removable = true,
    .put = put_review,
    .get = get_review,
};

const struct object_row object_case_file = {
    .name = "case_file",
    .plural = "case_files",
    OBJECT_LAYOUT(case_file),
    OBJECT_OF_STAFF(case_files),
    .removable = true,
    .put = put_case_file,
    .get = get_case_file,
};

const struct object_row object_confirmation = {
    .name = "confirmation",
    .plural = "confirmations",
    OBJECT_LAYOUT(confirmation),
    OBJECT_OF_STAFF(confirmations),
    .removable = true,
    .put = put_confirmation,
    .get = get_confirmation,
};
