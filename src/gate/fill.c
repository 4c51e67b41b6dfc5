/*
 * From a decided ask to its record: the nine values as canonical JSON, the effect for replay.
 *
 * Invariants
 * 1. Members stand in canonical order (RFC 8785): what is written here is hashed as it is.
 * 2. The exact rule stands in `trace` only (I5).
 */
#include "gate/work.h"

#include "base/check.h"
#include "wire/json.h"

#include <inttypes.h>
#include <string.h>

/* 1 had no keys, 1 and 2 nothing sealed, 3 no fees, 4 neither jobs nor proofs nor searches; else
 * they are the same. */
#define EFFECT_VERSION 5
#define EFFECT_VERSION_WRITTEN 6 /* 5, and what giving a case's disclosure again needs */
#define EFFECT_QUOTA 1
#define EFFECT_MISS 2
#define EFFECT_KEY 4
#define EFFECT_SEALED 8
#define EFFECT_FEE 16
#define EFFECT_JOB 32
#define EFFECT_PROOF 64
#define EFFECT_HITS 128
#define ENGINE_VERSION 5 /* of the deciding code; grows when a decision could change */

void effect_put(const struct effect *effect, struct buf *buf)
{
    buf_put_u8(buf, effect->written ? EFFECT_VERSION_WRITTEN : EFFECT_VERSION);
    buf_put_u8(buf,
               (uint8_t)((effect->quota_taken ? EFFECT_QUOTA : 0) |
                         (effect->missed ? EFFECT_MISS : 0) | (effect->keyed ? EFFECT_KEY : 0) |
                         (effect->sealed ? EFFECT_SEALED : 0) |
                         (effect->fee.vnd_per_field > 0 ? EFFECT_FEE : 0) |
                         (effect->of_job ? EFFECT_JOB : 0) | (effect->proven ? EFFECT_PROOF : 0) |
                         (effect->hit_count > 0 ? EFFECT_HITS : 0)));
    buf_put(buf, effect->guess_tag, SEAL_BLIND_BYTES);
    buf_put_block16(buf, effect->party);
    buf_put_block16(buf, effect->business);
    if (effect->keyed) {
        buf_put(buf, effect->key_tag, SEAL_BLIND_BYTES);
        buf_put(buf, effect->body, SEAL_HASH_BYTES);
        buf_put_block16(buf, effect->account);
        buf_put_u8(buf, effect->field_index);
        buf_put_u32(buf, effect->person_version);
    }
    if (effect->sealed) {
        buf_put_u64(buf, (uint64_t)effect->sealed_until_day);
    }
    if (effect->fee.vnd_per_field > 0) {
        buf_put_block16(buf, effect->fee.product);
        buf_put_u64(buf, effect->fee.vnd_per_field);
        buf_put_u8(buf, (uint8_t)effect->fee.fields);
    }
    if (effect->of_job) {
        buf_put(buf, effect->job_id, JOB_ID_LEN);
        buf_put_u32(buf, effect->job_line);
        buf_put_u8(buf, effect->field_index);
        buf_put_u32(buf, effect->person_version);
    }
    if (effect->proven) {
        buf_put(buf, effect->proof_tag, PROOF_TAG_BYTES);
    }
    if (effect->hit_count > 0) {
        buf_put_u8(buf, (uint8_t)effect->hit_count);
    }
    for (unsigned i = 0; i < effect->hit_count; i++) {
        buf_put_u32(buf, effect->hit_versions[i]);
    }
    if (effect->written) {
        buf_put_u8(buf, effect->field_index);
        buf_put_u32(buf, effect->person_version);
    }
}

static void get_key(struct cursor *cursor, struct effect *effect)
{
    cursor_copy(cursor, effect->key_tag, SEAL_BLIND_BYTES);
    cursor_copy(cursor, effect->body, SEAL_HASH_BYTES);
    effect->account = cursor_block16(cursor);
    effect->field_index = cursor_u8(cursor);
    effect->person_version = cursor_u32(cursor);
}

static void get_fee(struct cursor *cursor, struct fee *fee)
{
    fee->product = cursor_block16(cursor);
    fee->vnd_per_field = cursor_u64(cursor);
    fee->fields = cursor_u8(cursor);
    if (fee->product.len == 0 || fee->product.len > ASK_CODE_BYTES_MAX || fee->vnd_per_field == 0 ||
        fee->vnd_per_field > FEE_VND_MAX) {
        cursor->failed = true;
    }
}

static void get_hits(struct cursor *cursor, struct effect *effect)
{
    unsigned count = cursor_u8(cursor);
    if (count == 0 || count > NAMESAKES_SHOWN_MAX) {
        cursor->failed = true;
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        effect->hit_versions[i] = cursor_u32(cursor);
    }
    effect->hit_count = count;
}

struct outcome effect_get(struct view bytes, struct effect *ret_effect)
{
    struct cursor cursor = cursor_of(bytes);
    struct effect effect = {0};
    uint8_t version = cursor_u8(&cursor);
    uint8_t flags = cursor_u8(&cursor);
    effect.quota_taken = (flags & EFFECT_QUOTA) != 0;
    effect.missed = (flags & EFFECT_MISS) != 0;
    effect.keyed = version >= 2 && (flags & EFFECT_KEY) != 0;
    effect.sealed = version >= 3 && (flags & EFFECT_SEALED) != 0;
    cursor_copy(&cursor, effect.guess_tag, SEAL_BLIND_BYTES);
    effect.party = cursor_block16(&cursor);
    effect.business = cursor_block16(&cursor);
    if (effect.keyed) {
        get_key(&cursor, &effect);
    }
    if (effect.sealed) {
        effect.sealed_until_day = (int64_t)cursor_u64(&cursor);
    }
    if (version >= 4 && (flags & EFFECT_FEE) != 0) {
        get_fee(&cursor, &effect.fee);
    }
    if (version >= 5 && (flags & EFFECT_JOB) != 0) {
        effect.of_job = true;
        cursor_copy(&cursor, effect.job_id, JOB_ID_LEN);
        effect.job_line = cursor_u32(&cursor);
        effect.field_index = cursor_u8(&cursor);
        effect.person_version = cursor_u32(&cursor);
    }
    effect.proven = version >= 5 && (flags & EFFECT_PROOF) != 0;
    if (effect.proven) {
        cursor_copy(&cursor, effect.proof_tag, PROOF_TAG_BYTES);
    }
    if (version >= 5 && (flags & EFFECT_HITS) != 0) {
        get_hits(&cursor, &effect);
    }
    effect.written = version == EFFECT_VERSION_WRITTEN;
    if (effect.written) {
        effect.field_index = cursor_u8(&cursor);
        effect.person_version = cursor_u32(&cursor);
    }
    if (version == 0 || version > EFFECT_VERSION_WRITTEN ||
        !outcome_ok(cursor_end(&cursor, "effect"))) {
        return outcome_fail(FAULT_CORRUPT, "effect of an ask does not decode");
    }
    *ret_effect = effect;
    return OUTCOME_OK;
}

/* For whom it is asked: as the ask names it, or found by its unit. */
static struct view acting_of(const struct work *work)
{
    if (work->ask->party.len > 0) {
        return work->ask->party;
    }
    return code_view(work->party != NULL ? &work->party->code : &work->account->party->code);
}

static void put_party(const struct work *work, struct buf *buf)
{
    json_put_string(buf, acting_of(work));
}

static void put_agent(const struct work *work, struct buf *buf)
{
    struct view own = code_view(&work->account->party->code);
    bool for_other = !view_equal(acting_of(work), own);
    buf_put_text(buf, "{\"account\":");
    json_put_string(buf, code_view(&work->account->code));
    if (work->ask->own != NULL) {
        buf_put_text(buf, ",\"citizen\":");
        json_put_string(buf, work->ask->own->citizen);
    }
    buf_put_text(buf, ",\"officer\":");
    json_put_string_or_null(buf, work->ask->officer);
    buf_put_text(buf, ",\"operator\":");
    json_put_string_or_null(buf, for_other ? own : view_of(NULL, 0));
    buf_put_u8(buf, '}');
}

static void put_business(const struct work *work, struct buf *buf)
{
    const struct ask *ask = work->ask;
    if (ask->procedure.len == 0 && ask->written == NULL && work->pass == NULL) {
        json_put_string(buf, ask->business);
    } else { /* found, or not */
        json_put_string_or_null(buf, work->business != NULL ? code_view(&work->business->code)
                                                            : view_of(NULL, 0));
    }
}

static void put_case(const struct work *work, struct buf *buf)
{
    json_put_string_or_null(buf, work->ask->case_ref);
}

static void put_use(const struct ask *ask, struct buf *buf)
{
    if (ask->use_kind == USE_NONE) {
        buf_put_text(buf, "null");
        return;
    }
    buf_put_text(buf, ask->use_kind == USE_COPY ? "{\"copy\":" : "{\"third_party\":");
    json_put_string(buf, ask->use_text);
    buf_put_u8(buf, '}');
}

static void put_claims(const struct ask *ask, struct buf *buf)
{
    if (ask->claim_count == 0) {
        return;
    }
    for (unsigned i = 0; i < ask->claim_count; i++) {
        buf_put_text(buf, i == 0 ? ",\"claims\":[" : ",");
        claim_put(&ask->claims[i], buf);
    }
    buf_put_u8(buf, ']');
}

/* What named the business in place of its code. */
static void put_place(struct buf *buf, const char *name, struct view value)
{
    if (value.len > 0) {
        buf_printf(buf, ",\"%s\":", name);
        json_put_string(buf, value);
    }
}

/* Whom a line of a list asks for is told nobody: the list stands for him. */
static void put_list(const struct work *work, struct buf *buf)
{
    buf_put_text(buf, "{\"list\":");
    json_put_string_or_null(buf, work->extract != NULL ? code_view(&work->extract->code)
                                                       : view_of(NULL, 0));
    buf_put_u8(buf, '}');
}

/* The subject as sent. */
static void put_asked(const struct ask *ask, struct buf *buf)
{
    static const char *const keys[SUBJECT_KIND_COUNT] = {
        [SUBJECT_ID] = ",\"id\":", [SUBJECT_CMND] = ",\"cmnd\":"};
    if (ask->own != NULL) {
        buf_put_text(buf, "{\"id\":");
        json_put_string(buf, ask->key);
        buf_put_u8(buf, '}');
        return;
    }
    buf_put_text(buf, "{\"birth_date\":");
    json_put_string(buf, ask->birth_date);
    if (keys[ask->subject_kind] != NULL) {
        buf_put_text(buf, keys[ask->subject_kind]);
        json_put_string(buf, ask->key);
    }
    buf_put_text(buf, ",\"name\":");
    json_put_string(buf, ask->name);
    if (ask->province.len > 0) {
        buf_put_text(buf, ",\"province\":");
        json_put_string(buf, ask->province);
    }
    if (ask->sex != 0) {
        buf_printf(buf, ",\"sex\":\"%u\"", ask->sex);
    }
    buf_put_u8(buf, '}');
}

static void put_name(struct buf *buf, bool *first, const char *name)
{
    buf_printf(buf, *first ? "\"%s\":" : ",\"%s\":", name);
    *first = false;
}

static void put_row(struct buf *buf, bool *first, const char *name, uint64_t place)
{
    if (place != 0) {
        put_name(buf, first, name);
        buf_printf(buf, "\"%016" PRIx64 "\"", place);
    }
}

static void put_day(struct buf *buf, bool *first, const char *name, int32_t day)
{
    if (day != 0) {
        put_name(buf, first, name);
        buf_put_u8(buf, '"');
        date_put(buf, day);
        buf_put_u8(buf, '"');
    }
}

static void put_word(struct buf *buf, bool *first, const char *name, const struct words *words,
                     uint8_t word)
{
    if (word != 0) {
        put_name(buf, first, name);
        buf_printf(buf, "\"%s\"", words_name(words, word - 1u));
    }
}

/* Which rows of his history a citizen wants. */
static void put_rows(const struct ask_history *history, struct buf *buf)
{
    bool first = true;
    if (!ask_history_said(history)) {
        return;
    }
    buf_put_text(buf, ",\"rows\":{");
    put_row(buf, &first, "before", history->before);
    put_word(buf, &first, "channel", &words_channel, history->channel);
    if (history->form == HISTORY_STATEMENT) {
        put_name(buf, &first, "form");
        buf_put_text(buf, "\"statement\"");
    }
    put_day(buf, &first, "from", history->from_day);
    if (history->limit != 0) {
        put_name(buf, &first, "limit");
        buf_put_decimal(buf, history->limit);
    }
    if (history->party.len > 0) {
        put_name(buf, &first, "party");
        json_put_string(buf, history->party);
    }
    put_row(buf, &first, "row", history->row);
    put_word(buf, &first, "service", &words_service, history->service);
    put_day(buf, &first, "until", history->until_day);
    buf_put_u8(buf, '}');
}

static void put_request(const struct work *work, struct buf *buf)
{
    const struct ask *ask = work->ask;
    buf_put_text(buf, "{\"asked\":");
    if (ask->service == SERVICE_LIST_EXTRACT) {
        put_list(work, buf);
    } else {
        put_asked(ask, buf);
    }
    put_claims(ask, buf);
    buf_put_text(buf, ",\"fields\":[");
    for (unsigned i = 0; i < work->field_count; i++) {
        buf_put_text(buf, i == 0 ? "\"" : ",\"");
        buf_put_text(buf, words_name(&words_field, work->fields[i]));
        buf_put_u8(buf, '"');
    }
    buf_put_text(buf, ask->claim_count == 0 ? "]"
                      : ask->per_claim      ? "],\"per_claim\":true"
                                            : "],\"per_claim\":false");
    put_place(buf, "procedure", ask->procedure);
    put_rows(&ask->history, buf);
    put_place(buf, "unit", ask->unit);
    buf_put_text(buf, ",\"use\":");
    put_use(ask, buf);
    buf_put_u8(buf, '}');
}

/* One hash is taken for every ask that came to the read, released or not (I5). */
void work_put_answer(const struct work *work, struct buf *buf)
{
    uint8_t hash[SEAL_HASH_BYTES] = {0};
    bool disclosed = work->decision.code == CODE_DISCLOSED;
    seal_sha256(work->person, hash);
    buf_put_text(buf, "{\"digest\":");
    if (disclosed) {
        buf_put_u8(buf, '"');
        base64url_put(buf, view_of(hash, sizeof(hash)));
        buf_put_u8(buf, '"');
    } else {
        buf_put_text(buf, "null");
    }
    buf_put_text(buf, ",\"notices\":");
    buf_put_view(buf, disclosed ? work->notices : VIEW_LITERAL("[]"));
    buf_put_u8(buf, '}');
}

bool work_hides(const struct work *work)
{
    return work->business != NULL && work->business->sealed_until_day != BUSINESS_UNSEALED;
}

/* From which day on whom it is about may see it. */
static void put_sealed_until(const struct work *work, struct buf *buf)
{
    if (!work_hides(work)) {
        buf_put_text(buf, "null");
        return;
    }
    buf_put_u8(buf, '"');
    date_put(buf, work->business->sealed_until_day);
    buf_put_u8(buf, '"');
}

/* What was verified, and by which key; of an ask that nobody signed the trace says nothing. */
static void put_proof(const struct ask_proof *proof, struct buf *buf)
{
    if (proof->kind == PROOF_NONE) {
        return;
    }
    buf_put_text(buf, ",\"proof\":{\"citizen\":");
    json_put_string_or_null(buf, proof->citizen);
    buf_put_text(buf, ",\"key\":");
    json_put_string_or_null(buf, proof->kid);
    buf_put_text(buf, proof->kind == PROOF_ASSERTION ? ",\"kind\":\"assertion\"}"
                                                     : ",\"kind\":\"signature\"}");
}

/* Of the person; of a search the first one's, and then everybody's. */
static void put_versions(const struct work *work, struct buf *buf)
{
    if (work->hit_count == 0 && !work->person_found) {
        buf_put_text(buf, "null");
        return;
    }
    buf_put_decimal(buf, work->hit_count > 0 ? work->hits[0].version : work->person_version);
    for (unsigned i = 0; i < work->hit_count; i++) {
        buf_put_text(buf, i == 0 ? ",\"person_versions\":[" : ",");
        buf_put_decimal(buf, work->hits[i].version);
    }
    buf_put_text(buf, work->hit_count > 0 ? "]" : "");
}

static void put_trace(const struct work *work, struct buf *buf)
{
    buf_put_text(buf, "{\"replay\":{\"business_version\":");
    buf_put_decimal(buf, work->business != NULL ? work->business->version : 0);
    buf_put_text(buf, ",\"engine\":");
    buf_put_decimal(buf, ENGINE_VERSION);
    buf_put_text(buf, ",\"guesses\":");
    buf_put_decimal(buf, work->guesses);
    buf_put_text(buf, work->locked ? ",\"lock\":true,\"permit\":" : ",\"lock\":false,\"permit\":");
    json_put_string_or_null(buf, work->permit != NULL ? code_view(&work->permit->code)
                                                      : view_of(NULL, 0));
    buf_put_text(buf, ",\"person_version\":");
    put_versions(work, buf);
    put_proof(&work->ask->proof, buf);
    buf_put_text(buf, ",\"quota_second_used\":");
    buf_put_decimal(buf, work->quota_second_used);
    buf_put_text(buf, ",\"quota_total_used\":");
    buf_put_decimal(buf, work->quota_total_used);
    buf_put_text(buf, ",\"quota_used\":");
    buf_put_decimal(buf, work->quota_used);
    buf_put_text(buf, ",\"sealed_until\":");
    put_sealed_until(work, buf);
    buf_put_text(buf, "},\"rule\":\"");
    buf_put_text(buf, words_name(&words_rule, work->decision.rule));
    buf_put_text(buf, "\"}");
}

typedef void put_value(const struct work *work, struct buf *buf);

static put_value *const putters[RECORD_NAME_COUNT] = {
    [RECORD_PARTY] = put_party, [RECORD_AGENT] = put_agent,     [RECORD_BUSINESS] = put_business,
    [RECORD_CASE] = put_case,   [RECORD_REQUEST] = put_request, [RECORD_ANSWER] = work_put_answer,
    [RECORD_TRACE] = put_trace,
};

static enum entry_kind kind_of(enum code code)
{
    if (code == CODE_DISCLOSED) {
        return KIND_DISCLOSURE;
    }
    return code == CODE_SUBJECT_NOT_AVAILABLE ? KIND_UNAVAILABLE : KIND_REFUSAL;
}

static void fill_effect(const struct work *work, struct buf *texts, struct record *record)
{
    struct effect effect = {
        .quota_taken = work->quota_taken,
        .missed = work->missed,
        .party = code_view(work->party != NULL ? &work->party->code : &work->account->party->code),
        .business = work->business != NULL ? code_view(&work->business->code) : view_of(NULL, 0),
        .keyed = work->keyed,
        .account = code_view(&work->account->code),
        .field_index = work->field_index,
        .person_version = work->person_version,
        .sealed = work_hides(work),
        .sealed_until_day = work_hides(work) ? work->business->sealed_until_day : 0,
        .fee = work->fee,
        .of_job = work->ask->of_job,
        .job_line = work->ask->job_line,
        .proven = work->proven,
        .written = work_gives(work),
    };
    memcpy(effect.job_id, work->ask->job_id, JOB_ID_LEN);
    memcpy(effect.proof_tag, work->ask->proof.tag, PROOF_TAG_BYTES);
    memcpy(effect.guess_tag, work->guess_tag, SEAL_BLIND_BYTES);
    memcpy(effect.key_tag, work->key_tag, SEAL_BLIND_BYTES);
    memcpy(effect.body, work->ask->body_sha256, SEAL_HASH_BYTES);
    effect.hit_count = work->keyed ? work->hit_count : 0;
    for (unsigned i = 0; i < effect.hit_count; i++) {
        effect.hit_versions[i] = work->hits[i].version;
    }
    size_t start = texts->len;
    effect_put(&effect, texts);
    record->effect = view_of(texts->data + start, texts->len - start);
}

struct outcome work_fill_record(struct gate *gate, struct work *work)
{
    struct record *record = &work->record;
    const struct party *acting = work->party != NULL ? work->party : work->account->party;
    *record = (struct record){
        .kind = kind_of(work->decision.code),
        .outcome = view_text(words_name(&words_code, work->decision.code)),
        .class = (uint8_t)acting->class,
        .channel = (uint8_t)work->account->channel,
        .service = (uint8_t)work->ask->service,
        .time_us = work->now_us,
    };
    memcpy(record->policy_hash, policy_hash(gate->policy), 64);
    record_ask_id(work->now_us, &gate->random, record->ask_id);
    ask_id_hide(gate, work->index, record->ask_id);
    random_fill(&gate->random, record->secret, sizeof(record->secret));
    if (work->person_found) {
        record->persons[0] = work->person_key;
        record->person_count = 1;
    }
    for (unsigned i = 0; i < work->hit_count; i++) {
        record->persons[record->person_count++] = work->hits[i].key;
    }
    record->hashed = 1 + work->named_looked;
    if (record->kind == KIND_DISCLOSURE) {
        record->named = work_put_named(work, &gate->texts);
    }
    for (enum record_name name = 0; name < RECORD_NAME_COUNT; name++) {
        if (putters[name] != NULL) {
            size_t start = gate->texts.len;
            putters[name](work, &gate->texts);
            record->values[name] = view_of(gate->texts.data + start, gate->texts.len - start);
        }
    }
    fill_effect(work, &gate->texts, record);
    return buf_check(&gate->texts);
}
