/*
 * The gate's derived state: counters of quotas, guesses and fees, replayed from the log or restored
 * from a snapshot. It is never truth: the log is.
 */
#include "gate/fees.h"
#include "gate/work.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

/* A key that its account or the table has no room for was given under other ceilings. */
static struct outcome replay_key(struct gate *gate, uint64_t index, const struct effect *effect,
                                 uint32_t now_s)
{
    struct account *account = directory_account(gate->directory, effect->account);
    if (account == NULL) {
        return OUTCOME_OK;
    }
    keys_batch(&gate->keys);
    struct outcome outcome = keys_reserve(&gate->keys, account, now_s);
    if (outcome.fault == FAULT_OVER_LIMIT) {
        log_outcome(LOG_LEVEL_WARN, "key-not-remembered", outcome);
        return OUTCOME_OK;
    }
    TRY(outcome);
    keys_put(&gate->keys, effect->key_tag, effect->body, index, account, now_s);
    return OUTCOME_OK;
}

/* As of keys; and what is too old to come again is dropped as others come. */
static struct outcome replay_proof(struct gate *gate, const struct effect *effect, uint32_t now_s)
{
    once_batch(&gate->once);
    struct outcome outcome = once_reserve(&gate->once, now_s);
    if (outcome.fault == FAULT_OVER_LIMIT) {
        log_outcome(LOG_LEVEL_WARN, "proof-not-remembered", outcome);
        return OUTCOME_OK;
    }
    TRY(outcome);
    once_put(&gate->once, effect->proof_tag, now_s);
    return OUTCOME_OK;
}

static void replay_quota(struct business *business, int64_t time_us)
{
    int64_t day = clock_day_vn(time_us);
    int64_t second = time_us / 1000000;
    if (day >= business->quota_day) {
        business->quota_used = day == business->quota_day ? business->quota_used + 1 : 1;
        business->quota_day = day;
    }
    if (second >= business->quota_second) {
        bool same = second == business->quota_second;
        business->quota_second_used = same ? business->quota_second_used + 1 : 1;
        business->quota_second = second;
    }
    business->quota_total_used++;
}

static struct outcome replay_fee(struct gate *gate, struct party *party, int64_t day,
                                 const struct fee *fee)
{
    struct fee_place place = {0};
    if (party == NULL || fee->vnd_per_field == 0) {
        return OUTCOME_OK;
    }
    TRY(fees_reserve(gate->directory, party, fees_month(day), fee, &place));
    fees_count(&place, 1, fee->fields);
    return OUTCOME_OK;
}

static struct outcome replay_history(struct gate *gate, uint64_t index, const struct record *record)
{
    if (gate->history == NULL) {
        return OUTCOME_OK;
    }
    TRY(history_reserve(gate->history));
    return history_add(gate->history, index, record);
}

/* Counters of one recorded ask; and whoever a record is a row of. */
struct outcome gate_replay(struct gate *gate, uint64_t index, const struct record *record)
{
    struct effect effect = {0};
    bool ask = record->kind == KIND_DISCLOSURE || record->kind == KIND_UNAVAILABLE ||
               record->kind == KIND_REFUSAL;
    TRY(replay_history(gate, index, record));
    if (!ask) {
        return OUTCOME_OK;
    }
    TRY(effect_get(record->effect, &effect));
    struct business *business = directory_business(gate->directory, effect.business);
    struct party *party = directory_party(gate->directory, effect.party);
    int64_t day = clock_day_vn(record->time_us);
    if (effect.quota_taken && business != NULL) {
        replay_quota(business, record->time_us);
    }
    if (effect.missed) {
        TRY(guesses_add(&gate->guesses, effect.guess_tag, (uint32_t)(record->time_us / 1000000)));
    }
    if (effect.missed && party != NULL && day >= party->guess_day) {
        party->guess_count = day == party->guess_day ? party->guess_count + 1 : 1;
        party->guess_day = day;
    }
    TRY(replay_fee(gate, party, day, &effect.fee));
    if (effect.of_job) {
        job_tracks_put(&gate->jobs, effect.job_id, effect.job_line, index);
    }
    if (effect.written) {
        written_put(&gate->written, effect.business, index);
        gate->passes.none_due = false;
    }
    if (effect.sealed && record->kind != KIND_REFUSAL) {
        sealed_count(&gate->sealed, record->time_us, effect.sealed_until_day);
    }
    if (effect.proven) {
        TRY(replay_proof(gate, &effect, (uint32_t)(record->time_us / 1000000)));
    }
    return effect.keyed ? replay_key(gate, index, &effect, (uint32_t)(record->time_us / 1000000))
                        : OUTCOME_OK;
}

static void restore_business(struct gate *gate, struct cursor *cursor)
{
    struct view code = cursor_block16(cursor);
    int64_t day = (int64_t)cursor_u64(cursor);
    uint64_t used = cursor_u64(cursor);
    int64_t second = (int64_t)cursor_u64(cursor);
    uint64_t second_used = cursor_u64(cursor);
    uint64_t total_used = cursor_u64(cursor);
    struct business *business = directory_business(gate->directory, code);
    if (business != NULL) {
        business->quota_day = day;
        business->quota_used = used;
        business->quota_second = second;
        business->quota_second_used = second_used;
        business->quota_total_used = total_used;
    }
}

static void restore_party(struct gate *gate, struct cursor *cursor)
{
    struct view code = cursor_block16(cursor);
    int64_t day = (int64_t)cursor_u64(cursor);
    uint32_t count = cursor_u32(cursor);
    struct party *party = directory_party(gate->directory, code);
    if (party != NULL) {
        party->guess_day = day;
        party->guess_count = count;
    }
}

static void restore_line(struct gate *gate, struct party *party, int32_t month,
                         struct cursor *cursor)
{
    struct fee_place place = {0};
    struct fee fee = {.product = cursor_block16(cursor), .vnd_per_field = cursor_u64(cursor)};
    uint64_t asks = cursor_u64(cursor);
    uint64_t fields = cursor_u64(cursor);
    if (cursor->failed || party == NULL) {
        return;
    }
    bool sane = fee.product.len > 0 && fee.product.len <= ASK_CODE_BYTES_MAX;
    if (!sane || !outcome_ok(fees_reserve(gate->directory, party, month, &fee, &place))) {
        cursor->failed = true; /* an older snapshot, or the log, tells it anew */
        return;
    }
    fees_count(&place, asks, fields);
}

static void restore_statement(struct gate *gate, struct cursor *cursor)
{
    struct party *party = directory_party(gate->directory, cursor_block16(cursor));
    uint32_t month = cursor_u32(cursor);
    unsigned count = cursor_u16(cursor);
    cursor->failed = cursor->failed || month > FEE_MONTH_LAST || count > FEE_LINES_MAX;
    for (unsigned i = 0; i < count && !cursor->failed; i++) {
        restore_line(gate, party, (int32_t)month, cursor);
    }
}

/* A section of businesses, parties or statements. */
static struct outcome restore_section(struct gate *gate,
                                      void (*restore)(struct gate *gate, struct cursor *cursor),
                                      struct cursor *cursor)
{
    uint8_t kind = cursor_u8(cursor);
    for (; kind == SAVE_ROW && !cursor->failed; kind = cursor_u8(cursor)) {
        restore(gate, cursor);
    }
    return cursor->failed || kind != SAVE_END ? outcome_fail(FAULT_CORRUPT, "snapshot: counters")
                                              : OUTCOME_OK;
}

struct outcome gate_restore(struct gate *gate, struct cursor *cursor)
{
    if (cursor_u8(cursor) != GATE_STATE_VERSION) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: unknown version of the gate's state");
    }
    TRY(restore_section(gate, restore_business, cursor));
    TRY(restore_section(gate, restore_party, cursor));
    fees_clear(gate->directory);
    TRY(restore_section(gate, restore_statement, cursor));
    TRY(guesses_get(&gate->guesses, cursor));
    TRY(keys_restore(&gate->keys, gate->directory, cursor));
    TRY(job_tracks_restore(&gate->jobs, cursor));
    TRY(once_restore(&gate->once, cursor));
    TRY(written_restore(&gate->written, cursor));
    gate->passes.none_due = false;
    sealed_restore(&gate->sealed, cursor);
    if (cursor->failed) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: hidden looks");
    }
    return gate->history == NULL ? OUTCOME_OK : history_restore(gate->history, cursor);
}

void gate_opened(struct gate *gate)
{
    if (gate->history != NULL) {
        history_opened(gate->history);
    }
}

void gate_history_figures(const struct gate *gate, struct history_figures *ret_figures)
{
    *ret_figures = (struct history_figures){0};
    if (gate->history != NULL) {
        history_figures_get(gate->history, ret_figures);
    }
}

size_t gate_guess_keys(const struct gate *gate)
{
    return gate->guesses.tags.len;
}
