/*
 * A statement of fees from the records themselves: the whole log is verified, every opening read,
 * and what the party was charged in that month added up. The server's own counters play no part; a
 * server may be running.
 */
#include "cli/fees_cli.h"

#include "base/memory.h"
#include "cli/cli.h"
#include "gate/fees.h"
#include "office/show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct counting {
    struct directory directory; /* has the one party */
    struct party *party;
    struct statement *statement;
    struct outcome outcome; /* the first failure */
};

static struct outcome count_record(struct counting *counting, struct view opening)
{
    struct record record = {0};
    struct view party = {0};
    struct fee fee = {0};
    struct fee_place place = {0};
    TRY(record_get_opening(opening, &record));
    if (record.forgotten &&
        fees_month(clock_day_vn(record.time_us)) == counting->statement->months) {
        return outcome_fail(FAULT_NOT_FOUND, "records of that month are not kept any more");
    }
    TRY(fees_of_record(&record, &party, &fee));
    if (fee.vnd_per_field == 0 || !view_equal(party, code_view(&counting->party->code)) ||
        fees_month(clock_day_vn(record.time_us)) != counting->statement->months) {
        return OUTCOME_OK;
    }
    TRY(fees_reserve(&counting->directory, counting->party, counting->statement->months, &fee,
                     &place));
    fees_count(&place, 1, fee.fields);
    return OUTCOME_OK;
}

static void on_opening(void *context, uint64_t index, struct view opening)
{
    struct counting *counting = context;
    (void)index;
    if (outcome_ok(counting->outcome)) {
        counting->outcome = count_record(counting, opening);
    }
}

/* An empty statement of the party. */
static struct outcome begin(struct counting *counting, const char *party, int32_t month)
{
    directory_init(&counting->directory);
    struct party *new = memory_new(1, sizeof(*new));
    if (new == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "party");
    }
    struct outcome outcome = code_set(&new->code, view_text(party));
    if (outcome_ok(outcome)) {
        outcome = directory_add_party(&counting->directory, new);
    }
    if (!outcome_ok(outcome)) {
        memory_free(new);
        return outcome;
    }
    counting->party = new;
    return fees_statement(&counting->directory, new, month, &counting->statement);
}

static struct outcome count_home(struct counting *counting, const char *home, const char *keys)
{
    struct verify_report report = {0};
    struct verify_watch watch = {.context = counting, .opening = on_opening};
    struct house_keys held = {0};
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1] = "";
    int home_fd = -1;
    TRY(cli_home_open(home, keys, &home_fd, origin, &held));
    struct ledger_config config = cli_ledger(home_fd, origin, &held);
    struct outcome outcome = ledger_verify_home(&config, &watch, &report);
    if (!outcome_ok(outcome)) {
        cli_complain("the log: %s", report.why[0] != '\0' ? report.why : outcome.what);
    }
    house_keys_done(&held);
    close(home_fd);
    TRY(outcome);
    return counting->outcome;
}

static int tell(const struct statement *statement, bool csv)
{
    BUF_AUTO text;
    buf_init(&text, LOOK_JSON_BYTES_MAX);
    if (csv) {
        fees_put_csv(statement, &text);
    } else {
        show_put(RESOURCE_FEES, statement, &text);
        buf_put_u8(&text, '\n');
    }
    bool written = outcome_ok(buf_check(&text)) &&
                   fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    return written ? EXIT_GOOD : EXIT_BAD;
}

enum { FEES_HOME, FEES_KEYS, FEES_PARTY, FEES_MONTH, FEES_CSV, FEES_OPTIONS };

int fees_cli(int argc, char **argv)
{
    struct cli_option options[FEES_OPTIONS] = {
        [FEES_HOME] = {.name = "home"},
        [FEES_KEYS] = {.name = "keys"},
        [FEES_PARTY] = {.name = "party"},
        [FEES_MONTH] = {.name = "month"},
        [FEES_CSV] = {.name = "csv", .flag = true},
    };
    struct counting counting = {.outcome = OUTCOME_OK};
    unsigned words = 0;
    int32_t month = 0;
    if (argc >= 1 && strcmp(argv[0], "list") == 0) {
        return list_cli("fees", argc - 1, argv + 1);
    }
    if (argc < 1 || strcmp(argv[0], "statement") != 0 ||
        !cli_options(argc - 1, argv + 1, options, FEES_OPTIONS, NULL, 0, &words) ||
        options[FEES_PARTY].value == NULL || options[FEES_PARTY].value[0] == '\0' ||
        options[FEES_MONTH].value == NULL ||
        !outcome_ok(fees_month_get(view_text(options[FEES_MONTH].value), &month))) {
        cli_complain("usage: dancu fees statement --party CODE --month YYYY-MM [--csv] "
                     "[--home DIR] [--keys DIR]");
        return EXIT_USAGE;
    }
    struct outcome outcome = begin(&counting, options[FEES_PARTY].value, month);
    if (outcome_ok(outcome)) {
        outcome = count_home(&counting, cli_home(options[FEES_HOME].value),
                             cli_keys(options[FEES_KEYS].value));
    }
    if (!outcome_ok(outcome)) {
        cli_complain("fees statement: %s", outcome.what);
    }
    int status =
        outcome_ok(outcome) ? tell(counting.statement, options[FEES_CSV].value != NULL) : EXIT_BAD;
    directory_done(&counting.directory);
    return status;
}
