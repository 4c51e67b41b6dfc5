/*
 * Purpose: the public process with other limits, for tests. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_PRIVATE_H
#define DANCU_CHANNEL_PUBLIC_PRIVATE_H

#include "channel/http/http.h"
#include "channel/public/public.h"

int public_serve(struct child *child, const struct http_limits *limits);
struct http_limits public_limits(void);

#endif
