/*
 * Statements, part by part: the first is an ask of its own (histories.c); the others wait among
 * pages for their turn, and are told to whoever fetches them.
 *
 * Invariants
 *  1. Who fetches, his session says, or the key of the account's certificate; which statement, a
 *     token that nobody has who was not given its first part.
 *  2. A part is made line by line, as pages are (I9). It is recorded by nothing: what the first
 *     part has recorded says how many rows there are.
 */
#include "core/citizens.h"
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/staff.h"
#include "proc/granting.h"
#include "proc/stating.h"
#include "wire/canonical.h"

/* ---- a part that is being made ---- */

static void put_part(const struct core *core, const struct history_wait *wait, bool more,
                     struct buf *json)
{
    buf_put_text(json, "{\"lines\":[");
    buf_put_view(json, buf_view(&core->histories.part));
    buf_put_text(json, more ? "],\"next\":\"" : "],\"next\":null}");
    if (more) {
        statement_next_put(&wait->next, json);
        buf_put_text(json, "\"}");
    }
}

/* To an account, in the frame of what accounts are told. */
static void tell_account(const struct history_wait *wait, const struct own_reply *reply)
{
    struct peer *peer = wait->peer;
    const struct granted granted = {.tag = wait->tag,
                                    .code = reply->code,
                                    .retry_after_s = reply->retry_after_s,
                                    .json = buf_view(&reply->json)};
    granting_put(&peer->pipe.out, &granted);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
}

static void tell(struct core *core, const struct history_wait *wait, struct outcome outcome,
                 bool more)
{
    struct own_reply reply;
    const struct statement_asker asker = {code_view(&wait->account), code_view(&wait->citizen)};
    own_reply_init(&reply);
    if (outcome.fault == FAULT_NOT_FOUND ||
        !statements_may_see(core, &asker, code_view(&wait->id))) {
        own_refuse(&reply, CODE_NOT_FOUND, "/next: no statement is open");
    } else if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "statement-not-read", outcome);
        own_refuse(&reply, CODE_INTERNAL, "");
    } else {
        put_part(core, wait, more, &reply.json);
    }
    if (wait->citizen.len > 0) {
        own_tell(wait->peer, wait->tag, &reply);
    } else {
        tell_account(wait, &reply);
    }
    own_reply_done(&reply);
}

struct outcome statements_step(struct core *core, struct history_wait *wait, bool *ret_done)
{
    struct buf *part = &core->histories.part;
    const struct statement_asker asker = {code_view(&wait->account), code_view(&wait->citizen)};
    bool more = false;
    if (part->max == 0) { /* not begun */
        buf_init(part, OWN_JSON_BYTES_MAX);
    }
    size_t before = part->len;
    buf_put_text(part, before > 0 ? "," : "");
    size_t comma = part->len;
    struct outcome outcome =
        gate_statement_line(core->house->gate, &asker, &wait->next, part, &more);
    if (part->len == comma) {
        buf_cut(part, before);
    }
    if (outcome.fault == FAULT_CRYPTO) {
        return outcome;
    }
    *ret_done = !outcome_ok(outcome) || !more || part->len >= STATEMENT_PART_BYTES_MAX;
    if (*ret_done) {
        tell(core, wait, outcome, more);
    }
    return OUTCOME_OK;
}

/* ---- who wants one ---- */

bool statements_may_see(const struct core *core, const struct statement_asker *asker,
                        struct view id)
{
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    return asker->citizen.len == 0 || view_equal(asker->citizen, id) ||
           staff_guards(&core->house->directory, asker->citizen, id, day);
}

bool statements_find(struct core *core, const struct statement_asker *asker,
                     const struct statement_next *next, struct code_text *ret_id)
{
    return gate_statement_find(core->house->gate, asker, next, ret_id) &&
           statements_may_see(core, asker, code_view(ret_id));
}

/* A place in the line. False: there is none, or no such statement is open to the asker; *ret_code
 * says which. */
static bool wait_for(struct core *core, const struct statement_asker *asker, struct peer *peer,
                     uint64_t tag, const struct statement_next *next, enum code *ret_code)
{
    struct code_text id;
    *ret_code = CODE_NOT_FOUND;
    if (!statements_find(core, asker, next, &id)) {
        return false;
    }
    struct history_wait *wait = histories_place(&core->histories, code_view(&id), false);
    if (wait == NULL) {
        *ret_code = CODE_RATE_LIMITED;
        return false;
    }
    if (!gate_statement_goes_on(core->house->gate, asker, next)) {
        return false;
    }
    *wait = (struct history_wait){.peer = peer, .id = id, .tag = tag, .next = *next};
    CHECK(outcome_ok(code_set(&wait->account, asker->account))); /* as the first part's were */
    CHECK(outcome_ok(code_set(&wait->citizen, asker->citizen)));
    histories_add(&core->histories);
    return true;
}

bool statements_next_of(struct view body, struct statement_next *ret_next)
{
    struct view value = canonical_member(body, "next");
    uint8_t text[2 + STATEMENT_NEXT_CHARS];
    return value.len > 0 && canonical_is_text(value) && value.len == sizeof(text) &&
           statement_next_get(canonical_text(value, text), ret_next);
}

struct outcome statements_show(struct core *core, const struct own_call *call, struct view id,
                               bool ward, struct own_reply *reply)
{
    static const struct ask_history whole = {.form = HISTORY_STATEMENT};
    const struct statement_asker asker = {call->asker.account, call->asker.citizen};
    struct statement_next next;
    enum code code = CODE_DISCLOSED;
    if (canonical_member(call->body, "next").len == 0) {
        return histories_put(core, call, id, ward, &whole, reply);
    }
    if (!statements_next_of(call->body, &next)) {
        own_refuse(reply, CODE_BAD_REQUEST, "/next");
    } else if (wait_for(core, &asker, call->peer, call->tag, &next, &code)) {
        reply->later = true;
    } else {
        own_refuse(reply, code, code == CODE_NOT_FOUND ? "/next: no statement is open" : "");
        reply->retry_after_s = code == CODE_RATE_LIMITED ? 1 : 0;
    }
    return OUTCOME_OK;
}

/* Whose certificate it is, if the account may ask now; else why not. */
static enum code account_of(struct core *core, const uint8_t spki[SEAL_HASH_BYTES],
                            const struct account **ret_account)
{
    const struct certificate *certificate = NULL;
    int64_t now_us = clock_wall_us(&core->house->clock);
    enum code code = gate_account(core->house->gate, spki, now_us, &certificate);
    if (code != CODE_DISCLOSED) {
        return code;
    }
    *ret_account = certificate->account;
    bool active =
        account_state_by(certificate->account, certificate, now_us / US_PER_S) == ACCOUNT_ACTIVE;
    return active ? CODE_DISCLOSED : CODE_NOT_FOUND;
}

struct outcome statements_take(struct core *core, struct peer *peer, const struct frame *frame,
                               bool *ret_good)
{
    struct statement_ask ask;
    const struct account *account = NULL;
    *ret_good = outcome_ok(stating_get_ask(frame, &ask));
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    enum code code = account_of(core, ask.spki, &account);
    if (code == CODE_DISCLOSED) {
        const struct statement_asker asker = {code_view(&account->code), view_of(NULL, 0)};
        if (wait_for(core, &asker, peer, ask.tag, &ask.next, &code)) {
            return OUTCOME_OK;
        }
    }
    const struct granted refused = {
        .tag = ask.tag, .code = code, .retry_after_s = code == CODE_RATE_LIMITED ? 1 : 0};
    granting_put(&peer->pipe.out, &refused);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}
