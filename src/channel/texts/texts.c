/*
 * Refusal texts and the problem documents made of them.
 *
 * Invariants
 *  1. Every code has a title and a detail at every time: of the policy, else built in.
 *  2. A frame of texts is taken whole or not at all.
 */
#include "channel/texts/texts.h"

#include "base/check.h"

#define PROBLEM_BYTES_MAX 65536 /* receipt and opening included */

/* Built in: what can happen before the core has spoken. All others get the last row. */
static const struct {
    enum code code;
    const char *title;
    const char *detail;
} built_in[] = {
    {CODE_BAD_REQUEST, "Malformed request", "The request does not have the agreed form."},
    {CODE_NOT_FOUND, "Not found", "There is nothing at this address."},
    {CODE_METHOD_NOT_ALLOWED, "Method not allowed", "This address takes other methods; see Allow."},
    {CODE_NOT_ACCEPTABLE, "Not acceptable", "The answer is application/json."},
    {CODE_TOO_LARGE, "Too large", "The request is over a limit of size."},
    {CODE_UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "The body must be application/json."},
    {CODE_UNAUTHENTICATED, "Not authenticated",
     "A valid client certificate of a registered account is required."},
    {CODE_LEDGER_UNAVAILABLE, "Temporarily unavailable",
     "Nothing can be recorded now, so nothing is answered. Try again later."},
    {CODE_INTERNAL, "Internal error", "The request could not be processed."},
};

void texts_init(struct texts *texts)
{
    *texts = (struct texts){0};
    buf_init(&texts->content, TEXTS_BYTES_MAX);
}

void texts_done(struct texts *texts)
{
    if (texts != NULL) {
        buf_done(&texts->content);
        *texts = (struct texts){0};
    }
}

struct outcome texts_load(struct texts *texts, const struct frame *frame)
{
    CHECK(frame->kind == FRAME_TEXTS);
    struct texts fresh;

    texts_init(&fresh);
    buf_put_view(&fresh.content, frame->payload);
    struct outcome outcome = buf_check(&fresh.content);
    struct cursor cursor = cursor_of(buf_view(&fresh.content));
    for (unsigned i = 0; i < frame->count && outcome_ok(outcome); i++) {
        struct text_row row = {0};
        outcome = frame_get_text(&cursor, &row);
        if (outcome_ok(outcome)) {
            fresh.rows[row.code] = row;
            fresh.known[row.code] = true;
        }
    }
    if (outcome_ok(outcome)) {
        outcome = cursor_end(&cursor, "texts");
    }
    if (!outcome_ok(outcome)) {
        texts_done(&fresh);
        return outcome; /* invariant 2 */
    }
    fresh.loaded = true;
    memcpy(fresh.told, texts->told, sizeof(fresh.told)); /* counts outlive the words */
    fresh.form_of = texts->form_of;
    texts_done(texts);
    *texts = fresh;
    return OUTCOME_OK;
}

static void fill_built_in(struct problem *problem, struct view *ret_detail)
{
    unsigned last = sizeof(built_in) / sizeof(built_in[0]) - 1;
    unsigned row = 0;

    while (row < last && built_in[row].code != problem->code) {
        row++;
    }
    problem->title = view_text(built_in[row].title);
    *ret_detail = view_text(built_in[row].detail);
}

void texts_fill(const struct texts *texts, enum language language, struct problem *problem)
{
    CHECK((unsigned)problem->code < CODE_COUNT);
    const struct text_row *row = &texts->rows[problem->code];
    struct view detail = {0};

    if (texts->known[problem->code]) {
        bool english = language == LANGUAGE_EN;
        problem->title = english ? row->title_en : row->title_vi;
        problem->clause = row->clause;
        detail = english ? row->detail_en : row->detail_vi;
    } else {
        fill_built_in(problem, &detail); /* invariant 1 */
    }
    if (problem->detail.len == 0) {
        problem->detail = detail;
    }
}

static const struct texts_form problem_form = {
    .type = VIEW_LITERAL("application/problem+json"),
    .status = problem_status,
    .put = problem_json_put,
};

static const struct texts_form *form_at(const struct texts *texts,
                                        const struct http_request *request)
{
    const struct texts_form *form = texts->form_of == NULL ? NULL : texts->form_of(request);

    return form == NULL ? &problem_form : form;
}

void texts_respond(struct texts *texts, struct http_exchange *exchange, struct problem *problem,
                   const struct http_response *extra)
{
    const struct http_request *request = http_exchange_request(exchange);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    const struct texts_form *form = form_at(texts, request);
    struct http_response response = {.status = form->status(problem)};
    bool own = problem->name != NULL; /* it brings its words */
    struct buf body;

    if (!own) {
        texts_fill(texts, language, problem);
        texts->told[problem->code]++;
    }
    for (unsigned i = 0; i < problem->param_count; i++) {
        if (problem->params[i].reason.len == 0) {
            problem->params[i].reason = problem->title;
        }
    }
    buf_init(&body, PROBLEM_BYTES_MAX);
    form->put(&body, problem);
    http_response_add(&response, "content-type", form->type);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    bool vietnamese = (own || texts->known[problem->code]) && language == LANGUAGE_VI;
    http_response_add(&response, "content-language",
                      vietnamese ? VIEW_LITERAL("vi") : VIEW_LITERAL("en"));
    for (unsigned i = 0; extra != NULL && i < extra->field_count; i++) {
        CHECK(response.field_count < HTTP_RESPONSE_FIELDS_MAX);
        response.fields[response.field_count++] = extra->fields[i];
    }
    http_respond(exchange, &response, &body);
}
