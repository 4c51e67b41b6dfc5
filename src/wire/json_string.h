/*
 * Purpose: the escapes of JSON strings, read; private to wire/ (json.c).
 * Source: RFC 8259 section 7.
 */
#ifndef DANCU_WIRE_JSON_STRING_H
#define DANCU_WIRE_JSON_STRING_H

#include "base/bytes.h"

/* Decodes what stands between the quotes; every backslash in `raw` has a byte after it (asserted).
 * Writes at most raw.len bytes. False: a bad escape stands at *ret_bad_at. */
bool json_unescape(struct view raw, uint8_t *ret_bytes, size_t *ret_len, size_t *ret_bad_at);

#endif
