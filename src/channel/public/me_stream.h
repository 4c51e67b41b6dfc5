/*
 * Purpose: a citizen's statement as one file: the parts that the core gives over his session, one
 * after the other, as they fit into his connection. Private to channel/public/.
 * Owner: struct public_me has the streams. Source: docs/map.md, decision 0068.
 */
#ifndef DANCU_CHANNEL_PUBLIC_ME_STREAM_H
#define DANCU_CHANNEL_PUBLIC_ME_STREAM_H

#include "channel/public/me.h"

/* Asks for the statement, `asked` with its session and the body of the first part; the exchange is
 * answered with the file, or by `refused` when the core gives none. `sheet` NULL: all its lines;
 * else that sheet of it, as a PDF. */
void me_stream_begin(struct public_me *me, struct http_exchange *exchange,
                     const struct own_asked *asked, me_told *refused, const struct me_sheet *sheet);
/* So many bytes have left. */
void me_stream_on_room(struct public_me *me, const struct http_exchange *exchange, size_t bytes);
/* A turn of the loop: asks for what there was no room for. */
void me_stream_on_turn(struct public_me *me);
/* Forgets the exchange; false: it is no stream's. */
bool me_stream_on_gone(struct public_me *me, const struct http_exchange *exchange);
/* The exchange is one whose file has begun: what has left of it must not look whole. */
bool me_stream_break(struct public_me *me, struct http_exchange *exchange);

#endif
