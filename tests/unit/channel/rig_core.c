/*
 * The rig's fake core: speaks frames from a thread of its own.
 */
#include "rig.h"

#include "proc/checking.h"
#include "proc/figures.h"
#include "proc/owning.h"
#include "proc/peer.h"
#include "wire/canonical.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>

#define HELD_MAX 512

struct core {
    struct rig *rig;
    struct pipe_end pipe;
    uint64_t held[HELD_MAX];
    unsigned held_count;
    bool dies;
    bool sleeps;
    bool refused; /* a part of a statement, once */
};

static const uint8_t path_bytes[64] = {7};

static struct answer answer_of(uint64_t tag, enum code code, unsigned field)
{
    struct answer answer = {.tag = tag, .code = code, .field_index = (uint8_t)field};

    answer.retry_after_s = code_status(code) == 429 ? 60 : 0;
    if (code == CODE_DISCLOSED) {
        answer.person = VIEW_LITERAL("{\"full_name\":\"Nguyễn Văn An\"}");
        answer.notices = VIEW_LITERAL("[]");
    }
    answer.ask_id[6] = 0x70;
    answer.entry = VIEW_LITERAL("{\"v\":1}");
    answer.opening[0] = VIEW_LITERAL("WyJh");
    answer.opening_count = 1;
    answer.leaf_index = tag;
    answer.path = view_of(path_bytes, sizeof(path_bytes));
    answer.limited = code != CODE_RATE_LIMITED;
    answer.limit = 100;
    answer.remaining = 99;
    answer.reset_s = 3600;
    return answer;
}

static void put_answer(struct core *core, uint64_t tag, enum code code, unsigned field,
                       unsigned *count)
{
    struct answer answer = answer_of(tag, code, field);

    frame_put_answer(&core->pipe.out, &answer);
    ++*count;
}

static void put_refusal(struct core *core, uint64_t tag, struct view text, unsigned *count)
{
    struct cursor cursor = cursor_of(text);
    struct view name = view_find(text, 0, ':') < text.len ? cursor_until(&cursor, ':') : text;
    unsigned code = 0;
    uint64_t field = ANSWER_FIELD_NONE;

    assert_ok(words_find(&words_code, name, &code));
    if (name.len < text.len) {
        assert_ok(decimal_get(cursor_view(&cursor, cursor_left(&cursor)), 64, &field));
    }
    put_answer(core, tag, (enum code)code, (unsigned)field, count);
}

static void serve_ask(struct core *core, const struct ask *ask, unsigned *count)
{
    static const struct view code = VIEW_LITERAL("code:");

    if (view_starts(ask->case_ref, code)) {
        put_refusal(core, ask->tag,
                    view_part(ask->case_ref, code.len, ask->case_ref.len - code.len), count);
    } else if (view_is(ask->case_ref, "hold")) {
        assert_true(core->held_count < HELD_MAX);
        core->held[core->held_count++] = ask->tag;
    } else if (view_is(ask->case_ref, "free")) {
        while (core->held_count > 0) {
            put_answer(core, core->held[--core->held_count], CODE_DISCLOSED, ANSWER_FIELD_NONE,
                       count);
        }
        put_answer(core, ask->tag, CODE_DISCLOSED, ANSWER_FIELD_NONE, count);
    } else if (view_is(ask->case_ref, "die")) {
        core->dies = true;
    } else if (view_is(ask->case_ref, "twice")) {
        put_answer(core, ask->tag, CODE_DISCLOSED, ANSWER_FIELD_NONE, count);
        put_answer(core, ask->tag, CODE_DISCLOSED, ANSWER_FIELD_NONE, count);
    } else if (view_is(ask->case_ref, "stranger")) {
        put_answer(core, ask->tag + 1, CODE_DISCLOSED, ANSWER_FIELD_NONE, count);
    } else if (view_is(ask->case_ref, "sleep")) {
        core->sleeps = true;
        put_answer(core, ask->tag, CODE_DISCLOSED, ANSWER_FIELD_NONE, count);
    } else if (view_is(ask->case_ref, "garbage")) {
        core->dies = false;
    } else if (!view_is(ask->case_ref, "silent")) {
        put_answer(core, ask->tag, CODE_DISCLOSED, ANSWER_FIELD_NONE, count);
    }
}

static void copy(char *place, struct view text)
{
    size_t len = text.len < RIG_TEXT_BYTES_MAX - 1 ? text.len : RIG_TEXT_BYTES_MAX - 1;

    if (len > 0) {
        memcpy(place, text.data, len);
    }
    place[len] = '\0';
}

static void remember(struct rig *rig, const struct ask *ask)
{
    struct rig_ask *last = &rig->last;

    pthread_mutex_lock(&rig->lock);
    last->ask = *ask;
    copy(last->business, ask->business);
    copy(last->name, ask->name);
    copy(last->key, ask->key);
    copy(last->traceparent, ask->traceparent);
    copy(last->idempotency_key, ask->idempotency_key);
    last->asks++;
    pthread_mutex_unlock(&rig->lock);
}

/* Receipts: of an id that ends in 0 there is none. */
static void serve_receipts(struct core *core, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    size_t start = frame_start(&core->pipe.out, FRAME_ANSWERS);

    frame_put_checkpoint(&core->pipe.out, (struct view){0});
    for (unsigned i = 0; i < frame->count; i++) {
        struct receipt_ask ask;
        assert_ok(frame_get_receipt_ask(&cursor, &ask));
        struct answer answer = answer_of(ask.tag, CODE_DISCLOSED, ANSWER_FIELD_NONE);
        answer.person = (struct view){0};
        answer.notices = (struct view){0};
        answer.receipt_only = true;
        answer.opening_count = ask.opening ? 1 : 0;
        answer.checkpoint = VIEW_LITERAL("of then\n");
        answer.checkpoint_own = true;
        memcpy(answer.ask_id, ask.ask_id, sizeof(answer.ask_id));
        if (ask.ask_id[15] == 0) {
            answer = (struct answer){
                .tag = ask.tag, .code = CODE_NOT_FOUND, .field_index = ANSWER_FIELD_NONE};
        }
        frame_put_answer(&core->pipe.out, &answer);
    }
    assert_ok(cursor_end(&cursor, "receipts"));
    frame_finish(&core->pipe.out, start, frame->count);
}

/* What the real core makes of it: tests of core/. */
static void take_figures(const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    uint64_t figures[CHANNEL_FIGURE_COUNT];

    assert_ok(figures_get(&cursor, &channel_table, figures));
    assert_ok(cursor_end(&cursor, "figures"));
}

static void remember_look(struct rig *rig, const struct look *look)
{
    pthread_mutex_lock(&rig->lock);
    rig->look.resource = look->resource;
    copy(rig->look.code, look->code);
    size_t skip = look->cursor.len > 0 ? LOOK_CURSOR_BYTES_MIN : 0;
    copy(rig->look.cursor, view_part(look->cursor, skip, look->cursor.len - skip));
    rig->look.limit = look->limit;
    memcpy(rig->look.spki, look->spki, sizeof(look->spki));
    rig->look.looks++;
    pthread_mutex_unlock(&rig->lock);
}

static void show(struct core *core, const struct look *look, uint64_t tag)
{
    struct seen seen = {.tag = tag};
    char json[128];

    if (look->code.len == 0) {
        bool first = look->cursor.len == 0;
        seen.json = first ? VIEW_LITERAL("[{\"code\":\"A\"}]") : VIEW_LITERAL("[{\"code\":\"B\"}]");
        seen.next = first ? VIEW_LITERAL("\0\0\0\1A") : (struct view){0};
    } else if (view_is(look->code, "none")) {
        seen.fault = FAULT_NOT_FOUND;
    } else if (view_is(look->code, "nobody")) {
        seen.fault = FAULT_CLOSED;
    } else {
        int len = snprintf(json, sizeof(json), "{\"code\":\"%.*s\"}", (int)look->code.len,
                           (const char *)look->code.data);
        seen.json = view_of(json, (size_t)len);
        seen.etag = VIEW_LITERAL("7");
    }
    looking_put_seen(&core->pipe.out, &seen);
}

static void serve_look(struct core *core, const struct frame *frame)
{
    struct look look;

    assert_ok(looking_get(frame, &look));
    remember_look(core->rig, &look);
    if (view_is(look.code, "die")) {
        core->dies = true;
    } else if (view_is(look.code, "garbage")) {
        buf_put_zeros(&core->pipe.out, 64);
    } else if (!view_is(look.code, "silent")) {
        show(core, &look, look.tag + (view_is(look.code, "stranger") ? 1 : 0));
    }
    if (view_is(look.code, "twice")) {
        show(core, &look, look.tag);
    }
}

static void put_told(struct core *core, const struct letter_asked *asked, uint64_t tag)
{
    struct letter_told told = {.tag = tag};
    uint8_t genuine[SEAL_HASH_BYTES];

    assert_int_equal(EVP_Digest("%PDF genuine", 12, genuine, NULL, EVP_sha256(), NULL), 1);
    bool file = asked->number.len == 0 && memcmp(genuine, asked->hash, sizeof(genuine)) == 0;
    told.standing = file || view_is(asked->number, "01/TB-C06") ? LETTER_IS_GENUINE
                    : view_is(asked->number, "02/TB-C06")       ? LETTER_IS_SUPERSEDED
                    : view_is(asked->number, "03/TB-C06")       ? LETTER_IS_WITHDRAWN
                                                                : LETTER_IS_UNKNOWN;
    if (told.standing != LETTER_IS_UNKNOWN) {
        told.day = 20783; /* 2026-11-26 */
        told.number = file ? VIEW_LITERAL("01/TB-C06") : asked->number;
        told.office = VIEW_LITERAL("Cục C06 <thử> & \"ai\"");
    }
    if (told.standing == LETTER_IS_SUPERSEDED) {
        told.replaced_by = VIEW_LITERAL("05/TB-C06");
    }
    checking_put_told(&core->pipe.out, &told);
}

static void serve_letter(struct core *core, const struct frame *frame)
{
    struct letter_asked asked;

    assert_ok(checking_get_asked(frame, &asked));
    pthread_mutex_lock(&core->rig->lock);
    copy(core->rig->letter.number, asked.number);
    memcpy(core->rig->letter.hash, asked.hash, sizeof(asked.hash));
    core->rig->letter.checks++;
    pthread_mutex_unlock(&core->rig->lock);
    if (view_is(asked.number, "die")) {
        core->dies = true;
    } else if (view_is(asked.number, "garbage")) {
        buf_put_zeros(&core->pipe.out, 64);
    } else if (!view_is(asked.number, "silent")) {
        put_told(core, &asked, asked.tag + (view_is(asked.number, "stranger") ? 1 : 0));
    }
    if (view_is(asked.number, "twice")) {
        put_told(core, &asked, asked.tag);
    }
}

/* `next` of a statement: 46 digits, what is to come, the part's number. */
static void put_next(struct buf *buf, char what, char number)
{
    buf_printf(buf, "\"next\":\"%046d%c%c\"", 0, what, number);
}

static void put_first_part(struct core *core, const struct own_asked *asked, uint64_t tag)
{
    uint8_t room[OWN_BODY_BYTES_MAX];
    struct view id = canonical_member(asked->body, "id");
    struct answer answer = answer_of(1, CODE_DISCLOSED, ANSWER_FIELD_NONE);
    struct own_told told = {.tag = tag, .code = CODE_DISCLOSED, .answer = &answer};
    BUF_AUTO json;

    buf_init(&json, 1024);
    buf_put_text(&json, "{\"count\":3,\"lines\":[{\"first\":1}],");
    put_next(&json, id.len == 0 ? '0' : (char)canonical_text(id, room).data[0], '1');
    buf_put_text(&json, ",\"size\":9}");
    answer.person = buf_view(&json);
    answer.checkpoint = VIEW_LITERAL("note");
    owning_put_told(&core->pipe.out, &told);
}

static void put_part(struct core *core, struct view next, uint64_t tag)
{
    char what = (char)next.data[next.len - 3];
    char number = (char)next.data[next.len - 2];
    struct own_told told = {.tag = tag, .code = CODE_DISCLOSED};
    BUF_AUTO json;

    buf_init(&json, OWN_JSON_BYTES_MAX);
    buf_put_text(&json, what == 'g' && number == '2' ? "{\"lines\":{\"x\":\"" : "{\"lines\":[\"");
    for (unsigned i = 0; i < RIG_PART_BYTES; i++) {
        buf_put_u8(&json, (uint8_t)number);
    }
    buf_put_text(&json, what == 'g' && number == '2' ? "\"}," : "\"],");
    if (number == '3') {
        buf_put_text(&json, "\"next\":null");
    } else {
        put_next(&json, what, (char)(number + 1));
    }
    buf_put_text(&json, "}");
    told.json = buf_view(&json);
    if (what == 'o' && number == '2') {
        told = (struct own_told){.tag = tag, .code = CODE_UNAUTHENTICATED};
    } else if (what == 'b' && number == '2' && !core->refused) {
        core->refused = true;
        told = (struct own_told){.tag = tag, .code = CODE_RATE_LIMITED, .retry_after_s = 1};
    }
    core->dies = what == 'd' && number == '2';
    if (!core->dies && (what != 's' || number != '2')) {
        owning_put_told(&core->pipe.out, &told);
    }
}

static void put_statement(struct core *core, const struct own_asked *asked, uint64_t tag)
{
    struct view next = canonical_member(asked->body, "next");

    if (next.len == 0) {
        put_first_part(core, asked, tag);
    } else {
        put_part(core, next, tag);
    }
}

static void put_sheet(struct core *core, const struct own_asked *asked, uint64_t tag)
{
    struct view sheet = canonical_member(asked->body, "sheet");
    struct own_told told = {.tag = tag, .code = CODE_DISCLOSED};

    told.json = view_is(sheet, "3") ? VIEW_LITERAL("{\"file\":\"%%%\"}")
                                    : VIEW_LITERAL("{\"file\":\"JVBERg\",\"pages\":1}");
    if (view_is(sheet, "4")) {
        told = (struct own_told){.tag = tag, .code = CODE_BAD_REQUEST};
    } else if (view_is(sheet, "2") && !core->refused) {
        core->refused = true;
        told = (struct own_told){.tag = tag, .code = CODE_RATE_LIMITED, .retry_after_s = 1};
    }
    owning_put_told(&core->pipe.out, &told);
}

static void put_own(struct core *core, const struct own_asked *asked, uint64_t tag)
{
    struct answer answer = {.tag = 1,
                            .code = CODE_OWN_DATA_ONLY,
                            .entry = VIEW_LITERAL("{}"),
                            .checkpoint = VIEW_LITERAL("note")};
    struct own_told told = {.tag = tag, .code = CODE_DISCLOSED};

    if (view_is(asked->verb, "view")) {
        told.json = VIEW_LITERAL("{\"seen\":true}");
    } else if (view_is(asked->verb, "refuse")) {
        told.code = CODE_BAD_REQUEST;
        told.why = VIEW_LITERAL("/id: a number");
    } else if (view_is(asked->verb, "later")) {
        told.code = CODE_RATE_LIMITED;
        told.retry_after_s = 7;
    } else if (view_is(asked->verb, "over")) {
        told.code = CODE_UNAUTHENTICATED;
    } else if (view_is(asked->verb, "ask")) {
        told.code = answer.code;
        told.answer = &answer;
    }
    owning_put_told(&core->pipe.out, &told);
}

static void serve_own(struct core *core, const struct frame *frame)
{
    struct own_asked asked;

    assert_ok(owning_get_asked(frame, &asked));
    pthread_mutex_lock(&core->rig->lock);
    copy(core->rig->own.verb, asked.verb);
    copy(core->rig->own.body, asked.body);
    memcpy(core->rig->own.session, asked.session, sizeof(asked.session));
    core->rig->own.verbs++;
    pthread_mutex_unlock(&core->rig->lock);
    if (view_is(asked.verb, "die")) {
        core->dies = true;
    } else if (view_is(asked.verb, "garbage")) {
        buf_put_zeros(&core->pipe.out, 64);
    } else if (view_is(asked.verb, "statement")) {
        put_statement(core, &asked, asked.tag);
    } else if (view_is(asked.verb, "statement.print")) {
        put_sheet(core, &asked, asked.tag);
    } else if (!view_is(asked.verb, "silent")) {
        put_own(core, &asked, asked.tag + (view_is(asked.verb, "stranger") ? 1 : 0));
    }
}

static void serve_entering(struct core *core, const struct frame *frame)
{
    struct signin_entering entering;

    assert_ok(signin_get_entering(frame, &entering));
    pthread_mutex_lock(&core->rig->lock);
    enum signin_code code = core->rig->entering.says;
    core->rig->entering.entering = entering;
    core->rig->entering.count++;
    pthread_mutex_unlock(&core->rig->lock);
    core->dies = code == SIGNIN_CODE_COUNT;
    const struct signin_done done = {.tag = entering.tag,
                                     .code = core->dies ? SIGNIN_DONE : code,
                                     .provider = VIEW_LITERAL("CDVC")};
    if (!core->dies) {
        signin_put_done(&core->pipe.out, FRAME_SIGNED_IN, &done);
    }
}

static void serve_frame(struct core *core, const struct frame *frame)
{
    if (frame->kind == FRAME_SIGNIN) {
        serve_entering(core, frame);
        return;
    }
    if (frame->kind == FRAME_OWN) {
        serve_own(core, frame);
        return;
    }
    if (frame->kind == FRAME_LETTER_CHECK) {
        serve_letter(core, frame);
        return;
    }
    if (frame->kind == FRAME_RECEIPT) {
        serve_receipts(core, frame);
        return;
    }
    if (frame->kind == FRAME_LOOK) {
        serve_look(core, frame);
        return;
    }
    struct cursor cursor = cursor_of(frame->payload);
    size_t start = frame_start(&core->pipe.out, FRAME_ANSWERS);
    unsigned count = 0;
    bool garbage = false;

    if (frame->kind == FRAME_STATS) {
        buf_cut(&core->pipe.out, start);
        take_figures(frame);
        return;
    }
    assert_int_equal(frame->kind, FRAME_ASKS);
    assert_true(frame->count > 0 && frame->count <= FRAME_ASKS_MAX);
    frame_put_checkpoint(&core->pipe.out, VIEW_LITERAL("origin\n1\nroot\n\n— origin sig\n"));
    for (unsigned i = 0; i < frame->count; i++) {
        struct ask ask;
        assert_ok(frame_get_ask(&cursor, ASK_SENDER_EDGE, &ask));
        remember(core->rig, &ask);
        garbage |= view_is(ask.case_ref, "garbage");
        serve_ask(core, &ask, &count);
    }
    assert_ok(cursor_end(&cursor, "asks"));
    pthread_mutex_lock(&core->rig->lock);
    core->rig->last.batches++;
    if (frame->count > core->rig->last.largest) {
        core->rig->last.largest = frame->count;
    }
    pthread_mutex_unlock(&core->rig->lock);
    if (count == 0) {
        buf_cut(&core->pipe.out, start);
    } else {
        frame_finish(&core->pipe.out, start, count);
    }
    if (garbage) {
        buf_put_zeros(&core->pipe.out, 64);
    }
}

static void put_log_key(struct core *core)
{
    size_t start = frame_start(&core->pipe.out, FRAME_LOG_KEY);

    buf_put_text(&core->pipe.out, core->rig->log_key);
    frame_finish(&core->pipe.out, start, 1);
}

static void put_greeting(struct core *core, bool texts)
{
    size_t start = frame_start(&core->pipe.out, FRAME_TEXTS);
    unsigned count = 0;

    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT && texts; code++) {
        struct text_row row = {
            .code = code,
            .clause = code_has_receipt(code) ? VIEW_LITERAL("P3") : (struct view){0},
            .title_vi = VIEW_LITERAL("Tiếng Việt"),
            .detail_vi = VIEW_LITERAL("Chi tiết"),
            .title_en = VIEW_LITERAL("English"),
            .detail_en = VIEW_LITERAL("Detail"),
        };
        frame_put_text(&core->pipe.out, &row);
        count++;
    }
    if (texts) {
        frame_finish(&core->pipe.out, start, count);
    } else {
        buf_cut(&core->pipe.out, start);
    }
}

static void put_health(struct core *core)
{
    size_t start = frame_start(&core->pipe.out, FRAME_HEALTH);

    buf_put_u8(&core->pipe.out, core->rig->healthy);
    frame_finish(&core->pipe.out, start, 1);
}

/* False: the pipe is gone. */
static bool core_turn(struct core *core)
{
    struct frame frame;
    struct outcome outcome = pipe_fill(&core->pipe);

    if (!outcome_ok(outcome)) {
        return outcome.fault == FAULT_AGAIN;
    }
    while (outcome_ok(pipe_next(&core->pipe, &frame)) && !core->dies) {
        serve_frame(core, &frame);
    }
    while (!core->dies && pipe_pending(&core->pipe) > 0) {
        if (!outcome_ok(pipe_flush(&core->pipe))) {
            return false;
        }
    }
    if (core->sleeps) {
        core->sleeps = false;
        sleep(1);
    }
    return !core->dies;
}

static bool core_greet(struct core *core)
{
    put_health(core);
    return outcome_ok(pipe_flush(&core->pipe));
}

static void *core_run(void *context)
{
    struct rig *rig = context;
    struct core core = {.rig = rig};
    bool runs = true;

    pipe_init(&core.pipe, rig->core_fd);
    if (rig->log_key != NULL) {
        put_log_key(&core);
    }
    if (rig->provider != NULL) {
        size_t start = frame_start(&core.pipe.out, FRAME_SIGNIN);
        signin_put_provider(&core.pipe.out, rig->provider);
        frame_finish(&core.pipe.out, start, 1);
    }
    put_greeting(&core, rig->sends_texts);
    runs = core_greet(&core);
    while (runs) {
        struct pollfd polls[2] = {{.fd = rig->core_fd, .events = POLLIN},
                                  {.fd = rig->wake[0], .events = POLLIN}};
        poll(polls, 2, -1);
        if ((polls[0].revents) != 0) {
            runs = core_turn(&core);
        }
        if ((polls[1].revents) != 0) {
            char word = 0;
            runs = runs && read(rig->wake[0], &word, 1) == 1 && word == 'h' && core_greet(&core);
        }
    }
    pipe_done(&core.pipe);
    pthread_mutex_lock(&rig->lock);
    rig->core_ended = true;
    pthread_mutex_unlock(&rig->lock);
    return NULL;
}

void rig_core_start(struct rig *rig, int fd)
{
    rig->core_fd = fd;
    rig->core_ended = false;
    assert_int_equal(pipe2(rig->wake, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&rig->thread, NULL, core_run, rig), 0);
    rig->core_runs = true;
}

void rig_core_stop(struct rig *rig)
{
    if (!rig->core_runs) {
        return;
    }
    assert_int_equal(write(rig->wake[1], "q", 1), 1);
    pthread_join(rig->thread, NULL);
    close(rig->wake[0]);
    close(rig->wake[1]);
    rig->core_runs = false;
}

struct outcome rig_core_replace(struct rig *rig)
{
    int ends[2];

    rig_core_stop(rig);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    rig->sends_texts = true;
    struct outcome outcome = peer_send(rig->control_fd, 0, 1, ends[1]);
    close(ends[1]);
    rig_core_start(rig, ends[0]);
    return outcome;
}

void rig_core_restart(struct rig *rig)
{
    assert_ok(rig_core_replace(rig));
}

bool rig_core_has_ended(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    bool ended = rig->core_ended;
    pthread_mutex_unlock(&rig->lock);
    return ended;
}

void rig_core_health(struct rig *rig, bool healthy)
{
    rig->healthy = healthy;
    assert_int_equal(write(rig->wake[1], "h", 1), 1);
}

struct rig_ask rig_last(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    struct rig_ask last = rig->last;
    pthread_mutex_unlock(&rig->lock);
    return last;
}

struct rig_look rig_last_look(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    struct rig_look look = rig->look;
    pthread_mutex_unlock(&rig->lock);
    return look;
}

struct rig_letter rig_last_letter(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    struct rig_letter letter = rig->letter;
    pthread_mutex_unlock(&rig->lock);
    return letter;
}

struct rig_own rig_last_own(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    struct rig_own own = rig->own;
    pthread_mutex_unlock(&rig->lock);
    return own;
}

struct rig_entering rig_last_entering(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    struct rig_entering entering = rig->entering;
    pthread_mutex_unlock(&rig->lock);
    return entering;
}

void rig_core_says(struct rig *rig, enum signin_code code)
{
    pthread_mutex_lock(&rig->lock);
    rig->entering.says = code;
    pthread_mutex_unlock(&rig->lock);
}

void rig_await_asks(struct rig *rig, unsigned asks)
{
    for (unsigned i = 0; i < 500 && rig_last(rig).asks < asks; i++) {
        usleep(10000);
    }
    assert_true(rig_last(rig).asks >= asks);
}
