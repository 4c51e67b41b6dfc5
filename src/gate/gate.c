/*
 * The door: a batch in, one commit, answers out.
 *
 * Invariants
 * 1. No answer that carries data or a receipt is filled in before ledger_commit() returned for the
 *    batch that holds its record (I2).
 * 2. Whatever happens, each ask gets exactly one answer, in its place.
 * 3. Two asks of one party on one key are never decided in the same settlement: the later one sees
 *    the misses of the earlier. Nor are two of one Idempotency-Key: the later one is its repeat.
 * 4. When the log does not take a batch, its counters are taken back, and no key stands for it.
 */
#include "gate/work.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <string.h>

#define PATH_BYTES_MAX (64 * SEAL_HASH_BYTES)

static struct outcome claim(struct buf *buf, size_t max)
{
    buf_init(buf, max);
    if (buf_claim(buf, max) == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "gate: buffers");
    }
    buf_cut(buf, 0);
    return OUTCOME_OK;
}

static struct outcome gate_allocate(struct gate *gate)
{
    gate->works = memory_new(BATCH_ASKS_MAX, sizeof(*gate->works));
    gate->probes = memory_new(BATCH_ASKS_MAX, sizeof(*gate->probes));
    gate->probed = memory_new(BATCH_ASKS_MAX, sizeof(struct work *));
    gate->probed_ends = memory_new(BATCH_ASKS_MAX, sizeof(uint64_t));
    gate->named = memory_new((size_t)BATCH_ASKS_MAX * OPENING_PEOPLE_MAX, sizeof(*gate->named));
    if (gate->works == NULL || gate->probes == NULL || gate->probed == NULL ||
        gate->probed_ends == NULL || gate->named == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "gate: work");
    }
    TRY(passes_init(&gate->passes));
    TRY(claim(&gate->persons, (size_t)BATCH_ASKS_MAX * PERSON_BYTES_MAX));
    /* One that is read again may yet be decided anew. */
    TRY(claim(&gate->texts, (BATCH_ASKS_MAX + REREADS_BURST_MAX) *
                                (record_texts_room() + OPENING_ASK_BYTES_MAX)));
    TRY(claim(&gate->paths, (size_t)BATCH_ASKS_MAX * PATH_BYTES_MAX));
    buf_init(&gate->records, (size_t)BATCH_ASKS_MAX * 2 * PERSON_BYTES_MAX);
    buf_init(&gate->opening, OPENING_BYTES_MAX);
    buf_init(&gate->folded, 4 * ASK_NAME_BYTES_MAX);
    buf_init(&gate->name, 4 * ASK_NAME_BYTES_MAX);
    buf_init(&gate->hit, 2 * PERSON_BYTES_MAX);
    buf_init(&gate->again, 2 * (size_t)OPENING_BYTES_MAX);
    buf_init(&gate->version, 2 * PERSON_BYTES_MAX);
    return OUTCOME_OK;
}

struct outcome gate_new(const struct gate_config *config, struct gate **ret_gate)
{
    CHECK(config->directory != NULL && config->registry != NULL);
    struct gate *gate = memory_new(1, sizeof(*gate));
    if (gate == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "gate");
    }
    gate->directory = config->directory;
    gate->registry = config->registry;
    gate->hidden = config->hidden;
    gate->clock = config->clock;
    gate->random = config->random;
    guesses_init(&gate->guesses);
    keys_init(&gate->keys);
    once_init(&gate->once);
    own_init(&gate->own);
    struct outcome tracks = job_tracks_init(&gate->jobs);
    save_init(gate);
    page_init(&gate->page);
    struct outcome outcome = outcome_ok(tracks) ? gate_allocate(gate) : tracks;
    if (outcome_ok(outcome) && config->history != NULL) {
        outcome = history_new(config->history, &gate->history);
    }
    if (!outcome_ok(outcome)) {
        gate_free(gate);
        return outcome;
    }
    *ret_gate = gate;
    return OUTCOME_OK;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL) {
        return;
    }
    save_done(gate);
    history_free(gate->history);
    page_done(&gate->page);
    guesses_done(&gate->guesses);
    keys_done(&gate->keys);
    job_tracks_done(&gate->jobs);
    once_done(&gate->once);
    passes_done(&gate->passes);
    buf_done(&gate->persons);
    buf_done(&gate->texts);
    buf_done(&gate->paths);
    buf_done(&gate->records);
    buf_done(&gate->opening);
    buf_done(&gate->folded);
    buf_done(&gate->name);
    buf_done(&gate->hit);
    buf_done(&gate->again);
    buf_done(&gate->version);
    memory_free(gate->works);
    memory_free(gate->probes);
    memory_free(gate->probed);
    memory_free(gate->probed_ends);
    memory_free(gate->named);
    memory_free(gate);
}

void gate_ledger_set(struct gate *gate, struct ledger *ledger)
{
    gate->ledger = ledger;
}

bool gate_held(const struct gate *gate, struct ledger_restored *ret_restored)
{
    return gate->ledger != NULL && ledger_held(gate->ledger, ret_restored);
}

void gate_lift(struct gate *gate, bool lifted)
{
    ledger_lift(gate->ledger, lifted);
}

void gate_release(struct gate *gate)
{
    ledger_release(gate->ledger);
}

void gate_policy_set(struct gate *gate, const struct policy *policy)
{
    gate->policy = policy;
}

void gate_policy_next_set(struct gate *gate, const struct policy *policy, int64_t from_us)
{
    gate->policy_next = policy;
    gate->policy_next_us = from_us;
}

/* What is decided or recorded at that time is under the policy of that time. */
static void policy_turn(struct gate *gate, int64_t now_us)
{
    if (gate->policy_next != NULL && now_us >= gate->policy_next_us) {
        gate->policy = gate->policy_next;
        gate->policy_next = NULL;
    }
}

const struct policy *gate_policy(const struct gate *gate)
{
    return gate->policy;
}

const struct gate_counts *gate_counts(const struct gate *gate)
{
    return &gate->counts;
}

void work_limit(struct gate *gate, struct work *work, uint32_t retry_after_s)
{
    struct account *account = work->account;
    if (account->limited_count == 0) {
        account->limited_first_us = work->now_us;
        gate->limited_us = gate->limited_us == 0 ? work->now_us : gate->limited_us;
    }
    account->limited_count++;
    gate->counts.limited_waiting++;
    account->limited_last_us = work->now_us;
    work->limited = true;
    work->retry_after_s = retry_after_s;
    work->decision = (struct decision){CODE_RATE_LIMITED, RULE_NONE, FIELD_COUNT};
}

/* Of two keys that differ, all but a few differ in it. */
static uint64_t end_of(struct view key)
{
    uint64_t end = 0;
    size_t len = key.len < sizeof(end) ? key.len : sizeof(end);
    if (len > 0) {
        memcpy(&end, key.data + (key.len - len), len);
    }
    return end;
}

/* Is an ask of the same acting party on the same key waiting for its read? However it named the
 * party, and by whichever account it came. */
static bool in_flight(const struct gate *gate, unsigned probed, const struct work *work)
{
    uint64_t end = end_of(work->ask->key);
    for (unsigned i = 0; i < probed; i++) {
        const struct work *other = gate->probed[i];
        if (gate->probed_ends[i] == end && other->party == work->party &&
            view_equal(other->ask->key, work->ask->key)) {
            return true;
        }
    }
    return false;
}

static void count_miss(struct gate *gate, struct work *work)
{
    uint32_t now_s = (uint32_t)(work->now_us / 1000000);
    /* There was room when decide_party() looked, and only this thread adds. */
    work->missed = outcome_ok(guesses_add(&gate->guesses, work->guess_tag, now_s));
    if (work->missed) {
        save_party(gate, work->party);
        work->party->guess_count++;
    }
}

void work_give_up(struct gate *gate, struct work *work, const char *event, struct outcome outcome)
{
    struct view trace = work->ask->traceparent; /* hexadecimal digits and dashes, or not told */
    bool told = traceparent_valid(trace);
    log_line(LOG_LEVEL_ERROR, event, "fault=%s what=\"%s\" trace=%.*s", outcome_word(outcome.fault),
             outcome.what, told ? (int)trace.len : 1, told ? (const char *)trace.data : "-");
    work_undo(gate, work);
    work->corrupt = true;
    work->person_found = false;
    work->person = view_of(NULL, 0);
    work->notices = view_of(NULL, 0);
    work->decision = (struct decision){CODE_INTERNAL, RULE_NONE, FIELD_COUNT};
}

/* What comes of the read: a decision, and a miss; or the ask is given up. */
static struct outcome conclude(struct gate *gate, struct work *work, struct outcome decided)
{
    if (decided.fault == FAULT_CORRUPT) {
        work_give_up(gate, work, "person-damaged", decided);
        return OUTCOME_OK;
    }
    TRY(decided);
    if (work->decision.code != CODE_SUBJECT_NOT_AVAILABLE) {
        return OUTCOME_OK;
    }
    if (work->ask->service == SERVICE_LIST_EXTRACT) {
        work_spare(gate, work);
    } else {
        count_miss(gate, work);
    }
    return OUTCOME_OK;
}

/* Reads and decides all asks that wait for it. */
static struct outcome settle(struct gate *gate, unsigned *probed)
{
    if (*probed == 0) {
        return OUTCOME_OK;
    }
    struct outcome fetched = registry_fetch(gate->registry, gate->probes, *probed, &gate->records);
    if (!outcome_ok(fetched) && fetched.fault != FAULT_CORRUPT) {
        return fetched;
    }
    for (unsigned i = 0; i < *probed; i++) {
        struct work *work = gate->probed[i];
        bool unread = fetched.fault == FAULT_CORRUPT && gate->probes[i].record.len == 0;
        TRY(conclude(gate, work,
                     unread ? fetched : work_decide_subject(gate, work, &gate->probes[i])));
    }
    *probed = 0;
    return OUTCOME_OK;
}

/* Is it one that gets a record of its own? */
static bool recorded(const struct work *work)
{
    return work->account != NULL && !work->turned_away && !work->limited && !work->corrupt &&
           work->recall == RECALL_NONE;
}

/* The ask before it in the batch that carried the same key and may get a record; NULL. */
static const struct work *first_of_key(const struct gate *gate, const struct work *work)
{
    for (const struct work *other = gate->works; other < work; other++) {
        if (other->keyed && recorded(other) &&
            memcmp(other->key_tag, work->key_tag, SEAL_BLIND_BYTES) == 0) {
            return other;
        }
    }
    return NULL;
}

/* Whether its key makes it something else than an ask of its own: work->recall, or given up, or
 * limited. */
static struct outcome meet_key(struct gate *gate, struct work *work, unsigned *probed)
{
    work_key(gate, work);
    if (!work->keyed) {
        return OUTCOME_OK;
    }
    const struct work *first = first_of_key(gate, work);
    if (first != NULL) {
        TRY(settle(gate, probed)); /* invariant 3 */
    }
    if (first == NULL || !recorded(first)) { /* given up: the key is still free */
        return work_recall(gate, work);
    }
    bool same = memcmp(first->ask->body_sha256, work->ask->body_sha256, SEAL_HASH_BYTES) == 0;
    if (!same) {
        work_conflict(work, false);
        return OUTCOME_OK;
    }
    work->recall = RECALL_TWIN;
    work->twin = first;
    work->decision = first->decision;
    return OUTCOME_OK;
}

/* Not now: a line of a job comes again, and leaves no trace until then. */
static void put_off(struct gate *gate, struct work *work, uint32_t retry_after_s)
{
    if (work->ask->of_job) {
        work_later(gate, work, retry_after_s);
    } else {
        work_limit(gate, work, retry_after_s);
    }
}

/* Tomorrow, or in a second, there is room again: a job waits for it. */
static bool is_quota_of_time(enum rule rule)
{
    return rule == RULE_QUOTA || rule == RULE_QUOTA_SECOND;
}

/* It may be read, and waits for its read. */
static struct outcome go_on(struct gate *gate, struct work *work, unsigned *probed)
{
    if (work->ask->service == SERVICE_OWN_HISTORY && !work->ask->history_ready) {
        work_undo(gate, work); /* too many wait for theirs already */
        put_off(gate, work, 1);
        return OUTCOME_OK;
    }
    struct outcome charged = work_charge(gate, work);
    if (charged.fault == FAULT_OVER_LIMIT) {
        work_undo(gate, work);
        put_off(gate, work, seconds_to_midnight(work->now_us));
        return OUTCOME_OK;
    }
    TRY(charged);
    if (work->ask->subject_kind == SUBJECT_NAME) { /* it reads by itself, in its turn */
        TRY(settle(gate, probed));
        return conclude(gate, work, work_search(gate, work));
    }
    work_probe(work, &gate->probes[*probed]);
    gate->probed[*probed] = work;
    gate->probed_ends[*probed] = end_of(work->ask->key);
    (*probed)++;
    return OUTCOME_OK;
}

/* A case's: nobody's certificate stands behind it, but the officers' acts. */
static struct outcome decide_written(struct gate *gate, struct work *work, unsigned *probed)
{
    if (!work_set_written(gate, work)) {
        work->decision = (struct decision){CODE_UNAUTHENTICATED, RULE_NONE, FIELD_COUNT};
        return OUTCOME_OK;
    }
    uint64_t index = 0;
    if (work_given(gate, work, &index)) {
        work->business->quota_total_used = 1; /* whatever comes of it, it is not given once more */
        TRY(work_recall_given(gate, work, index));
    }
    if (!recorded(work)) {
        return OUTCOME_OK;
    }
    work_decide_party(gate, work);
    return work->decision.code == CODE_DISCLOSED ? go_on(gate, work, probed) : OUTCOME_OK;
}

/* Whose ask it is: by the key of a certificate, or of who carries a citizen's own. */
static bool set_account(struct gate *gate, struct work *work)
{
    if (work->ask->own != NULL) {
        return work_set_own(gate, work);
    }
    work->certificate = directory_certificate(gate->directory, work->ask->spki);
    work->account = work->certificate == NULL ? NULL : work->certificate->account;
    return work->account != NULL;
}

static struct outcome decide_one(struct gate *gate, struct work *work, unsigned *probed)
{
    if (work->ask->written != NULL) {
        return decide_written(gate, work, probed);
    }
    uint32_t now_s = (uint32_t)(work->now_us / 1000000);
    if (!set_account(gate, work)) {
        work->decision = (struct decision){CODE_UNAUTHENTICATED, RULE_NONE, FIELD_COUNT};
        return OUTCOME_OK;
    }
    TRY(work_prove(gate, work));
    if (!recorded(work)) {
        return OUTCOME_OK;
    }
    TRY(work->ask->of_job ? work_recall_line(gate, work) : meet_key(gate, work, probed));
    if (!recorded(work)) {
        return OUTCOME_OK;
    }
    if (leak_full(&work->account->refusals, work->now_us, REFUSALS_BURST_MAX, REFUSALS_PER_S_MAX)) {
        put_off(gate, work, 1);
        return OUTCOME_OK;
    }
    struct outcome kept =
        work->keyed ? keys_reserve(&gate->keys, work->account, now_s) : OUTCOME_OK;
    if (kept.fault == FAULT_OVER_LIMIT) {
        work_limit(gate, work, keys_wait_s(&gate->keys, now_s));
        return OUTCOME_OK;
    }
    TRY(kept);
    if (work_passes_crowded(gate, work->ask)) {
        put_off(gate, work, 1);
        return OUTCOME_OK;
    }
    work_find_party(gate, work);
    if (work->conflicts) {
        work_refuse_conflict(gate, work);
        return OUTCOME_OK;
    }
    if (in_flight(gate, *probed, work)) {
        TRY(settle(gate, probed));
    }
    work_decide_party(gate, work);
    if (work->ask->of_job && is_quota_of_time(work->decision.rule)) {
        work_later(gate, work, work->retry_after_s);
        return OUTCOME_OK;
    }
    if (work->decision.code != CODE_DISCLOSED) {
        return OUTCOME_OK;
    }
    return go_on(gate, work, probed);
}

static struct outcome decide_each(struct gate *gate, unsigned count)
{
    unsigned probed = 0;
    for (unsigned i = 0; i < count; i++) {
        TRY(decide_one(gate, &gate->works[i], &probed));
    }
    return settle(gate, &probed);
}

/* However many settlements a batch needs, it reads in one transaction. */
static struct outcome decide_all(struct gate *gate, unsigned count)
{
    registry_batch_begin(gate->registry);
    struct outcome outcome = decide_each(gate, count);
    registry_batch_end(gate->registry);
    return outcome;
}

struct outcome work_add_record(struct gate *gate, const struct record *record,
                               struct record_text *ret_text, uint64_t *ret_index)
{
    TRY(record_write(record, &gate->texts, ret_text));
    buf_reset(&gate->opening);
    record_put_opening(record, &gate->opening);
    TRY(buf_check(&gate->opening));
    struct ledger_item item = {.entry = ret_text->entry, .opening = buf_view(&gate->opening)};
    return ledger_add(gate->ledger, &item, ret_index);
}

static uint8_t field_index_of(const struct work *work)
{
    for (unsigned i = 0; i < work->field_count; i++) {
        if (work->decision.code == CODE_FIELD_NOT_GRANTED &&
            work->fields[i] == work->decision.field) {
            return (uint8_t)i;
        }
    }
    return ANSWER_FIELD_NONE;
}

/* From now on their keys stand for their records, they are billed, and their proofs are used. */
static void remember_all(struct gate *gate, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct work *work = &gate->works[i];
        if (work->proven && !work->limited) { /* repeats too: what was given, was given once */
            once_put(&gate->once, work->ask->proof.tag, (uint32_t)(work->now_us / 1000000));
        }
        if (work->fee.vnd_per_field > 0 && recorded(work)) {
            save_statement(gate, work->fee_place.statement);
            fees_count(&work->fee_place, 1, work->fee.fields);
        }
        if (work->ask->of_job && recorded(work)) {
            job_tracks_put(&gate->jobs, work->ask->job_id, work->ask->job_line, work->index);
        }
        if (recorded(work) && work_hides(work) && work->record.kind != KIND_REFUSAL) {
            sealed_count(&gate->sealed, work->now_us, work->business->sealed_until_day);
        }
        if (recorded(work) && work_gives(work)) {
            written_put(&gate->written, code_view(&work->business->code), work->index);
            gate->passes.none_due = false;
        }
        if (work->keyed && recorded(work)) {
            keys_put(&gate->keys, work->key_tag, work->ask->body_sha256, work->index, work->account,
                     (uint32_t)(work->now_us / 1000000));
        }
    }
}

static void tell_seen(const struct gate *gate, const struct record *record)
{
    unsigned people = record_people(record);
    for (unsigned i = 0; gate->seen.seen != NULL && i < people; i++) {
        gate->seen.seen(gate->seen.context, record_person(record, i));
    }
}

/* There was room when the batch began. */
static struct outcome tell_history(struct gate *gate, unsigned count)
{
    for (unsigned i = 0; i < count && gate->history != NULL; i++) {
        const struct work *work = &gate->works[i];
        if (recorded(work)) {
            TRY(history_add(gate->history, work->index, &work->record));
            tell_seen(gate, &work->record);
        }
    }
    return OUTCOME_OK;
}

static struct outcome record_all(struct gate *gate, unsigned count)
{
    unsigned added = 0;
    uint64_t size = ledger_size(gate->ledger);
    for (unsigned i = 0; i < count; i++) {
        struct work *work = &gate->works[i];
        if (!recorded(work)) {
            continue;
        }
        uint64_t index = 0;
        work->index = size + added; /* its id hides its place */
        work->field_index = field_index_of(work);
        TRY(work_fill_record(gate, work));
        TRY(work_add_record(gate, &work->record, &work->text, &index));
        CHECK(index == work->index);
        added++;
        if (work->decision.code != CODE_DISCLOSED) {
            work->account->refusals.used += LEAK_UNIT;
            work->refused = true;
        }
    }
    if (added > 0) {
        TRY(gate->history != NULL ? history_reserve(gate->history) : OUTCOME_OK);
        TRY(ledger_commit(gate->ledger));
    }
    remember_all(gate, count);
    return tell_history(gate, count);
}

static void answer_bare(struct gate *gate, const struct work *work, enum code code,
                        struct answer *ret_answer)
{
    *ret_answer = (struct answer){
        .tag = work->ask->tag,
        .code = code,
        .field_index = ANSWER_FIELD_NONE,
        .retry_after_s = code_status(code) == 429 ? work->retry_after_s : 0,
    };
    if (!work->turned_away) { /* who has no key of the account's is not told of its quota */
        work_answer_limits(gate, work, ret_answer);
    }
}

/* A batch's own proofs come from the batch; a repeat brings that of the batch that recorded it. */
static struct outcome answer_proof(struct gate *gate, const struct work *work,
                                   struct answer *ret_answer)
{
    ret_answer->leaf_index = work->index;
    if (work->recall == RECALL_REPEAT) {
        ret_answer->path = work->path;
        ret_answer->checkpoint = work->checkpoint;
        ret_answer->checkpoint_own = true;
        return OUTCOME_OK;
    }
    size_t start = gate->paths.len;
    TRY(ledger_prove(gate->ledger, work->index, &gate->paths));
    TRY(buf_check(&gate->paths));
    ret_answer->path = view_of(gate->paths.data + start, gate->paths.len - start);
    ret_answer->checkpoint = ledger_checkpoint(gate->ledger);
    return OUTCOME_OK;
}

static struct outcome answer_recorded(struct gate *gate, const struct work *work,
                                      struct answer *ret_answer)
{
    answer_bare(gate, work, work->decision.code, ret_answer);
    ret_answer->field_index = work->field_index;
    memcpy(ret_answer->ask_id, work->record.ask_id, sizeof(ret_answer->ask_id));
    if (work->decision.code == CODE_DISCLOSED) {
        ret_answer->result = service_result(work->ask->service);
        ret_answer->person = work->person;
        ret_answer->notices = work->notices;
        ret_answer->person_key = work->ask->written == NULL ? 0
                                 : work->hit_count > 0      ? work->hits[0].key
                                                            : work->person_key;
    }
    ret_answer->entry = work->text.entry;
    ret_answer->opening_count = RECORD_CONSUMER_COUNT;
    for (unsigned i = 0; i < RECORD_CONSUMER_COUNT; i++) {
        ret_answer->opening[i] = work->text.disclosures[i];
    }
    return answer_proof(gate, work, ret_answer);
}

static struct outcome answer_all(struct gate *gate, unsigned count, struct answer *ret_answers)
{
    for (unsigned i = 0; i < count; i++) {
        const struct work *work = &gate->works[i];
        if (work->recall == RECALL_TWIN) {
            ret_answers[i] = ret_answers[work->twin - gate->works];
            ret_answers[i].tag = work->ask->tag;
        } else if (recorded(work) || work->recall == RECALL_REPEAT) {
            TRY(answer_recorded(gate, work, &ret_answers[i]));
        } else {
            answer_bare(gate, work, work->decision.code, &ret_answers[i]);
        }
        bool later = work->recall == RECALL_LATER;
        gate->counts.by_code[ret_answers[i].code] += later ? 0 : 1;
        gate->counts.lines += work->ask->of_job && !later ? 1 : 0;
        gate->counts.lines_later += later ? 1 : 0;
        gate->counts.repeats += work->recall == RECALL_TWIN || work->recall == RECALL_REPEAT;
    }
    gate->counts.batches++;
    return OUTCOME_OK;
}

static void answer_unavailable(struct gate *gate, unsigned count, struct answer *ret_answers)
{
    for (unsigned i = 0; i < count; i++) {
        work_undo(gate, &gate->works[i]);
        answer_bare(gate, &gate->works[i], CODE_LEDGER_UNAVAILABLE, &ret_answers[i]);
        gate->counts.by_code[CODE_LEDGER_UNAVAILABLE]++;
    }
}

static void start_batch(struct gate *gate, const struct ask *asks, unsigned count)
{
    int64_t now_us = clock_wall_us(&gate->clock);
    buf_reset(&gate->persons);
    buf_reset(&gate->texts);
    buf_reset(&gate->paths);
    keys_batch(&gate->keys);
    gate->jobs_later = false;
    gate->job_recalls = 0;
    gate->passes.count = 0;
    once_batch(&gate->once);
    policy_turn(gate, now_us);
    for (unsigned i = 0; i < count; i++) {
        gate->works[i] = (struct work){.ask = &asks[i],
                                       .now_us = now_us,
                                       .as_of_us = now_us,
                                       .named = gate->named + (size_t)i * OPENING_PEOPLE_MAX,
                                       .field_index = ANSWER_FIELD_NONE};
    }
}

struct outcome gate_serve(struct gate *gate, const struct ask *asks, unsigned count,
                          struct answer *ret_answers)
{
    CHECK(count > 0 && count <= BATCH_ASKS_MAX);
    CHECK(count == 1 || asks[0].written == NULL);
    CHECK(gate->ledger != NULL);
    start_batch(gate, asks, count);
    if (gate->policy == NULL || !ledger_writable(gate->ledger)) {
        answer_unavailable(gate, count, ret_answers);
        return OUTCOME_OK;
    }
    struct outcome outcome = decide_all(gate, count);
    if (outcome_ok(outcome)) {
        outcome = record_all(gate, count);
    }
    if (outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_OVER_LIMIT ||
        outcome.fault == FAULT_NO_MEMORY) {
        log_outcome(LOG_LEVEL_ERROR, "batch-not-recorded", outcome);
        ledger_abandon(gate->ledger);
        answer_unavailable(gate, count, ret_answers);
        return OUTCOME_OK;
    }
    TRY(outcome);
    return answer_all(gate, count, ret_answers);
}

void work_stamp_record(struct gate *gate, struct record *record)
{
    if (record->time_us == 0) {
        record->time_us = clock_wall_us(&gate->clock);
    }
    record_ask_id(record->time_us, &gate->random, record->ask_id);
    random_fill(&gate->random, record->secret, sizeof(record->secret));
    policy_turn(gate, record->time_us);
    memset(record->policy_hash, '0', 64);
    if (gate->policy != NULL) {
        memcpy(record->policy_hash, policy_hash(gate->policy), 64);
    }
}

struct outcome gate_record(struct gate *gate, struct record *record, uint64_t *ret_index)
{
    struct record_text text = {0};
    CHECK(gate->ledger != NULL);
    if (!ledger_writable(gate->ledger)) {
        return outcome_fail(FAULT_NO_SPACE, ledger_held(gate->ledger, NULL)
                                                ? LEDGER_HELD_TEXT
                                                : "the ledger cannot write");
    }
    buf_reset(&gate->texts);
    work_stamp_record(gate, record);
    struct outcome outcome = gate->history != NULL ? history_reserve(gate->history) : OUTCOME_OK;
    if (outcome_ok(outcome)) {
        outcome = work_add_record(gate, record, &text, ret_index);
    }
    if (outcome_ok(outcome)) {
        outcome = ledger_commit(gate->ledger);
    }
    if (!outcome_ok(outcome)) {
        ledger_abandon(gate->ledger);
        return outcome;
    }
    return gate->history != NULL ? history_add(gate->history, *ret_index, record) : OUTCOME_OK;
}
