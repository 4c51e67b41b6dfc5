/*
 * Policies and their days.
 *
 * Invariants
 * 1. The policy in force on a day is, of those published for that day or before, the one of the
 *    latest day, and of these the one published last: whether the process lived through midnight,
 *    started later, or applies in recovery what was recorded before it. What was published at once
 *    counts as of the day of its record.
 * 2. What is in force, and whatever waits for its day, is loaded; nothing else is.
 */
#include "office/private.h"

#include "base/check.h"
#include "base/log.h"

#define DAY_US INT64_C(86400000000)
#define ZONE_US INT64_C(25200000000) /* UTC+7 */

/* ---- which ---- */

static const struct policy_version *later(const struct policy_version *one,
                                          const struct policy_version *other)
{
    bool after = one == NULL || other->from_day > one->from_day ||
                 (other->from_day == one->from_day && other->index > one->index);
    return after ? other : one;
}

/* Invariant 1. NULL: none. */
static const struct policy_version *version_on(const struct directory *directory, int64_t day)
{
    const struct policy_version *found = NULL;
    size_t at = 0;
    for (const struct policy_version *version = map_next(&directory->policies, &at);
         version != NULL; version = map_next(&directory->policies, &at)) {
        bool may = version->state == POLICY_PUBLISHED && version->from_day <= day;
        found = may ? later(found, version) : found;
    }
    return found;
}

/* The first day behind that one on which another takes effect; INT64_MAX: none waits. */
static int64_t day_next(const struct directory *directory, int64_t day)
{
    int64_t next = INT64_MAX;
    size_t at = 0;
    for (const struct policy_version *version = map_next(&directory->policies, &at);
         version != NULL; version = map_next(&directory->policies, &at)) {
        bool waits = version->state == POLICY_PUBLISHED && version->from_day > day;
        next = waits && version->from_day < next ? version->from_day : next;
    }
    return next;
}

/* ---- their days ---- */

void policies_tell(struct office *office)
{
    if (office->gate == NULL) {
        return;
    }
    int64_t day = day_next(office->directory, office->policy_day);
    bool none = day == INT64_MAX;
    gate_policy_set(office->gate, office->policy);
    gate_policy_next_set(office->gate, none ? NULL : version_on(office->directory, day)->policy,
                         none ? 0 : day * DAY_US - ZONE_US);
}

/* Puts in force what is, and lets go of what was: invariant 2. */
static void choose(struct office *office)
{
    struct directory *directory = office->directory;
    const struct policy_version *now = version_on(directory, office->policy_day);
    size_t at = 0;
    office->policy = now == NULL ? NULL : now->policy;
    CHECK(now == NULL || now->policy != NULL);
    policies_tell(office);
    for (struct policy_version *version = map_next(&directory->policies, &at); version != NULL;
         version = map_next(&directory->policies, &at)) {
        if (version != now && version->from_day <= office->policy_day) {
            policy_free(version->policy);
            version->policy = NULL;
        }
    }
}

void office_turn(struct office *office, int64_t now_us)
{
    int64_t day = clock_day_vn(now_us);
    if (day > office->policy_day) {
        office->policy_day = day;
        choose(office);
    }
}

void policies_apply(struct office *office, struct change *change, struct office_object *ret_files)
{
    struct policy_version *version =
        directory_policy(office->directory, view_text(policy_hash(change->policy)));
    CHECK(version != NULL);
    *ret_files = (struct office_object){
        .kind = OBJECT_POLICY, .code = code_view(&version->code), .content = change->policy_files};
    if (version->state == POLICY_PUBLISHED) {
        CHECK(version->policy == NULL); /* it is not in force, and does not wait */
        version->policy = change->policy;
        change->policy = NULL;
        choose(office);
    }
}

/* ---- loading ---- */

static struct outcome load_version(const struct office_object *object, struct policy **ret_policy)
{
    char why[256] = "";
    struct outcome outcome = policy_from_files(object->content, object->code, ret_policy, why);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "policy-not-loaded", "why=\"%s\"", why);
    }
    return outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_OVER_LIMIT
               ? outcome_fail(FAULT_CORRUPT, "a published policy does not load")
               : outcome;
}

/* Invariant 2. */
static bool wanted(const struct office *office, const struct policy_version *version)
{
    bool waits = version->state == POLICY_PUBLISHED && version->from_day > office->policy_day;
    return waits || version == version_on(office->directory, office->policy_day);
}

static struct outcome load_files(void *context, const struct office_object *object)
{
    struct office *office = context;
    struct policy_version *version = NULL;
    if (object->kind == OBJECT_POLICY) {
        version = directory_policy(office->directory, object->code);
    }
    return version != NULL && wanted(office, version) ? load_version(object, &version->policy)
                                                      : OUTCOME_OK;
}

/* Acts that are not applied yet may be as old as the last publication. */
static int64_t day_published(const struct directory *directory)
{
    const struct policy_version *last = NULL;
    size_t at = 0;
    for (const struct policy_version *version = map_next(&directory->policies, &at);
         version != NULL; version = map_next(&directory->policies, &at)) {
        bool after = last == NULL || version->index > last->index;
        last = version->state == POLICY_PUBLISHED && after ? version : last;
    }
    return last == NULL ? 0 : clock_day_vn(last->time_us);
}

struct outcome policies_load(struct office *office)
{
    const struct directory *directory = office->directory;
    size_t at = 0;
    office->policy_day = day_published(directory);
    if (directory->policies.len == 0) {
        return OUTCOME_OK;
    }
    TRY(office_store_load(office->store, load_files, office));
    for (const struct policy_version *version = map_next(&directory->policies, &at);
         version != NULL; version = map_next(&directory->policies, &at)) {
        if (wanted(office, version) && version->policy == NULL) {
            return outcome_fail(FAULT_CORRUPT, "a published policy is not in the store");
        }
    }
    choose(office);
    return OUTCOME_OK;
}

/* ---- reading a version ---- */

struct sought {
    struct view hash;
    struct policy *policy;
};

static struct outcome take_sought(void *context, const struct office_object *object)
{
    struct sought *sought = context;
    bool found = object->kind == OBJECT_POLICY && view_equal(object->code, sought->hash);
    return found ? load_version(object, &sought->policy) : OUTCOME_OK;
}

struct outcome office_policy_read(struct office *office, struct view hash,
                                  struct policy **ret_policy)
{
    struct sought sought = {.hash = hash};
    if (hash.len == 0 && office->policy != NULL) {
        sought.hash = view_text(policy_hash(office->policy));
    }
    TRY(office_store_load(office->store, take_sought, &sought));
    *ret_policy = sought.policy;
    return sought.policy != NULL ? OUTCOME_OK
                                 : outcome_fail(FAULT_NOT_FOUND, "no such policy is on file");
}
