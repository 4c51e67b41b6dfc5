/*
 * A command that is one request to a server.
 */
#include "cli/cli.h"
#include "cli/https.h"

#include <stdio.h>

int https_command(const char *noun, const char *server, const struct https_files *files,
                  const struct https_pieces *pieces)
{
    struct https *https = NULL;
    char url[HTTPS_URL_BYTES_MAX];
    unsigned status = 0;

    if (snprintf(url, sizeof(url), "https://%s/v1", server) >= (int)sizeof(url)) {
        return EXIT_USAGE;
    }
    struct outcome outcome = https_new(url, files, &https);
    if (outcome_ok(outcome)) {
        outcome = https_pieces(https, pieces, &status);
    }
    https_free(https);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s: %s", noun, server, outcome.what);
        return EXIT_BAD;
    }
    if (status / 100 != 2) {
        cli_complain("%s: refused (%u)", noun, status);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}
