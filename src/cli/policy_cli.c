/*
 * The policy on the command line: nothing is decided here.
 */
#include "cli/policy_cli.h"

#include "base/ceilings.h"
#include "base/clock.h"
#include "policy/texts.h"

#include <stdio.h>

enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2 };

/* Loads, or says why not and gives the exit. */
static int load(const char *dir, struct policy **ret_policy)
{
    struct policy_error error = {{0}};

    if (dir == NULL || dir[0] == '\0') {
        (void)fprintf(stderr, "dancu policy: which folder?\n");
        return EXIT_USAGE;
    }
    struct outcome outcome = policy_load_dir(dir, ret_policy, &error);
    if (outcome_ok(outcome)) {
        return EXIT_GOOD;
    }
    if (error.text[0] != '\0') {
        (void)fprintf(stderr, "%s\n", error.text);
    } else {
        (void)fprintf(stderr, "dancu policy: %s (%s)\n", outcome.what, outcome_word(outcome.fault));
    }
    return outcome.fault == FAULT_NOT_FOUND ? EXIT_USAGE : EXIT_BAD;
}

static unsigned open_pairs(const struct policy *policy)
{
    unsigned open = 0;

    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        for (unsigned channel = 0; channel < CHANNEL_COUNT; channel++) {
            open += policy_channel_open(policy, class, channel);
        }
    }
    return open;
}

/* Everything reached the reader, a full disk included. */
static int finish(bool written)
{
    if (!written || fflush(stdout) != 0) {
        (void)fprintf(stderr, "dancu policy: the output cannot be written\n");
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

int policy_cli_check(const char *dir)
{
    struct policy *policy = NULL;
    int exit_code = load(dir, &policy);

    if (exit_code != EXIT_GOOD) {
        return exit_code;
    }
    if (policy_lacks_sources(policy)) {
        (void)fprintf(stderr, "sources.yaml:1:1: the file is missing\n");
        policy_free(policy);
        return EXIT_BAD;
    }
    if (policy_lacks_written(policy)) {
        (void)fprintf(stderr, "written.yaml:1:1: the file is missing\n");
        policy_free(policy);
        return EXIT_BAD;
    }
    if (policy_lacks_messages(policy)) {
        (void)fprintf(stderr, "messages.yaml:1:1: the file is missing\n");
        policy_free(policy);
        return EXIT_BAD;
    }
    if (policy_lacks(policy) != NULL) {
        (void)fprintf(stderr, "refusals.yaml: code `%s` has no row\n", policy_lacks(policy));
        policy_free(policy);
        return EXIT_BAD;
    }
    struct date day = date_from_days(policy_effective_day(policy));
    int written = printf("%s: good, effective from %04d-%02d-%02d, %u of %u pairs of class and "
                         "channel open, sha256 %s\n",
                         dir, day.year, day.month, day.day, open_pairs(policy),
                         (unsigned)(CLASS_COUNT * CHANNEL_COUNT), policy_hash(policy));
    policy_free(policy);
    return finish(written > 0);
}

int policy_cli_print(const struct policy *policy, bool json)
{
    BUF_AUTO text;
    buf_init(&text, POLICY_SHOW_BYTES_MAX);
    policy_show(policy, json, &text);
    if (!outcome_ok(buf_check(&text))) {
        (void)fprintf(stderr, "dancu policy: the policy is too long to show\n");
        return EXIT_BAD;
    }
    return finish(fwrite(text.data, 1, text.len, stdout) == text.len);
}

int policy_cli_show(const char *dir, bool json)
{
    struct policy *policy = NULL;
    int exit_code = load(dir, &policy);

    if (exit_code != EXIT_GOOD) {
        return exit_code;
    }
    exit_code = policy_cli_print(policy, json);
    policy_free(policy);
    return exit_code;
}
