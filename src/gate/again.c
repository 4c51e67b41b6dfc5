/*
 * What was answered before: asks whose Idempotency-Key stands for a record, and receipts that are
 * fetched again.
 *
 * Invariants
 * 1. A repeat records nothing and counts nothing: it gives what its record says, or the ask is
 *    decided anew as any other (I3). It is never a way around a check: a disclosure is given again
 *    only when account, business, fields, hours and subject permit it now (I5).
 * 2. What is given again is made from the sealed opening and compared with the entry that was
 *    public; a person with the digest that was recorded.
 * 3. What is read again is counted by account and in all before it is read (I9).
 * 4. Whose an ask is not gets the answer, in the steps, of one that was never asked.
 */
#include "gate/work.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define BLIND_KEY 17 /* kinds of tags, beside those of domain/person.h and of decide.c */
#define BLIND_PLACE 18
#define ID_PLACE_AT 11 /* of 16 bytes: the last 40 bits are the place, hidden by the others */
#define ID_BYTES 16

/* A record read again. */
struct recalled {
    struct ledger_receipt receipt;
    struct record record;
    struct effect effect; /* of an ask; keyed or not */
};

/* ---- the id's place ---- */

static void place_flip(struct gate *gate, uint8_t id[ID_BYTES])
{
    uint8_t mask[SEAL_BLIND_BYTES];
    blinder_tag(registry_blinder(gate->registry), BLIND_PLACE, view_of(id, ID_PLACE_AT), mask);
    for (size_t i = ID_PLACE_AT; i < ID_BYTES; i++) {
        id[i] ^= mask[i - ID_PLACE_AT];
    }
}

void ask_id_hide(struct gate *gate, uint64_t index, uint8_t id[ID_BYTES])
{
    for (size_t i = ID_BYTES; i > ID_PLACE_AT; i--) {
        id[i - 1] = (uint8_t)index;
        index >>= 8;
    }
    place_flip(gate, id);
}

uint64_t ask_id_place(struct gate *gate, const uint8_t id[ID_BYTES])
{
    uint8_t open[ID_BYTES];
    uint64_t index = 0;
    memcpy(open, id, sizeof(open));
    place_flip(gate, open);
    for (size_t i = ID_PLACE_AT; i < ID_BYTES; i++) {
        index = index << 8 | open[i];
    }
    return index;
}

/* ---- how much is read again ---- */

/* Invariant 3: one more, of this account and in all. */
static bool reread_take(struct gate *gate, struct account *account, int64_t now_us)
{
    bool own =
        leak_full(&account->rereads, now_us, REREADS_ACCOUNT_BURST_MAX, REREADS_ACCOUNT_PER_S_MAX);
    bool all = leak_full(&gate->rereads, now_us, REREADS_BURST_MAX, REREADS_PER_S_MAX);
    if (own || all) {
        return false;
    }
    account->rereads.used += LEAK_UNIT;
    gate->rereads.used += LEAK_UNIT;
    return true;
}

/* ---- reading ---- */

/* What cannot be read is one ask's matter: a disk that fails here must not end the process, which
 * the same ask would end again. */
static struct outcome as_damage(struct outcome outcome)
{
    if (outcome.fault == FAULT_IO || outcome.fault == FAULT_NOT_FOUND ||
        outcome.fault == FAULT_BAD_INPUT) {
        outcome.fault = FAULT_CORRUPT;
    }
    return outcome;
}

static bool is_ask(const struct record *record)
{
    return record->kind == KIND_DISCLOSURE || record->kind == KIND_UNAVAILABLE ||
           record->kind == KIND_REFUSAL;
}

static struct outcome read_again(struct gate *gate, uint64_t index, struct recalled *ret_recalled)
{
    TRY(as_damage(ledger_reread(gate->ledger, index, &gate->again, &ret_recalled->receipt)));
    TRY(record_get_opening(ret_recalled->receipt.item.opening, &ret_recalled->record));
    if (is_ask(&ret_recalled->record)) {
        TRY(effect_get(ret_recalled->record.effect, &ret_recalled->effect));
    }
    return OUTCOME_OK;
}

/* Entry and disclosures again (invariant 2). */
static struct outcome write_again(struct gate *gate, const struct recalled *recalled,
                                  struct record_text *ret_text)
{
    TRY(record_write(&recalled->record, &gate->texts, ret_text));
    if (!view_equal(ret_text->entry, recalled->receipt.item.entry)) {
        return outcome_fail(FAULT_CORRUPT, "an opening does not give its entry again");
    }
    return OUTCOME_OK;
}

/* A copy that lasts as long as the batch; the buf's memory does not move. */
static struct view keep(struct buf *buf, struct view bytes)
{
    size_t start = buf->len;
    buf_put_view(buf, bytes);
    return view_of(buf->data + start, buf->len - start);
}

/* ---- repeats ---- */

void work_key(struct gate *gate, struct work *work)
{
    uint8_t text[ASK_CODE_BYTES_MAX + 1 + IDEMPOTENCY_KEY_BYTES_MAX];
    struct view code = code_view(&work->account->code);
    struct view key = work->ask->idempotency_key;
    if (key.len == 0) {
        return;
    }
    memcpy(text, code.data, code.len);
    text[code.len] = 0;
    memcpy(text + code.len + 1, key.data, key.len);
    blinder_tag(registry_blinder(gate->registry), BLIND_KEY, view_of(text, code.len + 1 + key.len),
                work->key_tag);
    work->keyed = true;
}

/* The key stands for something else, and goes on to. An account that may nothing is refused, and
 * recorded, all the same; so is a message of a one-stop system, whose key is the number that its
 * users know the request by. */
void work_conflict(struct work *work, bool blocked)
{
    bool request = work->ask->procedure.len > 0;
    if (blocked || request) {
        work->keyed = false;
        work->conflicts = !blocked;
        return;
    }
    work->recall = RECALL_CONFLICT;
    work->decision = (struct decision){CODE_IDEMPOTENCY_CONFLICT, RULE_NONE, FIELD_COUNT};
}

static void forget_person(struct gate *gate, struct work *work)
{
    if (work->person.len > 0) {
        buf_cut(&gate->persons, (size_t)(work->person.data - gate->persons.data));
    }
    work->person = view_of(NULL, 0);
    work->notices = view_of(NULL, 0);
    work->as_of_us = work->now_us;
    work->person_found = false;
    work->person_key = 0;
    work->person_version = 0;
    work->hit_count = 0;
    work->named_count = 0;
    work->named_looked = 0;
}

/* Is the answer, as it would be written now, the one that was recorded? */
static bool answer_is(struct gate *gate, const struct work *work, const struct record *record)
{
    size_t start = gate->texts.len;
    work_put_answer(work, &gate->texts);
    if (gate->texts.failed) {
        return false;
    }
    struct view now = view_of(gate->texts.data + start, gate->texts.len - start);
    bool same = view_equal(now, record->values[RECORD_ANSWER]);
    buf_cut(&gate->texts, start);
    return same;
}

/* The person of a disclosure: permitted as of now, given as of then. */
static struct outcome recall_person(struct gate *gate, struct work *work,
                                    const struct recalled *recalled, bool *ret_same)
{
    struct registry_probe probe;
    const struct record *record = &recalled->record;
    uint32_t version = recalled->effect.person_version;
    struct view then = {0};
    struct view origins = {0};
    *ret_same = false;
    if (work->ask->subject_kind == SUBJECT_NAME) {
        TRY(as_damage(work_search_again(gate, work, record, recalled->effect.hit_versions,
                                        recalled->effect.hit_count, ret_same)));
        *ret_same = *ret_same && answer_is(gate, work, record);
        return OUTCOME_OK;
    }
    work_probe(work, &probe);
    TRY(registry_fetch(gate->registry, &probe, 1, &gate->records));
    work->decision = (struct decision){CODE_DISCLOSED, RULE_PERMITTED, FIELD_COUNT};
    work->as_of_us = record->time_us;
    TRY(work_decide_subject(gate, work, &probe));
    if (work->decision.code != CODE_DISCLOSED || record->person_count != 1 ||
        record->persons[0] != probe.key) {
        return OUTCOME_OK;
    }
    if (probe.version != version) {
        TRY(as_damage(registry_fetch_version(gate->registry, probe.key, version, &gate->version,
                                             &then, &origins)));
        TRY(work_project(gate, work, then, origins));
    }
    *ret_same = answer_is(gate, work, record); /* who is hidden may have changed since */
    return OUTCOME_OK;
}

/* Whether what was recorded can be given again, as things stand; invariant 1. */
static struct outcome stands(struct gate *gate, struct work *work, const struct recalled *recalled,
                             struct decision now, enum code code, bool *ret_stands)
{
    bool blocked = now.rule == RULE_ACCOUNT;
    *ret_stands = blocked == (code == CODE_ACCOUNT_BLOCKED);
    if (code != CODE_DISCLOSED) {
        return OUTCOME_OK;
    }
    *ret_stands = false;
    if (now.code != CODE_DISCLOSED) {
        return OUTCOME_OK;
    }
    TRY(recall_person(gate, work, recalled, ret_stands));
    if (!*ret_stands) {
        forget_person(gate, work);
    }
    return OUTCOME_OK;
}

static struct outcome give_again(struct gate *gate, struct work *work,
                                 const struct recalled *recalled, uint64_t index, enum code code)
{
    TRY(write_again(gate, recalled, &work->text));
    work->path = keep(&gate->paths, recalled->receipt.path);
    work->checkpoint = keep(&gate->texts, recalled->receipt.checkpoint);
    TRY(buf_check(&gate->paths));
    TRY(buf_check(&gate->texts));
    memcpy(work->record.ask_id, recalled->record.ask_id, ID_BYTES);
    work->index = index;
    work->field_index = recalled->effect.field_index;
    work->decision = (struct decision){code, RULE_NONE, FIELD_COUNT};
    work->retry_after_s = seconds_to_midnight(work->now_us); /* of a quota; a new key is needed */
    work->recall = RECALL_REPEAT;
    return OUTCOME_OK;
}

static struct outcome recall_record(struct gate *gate, struct work *work, uint64_t index,
                                    struct decision now)
{
    struct recalled recalled = {0};
    unsigned code = 0;
    bool good = false;
    TRY(read_again(gate, index, &recalled));
    const struct effect *effect = &recalled.effect;
    if (!effect->keyed || memcmp(effect->key_tag, work->key_tag, SEAL_BLIND_BYTES) != 0 ||
        !outcome_ok(words_find(&words_code, recalled.record.outcome, &code)) ||
        !code_has_receipt((enum code)code) ||
        (effect->field_index != ANSWER_FIELD_NONE && effect->field_index >= ASK_FIELDS_MAX)) {
        return outcome_fail(FAULT_CORRUPT, "a key's record is not one of its ask");
    }
    if (memcmp(effect->body, work->ask->body_sha256, SEAL_HASH_BYTES) != 0) {
        work_conflict(work, now.rule == RULE_ACCOUNT);
        return OUTCOME_OK;
    }
    TRY(stands(gate, work, &recalled, now, (enum code)code, &good));
    return good ? give_again(gate, work, &recalled, index, (enum code)code) : OUTCOME_OK;
}

/* ---- lines of jobs ---- */

/* The value `agent` begins with the account: what put_agent() writes. A code needs no escapes. */
static bool is_account(const struct record *record, const struct account *account)
{
    static const char before[] = "{\"account\":\"";
    struct view agent = record->values[RECORD_AGENT];
    struct view code = code_view(&account->code);
    size_t start = sizeof(before) - 1;
    return view_starts(agent, VIEW_LITERAL("{\"account\":\"")) && agent.len > start + code.len &&
           view_equal(view_part(agent, start, code.len), code) &&
           agent.data[start + code.len] == '"';
}

/* Those behind it in the batch are not decided either, so that lines stay in order. */
void work_later(struct gate *gate, struct work *work, uint32_t retry_after_s)
{
    CHECK(work->ask->of_job);
    gate->jobs_later = true;
    work->recall = RECALL_LATER;
    work->retry_after_s = retry_after_s;
    work->decision = (struct decision){CODE_RATE_LIMITED, RULE_NONE, FIELD_COUNT};
}

/* A line of a list is one person's: it does not become another's. */
static bool is_person(const struct record *record, const struct ask *ask)
{
    struct cursor key = cursor_of(ask->key);
    return ask->service != SERVICE_LIST_EXTRACT || record->person_count == 0 ||
           record->persons[0] == cursor_u64(&key);
}

static struct outcome recall_line(struct gate *gate, struct work *work, uint64_t index)
{
    struct recalled recalled = {0};
    unsigned code = 0;
    bool good = false;
    const struct ask *ask = work->ask;
    struct decision now = work_standing(gate, work);
    TRY(read_again(gate, index, &recalled));
    const struct effect *effect = &recalled.effect;
    if (!effect->of_job || effect->job_line != ask->job_line ||
        memcmp(effect->job_id, ask->job_id, JOB_ID_LEN) != 0 ||
        !is_account(&recalled.record, work->account) || !is_person(&recalled.record, ask) ||
        !outcome_ok(words_find(&words_code, recalled.record.outcome, &code)) ||
        !code_has_receipt((enum code)code)) {
        return outcome_fail(FAULT_CORRUPT, "a line's record is not one of its job");
    }
    TRY(stands(gate, work, &recalled, now, (enum code)code, &good));
    return good ? give_again(gate, work, &recalled, index, (enum code)code) : OUTCOME_OK;
}

/* A list gives so many people as it may have lines: each line once, in their order, also within a
 * batch, whatever `jobs` sends. */
static bool passed_by(const struct gate *gate, const struct work *work)
{
    const struct ask *ask = work->ask;
    if (ask->service != SERVICE_LIST_EXTRACT) {
        return false;
    }
    for (const struct work *other = gate->works; other < work; other++) {
        if (other->ask->of_job && other->ask->job_line >= ask->job_line &&
            memcmp(other->ask->job_id, ask->job_id, JOB_ID_LEN) == 0) {
            return true;
        }
    }
    return ask->job_line <= job_tracks_last(&gate->jobs, ask->job_id);
}

static enum job_known_line known_line(const struct gate *gate, const struct work *work,
                                      uint64_t *ret_index)
{
    const struct ask *ask = work->ask;
    enum job_known_line known = job_tracks_find(&gate->jobs, ask->job_id, ask->job_line, ret_index);
    return known == JOB_LINE_NEW && passed_by(gate, work) ? JOB_LINE_OLD : known;
}

struct outcome work_recall_line(struct gate *gate, struct work *work)
{
    uint64_t index = 0;
    enum job_known_line known = gate->jobs_later ? JOB_LINE_NEW : known_line(gate, work, &index);
    if (known == JOB_LINE_OLD) {
        work_give_up(gate, work, "job-line-old", outcome_fail(FAULT_CONFLICT, "a line of a job"));
        return OUTCOME_OK;
    }
    if (gate->jobs_later || (known == JOB_LINE_RECORDED && gate->job_recalls == JOB_RECALLS_MAX)) {
        work_later(gate, work, 0);
        return OUTCOME_OK;
    }
    if (known == JOB_LINE_NEW) {
        return OUTCOME_OK;
    }
    gate->job_recalls++;
    work_find_party(gate, work);
    struct outcome outcome = recall_line(gate, work, index);
    if (outcome.fault == FAULT_CORRUPT) {
        work_give_up(gate, work, "job-line-damaged", outcome);
        return OUTCOME_OK;
    }
    return outcome;
}

/* ---- what a case was given ---- */

static struct outcome recall_given(struct gate *gate, struct work *work, uint64_t index)
{
    struct recalled recalled = {0};
    bool good = false;
    struct decision now = work_standing(gate, work);
    TRY(read_again(gate, index, &recalled));
    if (!recalled.effect.written || recalled.record.kind != KIND_DISCLOSURE ||
        !view_equal(recalled.effect.business, code_view(&work->business->code))) {
        return outcome_fail(FAULT_CORRUPT, "a case's record is not one of its business");
    }
    TRY(stands(gate, work, &recalled, now, CODE_DISCLOSED, &good));
    return good ? give_again(gate, work, &recalled, index, CODE_DISCLOSED) : OUTCOME_OK;
}

struct outcome work_recall_given(struct gate *gate, struct work *work, uint64_t index)
{
    struct outcome outcome = recall_given(gate, work, index);
    if (outcome.fault == FAULT_CORRUPT) {
        work_give_up(gate, work, "given-damaged", outcome);
        return OUTCOME_OK;
    }
    return outcome;
}

bool gate_may_recall(struct gate *gate, const struct ask *ask)
{
    struct work work = {.ask = ask,
                        .account = directory_account_by_spki(gate->directory, ask->spki)};
    if (ask->idempotency_key.len == 0 || work.account == NULL) {
        return false;
    }
    work_key(gate, &work);
    return keys_find(&gate->keys, work.key_tag,
                     (uint32_t)(clock_wall_us(&gate->clock) / 1000000)) != NULL;
}

struct outcome work_recall(struct gate *gate, struct work *work)
{
    uint32_t now_s = (uint32_t)(work->now_us / 1000000);
    const struct key *key = keys_find(&gate->keys, work->key_tag, now_s);
    if (key == NULL) {
        return OUTCOME_OK;
    }
    work_find_party(gate, work);
    struct decision now = work_standing(gate, work);
    if (memcmp(key->body, work->ask->body_sha256, KEY_BODY_BYTES) != 0) {
        work_conflict(work, now.rule == RULE_ACCOUNT);
        return OUTCOME_OK;
    }
    if (work->ask->crowded || !reread_take(gate, work->account, work->now_us)) {
        work_limit(gate, work, 1);
        return OUTCOME_OK;
    }
    struct outcome outcome = recall_record(gate, work, key->index, now);
    if (outcome.fault == FAULT_CORRUPT) {
        work_give_up(gate, work, "repeat-damaged", outcome);
        return OUTCOME_OK;
    }
    return outcome;
}

/* ---- receipts ---- */

static void put_receipt(const struct recalled *recalled, const struct record_text *text,
                        uint64_t index, bool opening, struct answer *ret_answer)
{
    ret_answer->code = CODE_DISCLOSED;
    ret_answer->receipt_only = true;
    memcpy(ret_answer->ask_id, recalled->record.ask_id, ID_BYTES);
    ret_answer->entry = text->entry;
    ret_answer->opening_count = opening ? RECORD_CONSUMER_COUNT : 0;
    for (unsigned i = 0; i < ret_answer->opening_count; i++) {
        ret_answer->opening[i] = text->disclosures[i];
    }
    ret_answer->leaf_index = index;
    ret_answer->path = recalled->receipt.path;
    ret_answer->checkpoint = recalled->receipt.checkpoint;
    ret_answer->checkpoint_own = true;
}

/* Invariant 4: some record is read and written out again, whatever was asked for. */
static struct outcome find_receipt(struct gate *gate, const struct certificate *certificate,
                                   const struct receipt_ask *ask, int64_t now_us,
                                   struct answer *ret_answer)
{
    const struct account *account = certificate->account;
    struct recalled recalled = {0};
    struct record_text text = {0};
    uint64_t size = ledger_size(gate->ledger);
    uint64_t place = ask_id_place(gate, ask->ask_id);
    bool active = account_state_by(account, certificate, now_us / 1000000) == ACCOUNT_ACTIVE &&
                  party_state_on(account->party, clock_day_vn(now_us)) == PARTY_CONNECTED;
    if (size == 0) {
        return OUTCOME_OK;
    }
    uint64_t index = place % size;
    TRY(read_again(gate, index, &recalled));
    if (recalled.record.forgotten) { /* whose it was nobody can tell any more */
        return OUTCOME_OK;
    }
    TRY(write_again(gate, &recalled, &text));
    bool same = seal_equal(recalled.record.ask_id, ask->ask_id, ID_BYTES);
    if (index == place && same && active && is_ask(&recalled.record) &&
        is_account(&recalled.record, account)) {
        put_receipt(&recalled, &text, index, ask->opening, ret_answer);
    }
    return OUTCOME_OK;
}

enum code gate_account(struct gate *gate, const uint8_t spki[SEAL_HASH_BYTES], int64_t now_us,
                       const struct certificate **ret_certificate)
{
    const struct certificate *certificate = directory_certificate(gate->directory, spki);
    enum code code = CODE_DISCLOSED;
    if (certificate == NULL ||
        account_state_by(certificate->account, certificate, now_us / 1000000) == ACCOUNT_REVOKED) {
        code = CODE_UNAUTHENTICATED;
    } else if (!reread_take(gate, certificate->account, now_us)) {
        code = CODE_RATE_LIMITED;
    } else {
        *ret_certificate = certificate;
    }
    if (code != CODE_DISCLOSED) {
        gate->counts.by_code[code]++;
    }
    return code;
}

struct outcome gate_receipt(struct gate *gate, const struct receipt_ask *ask,
                            struct answer *ret_answer)
{
    CHECK(gate->ledger != NULL);
    int64_t now_us = clock_wall_us(&gate->clock);
    const struct certificate *certificate = directory_certificate(gate->directory, ask->spki);
    struct account *account = certificate == NULL ? NULL : certificate->account;
    buf_reset(&gate->texts);
    *ret_answer =
        (struct answer){.tag = ask->tag, .code = CODE_NOT_FOUND, .field_index = ANSWER_FIELD_NONE};
    if (account == NULL) {
        ret_answer->code = CODE_UNAUTHENTICATED;
    } else if (ask->crowded || !reread_take(gate, account, now_us)) {
        ret_answer->code = CODE_RATE_LIMITED;
        ret_answer->retry_after_s = 1;
    } else {
        struct outcome outcome = find_receipt(gate, certificate, ask, now_us, ret_answer);
        if (outcome.fault == FAULT_CORRUPT || outcome.fault == FAULT_NO_MEMORY ||
            outcome.fault == FAULT_OVER_LIMIT) {
            log_outcome(LOG_LEVEL_ERROR, "receipt-not-read", outcome);
            ret_answer->code = CODE_INTERNAL;
            outcome = OUTCOME_OK;
        }
        TRY(outcome);
    }
    gate->counts.by_code[ret_answer->code]++;
    return OUTCOME_OK;
}
