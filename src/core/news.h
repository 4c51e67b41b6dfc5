/*
 * Purpose: tells citizens what acts have done to what is theirs: a phone that was bound to them or
 * is no longer theirs, a correction that has moved, an objection or a complaint that has come to
 * its end. Private to core/. Source: issue "Citizens", items 3 to 6; decision 0063.
 */
#ifndef DANCU_CORE_NEWS_H
#define DANCU_CORE_NEWS_H

#include "office/outgoing.h"

struct core;

struct news_item {
    enum inbox_kind kind;
    struct code_text person; /* personal number */
    struct code_text detail;
    struct code_text welcome; /* a phone that officers have bound: it is told, too; else empty */
};
struct news {
    struct news_item items[NEWS_MAX]; /* a ring */
    unsigned first;
    unsigned count;
    /* that have ended: whoever has objected to what they were of is looked for */
    struct code_text reviews[NEWS_REVIEWS_MAX];
    unsigned review_count;
    size_t walked; /* of the complaints, for the first of them */
};

/* Watches what acts do from now on. */
void news_begin(struct core *core);
/* Of the core's loop: one a turn. What the process dies on is not told; it can be seen by a look.
 */
struct outcome news_keep(struct core *core);
bool news_busy(const struct core *core);

#endif
