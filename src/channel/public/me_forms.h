/*
 * Purpose: what a citizen can do on his pages, as rows: which verb, which values go with it, in
 * which words it is offered. What a verb means, the core knows (I4). Pure. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_ME_FORMS_H
#define DANCU_CHANNEL_PUBLIC_ME_FORMS_H

#include "base/bytes.h"

struct me_form;
/* NULL: it is not for these pages. */
const struct me_form *me_form_find(struct view verb);
struct view me_form_verb(const struct me_form *form);
/* Appends the verb's body, canonical JSON, from a form that came (form.h): its values that are
 * there and not empty. False: one of them is no text, or longer than it may be. */
bool me_form_body(const struct me_form *form, struct view came, struct buf *ret_json);
/* Appends all forms that stand on the page by themselves, under their headings. */
void me_forms_put(struct buf *buf, struct view csrf);
/* Appends the form of a verb with one value that is set: a row's proof, the next page. `of`, which
 * may be empty, ends the button's name: no two of a page have the same. */
void me_form_put_set(struct buf *buf, struct view csrf, const char *verb, const char *name,
                     struct view value, const char *vi, const char *en, struct view of);
/* Appends a form that carries nothing, to another address: signing out. */
void me_form_put_plain(struct buf *buf, struct view csrf, const char *action, const char *vi,
                       const char *en);

#endif
