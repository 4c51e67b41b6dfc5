/*
 * `dancu seed --persons N --seed S [--protected-permille P] [--out FILE]`
 * `dancu seed pick --from FILE --samples OUT --hidden OUT`
 *
 * Invariants:
 *  1. Lines go to stdout or the file, everything else to stderr.
 *  2. A file that could not be written whole is removed again, if it is a plain file.
 */
#include "cli/seed_cli.h"

#include "base/ceilings.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "demo/demo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED_USAGE                                                                                 \
    "usage: dancu seed --persons N --seed S [--protected-permille P] [--out FILE]\n"               \
    "       dancu seed pick --from FILE --samples OUT --hidden OUT"

/* ---- Files ---- */

struct output {
    FILE *file;
    const char *path; /* NULL: stdout */
};

static bool output_open(const char *path, struct output *ret_output)
{
    FILE *file = path == NULL ? stdout : fopen(path, "we");
    if (file == NULL) {
        cli_complain("%s: %s", path, strerror(errno));
        return false;
    }
    *ret_output = (struct output){file, path};
    return true;
}

/* Invariant 2. True when all is written. */
static bool output_close(struct output *output, bool good)
{
    if (output->file == NULL) {
        return good;
    }
    bool written = fflush(output->file) == 0 && !ferror(output->file);
    int sys = errno;
    if (output->path != NULL) {
        written = fclose(output->file) == 0 && written;
    }
    output->file = NULL;
    if (good && !written) {
        cli_complain("%s: %s", output->path == NULL ? "stdout" : output->path, strerror(sys));
    }
    struct stat status;
    if (!(good && written) && output->path != NULL && stat(output->path, &status) == 0 &&
        S_ISREG(status.st_mode)) {
        (void)unlink(output->path);
    }
    return good && written;
}

/* ---- dancu seed ---- */

struct writing {
    struct output output;
    uint64_t persons;
    bool shows; /* progress on a terminal */
};

static struct outcome take_lines(void *context, struct view lines, uint64_t persons)
{
    struct writing *writing = context;
    if (fwrite(lines.data, 1, lines.len, writing->output.file) != lines.len) {
        return outcome_sys(errno, "output");
    }
    if (writing->shows) {
        fprintf(stderr, "\rseed: %" PRIu64 " of %" PRIu64 " persons", persons, writing->persons);
    }
    return OUTCOME_OK;
}

static bool read_number(const struct cli_option *option, uint64_t least, uint64_t most,
                        uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!outcome_ok(decimal_get(view_text(option->value), most, &value)) || value < least) {
        cli_complain("--%s wants a whole number from %" PRIu64 " to %" PRIu64, option->name, least,
                     most);
        return false;
    }
    *ret_value = value;
    return true;
}

static int write_people(const struct demo_settings *settings, const char *path)
{
    struct writing writing = {.persons = settings->persons};
    if (!output_open(path, &writing.output)) {
        return EXIT_BAD;
    }
    writing.shows = isatty(STDERR_FILENO) && !isatty(fileno(writing.output.file));
    struct demo_sink sink = {take_lines, &writing};
    struct outcome outcome = demo_people_write(settings, &sink);
    if (writing.shows) {
        fputc('\n', stderr);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("seed: %s%s%s", outcome.what, outcome.sys != 0 ? ": " : "",
                     outcome.sys != 0 ? strerror(outcome.sys) : "");
    }
    return output_close(&writing.output, outcome_ok(outcome)) ? EXIT_GOOD : EXIT_BAD;
}

static int people_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "persons"}, {.name = "seed"}, {.name = "protected-permille"}, {.name = "out"}};
    unsigned words = 0;
    if (!cli_options(argc, argv, options, 4, NULL, 0, &words)) {
        return EXIT_USAGE;
    }
    if (options[0].value == NULL || options[1].value == NULL) {
        cli_complain("seed wants --persons and --seed\n" SEED_USAGE);
        return EXIT_USAGE;
    }
    uint64_t permille = DEMO_PROTECTED_PERMILLE;
    struct demo_settings settings = {0};
    if (!read_number(&options[0], 1, DEMO_PERSONS_MAX, &settings.persons) ||
        !read_number(&options[1], 0, UINT64_MAX, &settings.seed) ||
        (options[2].value != NULL && !read_number(&options[2], 0, 1000, &permille))) {
        return EXIT_USAGE;
    }
    settings.protected_permille = (unsigned)permille;
    return write_people(&settings, options[3].value);
}

/* ---- dancu seed pick ---- */

struct picking {
    const char *path;
    FILE *from;
    char *text; /* one line with its end and a terminator */
    struct demo_pick *pick;
    struct output samples;
    struct output hidden;
    struct buf protected_lines; /* the hidden file begins with them */
    struct buf outside_lines;
    struct buf sample;
};

#define LINE_BYTES (PERSON_BYTES_MAX + 2)
#define KEPT_BYTES_MAX (DEMO_HIDDEN_PROTECTED * (size_t)LINE_BYTES)

static void picking_done(struct picking *picking)
{
    if (picking->from != NULL) {
        fclose(picking->from);
    }
    memory_free(picking->text);
    demo_pick_free(picking->pick);
    buf_done(&picking->protected_lines);
    buf_done(&picking->outside_lines);
    buf_done(&picking->sample);
}

static struct outcome picking_init(struct picking *picking)
{
    picking->text = memory_new(1, LINE_BYTES);
    if (picking->text == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "a line");
    }
    buf_init(&picking->protected_lines, KEPT_BYTES_MAX);
    buf_init(&picking->outside_lines, KEPT_BYTES_MAX);
    buf_init(&picking->sample, LINE_BYTES);
    return demo_pick_new(&picking->pick);
}

typedef struct outcome picking_visit(struct picking *picking, struct view line, uint64_t number,
                                     const char **ret_why);

static struct outcome visit_note(struct picking *picking, struct view line, uint64_t number,
                                 const char **ret_why)
{
    (void)number;
    return demo_pick_note(picking->pick, line, ret_why);
}

static struct outcome visit_weigh(struct picking *picking, struct view line, uint64_t number,
                                  const char **ret_why)
{
    (void)number;
    return demo_pick_weigh(picking->pick, line, ret_why);
}

static struct outcome put_line(struct buf *buf, struct view line)
{
    buf_put_view(buf, line);
    buf_put_u8(buf, '\n');
    return buf_check(buf);
}

static struct outcome visit_write(struct picking *picking, struct view line, uint64_t number,
                                  const char **ret_why)
{
    (void)ret_why;
    switch (demo_pick_role(picking->pick, number)) {
    case DEMO_ROLE_SAMPLE_79:
    case DEMO_ROLE_SAMPLE_REST:
        buf_reset(&picking->sample);
        TRY(demo_pick_put_sample(picking->pick, line, &picking->sample));
        (void)fwrite(picking->sample.data, 1, picking->sample.len, picking->samples.file);
        return OUTCOME_OK;
    case DEMO_ROLE_HIDDEN_PROTECTED:
        return put_line(&picking->protected_lines, line);
    case DEMO_ROLE_HIDDEN_OUTSIDE:
        return put_line(&picking->outside_lines, line);
    default:
        return OUTCOME_OK;
    }
}

/* One line without its end; false at the end of the file or when it is too long. */
static bool next_line(struct picking *picking, struct view *ret_line, bool *ret_long)
{
    *ret_long = false;
    if (fgets(picking->text, LINE_BYTES, picking->from) == NULL) {
        return false;
    }
    size_t len = strlen(picking->text);
    bool ended = len > 0 && picking->text[len - 1] == '\n';
    *ret_long = !ended && len == LINE_BYTES - 1;
    *ret_line = view_of(picking->text, ended ? len - 1 : len);
    return !*ret_long;
}

/* All lines, first to last; complains about the first that will not do. */
static bool round_over(struct picking *picking, picking_visit *visit)
{
    struct view line;
    bool too_long = false;
    uint64_t number = 0;
    rewind(picking->from);
    while (next_line(picking, &line, &too_long)) {
        const char *why = NULL;
        struct outcome outcome = visit(picking, line, number, &why);
        number++;
        if (!outcome_ok(outcome)) {
            cli_complain("%s: line %" PRIu64 ": %s", picking->path, number,
                         why != NULL ? why : outcome.what);
            return false;
        }
    }
    if (too_long) {
        cli_complain("%s: line %" PRIu64 ": longer than %d bytes", picking->path, number + 1,
                     PERSON_BYTES_MAX);
        return false;
    }
    if (ferror(picking->from)) {
        cli_complain("%s: %s", picking->path, strerror(errno));
        return false;
    }
    return true;
}

static bool enough(const struct picking *picking)
{
    enum demo_role role = DEMO_ROLE_NONE;
    uint64_t found = 0;
    if (outcome_ok(demo_pick_enough(picking->pick, &role, &found))) {
        return true;
    }
    cli_complain("%s: population too small: %" PRIu64 " %s, wanted %u "
                 "(100000 persons are enough; --protected-permille raises the protected)",
                 picking->path, found, demo_role_text(role), demo_role_wanted(role));
    return false;
}

static bool pick_write(struct picking *picking, const char *samples, const char *hidden)
{
    bool good = output_open(samples, &picking->samples) && output_open(hidden, &picking->hidden) &&
                round_over(picking, visit_write);
    if (good) {
        const struct buf *kept[] = {&picking->protected_lines, &picking->outside_lines};
        for (unsigned i = 0; i < 2; i++) {
            (void)fwrite(kept[i]->data, 1, kept[i]->len, picking->hidden.file);
        }
    }
    bool one = output_close(&picking->samples, good);
    bool other = output_close(&picking->hidden, good);
    return one && other;
}

/* The file is gone over more than once: a pipe will not do. */
static bool pick_open(struct picking *picking, const char *path)
{
    struct stat status;
    picking->path = path;
    picking->from = fopen(path, "re");
    if (picking->from == NULL) {
        cli_complain("%s: %s", path, strerror(errno));
        return false;
    }
    if (fstat(fileno(picking->from), &status) != 0 || !S_ISREG(status.st_mode)) {
        cli_complain("%s: not a plain file (it is read more than once)", path);
        return false;
    }
    return true;
}

static int pick_cli(int argc, char **argv)
{
    struct cli_option options[] = {{.name = "from"}, {.name = "samples"}, {.name = "hidden"}};
    unsigned words = 0;
    if (!cli_options(argc, argv, options, 3, NULL, 0, &words)) {
        return EXIT_USAGE;
    }
    if (options[0].value == NULL || options[1].value == NULL || options[2].value == NULL) {
        cli_complain("seed pick wants --from, --samples and --hidden\n" SEED_USAGE);
        return EXIT_USAGE;
    }
    __attribute__((cleanup(picking_done))) struct picking picking = {0};
    struct outcome outcome = picking_init(&picking);
    if (!outcome_ok(outcome)) {
        cli_complain("seed pick: %s", outcome.what);
        return EXIT_BAD;
    }
    bool good = pick_open(&picking, options[0].value) && round_over(&picking, visit_note) &&
                round_over(&picking, visit_weigh) && enough(&picking) &&
                pick_write(&picking, options[1].value, options[2].value);
    return good ? EXIT_GOOD : EXIT_BAD;
}

int seed_cli(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "pick") == 0) {
        return pick_cli(argc - 1, argv + 1);
    }
    return people_cli(argc, argv);
}
