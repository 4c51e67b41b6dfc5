/*
 * `dancu scrub`: one pass over all that a home keeps, at once, beside a running server or without;
 * `dancu scrub status`: how the server's own scrub is.
 */
#include "cli/cli.h"

#include "proc/proc.h"
#include "proc/scrub.h"
#include "worker/scrub.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHOW_EVERY_PPM 10000u

/* ---- dancu scrub status ---- */

static struct outcome read_status(const char *home, struct scrub_status *ret_status)
{
    struct frame frame = {0};
    struct pipe_end pipe;
    int fd = -1;

    TRY(proc_admin_connect(home, &fd));
    pipe_init(&pipe, fd);
    frame_finish(&pipe.out, frame_start(&pipe.out, FRAME_SCRUB), 0);
    struct outcome outcome = cli_ask(&pipe, &frame);
    if (outcome_ok(outcome)) {
        outcome = frame.kind == FRAME_SCRUB
                      ? scrub_get_status(frame.payload, frame.count, ret_status)
                      : outcome_fail(FAULT_BAD_INPUT, "the server's answer does not decode");
    }
    pipe_done(&pipe);
    return outcome;
}

static void put_time(const char *name, int64_t wall_us, bool json)
{
    char text[CLOCK_MICRO_LEN + 1] = "";

    if (wall_us > 0) {
        clock_write_micro(text, wall_us);
        text[CLOCK_MICRO_LEN] = '\0';
    }
    if (json) {
        printf(wall_us > 0 ? "\"%s\":\"%s\"," : "\"%s\":null,", name, text);
    } else {
        printf("%-12s %s\n", name, wall_us > 0 ? text : "never");
    }
}

/* Members in the order of their names, as everywhere. */
static void print_json(const struct scrub_status *status)
{
    putchar('{');
    put_time("begun", status->begun_us, true);
    put_time("ended", status->ended_us, true);
    printf("\"found\":%" PRIu64 ",\"found_before\":%" PRIu64 ",\"looked\":%" PRIu64
           ",\"part\":\"%s\",\"passes\":%" PRIu64 ",\"places\":[",
           status->found, status->found_before, status->looked, scrub_part_word(status->part),
           status->passes);
    for (unsigned i = 0; i < status->place_count; i++) {
        printf("%s\"%s\"", i == 0 ? "" : ",", status->places[i]);
    }
    printf("],\"progress_ppm\":%u}\n", status->progress_ppm);
}

static void print_text(const struct scrub_status *status)
{
    printf("%-12s %s, %.1f %%\n", "part", scrub_part_word(status->part),
           (double)status->progress_ppm / 10000);
    put_time("begun", status->begun_us, false);
    put_time("ended", status->ended_us, false);
    printf("%-12s %" PRIu64 "\n%-12s %" PRIu64 "\n%-12s %" PRIu64 " (pass before: %" PRIu64 ")\n",
           "passes", status->passes, "looked", status->looked, "found", status->found,
           status->found_before);
    for (unsigned i = 0; i < status->place_count; i++) {
        printf("  %s\n", status->places[i]);
    }
}

static int status_of(const char *home, bool json)
{
    struct scrub_status status = {.part = SCRUB_PART_NONE};
    struct outcome outcome = read_status(home, &status);

    if (!outcome_ok(outcome)) {
        cli_complain(outcome.fault == FAULT_NOT_FOUND ? "scrub: no server runs on %s"
                                                      : "scrub: %s: cannot be asked",
                     home);
        return EXIT_BAD;
    }
    if (json) {
        print_json(&status);
    } else {
        print_text(&status);
    }
    return status.found == 0 && status.found_before == 0 ? EXIT_GOOD : EXIT_BAD;
}

/* ---- dancu scrub ---- */

struct showing {
    bool json;
    uint64_t places;
    uint32_t shown_ppm;
};

static void step(void *context, const struct scrub_status *status)
{
    struct showing *showing = context;

    if (isatty(STDERR_FILENO) == 1 && status->progress_ppm - showing->shown_ppm >= SHOW_EVERY_PPM) {
        showing->shown_ppm = status->progress_ppm;
        fprintf(stderr, "\r%s: %.0f %%   ", scrub_part_word(status->part),
                (double)status->progress_ppm / 10000);
    }
}

static void found(void *context, const char *place)
{
    struct showing *showing = context;

    if (showing->json) {
        printf("%s\"%s\"", showing->places == 0 ? "" : ",", place);
    } else {
        printf("%s\n", place);
    }
    showing->places++;
}

static int pass_over(const char *home, int home_fd, const char *origin,
                     const struct scrub_keys *keys, bool json)
{
    struct showing showing = {.json = json};
    struct scrub_memory memory = {0};
    struct scrub_status status = {.part = SCRUB_PART_NONE};
    struct scrub_config config = {
        .home = home,
        .home_fd = home_fd,
        .origin = origin,
        .keys = keys,
        .clock = clock_system(),
        .random = random_system(),
        .insist = true,
        .step = step,
        .found = found,
        .context = &showing,
    };

    fputs(json ? "{\"places\":[" : "", stdout);
    struct outcome outcome = scrub_pass(&config, &memory, &status);
    bool good = outcome_ok(outcome) && status.found == 0;
    if (isatty(STDERR_FILENO) == 1) {
        fputc('\n', stderr);
    }
    printf(json ? "],\"found\":%" PRIu64 ",\"good\":%s,\"looked\":%" PRIu64 "}\n"
                : "%" PRIu64 " bad places: %s; %" PRIu64 " things looked at\n",
           status.found, json ? (good ? "true" : "false") : (good ? "good" : "BAD"), status.looked);
    if (!outcome_ok(outcome)) {
        cli_complain("scrub: %s (%s)", outcome.what, outcome_word(outcome.fault));
    }
    return good ? EXIT_GOOD : EXIT_BAD;
}

static int open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        cli_complain("%s: %s", path, strerror(errno));
    }
    return fd;
}

static int scrub_home(const char *home, const char *keys_path, bool json)
{
    struct scrub_keys keys = {0};
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1] = "";
    int status = EXIT_BAD;
    int home_fd = open_folder(home);
    int keys_fd = home_fd < 0 ? -1 : open_folder(keys_path);

    if (keys_fd >= 0) {
        struct outcome outcome = scrub_keys_read(keys_fd, &keys);
        if (outcome_ok(outcome)) {
            outcome = house_origin_read(home_fd, origin);
        }
        if (outcome_ok(outcome)) {
            status = pass_over(home, home_fd, origin, &keys, json);
        } else {
            cli_complain("scrub: %s", outcome.what);
        }
        memory_wipe(&keys, sizeof(keys));
        close(keys_fd);
    }
    if (home_fd >= 0) {
        close(home_fd);
    }
    return status;
}

int scrub_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"}, {.name = "keys"}, {.name = "json", .flag = true}};
    const char *word = NULL;
    unsigned words = 0;

    if (!cli_options(argc, argv, options, 3, &word, 1, &words) ||
        (words == 1 && strcmp(word, "status") != 0)) {
        cli_complain("usage: dancu scrub [status] [--home DIR] [--keys DIR] [--json]");
        return EXIT_USAGE;
    }
    bool json = options[2].value != NULL;
    return words == 1 ? status_of(cli_home(options[0].value), json)
                      : scrub_home(cli_home(options[0].value), cli_keys(options[1].value), json);
}
