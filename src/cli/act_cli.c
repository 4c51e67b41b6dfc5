/*
 * Acts from the command line: `dancu party add --code bank ...`. The options are the fields of the
 * act's row (office/act.c). A server that runs on the home gets the act over its admin socket;
 * otherwise it is done here, under the home's lock. Either way it is recorded.
 *
 * Two fields are given by file: `--cert FILE` stands for `spki` of an account, and a policy's
 * folder for `files` and `hash`.
 */
#include "cli/cli.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/files.h"
#include "office/office.h"
#include "proc/proc.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ACT_OPTIONS_MAX (ACT_FIELDS_MAX + 4)
#define REPLY_WAIT_MS 30000

/* Reads the options into the act's values; bare word = the field `code`. */
static int read_act(enum act_kind kind, int argc, char **argv, struct cli_option *options,
                    struct act *ret_act)
{
    unsigned fields = act_field_count(kind);
    const char *word = NULL;
    unsigned words = 0;
    unsigned code = 0;
    for (unsigned i = 0; i < fields; i++) {
        options[i] = (struct cli_option){
            .name = act_rows[kind].fields[i].name,
            .flag = act_rows[kind].fields[i].type == ACT_TYPE_FLAG,
        };
    }
    options[fields] = (struct cli_option){.name = "home"};
    options[fields + 1] = (struct cli_option){.name = "keys"};
    options[fields + 2] = (struct cli_option){.name = "cert"};
    if (!cli_options(argc, argv, options, fields + 3, &word, 1, &words)) {
        return EXIT_USAGE;
    }
    ret_act->kind = kind;
    for (unsigned i = 0; i < fields; i++) {
        ret_act->values[i] = view_text(options[i].value);
    }
    if (words == 1) {
        if (!outcome_ok(act_field_find(kind, VIEW_LITERAL("code"), &code)) ||
            ret_act->values[code].len > 0) {
            cli_complain("unexpected word `%s`", word);
            return EXIT_USAGE;
        }
        ret_act->values[code] = view_text(word);
    }
    return EXIT_GOOD;
}

static void usage(enum act_kind kind)
{
    const struct act_row *row = &act_rows[kind];
    const char *dot = strchr(row->name, '.');
    CHECK(dot != NULL);
    fprintf(stderr, "usage: dancu %.*s %s", (int)(dot - row->name), row->name, dot + 1);
    for (unsigned i = 0; i < act_field_count(kind); i++) {
        const struct act_field *field = &row->fields[i];
        bool flag = field->type == ACT_TYPE_FLAG;
        fprintf(stderr, field->required ? " --%s%s" : " [--%s%s]", field->name,
                flag ? "" : " VALUE");
    }
    fputs(kind == ACT_ACCOUNT_ADD ? " (--cert FILE gives --spki)\n" : "\n", stderr);
}

static int complain_act(const struct act *act, struct outcome outcome, const char *why)
{
    cli_complain("%s: %s", act_rows[act->kind].name, why[0] != '\0' ? why : outcome.what);
    return EXIT_BAD;
}

/* `note`: what else is to be known about an act that is done; may be empty. */
static int tell_done(const struct act *act, uint64_t index, const char *note)
{
    printf("%s recorded as entry %llu\n", act_rows[act->kind].name, (unsigned long long)index);
    if (note[0] != '\0') {
        cli_complain("%s: %s", act_rows[act->kind].name, note);
    }
    return EXIT_GOOD;
}

/* ---- over the admin socket ---- */

static struct outcome exchange(struct pipe_end *pipe, const struct act *act,
                               struct frame *ret_frame)
{
    size_t start = frame_start(&pipe->out, FRAME_ACT);
    act_put(act, &pipe->out);
    frame_finish(&pipe->out, start, 1);
    for (;;) {
        struct pollfd poll_fd = {.fd = pipe->fd, .events = POLLIN};
        TRY(pipe_flush(pipe));
        if (pipe_pending(pipe) > 0) {
            poll_fd.events |= POLLOUT;
        }
        if (poll(&poll_fd, 1, REPLY_WAIT_MS) <= 0) {
            return outcome_fail(FAULT_CLOSED, "the server did not answer");
        }
        struct outcome filled = pipe_fill(pipe);
        struct outcome next = pipe_next(pipe, ret_frame);
        if (next.fault != FAULT_AGAIN) {
            return next;
        }
        if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
            return outcome_fail(FAULT_CLOSED, "the server closed the connection");
        }
    }
}

static int act_by_server(int fd, const struct act *act)
{
    struct pipe_end pipe;
    struct frame frame = {0};
    pipe_init(&pipe, fd);
    struct outcome outcome = exchange(&pipe, act, &frame);
    struct cursor cursor = cursor_of(frame.payload);
    enum fault fault = cursor_u8(&cursor);
    uint64_t index = cursor_u64(&cursor);
    struct view reason = cursor_block16(&cursor);
    char why[256] = "";
    snprintf(why, sizeof(why), "%.*s", (int)reason.len, (const char *)reason.data);
    if (outcome_ok(outcome)) {
        outcome = cursor_end(&cursor, "the server's answer does not decode");
    }
    if (outcome_ok(outcome) && fault != FAULT_NONE) {
        outcome = outcome_fail(fault, outcome_word(fault));
    }
    pipe_done(&pipe);
    return outcome_ok(outcome) ? tell_done(act, index, why) : complain_act(act, outcome, why);
}

/* ---- here, while no server runs ---- */

static int act_by_hand(const char *home, const char *keys, const struct act *act)
{
    struct cli_house house = {0};
    char why[HOUSE_WHY_BYTES] = "";
    char reason[256] = "";
    uint64_t index = 0;
    struct outcome outcome = cli_house_open(home, keys, REGISTRY_WRITE, &house, why);
    if (!outcome_ok(outcome)) {
        return complain_act(act, outcome, why);
    }
    outcome = office_act(house.house->office, act, (uint32_t)getuid(), &index, reason);
    cli_house_close(&house);
    return outcome_ok(outcome) ? tell_done(act, index, reason) : complain_act(act, outcome, reason);
}

static int act_do(const char *home, const char *keys, const struct act *act)
{
    int fd = -1;
    char why[256] = "";
    struct outcome outcome = act_check(act, why);
    if (!outcome_ok(outcome)) {
        usage(act->kind);
        cli_complain("%s", why);
        return EXIT_USAGE;
    }
    if (outcome_ok(proc_admin_connect(home, &fd))) {
        return act_by_server(fd, act);
    }
    return act_by_hand(home, keys, act);
}

static int act_with_cert(struct act *act, const char *cert, char text[65])
{
    if (cert == NULL) {
        return EXIT_GOOD;
    }
    struct outcome outcome = files_cert_spki(cert, text);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", cert, outcome.what);
        return EXIT_BAD;
    }
    act_value_set(act, "spki", view_of(text, 64));
    return EXIT_GOOD;
}

int act_cli(const char *noun, int argc, char **argv)
{
    struct cli_option options[ACT_OPTIONS_MAX] = {0};
    struct act act = {0};
    enum act_kind kind = 0;
    char name[64];
    char spki[65];
    if (argc < 1) {
        cli_complain("usage: dancu %s VERB ...", noun);
        return EXIT_USAGE;
    }
    snprintf(name, sizeof(name), "%s.%s", noun, argv[0]);
    if (!outcome_ok(act_find(view_text(name), &kind)) || !act_rows[kind].by_hand) {
        cli_complain("no such command: %s %s", noun, argv[0]);
        return EXIT_USAGE;
    }
    int status = read_act(kind, argc - 1, argv + 1, options, &act);
    if (status != EXIT_GOOD) {
        usage(kind);
        return status;
    }
    unsigned fields = act_field_count(kind);
    if (options[fields + 2].value != NULL && kind != ACT_ACCOUNT_ADD) {
        usage(kind);
        return EXIT_USAGE;
    }
    status = act_with_cert(&act, options[fields + 2].value, spki);
    if (status != EXIT_GOOD) {
        return status;
    }
    return act_do(cli_home(options[fields].value), cli_keys(options[fields + 1].value), &act);
}

int policy_publish_cli(int argc, char **argv)
{
    struct cli_option options[] = {{.name = "home"}, {.name = "keys"}};
    const char *dir = "policy";
    unsigned words = 0;
    if (!cli_options(argc, argv, options, 2, &dir, 1, &words)) {
        cli_complain("usage: dancu policy publish [DIR] [--home DIR] [--keys DIR]");
        return EXIT_USAGE;
    }
    BUF_AUTO files;
    char hash[65] = "";
    char why[512] = "";
    buf_init(&files, ACT_BYTES_MAX);
    struct outcome outcome = files_policy(dir, &files, hash, why);
    if (!outcome_ok(outcome)) {
        cli_complain("policy publish: %s", why[0] != '\0' ? why : outcome.what);
        return EXIT_BAD;
    }
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    act_value_set(&act, "hash", view_text(hash));
    act_value_set(&act, "files", buf_view(&files));
    return act_do(cli_home(options[0].value), cli_keys(options[1].value), &act);
}
