/*
 * Keys of a home, and the data key's rotation (decision 0072):
 *
 *   dancu key status [--json]    what is rotated, how far, and which files are needed
 *   dancu key rotate data        makes data.next.key, if it is not there, and hands it to the
 * server that runs; in a home without officers it is ordered at once, else two officers sign `dancu
 * key rotate data --fingerprint ... --as ...` dancu key retire data        once it is done:
 * data.next.key becomes data.key, and what was data.key becomes data.old.key, which backups from
 * before need
 *
 * A key goes from its file to the server's own socket, and nowhere else; it is named by its
 * fingerprint.
 */
#include "cli/cli.h"

#include "base/memory.h"
#include "cli/policy_cli.h"
#include "office/staff.h"
#include "proc/rotating.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEYFILE_DATA_OLD "data.old.key"
#define FINGERPRINT_CHARS ((size_t)2 * SEAL_HASH_BYTES)

enum { KEY_OPTION_HOME, KEY_OPTION_KEYS, KEY_OPTION_REASON, KEY_OPTION_JSON, KEY_OPTION_COUNT };

struct key_call {
    struct cli_option options[KEY_OPTION_COUNT];
    const char *home;
    const char *keys;
};

struct fingerprint {
    uint8_t hash[SEAL_HASH_BYTES];
    char text[FINGERPRINT_CHARS + 1];
};

static void fingerprint_of(const struct secret *key, struct fingerprint *ret_fingerprint)
{
    seal_fingerprint(key, ret_fingerprint->hash);
    hex_write(ret_fingerprint->text, view_of(ret_fingerprint->hash, SEAL_HASH_BYTES));
    ret_fingerprint->text[FINGERPRINT_CHARS] = '\0';
}

static int complain(const char *what, struct outcome outcome)
{
    cli_complain("key: %s: %s", what, outcome.what);
    return EXIT_BAD;
}

/* ---- what is so ---- */

struct key_state {
    struct fingerprint key;
    struct fingerprint next;
    bool has_next;
    bool founded; /* officers sign acts here */
    bool any;
    struct key_rotation order; /* the last one, if any */
    struct registry_rotation registry;
    uint64_t persons; /* in the registry */
};

static struct outcome read_registry(const struct key_call *call, const struct house_keys *keys,
                                    struct key_state *state)
{
    struct registry *registry = NULL;
    const struct registry_config config = {
        .home = call->home,
        .data_key = &keys->data,
        .data_next = house_data_next(keys),
        .index_key = &keys->index,
        .random = random_system(),
        .mode = REGISTRY_READ,
    };
    TRY(registry_open(&config, &registry));
    struct outcome outcome = registry_rotation_read(registry, &state->registry);
    if (outcome_ok(outcome)) {
        outcome = registry_count(registry, &state->persons);
    }
    registry_close(registry);
    return outcome;
}

/* Complains itself. */
static struct outcome read_state(const struct key_call *call, struct key_state *ret_state)
{
    struct cli_office open = {0};
    struct key_state state = {0};
    TRY(cli_office_open(call->home, call->keys, &open));
    const struct key_rotation *order = staff_rotation(&open.directory, ROTATION_DATA);
    state.any = order != NULL;
    state.founded = staff_founded(&open.directory);
    state.has_next = open.keys.has_next;
    if (order != NULL) {
        state.order = *order;
    }
    fingerprint_of(&open.keys.data, &state.key);
    if (state.has_next) {
        fingerprint_of(&open.keys.data_next, &state.next);
    }
    struct outcome outcome = read_registry(call, &open.keys, &state);
    cli_office_close(&open);
    if (!outcome_ok(outcome)) {
        (void)complain("registry", outcome);
        return outcome;
    }
    *ret_state = state;
    return OUTCOME_OK;
}

static bool ordered_to(const struct key_state *state, const struct fingerprint *fingerprint)
{
    return state->any &&
           seal_equal(state->order.fingerprint, fingerprint->hash, sizeof(fingerprint->hash));
}

static const char *state_word(const struct key_state *state)
{
    if (!state->any) {
        return "never rotated";
    }
    if (state->order.state == ROTATION_DONE) {
        return ordered_to(state, &state->key) ? "done" : "done, to be retired";
    }
    if (!state->registry.any || (!state->registry.under_way && state->registry.persons == 0)) {
        return "ordered";
    }
    return "under way";
}

static void print_state(const struct key_state *state, bool json)
{
    bool done = state->any && state->order.state == ROTATION_DONE;
    uint64_t persons = done ? state->order.persons : state->registry.persons;
    if (json) {
        printf("{\"code\":\"data\",\"fingerprint\":\"%s\",\"next\":%s%s%s,\"persons\":%llu,"
               "\"persons_done\":%llu,\"state\":\"%s\"}\n",
               state->key.text, state->has_next ? "\"" : "",
               state->has_next ? state->next.text : "null", state->has_next ? "\"" : "",
               (unsigned long long)state->persons, (unsigned long long)persons, state_word(state));
        return;
    }
    printf("data.key       %s\n", state->key.text);
    if (state->has_next) {
        printf("data.next.key  %s\n", state->next.text);
    }
    printf("rotation       %s\n", state_word(state));
    if (state->any) {
        printf("persons        %llu of %llu\n", (unsigned long long)persons,
               (unsigned long long)state->persons);
    }
    if (done && state->order.damaged > 0) {
        printf("damaged        %llu versions opened under neither key\n",
               (unsigned long long)state->order.damaged);
    }
}

static int key_status(const struct key_call *call)
{
    struct key_state state;
    if (!outcome_ok(read_state(call, &state))) {
        return EXIT_BAD;
    }
    print_state(&state, call->options[KEY_OPTION_JSON].value != NULL);
    return EXIT_GOOD;
}

/* ---- rotate ---- */

static struct outcome keys_open(const struct key_call *call, int *ret_fd)
{
    *ret_fd = open(call->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd < 0 ? outcome_sys(errno, "keys' folder") : OUTCOME_OK;
}

/* That of data.next.key, which is made when it is not there. */
static struct outcome next_key(int keys_fd, struct secret *ret_key)
{
    bool there = false;
    TRY(keyfile_read_if(keys_fd, KEYFILE_DATA_NEXT, ret_key, &there));
    if (there) {
        return OUTCOME_OK;
    }
    struct random_port random = random_system();
    random_fill(&random, ret_key->bytes, sizeof(ret_key->bytes));
    return keyfile_write(keys_fd, KEYFILE_DATA_NEXT, ret_key);
}

/* One frame to the server, and how that went. */
static struct outcome tell_server(const struct key_call *call, const struct secret *key,
                                  const struct act *act, uint64_t *ret_index, char ret_why[256])
{
    struct pipe_end pipe;
    struct frame frame = {0};
    int fd = -1;
    ret_why[0] = '\0';
    TRY(proc_admin_connect(call->home, &fd));
    pipe_init(&pipe, fd);
    if (key != NULL) {
        rotating_put_key(&pipe.out, ROTATION_DATA, key);
    } else {
        size_t start = frame_start(&pipe.out, FRAME_ACT);
        act_put(act, &pipe.out);
        frame_finish(&pipe.out, start, 1);
    }
    struct outcome outcome = cli_ask(&pipe, &frame);
    struct cursor cursor = cursor_of(frame.payload);
    enum fault fault = cursor_u8(&cursor);
    *ret_index = cursor_u64(&cursor);
    struct view why = cursor_block16(&cursor);
    snprintf(ret_why, 256, "%.*s", (int)why.len, (const char *)why.data);
    if (outcome_ok(outcome)) {
        outcome = cursor_end(&cursor, "the server's answer does not decode");
    }
    if (outcome_ok(outcome) && fault != FAULT_NONE) {
        outcome = outcome_fail(fault, outcome_word(fault));
    }
    if (pipe.out.data != NULL) {
        memory_wipe(pipe.out.data, pipe.out.cap);
    }
    pipe_done(&pipe);
    return outcome;
}

static int order_by_hand(const struct key_call *call, const struct fingerprint *fingerprint)
{
    struct act act = {.kind = ACT_KEY_ROTATE};
    char why[256];
    uint64_t index = 0;
    act_value_set(&act, "code", ROTATION_DATA);
    act_value_set(&act, "fingerprint", view_text(fingerprint->text));
    act_value_set(&act, "reason", view_text(call->options[KEY_OPTION_REASON].value));
    struct outcome outcome = tell_server(call, NULL, &act, &index, why);
    if (!outcome_ok(outcome)) {
        cli_complain("key.rotate: %s", why[0] != '\0' ? why : outcome.what);
        return EXIT_BAD;
    }
    printf("key.rotate recorded as entry %llu\n", (unsigned long long)index);
    return EXIT_GOOD;
}

static int key_rotate(const struct key_call *call)
{
    struct key_state state;
    struct fingerprint fingerprint;
    SECRET_AUTO key = {{0}};
    char why[256] = "";
    uint64_t index = 0;
    int keys_fd = -1;
    if (!outcome_ok(read_state(call, &state))) {
        return EXIT_BAD;
    }
    if (state.any && state.order.state == ROTATION_DONE && state.has_next &&
        ordered_to(&state, &state.next)) {
        cli_complain("key: the last rotation is done: first `dancu key retire data`");
        return EXIT_BAD;
    }
    struct outcome outcome = keys_open(call, &keys_fd);
    if (outcome_ok(outcome)) {
        outcome = next_key(keys_fd, &key);
        (void)close(keys_fd);
    }
    if (!outcome_ok(outcome)) {
        return complain(call->keys, outcome);
    }
    fingerprint_of(&key, &fingerprint);
    outcome = tell_server(call, &key, NULL, &index, why);
    if (!outcome_ok(outcome)) {
        return outcome.fault == FAULT_NOT_FOUND
                   ? complain("no server runs on this home", outcome)
                   : complain(why[0] != '\0' ? why : "not taken", outcome);
    }
    printf("data.next.key  %s\n", fingerprint.text);
    if (!state.founded) {
        return order_by_hand(call, &fingerprint);
    }
    printf("the server has it; two officers sign: dancu key rotate data --fingerprint %s "
           "--as CODE --sign-key FILE\n",
           fingerprint.text);
    return EXIT_GOOD;
}

/* ---- retire ---- */

/* data.key gets a second name. One that was cut off behind that goes on. */
static struct outcome keep_old(int keys_fd)
{
    SECRET_AUTO key = {{0}};
    SECRET_AUTO old = {{0}};
    bool there = false;
    TRY(keyfile_read(keys_fd, KEYFILE_DATA, &key));
    TRY(keyfile_read_if(keys_fd, KEYFILE_DATA_OLD, &old, &there));
    if (there) {
        return seal_equal(&key, &old, sizeof(key))
                   ? OUTCOME_OK
                   : outcome_fail(FAULT_CONFLICT, "data.old.key is of an earlier rotation, and of "
                                                  "backups from before it: put it away first");
    }
    return linkat(keys_fd, KEYFILE_DATA, keys_fd, KEYFILE_DATA_OLD, 0) == 0
               ? OUTCOME_OK
               : outcome_sys(errno, "make data.old.key");
}

/* At each moment data.key is there, with data.next.key beside it or as the new key itself. */
static struct outcome move_files(int keys_fd)
{
    TRY(keep_old(keys_fd));
    if (fsync(keys_fd) != 0 || renameat(keys_fd, KEYFILE_DATA_NEXT, keys_fd, KEYFILE_DATA) != 0 ||
        fsync(keys_fd) != 0) {
        return outcome_sys(errno, "rename data.next.key to data.key");
    }
    return OUTCOME_OK;
}

static int key_retire(const struct key_call *call)
{
    struct key_state state;
    int keys_fd = -1;
    if (!outcome_ok(read_state(call, &state))) {
        return EXIT_BAD;
    }
    if (!state.any || state.order.state != ROTATION_DONE || !state.has_next ||
        !ordered_to(&state, &state.next)) {
        cli_complain("key: there is nothing to retire: %s", state_word(&state));
        return EXIT_BAD;
    }
    struct outcome outcome = keys_open(call, &keys_fd);
    if (outcome_ok(outcome)) {
        outcome = move_files(keys_fd);
        (void)close(keys_fd);
    }
    if (!outcome_ok(outcome)) {
        return complain(call->keys, outcome);
    }
    printf("data.key       %s\n"
           "data.old.key   %s\n"
           "nothing here needs data.old.key any more; backups from before do\n",
           state.next.text, state.key.text);
    return EXIT_GOOD;
}

/* ---- the command ---- */

static int usage(void)
{
    cli_complain("usage: dancu key status [--json] | rotate data [--reason TEXT] | retire data "
                 "[--home DIR] [--keys DIR]");
    return EXIT_USAGE;
}

/* Signed by an officer, it is an act like others. */
static bool is_signed(int argc, char **argv)
{
    bool as = false;
    for (int i = 0; i < argc; i++) {
        as = as || strcmp(argv[i], "--as") == 0 || strncmp(argv[i], "--as=", 5) == 0;
    }
    return as;
}

int key_cli(int argc, char **argv)
{
    struct key_call call = {.options = {[KEY_OPTION_HOME] = {.name = "home"},
                                        [KEY_OPTION_KEYS] = {.name = "keys"},
                                        [KEY_OPTION_REASON] = {.name = "reason"},
                                        [KEY_OPTION_JSON] = {.name = "json", .flag = true}}};
    const char *which = NULL;
    unsigned words = 0;
    if (argc < 1) {
        return usage();
    }
    bool rotate = strcmp(argv[0], "rotate") == 0;
    bool retire = strcmp(argv[0], "retire") == 0;
    if (rotate && is_signed(argc, argv)) {
        return act_cli("key", argc, argv);
    }
    if (!(rotate || retire || strcmp(argv[0], "status") == 0) ||
        !cli_options(argc - 1, argv + 1, call.options, KEY_OPTION_COUNT, &which, 1, &words) ||
        (words == 1) != (rotate || retire) || (words == 1 && strcmp(which, "data") != 0)) {
        return usage();
    }
    call.home = cli_home(call.options[KEY_OPTION_HOME].value);
    call.keys = cli_keys(call.options[KEY_OPTION_KEYS].value);
    if (rotate) {
        return key_rotate(&call);
    }
    return retire ? key_retire(&call) : key_status(&call);
}
