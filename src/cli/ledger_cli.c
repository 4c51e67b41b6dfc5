/* Placeholder: see ledger_cli.h. */
#include "cli/ledger_cli.h"

int ledger_cli(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 2;
}

int receipt_cli(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 2;
}
