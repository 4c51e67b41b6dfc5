/*
 * The languages of the machine listener. An address belongs to the first front whose prefix it
 * begins with.
 */
#include "channel/edge/private.h"

#include "base/check.h"

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
        .prefix = VIEW_LITERAL("/ndxp/"),
        .takes = VIEW_LITERAL("text/xml"),
        .gives = VIEW_LITERAL("text/xml"),
        .routes = edge_ndxp_routes,
        .refusal = &edge_ndxp_refusal,
        .put_answer = edge_ndxp_put,
        .field_name = edge_ndxp_field,
        .tells = edge_ndxp_tells,
        .job_name = "MaYeuCau",
        .put_job = edge_ndxp_put_job,
    },
    {
        .prefix = VIEW_LITERAL("/osia/"),
        .takes = VIEW_LITERAL("application/json"),
        .gives = VIEW_LITERAL("application/json"),
        .routes = edge_osia_routes,
        .refusal = &edge_osia_refusal,
        .put_answer = edge_osia_put,
        .field_name = edge_osia_field,
        .tells_ask = true,
    },
    {
        .prefix = VIEW_LITERAL(""), /* stands last */
        .takes = VIEW_LITERAL("application/json"),
        .gives = VIEW_LITERAL("application/json"),
        .routes = edge_json_routes,
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

/* Goes along both as long as they agree: a segment of the path for each `*` of the template, one of
 * which (`nth`) may be wanted. False when they part. */
static bool follow(struct view template, struct view path, unsigned nth, struct view *ret_segment)
{
    size_t at = 0;

    for (size_t i = 0; i < template.len; i++) {
        if (template.data[i] != '*') {
            if (at == path.len || path.data[at++] != template.data[i]) {
                return false;
            }
            continue;
        }
        size_t end = view_find(path, at, '/');
        struct view segment = view_part(path, at, end - at);
        if (segment.len == 0) {
            return false;
        }
        if (nth-- == 0) {
            *ret_segment = segment;
        }
        at = end;
    }
    return at == path.len;
}

const struct edge_route *edge_route_of(const struct http_request *request)
{
    const struct edge_route *route = edge_front_of(request)->routes;
    const struct edge_route *found = NULL;
    struct view segment;

    for (; route->path.len > 0; route++) {
        bool right = found != NULL && found->method == request->method;
        if (!right && (found == NULL || route->method == request->method) &&
            follow(route->path, request->path, 0, &segment)) {
            found = route;
        }
    }
    return found;
}

struct view edge_segment(const struct edge_route *route, const struct http_request *request,
                         unsigned nth)
{
    struct view segment = {0};

    CHECK(follow(route->path, request->path, nth, &segment)); /* it was found by that */
    return segment;
}

const struct texts_form *edge_form_of(const struct http_request *request)
{
    return edge_front_of(request)->refusal;
}
