/*
 * `dancu letter verify FILE --ca CA.pem [--sheet]`: a letter's signature (or that of a sheet of a
 * citizen's statement, which is none), by anybody, without a server. 0:
 * the whole file is as it was signed, by whom the authority stands behind; 1: it is not; 2: the
 * command's words are off.
 */
#include "cli/letter_verify.h"
#include "cli/cli.h"
#include "cli/files.h"

#include "base/clock.h"
#include "domain/letter_file.h"

static int usage(void)
{
    cli_complain("usage: dancu letter verify FILE --ca FILE [--sheet]");
    return EXIT_USAGE;
}

static struct outcome read_anchors(const char *path, struct cms_anchors **ret_anchors)
{
    BUF_AUTO pem;

    buf_init(&pem, KEY_FILE_BYTES_MAX);
    struct outcome outcome = files_read(path, &pem);
    if (outcome_ok(outcome)) {
        outcome = cms_anchors_new(buf_view(&pem), ret_anchors);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("letter verify: %s: %s", path, outcome.what);
    }
    return outcome;
}

static void print(const char *path, const struct letter_file *file)
{
    const struct cms_certificate *certificate = &file->certificate;
    struct clock_port clock = clock_system();
    BUF_AUTO text;

    buf_init(&text, 4096);
    buf_printf(&text,
               "%s: good: the whole file is as it was signed\nsigned by: %s\nissued by: %s\n", path,
               certificate->subject, certificate->issuer);
    buf_put_text(&text, "certificate: sha256:");
    buf_put_hex(&text, view_of(certificate->hash, sizeof(certificate->hash)));
    buf_put_text(&text, "\nat, as the signer says: ");
    clock_put_second(&text, file->time_s * US_PER_S);
    buf_put_text(&text, "\n");
    if (certificate->until_s * US_PER_S < clock_wall_us(&clock)) {
        buf_put_text(&text, "the certificate was in force then, and has expired since\n");
    }
    fwrite(text.data, 1, text.len, stdout);
}

int letter_verify_cli(int argc, char **argv)
{
    struct cli_option options[] = {{.name = "ca"}, {.name = "sheet", .flag = true}};
    const char *path = NULL;
    struct cms_anchors *anchors = NULL;
    struct letter_file file = {0};
    unsigned words = 0;
    BUF_AUTO pdf;

    buf_init(&pdf, LETTER_BYTES_MAX);
    if (!cli_options(argc, argv, options, 2, &path, 1, &words) || words != 1 ||
        options[0].value == NULL) {
        return usage();
    }
    struct outcome outcome = read_anchors(options[0].value, &anchors);
    if (!outcome_ok(outcome)) {
        return EXIT_BAD;
    }
    outcome = files_read(path, &pdf);
    if (outcome_ok(outcome)) {
        outcome = letter_file_verify(buf_view(&pdf), anchors, &file);
    }
    cms_anchors_free(anchors);
    if (outcome_ok(outcome) && file.sheet != (options[1].value != NULL)) {
        outcome =
            outcome_fail(FAULT_BAD_INPUT, file.sheet ? "a sheet of a citizen's statement, no letter"
                                                     : "a letter, no sheet of a statement");
    }
    if (!outcome_ok(outcome)) {
        cli_complain("letter verify: %s: %s", path, outcome.what);
        return EXIT_BAD;
    }
    print(path, &file);
    return EXIT_GOOD;
}
