/*
 * Purpose: `dancu policy check` and `dancu policy show`: wiring of the policy room to a terminal.
 * Data to stdout, complaints to stderr. Exits: 0 good, 1 bad (one line says what and where),
 * 2 usage (no folder, or one that cannot be opened).
 */
#ifndef DANCU_CLI_POLICY_CLI_H
#define DANCU_CLI_POLICY_CLI_H

#include "policy/policy.h"

/* One line on stdout when the set is good: name, first day, open pairs, hash. */
int policy_cli_check(const char *dir);
/* The whole set for a lawyer, or as JSON. */
int policy_cli_show(const char *dir, bool json);
int policy_cli_print(const struct policy *policy, bool json);

#endif
