/*
 * The log on the command line: verify it whole, show its public entries, verify a receipt.
 */
#include "cli/ledger_cli.h"

#include "cli/acts.h"
#include "cli/cli.h"
#include "cli/receipt.h"
#include "cli/show.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
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

struct verifying {
    uint64_t shown;
    unsigned workers;
    struct acts *acts; /* NULL: the public side tells of none */
    struct acts_report of_acts;
};

static void progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct verifying *verifying = context;
    uint64_t shown = verifying->shown;
    if (isatty(STDERR_FILENO) == 1 &&
        (done < shown || done - shown >= SHOW_EVERY || done == total)) {
        verifying->shown = done;
        fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 "   ", what, done, total);
    }
}

static void take_opening(void *context, uint64_t index, struct view opening)
{
    struct verifying *verifying = context;
    acts_take(verifying->acts, index, opening);
}

static bool wants_opening(void *context, struct view opening)
{
    (void)context;
    return acts_wants(opening);
}

static void act_found(void *context, uint64_t index, const char *why)
{
    (void)context;
    cli_complain("ledger verify: act at entry %" PRIu64 ": %s", index, why);
}

/* A line of JSON; codes and a JWS have no character that it would escape. */
static void act_print(void *context, const struct acts_line *line)
{
    const struct signed_act *told = &line->deed->signed_;
    (void)context;
    printf("{\"act\":\"%s\",\"holds\":%s,\"index\":%" PRIu64 ",\"jws\":\"%.*s\",\"result\":\"%s\""
           ",\"signer\":\"%.*s\"}\n",
           act_rows[line->act->kind].name, line->why == NULL ? "true" : "false", line->index,
           (int)told->jws.len, (const char *)told->jws.data,
           words_name(&words_act_code, line->deed->result.code), (int)told->doer.code.len,
           (const char *)told->doer.code.data);
}

static void print_verdict(bool good, const struct verify_report *report)
{
    printf("%" PRIu64 " entries %s; %" PRIu64 " records in %" PRIu64 " segments, %" PRIu64
           " tiles and bundles",
           report->entries, good ? "good" : "BAD", report->records, report->segments,
           report->tiles);
    if (report->shredded > 0) {
        printf("; of %" PRIu64 " segments the openings of asks are shredded", report->shredded);
    }
}

static int tell_verdict(struct outcome outcome, const struct verify_report *report,
                        const struct verifying *verifying, bool json)
{
    const struct acts_report *acts = &verifying->of_acts;
    bool good = outcome_ok(outcome);
    if (isatty(STDERR_FILENO) == 1) {
        fputc('\n', stderr);
    }
    if (!good) {
        cli_complain("ledger verify: %s", report->why[0] != '\0' ? report->why : outcome.what);
    }
    if (json) {
        printf("{\"acts\":%" PRIu64 ",\"acts_bad\":%" PRIu64 ",\"acts_signed\":%" PRIu64
               ",\"entries\":%" PRIu64 ",\"good\":%s,\"records\":%" PRIu64 ",\"segments\":%" PRIu64
               ",\"shredded\":%" PRIu64 ",\"tiles\":%" PRIu64 "}\n",
               acts->acts, acts->bad, acts->signed_count, report->entries, good ? "true" : "false",
               report->records, report->segments, report->shredded, report->tiles);
        return good ? EXIT_GOOD : EXIT_BAD;
    }
    print_verdict(good, report);
    if (verifying->acts != NULL) {
        printf("; %" PRIu64 " acts, %" PRIu64 " of them signed, %" PRIu64 " that do not hold",
               acts->acts, acts->signed_count, acts->bad);
    }
    putchar('\n');
    return good ? EXIT_GOOD : EXIT_BAD;
}

static int verify_dir(const char *dir, const char *vkey_file, bool json)
{
    BUF_AUTO vkey;
    struct verify_report report = {0};
    struct verifying verifying = {0};
    struct verify_watch watch = {.context = &verifying, .progress = progress};
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
    return tell_verdict(outcome, &report, &verifying, json);
}

/* The log as it lies there, and every act in it as it was signed. */
static struct outcome verify_opened(const struct ledger_config *config, struct verifying *verifying,
                                    bool show_acts, struct verify_report *ret_report)
{
    const struct acts_watch of_acts = {.each = show_acts ? act_print : NULL, .found = act_found};
    struct verify_watch watch = {
        .context = verifying,
        .progress = progress,
        .opening = take_opening,
        .wants = wants_opening,
        .workers = verifying->workers,
    };
    TRY(acts_new(config->origin, &of_acts, &verifying->acts));
    struct outcome outcome = ledger_verify_home(config, &watch, ret_report);
    struct outcome signatures = acts_end(verifying->acts, &verifying->of_acts);
    acts_free(verifying->acts);
    return outcome_ok(outcome) ? signatures : outcome;
}

static int verify_home(const char *home, const char *keys, unsigned workers, bool show_acts,
                       bool json)
{
    struct verify_report report = {0};
    struct verifying verifying = {.workers = workers};
    struct house_keys held = {0};
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1] = "";
    int home_fd = -1;
    struct outcome outcome = cli_home_open(home, keys, &home_fd, origin, &held);
    if (!outcome_ok(outcome)) {
        return EXIT_BAD;
    }
    struct ledger_config config = cli_ledger(home_fd, origin, &held);
    outcome = verify_opened(&config, &verifying, show_acts, &report);
    house_keys_done(&held);
    close(home_fd);
    return tell_verdict(outcome, &report, &verifying, json);
}

/* One for each CPU that we may run on; with one, nothing would be won. */
static bool workers_get(const char *given, unsigned *ret_workers)
{
    uint64_t workers = 0;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    if (given != NULL) {
        if (!outcome_ok(decimal_get(view_text(given), VERIFY_WORKERS_MAX, &workers))) {
            return false;
        }
    } else if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0) {
        workers = (uint64_t)CPU_COUNT(&cpus);
        workers = workers < VERIFY_WORKERS_MAX ? workers : VERIFY_WORKERS_MAX;
    }
    *ret_workers = workers > 1 ? (unsigned)workers : 0;
    return true;
}

enum {
    VERIFY_HOME,
    VERIFY_KEYS,
    VERIFY_DIR,
    VERIFY_VKEY,
    VERIFY_ACTS,
    VERIFY_WORKERS,
    VERIFY_JSON,
    VERIFY_OPTIONS
};

static int ledger_verify_cli(int argc, char **argv)
{
    struct cli_option options[VERIFY_OPTIONS] = {
        [VERIFY_HOME] = {.name = "home"},
        [VERIFY_KEYS] = {.name = "keys"},
        [VERIFY_DIR] = {.name = "dir"},
        [VERIFY_VKEY] = {.name = "vkey"},
        [VERIFY_ACTS] = {.name = "acts", .flag = true},
        [VERIFY_WORKERS] = {.name = "workers"},
        [VERIFY_JSON] = {.name = "json", .flag = true},
    };
    unsigned words = 0;
    bool understood = cli_options(argc, argv, options, VERIFY_OPTIONS, NULL, 0, &words);
    bool public_side = options[VERIFY_DIR].value != NULL;
    bool acts = options[VERIFY_ACTS].value != NULL;
    unsigned workers = 0;
    if (!understood || !workers_get(options[VERIFY_WORKERS].value, &workers) ||
        public_side != (options[VERIFY_VKEY].value != NULL) ||
        (public_side &&
         (acts || options[VERIFY_HOME].value != NULL || options[VERIFY_WORKERS].value != NULL))) {
        cli_complain("usage: dancu ledger verify [--home DIR [--keys DIR] [--acts] [--workers N] | "
                     "--dir TILES --vkey FILE] [--json]");
        return EXIT_USAGE;
    }
    bool json = options[VERIFY_JSON].value != NULL;
    return public_side ? verify_dir(options[VERIFY_DIR].value, options[VERIFY_VKEY].value, json)
                       : verify_home(cli_home(options[VERIFY_HOME].value),
                                     cli_keys(options[VERIFY_KEYS].value), workers, acts, json);
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
    if (argc >= 1 && strcmp(argv[0], "map") == 0) {
        return ledger_map_cli(argc - 1, argv + 1);
    }
    if (argc >= 1 && strcmp(argv[0], "accept-rollback") == 0) {
        return act_cli("ledger", argc, argv);
    }
    cli_complain("usage: dancu ledger verify | show | figures | map | accept-rollback");
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
