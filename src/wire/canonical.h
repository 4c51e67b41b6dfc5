/*
 * Purpose: canonical JSON (RFC 8785) looked at where it stands, without a tree and without memory:
 * is it that, and what are its parts. For values that were written by us or are checked here.
 *
 * Narrower than the RFC, as our formats are: integers of at most 15 digits, and members' names of
 * visible ASCII without escapes, in the order of their bytes.
 */
#ifndef DANCU_WIRE_CANONICAL_H
#define DANCU_WIRE_CANONICAL_H

#include "base/bytes.h"

/* The whole text is one canonical value, with at most so many containers in each other. */
bool canonical_valid(struct view text, unsigned depth_max);

/* What follows asserts that the value is of its kind, and reads nothing right from one that
 * canonical_valid() has not seen. */

/* Walks over an object's members from *at, 0 at first; false when there is none left. */
bool canonical_next_member(struct view object, size_t *at, struct view *ret_name,
                           struct view *ret_value);
/* Likewise over an array's items. */
bool canonical_next_item(struct view array, size_t *at, struct view *ret_value);
/* Value of the member of that name; empty when there is none. */
struct view canonical_member(struct view object, const char *name);
/* Is it a string? */
bool canonical_is_text(struct view value);
/* What a string says; at most value.len bytes into `ret_text`. */
struct view canonical_text(struct view value, uint8_t *ret_text);

#endif
