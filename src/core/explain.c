/*
 * Why a hypothetical ask would be decided as it is, for officers.
 */
#include "core/loop.h"

#include "base/check.h"
#include "office/explain.h"
#include "office/staff.h"

#include <string.h>

/* NULL: there is no such version, or it is not loaded: neither in force nor to come. */
static const struct policy *version_of(const struct house *house, struct view hash)
{
    const struct policy_version *version = directory_policy(&house->directory, hash);
    if (hash.len == 0) {
        return office_policy(house->office);
    }
    return version == NULL ? NULL : version->policy;
}

static bool take_pair(const struct explaining_pair *pair, struct explain_ask *ask)
{
    for (unsigned i = 0; i < EXPLAIN_VALUE_COUNT; i++) {
        bool is = view_is(pair->name, explain_rows[i].name) && ask->values[i].data == NULL;
        if (is && (!explain_rows[i].flag || view_is(pair->value, "true"))) {
            ask->values[i] = pair->value;
            return true;
        }
    }
    return false;
}

static void refuse(struct view name, const char *why, struct seen *ret_seen)
{
    name.len = name.len < LOOK_ETAG_BYTES_MAX ? name.len : LOOK_ETAG_BYTES_MAX;
    ret_seen->fault = FAULT_BAD_INPUT;
    ret_seen->etag = name.len > 0 ? name : VIEW_LITERAL("query");
    ret_seen->json = view_text(why);
}

/* FAULT_BAD_INPUT is told in ret_seen. */
static struct outcome explain(const struct house *house, const struct explaining *asked,
                              const struct policy *policy, struct explain_fault *fault,
                              struct buf *json, struct seen *ret_seen)
{
    struct explain_ask ask = {0};
    for (unsigned i = 0; i < asked->count; i++) {
        if (!take_pair(&asked->pairs[i], &ask)) {
            refuse(asked->pairs[i].name, "is not known, or named twice", ret_seen);
            return OUTCOME_OK;
        }
    }
    struct outcome outcome = explain_put(&ask, &house->directory, policy,
                                         clock_wall_us(&house->clock), true, json, fault);
    if (outcome.fault == FAULT_BAD_INPUT) {
        refuse(view_text(explain_rows[fault->value].name), fault->why, ret_seen);
        return OUTCOME_OK;
    }
    ret_seen->json = buf_view(json);
    return outcome;
}

struct outcome explain_show(struct core *core, struct peer *peer, const struct explaining *asked)
{
    const struct house *house = core->house;
    const struct officer *officer = staff_officer_by_spki(&house->directory, asked->spki);
    const struct policy *policy = version_of(house, asked->policy);
    struct seen seen = {.tag = asked->tag};
    struct explain_fault fault = {0};
    BUF_AUTO json;

    buf_init(&json, FRAME_BYTES_MAX);
    if (officer == NULL || officer->state != OFFICER_ACTIVE || policy == NULL) {
        seen.fault = FAULT_NOT_FOUND;
    } else {
        TRY(explain(house, asked, policy, &fault, &json, &seen));
    }
    looking_put_seen(&peer->pipe.out, &seen);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}
