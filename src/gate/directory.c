/*
 * The directory: objects in maps by code, accounts also by certificate.
 *
 * Invariants
 * 1. Every account and business points to a party of the same directory.
 * 2. A certificate's key belongs to at most one account, revoked ones included.
 * 3. Two tiers: a sub-account's parent is an account of the same party that has no parent.
 */
#include "gate/directory.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "gate/fees.h"
#include "gate/jobs.h"
#include "gate/places.h"

#include <string.h>

static struct view party_key(const void *value)
{
    return code_view(&((const struct party *)value)->code);
}

static struct view account_key(const void *value)
{
    return code_view(&((const struct account *)value)->code);
}

static struct view certificate_key(const void *value)
{
    return view_of(((const struct certificate *)value)->spki, SEAL_HASH_BYTES);
}

static struct view business_key(const void *value)
{
    return code_view(&((const struct business *)value)->code);
}

static struct view permit_key(const void *value)
{
    return code_view(&((const struct permit *)value)->code);
}

static struct view policy_key(const void *value)
{
    return code_view(&((const struct policy_version *)value)->code);
}

static struct view list_key(const void *value)
{
    return code_view(&((const struct person_list *)value)->code);
}

static struct view lock_key(const void *value)
{
    return code_view(&((const struct person_lock *)value)->code);
}

static struct view pass_key(const void *value)
{
    return code_view(&((const struct pass *)value)->code);
}

static struct view pass_business_key(const void *value)
{
    return code_view(&((const struct pass *)value)->business);
}

static struct view signing_key_key(const void *value)
{
    return code_view(&((const struct signing_key *)value)->code);
}

static struct view operator_key(const void *value)
{
    return code_view(&((const struct operator_register *)value)->code);
}

static struct view extract_key(const void *value)
{
    return code_view(&((const struct extract *)value)->code);
}

static struct view extract_job_key(const void *value)
{
    return view_of(((const struct extract *)value)->job_id, JOB_ID_LEN);
}

void directory_init(struct directory *directory)
{
    map_init_ordered(&directory->parties, party_key, PARTIES_MAX);
    map_init_ordered(&directory->accounts, account_key, ACCOUNTS_MAX);
    map_init(&directory->certificates, certificate_key, CERTIFICATES_MAX);
    map_init_ordered(&directory->businesses, business_key, BUSINESSES_MAX);
    places_init(directory);
    map_init_ordered(&directory->permits, permit_key, PERMITS_MAX);
    map_init_ordered(&directory->policies, policy_key, POLICIES_MAX);
    map_init_ordered(&directory->lists, list_key, LISTS_MAX);
    map_init(&directory->locks, lock_key, 3 * (size_t)CITIZENS_MAX);
    map_init_ordered(&directory->passes, pass_key, PASSES_MAX);
    map_init(&directory->pass_businesses, pass_business_key, PASSES_MAX);
    map_init_ordered(&directory->signing_keys, signing_key_key, SIGNING_KEYS_MAX);
    map_init_ordered(&directory->operators, operator_key, OPERATORS_MAX);
    map_init_ordered(&directory->extracts, extract_key, EXTRACTS_MAX);
    map_init(&directory->extract_jobs, extract_job_key, EXTRACTS_MAX);
    directory->blinder = NULL;
    map_init_ordered(&directory->statements, fees_key, FEE_STATEMENTS_MAX);
    directory->statements_first = NULL;
    directory->statements_last = NULL;
    directory->statements_unsaved = NULL;
    directory->staff = NULL;
}

void directory_done(struct directory *directory)
{
    if (directory == NULL) {
        return;
    }
    size_t at = 0;
    for (const struct policy_version *version = map_next(&directory->policies, &at);
         version != NULL; version = map_next(&directory->policies, &at)) {
        policy_free(version->policy);
    }
    map_done(&directory->certificates);
    places_done(directory);
    map_free_all(&directory->policies);
    map_free_all(&directory->lists);
    map_free_all(&directory->locks);
    map_done(&directory->pass_businesses);
    map_free_all(&directory->passes);
    map_free_all(&directory->signing_keys);
    map_free_all(&directory->operators);
    map_done(&directory->extract_jobs);
    map_free_all(&directory->extracts);
    map_free_all(&directory->permits);
    fees_clear(directory);
    map_done(&directory->statements);
    map_free_all(&directory->businesses);
    map_free_all(&directory->accounts);
    map_free_all(&directory->parties);
}

struct outcome directory_add_party(struct directory *directory, struct party *party)
{
    TRY(places_party_room(directory));
    TRY(map_add(&directory->parties, party));
    places_add_party(directory, party);
    return OUTCOME_OK;
}

/* The first `count` of an account's certificates are in the map: out again. */
static void take_certificates(struct directory *directory, struct account *account, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct certificate *certificate = &account->certificates[i];
        CHECK(map_remove(&directory->certificates, certificate_key(certificate)) == certificate);
    }
}

/* All of them or none. */
static struct outcome put_certificates(struct directory *directory, struct account *account)
{
    for (unsigned i = 0; i < account->certificate_count; i++) {
        account->certificates[i].account = account;
        struct outcome outcome = map_add(&directory->certificates, &account->certificates[i]);
        if (!outcome_ok(outcome)) {
            take_certificates(directory, account, i);
            return outcome;
        }
    }
    return OUTCOME_OK;
}

struct outcome directory_add_account(struct directory *directory, struct account *account)
{
    struct account *parent = account->parent;
    CHECK(account->party != NULL);
    CHECK(parent == NULL || (parent->parent == NULL && parent->party == account->party));
    if (directory_account(directory, code_view(&account->code)) != NULL) {
        return outcome_fail(FAULT_CONFLICT, "account: code is there already");
    }
    TRY(map_room(&directory->accounts)); /* in both maps or in none */
    TRY(put_certificates(directory, account));
    struct outcome outcome = map_add(&directory->accounts, account);
    CHECK(outcome_ok(outcome));
    if (parent != NULL) {
        parent->sub_count++;
    }
    return OUTCOME_OK;
}

/* What belongs to something is kept in a list of it, too, by code: so nobody walks over all there
 * is, and a start finds the same order. */
struct outcome directory_add_business(struct directory *directory, struct business *business)
{
    struct party *party = business->party;
    CHECK(party != NULL && business->next == NULL);
    if (party->business_count >= BUSINESSES_PER_PARTY_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "business: its party has too many");
    }
    TRY(places_business_room(directory));
    TRY(map_add(&directory->businesses, business));
    places_add_business(directory, business);
    struct business **place = &party->businesses;
    while (*place != NULL && view_compare(business_key(*place), business_key(business)) < 0) {
        place = &(*place)->next;
    }
    business->next = *place;
    *place = business;
    party->business_count++;
    return OUTCOME_OK;
}

struct outcome directory_add_permit(struct directory *directory, struct permit *permit)
{
    struct business *business = permit->business;
    CHECK(business != NULL && permit->next == NULL);
    if (business->permit_count >= PERMITS_PER_BUSINESS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "permit: its business has too many");
    }
    TRY(map_add(&directory->permits, permit));
    struct permit **place = &business->permits;
    while (*place != NULL && view_compare(permit_key(*place), permit_key(permit)) < 0) {
        place = &(*place)->next;
    }
    permit->next = *place;
    *place = permit;
    business->permit_count++;
    return OUTCOME_OK;
}

struct outcome directory_replace_party(struct directory *directory, struct party *old,
                                       const struct party *new)
{
    struct party kept = *old;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)));
    TRY(places_party_room(directory));
    places_remove_party(directory, old);
    *old = *new;
    old->guess_day = kept.guess_day;
    old->guess_count = kept.guess_count;
    old->saved = kept.saved;
    old->businesses = kept.businesses;
    old->business_count = kept.business_count;
    places_add_party(directory, old);
    return OUTCOME_OK;
}

/* The new version's certificates are nobody else's, and there is room for them. */
static struct outcome look_certificates(struct directory *directory, const struct account *old,
                                        const struct account *new)
{
    CHECK(new->certificate_count <= old->certificate_count + 1);
    for (unsigned i = 0; i < new->certificate_count; i++) {
        const struct certificate *there =
            directory_certificate(directory, new->certificates[i].spki);
        if (there != NULL && there->account != old) {
            return outcome_fail(FAULT_CONFLICT, "account: certificate is bound already");
        }
    }
    return new->certificate_count > old->certificate_count ? map_room(&directory->certificates)
                                                           : OUTCOME_OK;
}

struct outcome directory_replace_account(struct directory *directory, struct account *old,
                                         const struct account *new)
{
    struct account kept = *old;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)) && old->party == new->party);
    CHECK(old->parent == new->parent);
    TRY(look_certificates(directory, old, new));
    take_certificates(directory, old, old->certificate_count);
    *old = *new;
    old->sub_count = kept.sub_count;
    old->refusals = kept.refusals;
    old->limited_count = kept.limited_count;
    old->limited_first_us = kept.limited_first_us;
    old->limited_last_us = kept.limited_last_us;
    old->key_count = kept.key_count;
    old->key_number = kept.key_number;
    old->key_round = kept.key_round;
    old->rereads = kept.rereads;
    struct outcome outcome = put_certificates(directory, old);
    CHECK(
        outcome_ok(outcome)); /* all places but one have just been given back, and there is room */
    return OUTCOME_OK;
}

struct outcome directory_replace_business(struct directory *directory, struct business *old,
                                          const struct business *new)
{
    const struct business kept = *old;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)) && old->party == new->party);
    TRY(places_business_room(directory));
    places_remove_business(directory, old);
    *old = *new;
    old->quota_day = kept.quota_day;
    old->quota_used = kept.quota_used;
    old->saved = kept.saved;
    old->quota_second = kept.quota_second;
    old->quota_second_used = kept.quota_second_used;
    old->quota_total_used = kept.quota_total_used;
    old->next = kept.next;
    old->permits = kept.permits;
    old->permit_count = kept.permit_count;
    places_add_business(directory, old);
    return OUTCOME_OK;
}

void directory_replace_permit(struct permit *old, const struct permit *new)
{
    struct permit *next = old->next;
    CHECK(view_equal(permit_key(old), permit_key(new)) && old->business == new->business);
    *old = *new;
    old->next = next;
}

struct outcome directory_add_policy(struct directory *directory, struct policy_version *version)
{
    return map_add(&directory->policies, version);
}

struct outcome directory_add_extract(struct directory *directory, struct extract *extract)
{
    CHECK(extract->account != NULL);
    if (directory_extract(directory, extract_key(extract)) != NULL) {
        return outcome_fail(FAULT_CONFLICT, "extract: code is there already");
    }
    TRY(map_room(&directory->extracts)); /* in both maps or in none */
    TRY(map_add(&directory->extract_jobs, extract));
    struct outcome outcome = map_add(&directory->extracts, extract);
    CHECK(outcome_ok(outcome));
    return OUTCOME_OK;
}

void directory_replace_policy(struct policy_version *old, const struct policy_version *new)
{
    struct policy *kept = old->policy;
    CHECK(view_equal(code_view(&old->code), code_view(&new->code)));
    *old = *new;
    old->policy = kept;
}

struct party *directory_party(const struct directory *directory, struct view code)
{
    return map_get(&directory->parties, code);
}

struct account *directory_account(const struct directory *directory, struct view code)
{
    return map_get(&directory->accounts, code);
}

struct certificate *directory_certificate(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES])
{
    return map_get(&directory->certificates, view_of(spki, SEAL_HASH_BYTES));
}

struct account *directory_account_by_spki(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES])
{
    const struct certificate *certificate = directory_certificate(directory, spki);
    return certificate == NULL ? NULL : certificate->account;
}

struct business *directory_business(const struct directory *directory, struct view code)
{
    return map_get(&directory->businesses, code);
}

struct permit *directory_permit(const struct directory *directory, struct view code)
{
    return map_get(&directory->permits, code);
}

struct policy_version *directory_policy(const struct directory *directory, struct view hash)
{
    return map_get(&directory->policies, hash);
}

struct person_list *directory_list(const struct directory *directory, struct view code)
{
    return map_get(&directory->lists, code);
}

struct signing_key *directory_signing_key(const struct directory *directory, struct view code)
{
    return map_get(&directory->signing_keys, code);
}

struct extract *directory_extract(const struct directory *directory, struct view code)
{
    return map_get(&directory->extracts, code);
}

struct extract *directory_extract_by_job(const struct directory *directory,
                                         const uint8_t job_id[JOB_ID_LEN])
{
    return map_get(&directory->extract_jobs, view_of(job_id, JOB_ID_LEN));
}

struct operator_register *directory_operator(const struct directory *directory, struct view code)
{
    return map_get(&directory->operators, code);
}

bool directory_registered(const struct directory *directory, struct view operator_code,
                          enum operator_role role, struct view name)
{
    const struct operator_register *found = directory_operator(directory, operator_code);
    uint8_t tag[SEAL_BLIND_BYTES];
    if (found == NULL || name.len == 0 || name.len > ASK_CODE_BYTES_MAX) {
        return false;
    }
    CHECK(directory->blinder != NULL);
    operator_tag(directory->blinder, operator_code, role, name, tag);
    return operator_has(found, tag);
}

enum truth directory_listed(const struct directory *directory, struct view code,
                            const uint8_t tag[SEAL_BLIND_BYTES])
{
    const struct person_list *list = directory_list(directory, code);
    if (list == NULL || list->state != LIST_IN_FORCE) {
        return TRUTH_UNKNOWN;
    }
    return person_list_has(list, tag) ? TRUTH_YES : TRUTH_NO;
}

/* A copy is kept until a day; whoever names none keeps it for longer than anything permits. */
static bool use_covered(const struct permit *permit, enum use_kind use, struct view text)
{
    struct date until = {0};
    if (use == USE_COPY) {
        return permit->kind == PERMIT_COPY && outcome_ok(date_get(text, &until)) &&
               date_to_days(until) <= permit->until_day;
    }
    return use == USE_THIRD_PARTY && permit->kind == PERMIT_THIRD_PARTY &&
           view_equal(text, long_view(&permit->recipient));
}

const struct permit *business_permit(const struct business *business, enum use_kind use,
                                     struct view text, uint64_t fields, int64_t day)
{
    const struct permit *permit = business->permits;
    while (permit != NULL) {
        bool in_force = permit->state == PERMIT_IN_FORCE && day <= permit->until_day;
        if (in_force && (fields & ~permit->fields) == 0 && use_covered(permit, use, text)) {
            return permit;
        }
        permit = permit->next;
    }
    return NULL;
}

struct outcome code_set(struct code_text *code, struct view text)
{
    if (text.len > ASK_CODE_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "code is too long");
    }
    *code = (struct code_text){.len = (uint8_t)text.len};
    if (text.len > 0) {
        memcpy(code->text, text.data, text.len);
    }
    return OUTCOME_OK;
}

struct outcome long_set(struct long_text *text, struct view view)
{
    if (view.len > DIRECTORY_NAME_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "text is too long");
    }
    *text = (struct long_text){.len = (uint16_t)view.len};
    if (view.len > 0) {
        memcpy(text->text, view.data, view.len);
    }
    return OUTCOME_OK;
}
