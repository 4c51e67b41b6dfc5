/*
 * What a seed draws. Everything that it follows from is public once the seed is revealed: the kind
 * of an entry, its minute, its place in the log. Nothing is verified here; `dancu ledger verify`
 * does that.
 */
#include "cli/drawn.h"

#include "cli/cli.h"
#include "cli/show.h"
#include "office/review.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct drawing {
    const char *month;
    uint8_t seed[DRAW_SEED_BYTES];
    uint64_t one_in;
};

/* Where the text stands behind `mark` in an entry: canonical JSON, whose members are ours. */
static struct view behind(struct view entry, struct view mark, size_t len)
{
    for (size_t at = 0; at + mark.len + len <= entry.len; at++) {
        if (view_starts(view_part(entry, at, entry.len - at), mark)) {
            return view_part(entry, at + mark.len, len);
        }
    }
    return view_of(NULL, 0);
}

static struct outcome look(void *context, uint64_t index, struct view entry)
{
    const struct drawing *drawing = context;
    char month[MONTH_LEN + 1];
    if (behind(entry, VIEW_LITERAL("\"kind\":\"disclosure\""), 0).data == NULL) {
        return OUTCOME_OK;
    }
    if (!show_month(behind(entry, VIEW_LITERAL("\"t\":\""), CLOCK_MINUTE_LEN), month)) {
        return outcome_fail(FAULT_CORRUPT, "an entry has no time");
    }
    if (strcmp(month, drawing->month) == 0 && draw_takes(drawing->seed, drawing->one_in, index)) {
        printf("%" PRIu64 "\n", index);
    }
    return OUTCOME_OK;
}

static int draw(const struct drawing *drawing, const char *dir)
{
    uint64_t size = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        cli_complain("%s: %s", dir, strerror(errno));
        return EXIT_BAD;
    }
    struct outcome outcome = show_size(fd, &size);
    if (outcome_ok(outcome)) {
        outcome = show_each(fd, size, look, (void *)(uintptr_t)drawing);
    }
    close(fd);
    if (!outcome_ok(outcome)) {
        cli_complain("review drawn: %s", outcome.what);
    }
    return outcome_ok(outcome) && fflush(stdout) == 0 ? EXIT_GOOD : EXIT_BAD;
}

enum { DRAWN_HOME, DRAWN_DIR, DRAWN_MONTH, DRAWN_SEED, DRAWN_ONE_IN, DRAWN_OPTIONS };

int drawn_cli(int argc, char **argv)
{
    struct cli_option options[DRAWN_OPTIONS] = {
        [DRAWN_HOME] = {.name = "home"},     [DRAWN_DIR] = {.name = "dir"},
        [DRAWN_MONTH] = {.name = "month"},   [DRAWN_SEED] = {.name = "seed"},
        [DRAWN_ONE_IN] = {.name = "one-in"},
    };
    struct drawing drawing = {.one_in = 0};
    char path[1024];
    unsigned words = 0;
    bool understood = cli_options(argc, argv, options, DRAWN_OPTIONS, NULL, 0, &words) &&
                      options[DRAWN_MONTH].value != NULL &&
                      outcome_ok(hex_get(view_text(options[DRAWN_SEED].value), drawing.seed,
                                         sizeof(drawing.seed))) &&
                      outcome_ok(decimal_get(view_text(options[DRAWN_ONE_IN].value),
                                             DRAW_ONE_IN_MAX, &drawing.one_in)) &&
                      drawing.one_in > 0;
    if (!understood) {
        cli_complain("usage: dancu review drawn --month YYYY-MM --seed HEX --one-in N "
                     "[--home DIR | --dir TILES]");
        return EXIT_USAGE;
    }
    drawing.month = options[DRAWN_MONTH].value;
    snprintf(path, sizeof(path), "%s/ledger", cli_home(options[DRAWN_HOME].value));
    return draw(&drawing, options[DRAWN_DIR].value != NULL ? options[DRAWN_DIR].value : path);
}
