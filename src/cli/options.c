/*
 * Options, messages and the folders that commands work on.
 */
#include "cli/cli.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("dancu: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static struct cli_option *find_option(struct cli_option *options, unsigned count, struct view name)
{
    for (unsigned i = 0; i < count; i++) {
        if (view_is(name, options[i].name)) {
            return &options[i];
        }
    }
    return NULL;
}

/* One `--name` at argv[*at]; takes its value too. */
static bool take_option(int argc, char **argv, int *at, struct cli_option *options, unsigned count)
{
    struct view text = view_text(argv[*at] + 2);
    size_t equals = view_find(text, 0, '=');
    struct view name = view_part(text, 0, equals);
    struct cli_option *option = find_option(options, count, name);
    if (option == NULL || option->value != NULL) {
        cli_complain(option == NULL ? "unknown option --%.*s" : "option --%.*s given twice",
                     (int)name.len, name.data);
        return false;
    }
    if (option->flag) {
        option->value = "true";
        return equals == text.len;
    }
    if (equals < text.len) {
        option->value = argv[*at] + 2 + equals + 1;
        return true;
    }
    if (*at + 1 >= argc) {
        cli_complain("option --%s wants a value", option->name);
        return false;
    }
    (*at)++;
    option->value = argv[*at];
    return true;
}

bool cli_options(int argc, char **argv, struct cli_option *options, unsigned option_count,
                 const char **words, unsigned words_max, unsigned *ret_words)
{
    unsigned word_count = 0;
    for (int at = 0; at < argc; at++) {
        if (argv[at][0] == '-' && argv[at][1] == '-') {
            if (!take_option(argc, argv, &at, options, option_count)) {
                return false;
            }
        } else if (word_count == words_max) {
            cli_complain("unexpected word `%s`", argv[at]);
            return false;
        } else {
            words[word_count] = argv[at];
            word_count++;
        }
    }
    *ret_words = word_count;
    return true;
}

static const char *folder(const char *option, const char *variable, const char *usual)
{
    if (option != NULL) {
        return option;
    }
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : usual;
}

const char *cli_home(const char *option)
{
    return folder(option, "DANCU_HOME", "var/demo/home");
}

const char *cli_keys(const char *option)
{
    return folder(option, "DANCU_KEYS", "var/demo/keys");
}

static struct outcome open_folder(const char *path, int *ret_fd, char ret_why[HOUSE_WHY_BYTES])
{
    *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_fd < 0) {
        int sys = errno;
        snprintf(ret_why, HOUSE_WHY_BYTES, "%s: %s", path, strerror(sys));
        return outcome_sys(sys, "folder");
    }
    return OUTCOME_OK;
}

struct outcome cli_house_open(const char *home, const char *keys, enum registry_mode mode,
                              struct cli_house *ret_house, char ret_why[HOUSE_WHY_BYTES])
{
    int keys_fd = -1;
    struct house_keys held = {0};
    ret_why[0] = '\0';
    TRY(open_folder(keys, &keys_fd, ret_why));
    struct outcome outcome = house_keys_read(keys_fd, &held);
    close(keys_fd);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, HOUSE_WHY_BYTES, "%s: %s", keys, outcome.what);
        return outcome;
    }
    outcome = open_folder(home, &ret_house->home_fd, ret_why);
    if (outcome_ok(outcome)) {
        outcome = house_open(home, ret_house->home_fd, &held, mode, &ret_house->house, ret_why);
        if (!outcome_ok(outcome)) {
            close(ret_house->home_fd);
        }
    }
    house_keys_done(&held);
    return outcome;
}

struct outcome cli_home_open(const char *home, const char *keys, int *ret_home_fd,
                             char ret_origin[HOUSE_ORIGIN_BYTES_MAX + 1],
                             struct house_keys *ret_keys)
{
    char why[HOUSE_WHY_BYTES] = "";
    int keys_fd = -1;
    struct outcome outcome = open_folder(home, ret_home_fd, why);
    if (outcome_ok(outcome)) {
        outcome = open_folder(keys, &keys_fd, why);
    }
    if (outcome_ok(outcome)) {
        outcome = house_keys_read(keys_fd, ret_keys);
        close(keys_fd);
    }
    if (outcome_ok(outcome)) {
        outcome = house_origin_read(*ret_home_fd, ret_origin);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("%s", why[0] != '\0' ? why : outcome.what);
    }
    return outcome;
}

struct ledger_config cli_ledger(int home_fd, const char *origin, const struct house_keys *keys)
{
    return (struct ledger_config){
        .home_fd = home_fd,
        .origin = origin,
        .wrap_key = &keys->wrap,
        .sign_key = &keys->sign,
        .sign_next = house_sign_next(keys),
        .clock = clock_system(),
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
    };
}

void cli_house_close(struct cli_house *house)
{
    house_close(house->house);
    close(house->home_fd);
}
