/*
 * A home's office for commands that only read it, also while a server writes.
 */
#include "cli/cli.h"

#include "base/memory.h"
#include "cli/policy_cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct outcome cli_office_open(const char *home, const char *keys, struct cli_office *ret_office)
{
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1];
    int home_fd = -1;
    struct office_config config = {
        .home = cli_home(home),
        .data_key = &ret_office->keys.data,
        .random = random_system(),
        .clock = clock_system(),
        .directory = &ret_office->directory,
        .reads = true,
    };
    TRY(cli_home_open(cli_home(home), cli_keys(keys), &home_fd, origin, &ret_office->keys));
    config.data_next = house_data_next(&ret_office->keys);
    close(home_fd);
    directory_init(&ret_office->directory);
    struct outcome outcome = office_open(&config, &ret_office->office);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s (%s)", config.home, outcome.what, outcome_word(outcome.fault));
        ret_office->office = NULL;
        cli_office_close(ret_office);
        return outcome;
    }
    struct clock_port clock = clock_system();
    office_turn(ret_office->office, clock_wall_us(&clock));
    return OUTCOME_OK;
}

void cli_office_close(struct cli_office *office)
{
    office_close(office->office);
    directory_done(&office->directory);
    house_keys_done(&office->keys);
}

int policy_show_home(const char *home, const char *keys, const char *hash, bool json)
{
    struct cli_office open = {0};
    struct policy *policy = NULL;
    if (!outcome_ok(cli_office_open(home, keys, &open))) {
        return EXIT_BAD;
    }
    int status = EXIT_BAD;
    struct outcome outcome = office_policy_read(open.office, view_text(hash), &policy);
    if (outcome_ok(outcome)) {
        status = policy_cli_print(policy, json);
    } else {
        cli_complain("policy show: %s", outcome.what);
    }
    policy_free(policy);
    cli_office_close(&open);
    return status;
}
