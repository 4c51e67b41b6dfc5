/*
 * Asks on the channel `written`: no account stands behind one, but the acts of officers on a case.
 *
 * Invariants
 * 1. A case has one disclosure. When it is asked for again it is that one, from its record, or it
 *    is refused; looking for the person is another service, and recorded each time.
 * 2. Who asks, the account and the business are made of what was decided, live for one batch, and
 *    have codes that no act can give (with a colon), so that they are mistaken for nobody's.
 * 3. Whoever asks about himself does so as a citizen, and a citizen about nobody else (F3): nobody
 *    is reclassed.
 */
#include "gate/work.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */

/* Invariant 2. False: it is too long. */
static bool set_code(struct code_text *code, const char *prefix, struct view text)
{
    char whole[CODE_TEXT_BYTES_MAX + 1];
    int len =
        snprintf(whole, sizeof(whole), "%s:%.*s", prefix, (int)text.len, (const char *)text.data);
    return len > 0 && (size_t)len < sizeof(whole) && outcome_ok(code_set(code, view_text(whole)));
}

/* Of a party that is known, or of nobody's. */
static struct party *party_of(struct gate *gate, const struct ask *ask)
{
    struct party *party = &gate->written.party;
    bool looks = ask->written->looks;
    if (ask->party.len > 0 && !looks) {
        return directory_party(gate->directory, ask->party);
    }
    *party = (struct party){.class = looks ? CLASS_STATE : ask->written->class};
    bool set = set_code(&party->code, looks ? "office" : "case",
                        looks ? ask->written->office : ask->business);
    return set ? party : NULL;
}

static bool set_business(struct gate *gate, const struct ask *ask, struct party *party)
{
    struct business *business = &gate->written.business;
    *business = (struct business){
        .party = party,
        .state = BUSINESS_GRANTED,
        .services = 1u << ask->service,
        .channels = 1u << CHANNEL_WRITTEN,
        .fields = ask->written->fields,
        .sensitive = ask->written->fields,
        .quota_day_max = UINT64_MAX,
        .quota_total_max = ask->written->looks ? 0 : 1, /* invariant 1 */
        .hours = 0xffffff,
        .until_day = DAY_LAST,
    };
    return set_code(&business->code, "case", ask->business);
}

bool work_set_written(struct gate *gate, struct work *work)
{
    struct written *written = &gate->written;
    const struct ask *ask = work->ask;
    struct party *party = party_of(gate, ask);
    written->account = (struct account){.party = party, .channel = CHANNEL_WRITTEN};
    written->certificate = (struct certificate){.account = &written->account};
    if (party == NULL || !set_business(gate, ask, party) ||
        !set_code(&written->account.code, "written", ask->written->office)) {
        return false;
    }
    work->account = &written->account;
    work->certificate = &written->certificate;
    work->party = party;
    work->business = &written->business;
    return true;
}

bool work_gives(const struct work *work)
{
    bool once = work->pass != NULL || (work->ask->written != NULL && !work->ask->written->looks);
    return once && work->decision.code == CODE_DISCLOSED;
}

bool work_given(const struct gate *gate, const struct work *work, uint64_t *ret_index)
{
    const struct ask_written *written = work->ask->written;
    if (written->looks) {
        return false;
    }
    if (written->given > 0) {
        *ret_index = written->given - 1;
        return true;
    }
    return written_find(&gate->written, code_view(&work->business->code), ret_index);
}

struct decision work_decide_own(const struct gate *gate, const struct work *work,
                                const struct person_record *record, struct decision decision)
{
    const struct ask_written *written = work->ask->written;
    if (written == NULL || written->looks || decision.code != CODE_DISCLOSED) {
        return decision;
    }
    bool own = written->requester.len > 0 && (view_equal(written->requester, record->id) ||
                                              view_equal(written->requester, record->cmnd));
    return own == policy_own_only(gate->policy, work->party->class)
               ? decision
               : (struct decision){CODE_OWN_DATA_ONLY, RULE_OWN_DATA, FIELD_COUNT};
}

/* ---- where the last ones are recorded ---- */

void written_put(struct written *written, struct view code, uint64_t index)
{
    uint64_t known = 0;
    if (written_find(written, code, &known) && known == index) {
        return;
    }
    struct written_given *given = &written->recent[written->next];
    struct outcome outcome = code_set(&given->code, code);
    CHECK(outcome_ok(outcome)); /* it is a business' code */
    given->index = index;
    written->next = (written->next + 1) % WRITTEN_RECENT_MAX;
    written->count += written->count < WRITTEN_RECENT_MAX;
}

bool written_find(const struct written *written, struct view code, uint64_t *ret_index)
{
    for (uint32_t i = 0; i < written->count; i++) {
        if (view_equal(code_view(&written->recent[i].code), code)) {
            *ret_index = written->recent[i].index;
            return true;
        }
    }
    return false;
}

void written_save(const struct written *written, struct buf *buf)
{
    uint32_t oldest = written->count < WRITTEN_RECENT_MAX ? 0 : written->next;
    for (uint32_t i = 0; i < written->count; i++) {
        const struct written_given *given = &written->recent[(oldest + i) % WRITTEN_RECENT_MAX];
        buf_put_u8(buf, SAVE_ROW);
        buf_put_block16(buf, code_view(&given->code));
        buf_put_u64(buf, given->index);
    }
    buf_put_u8(buf, SAVE_END);
}

struct outcome written_restore(struct written *written, struct cursor *cursor)
{
    uint8_t kind = cursor_u8(cursor);
    written->count = 0;
    written->next = 0;
    for (; kind == SAVE_ROW && !cursor->failed; kind = cursor_u8(cursor)) {
        struct view code = cursor_block16(cursor);
        uint64_t index = cursor_u64(cursor);
        cursor->failed = cursor->failed || code.len > CODE_TEXT_BYTES_MAX;
        if (!cursor->failed) {
            written_put(written, code, index);
        }
    }
    return cursor->failed || kind != SAVE_END ? outcome_fail(FAULT_CORRUPT, "snapshot: written")
                                              : OUTCOME_OK;
}
