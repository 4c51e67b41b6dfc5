/*
 * Purpose: the check of letters for anybody who holds one: `POST /v1/letters/verify` for programs
 * and `GET /letters` for people, whose address stands in a letter's QR code. What is told is
 * whether the letter is genuine, its date and who has issued it; never what stands in it. Owner:
 * the public process has one. Source: issue "Written requests", item 5; decision 0057.
 */
#ifndef DANCU_CHANNEL_PUBLIC_LETTERS_H
#define DANCU_CHANNEL_PUBLIC_LETTERS_H

#include "base/leak.h"
#include "base/memory.h"
#include "channel/link/link.h"
#include "channel/link/pending.h"
#include "channel/texts/texts.h"
#include "proc/checking.h"

struct public_letters {
    struct texts *texts; /* borrowed, as the next two */
    struct link *link;
    struct view page_policy; /* of the page's content */
    struct clock_port clock;
    struct pending pending;
    bool as_page[LETTER_CHECKS_PENDING_MAX]; /* by place: a page is wanted, not JSON */
    struct leak rate;
    uint16_t owner; /* the next one's */
    struct arena arena;
};

struct outcome letters_init(struct public_letters *letters, struct texts *texts, struct link *link,
                            struct view page_policy);
void letters_done(struct public_letters *letters);
bool letters_has(struct view path);
/* Of a request to such a path: answers what is wrong with its head, or lets it come. */
void letters_on_head(struct public_letters *letters, struct http_exchange *exchange);
void letters_on_request(struct public_letters *letters, struct http_exchange *exchange);
void letters_on_gone(struct public_letters *letters, const struct http_exchange *exchange);
/* What the core says; a failure breaks its pipe. */
struct outcome letters_take(struct public_letters *letters, const struct frame *frame);
/* The pipe is lost: who waits is refused. */
void letters_on_lost(struct public_letters *letters);

#endif
