/*
 * Purpose: the pages on which a citizen sees his own data, and who has seen them with each row's
 * proof, asks for a correction, has his phone, and signs out: Vietnamese first, English second,
 * without script. What is shown is what the core has told, member by member; which members there
 * are, these pages do not know (I4). Pure. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_ME_PAGE_H
#define DANCU_CHANNEL_PUBLIC_ME_PAGE_H

#include "base/bytes.h"
#include "base/memory.h"

#define ME_PAGE_ARENA_BYTES (2u << 20)

/* `csrf`: what the forms bring back (cookies.h). `json`: what was told, an object, of which the
 * member `result` is shown when there is one; empty: nothing was asked yet, or it was refused.
 * `why`: then in words; else empty. */
struct me_page {
    struct view csrf;
    struct view json;
    struct view why_vi;
    struct view why_en;
};
void me_page_put(struct buf *buf, const struct me_page *page, struct arena *arena);
/* What a member or a word is called, in Vietnamese alone, where nothing can be marked as English.
 */
void me_page_label_plain_put(struct buf *buf, struct view name);

#endif
