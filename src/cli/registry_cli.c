/*
 * `dancu registry import FILE|-`: loads people from NDJSON. Bad lines are told by number, column
 * and reason, never by content; good ones are loaded; each chunk is an act. While a server runs,
 * its process `loader` does the work and we watch; while none does, it is done here under the
 * home's lock. Either way an import that was cut off goes on when the same command is given again.
 *
 * Invariants
 *  1. What cannot be written to at the end is noticed before anything is loaded.
 *  2. An import is forgotten once its report was told, not before.
 */
#include "cli/cli.h"

#include "cli/import_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REJECTS_ENDING ".rejects"

/* ---- What the import calls, here ---- */

static struct outcome record(void *context, const struct registry_chunk *chunk)
{
    const struct import_desk *desk = context;
    return house_record_chunk(desk->house, chunk, (uint32_t)getuid());
}

static void progress(void *context, const struct import_report *so_far)
{
    struct import_desk *desk = context;
    import_meter_show(&desk->meter, so_far);
}

static struct outcome import_into(struct import_desk *desk)
{
    struct import_config config = {
        .fd = desk->file_fd,
        .registry = desk->house->registry,
        .clock = desk->house->clock,
        .context = desk,
        .record = record,
        .progress = progress,
        .name = view_text(desk->name),
        .restart = desk->restart,
        .user = (uint32_t)getuid(),
        .rejects_fd = desk->rejects_fd,
    };
    return import_run(&config, &desk->report);
}

static int import_here(struct import_desk *desk, const char *home, const char *keys)
{
    struct cli_house house = {0};
    char why[HOUSE_WHY_BYTES] = "";
    struct outcome outcome = cli_house_open(home, keys, REGISTRY_WRITE, &house, why);
    if (!outcome_ok(outcome)) {
        cli_complain("registry import: %s", why);
        return EXIT_BAD;
    }
    desk->house = house.house;
    outcome = import_into(desk);
    int status = import_tell(desk, outcome);
    if (outcome_ok(outcome) && desk->name[0] != '\0') { /* invariant 2 */
        outcome = registry_intake_remove(house.house->registry, view_text(desk->name));
    }
    cli_house_close(&house);
    return outcome_ok(outcome) ? status : EXIT_BAD;
}

/* ---- What there is to tell ---- */

/* The beginning of the reject file, for people. */
static void tell_rejects(const struct import_desk *desk)
{
    char line[1024];
    uint64_t told = 0;
    int fd = fcntl(desk->rejects_fd, F_DUPFD_CLOEXEC, 0);
    FILE *rejects = fd < 0 || lseek(fd, 0, SEEK_SET) != 0 ? NULL : fdopen(fd, "r");
    while (rejects != NULL && told < IMPORT_BAD_LINES_SHOWN_MAX &&
           fgets(line, sizeof(line), rejects) != NULL) {
        const char *column = strchr(line, '\t');
        const char *reason = column == NULL ? NULL : strchr(column + 1, '\t');
        if (reason != NULL) {
            fprintf(stderr, "line %.*s, column %.*s: %s", (int)(column - line), line,
                    (int)(reason - column - 1), column + 1, reason + 1);
            told++;
        }
    }
    if (rejects != NULL) {
        fclose(rejects);
    }
    if (desk->report.bad > told) {
        fprintf(stderr, "more bad lines: %" PRIu64 "\n", desk->report.bad - told);
    }
    if (desk->report.bad > 0 && desk->rejects_path[0] != '\0') {
        fprintf(stderr, "all bad lines: %s\n", desk->rejects_path);
    }
}

/* Whether the same command, given again, may bring the import to its end. */
static bool goes_on(struct outcome outcome)
{
    return outcome.fault == FAULT_CLOSED || outcome.fault == FAULT_NO_SPACE ||
           outcome.fault == FAULT_IO || outcome.fault == FAULT_NO_MEMORY;
}

int import_tell(struct import_desk *desk, struct outcome outcome)
{
    const struct import_report *report = &desk->report;
    if (report->finished_before) {
        fputs("import: it was finished before; its report:\n", stderr);
    }
    import_meter_end(&desk->meter, report);
    tell_rejects(desk);
    if (desk->json) {
        printf("{\"added\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"changed\":%" PRIu64
               ",\"lines\":%" PRIu64 ",\"unchanged\":%" PRIu64 "}\n",
               report->added, report->bad, report->changed, report->lines, report->unchanged);
    }
    if (outcome_ok(outcome)) {
        return report->bad == 0 ? EXIT_GOOD : EXIT_BAD;
    }
    cli_complain("registry import: %s (%s%s%s)", outcome.what, outcome_word(outcome.fault),
                 outcome.sys != 0 ? ", " : "", outcome.sys != 0 ? strerror(outcome.sys) : "");
    if (!goes_on(outcome)) {
        return EXIT_BAD;
    }
    cli_complain("not finished: the same command goes on %s",
                 desk->name[0] != '\0' ? "behind the last chunk" : "from the beginning");
    return EXIT_UNFINISHED;
}

/* ---- Files ---- */

/* Invariant 1. */
static bool open_rejects(struct import_desk *desk)
{
    struct stat stat;
    if (desk->rejects_path[0] == '\0') {
        FILE *scratch = tmpfile();
        desk->rejects_fd = scratch == NULL ? -1 : fcntl(fileno(scratch), F_DUPFD_CLOEXEC, 3);
        if (scratch != NULL) {
            fclose(scratch);
        }
    } else {
        desk->rejects_fd = open(desk->rejects_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    }
    if (desk->rejects_fd < 0) {
        cli_complain("registry import: %s: %s", desk->rejects_path, strerror(errno));
        return false;
    }
    if (fstat(desk->rejects_fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        cli_complain("registry import: %s: no plain file", desk->rejects_path);
        return false;
    }
    return true;
}

static bool open_files(struct import_desk *desk, const char *file)
{
    struct stat stat;
    bool piped = strcmp(file, "-") == 0;
    desk->file_fd = piped ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (desk->file_fd < 0 || fstat(desk->file_fd, &stat) != 0) {
        cli_complain("registry import: %s: %s", file, strerror(errno));
        return false;
    }
    if (!S_ISREG(stat.st_mode)) {
        desk->name[0] = '\0'; /* read once, from its beginning to its end */
    }
    desk->meter = import_meter_of(STDERR_FILENO, desk->file_fd);
    return open_rejects(desk);
}

/* An empty reject file that nobody asked for by name says nothing. */
static void close_files(struct import_desk *desk, bool asked)
{
    struct stat stat;
    if (desk->rejects_fd >= 0) {
        bool empty = fstat(desk->rejects_fd, &stat) == 0 && stat.st_size == 0;
        if (empty && !asked && desk->rejects_path[0] != '\0') {
            (void)unlink(desk->rejects_path);
        }
        close(desk->rejects_fd);
    }
    if (desk->file_fd > STDIN_FILENO) {
        close(desk->file_fd);
    }
}

static int import_file(struct import_desk *desk, const char *file, const char *home,
                       const char *keys, bool rejects_asked)
{
    int status = EXIT_BAD;
    int fd = -1;
    if (open_files(desk, file)) {
        struct outcome connected = loading_connect(home, &fd);
        status = outcome_ok(connected) ? import_by_server(desk, fd) : import_here(desk, home, keys);
    }
    close_files(desk, rejects_asked);
    return status;
}

enum {
    OPTION_HOME,
    OPTION_KEYS,
    OPTION_JSON,
    OPTION_REJECTS,
    OPTION_NAME,
    OPTION_RESTART,
    OPTION_COUNT
};

/* Name and reject file: as asked, or after the file. */
static bool name_things(const struct cli_option *options, const char *file,
                        struct import_desk *ret_desk)
{
    const char *slash = strrchr(file, '/');
    const char *rejects = options[OPTION_REJECTS].value;
    const char *name = options[OPTION_NAME].value;
    bool piped = strcmp(file, "-") == 0;
    const char *ending = "";
    if (name == NULL) {
        name = piped ? "" : slash == NULL ? file : slash + 1;
    }
    if (rejects == NULL) {
        rejects = piped ? "" : file;
        ending = piped ? "" : REJECTS_ENDING;
    }
    int named = snprintf(ret_desk->name, sizeof(ret_desk->name), "%s", name);
    int placed =
        snprintf(ret_desk->rejects_path, sizeof(ret_desk->rejects_path), "%s%s", rejects, ending);
    return named >= 0 && (size_t)named < sizeof(ret_desk->name) && placed >= 0 &&
           (size_t)placed < sizeof(ret_desk->rejects_path);
}

int registry_cli(int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT] = {
        {.name = "home"},    {.name = "keys"}, {.name = "json", .flag = true},
        {.name = "rejects"}, {.name = "name"}, {.name = "restart", .flag = true}};
    struct import_desk desk = {.file_fd = -1, .rejects_fd = -1};
    const char *file = NULL;
    unsigned words = 0;
    if (argc < 1 || strcmp(argv[0], "import") != 0 ||
        !cli_options(argc - 1, argv + 1, options, OPTION_COUNT, &file, 1, &words) || words != 1 ||
        !name_things(options, file, &desk)) {
        cli_complain("usage: dancu registry import FILE|- [--rejects FILE] [--name TEXT] "
                     "[--restart] [--home DIR] [--keys DIR] [--json]");
        return EXIT_USAGE;
    }
    desk.json = options[OPTION_JSON].value != NULL;
    desk.restart = options[OPTION_RESTART].value != NULL;
    return import_file(&desk, file, cli_home(options[OPTION_HOME].value),
                       cli_keys(options[OPTION_KEYS].value), options[OPTION_REJECTS].value != NULL);
}
