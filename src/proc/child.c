/*
 * The way of a new process from its execution to its row's main.
 *
 * Invariants
 *  1. Before main it holds standard descriptors, its control socket, and exactly what the handover
 *     brought; of that, nothing of GRANTS_OF_PREPARE when the row has a prepare.
 *  2. No byte of a foreigner is read before rights_apply() has returned.
 *  3. It ends by _exit(): no handler of a library runs with a state that nobody looked at.
 */
#include "proc/proc.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/ceilings.h"
#include "proc/handover.h"
#include "proc/rights.h"
#include "proc/spawn.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool is_child(int argc, char **argv)
{
    return argc >= 1 && getenv(SPAWN_MARK) != NULL &&
           view_starts(view_text(argv[0]), VIEW_LITERAL(SPAWN_TITLE_PREFIX));
}

static struct outcome ignore_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGXFSZ};

    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        if (signal(ignored[i], SIG_IGN) == SIG_ERR) {
            return outcome_sys(errno, "ignore a signal");
        }
    }
    return OUTCOME_OK;
}

static struct outcome receive_handover(const struct proc_row *rows, unsigned row_count,
                                       struct handover *ret_handover)
{
    struct pollfd control = {.fd = SPAWN_CONTROL_FD, .events = POLLIN};
    struct message message;

    if (poll(&control, 1, HANDOVER_S_MAX * 1000) != 1) {
        return outcome_fail(FAULT_CLOSED, "no handover came");
    }
    TRY(message_receive(SPAWN_CONTROL_FD, &message));
    return handover_read(&message, rows, row_count, ret_handover);
}

/* Everything that the libraries read from files is read now: later there are none to be found. */
static struct outcome warm_libraries(void)
{
    uint8_t byte = 0;

    tzset();

    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
                                OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS,
                            NULL) != 1 ||
        OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL) != 1 || RAND_bytes(&byte, 1) != 1 ||
        RAND_priv_bytes(&byte, 1) != 1) {
        return outcome_fail(FAULT_CRYPTO, "initialise OpenSSL");
    }
    return OUTCOME_OK;
}

static struct outcome begin(const struct proc_row *rows, unsigned row_count, const char *title,
                            struct handover *ret_handover)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) { /* before any key is in memory */
        return outcome_sys(errno, "not dumpable");
    }
    if (prctl(PR_SET_NAME, (unsigned long)title, 0, 0, 0) != 0) {
        return outcome_sys(errno, "name of the process");
    }
    if (close_range(SPAWN_CONTROL_FD + 1, ~0u, 0) != 0) { /* invariant 1 */
        return outcome_sys(errno, "close what was inherited");
    }
    (void)umask(077);
    TRY(ignore_signals());
    TRY(receive_handover(rows, row_count, ret_handover));
    return warm_libraries();
}

static void fill_child(struct child *child, const struct proc_row *rows, const char *title,
                       const struct handover *handover)
{
    const struct proc_row *row = &rows[handover->row];

    *child = (struct child){
        .row = row,
        .row_number = handover->row,
        .index = handover->index,
        .title = title,
        .settings = handover->settings,
        .control_fd = SPAWN_CONTROL_FD,
        .core_fd = handover->core_fd,
        .home_path = row->root == PROC_ROOT_HOME ? "." : NULL,
    };
    memcpy(child->grants, handover->grants, sizeof(child->grants));
}

/* Invariant 1. */
static void close_grants_of_prepare(struct child *child)
{
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        if ((GRANTS_OF_PREPARE & 1u << i) != 0 && child->grants[i] >= 0) {
            (void)close(child->grants[i]);
            child->grants[i] = -1;
        }
    }
}

static int live(struct child *child, const struct rights_identity *identity)
{
    const struct proc_row *row = child->row;

    if (row->prepare != NULL) {
        int status = row->prepare(child);
        if (status != 0) {
            return status;
        }
        close_grants_of_prepare(child);
    }
    struct outcome outcome = rights_apply(child, identity);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "rights-not-taken", outcome);
        return PROC_EXIT_REFUSED;
    }
    return row->main(child);
}

void proc_child_enter(const struct proc_row *rows, unsigned row_count, int argc, char **argv)
{
    if (!is_child(argc, argv)) {
        return;
    }
    const char *title = argv[0];
    char name[SPAWN_NAME_BYTES_MAX]; /* of the log lines; lives as long as the process */
    struct handover handover;
    struct child child;

    spawn_log_name(title, name);
    log_name_set(name);
    struct outcome outcome = begin(rows, row_count, title, &handover);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "process-not-begun", outcome);
        _exit(EXIT_FAILURE); /* it may have been the moment: worth another try */
    }
    fill_child(&child, rows, title, &handover);
    int status = live(&child, &handover.identity);
    (void)fflush(NULL);
    _exit(status); /* invariant 3 */
}
