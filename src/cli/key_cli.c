/*
 * Keys of a home, and the rotation of the data key, of the index key and of the log's signing key
 * (decisions 0072, 0074):
 *
 *   dancu key status [--json]        what is rotated, how far, and which files are needed
 *   dancu key rotate data|index|sign   makes data.next.key (and so on), if it is not there, and
 *                                    hands it to the server that runs; in a home without officers
 * it is ordered at once, else two officers sign `dancu key rotate data --fingerprint ... --as ...`
 *   dancu key retire data|index|sign   once it is done: data.next.key becomes data.key, and what
 * was data.key becomes data.old.key, which backups from before need
 *
 * The first index.key that is retired becomes identity.key instead, which is needed for good.
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
#include <sys/stat.h>
#include <unistd.h>

#define FINGERPRINT_CHARS ((size_t)2 * SEAL_HASH_BYTES)

enum { KEY_OPTION_HOME, KEY_OPTION_KEYS, KEY_OPTION_REASON, KEY_OPTION_JSON, KEY_OPTION_COUNT };

/* Which keys are rotated, and their files. */
enum key_which { KEY_DATA, KEY_INDEX, KEY_SIGN, KEY_COUNT };
static const struct {
    const char *word;
    const char *file;
    const char *next;
    const char *old;
} key_rows[KEY_COUNT] = {
    [KEY_DATA] = {"data", KEYFILE_DATA, KEYFILE_DATA_NEXT, "data.old.key"},
    [KEY_INDEX] = {"index", KEYFILE_INDEX, KEYFILE_INDEX_NEXT, "index.old.key"},
    [KEY_SIGN] = {"sign", KEYFILE_SIGN, KEYFILE_SIGN_NEXT, "sign.old.key"},
};

struct key_call {
    struct cli_option options[KEY_OPTION_COUNT];
    const char *home;
    const char *keys;
    enum key_which which;
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
    bool any;
    struct key_rotation order; /* the last one, if any */
};

struct key_states {
    struct key_state of[KEY_COUNT];
    bool founded; /* officers sign acts here */
    struct registry_rotation registry[REGISTRY_KEY_COUNT];
    struct office_rotation office;
    uint64_t persons; /* in the registry */
};

static struct outcome read_registry(const struct key_call *call, const struct house_keys *keys,
                                    struct key_states *states)
{
    struct registry *registry = NULL;
    const struct registry_config config = {
        .home = call->home,
        .data_key = &keys->data,
        .data_next = house_data_next(keys),
        .index_key = &keys->index.key,
        .index_next = index_keys_next(&keys->index),
        .identity_key = &keys->index.identity,
        .random = random_system(),
        .mode = REGISTRY_READ,
    };
    TRY(registry_open(&config, &registry));
    struct outcome outcome = OUTCOME_OK;
    for (unsigned i = 0; i < REGISTRY_KEY_COUNT && outcome_ok(outcome); i++) {
        outcome = registry_rotation_read(registry, (enum registry_key)i, &states->registry[i]);
    }
    if (outcome_ok(outcome)) {
        outcome = registry_count(registry, &states->persons);
    }
    registry_close(registry);
    return outcome;
}

static void fill_state(const struct directory *directory, enum key_which which,
                       const struct secret *key, const struct secret *next, struct key_state *state)
{
    const struct key_rotation *order = staff_rotation(directory, view_text(key_rows[which].word));
    state->any = order != NULL;
    if (order != NULL) {
        state->order = *order;
    }
    fingerprint_of(key, &state->key);
    state->has_next = next != NULL;
    if (next != NULL) {
        fingerprint_of(next, &state->next);
    }
}

/* Complains itself. */
static struct outcome read_states(const struct key_call *call, struct key_states *ret_states)
{
    struct cli_office open = {0};
    struct key_states states = {0};
    TRY(cli_office_open(call->home, call->keys, &open));
    states.founded = staff_founded(&open.directory);
    fill_state(&open.directory, KEY_DATA, &open.keys.data, house_data_next(&open.keys),
               &states.of[KEY_DATA]);
    fill_state(&open.directory, KEY_INDEX, &open.keys.index.key, index_keys_next(&open.keys.index),
               &states.of[KEY_INDEX]);
    fill_state(&open.directory, KEY_SIGN, &open.keys.sign, house_sign_next(&open.keys),
               &states.of[KEY_SIGN]);
    struct outcome outcome = office_rotation_read(open.office, &states.office);
    if (outcome_ok(outcome)) {
        outcome = read_registry(call, &open.keys, &states);
    }
    cli_office_close(&open);
    if (!outcome_ok(outcome)) {
        (void)complain("stores", outcome);
        return outcome;
    }
    *ret_states = states;
    return OUTCOME_OK;
}

static bool ordered_to(const struct key_state *state, const struct fingerprint *fingerprint)
{
    return state->any &&
           seal_equal(state->order.fingerprint, fingerprint->hash, sizeof(fingerprint->hash));
}

/* Some of what is stored may lie under another key than the rest. */
static bool mixed(const struct key_states *states, const struct key_state *state)
{
    return (state == &states->of[KEY_DATA] &&
            (states->registry[REGISTRY_KEY_DATA].under_way || states->office.under_way)) ||
           (state == &states->of[KEY_INDEX] && states->registry[REGISTRY_KEY_INDEX].under_way);
}

static const char *state_word(const struct key_states *states, const struct key_state *state)
{
    if (mixed(states, state)) {
        return "under way";
    }
    if (!state->any) {
        return "never rotated";
    }
    if (state->order.state != ROTATION_DONE) {
        return "ordered";
    }
    return ordered_to(state, &state->key) ? "done" : "done, to be retired";
}

static uint64_t persons_done(const struct key_states *states, enum key_which which)
{
    const struct key_state *state = &states->of[which];
    enum registry_key key = which == KEY_DATA ? REGISTRY_KEY_DATA : REGISTRY_KEY_INDEX;
    if (which == KEY_SIGN) {
        return 0;
    }
    return state->any && state->order.state == ROTATION_DONE ? state->order.persons
                                                             : states->registry[key].persons;
}

static void print_json(const struct key_states *states)
{
    putchar('{');
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key_state *state = &states->of[i];
        const char *quote = state->has_next ? "\"" : "";
        printf("%s\"%s\":{\"fingerprint\":\"%s\",\"next\":%s%s%s,\"state\":\"%s\"",
               i == 0 ? "" : ",", key_rows[i].word, state->key.text, quote,
               state->has_next ? state->next.text : "null", quote, state_word(states, state));
        printf(",\"persons_done\":%llu}",
               (unsigned long long)persons_done(states, (enum key_which)i));
    }
    printf(",\"persons\":%llu,\"persons_done\":%llu}\n", (unsigned long long)states->persons,
           (unsigned long long)persons_done(states, KEY_DATA));
}

/* How far it is with the register. */
static void print_persons(const struct key_states *states, enum key_which which)
{
    const struct key_state *state = &states->of[which];
    if (which == KEY_SIGN || !state->any) {
        return;
    }
    printf("%-14s %llu of %llu\n", "persons", (unsigned long long)persons_done(states, which),
           (unsigned long long)states->persons);
    if (state->order.damaged > 0) {
        printf("%-14s %llu %s under neither key\n", "damaged",
               (unsigned long long)state->order.damaged,
               which == KEY_DATA ? "versions opened" : "persons could not be read to be tagged");
    }
}

static void print_text(const struct key_states *states)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key_state *state = &states->of[i];
        printf("%-14s %s\n", key_rows[i].file, state->key.text);
        if (state->has_next) {
            printf("%-14s %s\n", key_rows[i].next, state->next.text);
        }
        printf("%-14s %s\n", "rotation", state_word(states, state));
        print_persons(states, (enum key_which)i);
    }
}

static int key_status(const struct key_call *call)
{
    struct key_states states;
    if (!outcome_ok(read_states(call, &states))) {
        return EXIT_BAD;
    }
    if (call->options[KEY_OPTION_JSON].value != NULL) {
        print_json(&states);
    } else {
        print_text(&states);
    }
    return EXIT_GOOD;
}

/* ---- rotate ---- */

static struct outcome keys_open(const struct key_call *call, int *ret_fd)
{
    *ret_fd = open(call->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd < 0 ? outcome_sys(errno, "keys' folder") : OUTCOME_OK;
}

/* Whoever reads the one is to read the other, also when root has made it. */
static struct outcome own_alike(int keys_fd, enum key_which which)
{
    struct stat status;
    if (fstatat(keys_fd, key_rows[which].file, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        fchownat(keys_fd, key_rows[which].next, status.st_uid, status.st_gid,
                 AT_SYMLINK_NOFOLLOW) != 0) {
        return outcome_sys(errno, "give the new key's file to who has the other");
    }
    return OUTCOME_OK;
}

/* That of the file, which is made when it is not there. */
static struct outcome next_key(int keys_fd, enum key_which which, struct secret *ret_key)
{
    const char *file = key_rows[which].next;
    bool there = false;
    TRY(keyfile_read_if(keys_fd, file, ret_key, &there));
    if (there) {
        return OUTCOME_OK;
    }
    struct random_port random = random_system();
    random_fill(&random, ret_key->bytes, sizeof(ret_key->bytes));
    TRY(keyfile_write(keys_fd, file, ret_key));
    return own_alike(keys_fd, which);
}

/* One frame to the server, and how that went. */
static struct outcome tell_server(const struct key_call *call, const struct secret *key,
                                  const struct act *act, uint64_t *ret_index,
                                  char ret_why[CLI_WHY_BYTES])
{
    struct pipe_end pipe;
    int fd = -1;
    ret_why[0] = '\0';
    TRY(proc_admin_connect(call->home, &fd));
    pipe_init(&pipe, fd);
    if (key != NULL) {
        rotating_put_key(&pipe.out, view_text(key_rows[call->which].word), key);
    } else {
        size_t start = frame_start(&pipe.out, FRAME_ACT);
        act_put(act, &pipe.out);
        frame_finish(&pipe.out, start, 1);
    }
    struct outcome outcome = cli_ask_act(&pipe, ret_index, ret_why);
    if (pipe.out.data != NULL) {
        memory_wipe(pipe.out.data, pipe.out.cap);
    }
    pipe_done(&pipe);
    return outcome;
}

static int order_by_hand(const struct key_call *call, const struct fingerprint *fingerprint)
{
    struct act act = {.kind = ACT_KEY_ROTATE};
    char why[CLI_WHY_BYTES];
    uint64_t index = 0;
    act_value_set(&act, "code", view_text(key_rows[call->which].word));
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

static int tell_officers(const struct key_call *call, const struct fingerprint *fingerprint)
{
    printf("the server has it; two officers sign: dancu key rotate %s --fingerprint %s --as CODE "
           "--sign-key FILE\n",
           key_rows[call->which].word, fingerprint->text);
    return EXIT_GOOD;
}

static int key_rotate(const struct key_call *call)
{
    struct key_states states;
    struct fingerprint fingerprint;
    SECRET_AUTO key = {{0}};
    char why[CLI_WHY_BYTES] = "";
    uint64_t index = 0;
    int keys_fd = -1;
    if (!outcome_ok(read_states(call, &states))) {
        return EXIT_BAD;
    }
    const struct key_state *state = &states.of[call->which];
    if (state->any && state->order.state == ROTATION_DONE && state->has_next &&
        ordered_to(state, &state->next)) {
        cli_complain("key: the last rotation is done: first `dancu key retire %s`",
                     key_rows[call->which].word);
        return EXIT_BAD;
    }
    struct outcome outcome = keys_open(call, &keys_fd);
    if (outcome_ok(outcome)) {
        outcome = next_key(keys_fd, call->which, &key);
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
    printf("%-14s %s\n", key_rows[call->which].next, fingerprint.text);
    return states.founded ? tell_officers(call, &fingerprint) : order_by_hand(call, &fingerprint);
}

/* ---- retire ---- */

/* The name that the key gets: that of the identity key, of the first index key of all. */
static struct outcome old_name(int keys_fd, enum key_which which, const struct secret *key,
                               const char **ret_name)
{
    SECRET_AUTO identity = {{0}};
    bool there = false;
    *ret_name = key_rows[which].old;
    if (which != KEY_INDEX) {
        return OUTCOME_OK;
    }
    TRY(keyfile_read_if(keys_fd, KEYFILE_IDENTITY, &identity, &there));
    if (!there || seal_equal(key, &identity, sizeof(identity))) {
        *ret_name = KEYFILE_IDENTITY;
    }
    return OUTCOME_OK;
}

/* data.key gets a second name. One that was cut off behind that goes on. */
static struct outcome keep_old(int keys_fd, enum key_which which, const char **ret_name)
{
    SECRET_AUTO key = {{0}};
    SECRET_AUTO old = {{0}};
    bool there = false;
    TRY(keyfile_read(keys_fd, key_rows[which].file, &key));
    TRY(old_name(keys_fd, which, &key, ret_name));
    TRY(keyfile_read_if(keys_fd, *ret_name, &old, &there));
    if (there) {
        return seal_equal(&key, &old, sizeof(key))
                   ? OUTCOME_OK
                   : outcome_fail(FAULT_CONFLICT, "the .old.key is of an earlier rotation, and of "
                                                  "backups from before it: put it away first");
    }
    return linkat(keys_fd, key_rows[which].file, keys_fd, *ret_name, 0) == 0
               ? OUTCOME_OK
               : outcome_sys(errno, "make the .old.key");
}

/* At each moment data.key is there, with data.next.key beside it or as the new key itself. */
static struct outcome move_files(int keys_fd, enum key_which which, const char **ret_old)
{
    TRY(keep_old(keys_fd, which, ret_old));
    if (fsync(keys_fd) != 0 ||
        renameat(keys_fd, key_rows[which].next, keys_fd, key_rows[which].file) != 0 ||
        fsync(keys_fd) != 0) {
        return outcome_sys(errno, "rename the .next.key");
    }
    return OUTCOME_OK;
}

static int key_retire(const struct key_call *call)
{
    struct key_states states;
    const char *old = NULL;
    int keys_fd = -1;
    if (!outcome_ok(read_states(call, &states))) {
        return EXIT_BAD;
    }
    const struct key_state *state = &states.of[call->which];
    if (mixed(&states, state) || !state->any || state->order.state != ROTATION_DONE ||
        !state->has_next || !ordered_to(state, &state->next)) {
        cli_complain("key: there is nothing to retire: %s", state_word(&states, state));
        return EXIT_BAD;
    }
    struct outcome outcome = keys_open(call, &keys_fd);
    if (outcome_ok(outcome)) {
        outcome = move_files(keys_fd, call->which, &old);
        (void)close(keys_fd);
    }
    if (!outcome_ok(outcome)) {
        return complain(call->keys, outcome);
    }
    printf("%-14s %s\n%-14s %s\n", key_rows[call->which].file, state->next.text, old,
           state->key.text);
    if (strcmp(old, KEYFILE_IDENTITY) == 0) {
        printf("%s is needed for good: by it the log names persons\n", old);
    } else {
        printf("nothing here needs %s any more; backups from before do\n", old);
    }
    return EXIT_GOOD;
}

/* ---- the command ---- */

static int usage(void)
{
    cli_complain(
        "usage: dancu key status [--json] | rotate data|index|sign [--reason TEXT] | retire "
        "data|index|sign "
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

/* False: no such key. */
static bool find_which(const char *word, enum key_which *ret_which)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (strcmp(word, key_rows[i].word) == 0) {
            *ret_which = (enum key_which)i;
            return true;
        }
    }
    return false;
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
        (words == 1) != (rotate || retire) || (words == 1 && !find_which(which, &call.which))) {
        return usage();
    }
    call.home = cli_home(call.options[KEY_OPTION_HOME].value);
    call.keys = cli_keys(call.options[KEY_OPTION_KEYS].value);
    if (rotate) {
        return key_rotate(&call);
    }
    return retire ? key_retire(&call) : key_status(&call);
}
