/*
 * `dancu letter ...`: finds the verb and hands it the rest.
 */
#include "cli/cli.h"
#include "cli/letter_verify.h"

#include <string.h>

int letter_cli(int argc, char **argv)
{
    if (argc >= 1 && strcmp(argv[0], "verify") == 0) {
        return letter_verify_cli(argc - 1, argv + 1);
    }
    cli_complain("usage: dancu letter verify FILE --ca FILE");
    return EXIT_USAGE;
}
