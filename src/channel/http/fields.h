/*
 * Purpose: what the values of request fields mean: media types, what the client accepts, its
 * language. Pure.
 * Source: RFC 9110 sections 8.3.1 (media type), 12.4.2 (weights), 12.5.1 (Accept), 12.5.4
 * (Accept-Language), 12.5.3 of its registry left alone.
 */
#ifndef DANCU_CHANNEL_HTTP_FIELDS_H
#define DANCU_CHANNEL_HTTP_FIELDS_H

#include "base/bytes.h"

/* People read Vietnamese first, English second (design.md section 4). */
enum language { LANGUAGE_VI, LANGUAGE_EN, LANGUAGE_COUNT };

/* "vi", "en". */
const char *language_tag(enum language language);

/* The language of the highest weight; Vietnamese when neither or both are. */
enum language fields_language(struct view accept_language);

/* Whether Accept (absent: data NULL) permits `type`, e.g. application/json, exactly or by range. */
bool fields_accepts(struct view accept, struct view type);

/* Whether Content-Type is `type`, with no parameter but charset=utf-8. */
bool fields_type_is(struct view content_type, struct view type);

/* Whether If-None-Match (absent: data NULL) names `etag` (with its quotes), or is `*`: the client
 * has this already. Compared weakly, as RFC 9110 section 13.1.2 wants. */
bool fields_has_etag(struct view if_none_match, struct view etag);

#endif
