/* The log as its openings tell it, and RFC 6962 read a second time. */
#include "oracle.h"

#include "gate/work.h"
#include "office/deed.h"

static void put_text(char *ret_text, size_t size, struct view view)
{
    snprintf(ret_text, size, "%.*s", (int)view.len, (const char *)view.data);
}

static struct outcome read_act(struct oracle_log *log, uint64_t index, const struct record *record)
{
    struct act act = {0};
    struct deed deed = {0};
    unsigned field = 0;
    assert_true(log->act_count < ORACLE_ACTS_MAX);
    TRY(deed_get(record->effect, &deed));
    TRY(act_get(deed.act, &act));
    log->acts[log->act_count].index = index;
    log->acts[log->act_count].kind = act.kind;
    if (deed.is_signed) {
        memcpy(log->acts[log->act_count].hash, deed.signed_.jws_hash, SEAL_HASH_BYTES);
    } else {
        seal_sha256(record->effect, log->acts[log->act_count].hash);
    }
    log->acts[log->act_count].code[0] = '\0';
    if (outcome_ok(act_field_find(act.kind, VIEW_LITERAL("code"), &field))) {
        put_text(log->acts[log->act_count].code, ASK_CODE_BYTES_MAX + 1, act.values[field]);
    }
    if (act.kind == ACT_IMPORT_CHUNK) {
        put_text(log->acts[log->act_count].code, ASK_CODE_BYTES_MAX + 1, act_value(&act, "number"));
        log->acts[log->act_count].added = act_number(&act, "added", 0);
    }
    if (outcome_ok(act_field_find(act.kind, VIEW_LITERAL("hash"), &field))) {
        put_text(log->acts[log->act_count].value, SEAL_HASH_BYTES * 2 + 1, act.values[field]);
    }
    log->act_count++;
    return OUTCOME_OK;
}

static struct outcome read_ask(struct oracle_log *log, const struct record *record)
{
    struct effect effect = {0};
    int64_t day = clock_day_vn(record->time_us);
    TRY(effect_get(record->effect, &effect));
    for (unsigned i = 0; i < 2 && effect.quota_taken; i++) {
        if (view_is(effect.business, log->quotas[i].code)) {
            log->quotas[i].used = day == log->quotas[i].day ? log->quotas[i].used + 1 : 1;
            log->quotas[i].day = day;
        }
    }
    log->charged_asks += effect.fee.vnd_per_field > 0;
    log->charged_vnd += effect.fee.fields * effect.fee.vnd_per_field;
    if (effect.missed) {
        log->misses = day == log->miss_day ? log->misses + 1 : 1;
        log->miss_day = day;
    }
    return OUTCOME_OK;
}

struct outcome oracle_log_read(struct ledger *ledger, struct oracle_log *ret_log)
{
    BUF_AUTO scratch;
    struct oracle_log *log = ret_log;
    log->size = ledger_size(ledger);
    log->act_count = 0;
    log->misses = 0;
    log->miss_day = 0;
    log->charged_asks = 0;
    log->charged_vnd = 0;
    log->quotas[0].code = "NV-SECRET-KYC";
    log->quotas[1].code = "NV-FEW";
    log->quotas[0].used = 0;
    log->quotas[1].used = 0;
    assert_true(log->size <= ORACLE_ENTRIES_MAX);
    buf_init(&scratch, 1 << 21);
    for (uint64_t i = 0; i < log->size; i++) {
        struct ledger_item item = {0};
        struct record record = {0};
        buf_reset(&scratch);
        TRY(ledger_read(ledger, i, &scratch, &item));
        TRY(record_get_opening(item.opening, &record));
        seal_sha256_prefixed(0, item.entry, log->leaves[i]);
        if (record.kind == KIND_ACT) {
            TRY(read_act(log, i, &record));
        } else if (record.kind != KIND_AGGREGATE) {
            TRY(read_ask(log, &record));
        }
    }
    return OUTCOME_OK;
}

static void mth(const uint8_t (*leaves)[SEAL_HASH_BYTES], uint64_t count,
                uint8_t ret_hash[SEAL_HASH_BYTES])
{
    uint8_t both[2 * SEAL_HASH_BYTES];
    uint64_t left = 1;
    if (count == 1) {
        memcpy(ret_hash, leaves[0], SEAL_HASH_BYTES);
        return;
    }
    while (left * 2 < count) {
        left *= 2;
    }
    mth(leaves, left, both);
    mth(leaves + left, count - left, both + SEAL_HASH_BYTES);
    seal_sha256_prefixed(1, view_of(both, sizeof(both)), ret_hash);
}

void oracle_root(const struct oracle_log *log, uint64_t size, uint8_t ret_root[SEAL_HASH_BYTES])
{
    if (size == 0) {
        seal_sha256(view_of(NULL, 0), ret_root);
    } else {
        mth(log->leaves, size, ret_root);
    }
}
