/*
 * `dancu feed sign FILE|-` and `dancu feed send FILE|-`: changes, one a line, as sets of a source:
 * numbered, signed, printed or sent one after the other to the desk.
 *
 * Invariants
 *  1. A set is sent again, the same to the byte, until it has an answer: the server takes it once.
 *  2. What is not answered as done ends the command; its number is told, and where to go on.
 */
#include "cli/cli.h"

#include "base/ceilings.h"
#include "cli/https.h"
#include "cli/sign.h"
#include "seal/seal.h"
#include "wire/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHANGES_TYPE "dancu-changes+json"
#define PAYLOAD_BYTES_MAX (SIGNED_JWS_BYTES_MAX / 4 * 3 - 1024)
#define TRIES_MAX 10
#define TRY_AGAIN_S 1

enum feed_option {
    OPTION_AS,
    OPTION_SIGN_KEY,
    OPTION_ORIGIN,
    OPTION_NUMBER,
    OPTION_SIZE,
    OPTION_DESK,
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
    OPTION_CA,
    OPTION_COUNT
};

struct feeding {
    struct cli_option options[OPTION_COUNT];
    const char *words[2];
    bool sends;
    FILE *in;
    struct es256 *key;
    struct https *https;
    uint64_t number;
    uint64_t size;   /* changes in a set at most */
    struct buf line; /* read, and not in a set yet */
    struct buf payload;
    struct buf jws;
    struct buf body;
};

static int usage(void)
{
    cli_complain("usage: dancu feed sign FILE|- --as SOURCE --sign-key FILE --origin ORIGIN "
                 "--number N [--size N]\n"
                 "       dancu feed send FILE|- (the same) --desk HOST:PORT --tls-cert FILE "
                 "--tls-key FILE --tls-ca FILE");
    return EXIT_USAGE;
}

/* ---- sets ---- */

/* The next change, without its line end; empty at the end of the file. */
static struct outcome read_line(struct feeding *feeding)
{
    char piece[4096];

    buf_reset(&feeding->line);
    while (fgets(piece, sizeof(piece), feeding->in) != NULL) {
        size_t len = strcspn(piece, "\n");
        bool end = piece[len] == '\n';
        buf_put(&feeding->line, piece, len);
        if (end && feeding->line.len > 0) {
            break;
        }
    }
    if (ferror(feeding->in) != 0) {
        return outcome_sys(errno, "the file of changes");
    }
    return buf_check(&feeding->line);
}

/* Takes as many lines as one set holds; *ret_count 0: there is none. */
static struct outcome put_set(struct feeding *feeding, unsigned *ret_count)
{
    struct buf *payload = &feeding->payload;
    unsigned count = 0;

    buf_reset(payload);
    buf_put_text(payload, "{\"aud\":");
    json_put_string(payload, view_text(feeding->options[OPTION_ORIGIN].value));
    buf_put_text(payload, ",\"number\":");
    buf_put_decimal(payload, feeding->number);
    buf_put_text(payload, ",\"changes\":[");
    while (feeding->line.len > 0 && count < feeding->size &&
           payload->len + feeding->line.len + 8 <= PAYLOAD_BYTES_MAX) {
        buf_put_text(payload, count == 0 ? "" : ",");
        buf_put_view(payload, buf_view(&feeding->line));
        count++;
        TRY(read_line(feeding));
    }
    buf_put_text(payload, "]}");
    *ret_count = count;
    if (count == 0 && feeding->line.len > 0) {
        return outcome_fail(FAULT_OVER_LIMIT, "a change is too long for a set");
    }
    return buf_check(payload);
}

static struct outcome sign_set(struct feeding *feeding)
{
    buf_reset(&feeding->jws);
    return sign_payload(feeding->key, feeding->options[OPTION_AS].value, CHANGES_TYPE,
                        buf_view(&feeding->payload), &feeding->jws);
}

static int print(const struct buf *text)
{
    return printf("%.*s\n", (int)text->len, (const char *)text->data) > 0 ? EXIT_GOOD : EXIT_BAD;
}

/* Invariant 1. */
static struct outcome post(struct feeding *feeding, unsigned *ret_status)
{
    struct outcome outcome = OUTCOME_OK;

    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        buf_reset(&feeding->body);
        outcome = https_ask(feeding->https, "changes", buf_view(&feeding->jws), ret_status,
                            &feeding->body);
        if (outcome_ok(outcome) && *ret_status != 503) {
            return OUTCOME_OK;
        }
        (void)sleep(TRY_AGAIN_S);
    }
    return outcome;
}

static int send_set(struct feeding *feeding)
{
    unsigned status = 0;
    struct outcome outcome = post(feeding, &status);

    if (!outcome_ok(outcome)) {
        cli_complain("feed: set %llu: %s", (unsigned long long)feeding->number, outcome.what);
        return EXIT_BAD;
    }
    int exit_code = print(&feeding->body);
    if (status / 100 != 2) { /* invariant 2 */
        cli_complain("feed: set %llu was not taken (%u): go on with it once that is mended",
                     (unsigned long long)feeding->number, status);
        return EXIT_BAD;
    }
    return exit_code;
}

static int run_sets(struct feeding *feeding)
{
    struct outcome outcome = read_line(feeding);
    int exit_code = EXIT_GOOD;

    while (outcome_ok(outcome) && exit_code == EXIT_GOOD) {
        unsigned count = 0;
        outcome = put_set(feeding, &count);
        if (!outcome_ok(outcome) || count == 0) {
            break;
        }
        outcome = sign_set(feeding);
        if (outcome_ok(outcome)) {
            exit_code = feeding->sends ? send_set(feeding) : print(&feeding->jws);
        }
        feeding->number++;
    }
    if (!outcome_ok(outcome)) {
        cli_complain("feed: %s", outcome.what);
        return EXIT_BAD;
    }
    return exit_code;
}

/* ---- the command ---- */

static bool number_of(const struct cli_option *option, uint64_t max, uint64_t *ret_number)
{
    return option->value == NULL ||
           (outcome_ok(decimal_get(view_text(option->value), max, ret_number)) && *ret_number > 0);
}

static bool has_all(const struct cli_option *options, unsigned from, unsigned until)
{
    bool all = true;

    for (unsigned i = from; i < until; i++) {
        all = all && (options[i].value != NULL || i == OPTION_SIZE);
    }
    return all;
}

static struct outcome open_all(struct feeding *feeding)
{
    const struct cli_option *options = feeding->options;
    const struct https_files files = {.ca = options[OPTION_CA].value,
                                      .cert = options[OPTION_TLS_CERT].value,
                                      .key = options[OPTION_TLS_KEY].value};
    char url[HTTPS_URL_BYTES_MAX];

    feeding->in = strcmp(feeding->words[1], "-") == 0 ? stdin : fopen(feeding->words[1], "re");
    if (feeding->in == NULL) {
        return outcome_sys(errno, feeding->words[1]);
    }
    TRY(sign_key_read(options[OPTION_SIGN_KEY].value, &feeding->key));
    if (!feeding->sends) {
        return OUTCOME_OK;
    }
    if (snprintf(url, sizeof(url), "https://%s/v1", options[OPTION_DESK].value) >=
        (int)sizeof(url)) {
        return outcome_fail(FAULT_BAD_INPUT, "the address is too long");
    }
    return https_new(url, &files, &feeding->https);
}

static int run(struct feeding *feeding)
{
    buf_init(&feeding->line, PERSON_BYTES_MAX);
    buf_init(&feeding->payload, SIGNED_JWS_BYTES_MAX);
    buf_init(&feeding->jws, SIGNED_JWS_BYTES_MAX);
    buf_init(&feeding->body, HTTP_RESPONSE_BYTES_MAX);
    struct outcome outcome = open_all(feeding);
    int exit_code = EXIT_BAD;
    if (outcome_ok(outcome)) {
        exit_code = run_sets(feeding);
    } else {
        cli_complain("feed: %s", outcome.what);
    }
    https_free(feeding->https);
    es256_free(feeding->key);
    if (feeding->in != NULL && feeding->in != stdin) {
        (void)fclose(feeding->in); /* only read */
    }
    buf_done(&feeding->line);
    buf_done(&feeding->payload);
    buf_done(&feeding->jws);
    buf_done(&feeding->body);
    return exit_code;
}

int feed_cli(int argc, char **argv)
{
    struct feeding feeding = {
        .options = {{.name = "as"},
                    {.name = "sign-key"},
                    {.name = "origin"},
                    {.name = "number"},
                    {.name = "size"},
                    {.name = "desk"},
                    {.name = "tls-cert"},
                    {.name = "tls-key"},
                    {.name = "tls-ca"}},
        .size = CHANGES_MAX,
    };
    unsigned words = 0;

    if (!cli_options(argc, argv, feeding.options, OPTION_COUNT, feeding.words, 2, &words) ||
        words != 2) {
        return usage();
    }
    feeding.sends = strcmp(feeding.words[0], "send") == 0;
    if ((!feeding.sends && strcmp(feeding.words[0], "sign") != 0) ||
        !has_all(feeding.options, 0, feeding.sends ? OPTION_COUNT : OPTION_DESK) ||
        !number_of(&feeding.options[OPTION_NUMBER], INT64_MAX, &feeding.number) ||
        !number_of(&feeding.options[OPTION_SIZE], CHANGES_MAX, &feeding.size)) {
        return usage();
    }
    return run(&feeding);
}
