/*
 * Purpose: PDF's objects as far as signatures need them: where a value begins and ends, what a
 * dictionary has under a name. Nothing is resolved or decoded. Private to wire/.
 * Source: ISO 32000-2, 7.2 and 7.3. The text is anybody's: every step is bounded by its length, and
 * nesting by PDF_DEPTH_MAX.
 */
#ifndef DANCU_WIRE_PDF_OBJECT_H
#define DANCU_WIRE_PDF_OBJECT_H

#include "base/bytes.h"
#include "base/ceilings.h"

struct pdf_reader {
    struct view text;
    size_t at; /* <= text.len */
};

struct pdf_reader pdf_reader_at(struct view text, size_t at);
/* White space and comments. */
void pdf_skip_space(struct pdf_reader *reader);
/* Exactly that text; false, and nothing read, when something else stands there. */
bool pdf_skip(struct pdf_reader *reader, const char *text);
/* Digits, without leading zeros. */
bool pdf_read_number(struct pdf_reader *reader, uint64_t max, uint64_t *ret_number);
/* One value of any kind (a reference is one), without the space before it. */
bool pdf_read_value(struct pdf_reader *reader, struct view *ret_value);
/* The next entry of a dictionary whose `<<` was read. False: `>>` was read, or *ret_good is. */
bool pdf_read_entry(struct pdf_reader *reader, bool *ret_good, struct view *ret_name,
                    struct view *ret_value);

/* How many entries of that name a dictionary (with its brackets) has, the last one's value; -1: it
 * cannot be read. The name stands without its slash, and is compared as written. */
int pdf_dict_find(struct view dict, const char *name, struct view *ret_value);
/* That it has exactly one. */
bool pdf_dict_get(struct view dict, const char *name, struct view *ret_value);
/* `N 0 R` and nothing else. */
bool pdf_reference_get(struct view value, uint32_t *ret_number);

#endif
