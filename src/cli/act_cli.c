/*
 * Acts from the command line: `dancu party add --code bank ...`. The options are the fields of the
 * act's row (office/act.c). A server that runs on the home gets the act over its admin socket;
 * otherwise it is done here, under the home's lock. Either way it is recorded.
 *
 * With `--as CODE --sign-key FILE` the act is not done but signed, as an officer or an organisation
 * signs it, and printed as a JWS for the desk (`POST /v1/acts`, application/jose), or with `--desk
 * HOST:PORT` sent there.
 *
 * Some fields are given by file: `--cert FILE` stands for `spki` and `not-after`, `--public-key
 * FILE` for `key` (of a provider PEM, or its key set as it stands at its `jwks_uri`), a sheet for
 * the first officers, a case file for `file`, JSON for what has leaked, a personal number a line
 * for `persons`, `@FILE` for a name a line, and a policy's folder for `files` and `hash`.
 */
#include "cli/act_cli.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/ceremony.h"
#include "cli/desk_post.h"
#include "cli/files.h"
#include "cli/sign.h"
#include "office/four_eyes.h"
#include "office/office.h"
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const option_names[OPTION_COUNT] = {
    [OPTION_HOME] = "home",
    [OPTION_KEYS] = "keys",
    [OPTION_CERT] = "cert",
    [OPTION_PUBLIC_KEY] = "public-key",
    [OPTION_AS] = "as",
    [OPTION_SIGN_KEY] = "sign-key",
    [OPTION_ORIGIN] = "origin",
    [OPTION_IF_MATCH] = "if-match",
    [OPTION_JTI] = "jti",
    [OPTION_DESK] = "desk",
    [OPTION_TLS_CERT] = "tls-cert",
    [OPTION_TLS_KEY] = "tls-key",
    [OPTION_TLS_CA] = "tls-ca",
};
#define ACT_OPTIONS_MAX (ACT_FIELDS_MAX + OPTION_COUNT)
#define MEMBERS_FILE_BYTES_MAX (OPERATOR_ACT_NAMES_MAX * (ASK_CODE_BYTES_MAX + 1))
#define KEY_TEXT_BYTES (BASE64URL_LEN(RSA_SPKI_BYTES_MAX) + 1)

void act_options(struct cli_option ret_options[OPTION_COUNT])
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        ret_options[i] = (struct cli_option){.name = option_names[i]};
    }
}

/* The field that a bare word is: the code or, of an act about no object, the file. */
static bool word_field(enum act_kind kind, unsigned *ret_field)
{
    return outcome_ok(act_field_find(kind, VIEW_LITERAL("code"), ret_field)) ||
           outcome_ok(act_field_find(kind, VIEW_LITERAL("leaked"), ret_field));
}

/* Reads the options into the act's values. */
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
    act_options(&options[fields]);
    if (!cli_options(argc, argv, options, fields + OPTION_COUNT, &word, 1, &words)) {
        return EXIT_USAGE;
    }
    ret_act->kind = kind;
    for (unsigned i = 0; i < fields; i++) {
        ret_act->values[i] = view_text(options[i].value);
    }
    if (words == 1) {
        if (!word_field(kind, &code) || ret_act->values[code].len > 0) {
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
    unsigned field = 0;
    if (outcome_ok(act_field_find(kind, VIEW_LITERAL("spki"), &field))) {
        fputs(" (--cert FILE gives --spki)", stderr);
    }
    if (outcome_ok(act_field_find(kind, VIEW_LITERAL("key"), &field))) {
        fputs(" (--public-key FILE gives --key)", stderr);
    }
    fputs(four_eyes_of(kind) == NULL
              ? "\n"
              : "\n       signed, for the desk: ... --as CODE --sign-key FILE [--origin TEXT] "
                "[--if-match ETAG] [--jti TEXT]\n       and sent there: ... --desk HOST:PORT "
                "--tls-cert FILE "
                "--tls-key FILE --tls-ca FILE\n",
          stderr);
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

static int act_by_server(int fd, const struct act *act)
{
    struct pipe_end pipe;
    char why[CLI_WHY_BYTES];
    uint64_t index = 0;
    pipe_init(&pipe, fd);
    size_t start = frame_start(&pipe.out, FRAME_ACT);
    act_put(act, &pipe.out);
    frame_finish(&pipe.out, start, 1);
    struct outcome outcome = cli_ask_act(&pipe, &index, why);
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

/* ---- signed, for the desk ---- */

/* What `aud` is to be: as told, else as the home has it. */
static const char *origin_of(const struct cli_option *options,
                             char text[HOUSE_ORIGIN_BYTES_MAX + 1])
{
    const char *home = cli_home(options[OPTION_HOME].value);
    if (options[OPTION_ORIGIN].value != NULL) {
        return options[OPTION_ORIGIN].value;
    }
    int home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct outcome outcome = home_fd < 0 ? outcome_sys(errno, "home") : OUTCOME_OK;
    if (home_fd >= 0) {
        outcome = house_origin_read(home_fd, text);
        close(home_fd);
    }
    if (!outcome_ok(outcome)) {
        cli_complain("%s has no file `origin`: tell the log's name by --origin", home);
        return NULL;
    }
    return text;
}

static int act_sign(const struct act *act, const struct cli_option *options)
{
    char text[HOUSE_ORIGIN_BYTES_MAX + 1];
    struct sign_order order = {.as = options[OPTION_AS].value,
                               .key_path = options[OPTION_SIGN_KEY].value,
                               .origin = origin_of(options, text),
                               .if_match = options[OPTION_IF_MATCH].value,
                               .jti = options[OPTION_JTI].value};
    BUF_AUTO jws;
    buf_init(&jws, SIGNED_JWS_BYTES_MAX);
    if (order.origin == NULL) {
        return EXIT_BAD;
    }
    struct outcome outcome = sign_act(act, &order, &jws);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", order.key_path, outcome.what);
        return EXIT_BAD;
    }
    if (options[OPTION_DESK].value != NULL) {
        const struct desk_order desk = {.address = options[OPTION_DESK].value,
                                        .cert = options[OPTION_TLS_CERT].value,
                                        .key = options[OPTION_TLS_KEY].value,
                                        .ca = options[OPTION_TLS_CA].value};
        return desk_post(&desk, buf_view(&jws));
    }
    (void)fwrite(jws.data, 1, jws.len, stdout);
    if (isatty(STDOUT_FILENO)) { /* a file gets the JWS alone, as the desk wants it */
        putchar('\n');
    }
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_BAD;
}

/* ---- fields by file ---- */

struct act_files {
    struct files_cert cert;
    char key[KEY_TEXT_BYTES];
    struct buf officers;
    struct buf case_file;
    struct buf leaked;
    struct buf members;
};

static int file_fault(const char *path, struct outcome outcome)
{
    if (outcome_ok(outcome)) {
        return EXIT_GOOD;
    }
    cli_complain("%s: %s", path, outcome.what);
    return EXIT_BAD;
}

/* The field that an option gives by file; EXIT_USAGE when the act has none. */
static int has_field(const struct act *act, const char *field)
{
    unsigned index = 0;
    return outcome_ok(act_field_find(act->kind, view_text(field), &index)) ? EXIT_GOOD : EXIT_USAGE;
}

static int take_cert(struct act *act, const char *path, struct act_files *files)
{
    int status = path == NULL ? EXIT_GOOD : has_field(act, "spki");
    if (path != NULL && status == EXIT_GOOD) {
        status = file_fault(path, files_cert(path, &files->cert));
        act_value_set(act, "spki", view_text(files->cert.spki));
    }
    if (path != NULL && status == EXIT_GOOD && has_field(act, "not-after") == EXIT_GOOD) {
        act_value_set(act, "not-after", view_text(files->cert.not_after));
    }
    return status;
}

/* An officer's, a source's or an account's; of a provider's that with the act's `kid`. */
static struct outcome read_key(const struct act *act, const char *path, struct buf *ret_spki)
{
    uint8_t key[ES256_SPKI_BYTES] = {0};
    if (act->kind == ACT_PROVIDER_KEY_PUT) {
        return files_token_key(path, act_value(act, "kid"), ret_spki);
    }
    TRY(files_public_key(path, key));
    buf_put(ret_spki, key, sizeof(key));
    return buf_check(ret_spki);
}

static int take_key(struct act *act, const char *path, struct act_files *files)
{
    int status = path == NULL ? EXIT_GOOD : has_field(act, "key");
    BUF_AUTO key;
    buf_init(&key, RSA_SPKI_BYTES_MAX);
    if (path != NULL && status == EXIT_GOOD) {
        status = file_fault(path, read_key(act, path, &key));
        base64url_write(files->key, buf_view(&key));
        act_value_set(act, "key", view_of(files->key, BASE64URL_LEN(key.len)));
    }
    return status;
}

static int take_sheet(struct act *act, struct act_files *files)
{
    char path[1024];
    if (act->kind != ACT_OFFICER_FOUND || act_value(act, "officers").len == 0) {
        return EXIT_GOOD;
    }
    struct view name = act_value(act, "officers");
    snprintf(path, sizeof(path), "%.*s", (int)name.len, (const char *)name.data);
    if (!outcome_ok(ceremony_read(path, &files->officers))) {
        return EXIT_BAD;
    }
    act_value_set(act, "officers", buf_view(&files->officers));
    return EXIT_GOOD;
}

static int take_case_file(struct act *act, struct act_files *files)
{
    char path[1024];
    if (act->kind != ACT_REVIEW_ANSWER || act_value(act, "file").len == 0) {
        return EXIT_GOOD;
    }
    struct view name = act_value(act, "file");
    snprintf(path, sizeof(path), "%.*s", (int)name.len, (const char *)name.data);
    int status = file_fault(path, files_read(path, &files->case_file));
    act_value_set(act, "file", buf_view(&files->case_file));
    return status;
}

static int take_leaked(struct act *act, struct act_files *files)
{
    char path[1024];
    if (act->kind != ACT_LEAK_TRACE || act_value(act, "leaked").len == 0) {
        return EXIT_GOOD;
    }
    struct view name = act_value(act, "leaked");
    snprintf(path, sizeof(path), "%.*s", (int)name.len, (const char *)name.data);
    int status = file_fault(path, files_read(path, &files->leaked));
    act_value_set(act, "leaked", buf_view(&files->leaked));
    return status;
}

/* One a line becomes the act's list. */
static int take_lines(struct act *act, unsigned field, struct view name, struct buf *lines)
{
    char path[1024];
    snprintf(path, sizeof(path), "%.*s", (int)name.len, (const char *)name.data);
    int status = file_fault(path, files_read(path, lines));
    while (lines->len > 0 && lines->data[lines->len - 1] == '\n') {
        buf_cut(lines, lines->len - 1);
    }
    for (size_t i = 0; i < lines->len; i++) {
        lines->data[i] = lines->data[i] == '\n' ? ',' : lines->data[i];
    }
    act->values[field] = buf_view(lines);
    return status;
}

/* Persons are given by file alone, so that no number stands in the shell's history; names also by
 * `@FILE`. An act has one such field at most. */
static int take_members(struct act *act, struct act_files *files)
{
    for (unsigned i = 0; i < act_field_count(act->kind); i++) {
        enum act_type type = act_rows[act->kind].fields[i].type;
        struct view name = act->values[i];
        if (type == ACT_TYPE_PERSONS && name.len > 0) {
            return take_lines(act, i, name, &files->members);
        }
        if (type == ACT_TYPE_NAMES && name.len > 0 && name.data[0] == '@') {
            return take_lines(act, i, view_part(name, 1, name.len - 1), &files->members);
        }
    }
    return EXIT_GOOD;
}

static int take_files(struct act *act, const struct cli_option *options, struct act_files *files)
{
    int status = take_cert(act, options[OPTION_CERT].value, files);
    status = status == EXIT_GOOD ? take_key(act, options[OPTION_PUBLIC_KEY].value, files) : status;
    status = status == EXIT_GOOD ? take_sheet(act, files) : status;
    status = status == EXIT_GOOD ? take_case_file(act, files) : status;
    status = status == EXIT_GOOD ? take_leaked(act, files) : status;
    return status == EXIT_GOOD ? take_members(act, files) : status;
}

int act_go(struct act *act, const struct cli_option options[OPTION_COUNT])
{
    bool signs = options[OPTION_AS].value != NULL || options[OPTION_SIGN_KEY].value != NULL;
    bool sends = options[OPTION_DESK].value != NULL;
    bool comes = options[OPTION_TLS_CERT].value != NULL && options[OPTION_TLS_KEY].value != NULL &&
                 options[OPTION_TLS_CA].value != NULL;
    char why[256] = "";
    if (signs && (options[OPTION_AS].value == NULL || options[OPTION_SIGN_KEY].value == NULL ||
                  four_eyes_of(act->kind) == NULL || (sends && !comes))) {
        usage(act->kind);
        return EXIT_USAGE;
    }
    if (!signs && !act_rows[act->kind].by_hand) {
        usage(act->kind);
        cli_complain("%s: officers sign it: --as CODE --sign-key FILE", act_rows[act->kind].name);
        return EXIT_USAGE;
    }
    if (signs && !outcome_ok(act_check(act, why))) {
        usage(act->kind);
        cli_complain("%s", why);
        return EXIT_USAGE;
    }
    return signs ? act_sign(act, options)
                 : act_do(cli_home(options[OPTION_HOME].value),
                          cli_keys(options[OPTION_KEYS].value), act);
}

/* What comes by hand or over the desk. */
static bool is_command(enum act_kind kind)
{
    return act_rows[kind].by_hand || four_eyes_of(kind) != NULL;
}

int act_cli(const char *noun, int argc, char **argv)
{
    struct cli_option options[ACT_OPTIONS_MAX] = {0};
    struct act act = {0};
    enum act_kind kind = 0;
    char name[64];
    struct act_files files = {0};
    if (argc < 1) {
        cli_complain("usage: dancu %s VERB ...", noun);
        return EXIT_USAGE;
    }
    if (strcmp(argv[0], "list") == 0) {
        return list_cli(noun, argc - 1, argv + 1);
    }
    snprintf(name, sizeof(name), "%s.%s", noun, argv[0]);
    if (!outcome_ok(act_find(view_text(name), &kind)) || !is_command(kind)) {
        cli_complain("no such command: %s %s", noun, argv[0]);
        return EXIT_USAGE;
    }
    int status = read_act(kind, argc - 1, argv + 1, options, &act);
    if (status != EXIT_GOOD) {
        usage(kind);
        return status;
    }
    const struct cli_option *others = &options[act_field_count(kind)];
    buf_init(&files.officers, ACT_BYTES_MAX);
    buf_init(&files.case_file, CASE_FILE_BYTES_MAX);
    buf_init(&files.leaked, SEARCH_LEAKED_BYTES_MAX);
    buf_init(&files.members, MEMBERS_FILE_BYTES_MAX);
    status = take_files(&act, others, &files);
    if (status == EXIT_USAGE) {
        usage(kind);
    }
    status = status == EXIT_GOOD ? act_go(&act, others) : status;
    buf_done(&files.officers);
    buf_done(&files.case_file);
    buf_wipe_done(&files.leaked);
    buf_wipe_done(&files.members);
    return status;
}

int policy_act_cli(enum act_kind kind, int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT];
    const char *dir = "policy";
    unsigned words = 0;
    act_options(options);
    if (!cli_options(argc, argv, options, OPTION_COUNT, &dir, 1, &words) ||
        options[OPTION_CERT].value != NULL || options[OPTION_PUBLIC_KEY].value != NULL) {
        cli_complain("usage: dancu policy propose|publish [DIR] [--home DIR] [--keys DIR] "
                     "[--as CODE --sign-key FILE]");
        return EXIT_USAGE;
    }
    BUF_AUTO files;
    char hash[65] = "";
    char why[512] = "";
    buf_init(&files, ACT_BYTES_MAX);
    struct outcome outcome = files_policy(dir, &files, hash, why);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", act_rows[kind].name, why[0] != '\0' ? why : outcome.what);
        return EXIT_BAD;
    }
    struct act act = {.kind = kind};
    act_value_set(&act, "hash", view_text(hash));
    act_value_set(&act, "files", buf_view(&files));
    return act_go(&act, options);
}
