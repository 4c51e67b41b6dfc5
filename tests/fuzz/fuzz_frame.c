/*
 * Frames between processes: whatever comes, reading stays inside it; what is accepted says the same
 * when it is written again, so that there is one encoding for each meaning.
 */
#include "base/check.h"
#include "channel/json/answer_json.h"
#include "proc/archiving.h"
#include "proc/checking.h"
#include "proc/explaining.h"
#include "proc/extracting.h"
#include "proc/feeding.h"
#include "proc/figures.h"
#include "proc/frame.h"
#include "proc/granting.h"
#include "proc/jobbing.h"
#include "proc/loading.h"
#include "proc/looking.h"
#include "proc/owning.h"
#include "proc/rendering.h"
#include "proc/searching.h"
#include "proc/sending.h"
#include "proc/signed.h"
#include "proc/signin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view taken_since(const struct cursor *cursor, const uint8_t *from)
{
    return view_of(from, (size_t)(cursor->at - from));
}

static void read_asks(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);

    for (unsigned i = 0; i < frame->count; i++) {
        struct ask ask;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_ask(&cursor, ASK_SENDER_CORE, &ask))) {
            return;
        }
        CHECK(ask_sane(&ask));
        buf_reset(again);
        frame_put_ask(again, &ask);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
    }
}

static void read_receipt_asks(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);

    for (unsigned i = 0; i < frame->count; i++) {
        struct receipt_ask ask;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_receipt_ask(&cursor, &ask))) {
            return;
        }
        buf_reset(again);
        frame_put_receipt_ask(again, &ask);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
    }
}

static void write_answer(const struct answer *answer, struct buf *again)
{
    struct problem problem = {.code = answer->code, .answer = answer};

    buf_reset(again);
    if (answer->receipt_only) {
        receipt_json_put(again, answer);
    } else if (answer->code == CODE_DISCLOSED) {
        answer_json_put(again, answer);
    } else {
        problem_json_put(again, &problem);
    }
}

static void read_answers(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct view checkpoint = {0};

    if (!outcome_ok(frame_get_checkpoint(&cursor, &checkpoint))) {
        return;
    }
    for (unsigned i = 0; i < frame->count; i++) {
        struct answer answer;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_answer(&cursor, checkpoint, &answer))) {
            return;
        }
        buf_reset(again);
        frame_put_answer(again, &answer);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
        write_answer(&answer, again);
    }
}

static void read_texts(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);

    for (unsigned i = 0; i < frame->count; i++) {
        struct text_row row;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_text(&cursor, &row))) {
            return;
        }
        buf_reset(again);
        frame_put_text(again, &row);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
    }
}

/* The frames of the loader are read whole: what is accepted is written again byte by byte. */
static void read_loading(const struct frame *frame, struct view whole, struct buf *again)
{
    struct loading_chunk chunk;
    struct loading_said said;
    uint64_t number = 0;
    enum fault fault = FAULT_NONE;

    buf_reset(again);
    if (frame->kind == FRAME_CHUNK && outcome_ok(loading_get_chunk(frame, &chunk))) {
        loading_put_chunk(again, &chunk);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(loading_get_done(frame, &number, &fault))) {
        loading_put_done(again, number, fault);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(loading_get_said(frame, &said))) {
        loading_put_said(again, &said);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (loading_is_told(frame)) {
        loading_put_told(again);
        CHECK(view_equal(buf_view(again), whole));
    }
}

/* Likewise those of the desk. */
static void read_looking(const struct frame *frame, struct view whole, struct buf *again)
{
    struct look look;
    struct seen seen;

    buf_reset(again);
    if (outcome_ok(looking_get(frame, &look))) {
        looking_put(again, &look);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(looking_get_seen(frame, &seen))) {
        looking_put_seen(again, &seen);
        CHECK(view_equal(buf_view(again), whole));
    }
}

static void read_grants(const struct frame *frame, struct view whole, struct buf *again)
{
    struct explaining asked;
    struct grants_ask ask;
    struct granted granted;

    buf_reset(again);
    if (outcome_ok(explaining_get(frame, &asked))) {
        explaining_put(again, &asked);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(granting_get_ask(frame, &ask))) {
        granting_put_ask(again, &ask);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(granting_get(frame, &granted))) {
        granting_put(again, &granted);
        CHECK(view_equal(buf_view(again), whole));
    }
}

/* Likewise those of the archive. */
static void read_archiving(const struct frame *frame, struct view whole, struct buf *again)
{
    struct paper_asked asked;
    struct paper_told told;
    struct archive_ordered ordered;
    struct archive_told archived;

    buf_reset(again);
    if (outcome_ok(archiving_get_asked(frame, &asked))) {
        archiving_put_asked(again, &asked);
    } else if (outcome_ok(archiving_get_told(frame, &told))) {
        archiving_put_told(again, &told);
    } else if (outcome_ok(archiving_get_ordered(frame, &ordered))) {
        archiving_put_ordered(again, &ordered);
    } else if (outcome_ok(archiving_get_archived(frame, &archived))) {
        archiving_put_archived(again, &archived);
    } else {
        return;
    }
    CHECK(view_equal(buf_view(again), whole));
}

/* Likewise those of jobs. */
static void read_jobbing(const struct frame *frame, struct view whole, struct buf *again)
{
    struct job_asked asked;
    struct job_told told;
    struct job_who who;
    struct job_known known;

    buf_reset(again);
    if (outcome_ok(jobbing_get_asked(frame, &asked))) {
        jobbing_put_asked(again, &asked);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(jobbing_get_told(frame, &told))) {
        jobbing_put_told(again, &told);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(jobbing_get_who(frame, &who))) {
        jobbing_put_who(again, &who);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(jobbing_get_known(frame, &known))) {
        jobbing_put_known(again, &known);
        CHECK(view_equal(buf_view(again), whole));
    }
}

/* Likewise those of searches. */
static void read_rendering(const struct frame *frame, struct view whole, struct buf *again)
{
    struct render_order order;
    struct render_done done;

    buf_reset(again);
    if (outcome_ok(rendering_get_order(frame, &order))) {
        rendering_put_order(again, &order);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(rendering_get_done(frame, &done))) {
        rendering_put_done(again, &done);
        CHECK(view_equal(buf_view(again), whole));
    }
}

static void read_extracting(const struct frame *frame, struct view whole, struct buf *again)
{
    struct extract_order order;
    struct extracted extracted;

    buf_reset(again);
    if (outcome_ok(extracting_get_order(frame, &order))) {
        extracting_put_order(again, &order);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(extracting_get(frame, &extracted))) {
        extracting_put(again, &extracted);
        CHECK(view_equal(buf_view(again), whole));
    }
}

static void read_searching(const struct frame *frame, struct view whole, struct buf *again)
{
    struct search_order order;
    struct search_found found;

    buf_reset(again);
    if (outcome_ok(searching_get_order(frame, &order))) {
        searching_put_order(again, &order);
        CHECK(view_equal(buf_view(again), whole));
    }
    if (outcome_ok(searching_get_found(frame, &found))) {
        searching_put_found(again, &found);
        CHECK(view_equal(buf_view(again), whole));
    }
}

/* As a channel tells them, and as sets with names. */
static void read_figures(const struct frame *frame, struct buf *again)
{
    static const struct figure_table *const tables[] = {&channel_table, &core_table, &crew_table};
    uint64_t figures[CORE_FIGURE_COUNT + CHANNEL_FIGURE_COUNT];
    char name[FIGURES_NAME_BYTES];

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct cursor bare = cursor_of(frame->payload);
        if (outcome_ok(figures_get(&bare, tables[i], figures))) {
            buf_reset(again);
            figures_put(again, tables[i], figures);
            CHECK(view_equal(buf_view(again), taken_since(&bare, frame->payload.data)));
            CHECK(figures_follow(tables[i], figures, figures));
        }
        struct cursor named = cursor_of(frame->payload);
        if (outcome_ok(figures_get_named(&named, tables[i], name, figures))) {
            buf_reset(again);
            figures_put_named(again, tables[i], view_text(name), figures);
            CHECK(view_equal(buf_view(again), taken_since(&named, frame->payload.data)));
        }
    }
}

/* Likewise those of signed acts. */
static void read_signed(const struct frame *frame, struct view whole, struct buf *again)
{
    struct signed_asked asked;
    struct signed_stamped stamped;
    struct signed_done done;

    buf_reset(again);
    if (outcome_ok(signed_get_asked(frame, &asked))) {
        signed_put_asked(again, &asked);
    } else if (outcome_ok(signed_get_stamped(frame, &stamped))) {
        signed_put_stamped(again, &stamped);
    } else if (outcome_ok(signed_get_done(frame, &done))) {
        signed_put_done(again, &done);
    } else {
        return;
    }
    CHECK(view_equal(buf_view(again), whole));
}

/* Likewise those of changes. */
static void read_feeding(const struct frame *frame, struct view whole, struct buf *again)
{
    static struct feeding_changed changed;
    struct signed_asked asked;
    struct feeding_stamped stamped;
    struct feeding_order order;

    buf_reset(again);
    if (outcome_ok(feeding_get_asked(frame, &asked))) {
        feeding_put_asked(again, &asked);
    } else if (outcome_ok(feeding_get_stamped(frame, &stamped))) {
        feeding_put_stamped(again, &stamped);
    } else if (outcome_ok(feeding_get_order(frame, &order))) {
        feeding_put_order(again, &order);
    } else if (outcome_ok(feeding_get_changed(frame, &changed))) {
        feeding_put_changed(again, &changed);
    } else {
        return;
    }
    CHECK(view_equal(buf_view(again), whole));
}

/* Likewise those of letters that are checked. */
static void read_checking(const struct frame *frame, struct view whole, struct buf *again)
{
    struct letter_asked asked;
    struct letter_told told;

    buf_reset(again);
    if (outcome_ok(checking_get_asked(frame, &asked))) {
        checking_put_asked(again, &asked);
    } else if (outcome_ok(checking_get_told(frame, &told))) {
        checking_put_told(again, &told);
    } else {
        return;
    }
    CHECK(view_equal(buf_view(again), whole));
}

static void read_owning(const struct frame *frame, struct view whole, struct buf *again)
{
    struct own_asked asked;
    struct own_told told;
    struct answer answer;

    buf_reset(again);
    if (outcome_ok(owning_get_asked(frame, &asked))) {
        owning_put_asked(again, &asked);
    } else if (outcome_ok(owning_get_told(frame, &told, &answer))) {
        owning_put_told(again, &told);
    } else {
        return;
    }
    CHECK(view_equal(buf_view(again), whole));
}

static void read_sending(const struct frame *frame, struct buf *again)
{
    struct cursor messages = cursor_of(frame->payload);
    struct cursor results = messages;
    struct sending_message message;
    struct sending_result result;

    for (const uint8_t *from = messages.at; outcome_ok(sending_get_message(&messages, &message));
         from = messages.at) {
        buf_reset(again);
        sending_put_message(again, &message);
        CHECK(view_equal(buf_view(again), taken_since(&messages, from)));
    }
    for (const uint8_t *from = results.at; outcome_ok(sending_get_result(&results, &result));
         from = results.at) {
        buf_reset(again);
        sending_put_result(again, &result);
        CHECK(view_equal(buf_view(again), taken_since(&results, from)));
    }
}

/* Likewise those of sign-ins: three kinds, of which the sender says which it is. */
static void read_signin(const struct frame *frame, struct view whole, struct buf *again)
{
    struct signin_asked asked;
    struct signin_vouched vouched;
    struct signin_token token;

    buf_reset(again);
    if (outcome_ok(signin_get_asked(frame, &asked))) {
        signin_put_asked(again, &asked);
    } else if (outcome_ok(signin_get_vouched(frame, &vouched))) {
        signin_put_vouched(again, &vouched);
    } else if (outcome_ok(signin_get_token(frame, &token))) {
        signin_put_token(again, &token);
    } else {
        return;
    }
    CHECK(view_equal(buf_view(again), whole));
}

static void read_providers(const struct frame *frame)
{
    struct signin_providers providers;

    signin_providers_init(&providers);
    if (outcome_ok(signin_providers_take(&providers, frame))) {
        CHECK(providers.count == frame->count);
    }
    signin_providers_done(&providers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view received = view_of(data, size);
    struct frame frame;
    size_t bytes = 0;
    BUF_AUTO again;

    buf_init(&again, 4 * FRAME_BYTES_MAX);
    while (outcome_ok(frame_peek(received, &frame, &bytes))) {
        CHECK(bytes >= FRAME_HEADER_BYTES && bytes <= received.len && bytes <= FRAME_BYTES_MAX);
        read_asks(&frame,
                  &again); /* whatever its kind says: each reader must stand every payload */
        read_receipt_asks(&frame, &again);
        read_answers(&frame, &again);
        read_texts(&frame, &again);
        read_figures(&frame, &again);
        read_loading(&frame, view_part(received, 0, bytes), &again);
        read_signed(&frame, view_part(received, 0, bytes), &again);
        read_feeding(&frame, view_part(received, 0, bytes), &again);
        read_looking(&frame, view_part(received, 0, bytes), &again);
        read_grants(&frame, view_part(received, 0, bytes), &again);
        read_jobbing(&frame, view_part(received, 0, bytes), &again);
        read_rendering(&frame, view_part(received, 0, bytes), &again);
        read_archiving(&frame, view_part(received, 0, bytes), &again);
        read_searching(&frame, view_part(received, 0, bytes), &again);
        read_extracting(&frame, view_part(received, 0, bytes), &again);
        read_checking(&frame, view_part(received, 0, bytes), &again);
        read_owning(&frame, view_part(received, 0, bytes), &again);
        read_sending(&frame, &again);
        read_signin(&frame, view_part(received, 0, bytes), &again);
        read_providers(&frame);
        received = view_part(received, bytes, received.len - bytes);
    }
    return 0;
}
