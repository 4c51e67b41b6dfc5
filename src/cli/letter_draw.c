/*
 * `dancu letter check | draw`: templates tried without a server. What is drawn here is not signed,
 * stands in no register and verifies as unknown.
 */
#include "cli/letter_draw.h"

#include "cli/cli.h"
#include "cli/files.h"

#include "channel/letter/press.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_CONTENT, OPTION_OUT, OPTION_LETTERS, OPTION_FONTS, OPTION_COUNT };

static int usage(void)
{
    cli_complain("usage: dancu letter check [DIR] [--fonts DIR] | draw --content FILE --out FILE "
                 "[--letters DIR] [--fonts DIR]");
    return EXIT_USAGE;
}

static const char *or_usual(const char *option, const char *usual)
{
    return option == NULL ? usual : option;
}

/* Complains itself. */
static struct outcome open_press(const char *letters, const char *fonts, struct press **ret_press)
{
    struct press_error error;
    struct outcome outcome =
        press_new(letters, or_usual(fonts, PRESS_FONTS_USUAL), ret_press, &error);

    if (!outcome_ok(outcome)) {
        (void)fprintf(stderr, "%s\n", error.text[0] == '\0' ? outcome.what : error.text);
    }
    return outcome;
}

int letter_check_cli(int argc, char **argv)
{
    struct cli_option options[] = {{.name = "fonts"}};
    const char *dir = PRESS_LETTERS_USUAL;
    struct press *press = NULL;
    unsigned words = 0;

    if (!cli_options(argc, argv, options, 1, &dir, 1, &words)) {
        return usage();
    }
    if (!outcome_ok(open_press(dir, options[0].value, &press))) {
        return EXIT_BAD;
    }
    press_free(press);
    printf("%s: good\n", dir);
    return EXIT_GOOD;
}

static struct outcome write_file(const char *path, struct view bytes)
{
    FILE *file = fopen(path, "we");

    if (file == NULL) {
        return outcome_sys(errno, "open");
    }
    bool whole = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    return fclose(file) == 0 && whole ? OUTCOME_OK : outcome_sys(errno, "write");
}

static int draw_into(struct press *press, struct view content, const char *out)
{
    struct render_done done = {0};

    press_draw(press, content, PRESS_TO_LOOK_AT, &done);
    if (done.code != RENDER_DONE) {
        cli_complain("letter draw: %.*s", (int)done.why.len, (const char *)done.why.data);
        return EXIT_BAD;
    }
    struct outcome outcome = write_file(out, done.pdf);
    if (!outcome_ok(outcome)) {
        cli_complain("letter draw: %s: cannot be written", out);
        return EXIT_BAD;
    }
    (void)fprintf(stderr, "%s: %u page%s, %zu bytes, not signed\n", out, done.pages,
                  done.pages == 1 ? "" : "s", done.pdf.len);
    return EXIT_GOOD;
}

int letter_draw_cli(int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT] = {
        {.name = "content"}, {.name = "out"}, {.name = "letters"}, {.name = "fonts"}};
    struct press *press = NULL;
    unsigned words = 0;
    BUF_AUTO content;

    buf_init(&content, LETTER_CONTENT_BYTES_MAX);
    if (!cli_options(argc, argv, options, OPTION_COUNT, NULL, 0, &words) ||
        options[OPTION_CONTENT].value == NULL || options[OPTION_OUT].value == NULL) {
        return usage();
    }
    struct outcome outcome = files_read(options[OPTION_CONTENT].value, &content);
    if (!outcome_ok(outcome)) {
        cli_complain("letter draw: %s: %s", options[OPTION_CONTENT].value, outcome.what);
        return EXIT_BAD;
    }
    const char *letters = or_usual(options[OPTION_LETTERS].value, PRESS_LETTERS_USUAL);
    if (!outcome_ok(open_press(letters, options[OPTION_FONTS].value, &press))) {
        return EXIT_BAD;
    }
    int status = draw_into(press, buf_view(&content), options[OPTION_OUT].value);
    press_free(press);
    return status;
}
