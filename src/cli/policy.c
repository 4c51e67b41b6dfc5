/*
 * `dancu policy check | show | explain | propose | publish`.
 */
#include "cli/cli.h"
#include "cli/policy_cli.h"

#include <string.h>

static int usage(void)
{
    cli_complain(
        "usage: dancu policy list | check [DIR] | show [DIR] [--json] [--policy HASH --home DIR "
        "--keys DIR] | explain ... | propose [DIR] | publish [DIR] [--home DIR] [--keys "
        "DIR]");
    return EXIT_USAGE;
}

int policy_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "json", .flag = true}, {.name = "policy"}, {.name = "home"}, {.name = "keys"}};
    const char *dir = "policy";
    unsigned words = 0;
    if (argc >= 1 && strcmp(argv[0], "publish") == 0) {
        return policy_act_cli(ACT_POLICY_PUBLISH, argc - 1, argv + 1);
    }
    if (argc >= 1 && strcmp(argv[0], "propose") == 0) {
        return policy_act_cli(ACT_POLICY_PROPOSE, argc - 1, argv + 1);
    }
    if (argc >= 1 && strcmp(argv[0], "list") == 0) {
        return list_cli("policy", argc - 1, argv + 1);
    }
    if (argc >= 1 && strcmp(argv[0], "explain") == 0) {
        return explain_cli(argc - 1, argv + 1);
    }
    bool check = argc >= 1 && strcmp(argv[0], "check") == 0;
    bool show = argc >= 1 && strcmp(argv[0], "show") == 0;
    if (!(check || show) ||
        !cli_options(argc - 1, argv + 1, options, show ? 4 : 0, &dir, 1, &words)) {
        return usage();
    }
    if (options[1].value != NULL) {
        return policy_show_home(options[2].value, options[3].value, options[1].value,
                                options[0].value != NULL);
    }
    return check ? policy_cli_check(dir) : policy_cli_show(dir, options[0].value != NULL);
}
