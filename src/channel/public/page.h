/*
 * Purpose: the one static page of the public listener, and the frame that all its pages have.
 * Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_PAGE_H
#define DANCU_CHANNEL_PUBLIC_PAGE_H

#include "base/bytes.h"

/* Appends the page; `origin` names the log. */
void public_page_put(struct buf *buf, struct view origin);
/* What stands before and behind the content of any page; the title is ours. */
void public_page_open(struct buf *buf, const char *title);
void public_page_close(struct buf *buf);
/* Text as HTML, in content and in quoted attributes. */
void public_escaped_put(struct buf *buf, struct view text);
/* Appends the Content-Security-Policy that allows the pages' own style sheet, forms that lead to
 * `forms` ("'none'", "'self'"), and nothing else. */
struct outcome public_page_policy_put(struct buf *buf, const char *forms);

#endif
