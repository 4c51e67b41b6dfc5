/*
 * Purpose: files fetched over HTTPS, one after the other over one connection. Private to cli/.
 * Source: RFC 9110, RFC 9112. Only what such a fetch needs: GET, an answer that tells its length.
 */
#ifndef DANCU_CLI_HTTPS_H
#define DANCU_CLI_HTTPS_H

#include "base/bytes.h"

#define HTTPS_URL_BYTES_MAX 1024
#define HTTPS_WAIT_S_MAX 30 /* for any byte of an answer */

struct https;

/* `url` is https://HOST[:PORT][/PATH], below which files are fetched; `ca` is a PEM file of whom
 * the server's certificate must be, NULL = this machine's authorities. Connects at the first fetch.
 * FAULT_BAD_INPUT (the URL, or the file), FAULT_NO_MEMORY. */
struct outcome https_new(const char *url, const char *ca, struct https **ret_https);
void https_free(struct https *https);
/* Appends the body of URL/path. FAULT_NOT_FOUND: 404. FAULT_IO, FAULT_CLOSED: no connection, no
 * answer of HTTP/1.1 that tells its length, or any other status. FAULT_OVER_LIMIT: more than
 * ret_bytes holds. */
struct outcome https_fetch(struct https *https, const char *path, struct buf *ret_bytes);

#endif
