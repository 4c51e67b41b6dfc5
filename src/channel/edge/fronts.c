/*
 * The languages of the machine listener. An address belongs to the first front whose prefix it
 * begins with.
 */
#include "channel/edge/private.h"

static void put_json(struct edge *edge, const struct http_request *request,
                     const struct answer *answer, struct http_response *response, struct buf *body)
{
    (void)edge;
    (void)request;
    if (answer->receipt_only) {
        receipt_json_put(body, answer);
    } else {
        answer_json_put(body, answer);
    }
    response->status = code_status(CODE_DISCLOSED);
    http_response_add(response, "content-type", VIEW_LITERAL("application/json"));
}

static const struct edge_front fronts[] = {
    {
        .prefix = VIEW_LITERAL(""), /* stands last */
        .takes = VIEW_LITERAL("application/json"),
        .gives = VIEW_LITERAL("application/json"),
        .put_answer = put_json,
    },
};

const struct edge_front *edge_front_of(const struct http_request *request)
{
    size_t i = 0;

    while (!view_starts(request->path, fronts[i].prefix)) {
        i++;
    }
    return &fronts[i];
}

const struct texts_form *edge_form_of(const struct http_request *request)
{
    return edge_front_of(request)->refusal;
}
