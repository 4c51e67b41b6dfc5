/*
 * An ask from its JSON to its answer's JSON in one process, without sockets: what is counted in
 * instructions is the same on a machine at rest and on one that others use.
 *
 *   counted --demo FOLDER --bodies FILE [--batch 256] [--rounds 20]
 *
 * FOLDER as tools/demo made it, with no server running; FILE: one JSON body a line. Under
 *
 *   valgrind --tool=callgrind --collect-atstart=no --toggle-collect=serve_batch counted ...
 *
 * the rounds alone are counted: all of edge_read(), core_serve() and edge_write().
 *
 * Built only when it is asked for: ninja -C build/release tests/counted/counted
 */
#include "channel/json/answer_json.h"
#include "channel/json/ask_json.h"
#include "core/house.h"
#include "proc/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <unistd.h>

#define BODIES_MAX 100000

struct run {
    const char *demo;
    const char *bodies_file;
    unsigned batch;
    unsigned rounds;
    struct view bodies[BODIES_MAX];
    unsigned body_count;
    uint8_t spki[32];
    struct house *house;
    struct arena arena;
    struct ask_faults faults;
    struct buf asked;    /* FRAME_ASKS */
    struct buf answered; /* FRAME_ANSWERS */
    struct buf json;
    struct ask asks[BATCH_ASKS_MAX];
    struct answer answers[BATCH_ASKS_MAX];
    uint64_t next;
    uint64_t disclosed;
    uint64_t bytes;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "counted: %s\n", what);
    exit(1);
}

static void must(struct outcome outcome)
{
    if (!outcome_ok(outcome)) {
        fail(outcome.what);
    }
}

static void *take(void *made, const char *what)
{
    if (made == NULL) {
        fail(what);
    }
    return made;
}

/* ---- what is asked ---- */

static void bodies_read(struct run *run)
{
    FILE *file = take(fopen(run->bodies_file, "r"), "the bodies");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, file)) > 1 && run->body_count < BODIES_MAX) {
        run->bodies[run->body_count++] = view_of((const uint8_t *)line, (size_t)len - 1);
        line = NULL; /* kept */
        room = 0;
    }
    free(line);
    fclose(file);
    if (run->body_count == 0) {
        fail("no body");
    }
}

static void spki_read(struct run *run)
{
    char path[512];
    uint8_t *der = NULL;

    snprintf(path, sizeof(path), "%s/clients/bank/cert.pem", run->demo);
    FILE *file = take(fopen(path, "r"), "the certificate");
    X509 *certificate = take(PEM_read_X509(file, NULL, NULL, NULL), "the certificate");
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    SHA256(der, (size_t)len, run->spki);
    OPENSSL_free(der);
    X509_free(certificate);
    fclose(file);
}

/* ---- a batch's way ---- */

/* As the edge does: JSON to a frame. Not inline, so that it is counted by itself. */
__attribute__((noinline)) static void edge_read(struct run *run)
{
    buf_reset(&run->asked);
    size_t start = frame_start(&run->asked, FRAME_ASKS);
    for (unsigned i = 0; i < run->batch; i++) {
        struct ask ask = {.tag = i};
        struct view body = run->bodies[run->next++ % run->body_count];
        arena_reset(&run->arena);
        must(ask_json_get(body, SERVICE_CITIZEN_LOOKUP, LANGUAGE_EN, &run->arena, &ask,
                          &run->faults));
        memcpy(ask.spki, run->spki, sizeof(ask.spki));
        seal_sha256(body, ask.body_sha256);
        frame_put_ask(&run->asked, &ask);
    }
    frame_finish(&run->asked, start, run->batch);
}

__attribute__((noinline)) static void core_serve(struct run *run)
{
    struct frame frame = {0};
    size_t bytes = 0;

    must(frame_peek(buf_view(&run->asked), &frame, &bytes));
    struct cursor cursor = cursor_of(frame.payload);
    for (unsigned i = 0; i < frame.count; i++) {
        must(frame_get_ask(&cursor, ASK_SENDER_EDGE, &run->asks[i]));
    }
    must(gate_serve(run->house->gate, run->asks, frame.count, run->answers));
    buf_reset(&run->answered);
    size_t start = frame_start(&run->answered, FRAME_ANSWERS);
    frame_put_checkpoint(&run->answered, ledger_checkpoint(run->house->ledger));
    for (unsigned i = 0; i < frame.count; i++) {
        frame_put_answer(&run->answered, &run->answers[i]);
    }
    frame_finish(&run->answered, start, frame.count);
}

__attribute__((noinline)) static void edge_write(struct run *run)
{
    struct frame frame = {0};
    struct view checkpoint = {0};
    size_t bytes = 0;

    must(frame_peek(buf_view(&run->answered), &frame, &bytes));
    struct cursor cursor = cursor_of(frame.payload);
    must(frame_get_checkpoint(&cursor, &checkpoint));
    for (unsigned i = 0; i < frame.count; i++) {
        struct answer answer = {0};
        must(frame_get_answer(&cursor, checkpoint, &answer));
        if (answer.code == CODE_DISCLOSED) {
            buf_reset(&run->json);
            answer_json_put(&run->json, &answer);
            run->disclosed++;
            run->bytes += run->json.len;
        }
    }
}

__attribute__((noinline)) static void serve_batch(struct run *run)
{
    edge_read(run);
    core_serve(run);
    edge_write(run);
}

/* What the core does between batches is not counted: it is done by time, not by asks. */
static void keep_house(struct run *run)
{
    uint32_t wait_ms = 0;
    bool busy = true;

    while (busy) {
        must(ledger_tick(run->house->ledger, &wait_ms));
        gate_tick(run->house->gate, &busy);
    }
}

/* ---- the house ---- */

static void open_house(struct run *run)
{
    char home[512];
    char keys_path[512];
    char why[HOUSE_WHY_BYTES] = "";
    struct house_keys keys;

    snprintf(home, sizeof(home), "%s/home", run->demo);
    snprintf(keys_path, sizeof(keys_path), "%s/keys", run->demo);
    int home_fd = open(home, O_RDONLY | O_DIRECTORY);
    int keys_fd = open(keys_path, O_RDONLY | O_DIRECTORY);
    must(house_keys_read(keys_fd, &keys));
    struct outcome opened = house_open(home, home_fd, &keys, REGISTRY_READ, &run->house, why);
    if (!outcome_ok(opened)) {
        fail(why);
    }
    house_keys_done(&keys);
}

static void options_read(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {{"demo", required_argument, NULL, 'd'},
                                            {"bodies", required_argument, NULL, 'f'},
                                            {"batch", required_argument, NULL, 'b'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {0}};
    int option;

    run->batch = BATCH_ASKS_MAX;
    run->rounds = 20;
    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        switch (option) {
        case 'd':
            run->demo = optarg;
            break;
        case 'f':
            run->bodies_file = optarg;
            break;
        case 'b':
            run->batch = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'r':
            run->rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            fail("unknown option");
        }
    }
    if (run->demo == NULL || run->bodies_file == NULL || run->batch == 0 ||
        run->batch > BATCH_ASKS_MAX) {
        fail("--demo FOLDER --bodies FILE [--batch 1..256] [--rounds N]");
    }
}

int main(int argc, char **argv)
{
    struct run *run = take(calloc(1, sizeof(*run)), "memory");

    options_read(run, argc, argv);
    bodies_read(run);
    spki_read(run);
    open_house(run);
    must(arena_init(&run->arena, ASK_JSON_ARENA_BYTES));
    ask_faults_init(&run->faults);
    buf_init(&run->asked, FRAME_BYTES_MAX);
    buf_init(&run->answered, 4 * (size_t)FRAME_BYTES_MAX);
    buf_init(&run->json, 4 * (size_t)PERSON_BYTES_MAX);
    for (unsigned i = 0; i < run->rounds; i++) {
        serve_batch(run);
        keep_house(run);
    }
    printf("{\"asks\":%u,\"disclosed\":%" PRIu64 ",\"answer_bytes\":%" PRIu64 "}\n",
           run->rounds * run->batch, run->disclosed, run->bytes / (run->disclosed + 1));
    house_close(run->house);
    return run->disclosed == 0;
}
