/*
 * Retention by hand: what is set and was done; shredding where no server runs.
 */
#include "cli/retention_cli.h"

#include "base/log.h"
#include "cli/cli.h"
#include "core/retention.h"
#include "office/staff.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOME, KEYS, JSON, OPTIONS };

static bool read_options(int argc, char **argv, struct cli_option options[OPTIONS],
                         const char *usage)
{
    unsigned words = 0;
    options[HOME] = (struct cli_option){.name = "home"};
    options[KEYS] = (struct cli_option){.name = "keys"};
    options[JSON] = (struct cli_option){.name = "json", .flag = true};
    if (!cli_options(argc, argv, options, OPTIONS, NULL, 0, &words)) {
        cli_complain("usage: dancu %s [--home DIR] [--keys DIR] [--json]", usage);
        return false;
    }
    return true;
}

/* ---- what is set ---- */

static void put_day_or_null(struct buf *text, int64_t day, bool there)
{
    if (there) {
        buf_put_u8(text, '"');
        date_put(text, day);
        buf_put_u8(text, '"');
    } else {
        buf_put_text(text, "null");
    }
}

static void put_json(const struct staff *staff, struct buf *text)
{
    struct clock_port clock = clock_system();
    const struct retention *retention = staff_retention(staff);
    const struct retention none = {.months = 0};
    int64_t before_us = 0;
    bool any = retention_before_us(staff, clock_wall_us(&clock), &before_us);
    retention = retention == NULL ? &none : retention;
    bool shredded = retention->last.segment != 0;
    buf_printf(text, "{\"before\":");
    put_day_or_null(text, before_us / US_PER_S / 86400, any);
    buf_put_text(text, ",\"holds\":");
    buf_put_decimal(text, staff->holds.len);
    buf_put_text(text, ",\"last\":");
    put_day_or_null(text, retention->day, shredded);
    buf_printf(text,
               ",\"months\":%" PRIu32 ",\"segment\":%" PRIu64 ",\"segments\":%" PRIu64
               ",\"until\":%" PRIu64 "}\n",
               retention->months, retention->last.segment, retention->segments,
               retention->last.end);
}

static void put_text(const struct staff *staff, struct buf *text)
{
    const struct retention *retention = staff_retention(staff);
    if (retention == NULL || retention->months == 0) {
        buf_put_text(text, "no period is set: every record is kept whole\n");
        return;
    }
    buf_printf(text, "records are kept whole for %" PRIu32 " months; %zu cases are under hold\n",
               retention->months, staff->holds.len);
    if (retention->last.segment != 0) {
        buf_printf(text,
                   "%" PRIu64 " segments are shredded; the last was %" PRIu64 ", entries %" PRIu64
                   " to %" PRIu64 ", on ",
                   retention->segments, retention->last.segment, retention->last.first,
                   retention->last.end - 1);
        date_put(text, retention->day);
        buf_put_text(text, "\n");
    }
}

static void put_holds(const struct staff *staff, bool json, struct buf *text)
{
    const char *between = "";
    buf_put_text(text, json ? "[" : "");
    for (size_t place = 0; place < staff->holds.len; place++) {
        const struct hold *hold = map_at(&staff->holds, place);
        buf_put_text(text, between);
        if (json) {
            buf_put_text(text, "{\"case\":");
            json_put_string(text, long_view(&hold->case_ref));
            buf_put_text(text, ",\"from\":");
            put_day_or_null(text, hold->from_day, true);
            buf_put_text(text, ",\"reason\":");
            json_put_string(text, long_view(&hold->reason));
            buf_put_text(text, "}");
            between = ",";
        } else {
            date_put(text, hold->from_day);
            buf_printf(text, " %s: %s\n", hold->case_ref.text, hold->reason.text);
        }
    }
    buf_put_text(text, json ? "]\n" : "");
}

static int show(const char *usage, int argc, char **argv, bool holds)
{
    struct cli_option options[OPTIONS];
    struct cli_office open = {0};
    BUF_AUTO text;
    buf_init(&text, HOLDS_MAX * (size_t)4096);
    if (!read_options(argc, argv, options, usage)) {
        return EXIT_USAGE;
    }
    if (!outcome_ok(cli_office_open(options[HOME].value, options[KEYS].value, &open))) {
        return EXIT_BAD;
    }
    const struct staff *staff = open.directory.staff;
    bool json = options[JSON].value != NULL;
    if (holds) {
        put_holds(staff, json, &text);
    } else if (json) {
        put_json(staff, &text);
    } else {
        put_text(staff, &text);
    }
    bool written = outcome_ok(buf_check(&text)) &&
                   fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    cli_office_close(&open);
    return written ? EXIT_GOOD : EXIT_BAD;
}

/* ---- shredding ---- */

/* The keeper's work, which nobody else does here. */
static struct outcome keep(const struct cli_house *open)
{
    uint64_t from = 0;
    uint64_t until = 0;
    struct outcome outcome = OUTCOME_OK;
    enum ledger_wish wish = ledger_wish(open->house->ledger, &from, &until);
    switch (wish) {
    case LEDGER_WISH_NONE:
    case LEDGER_WISH_LOST:
    case LEDGER_WISH_COUNT:
        return OUTCOME_OK;
    case LEDGER_WISH_SPARE:
        outcome = keeper_prepare_spare(open->home_fd, COMMIT_SEGMENT_BYTES);
        break;
    case LEDGER_WISH_TILES:
        outcome = keeper_sync_tiles(open->home_fd, from, until);
        break;
    case LEDGER_WISH_SYNC:
        outcome = keeper_sync_derived(open->home_fd, from, until);
        break;
    case LEDGER_WISH_READ:
        outcome = keeper_read(open->home_fd, from);
        break;
    case LEDGER_WISH_REST:
        outcome = keeper_sync_rest(open->home_fd, from);
        break;
    case LEDGER_WISH_DESTROY:
        outcome = keeper_destroy(open->home_fd, from);
        break;
    }
    wish = ledger_wish_said(wish, outcome);
    if (wish != LEDGER_WISH_NONE) {
        ledger_kept(open->house->ledger, wish, until);
    }
    return outcome;
}

static struct outcome shred_all(const struct cli_house *open, struct retention_watch *watch)
{
    struct house *house = open->house;
    bool busy = true;
    while (busy || ledger_shred_state(house->ledger) != LEDGER_SHRED_NONE) {
        uint32_t wait_ms = 0;
        TRY(retention_step(house, watch, (uint32_t)getuid(), &busy));
        TRY(keep(open));
        TRY(ledger_tick(house->ledger, &wait_ms));
    }
    return OUTCOME_OK;
}

static int run(int argc, char **argv)
{
    struct cli_option options[OPTIONS];
    struct cli_house open = {.home_fd = -1};
    struct retention_watch watch = {.look_us = 0};
    char why[HOUSE_WHY_BYTES] = "";
    if (!read_options(argc, argv, options, "retention run")) {
        return EXIT_USAGE;
    }
    struct outcome outcome = cli_house_open(
        cli_home(options[HOME].value), cli_keys(options[KEYS].value), REGISTRY_READ, &open, why);
    if (outcome.fault == FAULT_BUSY) {
        cli_complain("retention run: a server runs; it does this by itself");
        return EXIT_BAD;
    }
    if (!outcome_ok(outcome)) {
        cli_complain("retention run: %s", why);
        return EXIT_BAD;
    }
    outcome = shred_all(&open, &watch);
    if (!outcome_ok(outcome)) {
        cli_complain("retention run: %s (%s)", outcome.what, outcome_word(outcome.fault));
    }
    printf(options[JSON].value != NULL ? "{\"segments\":%" PRIu64 "}\n"
                                       : "%" PRIu64 " segments were shredded\n",
           watch.done);
    cli_house_close(&open);
    return outcome_ok(outcome) ? EXIT_GOOD : EXIT_BAD;
}

int retention_cli(int argc, char **argv)
{
    if (argc >= 1 && strcmp(argv[0], "show") == 0) {
        return show("retention show", argc - 1, argv + 1, false);
    }
    return argc >= 1 && strcmp(argv[0], "run") == 0 ? run(argc - 1, argv + 1)
                                                    : act_cli("retention", argc, argv);
}

int hold_cli(int argc, char **argv)
{
    return argc >= 1 && strcmp(argv[0], "list") == 0 ? show("hold list", argc - 1, argv + 1, true)
                                                     : act_cli("hold", argc, argv);
}
