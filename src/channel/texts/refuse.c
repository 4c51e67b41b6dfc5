/*
 * The refusals that all listeners give alike.
 */
#include "channel/texts/texts.h"

void texts_refuse(struct texts *texts, struct http_exchange *exchange, enum code code,
                  const struct http_response *extra)
{
    struct problem problem = {.code = code};

    texts_respond(texts, exchange, &problem, extra);
}

void texts_refuse_param(struct texts *texts, struct http_exchange *exchange, enum code code,
                        struct view name, struct view reason)
{
    struct problem problem = {.code = code, .param_count = 1};

    problem.params[0] = (struct problem_param){.name = name, .reason = reason};
    texts_respond(texts, exchange, &problem, NULL);
}

void texts_refuse_client(struct texts *texts, struct http_exchange *exchange, struct view reason)
{
    struct problem problem = {.code = CODE_UNAUTHENTICATED, .param_count = 1};
    struct http_response extra = {0};

    /* RFC 9110 section 15.5.2 wants a challenge; certificates have no registered scheme. */
    http_response_add(&extra, "www-authenticate", VIEW_LITERAL("tls-client-certificate"));
    problem.params[0] =
        (struct problem_param){.name = VIEW_LITERAL("certificate"), .reason = reason};
    texts_respond(texts, exchange, &problem, &extra);
}

void texts_refuse_unavailable(struct texts *texts, struct http_exchange *exchange)
{
    struct http_response extra = {0};

    http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    texts_refuse(texts, exchange, CODE_LEDGER_UNAVAILABLE, &extra);
}

void texts_refuse_request(struct texts *texts, struct http_exchange *exchange,
                          enum http_refusal why, const char *what)
{
    enum code code = why == HTTP_REFUSAL_TOO_LARGE ? CODE_TOO_LARGE : CODE_BAD_REQUEST;

    if (why == HTTP_REFUSAL_BUSY || why == HTTP_REFUSAL_LATE) {
        texts_refuse_unavailable(texts, exchange);
        return;
    }
    texts_refuse_param(texts, exchange, code, VIEW_LITERAL("request"), view_text(what));
}
