/*
 * The process `jobs` between an edge and a core that the test plays: lists, questions, results; and
 * what happens when either goes, lies, or the process is killed.
 */
#include "../help.h"

#include "domain/wish.h"
#include "jobs/jobs.h"
#include "proc/extracting.h"
#include "proc/peer.h"
#include "seal/seal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_ROW 1
#define EDGE_ROW 2
#define WAIT_MS 10000

static const struct proc_row row = {.name = "jobs", .core_pipe = true};
static const uint8_t SPKI[32] = {9};

struct rig {
    char path[32];
    pid_t pid;
    int control_fd;
    struct pipe_end core;
    struct pipe_end edge;
};

static void pair(int type, int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

_Noreturn static void run(const char *path, int control_fd, int core_fd)
{
    struct secret *key = memory_new(1, sizeof(*key));
    struct child child = {.row = &row,
                          .row_number = OWN_ROW,
                          .title = "dancu: jobs",
                          .control_fd = control_fd,
                          .core_fd = core_fd,
                          .prepared = key};
    signal(SIGPIPE, SIG_IGN);
    child.grants[GRANT_JOBS_DIR] = open(path, O_RDONLY | O_DIRECTORY);
    int status = jobs_main(&child);
    memory_free(key);
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
    give_pipe(rig, EDGE_ROW, &rig->edge);
}

static int end(struct rig *rig, int number)
{
    int status = 0;
    kill(rig->pid, number);
    assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
    close(rig->control_fd);
    pipe_done(&rig->core);
    pipe_done(&rig->edge);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    signal(SIGPIPE, SIG_IGN);
    help_folder(rig->path, sizeof(rig->path), "jobs");
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

static void ask(struct rig *rig, struct job_asked asked)
{
    memcpy(asked.spki, SPKI, sizeof(asked.spki));
    jobbing_put_asked(&rig->edge.out, &asked);
    assert_ok(pipe_flush(&rig->edge));
}

static struct job_told told(struct rig *rig, enum job_saying saying)
{
    struct frame frame;
    struct job_told told;
    assert_true(hear(&rig->edge, &frame));
    assert_ok(jobbing_get_told(&frame, &told));
    assert_int_equal(told.saying, saying);
    return told;
}

/* Says whose key it is. */
static void know(struct rig *rig, const char *account, uint32_t lines)
{
    struct frame frame;
    struct job_who who;
    assert_true(hear(&rig->core, &frame));
    assert_ok(jobbing_get_who(&frame, &who));
    assert_memory_equal(who.spki, SPKI, 32);
    const struct job_known known = {.tag = who.tag,
                                    .code = CODE_DISCLOSED,
                                    .account = view_text(account),
                                    .business = who.procedure.len > 0 ? VIEW_LITERAL("NV-LIST")
                                                                      : who.business,
                                    .lines = lines};
    jobbing_put_known(&rig->core.out, &known);
    assert_ok(pipe_flush(&rig->core));
}

#define LINE(n)                                                                                    \
    "{\"business\":\"NV-1\",\"case\":\"c" n "\",\"subject\":{\"id\":\"079090912345\",\"name\":"    \
    "\"An\",\"birth_date\":\"1990-01-02\"},\"fields\":[\"sex\"]}\n"

/* Brings a list and gives its job's id. */
static void bring(struct rig *rig, const char *list, uint8_t ret_id[JOB_ID_BYTES])
{
    ask(rig, (struct job_asked){.tag = 1, .verb = JOB_OPEN, .business = VIEW_LITERAL("NV-1")});
    ask(rig, (struct job_asked){.tag = 1, .verb = JOB_PIECE, .piece = view_text(list)});
    ask(rig, (struct job_asked){.tag = 1, .verb = JOB_END});
    assert_int_equal(told(rig, JOB_TAKEN).bytes, strlen(list));
    know(rig, "bank", 1000);
    struct job_told said = told(rig, JOB_SAYS);
    assert_int_equal(said.code, CODE_DISCLOSED);
    assert_true(said.made);
    struct view name = VIEW_LITERAL("\"id\":\"");
    size_t at = 0;
    while (!view_starts(view_part(said.piece, at, said.piece.len - at), name)) {
        at++;
    }
    assert_ok(hex_get(view_part(said.piece, at + name.len, 32), ret_id, JOB_ID_BYTES));
}

/* The lines that the core is asked, as `1,2,`. */
static void hear_lines(struct rig *rig, const char *expected)
{
    char lines[256] = "";
    struct frame frame;
    static struct ask ask;
    assert_true(hear(&rig->core, &frame));
    assert_int_equal(frame.kind, FRAME_JOB_LINES);
    struct cursor cursor = cursor_of(frame.payload);
    for (unsigned i = 0; i < frame.count; i++) {
        assert_ok(frame_get_ask(&cursor, ASK_SENDER_JOBS, &ask));
        size_t len = strlen(lines);
        snprintf(lines + len, sizeof(lines) - len, "%u,", ask.job_line);
    }
    assert_string_equal(lines, expected);
}

static void answer_lines(struct rig *rig, uint32_t from, uint32_t until, enum code code)
{
    struct buf *out = &rig->core.out;
    size_t start = frame_start(out, FRAME_ANSWERS);
    frame_put_checkpoint(out, VIEW_LITERAL("note\n"));
    for (uint32_t line = from; line <= until; line++) {
        struct answer answer = {.tag = line,
                                .code = code,
                                .field_index = ANSWER_FIELD_NONE,
                                .entry = VIEW_LITERAL("{\"_sd\":[]}"),
                                .checkpoint = VIEW_LITERAL("note\n"),
                                .leaf_index = line};
        if (code == CODE_DISCLOSED) {
            answer.person = VIEW_LITERAL("{\"sex\":\"1\"}");
            answer.notices = VIEW_LITERAL("[]");
        }
        if (!code_has_receipt(code)) {
            answer = (struct answer){.tag = line, .code = code, .field_index = ANSWER_FIELD_NONE};
        }
        frame_put_answer(out, &answer);
    }
    frame_finish(out, start, until - from + 1);
    assert_ok(pipe_flush(&rig->core));
}

static void assert_has(struct view text, const char *part)
{
    struct view want = view_text(part);
    for (size_t at = 0; at + want.len <= text.len; at++) {
        if (view_starts(view_part(text, at, text.len - at), want)) {
            return;
        }
    }
    fail_msg("%.*s has no %s", (int)text.len, (const char *)text.data, part);
}

/* Until the job says so. */
static void await_state(struct rig *rig, const uint8_t id[JOB_ID_BYTES], const char *part)
{
    struct job_asked show = {.tag = 2, .verb = JOB_SHOW};
    memcpy(show.id, id, sizeof(show.id));
    for (unsigned i = 0; i < 50; i++) {
        ask(rig, show);
        know(rig, "bank", 0);
        struct job_told said = told(rig, JOB_SAYS);
        char text[1024];
        snprintf(text, sizeof(text), "%.*s", (int)said.piece.len, (const char *)said.piece.data);
        if (strstr(text, part) != NULL) {
            return;
        }
        usleep(20000);
    }
    fail_msg("it never says %s", part);
}

/* ---- tests ---- */

static void a_list_is_asked_in_order_and_its_answers_are_given(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    bring(rig, LINE("1") "garbage\n" LINE("3") LINE("1") LINE("5"), id);
    hear_lines(rig, "1,3,5,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED); /* in frames of their own */
    answer_lines(rig, 3, 3, CODE_SUBJECT_NOT_AVAILABLE);
    answer_lines(rig, 5, 5, CODE_INTERNAL);
    await_state(rig, id, "\"done\":5");
    await_state(rig, id, "\"state\":\"done\"");
    struct job_asked result = {.tag = 7, .verb = JOB_RESULT, .line = 1, .bytes = 100};
    memcpy(result.id, id, sizeof(id));
    ask(rig, result);
    know(rig, "bank", 0);
    told(rig, JOB_POURS);
    assert_int_equal(told(rig, JOB_POUR).piece.len, 100); /* no more than was asked for */
    ask(rig, (struct job_asked){.tag = 7, .verb = JOB_MORE, .bytes = 1u << 20});
    struct job_told rest = told(rig, JOB_POUR);
    assert_has(rest.piece, "{\"line\":2,\"problem\":{\"type\":\"urn:dancu:problem:bad_request\"");
    assert_has(rest.piece, "\"line\":4}\n"); /* as line 1 */
    assert_has(rest.piece, "{\"line\":5,\"problem\":{\"type\":\"urn:dancu:problem:internal\"");
    told(rig, JOB_POURED);
}

static void what_comes_later_is_asked_again_from_the_first_such_line_on(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    bring(rig, LINE("1") LINE("2") LINE("3"), id);
    hear_lines(rig, "1,2,3,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
    answer_lines(rig, 2, 3, CODE_RATE_LIMITED);
    hear_lines(rig, "2,3,");
    answer_lines(rig, 2, 3, CODE_LEDGER_UNAVAILABLE);
    hear_lines(rig, "2,3,");
    answer_lines(rig, 2, 3, CODE_DISCLOSED);
    await_state(rig, id, "\"state\":\"done\"");
}

static void another_core_is_asked_what_the_last_one_owed(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    bring(rig, LINE("1") LINE("2"), id);
    hear_lines(rig, "1,2,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
    pipe_done(&rig->core);
    struct job_asked show = {.tag = 3, .verb = JOB_SHOW};
    for (unsigned i = 0; i < 100; i++) { /* until it has seen that the core is gone */
        ask(rig, show);
        struct job_told said = told(rig, JOB_SAYS);
        assert_int_equal(said.code, CODE_LEDGER_UNAVAILABLE);
    }
    give_pipe(rig, OWN_ROW, &rig->core);
    hear_lines(rig, "2,");
    answer_lines(rig, 2, 2, CODE_DISCLOSED);
    await_state(rig, id, "\"state\":\"done\"");
}

static void when_it_was_killed_it_goes_on_behind_what_it_kept(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    bring(rig, LINE("1") LINE("2") LINE("3"), id);
    hear_lines(rig, "1,2,3,");
    answer_lines(rig, 1, 2, CODE_DISCLOSED);
    ask(rig, (struct job_asked){.tag = 9, .verb = JOB_OPEN, .business = VIEW_LITERAL("NV-1")});
    struct frame frame;
    assert_true(hear(&rig->core, &frame)); /* it has begun a list, too */
    assert_int_equal(end(rig, SIGKILL), -1);
    begin(rig);
    hear_lines(rig, "1,2,3,"); /* nothing of a block that was not full was kept */
    answer_lines(rig, 1, 3, CODE_DISCLOSED);
    await_state(rig, id, "\"state\":\"done\"");
    char command[128];
    snprintf(command, sizeof(command), "test $(ls %s | wc -l) = 3", rig->path);
    assert_int_equal(system(command), 0); /* head, list and answers of one job */
}

static void a_key_that_is_nobodys_any_more_ends_the_job_with_what_it_has(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    bring(rig, LINE("1") LINE("2"), id);
    hear_lines(rig, "1,2,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
    answer_lines(rig, 2, 2, CODE_UNAUTHENTICATED);
    await_state(rig, id, "\"state\":\"failed\"");
    await_state(rig, id, "\"done\":1");
}

static void another_account_finds_nothing(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    bring(rig, LINE("1"), id);
    hear_lines(rig, "1,");
    for (enum job_verb verb = JOB_SHOW; verb <= JOB_RESULT; verb++) {
        struct job_asked asked = {.tag = 4, .verb = verb, .line = 1, .bytes = 1000};
        memcpy(asked.id, id, sizeof(id));
        ask(rig, asked);
        know(rig, "other", 0);
        assert_int_equal(told(rig, JOB_SAYS).code, CODE_NOT_FOUND);
    }
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
}

static void all_of_an_account_are_listed_the_latest_first_and_nobody_elses(void **state)
{
    struct rig *rig = *state;
    uint8_t first[JOB_ID_BYTES];
    uint8_t second[JOB_ID_BYTES];
    char text[2][2 * JOB_ID_BYTES + 1] = {"", ""};
    bring(rig, LINE("1"), first);
    hear_lines(rig, "1,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
    await_state(rig, first, "\"state\":\"done\"");
    bring(rig, LINE("2"), second);
    hear_lines(rig, "1,");
    ask(rig, (struct job_asked){.tag = 5, .verb = JOB_LIST});
    know(rig, "bank", 0);
    struct job_told said = told(rig, JOB_SAYS);
    assert_has(said.piece, "{\"jobs\":[{\"business\":");
    for (unsigned i = 0; i < JOB_ID_BYTES; i++) {
        snprintf(text[0] + strlen(text[0]), 3, "%02x", first[i]);
        snprintf(text[1] + strlen(text[1]), 3, "%02x", second[i]);
    }
    const char *piece = strndup((const char *)said.piece.data, said.piece.len);
    assert_true(strstr(piece, text[1]) < strstr(piece, text[0]));
    free((void *)(uintptr_t)piece);
    ask(rig, (struct job_asked){.tag = 5, .verb = JOB_LIST});
    know(rig, "other", 0);
    said = told(rig, JOB_SAYS);
    assert_int_equal(said.piece.len, strlen("{\"jobs\":[]}"));
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
}

/* ---- pages ---- */

/* The lines of one, as `1,2,`; where it goes on. */
static uint32_t page(struct rig *rig, const uint8_t id[JOB_ID_BYTES], uint32_t from,
                     const char *first, unsigned count)
{
    struct job_asked asked = {.tag = 6, .verb = JOB_PAGE, .line = from};
    struct view job = {0};
    uint32_t next = 0;
    memcpy(asked.id, id, sizeof(asked.id));
    ask(rig, asked);
    know(rig, "bank", 0);
    struct job_told said = told(rig, JOB_SAYS);
    assert_int_equal(said.code, CODE_DISCLOSED);
    struct cursor cursor = cursor_of(said.piece);
    assert_ok(jobbing_get_page(&cursor, &job, &next));
    assert_has(job, "\"state\":\"done\"");
    for (unsigned i = 0; i < count; i++) {
        struct view line = cursor_block32(&cursor);
        assert_has(line, i == 0 ? first : "\"line\":");
        assert_int_equal(line.data[line.len - 1], '}');
    }
    assert_ok(cursor_end(&cursor, "page"));
    return next;
}

static void a_result_comes_in_pages_from_any_line(void **state)
{
    enum { LINES = 2 * JOB_BLOCK_LINES + 40 };
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    BUF_AUTO list;
    buf_init(&list, 1 << 16);
    for (unsigned i = 1; i <= LINES; i++) {
        buf_printf(&list, "no ask %u\n", i);
    }
    buf_put_u8(&list, 0);
    bring(rig, (const char *)list.data, id);
    await_state(rig, id, "\"state\":\"done\"");
    assert_int_equal(page(rig, id, 1, "{\"line\":1,", JOB_PAGE_LINES), JOB_PAGE_LINES + 1);
    assert_int_equal(page(rig, id, 60, "{\"line\":60,", JOB_PAGE_LINES), 60 + JOB_PAGE_LINES);
    assert_int_equal(page(rig, id, 2 * JOB_BLOCK_LINES + 1, "{\"line\":129,", 40), 0);
    assert_int_equal(page(rig, id, LINES, "{\"line\":168,", 1), 0);
    assert_int_equal(page(rig, id, LINES + 1, "", 0), 0);
    struct job_asked result = {.tag = 7, .verb = JOB_RESULT, .line = 130, .bytes = 1u << 20};
    memcpy(result.id, id, sizeof(id));
    ask(rig, result); /* what goes on from there natively begins there, too */
    know(rig, "bank", 0);
    told(rig, JOB_POURS);
    assert_has(view_part(told(rig, JOB_POUR).piece, 0, 12), "{\"line\":130");
}

/* ---- lists that are asked for ---- */

static void put_asked(struct buf *buf, const char *criteria)
{
    const struct wish wish = {.unit = VIEW_LITERAL("000.00.00.H29"),
                              .procedure = VIEW_LITERAL("1.004222"),
                              .officer = VIEW_LITERAL("CB-1"),
                              .case_ref = VIEW_LITERAL("HS-1"),
                              .criteria = view_text(criteria)};
    buf_init(buf, 1024);
    wish_put(&wish, buf);
    assert_ok(buf_check(buf));
}

static struct job_told wish_for(struct rig *rig, const char *key, const char *criteria)
{
    BUF_AUTO text;
    put_asked(&text, criteria);
    ask(rig, (struct job_asked){
                 .tag = 8, .verb = JOB_WISH, .key = view_text(key), .piece = buf_view(&text)});
    know(rig, "bank", 1000);
    return told(rig, JOB_SAYS);
}

static struct wish_told hear_wish(struct rig *rig)
{
    struct frame frame;
    struct wish_told wish;
    assert_true(hear(&rig->core, &frame));
    assert_ok(jobbing_get_wish(&frame, &wish));
    return wish;
}

static void a_list_that_is_asked_for_waits_for_an_officer_over_every_end(void **state)
{
    struct rig *rig = *state;
    struct job_told said = wish_for(rig, "YC-1", "age>=18 and sex=1");
    assert_true(said.made);
    assert_has(said.piece, "\"state\":\"asked\"");
    assert_has(said.piece, "\"business\":\"NV-LIST\"");
    assert_has(said.piece, "\"criteria\":\"age>=18 and sex=1\"");
    struct wish_told wish = hear_wish(rig);
    assert_view(wish.account, "bank");
    assert_true(wish.wish.len > 0);
    uint8_t id[JOB_ID_BYTES];
    memcpy(id, wish.id, sizeof(id));
    assert_false(wish_for(rig, "YC-1", "age>=18 and sex=1").made); /* the same again */
    assert_int_equal(wish_for(rig, "YC-1", "sex=1").code, CODE_IDEMPOTENCY_CONFLICT);
    assert_int_equal(end(rig, SIGKILL), -1);
    begin(rig);
    wish = hear_wish(rig); /* the next core is told again */
    assert_memory_equal(wish.id, id, sizeof(id));
    const struct wish_told no = {.account = VIEW_LITERAL("bank"),
                                 .reason = VIEW_LITERAL("quá rộng")};
    struct wish_told refusal = no;
    memcpy(refusal.id, id, sizeof(id));
    jobbing_put_wish(&rig->core.out, &refusal);
    assert_ok(pipe_flush(&rig->core));
    assert_int_equal(hear_wish(rig).wish.len, 0); /* it waits no longer */
    await_state(rig, id, "\"reason\":\"quá rộng\",\"refused\":0");
}

static void a_list_that_is_not_wanted_any_more_is_forgotten_at_once(void **state)
{
    struct rig *rig = *state;
    (void)wish_for(rig, "YC-1", "sex=2");
    assert_true(hear_wish(rig).wish.len > 0);
    for (unsigned i = 0; i < 2; i++) {
        ask(rig, (struct job_asked){.tag = 9, .verb = JOB_FORGET, .key = VIEW_LITERAL("YC-1")});
        know(rig, "bank", 0);
        assert_has(told(rig, JOB_SAYS).piece, "\"state\":\"expired\"");
        if (i == 0) {
            assert_int_equal(hear_wish(rig).wish.len, 0);
        }
    }
    ask(rig, (struct job_asked){.tag = 9, .verb = JOB_SHOW, .key = VIEW_LITERAL("YC-1")});
    know(rig, "other", 0);
    assert_int_equal(told(rig, JOB_SAYS).code, CODE_NOT_FOUND); /* nobody else's number */
    for (unsigned i = 0; i < JOBS_ASKED_PER_ACCOUNT_MAX; i++) {
        char key[16];
        snprintf(key, sizeof(key), "K-%u", i);
        assert_int_equal(wish_for(rig, key, "sex=2").code, CODE_DISCLOSED);
        (void)hear_wish(rig);
    }
    assert_int_equal(wish_for(rig, "K", "sex=2").code, CODE_RATE_LIMITED);
    ask(rig, (struct job_asked){.tag = 9, .verb = JOB_WISH, .piece = VIEW_LITERAL("no wish")});
    assert_int_equal(told(rig, JOB_SAYS).code, CODE_BAD_REQUEST);
}

static void who_lies_loses_its_pipe_and_nobody_elses(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    struct frame frame;
    struct pipe_end other;
    give_pipe(rig, EDGE_ROW, &other);
    buf_put_text(&other.out, "no frame at all, but some bytes");
    assert_ok(pipe_flush(&other));
    assert_false(hear(&other, &frame));
    pipe_done(&other);
    bring(rig, LINE("1") LINE("2"), id);
    hear_lines(rig, "1,2,");
    answer_lines(rig, 2, 2, CODE_DISCLOSED); /* that is not the next one */
    assert_false(hear(&rig->core, &frame));
    pipe_done(&rig->core);
    give_pipe(rig, OWN_ROW, &rig->core);
    hear_lines(rig, "1,2,");
    answer_lines(rig, 1, 2, CODE_DISCLOSED);
    await_state(rig, id, "\"state\":\"done\"");
}

/* ---- lists of people ---- */

static const uint8_t LIST[JOB_ID_BYTES] = {0x4c, 1};

/* The core hands over a list of `count` people; what is said of it. */
static enum extract_saying hand_as(struct rig *rig, const uint8_t id[JOB_ID_BYTES],
                                   const char *account, unsigned count)
{
    static uint8_t keys[UINT8_MAX * ASK_PERSON_KEY_BYTES];
    struct extracted list = {.saying = EXTRACT_LIST,
                             .account = view_text(account),
                             .business = VIEW_LITERAL("NV-1"),
                             .case_ref = VIEW_LITERAL("HS 1 của phường"),
                             .fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX)};
    struct frame frame;
    struct extracted said;
    assert_true(count <= UINT8_MAX);
    for (unsigned i = 0; i < count; i++) {
        keys[i * ASK_PERSON_KEY_BYTES + 7] = (uint8_t)(i + 1);
    }
    list.keys = view_of(keys, (size_t)count * ASK_PERSON_KEY_BYTES);
    memcpy(list.id, id, sizeof(list.id));
    memcpy(list.spki, SPKI, sizeof(list.spki));
    extracting_put(&rig->core.out, &list);
    assert_ok(pipe_flush(&rig->core));
    do {
        assert_true(hear(&rig->core, &frame));
    } while (frame.kind == FRAME_WISH); /* it waits no longer */
    assert_ok(extracting_get(&frame, &said));
    assert_memory_equal(said.id, id, sizeof(said.id));
    return said.saying;
}

static enum extract_saying hand(struct rig *rig, unsigned count)
{
    return hand_as(rig, LIST, "bank", count);
}

static void a_list_of_people_is_asked_by_their_keys_and_says_what_was_approved(void **state)
{
    struct rig *rig = *state;
    static struct ask ask;
    struct frame frame;
    assert_int_equal(hand(rig, 3), EXTRACT_KEPT);
    assert_true(hear(&rig->core, &frame));
    assert_int_equal(frame.kind, FRAME_JOB_LINES);
    assert_int_equal(frame.count, 3);
    struct cursor cursor = cursor_of(frame.payload);
    for (uint32_t line = 1; line <= 3; line++) {
        assert_ok(frame_get_ask(&cursor, ASK_SENDER_JOBS, &ask));
        assert_int_equal(ask.service, SERVICE_LIST_EXTRACT);
        assert_int_equal(ask.subject_kind, SUBJECT_PERSON);
        assert_int_equal(ask.key.data[7], line);
        assert_int_equal(ask.job_line, line);
        assert_memory_equal(ask.job_id, LIST, sizeof(LIST));
        assert_memory_equal(ask.spki, SPKI, sizeof(SPKI));
        assert_view(ask.business, "NV-1");
        assert_view(ask.case_ref, "HS 1 của phường");
        assert_int_equal(ask_field_mask(&ask), FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX));
    }
    answer_lines(rig, 1, 3, CODE_DISCLOSED);
    await_state(rig, LIST, "\"state\":\"done\"");
}

static void pour_all(struct rig *rig, uint32_t from, char *ret_text, size_t size)
{
    struct job_asked result = {.tag = 7, .verb = JOB_RESULT, .line = from, .bytes = 1u << 20};
    memcpy(result.id, LIST, sizeof(LIST));
    ask(rig, result);
    know(rig, "bank", 0);
    told(rig, JOB_POURS);
    struct job_told poured = told(rig, JOB_POUR);
    snprintf(ret_text, size, "%.*s", (int)poured.piece.len, (const char *)poured.piece.data);
    told(rig, JOB_POURED);
}

static void who_is_no_more_to_be_seen_leaves_no_trace_in_the_result_or_the_counts(void **state)
{
    struct rig *rig = *state;
    static char text[16384];
    assert_int_equal(hand(rig, 6), EXTRACT_KEPT);
    hear_lines(rig, "1,2,3,4,5,6,");
    answer_lines(rig, 1, 1, CODE_SUBJECT_NOT_AVAILABLE);
    answer_lines(rig, 2, 3, CODE_DISCLOSED);
    answer_lines(rig, 4, 5, CODE_SUBJECT_NOT_AVAILABLE);
    answer_lines(rig, 6, 6, CODE_DISCLOSED);
    await_state(rig, LIST, "\"state\":\"done\"");
    await_state(rig, LIST, "\"done\":3,");
    await_state(rig, LIST, "\"lines\":3,\"missed\":0,\"rate\":0,\"refused\":0");
    pour_all(rig, 1, text, sizeof(text));
    assert_non_null(strstr(text, "\"line\":1}\n"));
    assert_non_null(strstr(text, "\"line\":3}\n"));
    assert_null(strstr(text, "\"line\":4}"));
    assert_null(strstr(text, "problem"));
    pour_all(rig, 3, text, sizeof(text));
    assert_null(strstr(text, "\"line\":2}"));
    assert_non_null(strstr(text, "\"line\":3}\n"));
}

static void a_list_goes_on_from_any_of_those_who_were_given(void **state)
{
    enum { PEOPLE = 3 * JOB_BLOCK_LINES + 8 };
    struct rig *rig = *state;
    struct frame frame;
    assert_int_equal(hand(rig, PEOPLE), EXTRACT_KEPT);
    for (uint32_t line = 1; line <= PEOPLE; line++) { /* every other one is no more to be seen */
        if (line % JOB_FRAME_LINES == 1) {
            assert_true(hear(&rig->core, &frame));
            assert_int_equal(frame.kind, FRAME_JOB_LINES);
        }
        answer_lines(rig, line, line, line % 2 == 0 ? CODE_DISCLOSED : CODE_SUBJECT_NOT_AVAILABLE);
    }
    await_state(rig, LIST, "\"state\":\"done\"");
    assert_int_equal(page(rig, LIST, 1, "\"line\":1}", JOB_PAGE_LINES), JOB_PAGE_LINES + 1);
    assert_int_equal(page(rig, LIST, 66, "\"line\":66}", PEOPLE / 2 - 65), 0);
    assert_int_equal(page(rig, LIST, PEOPLE / 2, "\"line\":100}", 1), 0);
    assert_int_equal(page(rig, LIST, PEOPLE / 2 + 1, "", 0), 0);
    assert_int_equal(page(rig, LIST, PEOPLE, "", 0), 0);
}

static void the_first_refusal_ends_a_list_and_tells_no_number_of_the_rest(void **state)
{
    struct rig *rig = *state;
    static char text[16384];
    assert_int_equal(hand(rig, 40), EXTRACT_KEPT);
    hear_lines(rig, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
                    "30,31,32,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
    answer_lines(rig, 2, 32, CODE_LIST_NOT_APPROVED);
    await_state(rig, LIST, "\"state\":\"failed\"");
    await_state(rig, LIST, "\"lines\":1,\"missed\":0,\"rate\":0,\"refused\":1");
    pour_all(rig, 1, text, sizeof(text));
    assert_non_null(strstr(text, "\"code\":\"list_not_approved\""));
    assert_non_null(strstr(text, "{\"line\":2,"));
    assert_null(strstr(text, "{\"line\":3,"));
}

static void what_was_asked_for_goes_on_as_the_job_that_it_is(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    (void)wish_for(rig, "YC-1", "sex=1");
    memcpy(id, hear_wish(rig).id, sizeof(id));
    assert_int_equal(hand_as(rig, id, "other", 2), EXTRACT_UNKEPT); /* it is not that account's */
    assert_int_equal(hand_as(rig, id, "bank", 2), EXTRACT_KEPT);
    hear_lines(rig, "1,2,");
    answer_lines(rig, 1, 1, CODE_DISCLOSED);
    answer_lines(rig, 2, 2, CODE_SUBJECT_NOT_AVAILABLE);
    await_state(rig, id, "\"state\":\"done\"");
    await_state(rig, id, "\"idempotency_key\":\"YC-1\",\"lines\":1,");
    assert_int_equal(hand_as(rig, id, "bank", 5), EXTRACT_KEPT); /* and stays */
    await_state(rig, id, "\"lines\":1,");
}

static void told_again_the_list_that_is_there_stays(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(hand(rig, 2), EXTRACT_KEPT);
    hear_lines(rig, "1,2,");
    assert_int_equal(hand(rig, 5), EXTRACT_KEPT);
    assert_int_equal(end(rig, SIGKILL), -1);
    begin(rig);
    hear_lines(rig, "1,2,");
    assert_int_equal(hand(rig, 5), EXTRACT_KEPT);
    answer_lines(rig, 1, 2, CODE_DISCLOSED);
    await_state(rig, LIST, "\"state\":\"done\"");
}

static void a_list_of_nobody_is_done_at_once(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(hand(rig, 0), EXTRACT_KEPT);
    await_state(rig, LIST, "\"state\":\"done\"");
}

static void an_account_has_so_many_lists_and_jobs_at_once(void **state)
{
    struct rig *rig = *state;
    uint8_t id[JOB_ID_BYTES];
    for (unsigned i = 0; i < JOBS_ACTIVE_PER_ACCOUNT_MAX; i++) {
        bring(rig, LINE("1") LINE("2"), id);
        if (i == 0) {
            hear_lines(rig, "1,2,"); /* it is not answered: all of them wait */
        }
    }
    assert_int_equal(hand(rig, 1), EXTRACT_UNKEPT);
}

static void no_edge_brings_a_list_of_people(void **state)
{
    struct rig *rig = *state;
    ask(rig, (struct job_asked){.tag = 1,
                                .verb = JOB_OPEN,
                                .service = SERVICE_LIST_EXTRACT,
                                .business = VIEW_LITERAL("NV-1")});
    assert_int_equal(told(rig, JOB_SAYS).code, CODE_SERVICE_NOT_OPEN);
}

static void a_core_that_tells_anything_else_of_lists_loses_its_pipe(void **state)
{
    struct rig *rig = *state;
    const struct extracted kept = {.saying = EXTRACT_KEPT};
    struct frame frame;
    extracting_put(&rig->core.out, &kept);
    assert_ok(pipe_flush(&rig->core));
    assert_false(hear(&rig->core, &frame));
}

#define IN_RIG(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_RIG(a_list_is_asked_in_order_and_its_answers_are_given),
        IN_RIG(what_comes_later_is_asked_again_from_the_first_such_line_on),
        IN_RIG(another_core_is_asked_what_the_last_one_owed),
        IN_RIG(when_it_was_killed_it_goes_on_behind_what_it_kept),
        IN_RIG(a_key_that_is_nobodys_any_more_ends_the_job_with_what_it_has),
        IN_RIG(another_account_finds_nothing),
        IN_RIG(all_of_an_account_are_listed_the_latest_first_and_nobody_elses),
        IN_RIG(a_result_comes_in_pages_from_any_line),
        IN_RIG(a_list_that_is_asked_for_waits_for_an_officer_over_every_end),
        IN_RIG(a_list_that_is_not_wanted_any_more_is_forgotten_at_once),
        IN_RIG(who_lies_loses_its_pipe_and_nobody_elses),
        IN_RIG(a_list_of_people_is_asked_by_their_keys_and_says_what_was_approved),
        IN_RIG(who_is_no_more_to_be_seen_leaves_no_trace_in_the_result_or_the_counts),
        IN_RIG(a_list_goes_on_from_any_of_those_who_were_given),
        IN_RIG(the_first_refusal_ends_a_list_and_tells_no_number_of_the_rest),
        IN_RIG(what_was_asked_for_goes_on_as_the_job_that_it_is),
        IN_RIG(told_again_the_list_that_is_there_stays),
        IN_RIG(a_list_of_nobody_is_done_at_once),
        IN_RIG(an_account_has_so_many_lists_and_jobs_at_once),
        IN_RIG(no_edge_brings_a_list_of_people),
        IN_RIG(a_core_that_tells_anything_else_of_lists_loses_its_pipe),
    };
    return cmocka_run_group_tests_name("jobs/process", tests, NULL, NULL);
}
