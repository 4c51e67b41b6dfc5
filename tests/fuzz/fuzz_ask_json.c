/*
 * Bodies of asks: what is accepted is sane and survives the way to the core; what is refused has a
 * fault whose telling is JSON again.
 */
#include "base/check.h"
#include "channel/json/ask_json.h"
#include "proc/frame.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(struct ask *ask)
{
    BUF_AUTO frame;
    BUF_AUTO again;
    struct ask back;

    CHECK(ask_sane(ask)); /* ask_json_get() leaves nothing to the core's own check */
    buf_init(&frame, FRAME_BYTES_MAX);
    buf_init(&again, FRAME_BYTES_MAX);
    frame_put_ask(&frame, ask);
    struct cursor cursor = cursor_of(buf_view(&frame));
    CHECK(outcome_ok(frame_get_ask(&cursor, ASK_SENDER_EDGE, &back)) &&
          outcome_ok(cursor_end(&cursor, "ask")));
    frame_put_ask(&again, &back);
    CHECK(view_equal(buf_view(&frame), buf_view(&again)));
}

static void check_refused(const struct ask_faults *faults, struct arena *arena)
{
    static const struct json_limits limits = {1 << 20, 8, 128, 64};
    struct problem problem = {.code = CODE_BAD_REQUEST};
    struct json_doc doc;
    struct json_fault fault;
    BUF_AUTO body;

    ask_faults_tell(faults, &problem);
    CHECK(problem.param_count > 0);
    buf_init(&body, 1 << 20);
    problem_json_put(&body, &problem);
    CHECK(outcome_ok(buf_check(&body)));
    arena_reset(arena);
    CHECK(outcome_ok(json_parse(buf_view(&body), &limits, arena, &doc, &fault)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum service services[] = {SERVICE_CITIZEN_LOOKUP,  SERVICE_CITIZEN_VERIFY,
                                            SERVICE_CITIZEN_SEARCH,  SERVICE_HOUSEHOLD_LOOKUP,
                                            SERVICE_RELATIVE_VERIFY, SERVICE_ID_MAP,
                                            SERVICE_NOTICE_EXTRACT};
    static struct arena arena; /* made once: most of a run would be making it */
    struct ask_faults faults;
    struct ask ask = {0};

    if (size > ASK_BODY_BYTES_MAX) {
        return 0;
    }
    if (arena.data == NULL) {
        CHECK(outcome_ok(arena_init(&arena, ASK_JSON_ARENA_BYTES)));
    }
    arena_reset(&arena);
    ask_faults_init(&faults);
    enum language language = size % 2 == 0 ? LANGUAGE_VI : LANGUAGE_EN;
    enum service service = services[size / 2 % (sizeof(services) / sizeof(services[0]))];
    if (outcome_ok(ask_json_get(view_of(data, size), service, language, &arena, &ask, &faults))) {
        check_accepted(&ask);
    } else {
        check_refused(&faults, &arena);
    }
    ask_faults_done(&faults);
    return 0;
}
