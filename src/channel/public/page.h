/*
 * Purpose: the one static page of the public listener. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_PAGE_H
#define DANCU_CHANNEL_PUBLIC_PAGE_H

#include "base/bytes.h"

/* Appends the page; `origin` names the log. */
void public_page_put(struct buf *buf, struct view origin);
/* Appends the Content-Security-Policy that allows the page's own style sheet and nothing else. */
struct outcome public_page_policy_put(struct buf *buf);

#endif
