/*
 * Lists of persons that accounts ask for in JSON: to the process `jobs`, which keeps them until an
 * officer has said something (decision 0053).
 */
#include "channel/edge/private.h"

#include "channel/json/wish_json.h"

void edge_on_list(struct edge *edge, struct http_exchange *exchange, const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    struct job_asked asked = {.verb = JOB_WISH, .key = request->fields[HTTP_FIELD_IDEMPOTENCY_KEY]};
    struct wish wish;
    BUF_AUTO text;

    (void)route;
    buf_init(&text, WISH_BYTES_MAX);
    arena_reset(&edge->arena);
    ask_faults_reset(&edge->faults);
    edge_check_idempotency_key(edge, asked.key);
    struct outcome read =
        wish_json_get(request->body, language, &edge->arena, &wish, &edge->faults);
    if (!outcome_ok(read) || edge->faults.count > 0) {
        edge_refuse_parameters(edge, exchange);
        return;
    }
    wish_put(&wish, &text);
    asked.piece = buf_view(&text);
    if (text.failed) {
        edge_respond_unavailable(edge, exchange);
    } else {
        edge_jobs_ask(edge, exchange, &asked);
    }
}
