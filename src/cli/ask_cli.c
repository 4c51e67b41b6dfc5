/*
 * `dancu ask`: one ask to the machine listener, as an organisation's system would send it. The body
 * comes from a file or by a pipe, so that no personal data stands in the list of processes.
 */
#include "base/ceilings.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/https.h"
#include "cli/receipt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *service;
    const char *path;
} addresses[] = {
    {"citizen.lookup", "lookup"},
    {"citizen.verify", "verify"},
    {"household.lookup", "household"},
    {"id.map", "id-map"},
    {"relative.verify", "relatives/verify"},
    {"notice.extract", "notice"},
};
#define ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

enum { ASK_TO, ASK_CERT, ASK_KEY, ASK_CA, ASK_IDEMPOTENCY_KEY, ASK_VKEY, ASK_OPTIONS };
#define STATUS_DISCLOSED 200

static const char *path_of(const char *service)
{
    for (size_t i = 0; i < ADDRESSES; i++) {
        if (strcmp(service, addresses[i].service) == 0) {
            return addresses[i].path;
        }
    }
    return NULL;
}

/* A file, or `-`: what comes in. */
static struct outcome read_body(const char *file, struct buf *ret_body)
{
    uint8_t piece[4096];
    ssize_t got = 0;
    if (strcmp(file, "-") != 0) {
        TRY(files_read(file, ret_body));
    } else {
        while ((got = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
            buf_put(ret_body, piece, (size_t)got);
        }
    }
    if (got < 0 || ret_body->len == 0) {
        return outcome_fail(FAULT_IO, "there is no ask to read");
    }
    return buf_check(ret_body);
}

static struct outcome post(const struct cli_option *options, const char *path, struct view body,
                           unsigned *ret_status, struct buf *ret_answer)
{
    const struct https_files files = {.ca = options[ASK_CA].value,
                                      .cert = options[ASK_CERT].value,
                                      .key = options[ASK_KEY].value};
    const struct https_body sent = {.type = "application/json",
                                    .bytes = body,
                                    .idempotency_key = options[ASK_IDEMPOTENCY_KEY].value};
    struct https *https = NULL;
    char url[HTTPS_URL_BYTES_MAX];
    if (snprintf(url, sizeof(url), "https://%s/v1", options[ASK_TO].value) >= (int)sizeof(url)) {
        return outcome_fail(FAULT_BAD_INPUT, "the address is too long");
    }
    TRY(https_new(url, &files, &https));
    struct outcome outcome = https_post(https, path, &sent, ret_status, ret_answer);
    https_free(https);
    return outcome;
}

/* The receipt that came with it, with the log's key that was got by another way. */
static int verify(const char *vkey_file, struct view answer)
{
    struct receipt_report report = {0};
    BUF_AUTO vkey;
    buf_init(&vkey, KEY_FILE_BYTES_MAX);
    struct outcome outcome = files_read(vkey_file, &vkey);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", vkey_file, outcome.what);
        return EXIT_BAD;
    }
    struct view line = buf_view(&vkey);
    line.len = view_find(line, 0, '\n');
    struct receipt_files files = {.file = answer, .vkey = line};
    if (!outcome_ok(receipt_verify(&files, &report))) {
        cli_complain("the answer's receipt: %s", report.why);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

static int ask(const char *path, const char *file, const struct cli_option *options)
{
    unsigned status = 0;
    BUF_AUTO body;
    BUF_AUTO answer;
    buf_init(&body, ASK_BODY_BYTES_MAX);
    buf_init(&answer, HTTP_RESPONSE_BYTES_MAX);
    struct outcome outcome = read_body(file, &body);
    if (outcome_ok(outcome)) {
        outcome = post(options, path, buf_view(&body), &status, &answer);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("ask: %s", outcome.what);
        return EXIT_BAD;
    }
    printf("%.*s\n", (int)answer.len, (const char *)answer.data);
    if (status != STATUS_DISCLOSED) {
        cli_complain("%s: refused (%u)", options[ASK_TO].value, status);
        return EXIT_BAD;
    }
    const char *vkey = options[ASK_VKEY].value;
    return vkey == NULL ? EXIT_GOOD : verify(vkey, buf_view(&answer));
}

int ask_cli(int argc, char **argv)
{
    struct cli_option options[ASK_OPTIONS] = {{.name = "to"},
                                              {.name = "cert"},
                                              {.name = "key"},
                                              {.name = "ca"},
                                              {.name = "idempotency-key"},
                                              {.name = "vkey"}};
    const char *words[2] = {NULL, NULL};
    unsigned count = 0;
    bool read = cli_options(argc, argv, options, ASK_OPTIONS, words, 2, &count) && count == 2;
    const char *path = read ? path_of(words[0]) : NULL;
    if (path == NULL || options[ASK_TO].value == NULL || options[ASK_CERT].value == NULL ||
        options[ASK_KEY].value == NULL) {
        cli_complain("usage: dancu ask SERVICE FILE|- --to HOST:PORT --cert FILE --key FILE "
                     "[--ca FILE] [--idempotency-key KEY] [--vkey FILE]");
        for (size_t i = 0; read && i < ADDRESSES; i++) {
            cli_complain("  %s", addresses[i].service);
        }
        return EXIT_USAGE;
    }
    return ask(path, words[1], options);
}
