/*
 * The codec of the frames between processes: structs to bytes and back.
 *
 * Invariants
 *  1. A frame that is read has a known kind, our version, and lies within FRAME_BYTES_MAX; its
 *     views lie inside the bytes that were received.
 *  2. What frame_get_*() gives has passed every check that its contract names: the receiver relies
 *     on no promise of the sender (design.md section 2).
 *  3. A frame that was begun is finished with its true length, or its buf is failed.
 */
#include "proc/frame.h"

#include "base/check.h"

#include <string.h>

#define HASH_BYTES 32
#define PATH_HASHES_MAX 64 /* a leaf index has 64 bits */
/* What an answer says of itself. */
#define ANSWER_LIMITED 1
#define ANSWER_RECEIPT_ONLY 2
#define ANSWER_CHECKPOINT_OWN 4
#define ANSWER_RESULT 8
#define ANSWER_FLAGS (ANSWER_LIMITED | ANSWER_RECEIPT_ONLY | ANSWER_CHECKPOINT_OWN | ANSWER_RESULT)

/* What an ask has besides what every ask has, in the order in which it follows. */
#define ASK_CLAIMS 1u
#define ASK_PER_CLAIM 2u /* nothing follows */
#define ASK_SEARCH 4u
#define ASK_PROCEDURE 8u
#define ASK_FIELDS_GRANTED 16u /* nothing follows */
#define ASK_OF_JOB 32u
#define ASK_PROOF 64u
#define ASK_HISTORY 128u

static bool kind_known(unsigned kind)
{
    return kind > 0 && kind < FRAME_KIND_COUNT;
}

size_t frame_start(struct buf *buf, enum frame_kind kind)
{
    CHECK(kind_known(kind));
    size_t start = buf->len;

    buf_put_u32(buf, 0);
    buf_put_u8(buf, (uint8_t)kind);
    buf_put_u8(buf, FRAME_VERSION);
    buf_put_u16(buf, 0);
    return start;
}

void frame_finish(struct buf *buf, size_t start, unsigned count)
{
    if (buf->failed) { /* the header itself may be missing: invariant 3 */
        return;
    }
    CHECK(count <= UINT16_MAX);
    CHECK(start <= buf->len && buf->len - start >= FRAME_HEADER_BYTES);
    size_t len = buf->len - start - FRAME_HEADER_BYTES;
    if (len > FRAME_BYTES_MAX - FRAME_HEADER_BYTES) {
        buf->failed = true;
        return;
    }
    buf_patch_u32(buf, start, (uint32_t)len);
    buf->data[start + 6] = (uint8_t)(count >> 8);
    buf->data[start + 7] = (uint8_t)count;
}

struct outcome frame_peek(struct view received, struct frame *ret_frame, size_t *ret_bytes)
{
    if (received.len < FRAME_HEADER_BYTES) {
        return outcome_fail(FAULT_AGAIN, "frame header");
    }
    struct cursor cursor = cursor_of(received);
    size_t len = cursor_u32(&cursor);
    unsigned kind = cursor_u8(&cursor);
    unsigned version = cursor_u8(&cursor);
    unsigned count = cursor_u16(&cursor);

    /* Judged before the payload is waited for: a broken peer must not make us collect. */
    if (!kind_known(kind)) {
        return outcome_fail(FAULT_BAD_INPUT, "frame kind");
    }
    if (version != FRAME_VERSION) {
        return outcome_fail(FAULT_BAD_INPUT, "frame version");
    }
    if (len > FRAME_BYTES_MAX - FRAME_HEADER_BYTES) {
        return outcome_fail(FAULT_BAD_INPUT, "frame length");
    }
    if (len > cursor_left(&cursor)) {
        return outcome_fail(FAULT_AGAIN, "frame payload");
    }
    *ret_frame = (struct frame){
        .kind = (enum frame_kind)kind,
        .count = count,
        .payload = cursor_view(&cursor, len),
    };
    *ret_bytes = FRAME_HEADER_BYTES + len;
    return OUTCOME_OK;
}

static unsigned ask_parts(const struct ask *ask)
{
    return (ask->claim_count > 0 ? ASK_CLAIMS : 0) | (ask->per_claim ? ASK_PER_CLAIM : 0) |
           (ask->sex != 0 || ask->province.len > 0 ? ASK_SEARCH : 0) |
           (ask->procedure.len > 0 || ask->unit.len > 0 ? ASK_PROCEDURE : 0) |
           (ask->fields_granted ? ASK_FIELDS_GRANTED : 0) | (ask->of_job ? ASK_OF_JOB : 0) |
           (ask->proof.kind != PROOF_NONE ? ASK_PROOF : 0) |
           (ask_history_said(&ask->history) ? ASK_HISTORY : 0);
}

static void put_history(struct buf *buf, const struct ask_history *history)
{
    buf_put_u8(buf, history->form);
    buf_put_u64(buf, history->row);
    buf_put_u64(buf, history->before);
    buf_put_u8(buf, history->limit);
    buf_put_u8(buf, history->channel);
    buf_put_u8(buf, history->service);
    buf_put_u32(buf, (uint32_t)history->from_day);
    buf_put_u32(buf, (uint32_t)history->until_day);
    buf_put_block16(buf, history->party);
}

static void put_claims(struct buf *buf, const struct ask *ask)
{
    CHECK(ask->claim_count <= ASK_CLAIMS_MAX);
    buf_put_u8(buf, (uint8_t)ask->claim_count);
    for (unsigned i = 0; i < ask->claim_count; i++) {
        const struct claim *claim = &ask->claims[i];
        buf_put_u8(buf, claim->kind);
        buf_put_u8(buf, claim->what);
        buf_put_u8(buf, claim->compare);
        buf_put_block16(buf, claim->member);
        buf_put_block16(buf, claim->value);
    }
}

/* Few asks have any of these: one byte tells so. */
static void put_ask_parts(struct buf *buf, const struct ask *ask)
{
    unsigned parts = ask_parts(ask);

    buf_put_u8(buf, (uint8_t)parts);
    if ((parts & ASK_CLAIMS) != 0) {
        put_claims(buf, ask);
    }
    if ((parts & ASK_SEARCH) != 0) {
        buf_put_u8(buf, ask->sex);
        buf_put_block16(buf, ask->province);
    }
    if ((parts & ASK_PROCEDURE) != 0) {
        buf_put_block16(buf, ask->unit);
        buf_put_block16(buf, ask->procedure);
    }
    if ((parts & ASK_OF_JOB) != 0) {
        buf_put(buf, ask->job_id, sizeof(ask->job_id));
        buf_put_u32(buf, ask->job_line);
    }
    if ((parts & ASK_PROOF) != 0) {
        buf_put_u8(buf, (uint8_t)ask->proof.kind);
        buf_put(buf, ask->proof.tag, sizeof(ask->proof.tag));
        buf_put(buf, ask->proof.key, sizeof(ask->proof.key));
        buf_put_block16(buf, ask->proof.kid);
        buf_put_block16(buf, ask->proof.citizen);
    }
    if ((parts & ASK_HISTORY) != 0) {
        put_history(buf, &ask->history);
    }
}

void frame_put_ask(struct buf *buf, const struct ask *ask)
{
    CHECK(ask->field_count <= ASK_FIELDS_MAX);
    buf_put_u64(buf, ask->tag);
    buf_put(buf, ask->spki, sizeof(ask->spki));
    buf_put_u8(buf, (uint8_t)ask->service);
    buf_put_block16(buf, ask->business);
    buf_put_block16(buf, ask->case_ref);
    buf_put_block16(buf, ask->party);
    buf_put_block16(buf, ask->officer);
    buf_put_u8(buf, (uint8_t)ask->subject_kind);
    buf_put_block16(buf, ask->key);
    buf_put_block16(buf, ask->name);
    buf_put_block16(buf, ask->birth_date);
    buf_put_u8(buf, (uint8_t)ask->field_count);
    buf_put(buf, ask->fields, ask->field_count);
    buf_put_u8(buf, (uint8_t)ask->use_kind);
    buf_put_block16(buf, ask->use_text);
    buf_put_block16(buf, ask->idempotency_key);
    buf_put(buf, ask->body_sha256, sizeof(ask->body_sha256));
    buf_put_block16(buf, ask->traceparent);
    put_ask_parts(buf, ask);
}

/* An enumerator on the wire; a value outside the vocabulary fails the cursor's owner. */
static bool enum_known(unsigned value, unsigned count)
{
    return value < count;
}

/* Lengths are ask_sane()'s; here only what must be known before the struct can hold it. */
static struct outcome get_ask_fields(struct cursor *cursor, struct ask *ask)
{
    unsigned count = cursor_u8(cursor);

    if (count > ASK_FIELDS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: count of fields");
    }
    cursor_copy(cursor, ask->fields, count);
    ask->field_count = count;
    for (unsigned i = 0; i < count; i++) {
        if (!enum_known(ask->fields[i], FIELD_COUNT)) {
            return outcome_fail(FAULT_BAD_INPUT, "ask: field");
        }
    }
    return OUTCOME_OK;
}

static struct outcome get_claims(struct cursor *cursor, struct ask *ask)
{
    unsigned count = cursor_u8(cursor);

    if (count > ASK_CLAIMS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: count of claims");
    }
    for (unsigned i = 0; i < count; i++) {
        struct claim *claim = &ask->claims[i];
        claim->kind = cursor_u8(cursor);
        claim->what = cursor_u8(cursor);
        claim->compare = cursor_u8(cursor);
        claim->member = cursor_block16(cursor);
        claim->value = cursor_block16(cursor);
    }
    ask->claim_count = count;
    return OUTCOME_OK;
}

static struct outcome get_proof(struct cursor *cursor, struct ask_proof *proof)
{
    unsigned kind = cursor_u8(cursor);

    if (!enum_known(kind, PROOF_KIND_COUNT)) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: kind of proof");
    }
    proof->kind = (enum proof_kind)kind;
    cursor_copy(cursor, proof->tag, sizeof(proof->tag));
    cursor_copy(cursor, proof->key, sizeof(proof->key));
    proof->kid = cursor_block16(cursor);
    proof->citizen = cursor_block16(cursor);
    return OUTCOME_OK;
}

static void get_history(struct cursor *cursor, struct ask_history *history)
{
    history->form = cursor_u8(cursor);
    history->row = cursor_u64(cursor);
    history->before = cursor_u64(cursor);
    history->limit = cursor_u8(cursor);
    history->channel = cursor_u8(cursor);
    history->service = cursor_u8(cursor);
    history->from_day = (int32_t)cursor_u32(cursor);
    history->until_day = (int32_t)cursor_u32(cursor);
    history->party = cursor_block16(cursor);
}

/* A part that says nothing is not sent: each ask has one encoding. */
static struct outcome get_ask_parts(struct cursor *cursor, struct ask *ask)
{
    unsigned parts = cursor_u8(cursor);

    if ((parts & ASK_CLAIMS) != 0) {
        TRY(get_claims(cursor, ask));
    }
    ask->per_claim = (parts & ASK_PER_CLAIM) != 0;
    if ((parts & ASK_SEARCH) != 0) {
        ask->sex = cursor_u8(cursor);
        ask->province = cursor_block16(cursor);
    }
    if ((parts & ASK_PROCEDURE) != 0) {
        ask->unit = cursor_block16(cursor);
        ask->procedure = cursor_block16(cursor);
    }
    ask->fields_granted = (parts & ASK_FIELDS_GRANTED) != 0;
    ask->of_job = (parts & ASK_OF_JOB) != 0;
    if (ask->of_job) {
        cursor_copy(cursor, ask->job_id, sizeof(ask->job_id));
        ask->job_line = cursor_u32(cursor);
    }
    if ((parts & ASK_PROOF) != 0) {
        TRY(get_proof(cursor, &ask->proof));
    }
    if ((parts & ASK_HISTORY) != 0) {
        get_history(cursor, &ask->history);
    }
    return ask_parts(ask) == parts ? OUTCOME_OK
                                   : outcome_fail(FAULT_BAD_INPUT, "ask: an empty part");
}

struct outcome frame_get_ask(struct cursor *cursor, enum ask_sender sender, struct ask *ret_ask)
{
    struct ask ask = {0};

    ask.tag = cursor_u64(cursor);
    cursor_copy(cursor, ask.spki, sizeof(ask.spki));
    unsigned service = cursor_u8(cursor);
    ask.business = cursor_block16(cursor);
    ask.case_ref = cursor_block16(cursor);
    ask.party = cursor_block16(cursor);
    ask.officer = cursor_block16(cursor);
    unsigned subject_kind = cursor_u8(cursor);
    ask.key = cursor_block16(cursor);
    ask.name = cursor_block16(cursor);
    ask.birth_date = cursor_block16(cursor);
    TRY(get_ask_fields(cursor, &ask));
    unsigned use_kind = cursor_u8(cursor);
    ask.use_text = cursor_block16(cursor);
    ask.idempotency_key = cursor_block16(cursor);
    cursor_copy(cursor, ask.body_sha256, sizeof(ask.body_sha256));
    ask.traceparent = cursor_block16(cursor);
    TRY(get_ask_parts(cursor, &ask));
    if (cursor->failed) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: cut short");
    }
    if (!enum_known(service, SERVICE_COUNT) || !enum_known(subject_kind, SUBJECT_KIND_COUNT) ||
        !enum_known(use_kind, USE_THIRD_PARTY + 1)) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: unknown word");
    }
    ask.service = (enum service)service;
    ask.subject_kind = (enum subject_kind)subject_kind;
    ask.use_kind = (enum use_kind)use_kind;
    if (!ask_sane(&ask)) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: shape");
    }
    if (!ask_sayable(&ask, sender)) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: not for this sender to say");
    }
    *ret_ask = ask;
    return OUTCOME_OK;
}

void frame_put_receipt_ask(struct buf *buf, const struct receipt_ask *ask)
{
    buf_put_u64(buf, ask->tag);
    buf_put(buf, ask->spki, sizeof(ask->spki));
    buf_put(buf, ask->ask_id, sizeof(ask->ask_id));
    buf_put_u8(buf, ask->opening ? 1 : 0);
}

struct outcome frame_get_receipt_ask(struct cursor *cursor, struct receipt_ask *ret_ask)
{
    struct receipt_ask ask = {0};

    ask.tag = cursor_u64(cursor);
    cursor_copy(cursor, ask.spki, sizeof(ask.spki));
    cursor_copy(cursor, ask.ask_id, sizeof(ask.ask_id));
    unsigned opening = cursor_u8(cursor);
    if (cursor->failed || opening > 1) {
        return outcome_fail(FAULT_BAD_INPUT, "receipt asked for");
    }
    ask.opening = opening == 1;
    *ret_ask = ask;
    return OUTCOME_OK;
}

void frame_put_checkpoint(struct buf *buf, struct view checkpoint)
{
    buf_put_block16(buf, checkpoint);
}

struct outcome frame_get_checkpoint(struct cursor *cursor, struct view *ret_checkpoint)
{
    struct view checkpoint = cursor_block16(cursor);

    if (cursor->failed) {
        return outcome_fail(FAULT_BAD_INPUT, "answers: checkpoint");
    }
    *ret_checkpoint = checkpoint;
    return OUTCOME_OK;
}

static void put_receipt(struct buf *buf, const struct answer *answer)
{
    CHECK(answer->opening_count <= OPENING_DISCLOSURES_MAX);
    CHECK(answer->path.len % HASH_BYTES == 0);
    buf_put(buf, answer->ask_id, sizeof(answer->ask_id));
    buf_put_block16(buf, answer->entry);
    buf_put_u8(buf, (uint8_t)answer->opening_count);
    for (unsigned i = 0; i < answer->opening_count; i++) {
        buf_put_block32(buf, answer->opening[i]);
    }
    buf_put_u64(buf, answer->leaf_index);
    buf_put_block16(buf, answer->path);
    if (answer->checkpoint_own) {
        buf_put_block16(buf, answer->checkpoint);
    }
}

static uint8_t answer_flags(const struct answer *answer)
{
    return (uint8_t)((answer->limited ? ANSWER_LIMITED : 0) |
                     (answer->receipt_only ? ANSWER_RECEIPT_ONLY : 0) |
                     (answer->checkpoint_own ? ANSWER_CHECKPOINT_OWN : 0) |
                     (answer->result ? ANSWER_RESULT : 0));
}

void frame_put_answer(struct buf *buf, const struct answer *answer)
{
    CHECK((unsigned)answer->code < CODE_COUNT);
    bool person = answer->code == CODE_DISCLOSED && !answer->receipt_only;
    CHECK(person || (answer->person.len == 0 && answer->notices.len == 0 && !answer->result));
    CHECK(!answer->receipt_only || answer->code == CODE_DISCLOSED);
    CHECK(!answer->checkpoint_own || code_has_receipt(answer->code));
    buf_put_u64(buf, answer->tag);
    buf_put_u8(buf, (uint8_t)answer->code);
    buf_put_u8(buf, answer->field_index);
    buf_put_u32(buf, answer->retry_after_s);
    buf_put_u8(buf, answer_flags(answer));
    if (answer->limited) {
        buf_put_u64(buf, answer->limit);
        buf_put_u64(buf, answer->remaining);
        buf_put_u32(buf, answer->reset_s);
    }
    if (person) {
        buf_put_block32(buf, answer->person);
        buf_put_block16(buf, answer->notices);
    }
    if (code_has_receipt(answer->code)) {
        put_receipt(buf, answer);
    }
}

static struct outcome get_receipt(struct cursor *cursor, struct view checkpoint,
                                  struct answer *answer)
{
    cursor_copy(cursor, answer->ask_id, sizeof(answer->ask_id));
    answer->entry = cursor_block16(cursor);
    answer->opening_count = cursor_u8(cursor);
    if (answer->opening_count > OPENING_DISCLOSURES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: count of disclosures");
    }
    for (unsigned i = 0; i < answer->opening_count; i++) {
        answer->opening[i] = cursor_block32(cursor);
    }
    answer->leaf_index = cursor_u64(cursor);
    answer->path = cursor_block16(cursor);
    answer->checkpoint = answer->checkpoint_own ? cursor_block16(cursor) : checkpoint;
    if (answer->path.len % HASH_BYTES != 0 || answer->path.len / HASH_BYTES > PATH_HASHES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: path");
    }
    if (answer->entry.len == 0 || answer->checkpoint.len == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: empty receipt");
    }
    return OUTCOME_OK;
}

static struct outcome get_answer_flags(struct cursor *cursor, struct answer *answer)
{
    unsigned flags = cursor_u8(cursor);

    answer->limited = (flags & ANSWER_LIMITED) != 0;
    answer->receipt_only = (flags & ANSWER_RECEIPT_ONLY) != 0;
    answer->checkpoint_own = (flags & ANSWER_CHECKPOINT_OWN) != 0;
    answer->result = (flags & ANSWER_RESULT) != 0;
    if ((flags & ~(unsigned)ANSWER_FLAGS) != 0 ||
        (answer->result && (answer->code != CODE_DISCLOSED || answer->receipt_only)) ||
        (answer->receipt_only && answer->code != CODE_DISCLOSED) ||
        (answer->checkpoint_own && !code_has_receipt(answer->code))) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: flags");
    }
    if (answer->limited) {
        answer->limit = cursor_u64(cursor);
        answer->remaining = cursor_u64(cursor);
        answer->reset_s = cursor_u32(cursor);
    }
    return OUTCOME_OK;
}

/* The members that every answer has, and what they must be to each other. */
static struct outcome get_answer_head(struct cursor *cursor, struct answer *answer)
{
    answer->tag = cursor_u64(cursor);
    unsigned code = cursor_u8(cursor);
    answer->field_index = cursor_u8(cursor);
    answer->retry_after_s = cursor_u32(cursor);
    if (!enum_known(code, CODE_COUNT)) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: code");
    }
    answer->code = (enum code)code;
    if (answer->field_index != ANSWER_FIELD_NONE && answer->field_index >= ASK_FIELDS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: field index");
    }
    if (answer->retry_after_s != 0 && code_status(answer->code) != 429) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: retry-after without 429");
    }
    return get_answer_flags(cursor, answer);
}

struct outcome frame_get_answer(struct cursor *cursor, struct view checkpoint,
                                struct answer *ret_answer)
{
    struct answer answer = {0};

    TRY(get_answer_head(cursor, &answer));
    if (answer.code == CODE_DISCLOSED && !answer.receipt_only) {
        answer.person = cursor_block32(cursor);
        answer.notices = cursor_block16(cursor);
        if (answer.person.len == 0 || answer.notices.len == 0) {
            return outcome_fail(FAULT_BAD_INPUT, "answer: nothing disclosed");
        }
    }
    if (code_has_receipt(answer.code)) {
        TRY(get_receipt(cursor, checkpoint, &answer));
    }
    if (cursor->failed) {
        return outcome_fail(FAULT_BAD_INPUT, "answer: cut short");
    }
    *ret_answer = answer;
    return OUTCOME_OK;
}

void frame_put_text(struct buf *buf, const struct text_row *row)
{
    CHECK((unsigned)row->code < CODE_COUNT);
    buf_put_u8(buf, (uint8_t)row->code);
    buf_put_block16(buf, row->clause);
    buf_put_block16(buf, row->title_vi);
    buf_put_block16(buf, row->detail_vi);
    buf_put_block16(buf, row->title_en);
    buf_put_block16(buf, row->detail_en);
}

struct outcome frame_get_text(struct cursor *cursor, struct text_row *ret_row)
{
    struct text_row row = {0};
    unsigned code = cursor_u8(cursor);

    row.clause = cursor_block16(cursor);
    row.title_vi = cursor_block16(cursor);
    row.detail_vi = cursor_block16(cursor);
    row.title_en = cursor_block16(cursor);
    row.detail_en = cursor_block16(cursor);
    if (cursor->failed) {
        return outcome_fail(FAULT_BAD_INPUT, "text: cut short");
    }
    if (!enum_known(code, CODE_COUNT)) {
        return outcome_fail(FAULT_BAD_INPUT, "text: code");
    }
    if (!utf8_valid(row.clause) || !utf8_valid(row.title_vi) || !utf8_valid(row.detail_vi) ||
        !utf8_valid(row.title_en) || !utf8_valid(row.detail_en)) {
        return outcome_fail(FAULT_BAD_INPUT, "text: not UTF-8");
    }
    row.code = (enum code)code;
    *ret_row = row;
    return OUTCOME_OK;
}
