/*
 * `dancu registry import FILE|-`: loads people from NDJSON while no server runs. Bad lines are told
 * by number, column and reason, never by content; good ones are loaded; each chunk is an act.
 */
#include "cli/cli.h"

#include "office/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAD_LINES_SHOWN_MAX 1000 /* the rest is only counted */

/* What the importer calls back into. */
struct desk {
    struct house *house;
    struct import_meter meter;
    uint64_t bad_shown;
};

static struct outcome record(void *context, const struct registry_chunk *chunk)
{
    struct desk *desk = context;
    return house_record_chunk(desk->house, chunk, (uint32_t)getuid());
}

static void bad_line(void *context, uint64_t line, const struct person_fault *fault)
{
    struct desk *desk = context;
    if (desk->bad_shown < BAD_LINES_SHOWN_MAX) {
        fprintf(stderr, "line %" PRIu64 ", column %zu: %s\n", line, fault->column, fault->reason);
    } else if (desk->bad_shown == BAD_LINES_SHOWN_MAX) {
        fputs("more bad lines: only counted\n", stderr);
    }
    desk->bad_shown++;
}

static void progress(void *context, const struct import_report *so_far)
{
    struct desk *desk = context;
    import_meter_show(&desk->meter, so_far);
}

static int import_into(struct house *house, int fd, bool json)
{
    struct desk desk = {.house = house, .meter = import_meter_of(STDERR_FILENO, fd)};
    struct import_report report = {0};
    struct import_config config = {
        .fd = fd,
        .registry = house->registry,
        .clock = house->clock,
        .context = &desk,
        .record = record,
        .bad_line = bad_line,
        .progress = progress,
    };
    struct outcome outcome = import_run(&config, &report);
    import_meter_end(&desk.meter, &report);
    if (json) {
        printf("{\"added\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"changed\":%" PRIu64
               ",\"lines\":%" PRIu64 ",\"unchanged\":%" PRIu64 "}\n",
               report.added, report.bad, report.changed, report.lines, report.unchanged);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("registry import: %s (%s)", outcome.what, outcome_word(outcome.fault));
        return EXIT_BAD;
    }
    return report.bad == 0 ? EXIT_GOOD : EXIT_BAD;
}

static int import_file(const char *file, const char *home, const char *keys, bool json)
{
    struct cli_house house = {0};
    char why[HOUSE_WHY_BYTES] = "";
    bool piped = strcmp(file, "-") == 0;
    int fd = piped ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cli_complain("registry import: %s: %s", file, strerror(errno));
        return EXIT_BAD;
    }
    int status = EXIT_BAD;
    struct outcome outcome = cli_house_open(home, keys, REGISTRY_WRITE, &house, why);
    if (outcome_ok(outcome)) {
        status = import_into(house.house, fd, json);
        cli_house_close(&house);
    } else {
        cli_complain("registry import: %s%s", why,
                     outcome.fault == FAULT_BUSY ? " (stop the server first)" : "");
    }
    if (!piped) {
        close(fd);
    }
    return status;
}

int registry_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"}, {.name = "keys"}, {.name = "json", .flag = true}};
    const char *file = NULL;
    unsigned words = 0;
    if (argc < 1 || strcmp(argv[0], "import") != 0 ||
        !cli_options(argc - 1, argv + 1, options, 3, &file, 1, &words) || words != 1) {
        cli_complain("usage: dancu registry import FILE|- [--home DIR] [--keys DIR] [--json]");
        return EXIT_USAGE;
    }
    return import_file(file, cli_home(options[0].value), cli_keys(options[1].value),
                       options[2].value != NULL);
}
