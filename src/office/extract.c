/*
 * Lists of people that accounts are given (decision 0052): stored bytes, states and acts.
 *
 * Invariants
 * 1. A list never holds more than its business may: account, service, channel, fields, days, and as
 *    many people as a job of it may have lines (I3).
 * 2. A code is given once, and so is a job's id: what was asked by it stays what it was.
 * 3. What was refused, has ended or became too long never comes back.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "gate/jobs.h"

#include <stdio.h>
#include <string.h>

#define EXTRACT_VERSION 1
#define JOB_LABEL "dancu extract"

/* ---- stored bytes ---- */

static void put_extract(const void *object, struct buf *buf)
{
    const struct extract *extract = object;
    const struct business *business = extract->business;
    buf_put_u8(buf, EXTRACT_VERSION);
    buf_put_block16(buf, code_view(&extract->code));
    buf_put_u32(buf, extract->version);
    buf_put_u8(buf, (uint8_t)extract->state);
    buf_put_block16(buf, code_view(&extract->account->code));
    buf_put(buf, extract->job_id, sizeof(extract->job_id));
    buf_put_block16(buf, business == NULL ? view_of(NULL, 0) : code_view(&business->code));
    buf_put_block16(buf, long_view(&extract->case_ref));
    buf_put_block16(buf, population_text(&extract->criteria));
    buf_put_u64(buf, extract->fields);
    buf_put_u32(buf, extract->cap);
    buf_put_u64(buf, (uint64_t)extract->from_day);
    buf_put_u64(buf, (uint64_t)extract->until_day);
    buf_put_u32(buf, extract->collected);
    buf_put_block16(buf, long_view(&extract->reason));
}

/* A list that was never approved has no business, nor what follows from it. */
static bool whole(const struct extract *extract)
{
    bool approved = extract->business != NULL;
    return approved == (extract->state != EXTRACT_REFUSED) &&
           approved == (extract->criteria.count > 0) && approved == (extract->fields != 0) &&
           approved == (extract->cap > 0) && extract->cap <= EXTRACT_PERSONS_MAX &&
           extract->fields >> FIELD_COUNT == 0 && extract->case_ref.len <= ASK_CASE_BYTES_MAX;
}

static struct outcome get_extract(const struct directory *directory, struct view bytes,
                                  void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct extract extract = {0};
    cursor.failed = cursor_u8(&cursor) != EXTRACT_VERSION;
    object_get_code(&cursor, &extract.code);
    extract.version = cursor_u32(&cursor);
    extract.state = object_get_enum(&cursor, EXTRACT_STATE_COUNT);
    extract.account = directory_account(directory, cursor_block16(&cursor));
    cursor_copy(&cursor, extract.job_id, sizeof(extract.job_id));
    struct view business = cursor_block16(&cursor);
    extract.business = directory_business(directory, business);
    object_get_long(&cursor, &extract.case_ref);
    struct view criteria = cursor_block16(&cursor);
    if (!outcome_ok(population_parse(criteria, &extract.criteria, NULL))) {
        cursor.failed = true;
    }
    extract.fields = cursor_u64(&cursor);
    extract.cap = cursor_u32(&cursor);
    extract.from_day = (int64_t)cursor_u64(&cursor);
    extract.until_day = (int64_t)cursor_u64(&cursor);
    extract.collected = cursor_u32(&cursor);
    object_get_long(&cursor, &extract.reason);
    cursor.failed = cursor.failed || extract.account == NULL || !whole(&extract) ||
                    (extract.business == NULL && business.len > 0);
    TRY(object_get_end(&cursor, "stored list of people does not decode"));
    memcpy(ret_object, &extract, sizeof(extract));
    return OUTCOME_OK;
}

static struct outcome add_extract(struct directory *directory, void *object)
{
    return directory_add_extract(directory, object);
}

const struct object_row object_extract = {
    .name = "extract",
    .plural = "extracts",
    OBJECT_LAYOUT(extract),
    OBJECT_OF_DIRECTORY(extracts),
    .put = put_extract,
    .get = get_extract,
    .add = add_extract,
};

/* ---- states ---- */

enum extract_state office_extract_next(enum extract_state state, enum extract_event event)
{
#define NO EXTRACT_STATE_COUNT
    static const enum extract_state next[EXTRACT_STATE_COUNT][EXTRACT_EVENT_COUNT] = {
        /*                     collect            exceed            end */
        [EXTRACT_APPROVED] = {EXTRACT_COLLECTED, EXTRACT_TOO_LONG, EXTRACT_ENDED},
        [EXTRACT_COLLECTED] = {NO, NO, EXTRACT_ENDED},
        [EXTRACT_TOO_LONG] = {NO, NO, NO},
        [EXTRACT_REFUSED] = {NO, NO, NO},
        [EXTRACT_ENDED] = {NO, NO, NO},
    };
#undef NO
    bool known = (unsigned)state < EXTRACT_STATE_COUNT && (unsigned)event < EXTRACT_EVENT_COUNT;
    return known ? next[state][event] : EXTRACT_STATE_COUNT;
}

/* ---- acts ---- */

/* The wish's job when an account wished for it, else one that the code alone gives. */
static struct outcome take_job(struct preparing *here, struct extract *extract)
{
    struct view request = act_value(here->act, "request");
    struct view code = code_view(&extract->code);
    uint8_t text[sizeof(JOB_LABEL) + CODE_TEXT_BYTES_MAX];
    uint8_t hash[SEAL_HASH_BYTES];
    memcpy(text, JOB_LABEL, sizeof(JOB_LABEL)); /* with its zero */
    memcpy(text + sizeof(JOB_LABEL), code.data, code.len);
    seal_sha256(view_of(text, sizeof(JOB_LABEL) + code.len), hash);
    memcpy(extract->job_id, hash, sizeof(extract->job_id));
    if (request.len > 0 &&
        (request.len != 2 * sizeof(extract->job_id) ||
         !outcome_ok(hex_get(request, extract->job_id, sizeof(extract->job_id))))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`request` is a job's id: 32 hex digits");
    }
    return directory_extract_by_job(here->directory, extract->job_id) == NULL /* invariant 2 */
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "that request has been decided already");
}

static struct outcome take_criteria(struct preparing *here, struct extract *extract)
{
    struct population_fault fault = {0};
    char why[160];
    struct outcome outcome =
        population_parse(act_value(here->act, "criteria"), &extract->criteria, &fault);
    if (outcome_ok(outcome) && extract->criteria.count > 0) {
        return OUTCOME_OK;
    }
    snprintf(why, sizeof(why), "criteria, at %zu: %s", fault.position,
             outcome_ok(outcome) ? "everybody is no list" : fault.reason);
    return prepare_refuse(here, FAULT_BAD_INPUT, why);
}

/* Invariant 1: what the business may, and what the law lets it. */
static struct outcome check_fields(struct preparing *here, const struct extract *extract)
{
    const struct business *business = extract->business;
    if (here->policy == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "no policy is published yet");
    }
    uint64_t ceiling =
        policy_field_ceiling(here->policy, business->party->class, SERVICE_LIST_EXTRACT);
    uint64_t unnamed = policy_fields_sensitive(here->policy) & ~business->sensitive;
    if ((extract->fields & ~(business->fields & ceiling & ~unnamed)) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a field is not the business' to be given");
    }
    return OUTCOME_OK;
}

static struct outcome check_business(struct preparing *here, const struct extract *extract)
{
    const struct business *business = extract->business;
    const struct account *account = extract->account;
    if (!account_covers(account, business)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the business is not one of the account's");
    }
    if (office_business_state(business, here->today) != BUSINESS_GRANTED ||
        (business->services >> SERVICE_LIST_EXTRACT & 1) == 0 ||
        (business->channels >> account->channel & 1) == 0) {
        return prepare_refuse(here, FAULT_CONFLICT,
                              "the business is not granted for lists by the account's channel");
    }
    if (account->state != ACCOUNT_ACTIVE || account->assertion_required ||
        account->signature_required) {
        return prepare_refuse(here, FAULT_CONFLICT,
                              "the account is not active, or signs each of its asks itself");
    }
    return check_fields(here, extract);
}

static struct outcome check_extent(struct preparing *here, const struct extract *extract,
                                   uint64_t cap)
{
    const struct business *business = extract->business;
    uint64_t lines =
        business->bulk_max > JOB_LINES_FREE_MAX ? business->bulk_max : JOB_LINES_FREE_MAX;
    if (cap == 0 || cap > EXTRACT_PERSONS_MAX || cap > lines) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`cap` is more than a list, or a job of the business, may have");
    }
    if (extract->until_day < here->today || extract->until_day > business->until_day ||
        extract->until_day > here->today + EXTRACT_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`until` is over, or behind the last day that a list may have");
    }
    if (extract->case_ref.len > ASK_CASE_BYTES_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`case` is too long");
    }
    return OUTCOME_OK;
}

/* What an approved list and a refused wish both have. */
static struct outcome begin(struct preparing *here, struct extract **ret_extract)
{
    struct account *account = NULL;
    struct extract *extract = NULL;
    TRY(prepare_find(here, OBJECT_ACCOUNT, "account", &account));
    TRY(prepare_new(here, OBJECT_EXTRACT, &extract));
    extract->account = account;
    extract->from_day = here->today;
    TRY(code_set(&extract->code, act_value(here->act, "code")));
    TRY(long_set(&extract->reason, act_value(here->act, "reason")));
    *ret_extract = extract;
    return take_job(here, extract);
}

struct outcome prepare_extract_approve(struct preparing *here)
{
    const struct act *act = here->act;
    struct extract *extract = NULL;
    uint64_t cap = act_number(act, "cap", 0);
    TRY(begin(here, &extract));
    TRY(prepare_find(here, OBJECT_BUSINESS, "business", &extract->business));
    TRY(take_criteria(here, extract));
    extract->state = EXTRACT_APPROVED;
    extract->fields = act_words_mask(act, "fields");
    extract->until_day = act_day(act, "until", 0);
    TRY(long_set(&extract->case_ref, act_value(act, "case")));
    TRY(check_business(here, extract));
    TRY(check_extent(here, extract, cap));
    extract->cap = (uint32_t)cap;
    return OUTCOME_OK;
}

struct outcome prepare_extract_refuse(struct preparing *here)
{
    struct extract *extract = NULL;
    TRY(begin(here, &extract));
    extract->state = EXTRACT_REFUSED;
    return OUTCOME_OK;
}

static struct outcome edit(struct preparing *here, enum extract_event event,
                           struct extract **ret_extract)
{
    struct extract *old = NULL;
    TRY(prepare_find(here, OBJECT_EXTRACT, "code", &old));
    enum extract_state next = office_extract_next(old->state, event);
    if (next == EXTRACT_STATE_COUNT) { /* invariant 3 */
        return prepare_refuse(here, FAULT_CONFLICT, "the list's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_EXTRACT, old, ret_extract));
    (*ret_extract)->state = next;
    return OUTCOME_OK;
}

struct outcome prepare_extract_end(struct preparing *here)
{
    struct extract *extract = NULL;
    TRY(edit(here, EXTRACT_EVENT_END, &extract));
    return long_set(&extract->reason, act_value(here->act, "reason"));
}

struct outcome prepare_extract_found(struct preparing *here)
{
    const struct act *act = here->act;
    struct extract *extract = NULL;
    bool over = act_value(act, "over").len > 0;
    uint64_t persons = act_number(act, "persons", 0);
    TRY(edit(here, over ? EXTRACT_EVENT_EXCEED : EXTRACT_EVENT_COLLECT, &extract));
    if (over ? persons != 0 : persons > extract->cap) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "that is not how many are in it");
    }
    extract->collected = (uint32_t)persons;
    return OUTCOME_OK;
}
