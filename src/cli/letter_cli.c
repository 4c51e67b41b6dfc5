/*
 * `dancu letter ...`: finds the verb and hands it the rest; acts are the office's.
 */
#include "cli/act_cli.h"
#include "cli/cli.h"
#include "cli/letter_draw.h"
#include "cli/letter_verify.h"

#include <string.h>

int letter_cli(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"check", letter_check_cli},
        {"draw", letter_draw_cli},
        {"verify", letter_verify_cli},
    };

    for (size_t i = 0; argc >= 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    return argc >= 1 && strcmp(argv[0], "registers") == 0
               ? list_cli("registers", argc - 1, argv + 1)
               : act_cli("letter", argc, argv);
}
