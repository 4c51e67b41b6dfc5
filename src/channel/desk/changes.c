/*
 * Signed sets of changes: to the process that checks signatures, and what became of them.
 *
 * Invariants
 *  1. The bytes of the set leave as they came. Nothing of the request but these bytes and the
 *     certificate has a say in what is done.
 *  2. What nobody has answered is told as not known: the very same may be sent again under its
 *     number, and has one answer.
 */
#include "channel/desk/private.h"

#include "wire/json.h"

#define CHANGES VIEW_LITERAL("/v1/changes")
/* Of one result: its word, and every member's name. */
#define RESULT_BYTES_MAX 512
#define BODY_BYTES_MAX (1024 + CHANGES_MAX * RESULT_BYTES_MAX)
_Static_assert(BODY_BYTES_MAX <= HTTP_RESPONSE_BYTES_MAX, "the answer to a whole set fits");

bool desk_is_changes(struct view path)
{
    return view_equal(path, CHANGES);
}

void desk_on_changes(struct desk *desk, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct view payload = {0};
    const char *name = "body";

    struct outcome outcome = desk_signed_look(request->body, &payload);
    if (outcome_ok(outcome)) {
        name = "certificate";
        outcome = desk_send_signed(desk, exchange, request->body, feeding_put_asked);
    }
    if (outcome.fault == FAULT_BAD_INPUT) {
        desk_refuse_signed(desk, exchange, name, outcome.what);
    } else if (!outcome_ok(outcome)) {
        texts_refuse_unavailable(&desk->texts, exchange);
    }
}

/* ---- what became of it ---- */

static void respond_problem(struct desk *desk, struct http_exchange *exchange,
                            const struct feeding_changed *changed)
{
    const struct http_request *request = http_exchange_request(exchange);
    const struct set_code_text *text = set_code_text(changed->code);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    bool english = language == LANGUAGE_EN;
    struct http_response extra = {0};
    struct problem problem = {
        .name = words_name(&words_set_code, changed->code),
        .status = set_code_status(changed->code),
        .title = view_text(english ? text->title_en : text->title_vi),
        .detail = view_text(english ? text->detail_en : text->detail_vi),
        .param_count = changed->told_count,
        .expected = changed->expected,
    };

    _Static_assert(CHANGE_FAULTS_MAX <= PROBLEM_PARAMS_MAX, "all that are told are passed on");
    for (unsigned i = 0; i < changed->told_count; i++) {
        problem.params[i] =
            (struct problem_param){changed->faults[i].pointer, changed->faults[i].reason};
    }
    if (problem.status == 503) {
        http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    }
    texts_respond(&desk->texts, exchange, &problem, &extra);
}

/* Members in the order of their names. */
static void put_result(const struct change_made *done, struct buf *body)
{
    const char *between = "{\"kept\":[\"";

    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        if ((done->kept & MEMBER_BIT(member)) != 0) {
            buf_put_text(body, between);
            buf_put_text(body, words_name(&words_member, member));
            between = "\",\"";
        }
    }
    buf_put_text(body, done->kept != 0 ? "\"],\"result\":\"" : "{\"result\":\"");
    buf_put_text(body, words_name(&words_change_result, done->result));
    buf_put_text(body, "\"}");
}

static void respond_good(struct http_exchange *exchange, const struct feeding_changed *changed)
{
    struct http_response response = {.status = 200};
    struct buf body;
    unsigned applied = 0;

    buf_init(&body, BODY_BYTES_MAX);
    for (unsigned i = 0; i < changed->count; i++) {
        applied += changed->done[i].result == CHANGE_RESULT_APPLIED;
    }
    buf_printf(&body, "{\"again\":%s,\"applied\":%u,\"chunk\":%llu,\"number\":%llu,\"results\":",
               changed->again ? "true" : "false", applied, (unsigned long long)changed->chunk,
               (unsigned long long)changed->number);
    for (unsigned i = 0; i < changed->count; i++) {
        buf_put_text(&body, i == 0 ? "[" : ",");
        put_result(&changed->done[i], &body);
    }
    buf_put_text(&body, "]}");
    http_response_add(&response, "content-type", VIEW_LITERAL("application/json"));
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_respond(exchange, &response, &body);
}

void desk_respond_changed(struct desk *desk, struct http_exchange *exchange,
                          const struct feeding_changed *changed)
{
    if (changed->code == SET_CODE_DONE) {
        respond_good(exchange, changed);
    } else {
        respond_problem(desk, exchange, changed);
    }
}
