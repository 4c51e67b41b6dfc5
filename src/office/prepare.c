/*
 * The table of preparations, and what they share.
 *
 * Invariant: nothing that is there already is touched here; a refused act leaves no trace.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

void change_done(struct change *change)
{
    if (change != NULL) {
        for (unsigned i = 0; i < change->edit_count; i++) {
            memory_free(change->edits[i].object);
        }
        policy_free(change->policy);
        *change = (struct change){0};
    }
}

struct outcome prepare_refuse(struct preparing *here, enum fault fault, const char *why)
{
    snprintf(here->why, 256, "%s", why);
    return outcome_fail(fault, "act refused");
}

/* ret_object and ret_old are the addresses of pointers to the row's own type. */
static struct outcome edit_add(struct preparing *here, enum object_kind kind, void *old,
                               void *ret_object)
{
    struct change *change = &here->change;
    const struct object_row *row = object_row(kind);
    CHECK(row != NULL && change->edit_count < CHANGE_EDITS_MAX);
    void *object = memory_new(1, row->bytes);
    if (object == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, row->name);
    }
    if (old != NULL) {
        memcpy(object, old, row->bytes);
    }
    *row->version(object) += 1;
    change->edits[change->edit_count++] = (struct edit){.kind = kind, .old = old, .object = object};
    memcpy(ret_object, &object, sizeof(object));
    return OUTCOME_OK;
}

struct outcome prepare_new(struct preparing *here, enum object_kind kind, void *ret_object)
{
    const struct object_row *row = object_row(kind);
    char why[80];
    CHECK(row != NULL);
    if (row->find(here->directory, act_value(here->act, "code")) != NULL) {
        snprintf(why, sizeof(why), "%s: this code is there already", row->name);
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    if (row->full(here->directory)) {
        snprintf(why, sizeof(why), "there are too many %s", row->plural);
        return prepare_refuse(here, FAULT_OVER_LIMIT, why);
    }
    return edit_add(here, kind, NULL, ret_object);
}

struct outcome prepare_find(struct preparing *here, enum object_kind kind, const char *field,
                            void *ret_old)
{
    const struct object_row *row = object_row(kind);
    char why[80];
    CHECK(row != NULL);
    void *old = row->find(here->directory, act_value(here->act, field));
    if (old == NULL) {
        snprintf(why, sizeof(why), "no %s has this code", row->name);
        return prepare_refuse(here, FAULT_NOT_FOUND, why);
    }
    memcpy(ret_old, &old, sizeof(old));
    return OUTCOME_OK;
}

struct outcome prepare_edit(struct preparing *here, enum object_kind kind, void *old,
                            void *ret_object)
{
    CHECK(old != NULL);
    return edit_add(here, kind, old, ret_object);
}

/* Acts that only are recorded. */
static struct outcome prepare_nothing(struct preparing *here)
{
    (void)here;
    return OUTCOME_OK;
}

static struct outcome (*const preparations[ACT_KIND_COUNT])(struct preparing *here) = {
    [ACT_HOME_INIT] = prepare_nothing,
    [ACT_PARTY_ADD] = prepare_party_add,
    [ACT_ACCOUNT_ADD] = prepare_account_add,
    [ACT_ACCOUNT_SUSPEND] = prepare_account_move,
    [ACT_ACCOUNT_RESUME] = prepare_account_move,
    [ACT_BUSINESS_ADD] = prepare_business_add,
    [ACT_BUSINESS_GRANT] = prepare_business_move,
    [ACT_BUSINESS_REFUSE] = prepare_business_move,
    [ACT_BUSINESS_SUSPEND] = prepare_business_move,
    [ACT_BUSINESS_RESUME] = prepare_business_move,
    [ACT_BUSINESS_REVOKE] = prepare_business_move,
    [ACT_POLICY_PUBLISH] = prepare_policy_publish,
    [ACT_IMPORT_CHUNK] = prepare_nothing,
    [ACT_TAIL_CUT] = prepare_nothing,
};

struct outcome change_prepare(const struct directory *directory, const struct policy *policy,
                              const struct act *act, int64_t today, struct change *ret_change,
                              char ret_why[256])
{
    CHECK((unsigned)act->kind < ACT_KIND_COUNT && preparations[act->kind] != NULL);
    struct preparing here = {
        .directory = directory, .policy = policy, .act = act, .today = today, .why = ret_why};
    TRY(act_check(act, ret_why));
    struct outcome outcome = preparations[act->kind](&here);
    if (!outcome_ok(outcome)) {
        change_done(&here.change);
        return outcome;
    }
    *ret_change = here.change;
    return OUTCOME_OK;
}
