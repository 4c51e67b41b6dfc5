/*
 * `dancu leak trace` and `dancu record search` order a search, as any act is ordered (act_cli.c);
 * `dancu record found` fetches what it has found.
 */
#include "cli/cli.h"

#include "base/ceilings.h"
#include "cli/desk_post.h"

#include <stdio.h>
#include <string.h>

enum { FOUND_DESK, FOUND_CERT, FOUND_KEY, FOUND_CA, FOUND_OPTIONS };

static int tell_found(const struct desk_order *desk, const char *path)
{
    BUF_AUTO body;
    buf_init(&body, HTTP_RESPONSE_BYTES_MAX);
    struct outcome outcome = desk_get(desk, path, &body);
    if (!outcome_ok(outcome)) {
        cli_complain("record found: %s", outcome.what);
        return EXIT_BAD;
    }
    bool told = fwrite(body.data, 1, body.len, stdout) == body.len && putchar('\n') != EOF;
    return told && fflush(stdout) == 0 ? EXIT_GOOD : EXIT_BAD;
}

static int record_found_cli(int argc, char **argv)
{
    struct cli_option options[FOUND_OPTIONS] = {
        [FOUND_DESK] = {.name = "desk"},
        [FOUND_CERT] = {.name = "tls-cert"},
        [FOUND_KEY] = {.name = "tls-key"},
        [FOUND_CA] = {.name = "tls-ca"},
    };
    const char *word = NULL;
    unsigned words = 0;
    uint64_t record = 0;
    char path[64];
    bool good = cli_options(argc, argv, options, FOUND_OPTIONS, &word, 1, &words) && words == 1;
    for (unsigned i = 0; i < FOUND_OPTIONS; i++) {
        good = good && options[i].value != NULL;
    }
    if (!good || !outcome_ok(decimal_get(view_text(word), INT64_MAX, &record))) {
        cli_complain("usage: dancu record found RECORD --desk HOST:PORT --tls-cert FILE --tls-key "
                     "FILE --tls-ca FILE");
        return EXIT_USAGE;
    }
    const struct desk_order desk = {.address = options[FOUND_DESK].value,
                                    .cert = options[FOUND_CERT].value,
                                    .key = options[FOUND_KEY].value,
                                    .ca = options[FOUND_CA].value};
    snprintf(path, sizeof(path), "records/%llu", (unsigned long long)record);
    return tell_found(&desk, path);
}

int leak_cli(int argc, char **argv)
{
    return act_cli("leak", argc, argv);
}

int record_cli(int argc, char **argv)
{
    return argc >= 1 && strcmp(argv[0], "found") == 0 ? record_found_cli(argc - 1, argv + 1)
                                                      : act_cli("record", argc, argv);
}
