/*
 * The log on the command line: verify it whole, show its public entries, verify a receipt.
 */
#include "cli/ledger_cli.h"

#include "cli/cli.h"
#include "cli/receipt.h"
#include "cli/show.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX (1u << 20)
#define SHOW_LAST_USUAL 20
#define SHOW_EVERY 65536u /* entries between two lines of progress */

struct outcome ledger_file_read(const char *path, struct buf *ret_content)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    uint8_t block[4096];
    size_t got = 0;
    if (file == NULL) {
        cli_complain("%s: %s", path, strerror(errno));
        return outcome_sys(errno, "file");
    }
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buf_put(ret_content, block, got);
    }
    if (file != stdin) {
        fclose(file);
    }
    struct outcome outcome = buf_check(ret_content);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: longer than %u bytes", path, FILE_BYTES_MAX);
    }
    return outcome;
}

struct view ledger_file_line(const struct buf *content)
{
    struct view text = buf_view(content);
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r')) {
        text.len--;
    }
    return text;
}

/* ---- dancu ledger verify ---- */

static void progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    uint64_t *shown = context;
    if (isatty(STDERR_FILENO) == 1 &&
        (done < *shown || done - *shown >= SHOW_EVERY || done == total)) {
        *shown = done;
        fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 "   ", what, done, total);
    }
}

static int tell_verdict(struct outcome outcome, const struct verify_report *report, bool json)
{
    bool good = outcome_ok(outcome);
    if (isatty(STDERR_FILENO) == 1) {
        fputc('\n', stderr);
    }
    if (!good) {
        cli_complain("ledger verify: %s", report->why[0] != '\0' ? report->why : outcome.what);
    }
    printf(json ? "{\"entries\":%" PRIu64 ",\"good\":%s,\"records\":%" PRIu64
                  ",\"segments\":%" PRIu64 ",\"tiles\":%" PRIu64 "}\n"
                : "%" PRIu64 " entries %s; %" PRIu64 " records in %" PRIu64 " segments, %" PRIu64
                  " tiles and bundles\n",
           report->entries, json ? (good ? "true" : "false") : (good ? "good" : "BAD"),
           report->records, report->segments, report->tiles);
    return good ? EXIT_GOOD : EXIT_BAD;
}

static int verify_dir(const char *dir, const char *vkey_file, bool json)
{
    BUF_AUTO vkey;
    struct verify_report report = {0};
    uint64_t shown = 0;
    struct verify_watch watch = {.context = &shown, .progress = progress};
    buf_init(&vkey, FILE_BYTES_MAX);
    if (!outcome_ok(ledger_file_read(vkey_file, &vkey))) {
        return EXIT_USAGE;
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        cli_complain("%s: %s", dir, strerror(errno));
        return EXIT_BAD;
    }
    struct outcome outcome = ledger_verify_tiles(fd, ledger_file_line(&vkey), &watch, &report);
    close(fd);
    return tell_verdict(outcome, &report, json);
}

static int verify_home(const char *home, const char *keys, bool json)
{
    struct verify_report report = {0};
    uint64_t shown = 0;
    struct verify_watch watch = {.context = &shown, .progress = progress};
    struct house_keys held = {0};
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1] = "";
    int home_fd = -1;
    struct outcome outcome = cli_home_open(home, keys, &home_fd, origin, &held);
    if (!outcome_ok(outcome)) {
        return EXIT_BAD;
    }
    struct ledger_config config = {
        .home_fd = home_fd,
        .origin = origin,
        .wrap_key = &held.wrap,
        .sign_key = &held.sign,
        .clock = clock_system(),
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
    };
    outcome = ledger_verify_home(&config, &watch, &report);
    house_keys_done(&held);
    close(home_fd);
    return tell_verdict(outcome, &report, json);
}

static int ledger_verify_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"},
        {.name = "keys"},
        {.name = "dir"},
        {.name = "vkey"},
        {.name = "json", .flag = true},
    };
    unsigned words = 0;
    bool understood = cli_options(argc, argv, options, 5, NULL, 0, &words);
    bool public_side = options[2].value != NULL;
    if (!understood || public_side != (options[3].value != NULL) ||
        (public_side && options[0].value != NULL)) {
        cli_complain("usage: dancu ledger verify [--home DIR [--keys DIR] | --dir TILES --vkey "
                     "FILE] [--json]");
        return EXIT_USAGE;
    }
    bool json = options[4].value != NULL;
    return public_side ? verify_dir(options[2].value, options[3].value, json)
                       : verify_home(cli_home(options[0].value), cli_keys(options[1].value), json);
}

/* ---- dancu ledger show ---- */

static int show(int dir_fd, const char *word, const char *last, bool json)
{
    uint64_t size = 0;
    uint64_t first = 0;
    uint64_t count = 1;
    struct outcome outcome = show_size(dir_fd, &size);
    if (outcome_ok(outcome) && word != NULL) {
        outcome = decimal_get(view_text(word), INT64_MAX, &first);
    } else if (outcome_ok(outcome)) {
        count = SHOW_LAST_USUAL;
        if (last != NULL) {
            outcome = decimal_get(view_text(last), INT64_MAX, &count);
        }
        first = count < size ? size - count : 0;
    }
    if (outcome_ok(outcome)) {
        outcome = show_entries(dir_fd, size, first, count, json);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("ledger show: %s", outcome.what);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

static int ledger_show_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"},
        {.name = "dir"},
        {.name = "last"},
        {.name = "json", .flag = true},
    };
    const char *word = NULL;
    unsigned words = 0;
    char path[1024];
    if (!cli_options(argc, argv, options, 4, &word, 1, &words) ||
        (options[0].value != NULL && options[1].value != NULL) ||
        (words == 1 && options[2].value != NULL)) {
        cli_complain("usage: dancu ledger show [--home DIR | --dir TILES] [INDEX | --last N] "
                     "[--json]");
        return EXIT_USAGE;
    }
    snprintf(path, sizeof(path), "%s/ledger", cli_home(options[0].value));
    const char *dir = options[1].value != NULL ? options[1].value : path;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        cli_complain("%s: %s", dir, strerror(errno));
        return EXIT_BAD;
    }
    int status = show(fd, words == 1 ? word : NULL, options[2].value, options[3].value != NULL);
    close(fd);
    return status;
}

int ledger_cli(int argc, char **argv)
{
    if (argc >= 1 && strcmp(argv[0], "verify") == 0) {
        return ledger_verify_cli(argc - 1, argv + 1);
    }
    if (argc >= 1 && strcmp(argv[0], "show") == 0) {
        return ledger_show_cli(argc - 1, argv + 1);
    }
    if (argc >= 1 && strcmp(argv[0], "figures") == 0) {
        return ledger_figures_cli(argc - 1, argv + 1);
    }
    cli_complain("usage: dancu ledger verify | show | figures");
    return EXIT_USAGE;
}

/* ---- dancu receipt verify ---- */

enum { RECEIPT_VKEY, RECEIPT_OPENING, RECEIPT_ANSWER, RECEIPT_JSON, RECEIPT_OPTIONS };

static int tell_receipt(struct outcome outcome, const struct receipt_report *report, bool json)
{
    bool good = outcome_ok(outcome);
    if (!good) {
        cli_complain("receipt verify: %s", report->why);
    }
    if (json) {
        printf("{\"answer\":%s,\"good\":%s,\"opening\":%s}\n", report->answer ? "true" : "false",
               good ? "true" : "false", report->opening ? "true" : "false");
    } else if (good) {
        printf("good: the entry is in the log%s%s\n",
               report->opening ? ", the opening belongs to it" : "",
               report->answer ? ", the answer is the one recorded" : "");
    }
    return good ? EXIT_GOOD : EXIT_BAD;
}

static int verify_receipt(const char *file, const struct cli_option *options)
{
    BUF_AUTO content;
    BUF_AUTO vkey;
    BUF_AUTO opening;
    BUF_AUTO answer;
    struct receipt_report report = {0};
    buf_init(&content, FILE_BYTES_MAX);
    buf_init(&vkey, FILE_BYTES_MAX);
    buf_init(&opening, FILE_BYTES_MAX);
    buf_init(&answer, FILE_BYTES_MAX);
    const char *opening_file = options[RECEIPT_OPENING].value;
    const char *answer_file = options[RECEIPT_ANSWER].value;
    if (!outcome_ok(ledger_file_read(file, &content)) ||
        !outcome_ok(ledger_file_read(options[RECEIPT_VKEY].value, &vkey)) ||
        (opening_file != NULL && !outcome_ok(ledger_file_read(opening_file, &opening))) ||
        (answer_file != NULL && !outcome_ok(ledger_file_read(answer_file, &answer)))) {
        return EXIT_USAGE;
    }
    struct receipt_files files = {
        .file = buf_view(&content),
        .vkey = ledger_file_line(&vkey),
        .opening = buf_view(&opening),
        .answer = buf_view(&answer),
    };
    struct outcome outcome = receipt_verify(&files, &report);
    return tell_receipt(outcome, &report, options[RECEIPT_JSON].value != NULL);
}

int receipt_cli(int argc, char **argv)
{
    struct cli_option options[RECEIPT_OPTIONS] = {
        {.name = "vkey"}, {.name = "opening"}, {.name = "answer"}, {.name = "json", .flag = true}};
    const char *file = NULL;
    unsigned words = 0;
    if (argc < 1 || strcmp(argv[0], "verify") != 0 ||
        !cli_options(argc - 1, argv + 1, options, RECEIPT_OPTIONS, &file, 1, &words) ||
        words != 1 || options[RECEIPT_VKEY].value == NULL) {
        cli_complain(
            "usage: dancu receipt verify FILE --vkey FILE [--opening FILE] [--answer FILE] "
            "[--json]");
        return EXIT_USAGE;
    }
    return verify_receipt(file, options);
}
