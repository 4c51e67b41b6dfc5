/*
 * `dancu init --origin TEXT [--officers SHEET] [--home DIR] [--keys DIR]`: makes home and keys, and
 * prints the log's verifier key. With a sheet (ceremony.h) it makes the first officers too, and
 * from then on nothing is done by hand. Nothing that is there already is overwritten.
 */
#include "cli/ceremony.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int print_vkey(const struct house_keys *keys, const char *origin)
{
    BUF_AUTO line;
    buf_init(&line, 1024);
    struct outcome outcome = house_vkey(keys, origin, &line);
    if (!outcome_ok(outcome)) {
        cli_complain("init: %s", outcome.what);
        return EXIT_BAD;
    }
    printf("%.*s\n", (int)line.len, line.data);
    return EXIT_GOOD;
}

/* The ceremony: the first officers, as an act of the home that was just made. */
static struct outcome found(const char *home, const char *keys, struct view officers,
                            char ret_why[HOUSE_WHY_BYTES])
{
    struct cli_house house = {0};
    struct act act = {.kind = ACT_OFFICER_FOUND};
    char reason[256] = "";
    uint64_t index = 0;
    TRY(cli_house_open(home, keys, REGISTRY_WRITE, &house, ret_why));
    act_value_set(&act, "officers", officers);
    struct outcome outcome =
        office_act(house.house->office, &act, (uint32_t)getuid(), &index, reason);
    snprintf(ret_why, HOUSE_WHY_BYTES, "the home is made, but its officers are not: %s", reason);
    cli_house_close(&house);
    return outcome;
}

int init_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"}, {.name = "keys"}, {.name = "origin"}, {.name = "officers"}};
    unsigned words = 0;
    if (!cli_options(argc, argv, options, 4, NULL, 0, &words) || options[2].value == NULL) {
        cli_complain("usage: dancu init --origin HOST/NAME [--officers SHEET] [--home DIR] "
                     "[--keys DIR]");
        return EXIT_USAGE;
    }
    BUF_AUTO officers;
    buf_init(&officers, ACT_BYTES_MAX);
    if (options[3].value != NULL && !outcome_ok(ceremony_read(options[3].value, &officers))) {
        return EXIT_BAD; /* before anything is made */
    }
    const char *keys_path = cli_keys(options[1].value);
    struct random_port random = random_system();
    struct house_keys keys = {0};
    char why[HOUSE_WHY_BYTES] = "";
    if (mkdir(keys_path, 0700) != 0 && errno != EEXIST) {
        cli_complain("init: %s: %s", keys_path, strerror(errno));
        return EXIT_BAD;
    }
    int keys_fd = open(keys_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct outcome outcome =
        keys_fd < 0 ? outcome_sys(errno, "keys") : house_keys_make(keys_fd, &random, &keys);
    if (keys_fd >= 0) {
        close(keys_fd);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("init: %s: %s", keys_path, outcome.what);
        house_keys_done(&keys);
        return EXIT_BAD;
    }
    outcome = house_create(cli_home(options[0].value), &keys, options[2].value, why);
    int status = EXIT_BAD;
    if (outcome_ok(outcome) && officers.len > 0) {
        outcome = found(cli_home(options[0].value), keys_path, buf_view(&officers), why);
    }
    if (outcome_ok(outcome)) {
        status = print_vkey(&keys, options[2].value);
    } else {
        cli_complain("init: %s", why);
    }
    house_keys_done(&keys);
    return status;
}
