/*
 * Purpose: acts given on the command line, for commands that end in one. Private to cli/.
 */
#ifndef DANCU_CLI_ACT_CLI_H
#define DANCU_CLI_ACT_CLI_H

#include "cli/cli.h"
#include "office/act.h"

/* Options besides an act's fields. */
enum act_option {
    OPTION_HOME,
    OPTION_KEYS,
    OPTION_CERT,
    OPTION_PUBLIC_KEY,
    OPTION_AS,
    OPTION_SIGN_KEY,
    OPTION_ORIGIN,
    OPTION_IF_MATCH,
    OPTION_JTI,
    OPTION_DESK,
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
    OPTION_TLS_CA,
    OPTION_COUNT
};
void act_options(struct cli_option ret_options[OPTION_COUNT]);

/* Does the act, or signs it (and sends it to the desk), as those options say, and tells how it
 * went. Exit status; EXIT_GOOD also when it waits for a second officer. */
int act_go(struct act *act, const struct cli_option options[OPTION_COUNT]);

#endif
