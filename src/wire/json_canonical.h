/*
 * Purpose: canonical JSON (RFC 8785, "JCS") of a document that was read: what digests are taken of.
 * Restricted to strings, integers, booleans, null, arrays and objects (formats.md).
 */
#ifndef DANCU_WIRE_JSON_CANONICAL_H
#define DANCU_WIRE_JSON_CANONICAL_H

#include "wire/json.h"

/* Appends the canonical form of a value. FAULT_BAD_INPUT: a number with fraction or exponent;
 * FAULT_OVER_LIMIT: the buf's ceiling. */
struct outcome json_put_canonical(struct buf *buf, const struct json_node *node);

#endif
