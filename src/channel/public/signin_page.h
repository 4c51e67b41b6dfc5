/*
 * Purpose: the page on which a citizen chooses the portal to sign in over, and is told when that
 * did not go well. Pure. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_SIGNIN_PAGE_H
#define DANCU_CHANNEL_PUBLIC_SIGNIN_PAGE_H

#include "proc/signin.h"

/* `code`: SIGNIN_DONE: nothing is to be told. */
void signin_page_put(struct buf *buf, const struct signin_providers *providers,
                     enum signin_code code);

#endif
