/*
 * `dancu policy explain`: why a hypothetical ask is decided as it is, check by check. Of the files
 * of a folder, with everything about the ask named by options; or of a home's own objects, under
 * any version that was published or proposed there.
 */
#include "cli/cli.h"

#include "cli/policy_cli.h"
#include "office/explain.h"
#include "office/office.h"

#include <stdio.h>

/* Behind those of the ask. */
enum { OPTION_HOME = EXPLAIN_VALUE_COUNT, OPTION_KEYS, OPTION_POLICY, OPTION_JSON, OPTION_COUNT };

static int tell(const struct cli_option *options, const struct directory *directory,
                const struct policy *policy)
{
    BUF_AUTO text;
    struct explain_ask ask = {0};
    struct explain_fault fault = {0};
    struct clock_port clock = clock_system();
    buf_init(&text, POLICY_SHOW_BYTES_MAX);
    for (unsigned i = 0; i < EXPLAIN_VALUE_COUNT; i++) {
        ask.values[i] = view_text(options[i].value);
    }
    struct outcome outcome = explain_put(&ask, directory, policy, clock_wall_us(&clock),
                                         options[OPTION_JSON].value != NULL, &text, &fault);
    if (outcome.fault == FAULT_BAD_INPUT) {
        cli_complain("policy explain: --%s: %s", explain_rows[fault.value].name, fault.why);
        return EXIT_USAGE;
    }
    bool told = outcome_ok(outcome) && fwrite(text.data, 1, text.len, stdout) == text.len &&
                fflush(stdout) == 0;
    return told ? EXIT_GOOD : EXIT_BAD;
}

static int explain_of_home(const struct cli_option *options)
{
    struct cli_office open = {0};
    struct policy *policy = NULL;
    if (!outcome_ok(
            cli_office_open(options[OPTION_HOME].value, options[OPTION_KEYS].value, &open))) {
        return EXIT_BAD;
    }
    int status = EXIT_BAD;
    struct outcome outcome =
        office_policy_read(open.office, view_text(options[OPTION_POLICY].value), &policy);
    if (outcome_ok(outcome)) {
        status = tell(options, &open.directory, policy);
    } else {
        cli_complain("policy explain: %s", outcome.what);
    }
    policy_free(policy);
    cli_office_close(&open);
    return status;
}

static int explain_of_files(const struct cli_option *options, const char *dir)
{
    struct policy_error error = {{0}};
    struct policy *policy = NULL;
    struct outcome outcome = policy_load_dir(dir, &policy, &error);
    if (!outcome_ok(outcome)) {
        cli_complain("%s", error.text[0] != '\0' ? error.text : outcome.what);
        return EXIT_BAD;
    }
    int status = tell(options, NULL, policy);
    policy_free(policy);
    return status;
}

static int usage(void)
{
    fputs("usage: dancu policy explain [DIR] or --home DIR --account CODE --business CODE, and:\n"
          "  [--json] [--policy HASH] [--keys DIR] [--party CODE]\n"
          "  the ask: [--service S] [--fields F,...] [--case TEXT] [--copy DAY | --third-party "
          "NAME] [--at YYYY-MM-DDTHH]\n"
          "  without a home: [--class C] [--channel C] [--no-instrument] [--state S] [--granted "
          "F,...] [--sensitive F,...] [--from DAY] [--until DAY] [--population CONDITION]\n"
          "  counters: [--used N] [--used-second N] [--used-total N] [--misses N]\n"
          "  the subject: [--unknown] [--mismatch] [--province CODE@LIST] [--birth-date DATE] "
          "[--sex N] [--lists L] [--protected] [--locked]\n",
          stderr);
    return EXIT_USAGE;
}

int explain_cli(int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT] = {
        [OPTION_HOME] = {.name = "home"},
        [OPTION_KEYS] = {.name = "keys"},
        [OPTION_POLICY] = {.name = "policy"},
        [OPTION_JSON] = {.name = "json", .flag = true},
    };
    const char *dir = "policy";
    unsigned words = 0;
    for (unsigned i = 0; i < EXPLAIN_VALUE_COUNT; i++) {
        options[i] =
            (struct cli_option){.name = explain_rows[i].name, .flag = explain_rows[i].flag};
    }
    if (!cli_options(argc, argv, options, OPTION_COUNT, &dir, 1, &words)) {
        return usage();
    }
    bool home = options[OPTION_HOME].value != NULL || options[EXPLAIN_ACCOUNT].value != NULL ||
                options[OPTION_POLICY].value != NULL;
    if (home && (words > 0 || options[EXPLAIN_CLASS].value != NULL ||
                 options[EXPLAIN_CHANNEL].value != NULL)) {
        return usage();
    }
    return home ? explain_of_home(options) : explain_of_files(options, dir);
}
