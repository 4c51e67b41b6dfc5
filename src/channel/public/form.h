/*
 * Purpose: what a query or a form's body says (application/x-www-form-urlencoded, WHATWG URL
 * section 5). Pure. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_FORM_H
#define DANCU_CHANNEL_PUBLIC_FORM_H

#include "base/bytes.h"

/* Appends a value as text; false: it is none, or longer than the buf takes. */
bool form_decode(struct view value, struct buf *ret_text);
/* Appends the value of a name that stands there once; others are passed over. False: it is not
 * there, or more than once, or no text. */
bool form_get(struct view form, const char *name, struct buf *ret_text);
/* Whether the name stands there. */
bool form_has(struct view form, const char *name);
/* Whether nothing but these two stands there, each once. */
bool form_only(struct view form, const char *first, const char *second);

#endif
