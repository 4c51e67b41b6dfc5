/*
 * The process `archive` between a desk and a core that the test plays: documents, letters, what is
 * given and to whom; and what happens when either goes, lies, or the process is killed.
 */
#include "../help.h"

#include "archive/archive.h"
#include "proc/archiving.h"
#include "proc/peer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_ROW 1
#define DESK_ROW 2
#define WAIT_MS 10000
#define CODE VIEW_LITERAL("C06-2026-000001")
#define PDF                                                                                        \
    "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n1 1\n0000000009 00000 n \n"            \
    "trailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF"

static const struct proc_row row = {.name = "archive", .core_pipe = true};
static const uint8_t SPKI[32] = {9};

struct rig {
    char path[32];
    pid_t pid;
    int control_fd;
    struct pipe_end core;
    struct pipe_end desk;
    int64_t put_us; /* of the last PDF */
};

static void pair(int type, int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

_Noreturn static void run(const char *path, int control_fd, int core_fd)
{
    struct archive_prepared *prepared = memory_new(1, sizeof(*prepared));
    struct child child = {.row = &row,
                          .row_number = OWN_ROW,
                          .title = "dancu: archive",
                          .control_fd = control_fd,
                          .core_fd = core_fd,
                          .prepared = prepared};
    signal(SIGPIPE, SIG_IGN);
    child.grants[GRANT_ARCHIVE_DIR] = open(path, O_RDONLY | O_DIRECTORY);
    int status = archive_main(&child);
    memory_free(prepared);
    exit(status);
}

static void give_pipe(struct rig *rig, unsigned row_number, struct pipe_end *pipe)
{
    int ends[2];
    pair(SOCK_STREAM, ends);
    assert_ok(peer_send(rig->control_fd, row_number, 1, ends[1]));
    close(ends[1]);
    pipe_init(pipe, ends[0]);
}

static void begin(struct rig *rig)
{
    int control[2];
    int core[2];
    pair(SOCK_SEQPACKET, control);
    pair(SOCK_STREAM, core);
    fflush(NULL);
    rig->pid = fork();
    if (rig->pid == 0) {
        close(control[0]);
        close(core[0]);
        run(rig->path, control[1], core[1]);
    }
    close(control[1]);
    close(core[1]);
    rig->control_fd = control[0];
    pipe_init(&rig->core, core[0]);
    give_pipe(rig, DESK_ROW, &rig->desk);
}

static int end(struct rig *rig, int number)
{
    int status = 0;
    kill(rig->pid, number);
    assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
    close(rig->control_fd);
    pipe_done(&rig->core);
    pipe_done(&rig->desk);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    signal(SIGPIPE, SIG_IGN);
    help_folder(rig->path, sizeof(rig->path), "archive");
    begin(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    char command[64];
    int status = end(rig, SIGTERM);
    snprintf(command, sizeof(command), "rm -rf %s", rig->path);
    assert_int_equal(system(command), 0);
    free(rig);
    return status;
}

/* ---- talking ---- */

/* The next frame; false: the pipe has ended. */
static bool hear(struct pipe_end *pipe, struct frame *ret_frame)
{
    struct outcome filled = {0};
    for (;;) {
        struct outcome next = pipe_next(pipe, ret_frame);
        if (outcome_ok(next)) {
            return true;
        }
        assert_int_equal(next.fault, FAULT_AGAIN);
        if (filled.fault == FAULT_CLOSED) {
            return false;
        }
        struct pollfd poll_fd = {.fd = pipe->fd, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
        filled = pipe_fill(pipe);
    }
}

static void ask(struct rig *rig, struct paper_asked asked)
{
    memcpy(asked.spki, SPKI, sizeof(asked.spki));
    archiving_put_asked(&rig->desk.out, &asked);
    assert_ok(pipe_flush(&rig->desk));
}

static struct paper_told told(struct rig *rig, enum paper_saying saying)
{
    struct frame frame;
    struct paper_told told;
    assert_true(hear(&rig->desk, &frame));
    assert_ok(archiving_get_told(&frame, &told));
    assert_int_equal(told.saying, saying);
    return told;
}

static void assert_code(struct rig *rig, enum code code)
{
    assert_int_equal(told(rig, PAPER_SAYS).code, code);
}

static struct archive_told archived(struct rig *rig, enum archived saying)
{
    struct frame frame;
    struct archive_told told;
    assert_true(hear(&rig->core, &frame));
    assert_ok(archiving_get_archived(&frame, &told));
    assert_int_equal(told.saying, saying);
    return told;
}

static void order(struct rig *rig, struct archive_ordered ordered)
{
    archiving_put_ordered(&rig->core.out, &ordered);
    assert_ok(pipe_flush(&rig->core));
    while (pipe_pending(&rig->core) > 0) { /* a letter is more than a socket takes at once */
        usleep(1000);
        assert_ok(pipe_flush(&rig->core));
    }
}

/* The core's word on the next question. */
static void allow(struct rig *rig, enum archived question, enum code code)
{
    struct archive_told asked = archived(rig, question);
    assert_memory_equal(asked.spki, SPKI, 32);
    assert_true(view_equal(asked.code, CODE));
    order(rig, (struct archive_ordered){.tag = asked.tag, .order = ARCHIVE_MAY, .code = code});
}

static void bring(struct rig *rig, uint64_t tag, enum file_type type, struct view bytes)
{
    ask(rig, (struct paper_asked){.tag = tag, .verb = PAPER_PUT, .code = CODE, .type = type});
    ask(rig, (struct paper_asked){.tag = tag, .verb = PAPER_PIECE, .piece = bytes});
    ask(rig, (struct paper_asked){.tag = tag, .verb = PAPER_END});
}

static void order_of(struct rig *rig, enum archive_order what, struct view bytes)
{
    struct archive_ordered ordered = {.order = what, .code_of_case = CODE};
    ordered.put_us = what == ARCHIVE_REMOVE ? rig->put_us : 0;
    seal_sha256(bytes, ordered.hash);
    order(rig, ordered);
}

static void put_pdf(struct rig *rig)
{
    bring(rig, 1, FILE_TYPE_PDF, view_text(PDF));
    assert_int_equal(told(rig, PAPER_TAKEN).bytes, strlen(PDF));
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED);
    rig->put_us = archived(rig, ARCHIVED_HELD).put_us;
    struct paper_told said = told(rig, PAPER_SAYS);
    assert_int_equal(said.code, CODE_DISCLOSED);
    assert_true(said.made);
}

/* A question, which is answered behind the orders before it. */
static void get(struct rig *rig, struct view bytes, enum code code)
{
    struct paper_asked asked = {.tag = 5, .verb = PAPER_GET, .code = CODE, .bytes = 10};
    seal_sha256(bytes, asked.hash);
    ask(rig, asked);
    allow(rig, ARCHIVED_MAY_READ, code);
}

static void assert_given(struct rig *rig, struct view bytes, enum file_type type)
{
    get(rig, bytes, CODE_DISCLOSED);
    struct paper_told pours = told(rig, PAPER_POURS);
    assert_int_equal(pours.type, type);
    assert_int_equal(pours.bytes, bytes.len);
    assert_true(view_equal(told(rig, PAPER_POUR).piece, view_part(bytes, 0, 10)));
    ask(rig, (struct paper_asked){.tag = 5, .verb = PAPER_MORE, .bytes = 1u << 20});
    assert_true(view_equal(told(rig, PAPER_POUR).piece, view_part(bytes, 10, bytes.len - 10)));
    told(rig, PAPER_POURED);
}

/* ---- tests ---- */

static void a_document_is_kept_attached_and_given(void **state)
{
    struct rig *rig = *state;
    put_pdf(rig);
    order_of(rig, ARCHIVE_ATTACH, view_text(PDF));
    assert_given(rig, view_text(PDF), FILE_TYPE_PDF);
    order_of(rig, ARCHIVE_REMOVE, view_text(PDF)); /* it is a case's */
    assert_given(rig, view_text(PDF), FILE_TYPE_PDF);
}

static void who_may_put_may_be_said_before_or_behind_the_last_byte(void **state)
{
    struct rig *rig = *state;
    ask(rig, (struct paper_asked){.tag = 1, .verb = PAPER_PUT, .code = CODE});
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED);
    for (size_t at = 0; at < strlen(PDF); at++) { /* byte by byte */
        ask(rig, (struct paper_asked){
                     .tag = 1, .verb = PAPER_PIECE, .piece = view_part(view_text(PDF), at, 1)});
        told(rig, PAPER_TAKEN);
    }
    ask(rig, (struct paper_asked){.tag = 1, .verb = PAPER_END});
    struct archive_told held = archived(rig, ARCHIVED_HELD);
    assert_int_equal(held.bytes, strlen(PDF));
    assert_int_equal(held.type, FILE_TYPE_PDF);
    assert_code(rig, CODE_DISCLOSED);
    bring(rig, 2, FILE_TYPE_PDF, view_text(PDF)); /* once more, the same */
    told(rig, PAPER_TAKEN);
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED);
    archived(rig, ARCHIVED_HELD);
    assert_false(told(rig, PAPER_SAYS).made);
}

static void who_may_not_put_or_read_hears_what_the_core_says(void **state)
{
    struct rig *rig = *state;
    bring(rig, 1, FILE_TYPE_PDF, view_text(PDF));
    told(rig, PAPER_TAKEN);
    allow(rig, ARCHIVED_MAY_PUT, CODE_NOT_FOUND);
    assert_code(rig, CODE_NOT_FOUND);
    bring(rig, 2, FILE_TYPE_PDF, view_text(PDF));
    told(rig, PAPER_TAKEN);
    allow(rig, ARCHIVED_MAY_PUT, CODE_DOCUMENT_REFUSED);
    assert_code(rig, CODE_DOCUMENT_REFUSED);
    put_pdf(rig);
    get(rig, view_text(PDF), CODE_NOT_FOUND);
    assert_code(rig, CODE_NOT_FOUND);
    get(rig, view_text("other"), CODE_DISCLOSED);
    assert_code(rig, CODE_NOT_FOUND);
}

static void what_is_not_what_it_says_is_turned_away_and_leaves_nothing(void **state)
{
    struct rig *rig = *state;
    char command[96];
    bring(rig, 1, FILE_TYPE_PNG, view_text(PDF));
    assert_code(rig, CODE_DOCUMENT_REFUSED); /* by its first bytes */
    archived(rig, ARCHIVED_MAY_PUT);
    bring(rig, 2, FILE_TYPE_PDF, view_text("%PDF-1.4\nhello"));
    told(rig, PAPER_TAKEN);
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED);
    assert_code(rig, CODE_DOCUMENT_REFUSED);
    ask(rig, (struct paper_asked){.tag = 3, .verb = PAPER_PUT, .code = CODE});
    ask(rig, (struct paper_asked){.tag = 3, .verb = PAPER_END});
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED);
    assert_code(rig, CODE_DOCUMENT_REFUSED); /* it is empty */
    ask(rig, (struct paper_asked){.tag = 4, .verb = PAPER_PUT, .code = CODE});
    archived(rig, ARCHIVED_MAY_PUT);
    ask(rig, (struct paper_asked){.tag = 4, .verb = PAPER_PIECE, .piece = view_text("%PDF")});
    told(rig, PAPER_TAKEN);
    ask(rig, (struct paper_asked){.tag = 4, .verb = PAPER_GONE}); /* it is cut off */
    put_pdf(rig);
    order_of(rig, ARCHIVE_REMOVE, view_text(PDF));
    get(rig, view_text(PDF), CODE_DISCLOSED);
    assert_code(rig, CODE_NOT_FOUND);
    snprintf(command, sizeof(command), "test -z \"$(find %s -type f)\"", rig->path);
    assert_int_equal(system(command), 0);
}

static void a_document_over_its_ceiling_is_refused(void **state)
{
    static uint8_t piece[64u << 10];
    struct rig *rig = *state;
    ask(rig, (struct paper_asked){.tag = 1, .verb = PAPER_PUT, .code = CODE});
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED);
    memcpy(piece, "%PDF-1.4", 8);
    for (size_t bytes = 0; bytes < DOCUMENT_BYTES_MAX; bytes += sizeof(piece)) {
        ask(rig, (struct paper_asked){
                     .tag = 1, .verb = PAPER_PIECE, .piece = view_of(piece, sizeof(piece))});
        told(rig, PAPER_TAKEN);
    }
    ask(rig, (struct paper_asked){.tag = 1, .verb = PAPER_PIECE, .piece = view_of(piece, 1)});
    assert_code(rig, CODE_TOO_LARGE);
}

static void a_letter_is_kept_and_given_and_a_wrong_one_is_not(void **state)
{
    struct rig *rig = *state;
    static uint8_t bytes[LETTER_BYTES_MAX];
    struct view letter = view_of(bytes, sizeof(bytes));
    struct archive_ordered put = {.order = ARCHIVE_PUT, .code_of_case = CODE, .piece = letter};
    order(rig, put);
    archived(rig, ARCHIVED_FAILED); /* its hash is another one */
    seal_sha256(letter, put.hash);
    order(rig, put);
    assert_int_equal(archived(rig, ARCHIVED_HELD).bytes, sizeof(bytes));
    order(rig, put); /* after a crash, perhaps */
    archived(rig, ARCHIVED_HELD);
    order_of(rig, ARCHIVE_ATTACH, letter);
    order(rig, put);
    archived(rig, ARCHIVED_HELD);
    get(rig, letter, CODE_DISCLOSED);
    told(rig, PAPER_POURS);
    told(rig, PAPER_POUR);
    ask(rig, (struct paper_asked){.tag = 5, .verb = PAPER_GONE});
    put_pdf(rig); /* and it goes on */
}

static void what_is_loose_is_told_to_each_core_and_outlives_a_kill(void **state)
{
    struct rig *rig = *state;
    put_pdf(rig);
    pipe_done(&rig->core);
    give_pipe(rig, OWN_ROW, &rig->core);
    archived(rig, ARCHIVED_HELD);
    ask(rig, (struct paper_asked){.tag = 7, .verb = PAPER_PUT, .code = CODE});
    archived(rig, ARCHIVED_MAY_PUT);
    ask(rig, (struct paper_asked){.tag = 7, .verb = PAPER_PIECE, .piece = view_text("%PDF")});
    told(rig, PAPER_TAKEN);
    end(rig, SIGKILL);
    begin(rig);
    archived(rig, ARCHIVED_HELD);
    order_of(rig, ARCHIVE_ATTACH, view_text(PDF));
    assert_given(rig, view_text(PDF), FILE_TYPE_PDF);
    end(rig, SIGKILL);
    begin(rig);
    bring(rig, 8, FILE_TYPE_PDF, view_text(PDF));
    told(rig, PAPER_TAKEN);
    allow(rig, ARCHIVED_MAY_PUT, CODE_DISCLOSED); /* the first frame: nothing is loose */
    archived(rig, ARCHIVED_HELD);
    assert_false(told(rig, PAPER_SAYS).made);
}

static void without_a_core_nothing_is_taken_or_given(void **state)
{
    struct rig *rig = *state;
    ask(rig, (struct paper_asked){.tag = 1, .verb = PAPER_PUT, .code = CODE});
    archived(rig, ARCHIVED_MAY_PUT);
    ask(rig, (struct paper_asked){.tag = 2, .verb = PAPER_GET, .code = CODE});
    archived(rig, ARCHIVED_MAY_READ);
    pipe_done(&rig->core);
    assert_code(rig, CODE_LEDGER_UNAVAILABLE);
    assert_code(rig, CODE_LEDGER_UNAVAILABLE);
    ask(rig, (struct paper_asked){.tag = 3, .verb = PAPER_PUT, .code = CODE});
    assert_code(rig, CODE_LEDGER_UNAVAILABLE);
    ask(rig, (struct paper_asked){.tag = 3, .verb = PAPER_GET, .code = CODE});
    assert_code(rig, CODE_LEDGER_UNAVAILABLE);
}

static void a_desk_that_lies_is_dropped_and_the_next_one_served(void **state)
{
    struct rig *rig = *state;
    struct frame frame;
    put_pdf(rig);
    ask(rig, (struct paper_asked){.tag = 1, .verb = PAPER_PUT, .code = CODE});
    archived(rig, ARCHIVED_MAY_PUT);
    size_t start = frame_start(&rig->desk.out, FRAME_PAPER_TOLD);
    frame_finish(&rig->desk.out, start, 1);
    assert_ok(pipe_flush(&rig->desk));
    assert_false(hear(&rig->desk, &frame));
    pipe_done(&rig->desk);
    give_pipe(rig, DESK_ROW, &rig->desk);
    order_of(rig, ARCHIVE_ATTACH, view_text(PDF));
    assert_given(rig, view_text(PDF), FILE_TYPE_PDF);
}

static void a_core_that_lies_is_dropped(void **state)
{
    struct rig *rig = *state;
    struct frame frame;
    size_t start = frame_start(&rig->core.out, FRAME_ARCHIVED);
    frame_finish(&rig->core.out, start, 1);
    assert_ok(pipe_flush(&rig->core));
    assert_false(hear(&rig->core, &frame));
}

static void more_than_fit_at_once_are_told_to_wait(void **state)
{
    struct rig *rig = *state;
    for (uint64_t tag = 1; tag <= ARCHIVE_UPLOADS_MAX; tag++) {
        ask(rig, (struct paper_asked){.tag = tag, .verb = PAPER_PUT, .code = CODE});
        archived(rig, ARCHIVED_MAY_PUT);
    }
    ask(rig, (struct paper_asked){.tag = 99, .verb = PAPER_PUT, .code = CODE});
    assert_code(rig, CODE_RATE_LIMITED);
    for (uint64_t tag = 1; tag <= ARCHIVE_WANTS_MAX; tag++) {
        ask(rig, (struct paper_asked){.tag = 100 + tag, .verb = PAPER_GET, .code = CODE});
        archived(rig, ARCHIVED_MAY_READ);
    }
    ask(rig, (struct paper_asked){.tag = 99, .verb = PAPER_GET, .code = CODE});
    assert_code(rig, CODE_RATE_LIMITED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_document_is_kept_attached_and_given),
        TEST(who_may_put_may_be_said_before_or_behind_the_last_byte),
        TEST(who_may_not_put_or_read_hears_what_the_core_says),
        TEST(what_is_not_what_it_says_is_turned_away_and_leaves_nothing),
        TEST(a_document_over_its_ceiling_is_refused),
        TEST(a_letter_is_kept_and_given_and_a_wrong_one_is_not),
        TEST(what_is_loose_is_told_to_each_core_and_outlives_a_kill),
        TEST(without_a_core_nothing_is_taken_or_given),
        TEST(a_desk_that_lies_is_dropped_and_the_next_one_served),
        TEST(a_core_that_lies_is_dropped),
        TEST(more_than_fit_at_once_are_told_to_wait),
    };
    return cmocka_run_group_tests_name("archive/process", tests, NULL, NULL);
}
