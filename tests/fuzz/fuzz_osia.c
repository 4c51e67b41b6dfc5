/*
 * Requests of OSIA: what is accepted is a sane ask whose answer is JSON; what is refused has a
 * fault whose telling is JSON. The first byte is operation and way; then identifier, set, query,
 * header fields (each up to a NUL) and the body.
 */
#include "base/check.h"
#include "channel/osia/osia.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every field of a person, as short as can be. */
static const char person[] =
    "{\"birth_date\":\"1990\",\"birth_registration_place\":null,\"blood_group\":\"01\","
    "\"current_residence\":{\"country\":\"VN\",\"detail\":null,\"district\":null,"
    "\"list\":\"2025-07-01\",\"province\":\"79\",\"ward\":\"26734\"},"
    "\"death_or_missing\":{\"date\":null,\"kind\":\"dead\"},\"ethnicity\":null,"
    "\"full_name\":\"Y\",\"marital_status\":\"1\",\"nationality\":\"VN\",\"native_place\":null,"
    "\"permanent_residence\":null,\"relation_to_head\":null,\"religion\":null,\"sex\":\"2\","
    "\"temporary_absence\":{\"from\":\"2026-01-01\",\"place\":null,\"to\":null},"
    "\"temporary_residence\":null}";

static void check_json(const struct buf *body)
{
    static const struct json_limits limits = {1 << 20, 8, 1024, 256};
    static struct arena arena;
    struct json_doc doc;
    struct json_fault fault;

    if (arena.data == NULL) {
        CHECK(outcome_ok(arena_init(&arena, 1 << 21)));
    }
    arena_reset(&arena);
    CHECK(outcome_ok(buf_check(body)));
    CHECK(outcome_ok(json_parse(buf_view(body), &limits, &arena, &doc, &fault)));
}

static void put_claims(struct buf *given, const struct ask *ask)
{
    static const char *const results[] = {"true", "false", "null"};

    buf_put_text(given, "{\"claims\":[");
    for (unsigned i = 0; i < ask->claim_count; i++) {
        buf_put_text(given, i > 0 ? "," : "");
        buf_put_text(given, results[i % 3]);
    }
    buf_put_text(given, "]}");
}

static void check_accepted(const struct osia_plan *plan, enum language language,
                           struct arena *arena)
{
    BUF_AUTO given;
    BUF_AUTO body;

    buf_init(&given, 1 << 16);
    buf_init(&body, 1 << 20);
    CHECK(ask_sane(&plan->ask)); /* nothing is left to the core's own check */
    if (plan->ask.per_claim) {
        put_claims(&given, &plan->ask);
    } else {
        buf_put_text(&given, plan->ask.claim_count > 0 ? "{\"verified\":true}" : person);
    }
    const struct answer answer = {
        .code = CODE_DISCLOSED, .person = buf_view(&given), .notices = VIEW_LITERAL("[]")};
    osia_answer_put(plan, &answer, language, arena, &body);
    check_json(&body);
    for (unsigned i = 0; i < plan->ask.field_count; i++) {
        CHECK(osia_plan_name_of(plan, (enum field)plan->ask.fields[i]).len > 0);
    }
}

static void check_refused(const struct ask_faults *faults)
{
    struct problem problem = {.code = CODE_BAD_REQUEST};
    BUF_AUTO body;

    ask_faults_tell(faults, &problem);
    CHECK(problem.param_count > 0);
    buf_init(&body, 1 << 20);
    osia_problem_put(&body, &problem);
    check_json(&body);
}

/* Up to the next NUL; not there at all when it is empty. */
static struct view take(struct cursor *cursor)
{
    struct view part = cursor_until(cursor, 0);

    return cursor->failed || part.len == 0 ? (struct view){0} : part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena; /* made once: most of a run would be making it */
    struct cursor cursor = cursor_of(view_of(data, size));
    struct ask_faults faults;
    struct osia_plan plan;

    if (size == 0 || size > ASK_BODY_BYTES_MAX) {
        return 0;
    }
    if (arena.data == NULL) {
        CHECK(outcome_ok(arena_init(&arena, OSIA_PLAN_ARENA_BYTES)));
    }
    arena_reset(&arena);
    ask_faults_init(&faults);
    uint8_t first = cursor_u8(&cursor);
    enum language language = (first & 1) == 0 ? LANGUAGE_VI : LANGUAGE_EN;
    struct osia_message message = {
        .operation = (enum osia_operation)((first >> 2) % OSIA_OPERATION_COUNT),
        .whole = (first & 2) != 0,
    };
    message.identifier = take(&cursor);
    message.set = take(&cursor);
    message.query = take(&cursor);
    const struct osia_headers headers = {
        .business = take(&cursor),
        .case_ref = take(&cursor),
        .party = take(&cursor),
        .officer = take(&cursor),
        .name = take(&cursor),
        .birth_date = take(&cursor),
        .idempotency_key = take(&cursor),
    };
    message.body = cursor_view(&cursor, cursor_left(&cursor));
    if (outcome_ok(osia_plan_make(&message, &headers, language, &arena, &plan, &faults))) {
        check_accepted(&plan, language, &arena);
    } else {
        check_refused(&faults);
    }
    ask_faults_done(&faults);
    return 0;
}
