/*
 * Proposals: stored bytes, and the acts on them.
 *
 * Invariants
 * 1. Nothing that a proposal says has happened before another active officer with the role of the
 *    table approved it, and then it happens by the record of that approval.
 * 2. A proposal ends once: it is taken out by the act that ends it.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "office/four_eyes.h"

#include <string.h>

#define PROPOSAL_VERSION 1
#define LAPSED_MAX 4 /* taken out with one new proposal: they come in no faster */

static void put_proposal(const void *object, struct buf *buf)
{
    const struct proposal *proposal = object;
    buf_put_u8(buf, PROPOSAL_VERSION);
    buf_put_block16(buf, code_view(&proposal->code));
    buf_put_u32(buf, proposal->version);
    buf_put_block16(buf, code_view(&proposal->by));
    buf_put_u64(buf, (uint64_t)proposal->until_day);
    buf_put_block16(buf, code_view(&proposal->if_match));
    buf_put_block32(buf, view_of(proposal->act, proposal->act_len));
}

static void take_act(struct view bytes, struct proposal *proposal)
{
    memcpy(proposal->act, bytes.data, bytes.len);
    proposal->act_len = (uint32_t)bytes.len;
}

static struct outcome get_proposal(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct proposal *proposal = ret_object;
    struct act act;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != PROPOSAL_VERSION;
    object_get_code(&cursor, &proposal->code);
    proposal->version = cursor_u32(&cursor);
    object_get_code(&cursor, &proposal->by);
    proposal->until_day = (int64_t)cursor_u64(&cursor);
    object_get_code(&cursor, &proposal->if_match);
    struct view inner = cursor_block32(&cursor);
    cursor.failed =
        cursor.failed || inner.len > PROPOSAL_ACT_BYTES_MAX || !outcome_ok(act_get(inner, &act));
    TRY(object_get_end(&cursor, "stored proposal does not decode"));
    take_act(inner, proposal);
    return OUTCOME_OK;
}

const struct object_row object_proposal = {
    .name = "proposal",
    .plural = "proposals",
    OBJECT_LAYOUT(proposal),
    OBJECT_OF_STAFF(proposals),
    .removable = true,
    .put = put_proposal,
    .get = get_proposal,
};

/* ---- acts ---- */

/* By day, then by code: a start that replays this act must take the same ones out. */
static bool before(const struct proposal *a, const struct proposal *b)
{
    return a->until_day != b->until_day
               ? a->until_day < b->until_day
               : view_compare(code_view(&a->code), code_view(&b->code)) < 0;
}

/* The first that nobody may approve any more, behind `last` (NULL: of all); NULL: none. */
static struct proposal *next_lapsed(const struct preparing *here, const struct proposal *last)
{
    const struct map *proposals = &here->directory->staff->proposals;
    struct proposal *first = NULL;
    size_t at = 0;
    for (struct proposal *old = map_next(proposals, &at); old != NULL;
         old = map_next(proposals, &at)) {
        bool lapsed = here->today > old->until_day && (last == NULL || before(last, old));
        first = lapsed && (first == NULL || before(old, first)) ? old : first;
    }
    return first;
}

static void take_out_lapsed(struct preparing *here)
{
    struct proposal *old = next_lapsed(here, NULL);
    for (unsigned taken = 0; old != NULL && taken < LAPSED_MAX; taken++) {
        prepare_remove(here, OBJECT_PROPOSAL, old);
        old = next_lapsed(here, old);
    }
}

struct outcome prepare_proposal_add(struct preparing *here)
{
    struct proposal *proposal = NULL;
    struct view inner = act_value(here->act, "act");
    struct act act;
    if (inner.len > PROPOSAL_ACT_BYTES_MAX || !outcome_ok(act_get(inner, &act))) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the act is too long to be proposed");
    }
    if (here->directory->staff == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "there are no officers");
    }
    take_out_lapsed(here); /* before the new one, which may need the place */
    TRY(prepare_new(here, OBJECT_PROPOSAL, &proposal));
    proposal->until_day = act_day(here->act, "until", 0);
    take_act(inner, proposal);
    TRY(code_set(&proposal->code, act_value(here->act, "code")));
    TRY(code_set(&proposal->by, act_value(here->act, "by")));
    return code_set(&proposal->if_match, act_value(here->act, "if-match"));
}

static const struct officer *doer(const struct preparing *here)
{
    bool officer = here->doer != NULL && here->doer->kind == SIGNER_OFFICER;
    return officer ? staff_officer(here->directory, here->doer->code) : NULL;
}

/* Invariant 1: who may say yes or no to it. */
static struct outcome may_judge(struct preparing *here, const struct proposal *proposal,
                                const struct act *inner)
{
    const struct officer *officer = doer(here);
    const struct four_eyes *rule = four_eyes_of(inner->kind);
    if (officer == NULL || rule == NULL || (officer->roles & rule->approves) == 0) {
        return prepare_refuse_as(here, ACT_CODE_ROLE_MISSING,
                                 "the officer has no role that approves this kind of act");
    }
    if (view_equal(code_view(&officer->code), code_view(&proposal->by))) {
        return prepare_refuse_as(here, ACT_CODE_OWN_PROPOSAL, "this is the officer's own proposal");
    }
    return OUTCOME_OK;
}

/* It is still what was proposed, by one who still may. */
static struct outcome stands_still(struct preparing *here, const struct proposal *proposal,
                                   const struct act *inner)
{
    char etag[SIGNED_ETAG_BYTES_MAX + 1];
    const struct officer *by = staff_officer(here->directory, code_view(&proposal->by));
    const struct four_eyes *rule = four_eyes_of(inner->kind);
    if (here->today > proposal->until_day) {
        return prepare_refuse(here, FAULT_CONFLICT, "the proposal has lapsed");
    }
    if (by == NULL || by->state != OFFICER_ACTIVE || (by->roles & rule->roles) == 0) {
        return prepare_refuse(here, FAULT_CONFLICT, "who proposed it may not propose it any more");
    }
    four_eyes_etag(here->directory, inner, etag);
    if (proposal->if_match.len > 0 && !view_is(code_view(&proposal->if_match), etag)) {
        return prepare_refuse_as(here, ACT_CODE_STALE_ETAG,
                                 "the object has changed since it was proposed");
    }
    return OUTCOME_OK;
}

struct outcome prepare_proposal_approve(struct preparing *here)
{
    struct proposal *proposal = NULL;
    struct act inner;
    TRY(prepare_find(here, OBJECT_PROPOSAL, "code", &proposal));
    struct outcome read = act_get(view_of(proposal->act, proposal->act_len), &inner);
    CHECK(outcome_ok(read)); /* it was read when it came in */
    TRY(may_judge(here, proposal, &inner));
    TRY(stands_still(here, proposal, &inner));
    here->proposer = code_view(&proposal->by);
    TRY(prepare_inner(here, &inner));
    here->proposer = (struct view){0};
    prepare_remove(here, OBJECT_PROPOSAL, proposal);
    return OUTCOME_OK;
}

struct outcome prepare_proposal_reject(struct preparing *here)
{
    struct proposal *proposal = NULL;
    struct act inner;
    TRY(prepare_find(here, OBJECT_PROPOSAL, "code", &proposal));
    struct outcome read = act_get(view_of(proposal->act, proposal->act_len), &inner);
    CHECK(outcome_ok(read));
    TRY(may_judge(here, proposal, &inner));
    prepare_remove(here, OBJECT_PROPOSAL, proposal);
    return OUTCOME_OK;
}

struct outcome prepare_proposal_withdraw(struct preparing *here)
{
    struct proposal *proposal = NULL;
    const struct officer *officer = doer(here);
    TRY(prepare_find(here, OBJECT_PROPOSAL, "code", &proposal));
    if (officer == NULL || !view_equal(code_view(&officer->code), code_view(&proposal->by))) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS, "another officer has proposed this");
    }
    prepare_remove(here, OBJECT_PROPOSAL, proposal);
    return OUTCOME_OK;
}
