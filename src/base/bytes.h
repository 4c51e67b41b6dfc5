/*
 * Purpose: text and bytes that carry their length.
 *
 *   view    borrows bytes; valid as long as its owner says.
 *   buf     owns a growing block with a ceiling; writers append, and the first append that does
 *           not fit (ceiling or memory) marks it failed. Appends after that do nothing. Whoever
 *           filled a buf asks buf_check() once before using the content.
 *   cursor  reads foreign bytes in order; the first read past the end marks it failed, and every
 *           read after that gives zeros. Whoever parsed asks cursor_end() once before believing
 *           anything that was read (a value that steers a loop or a size is checked at once).
 *
 * Integers on the wire and on disk are big-endian.
 */
#ifndef DANCU_BASE_BYTES_H
#define DANCU_BASE_BYTES_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const uint8_t *data;
    size_t len;
};

#define VIEW_LITERAL(text) ((struct view){(const uint8_t *)(text), sizeof(text) - 1})

static inline struct view view_of(const void *data, size_t len)
{
    return (struct view){(const uint8_t *)data, len};
}

/* Of a NUL-terminated string; NULL gives the empty view. */
struct view view_text(const char *text);
bool view_equal(struct view a, struct view b);
/* Of rows that are looked through nearly all differ in their first byte. */
static inline bool view_is(struct view a, const char *text)
{
    bool differs = a.len > 0 && (text == NULL || a.data[0] != (uint8_t)text[0]);

    return !differs && view_equal(a, view_text(text));
}
/* <0, 0, >0 in byte order; a prefix sorts first. */
int view_compare(struct view a, struct view b);
/* Part of a view; asserts that it lies inside. */
struct view view_part(struct view a, size_t from, size_t len);
bool view_starts(struct view a, struct view prefix);
/* Index of the first `byte` at or after `from`; a.len when there is none. */
size_t view_find(struct view a, size_t from, uint8_t byte);
/* Likewise of a text of at least one byte. */
size_t view_search(struct view a, size_t from, struct view text);

struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max; /* ceiling in bytes */
    bool failed;
    bool starved; /* it failed for want of memory, not for the ceiling */
};

/* Empty, allocates nothing yet; max > 0. */
void buf_init(struct buf *buf, size_t max);
/* Frees; accepts NULL and zeroed; leaves it zeroed. */
void buf_done(struct buf *buf);
/* Forgets content and failure, keeps the memory. */
void buf_reset(struct buf *buf);
/* FAULT_OVER_LIMIT or FAULT_NO_MEMORY when an append did not fit. */
struct outcome buf_check(const struct buf *buf);
struct view buf_view(const struct buf *buf);
/* Room for `len` more bytes, already counted in buf->len, to be written by the caller; NULL when
 * it does not fit (the buf is then failed). */
uint8_t *buf_claim(struct buf *buf, size_t len);
/* Drops the first `len` bytes (asserts len <= buf->len). */
void buf_consume(struct buf *buf, size_t len);
/* Cuts back to `len` bytes (asserts len <= buf->len). */
void buf_cut(struct buf *buf, size_t len);
void buf_put(struct buf *buf, const void *data, size_t len);
void buf_put_view(struct buf *buf, struct view view);
/* Of a NUL-terminated string; NULL puts nothing. Here, so that of a literal no length is counted.
 */
static inline void buf_put_text(struct buf *buf, const char *text)
{
    if (text != NULL) {
        buf_put(buf, text, strlen(text));
    }
}
void buf_put_u8(struct buf *buf, uint8_t value);
void buf_put_u16(struct buf *buf, uint16_t value);
void buf_put_u32(struct buf *buf, uint32_t value);
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_zeros(struct buf *buf, size_t len);
void buf_put_decimal(struct buf *buf, uint64_t value);
void buf_put_hex(struct buf *buf, struct view bytes); /* lower case */
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *buf, const char *format, ...);
/* u16 or u32 length, then the bytes. */
void buf_put_block16(struct buf *buf, struct view view);
void buf_put_block32(struct buf *buf, struct view view);
/* Overwrites 4 bytes at `at`, which were written before (asserts so). */
void buf_patch_u32(struct buf *buf, size_t at, uint32_t value);
/* Frees at scope end. */
#define BUF_AUTO __attribute__((cleanup(buf_done))) struct buf

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct cursor cursor_of(struct view view);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
struct view cursor_view(struct cursor *cursor, size_t len);
struct view cursor_block16(struct cursor *cursor); /* u16 length, then bytes */
struct view cursor_block32(struct cursor *cursor);
void cursor_copy(struct cursor *cursor, void *ret_data, size_t len);
size_t cursor_left(const struct cursor *cursor);
/* Up to and without `byte`, which is consumed; fails when it is not there. */
struct view cursor_until(struct cursor *cursor, uint8_t byte);
/* Ok when nothing failed and nothing is left over. */
struct outcome cursor_end(const struct cursor *cursor, const char *what);

/* Base64 (RFC 4648): url = unpadded base64url, std = padded standard. Encoders append. Decoders are
 * strict: canonical only, no white space; FAULT_BAD_INPUT otherwise. */
void base64url_put(struct buf *buf, struct view bytes);
void base64std_put(struct buf *buf, struct view bytes);
/* Exactly BASE64URL_LEN(len) characters into `ret_text`, no terminator. The bytes may be the last
 * ones of that place: they are read before they are written over. */
#define BASE64URL_LEN(n) (((n)*4 + 2) / 3)
void base64url_write(char *ret_text, struct view bytes);
struct outcome base64url_get(struct view text, struct buf *ret_bytes);
struct outcome base64std_get(struct view text, struct buf *ret_bytes);
/* Exactly 2*len hex digits, lower case; written without a terminator. */
void hex_write(char *ret_text, struct view bytes);
struct outcome hex_get(struct view text, void *ret_bytes, size_t len);

/* Decimal digits without a terminator; gives how many. */
#define DECIMAL_LEN_MAX 20 /* 2^64 - 1 */
size_t decimal_write(char ret_text[DECIMAL_LEN_MAX], uint64_t value);
/* Decimal without sign, leading zeros or overflow; FAULT_BAD_INPUT otherwise. */
struct outcome decimal_get(struct view text, uint64_t max, uint64_t *ret_value);

/* CRC32C (Castagnoli; RFC 3720 appendix B.4), of `bytes` continued from `crc` (0 at first). */
uint32_t crc32c(uint32_t crc, struct view bytes);
/* The same without the processor's instruction: what crc32c() falls back to; for tests. */
uint32_t crc32c_portable(uint32_t crc, struct view bytes);

/* True when the bytes are well-formed UTF-8 (RFC 3629): no overlong form, no surrogate. */
bool utf8_valid(struct view text);

#endif
