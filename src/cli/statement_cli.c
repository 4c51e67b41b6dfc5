/*
 * `dancu statement verify FILE --vkey FILE`: is the statement proved, and is it whole?
 */
#include "cli/statement.h"

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

static struct outcome check_lines(FILE *file, struct statement_check *check)
{
    BUF_AUTO line;
    bool more = true;
    buf_init(&line, STATEMENT_LINE_BYTES_MAX);
    for (;;) {
        TRY(read_line(file, &line, &more));
        if (!more) {
            return statement_check_end(check);
        }
        TRY(statement_check_line(check, buf_view(&line)));
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
        printf("{\"good\":%s,\"map\":%s,\"rows\":%" PRIu64 ",\"since\":%" PRIu64 "}\n",
               good ? "true" : "false", report->map ? "true" : "false", report->rows,
               report->since);
    } else if (good && report->map) {
        printf("good: all %" PRIu64 " rows until %s, and %" PRIu64 " since\n", report->rows,
               report->day, report->since);
    } else if (good) {
        printf("good: %" PRIu64 " rows; it shows no map, by which to see that they are all\n",
               report->since);
    }
    if (good) {
        return EXIT_GOOD;
    }
    return outcome.fault == FAULT_CORRUPT ? EXIT_BAD : EXIT_USAGE;
}

static int verify(FILE *file, struct view vkey, bool json)
{
    struct statement_report report;
    struct statement_check *check = NULL;
    struct outcome outcome = statement_check_new(vkey, &report, &check);
    if (outcome_ok(outcome)) {
        outcome = check_lines(file, check);
    }
    statement_check_free(check);
    return tell(outcome, &report, json);
}

int statement_cli(int argc, char **argv)
{
    struct cli_option options[] = {{.name = "vkey"}, {.name = "json", .flag = true}};
    const char *path = NULL;
    unsigned words = 0;
    BUF_AUTO vkey;
    buf_init(&vkey, VKEY_BYTES_MAX);
    if (argc < 1 || strcmp(argv[0], "verify") != 0 ||
        !cli_options(argc - 1, argv + 1, options, 2, &path, 1, &words) || words != 1 ||
        options[0].value == NULL) {
        cli_complain("usage: dancu statement verify FILE --vkey FILE [--json]");
        return EXIT_USAGE;
    }
    if (!outcome_ok(ledger_file_read(options[0].value, &vkey))) {
        return EXIT_USAGE;
    }
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL) {
        cli_complain("%s: %s", path, strerror(errno));
        return EXIT_USAGE;
    }
    int status = verify(file, ledger_file_line(&vkey), options[1].value != NULL);
    if (file != stdin) {
        (void)fclose(file);
    }
    return status;
}
