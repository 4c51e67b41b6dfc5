/*
 * `dancu statement verify FILE --vkey FILE [--as-of DAY]`: is the statement proved, and is it
 * whole, up to which day?
 */
#include "cli/statement.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/ledger_cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VKEY_BYTES_MAX 4096u

/* *ret_more false: there is no further line. FAULT_CORRUPT: it is too long, or has no end. */
static struct outcome read_line(FILE *file, struct buf *ret_line, bool *ret_more)
{
    int byte = getc(file);
    buf_reset(ret_line);
    *ret_more = byte != EOF;
    for (; byte != EOF && byte != '\n'; byte = getc(file)) {
        buf_put_u8(ret_line, (uint8_t)byte);
    }
    if (ferror(file) != 0) {
        return outcome_sys(errno, "it cannot be read");
    }
    return *ret_more && (byte == EOF || ret_line->failed)
               ? outcome_fail(FAULT_CORRUPT, "a line is too long, or has no end")
               : OUTCOME_OK;
}

/* `as_of`: NULL, or a day. */
static struct outcome check_lines(FILE *file, const int64_t *as_of, struct statement_check *check)
{
    BUF_AUTO line;
    bool more = true;
    buf_init(&line, STATEMENT_LINE_BYTES_MAX);
    for (;;) {
        TRY(read_line(file, &line, &more));
        if (!more) {
            break;
        }
        TRY(statement_check_line(check, buf_view(&line)));
    }
    TRY(statement_check_end(check));
    return as_of == NULL ? OUTCOME_OK : statement_check_day(check, *as_of);
}

static void tell_json(bool good, const struct statement_report *report)
{
    const char *word = good ? "true" : "false";
    char day[DATE_LEN + 1];
    if (report->map) {
        date_write(day, report->day);
        printf("{\"day\":\"%s\",\"good\":%s,\"map\":true,\"rows\":%" PRIu64 ",\"since\":%" PRIu64
               ",\"size\":%" PRIu64 ",\"unproved\":%" PRIu64 "}\n",
               day, word, report->rows, report->since, report->size, report->unproved);
    } else {
        printf("{\"day\":null,\"good\":%s,\"map\":false,\"rows\":%" PRIu64 ",\"since\":%" PRIu64
               ",\"size\":null,\"unproved\":%" PRIu64 "}\n",
               word, report->rows, report->since, report->unproved);
    }
}

static void tell_good(const struct statement_report *report)
{
    char day[DATE_LEN + 1];
    if (report->map) {
        date_write(day, report->day);
        printf("good: all %" PRIu64 " rows until %s, and %" PRIu64 " since\n", report->rows, day,
               report->since);
        if (report->forgotten > 0) {
            printf("details of %" PRIu64 " of them are not kept any more\n", report->forgotten);
        }
    } else {
        printf("good: %" PRIu64 " rows; it shows no map, by which to see that they are all\n",
               report->since);
    }
    if (report->unproved > 0) {
        printf("of %" PRIu64 " of those since nothing is kept that shows whose they are\n",
               report->unproved);
    }
}

static int tell(struct outcome outcome, const struct statement_report *report, bool json)
{
    bool good = outcome_ok(outcome);
    if (!good) {
        cli_complain("statement verify: line %" PRIu64 ": %s", report->line,
                     report->why[0] != '\0' ? report->why : outcome.what);
    }
    if (json) {
        tell_json(good, report);
    } else if (good) {
        tell_good(report);
    }
    if (good) {
        return EXIT_GOOD;
    }
    return outcome.fault == FAULT_CORRUPT ? EXIT_BAD : EXIT_USAGE;
}

static int verify(FILE *file, struct view vkey, const int64_t *as_of, bool json)
{
    struct statement_report report = {0};
    struct statement_check *check = NULL;
    struct outcome outcome = statement_check_new(vkey, &report, &check);
    if (outcome_ok(outcome)) {
        outcome = check_lines(file, as_of, check);
    }
    statement_check_free(check);
    return tell(outcome, &report, json);
}

/* False: it is no day. */
static bool day_of(const char *text, int64_t *ret_day)
{
    struct date date;
    if (!outcome_ok(date_get(view_text(text), &date))) {
        return false;
    }
    *ret_day = date_to_days(date);
    return true;
}

enum { VERIFY_VKEY, VERIFY_AS_OF, VERIFY_JSON, VERIFY_OPTIONS };

int statement_cli(int argc, char **argv)
{
    struct cli_option options[VERIFY_OPTIONS] = {[VERIFY_VKEY] = {.name = "vkey"},
                                                 [VERIFY_AS_OF] = {.name = "as-of"},
                                                 [VERIFY_JSON] = {.name = "json", .flag = true}};
    const char *path = NULL;
    unsigned words = 0;
    int64_t as_of = 0;
    BUF_AUTO vkey;
    buf_init(&vkey, VKEY_BYTES_MAX);
    if (argc < 1 || strcmp(argv[0], "verify") != 0 ||
        !cli_options(argc - 1, argv + 1, options, VERIFY_OPTIONS, &path, 1, &words) || words != 1 ||
        options[VERIFY_VKEY].value == NULL ||
        (options[VERIFY_AS_OF].value != NULL && !day_of(options[VERIFY_AS_OF].value, &as_of))) {
        cli_complain(
            "usage: dancu statement verify FILE --vkey FILE [--as-of YYYY-MM-DD] [--json]");
        return EXIT_USAGE;
    }
    if (!outcome_ok(ledger_file_read(options[VERIFY_VKEY].value, &vkey))) {
        return EXIT_USAGE;
    }
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL) {
        cli_complain("%s: %s", path, strerror(errno));
        return EXIT_USAGE;
    }
    int status =
        verify(file, ledger_file_line(&vkey), options[VERIFY_AS_OF].value != NULL ? &as_of : NULL,
               options[VERIFY_JSON].value != NULL);
    if (file != stdin) {
        (void)fclose(file);
    }
    return status;
}
