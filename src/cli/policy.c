/*
 * `dancu policy check | show | publish`.
 */
#include "cli/cli.h"
#include "cli/policy_cli.h"

#include <string.h>

static int usage(void)
{
    cli_complain("usage: dancu policy check [DIR] | show [DIR] [--json] | publish [DIR] [--home "
                 "DIR] [--keys DIR]");
    return EXIT_USAGE;
}

int policy_cli(int argc, char **argv)
{
    struct cli_option options[] = {{.name = "json", .flag = true}};
    const char *dir = "policy";
    unsigned words = 0;
    if (argc >= 1 && strcmp(argv[0], "publish") == 0) {
        return policy_publish_cli(argc - 1, argv + 1);
    }
    bool check = argc >= 1 && strcmp(argv[0], "check") == 0;
    bool show = argc >= 1 && strcmp(argv[0], "show") == 0;
    if (!(check || show) ||
        !cli_options(argc - 1, argv + 1, options, show ? 1 : 0, &dir, 1, &words)) {
        return usage();
    }
    return check ? policy_cli_check(dir) : policy_cli_show(dir, options[0].value != NULL);
}
