/*
 * Lists of people in the core, between a worker and a `jobs` that the test plays: nobody is
 * collected or given before the approval is recorded, whatever either of them says.
 */
#include "rig.h"

#include "domain/wish.h"
#include "office/act.h"
#include "proc/extracting.h"

#define QUIET_MS 100

static const uint8_t MADE_UP[JOB_ID_BYTES] = {0x66};

static void text_of_day(int days, char ret_text[16])
{
    struct clock_port clock = clock_system();
    struct date date = date_from_days(clock_day_vn(clock_wall_us(&clock)) + days);
    snprintf(ret_text, 16, "%04d-%02d-%02d", date.year, date.month, date.day);
}

/* By hand, over the admin socket. */
static void act_now(struct rig *rig, enum act_kind kind, ...)
{
    struct act act = {.kind = kind};
    struct pipe_end admin = rig_admin(rig);
    va_list values;
    va_start(values, kind);
    for (const char *field = va_arg(values, const char *); field != NULL;
         field = va_arg(values, const char *)) {
        act_value_set(&act, field, view_text(va_arg(values, const char *)));
    }
    va_end(values);
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(&act, &admin.out);
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    if (frame.payload.data[0] != FAULT_NONE) {
        fail_msg("%.*s", (int)frame.payload.len, (const char *)frame.payload.data);
    }
    pipe_done(&admin);
}

/* An agency that may be given lists. */
static void furnish(struct rig *rig)
{
    char inspected[16];
    char until[16];
    static const char hash[] = "7777777777777777777777777777777777777777777777777777777777777777";
    text_of_day(-1, inspected);
    text_of_day(700, until);
    act_now(rig, ACT_PARTY_ADD, "code", "agency", "class", "state", "kind", "agency", "name", "Sở",
            NULL);
    act_now(rig, ACT_PARTY_DOSSIER, "code", "agency", "legal-basis", "Law", "level", "3",
            "level-decision", "QD 01", "undertaking", hash, "contact", "A", "security-contact", "B",
            NULL);
    act_now(rig, ACT_PARTY_INSPECTION, "code", "agency", "result", "passed", "day", inspected,
            "until", until, NULL);
    act_now(rig, ACT_PARTY_CONNECT, "code", "agency", NULL);
    act_now(rig, ACT_ACCOUNT_ADD, "code", "agency-1", "party", "agency", "channel",
            "province_one_stop", "spki", hash, NULL);
    act_now(rig, ACT_BUSINESS_ADD, "code", "NV-LISTS", "party", "agency", "purpose", "P",
            "legal-basis", "Law", "services", "list.extract", "channels", "province_one_stop",
            "fields", "full_name,sex", "quota-day", "1000", NULL);
    act_now(rig, ACT_BUSINESS_GRANT, "code", "NV-LISTS", NULL);
}

static void approve(struct rig *rig, const char *code, const char *cap)
{
    char until[16];
    text_of_day(2, until);
    act_now(rig, ACT_EXTRACT_APPROVE, "code", code, "account", "agency-1", "business", "NV-LISTS",
            "case", "HS-1", "criteria", "sex=1", "fields", "full_name,sex", "cap", cap, "until",
            until, "reason", "why", NULL);
}

static bool is_quiet(struct pipe_end *pipe)
{
    struct frame frame;
    usleep(QUIET_MS * 1000);
    struct outcome filled = pipe_fill(pipe);
    assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
    return pipe_next(pipe, &frame).fault == FAULT_AGAIN;
}

static struct extract_order ordered(struct pipe_end *worker)
{
    struct extract_order order;
    struct frame frame = rig_frame(worker, FRAME_EXTRACT);
    assert_ok(extracting_get_order(&frame, &order));
    return order;
}

static void say(struct pipe_end *pipe, const uint8_t id[JOB_ID_BYTES], enum extract_saying saying,
                unsigned count)
{
    static uint8_t keys[64 * ASK_PERSON_KEY_BYTES];
    struct extracted said = {.saying = saying};
    memcpy(said.id, id, sizeof(said.id));
    for (unsigned i = 0; i < count; i++) {
        keys[i * ASK_PERSON_KEY_BYTES + 7] = (uint8_t)(i + 1);
    }
    said.keys = view_of(keys, (size_t)count * ASK_PERSON_KEY_BYTES);
    extracting_put(&pipe->out, &said);
    assert_ok(pipe_flush(pipe));
}

static struct extracted handed(struct pipe_end *jobs)
{
    struct extracted list;
    struct frame frame = rig_frame(jobs, FRAME_EXTRACTED);
    assert_ok(extracting_get(&frame, &list));
    assert_int_equal(list.saying, EXTRACT_LIST);
    return list;
}

/* One line of that job about the person of that key, as a taken `jobs` can make it up. */
static enum code ask_line(struct pipe_end *jobs, const uint8_t id[JOB_ID_BYTES], uint32_t line,
                          uint8_t key)
{
    const uint8_t bytes[ASK_PERSON_KEY_BYTES] = {[7] = key};
    struct ask ask = {.tag = line,
                      .service = SERVICE_LIST_EXTRACT,
                      .business = VIEW_LITERAL("NV-LISTS"),
                      .case_ref = VIEW_LITERAL("HS-1"),
                      .subject_kind = SUBJECT_PERSON,
                      .key = view_of(bytes, sizeof(bytes)),
                      .fields = {FIELD_FULL_NAME, FIELD_SEX},
                      .field_count = 2,
                      .of_job = true,
                      .job_line = line};
    struct view checkpoint;
    struct answer answer;
    memset(ask.spki, 0x77, sizeof(ask.spki));
    memcpy(ask.job_id, id, sizeof(ask.job_id));
    size_t start = frame_start(&jobs->out, FRAME_JOB_LINES);
    frame_put_ask(&jobs->out, &ask);
    frame_finish(&jobs->out, start, 1);
    assert_ok(pipe_flush(jobs));
    struct frame frame = rig_frame(jobs, FRAME_ANSWERS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
    return answer.code;
}

/* DS-5 has had its turn: lists before and behind it have theirs, and it has none. */
static void assert_never_again(struct rig *rig, struct pipe_end *worker)
{
    uint8_t id[SEAL_HASH_BYTES];
    approve(rig, "DS-4", "1");
    say(worker, ordered(worker).id, EXTRACT_TOO_MANY, 0);
    approve(rig, "DS-9", "1");
    seal_sha256(view_of("dancu extract\0DS-9", 18), id);
    assert_memory_equal(ordered(worker).id, id, JOB_ID_BYTES);
}

static void an_approved_list_is_collected_handed_on_recorded_and_asked(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct pipe_end jobs = rig_connect(rig, RIG_JOBS, 1);
    furnish(rig);
    approve(rig, "DS-5", "15");
    struct extract_order order = ordered(&worker);
    assert_view(order.criteria, "sex=1");
    assert_view(order.population, "");
    assert_int_equal(order.cap, 15);
    assert_int_equal(order.hidden, PERSON_PROTECTED); /* no lock against the state */
    say(&worker, order.id, EXTRACT_FOUND, 3);
    struct extracted list = handed(&jobs);
    assert_memory_equal(list.id, order.id, sizeof(list.id));
    assert_view(list.account, "agency-1");
    assert_view(list.business, "NV-LISTS");
    assert_view(list.case_ref, "HS-1");
    assert_int_equal(list.fields, FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX));
    assert_int_equal(list.spki[0], 0x77);
    assert_int_equal(list.keys.len, 3 * ASK_PERSON_KEY_BYTES);
    assert_int_equal(ask_line(&jobs, list.id, 1, 1), CODE_DISCLOSED); /* before it is recorded */
    say(&jobs, list.id, EXTRACT_KEPT, 0);
    assert_int_equal(ask_line(&jobs, list.id, 2, 2), CODE_DISCLOSED);
    assert_never_again(rig, &worker);
    act_now(rig, ACT_EXTRACT_END, "code", "DS-5", "reason", "why", NULL);
    assert_int_equal(ask_line(&jobs, list.id, 3, 3), CODE_LIST_NOT_APPROVED);
    pipe_done(&worker);
    pipe_done(&jobs);
}

static void without_an_approval_a_taken_jobs_or_edge_gets_nobody(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct pipe_end jobs = rig_connect(rig, RIG_JOBS, 1);
    furnish(rig);
    for (uint32_t line = 1; line <= 20; line++) {
        assert_int_equal(ask_line(&jobs, MADE_UP, line, (uint8_t)line), CODE_LIST_NOT_APPROVED);
    }
    say(&worker, MADE_UP, EXTRACT_FOUND, 20); /* which nobody has ordered */
    say(&jobs, MADE_UP, EXTRACT_KEPT, 0);
    assert_true(is_quiet(&jobs));
    assert_int_equal(ask_line(&jobs, MADE_UP, 21, 1), CODE_LIST_NOT_APPROVED);
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    const uint8_t key[ASK_PERSON_KEY_BYTES] = {[7] = 1};
    struct ask ask = home_ask();
    ask.service = SERVICE_LIST_EXTRACT;
    ask.subject_kind = SUBJECT_PERSON;
    ask.key = view_of(key, sizeof(key));
    ask.name = ask.birth_date = view_of(NULL, 0);
    size_t start = frame_start(&edge.out, FRAME_ASKS);
    frame_put_ask(&edge.out, &ask);
    frame_finish(&edge.out, start, 1);
    assert_ok(pipe_flush(&edge));
    assert_true(rig_is_closed(&edge));
    pipe_done(&edge);
    pipe_done(&worker);
    pipe_done(&jobs);
}

/* More than the cap, keys made up, somebody else's list: what was approved is all there is. */
static void an_approved_list_gives_a_taken_jobs_no_more_than_was_approved(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct pipe_end jobs = rig_connect(rig, RIG_JOBS, 1);
    unsigned given = 0;
    furnish(rig);
    approve(rig, "DS-1", "3");
    struct extract_order order = ordered(&worker);
    say(&worker, order.id, EXTRACT_FOUND, 4); /* more than the cap */
    assert_true(is_quiet(&jobs));
    for (uint32_t line = 1; line <= 9; line++) {
        given += ask_line(&jobs, order.id, line, (uint8_t)line) == CODE_DISCLOSED ? 1 : 0;
        given += ask_line(&jobs, order.id, line, (uint8_t)(line + 10)) == CODE_DISCLOSED ? 1 : 0;
    }
    assert_int_equal(given, 3);
    pipe_done(&worker);
    pipe_done(&jobs);
}

static void too_long_a_list_gives_nobody(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct pipe_end jobs = rig_connect(rig, RIG_JOBS, 1);
    furnish(rig);
    approve(rig, "DS-5", "3");
    struct extract_order order = ordered(&worker);
    say(&worker, order.id, EXTRACT_TOO_MANY, 0);
    assert_true(is_quiet(&jobs));
    assert_int_equal(ask_line(&jobs, order.id, 1, 1), CODE_LIST_NOT_APPROVED);
    assert_never_again(rig, &worker);
    pipe_done(&worker);
    pipe_done(&jobs);
}

static void what_a_process_that_is_gone_had_is_collected_anew(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct pipe_end jobs = rig_connect(rig, RIG_JOBS, 1);
    furnish(rig);
    approve(rig, "DS-5", "5");
    (void)ordered(&worker);
    pipe_done(&worker);
    worker = rig_connect(rig, RIG_WORKER, 1);
    struct extract_order order = ordered(&worker);
    say(&worker, order.id, EXTRACT_FOUND, 2);
    (void)handed(&jobs);
    pipe_done(&jobs);
    jobs = rig_connect(rig, RIG_JOBS, 1);
    order = ordered(&worker);
    say(&worker, order.id, EXTRACT_FOUND, 2);
    say(&jobs, handed(&jobs).id, EXTRACT_KEPT, 0);
    assert_never_again(rig, &worker);
    pipe_done(&worker);
    pipe_done(&jobs);
}

static void tell_wish(struct pipe_end *jobs)
{
    const struct wish wish = {.business = VIEW_LITERAL("NV-LISTS"),
                              .case_ref = VIEW_LITERAL("HS-1"),
                              .criteria = VIEW_LITERAL("sex=1")};
    struct wish_told told = {.account = VIEW_LITERAL("agency-1"), .created_us = 1};
    BUF_AUTO text;
    memcpy(told.id, MADE_UP, sizeof(told.id));
    buf_init(&text, WISH_BYTES_MAX);
    wish_put(&wish, &text);
    told.wish = buf_view(&text);
    jobbing_put_wish(&jobs->out, &told);
    assert_ok(pipe_flush(jobs));
}

static void assert_refused(struct pipe_end *jobs)
{
    struct wish_told told;
    struct frame frame = rig_frame(jobs, FRAME_WISH);
    assert_ok(jobbing_get_wish(&frame, &told));
    assert_memory_equal(told.id, MADE_UP, sizeof(told.id));
    assert_view(told.account, "agency-1");
    assert_view(told.reason, "too wide");
}

static void what_was_asked_for_and_refused_is_told_at_once_and_to_another_jobs_again(void **state)
{
    struct rig *rig = *state;
    struct pipe_end jobs = rig_connect(rig, RIG_JOBS, 1);
    furnish(rig);
    tell_wish(&jobs);
    assert_int_equal(ask_line(&jobs, MADE_UP, 1, 1), CODE_LIST_NOT_APPROVED); /* it was taken */
    act_now(rig, ACT_EXTRACT_REFUSE, "code", "DS-1", "account", "agency-1", "request",
            "66000000000000000000000000000000", "reason", "too wide", NULL);
    assert_refused(&jobs);
    pipe_done(&jobs);
    jobs = rig_connect(rig, RIG_JOBS, 1);
    tell_wish(&jobs);
    assert_refused(&jobs);
    assert_int_equal(ask_line(&jobs, MADE_UP, 2, 1), CODE_LIST_NOT_APPROVED);
    pipe_done(&jobs);
}

static void what_is_not_that_process_to_say_costs_its_pipe(void **state)
{
    struct rig *rig = *state;
    static const struct {
        enum rig_row row;
        enum extract_saying saying;
    } wrong[] = {{RIG_WORKER, EXTRACT_KEPT}, {RIG_WORKER, EXTRACT_UNKEPT},
                 {RIG_JOBS, EXTRACT_FOUND},  {RIG_JOBS, EXTRACT_TOO_MANY},
                 {RIG_JOBS, EXTRACT_UNREAD}, {RIG_JOBS, EXTRACT_SAYING_COUNT},
                 {RIG_EDGE, EXTRACT_FOUND}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct pipe_end pipe = rig_connect(rig, wrong[i].row, 1);
        say(&pipe, MADE_UP, wrong[i].saying, 0);
        assert_true(rig_is_closed(&pipe));
        pipe_done(&pipe);
    }
}

#define IN_RIG(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_RIG(an_approved_list_is_collected_handed_on_recorded_and_asked),
        IN_RIG(without_an_approval_a_taken_jobs_or_edge_gets_nobody),
        IN_RIG(an_approved_list_gives_a_taken_jobs_no_more_than_was_approved),
        IN_RIG(too_long_a_list_gives_nobody),
        IN_RIG(what_a_process_that_is_gone_had_is_collected_anew),
        IN_RIG(what_was_asked_for_and_refused_is_told_at_once_and_to_another_jobs_again),
        IN_RIG(what_is_not_that_process_to_say_costs_its_pipe),
    };
    return cmocka_run_group_tests_name("core/extracts", tests, NULL, NULL);
}
