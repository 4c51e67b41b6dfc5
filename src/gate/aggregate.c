/*
 * Refusals beyond the recorded rate, told to the log as one entry an account and second.
 *
 * Invariants
 * 1. An account's count is forgotten only after the commit that holds it (I2).
 * 2. Accounts are walked only when one of them has something to tell; what is due together shares a
 *    commit.
 */
#include "gate/work.h"

#include "base/check.h"

#define AGGREGATE_US 1000000

static void put_agent(const struct account *account, struct buf *buf)
{
    buf_put_text(buf, "{\"account\":\"");
    buf_put_view(buf, code_view(&account->code)); /* a code needs no escapes */
    buf_put_text(buf, "\",\"officer\":null,\"operator\":null}");
}

static void put_count(const struct account *account, struct buf *buf)
{
    buf_put_text(buf, "{\"count\":");
    buf_put_decimal(buf, account->limited_count);
    buf_put_text(buf, ",\"first\":\"");
    clock_put_micro(buf, account->limited_first_us);
    buf_put_text(buf, "\",\"last\":\"");
    clock_put_micro(buf, account->limited_last_us);
    buf_put_text(buf, "\"}");
}

static struct outcome add_one(struct gate *gate, const struct account *account, int64_t now_us)
{
    BUF_AUTO values;
    struct record_text text = {0};
    uint64_t index = 0;
    struct record record = {
        .kind = KIND_AGGREGATE,
        .outcome = view_text(words_name(&words_code, CODE_RATE_LIMITED)),
        .class = (uint8_t)account->party->class,
        .channel = (uint8_t)account->channel,
        .service = RECORD_WORD_NULL,
        .time_us = now_us,
    };
    buf_init(&values, OPENING_ASK_BYTES_MAX);
    put_agent(account, &values);
    size_t agent = values.len;
    put_count(account, &values);
    TRY(buf_check(&values));
    record.values[RECORD_AGENT] = view_of(values.data, agent);
    record.values[RECORD_REQUEST] = view_of(values.data + agent, values.len - agent);
    work_stamp_record(gate, &record);
    return work_add_record(gate, &record, &text, &index);
}

/* They are nobody's rows; the log's day is theirs, too. */
static struct outcome tell_history(struct gate *gate, uint64_t index, unsigned count,
                                   int64_t now_us)
{
    const struct record record = {.kind = KIND_AGGREGATE, .time_us = now_us};
    for (unsigned i = 0; i < count && gate->history != NULL; i++) {
        TRY(history_add(gate->history, index + i, &record));
    }
    return OUTCOME_OK;
}

/* One commit for them all. */
static struct outcome record_due(struct gate *gate, struct account *const *due, unsigned count)
{
    struct outcome outcome = OUTCOME_OK;
    int64_t now_us = clock_wall_us(&gate->clock);
    uint64_t index = ledger_size(gate->ledger);
    buf_reset(&gate->texts);
    for (unsigned i = 0; i < count && outcome_ok(outcome); i++) {
        outcome = add_one(gate, due[i], now_us);
    }
    if (outcome_ok(outcome)) {
        outcome = ledger_commit(gate->ledger);
    }
    if (!outcome_ok(outcome)) {
        ledger_abandon(gate->ledger);
        return outcome;
    }
    for (unsigned i = 0; i < count; i++) {
        gate->counts.limited_waiting -= due[i]->limited_count;
        due[i]->limited_count = 0;
    }
    return tell_history(gate, index, count, now_us);
}

/* Up to a batch of those that are due. ret_first_us: the first of the others, 0 when there is
 * none. */
static unsigned find_due(struct gate *gate, int64_t until_us, struct account **ret_due,
                         int64_t *ret_first_us)
{
    size_t at = 0;
    unsigned count = 0;
    *ret_first_us = 0;
    for (struct account *account = map_next(&gate->directory->accounts, &at); account != NULL;
         account = map_next(&gate->directory->accounts, &at)) {
        if (account->limited_count == 0) {
            continue;
        }
        if (account->limited_first_us <= until_us && count < BATCH_ASKS_MAX) {
            ret_due[count] = account;
            count++;
        } else if (*ret_first_us == 0 || account->limited_first_us < *ret_first_us) {
            *ret_first_us = account->limited_first_us;
        }
    }
    return count;
}

struct outcome gate_aggregate(struct gate *gate, bool all, uint32_t *ret_wait_ms)
{
    struct account *due[BATCH_ASKS_MAX];
    int64_t now_us = clock_wall_us(&gate->clock);
    int64_t until_us = all ? INT64_MAX : now_us - AGGREGATE_US;
    *ret_wait_ms = AGGREGATE_US / 1000;
    CHECK(gate->ledger != NULL);
    while (gate->limited_us != 0 && (all || gate->limited_us <= until_us)) {
        int64_t first_us = 0;
        unsigned count = find_due(gate, until_us, due, &first_us);
        if (count > 0) {
            TRY(record_due(gate, due, count));
        }
        gate->limited_us = first_us;
    }
    return OUTCOME_OK;
}
