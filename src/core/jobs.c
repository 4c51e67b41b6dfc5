/*
 * What the process `jobs` asks and tells: whose key it is, lines, lists that are asked for.
 *
 * Invariants
 *  1. Lines of one frame are decided in one batch: when one of them is put off, so are those behind
 *     it (gate/jobs.h).
 *  2. Lines wait for a moment in which nobody else asks, JOB_HELD_US_MAX at most (decision 0042).
 *  3. What a blocked account may not ask it may not fetch either.
 */
#include "core/loop.h"

#include "base/check.h"
#include "proc/jobbing.h"

static bool is_active(const struct certificate *certificate, int64_t now_us)
{
    const struct account *account = certificate->account;

    return account_state_by(account, certificate, now_us / US_PER_S) == ACCOUNT_ACTIVE &&
           party_state_on(account->party, clock_day_vn(now_us)) == PARTY_CONNECTED;
}

/* By its code, or of the account's own party by the procedure that a list is asked for. */
static const struct business *business_of(const struct core *core, const struct account *account,
                                          const struct job_who *who)
{
    const struct directory *directory = &core->house->directory;
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));

    if (who->business.len > 0) {
        return directory_business(directory, who->business);
    }
    return directory_party_by_unit(directory, who->unit) != account->party
               ? NULL
               : directory_business_for(directory, account->party, who->procedure, who->service,
                                        account->channel, day);
}

/* Whoever is named as asking for a list is registered with the party whose system sends it. */
static bool may_ask(const struct core *core, const struct account *account,
                    const struct job_who *who)
{
    return who->officer.len == 0 ||
           directory_registered(&core->house->directory, code_view(&account->party->code),
                                OPERATOR_OFFICER, who->officer);
}

/* How long a list of that business may be; 0: it is not the account's to ask by. */
static uint32_t lines_of(const struct account *account, const struct business *business,
                         const struct job_who *who)
{
    if (business == NULL || !account_covers(account, business) ||
        business->state != BUSINESS_GRANTED || (business->services >> who->service & 1) == 0) {
        return 0;
    }
    uint64_t lines =
        business->bulk_max > JOB_LINES_FREE_MAX ? business->bulk_max : JOB_LINES_FREE_MAX;
    return lines < JOB_LINES_MAX ? (uint32_t)lines : JOB_LINES_MAX;
}

static void answer_business(const struct core *core, const struct account *account,
                            const struct job_who *who, struct job_known *known)
{
    const struct business *business = business_of(core, account, who);

    known->lines = lines_of(account, business, who);
    if (known->lines == 0) {
        known->code = CODE_BUSINESS_NOT_GRANTED;
    } else if (!may_ask(core, account, who)) {
        known->code = CODE_OPERATOR_NOT_ALLOWED;
    } else {
        known->business = code_view(&business->code);
    }
}

static struct job_known answer_who(struct core *core, const struct job_who *who)
{
    const struct certificate *certificate = NULL;
    int64_t now_us = clock_wall_us(&core->house->clock);
    struct job_known known = {.tag = who->tag};

    known.code = gate_account(core->house->gate, who->spki, now_us, &certificate);
    known.retry_after_s = known.code == CODE_RATE_LIMITED ? 1 : 0;
    if (known.code == CODE_DISCLOSED && !is_active(certificate, now_us)) { /* invariant 3 */
        known.code = CODE_ACCOUNT_BLOCKED;
    }
    if (known.code == CODE_DISCLOSED && (who->business.len > 0 || who->procedure.len > 0)) {
        answer_business(core, certificate->account, who, &known);
    }
    if (known.code == CODE_DISCLOSED) {
        known.account = code_view(&certificate->account->code);
    }
    return known;
}

bool jobs_who(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct job_who who;

    if (!outcome_ok(jobbing_get_who(frame, &who))) {
        return false;
    }
    const struct job_known known = answer_who(core, &who);
    jobbing_put_known(&peer->pipe.out, &known);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
    return true;
}

struct outcome jobs_lines(struct core *core, struct peer *peer, const struct frame *frame,
                          bool *ret_good)
{
    struct cursor cursor = cursor_of(frame->payload);

    *ret_good = frame->count <= JOB_FRAME_LINES;
    if (core->count + frame->count > BATCH_ASKS_MAX) { /* invariant 1 */
        TRY(batch_serve(core));
    }
    unsigned before = core->count;
    for (unsigned i = 0; i < frame->count && *ret_good; i++) {
        struct ask *ask = &core->asks[core->count];
        *ret_good = outcome_ok(frame_get_ask(&cursor, ASK_SENDER_JOBS, ask));
        core->origin[core->count] = peer;
        core->count += *ret_good ? 1 : 0;
    }
    *ret_good = *ret_good && outcome_ok(cursor_end(&cursor, "lines"));
    if (!*ret_good) {
        core->count = before;
    }
    return OUTCOME_OK;
}

bool jobs_wish(struct core *core, const struct frame *frame)
{
    struct wish_told told;

    if (!outcome_ok(jobbing_get_wish(frame, &told)) || told.reason.len > 0) {
        return false;
    }
    wishes_take(core, &told);
    return true;
}

bool jobs_may_go(struct core *core, struct peer *peer)
{
    int64_t now_us = clock_monotonic_us(&core->house->clock);

    if (peer->pipe.in.len == peer->pipe.taken) {
        peer->held = false;
        peer->waiting = false;
        return false;
    }
    if (!peer->held) {
        peer->held = true;
        peer->held_us = now_us;
    }
    bool quiet = now_us - core->asked_us >= JOB_QUIET_US;
    bool go = quiet || now_us - peer->held_us >= JOB_HELD_US_MAX; /* invariant 2 */
    peer->held = !go;
    return go;
}
