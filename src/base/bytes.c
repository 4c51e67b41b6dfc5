/*
 * Views that borrow bytes and bufs that own them.
 *
 * Invariants
 *  1. buf->len <= buf->cap <= buf->max; data is NULL only while cap is 0.
 *  2. A failed buf keeps what it held and takes nothing more until buf_reset().
 *  3. No function here reads through a NULL pointer, even for a length of zero.
 */
#include "base/bytes.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUF_FIRST_BYTES 64

struct view view_text(const char *text)
{
    return text == NULL ? (struct view){0} : view_of(text, strlen(text));
}

bool view_equal(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int view_compare(struct view a, struct view b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

struct view view_part(struct view a, size_t from, size_t len)
{
    CHECK(from <= a.len);
    CHECK(len <= a.len - from);
    return from == 0 ? view_of(a.data, len) : view_of(a.data + from, len);
}

bool view_starts(struct view a, struct view prefix)
{
    return a.len >= prefix.len && view_equal(view_part(a, 0, prefix.len), prefix);
}

size_t view_find(struct view a, size_t from, uint8_t byte)
{
    if (from >= a.len) {
        return a.len;
    }
    const uint8_t *found = memchr(a.data + from, byte, a.len - from);
    return found == NULL ? a.len : (size_t)(found - a.data);
}

size_t view_search(struct view a, size_t from, struct view text)
{
    CHECK(text.len > 0);
    if (from >= a.len) {
        return a.len;
    }
    const uint8_t *found = memmem(a.data + from, a.len - from, text.data, text.len);
    return found == NULL ? a.len : (size_t)(found - a.data);
}

static bool buf_sane(const struct buf *buf)
{
    return buf->len <= buf->cap && buf->cap <= buf->max && (buf->data != NULL || buf->cap == 0);
}

void buf_init(struct buf *buf, size_t max)
{
    CHECK(max > 0);
    *buf = (struct buf){.max = max};
}

void buf_done(struct buf *buf)
{
    if (buf == NULL) {
        return;
    }
    memory_free(buf->data);
    *buf = (struct buf){0};
}

void buf_reset(struct buf *buf)
{
    CHECK(buf_sane(buf));
    buf->len = 0;
    buf->failed = false;
    buf->starved = false;
}

struct outcome buf_check(const struct buf *buf)
{
    CHECK(buf_sane(buf));
    if (!buf->failed) {
        return OUTCOME_OK;
    }
    return buf->starved ? outcome_fail(FAULT_NO_MEMORY, "buffer")
                        : outcome_fail(FAULT_OVER_LIMIT, "buffer ceiling");
}

struct view buf_view(const struct buf *buf)
{
    CHECK(buf_sane(buf));
    return view_of(buf->data, buf->len);
}

/* Capacity that holds `need` bytes: doubled, so that appending n bytes copies O(n) of them. */
static size_t buf_cap_for(const struct buf *buf, size_t need)
{
    size_t cap = buf->cap == 0 ? BUF_FIRST_BYTES : buf->cap;

    while (cap < need) {
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    }
    return cap < buf->max ? cap : buf->max;
}

/* False, and the buf failed, when `len` more bytes do not fit. */
static bool buf_reserve(struct buf *buf, size_t len)
{
    CHECK(buf->max > 0); /* somebody forgot buf_init() */
    if (buf->failed) {
        return false;
    }
    if (len > buf->max - buf->len) {
        buf->failed = true;
        return false;
    }
    if (buf->data != NULL && len <= buf->cap - buf->len) {
        return true;
    }
    size_t cap = buf_cap_for(buf, buf->len + len);
    uint8_t *data = memory_resize(buf->data, cap, 1);
    if (data == NULL) {
        buf->failed = true;
        buf->starved = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    CHECK(buf_sane(buf)); /* invariant 1 */
    return true;
}

uint8_t *buf_claim(struct buf *buf, size_t len)
{
    /* Nearly always there is room already: invariant 1 says that it is below the ceiling. */
    bool room = !buf->failed && buf->data != NULL && len <= buf->cap - buf->len;
    if (!room && !buf_reserve(buf, len)) {
        return NULL;
    }
    uint8_t *place = buf->data + buf->len;
    buf->len += len;
    return place;
}

void buf_consume(struct buf *buf, size_t len)
{
    CHECK(len <= buf->len);
    if (len == 0) {
        return;
    }
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
}

void buf_cut(struct buf *buf, size_t len)
{
    CHECK(len <= buf->len);
    buf->len = len;
}

/* True when `data` lies in the buf's own block, which growing would move away under the copy. */
static bool is_own_block(const struct buf *buf, const void *data)
{
    return (uintptr_t)data - (uintptr_t)buf->data < buf->cap;
}

void buf_put(struct buf *buf, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }
    CHECK(!is_own_block(buf, data));
    uint8_t *place = buf_claim(buf, len);
    if (place != NULL) {
        memcpy(place, data, len);
    }
}

void buf_put_view(struct buf *buf, struct view view)
{
    buf_put(buf, view.data, view.len);
}

/* The low `len` bytes of `value`, big-endian. */
static void put_integer(struct buf *buf, uint64_t value, size_t len)
{
    uint8_t *place = buf_claim(buf, len);

    if (place == NULL) {
        return;
    }
    for (size_t i = len; i > 0; i--) {
        place[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

void buf_put_u8(struct buf *buf, uint8_t value)
{
    put_integer(buf, value, 1);
}

void buf_put_u16(struct buf *buf, uint16_t value)
{
    put_integer(buf, value, 2);
}

void buf_put_u32(struct buf *buf, uint32_t value)
{
    put_integer(buf, value, 4);
}

void buf_put_u64(struct buf *buf, uint64_t value)
{
    put_integer(buf, value, 8);
}

void buf_put_zeros(struct buf *buf, size_t len)
{
    uint8_t *place = buf_claim(buf, len);

    if (place != NULL) {
        memset(place, 0, len);
    }
}

size_t decimal_write(char ret_text[DECIMAL_LEN_MAX], uint64_t value)
{
    char digits[DECIMAL_LEN_MAX];
    size_t at = sizeof(digits);

    do {
        at--;
        digits[at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(ret_text, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

void buf_put_decimal(struct buf *buf, uint64_t value)
{
    char digits[DECIMAL_LEN_MAX];

    buf_put(buf, digits, decimal_write(digits, value));
}

void hex_write(char *ret_text, struct view bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        ret_text[2 * i] = digits[bytes.data[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
}

void buf_put_hex(struct buf *buf, struct view bytes)
{
    if (bytes.len > buf->max) { /* so that the doubled length cannot overflow */
        buf->failed = true;
        return;
    }
    uint8_t *place = buf_claim(buf, bytes.len * 2);
    if (place != NULL) {
        hex_write((char *)place, bytes);
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    /* Nearly always there is room already: one pass, which writes a terminator behind the text. */
    char *spare = buf->data == NULL ? NULL : (char *)buf->data + buf->len;
    size_t room = buf->cap - buf->len;
    va_list first;
    va_start(first, format);
    int len = buf->failed ? 0 : vsnprintf(spare, room, format, first);
    va_end(first);
    CHECK(len >= 0);

    if (buf->failed || (size_t)len < room) {
        buf->len += (size_t)len;
        return;
    }
    /* The terminator is cut off again. */
    char *place = (char *)buf_claim(buf, (size_t)len + 1);
    if (place == NULL) {
        return;
    }
    va_list again;
    va_start(again, format);
    int written = vsnprintf(place, (size_t)len + 1, format, again);
    va_end(again);
    CHECK(written == len);
    buf->len--;
}

void buf_put_block16(struct buf *buf, struct view view)
{
    if (view.len > UINT16_MAX) {
        buf->failed = true;
        return;
    }
    buf_put_u16(buf, (uint16_t)view.len);
    buf_put_view(buf, view);
}

void buf_put_block32(struct buf *buf, struct view view)
{
    if (view.len > UINT32_MAX) {
        buf->failed = true;
        return;
    }
    buf_put_u32(buf, (uint32_t)view.len);
    buf_put_view(buf, view);
}

void buf_patch_u32(struct buf *buf, size_t at, uint32_t value)
{
    if (buf->failed) { /* what was to be patched may not have been written */
        return;
    }
    CHECK(buf->len >= 4 && at <= buf->len - 4);
    for (size_t i = 0; i < 4; i++) {
        buf->data[at + i] = (uint8_t)(value >> (24 - 8 * i));
    }
}
