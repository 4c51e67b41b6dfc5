/*
 * One request to the desk, on a connection of its own.
 */
#include "cli/desk_post.h"

#include "base/ceilings.h"
#include "cli/cli.h"
#include "cli/https.h"

#include <stdio.h>

static struct outcome connect_to(const struct desk_order *order, struct https **ret_https)
{
    const struct https_files files = {.ca = order->ca, .cert = order->cert, .key = order->key};
    char url[HTTPS_URL_BYTES_MAX];

    if (snprintf(url, sizeof(url), "https://%s/v1", order->address) >= (int)sizeof(url)) {
        return outcome_fail(FAULT_BAD_INPUT, "the address is too long");
    }
    return https_new(url, &files, ret_https);
}

int desk_post(const struct desk_order *order, struct view jws)
{
    struct https *https = NULL;
    unsigned status = 0;
    BUF_AUTO body;

    buf_init(&body, HTTP_RESPONSE_BYTES_MAX);
    struct outcome outcome = connect_to(order, &https);
    if (outcome_ok(outcome)) {
        outcome = https_ask(https, "acts", jws, &status, &body);
    }
    https_free(https);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", order->address, outcome.what);
        return EXIT_BAD;
    }
    printf("%.*s\n", (int)body.len, (const char *)body.data);
    if (status / 100 != 2) {
        cli_complain("%s: refused (%u)", order->address, status);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

struct outcome desk_get(const struct desk_order *order, const char *path, struct buf *ret_body)
{
    struct https *https = NULL;

    TRY(connect_to(order, &https));
    struct outcome outcome = https_fetch(https, path, ret_body);
    https_free(https);
    return outcome;
}
