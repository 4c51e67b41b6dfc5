/*
 * `dancu ledger figures`: from a folder of the public log, or from where it is served.
 */
#include "cli/figures.h"
#include "cli/https.h"
#include "cli/ledger_cli.h"

#include "base/disk.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VKEY_BYTES_MAX 4096u
#define TOLD_BYTES_MAX (FIGURES_MAX * (FIGURE_KEY_BYTES_MAX + 128u))

enum { FIGURES_DIR, FIGURES_URL, FIGURES_CACERT, FIGURES_VKEY, FIGURES_OF, FIGURES_JSON, OPTIONS };

static struct outcome fetch_file(void *context, const char *path, struct buf *ret_bytes)
{
    const int *dir_fd = context;
    return disk_load(disk_system(), *dir_fd, path, ret_bytes);
}

static struct outcome fetch_url(void *context, const char *path, struct buf *ret_bytes)
{
    return https_fetch(context, path, ret_bytes);
}

static int tell(const struct figures *figures, bool json)
{
    BUF_AUTO text;
    buf_init(&text, TOLD_BYTES_MAX);
    if (json) {
        figures_put_json(figures, &text);
    } else {
        figures_put_table(figures, &text);
    }
    if (!outcome_ok(buf_check(&text)) || fwrite(text.data, 1, text.len, stdout) != text.len ||
        fflush(stdout) != 0) {
        cli_complain("ledger figures: they cannot be written");
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

static int count(const struct figures_source *source, const struct cli_option *options)
{
    BUF_AUTO vkey;
    struct figures figures;
    char why[FIGURES_WHY_BYTES];
    buf_init(&vkey, VKEY_BYTES_MAX);
    if (!outcome_ok(ledger_file_read(options[FIGURES_VKEY].value, &vkey))) {
        return EXIT_USAGE;
    }
    struct outcome outcome = figures_count(source, ledger_file_line(&vkey),
                                           view_text(options[FIGURES_OF].value), &figures, why);
    if (!outcome_ok(outcome)) {
        cli_complain("ledger figures: %s", why);
        return outcome.fault == FAULT_BAD_INPUT ? EXIT_USAGE : EXIT_BAD;
    }
    int status = tell(&figures, options[FIGURES_JSON].value != NULL);
    figures_done(&figures);
    return status;
}

static int count_dir(const struct cli_option *options)
{
    int fd = open(options[FIGURES_DIR].value, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        cli_complain("%s: %s", options[FIGURES_DIR].value, strerror(errno));
        return EXIT_BAD;
    }
    const struct figures_source source = {.context = &fd, .fetch = fetch_file};
    int status = count(&source, options);
    close(fd);
    return status;
}

static int count_url(const struct cli_option *options)
{
    struct https *https = NULL;
    const struct https_files files = {.ca = options[FIGURES_CACERT].value};
    struct outcome outcome = https_new(options[FIGURES_URL].value, &files, &https);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", options[FIGURES_URL].value, outcome.what);
        return EXIT_USAGE;
    }
    const struct figures_source source = {.context = https, .fetch = fetch_url};
    int status = count(&source, options);
    https_free(https);
    return status;
}

int ledger_figures_cli(int argc, char **argv)
{
    struct cli_option options[OPTIONS] = {
        [FIGURES_DIR] = {.name = "dir"},       [FIGURES_URL] = {.name = "url"},
        [FIGURES_CACERT] = {.name = "cacert"}, [FIGURES_VKEY] = {.name = "vkey"},
        [FIGURES_OF] = {.name = "month"},      [FIGURES_JSON] = {.name = "json", .flag = true},
    };
    unsigned words = 0;
    bool understood = cli_options(argc, argv, options, OPTIONS, NULL, 0, &words);
    bool from_dir = options[FIGURES_DIR].value != NULL;
    if (!understood || from_dir == (options[FIGURES_URL].value != NULL) ||
        (from_dir && options[FIGURES_CACERT].value != NULL) ||
        options[FIGURES_VKEY].value == NULL) {
        cli_complain("usage: dancu ledger figures (--dir TILES | --url URL [--cacert FILE]) "
                     "--vkey FILE [--month YYYY-MM] [--json]");
        return EXIT_USAGE;
    }
    return from_dir ? count_dir(options) : count_url(options);
}
