/*
 * `dancu-hostile`: the server, with front processes that are taken. They run this program's code
 * after their rights were applied, with nothing but what their rows give them. All but the last
 * edge are taken, and public and the desk; the desk's attacks come after all others' (desk.h).
 *
 * A taken process waits for two signals from the test, SIGRTMIN + high and SIGRTMIN + 16 + low
 * digit (base 15) of an attack's number, tries it, and writes one line that says what it met.
 *   dancu-hostile serve ...      as `dancu serve`; HOME/../seen.txt: digest, number, birth, name
 *   dancu-hostile attacks        their names, by number
 *   dancu-hostile desk-attacks   those of the desk, behind them
 */
#include "attacks.h"
#include "desk.h"

#include "base/log.h"
#include "base/memory.h"
#include "channel/edge/edge.h"
#include "cli/cli.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ROWS_MAX 32
#define DIGITS 15 /* so that two digits fit the real-time signals */

static bool is_desk(const struct child *child)
{
    return strcmp(child->row->name, "desk") == 0;
}

static bool taken(const struct child *child)
{
    return strcmp(child->row->name, "edge") != 0 || child->index < child->settings.edges;
}

static int seen_prepare(struct child *child)
{
    char path[600];
    char digest[80];
    struct seen *seen = memory_new(1, sizeof(*seen));
    snprintf(path, sizeof(path), "%s/../seen.txt", child->settings.home);
    FILE *file = fopen(path, "re");
    if (seen == NULL || file == NULL ||
        fscanf(file, "%64s %15s %15s %255[^\n]", digest, seen->id, seen->birth_date, seen->name) !=
            4) {
        return PROC_EXIT_REFUSED;
    }
    fclose(file);
    for (unsigned i = 0; i < sizeof(seen->spki); i++) {
        unsigned byte = 0;
        sscanf(digest + (size_t)2 * i, "%2x", &byte);
        seen->spki[i] = (uint8_t)byte;
    }
    child->prepared = seen;
    return 0;
}

static int edge_or_hostile_prepare(struct child *child)
{
    return taken(child) ? seen_prepare(child) : edge_prepare(child);
}

static const struct attack *attack_at(unsigned number)
{
    if (number < frame_attack_count) {
        return &frame_attacks[number];
    }
    number -= frame_attack_count;
    if (number < call_attack_count) {
        return &call_attacks[number];
    }
    number -= call_attack_count;
    return number < desk_attack_count ? &desk_attacks[number] : NULL;
}

/* A pipe beside the core's, which nothing here uses: it goes on. A desk that is given a new one to
 * `verify` ends, and its successor begins with that; the supervisor gone, all end. */
static bool goes_on(const struct hostile *hostile)
{
    struct proc_peer peer = {.fd = -1};
    if (!outcome_ok(proc_receive_peer(hostile->child->control_fd, &peer))) {
        return false;
    }
    close(peer.fd);
    return !is_desk(hostile->child) || !desk_to_verify(hostile->child, &peer);
}

/* -1: the supervisor is gone, or says stop. */
static int next_command(const struct hostile *hostile, int signal_fd)
{
    int digits[2] = {0};
    for (unsigned i = 0; i < 2;) {
        struct signalfd_siginfo info;
        struct pollfd polls[2] = {{.fd = signal_fd, .events = POLLIN},
                                  {.fd = hostile->child->control_fd, .events = POLLIN}};
        if (poll(polls, 2, -1) < 0 || (polls[1].revents != 0 && !goes_on(hostile))) {
            return -1;
        }
        if (polls[0].revents == 0) {
            continue;
        }
        if (read(signal_fd, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGTERM) {
            return -1;
        }
        digits[i++] = (int)info.ssi_signo - SIGRTMIN;
    }
    return digits[0] * DIGITS + digits[1] - DIGITS;
}

static int hostile_main(struct child *child)
{
    struct hostile hostile = {.child = child, .seen = child->prepared};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    for (int i = 0; i < 2 * DIGITS && SIGRTMIN + i <= SIGRTMAX; i++) {
        sigaddset(&set, SIGRTMIN + i);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || child->core_fd < 0) {
        return EXIT_FAILURE;
    }
    int signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    pipe_init(&hostile.pipe, child->core_fd);
    if (!outcome_ok(proc_tell_ready(child)) || (is_desk(child) && !desk_begin(&hostile))) {
        return EXIT_FAILURE;
    }
    while (!hostile.dropped) {
        int number = next_command(&hostile, signal_fd);
        const struct attack *attack = number < 0 ? NULL : attack_at((unsigned)number);
        if (attack == NULL) {
            return EXIT_SUCCESS;
        }
        log_line(LOG_LEVEL_WARN, "hostile-tries", "number=%d", number);
        attack->run(&hostile, attack->variant);
        log_line(LOG_LEVEL_WARN, "hostile-met", "number=%d what=\"%s\"", number, hostile.met);
    }
    return EXIT_FAILURE; /* its successor gets a new pipe */
}

static int edge_or_hostile_main(struct child *child)
{
    return taken(child) ? hostile_main(child) : edge_main(child);
}

static const struct proc_row *hostile_rows(unsigned *ret_count)
{
    static struct proc_row rows[ROWS_MAX];
    const struct proc_row *served = serve_rows(ret_count);
    for (unsigned i = 0; i < *ret_count && i < ROWS_MAX; i++) {
        rows[i] = served[i];
        if (strcmp(rows[i].name, "edge") == 0) {
            rows[i].prepare = edge_or_hostile_prepare;
            rows[i].main = edge_or_hostile_main;
        } else if (strcmp(rows[i].name, "public") == 0) {
            rows[i].prepare = seen_prepare;
            rows[i].main = hostile_main;
        } else if (strcmp(rows[i].name, "desk") == 0) {
            rows[i].prepare = desk_seen_prepare;
            rows[i].main = hostile_main;
        }
    }
    return rows;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    const struct proc_row *rows = hostile_rows(&count);
    proc_child_enter(rows, count, argc, argv);
    bool by_desk = argc == 2 && strcmp(argv[1], "desk-attacks") == 0;
    if (by_desk || (argc == 2 && strcmp(argv[1], "attacks") == 0)) {
        unsigned first = by_desk ? frame_attack_count + call_attack_count : 0;
        unsigned end = frame_attack_count + call_attack_count;
        for (unsigned i = first; attack_at(i) != NULL && (by_desk || i < end); i++) {
            puts(attack_at(i)->name);
        }
        return EXIT_SUCCESS;
    }
    if (argc < 2 || strcmp(argv[1], "serve") != 0) {
        fputs("usage: dancu-hostile serve ... | attacks | desk-attacks\n", stderr);
        return EXIT_USAGE;
    }
    return serve_with(rows, count, argc - 2, argv + 2);
}
