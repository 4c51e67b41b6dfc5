/*
 * The further parts of a statement, whose first part was the answer of an ask for own.history: by
 * the `next` of the part before, which no other account can use.
 */
#include "channel/edge/private.h"

#include "wire/json.h"

static bool next_get(struct edge *edge, struct view body, struct statement_next *ret_next)
{
    static const struct json_limits limits = {
        .bytes_max = ASK_BODY_BYTES_MAX, .depth_max = 1, .values_max = 2, .members_max = 1};
    static const struct json_row rows[] = {{"next", JSON_STRING_BIT, true}};
    const struct json_node *values[1];
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    arena_reset(&edge->arena);
    return outcome_ok(json_parse(body, &limits, &edge->arena, &doc, &fault)) &&
           outcome_ok(json_take(doc.nodes, rows, 1, values, &fault)) &&
           statement_next_get(values[0]->text, ret_next);
}

void edge_on_statement(struct edge *edge, struct http_exchange *exchange,
                       const struct edge_route *route)
{
    struct statement_ask ask = {0};

    (void)route;
    ask_faults_reset(&edge->faults);
    if (!next_get(edge, http_exchange_request(exchange)->body, &ask.next)) {
        ask_faults_add(&edge->faults, "/next", "48 hexadecimal digits");
        edge_refuse_parameters(edge, exchange);
        return;
    }
    memcpy(ask.spki, http_exchange_peer(exchange)->spki, sizeof(ask.spki));
    if (!outcome_ok(edge_statement(edge, exchange, &ask))) {
        edge_respond_unavailable(edge, exchange);
    }
}
