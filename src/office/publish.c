/*
 * A published policy as bytes: its files in one block, and the policy loaded from them again.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

void policy_files_put(const struct policy_file *files, unsigned count, struct buf *buf)
{
    CHECK(count <= POLICY_FILES_MAX);
    buf_put_u16(buf, (uint16_t)count);
    for (unsigned i = 0; i < count; i++) {
        buf_put_block16(buf, view_text(files[i].name));
        buf_put_block32(buf, files[i].content);
    }
}

struct outcome policy_files_get(struct view bytes, struct policy_file *ret_files,
                                unsigned *ret_count)
{
    struct cursor cursor = cursor_of(bytes);
    unsigned count = cursor_u16(&cursor);
    if (count > POLICY_FILES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "policy: too many files");
    }
    for (unsigned i = 0; i < count; i++) {
        struct view name = cursor_block16(&cursor);
        struct view content = cursor_block32(&cursor);
        if (cursor.failed || name.len == 0 || name.len >= sizeof(ret_files[i].name)) {
            return outcome_fail(FAULT_BAD_INPUT, "policy: files do not decode");
        }
        memset(ret_files[i].name, 0, sizeof(ret_files[i].name));
        memcpy(ret_files[i].name, name.data, name.len);
        ret_files[i].content = content;
    }
    TRY(cursor_end(&cursor, "policy: files do not decode"));
    *ret_count = count;
    return OUTCOME_OK;
}

struct outcome policy_from_files(struct view bytes, struct view hash, struct policy **ret_policy,
                                 char ret_why[256])
{
    struct policy_file files[POLICY_FILES_MAX];
    struct policy_error error = {{0}};
    struct policy *policy = NULL;
    unsigned count = 0;
    struct outcome outcome = policy_files_get(bytes, files, &count);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, 256, "%s", outcome.what);
        return outcome;
    }
    outcome = policy_load(files, count, &policy, &error);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, 256, "%.250s", error.text[0] != '\0' ? error.text : outcome.what);
        return outcome;
    }
    if (!view_is(hash, policy_hash(policy))) {
        policy_free(policy);
        snprintf(ret_why, 256, "the policy's files do not have the hash named");
        return outcome_fail(FAULT_BAD_INPUT, "policy hash differs");
    }
    *ret_policy = policy;
    return OUTCOME_OK;
}

struct outcome prepare_policy_publish(struct preparing *here)
{
    const struct act *act = here->act;
    struct view hash = act_value(act, "hash");
    if (here->policy != NULL && view_is(hash, policy_hash(here->policy))) {
        return prepare_refuse(here, FAULT_CONFLICT, "this policy is in force already");
    }
    TRY(policy_from_files(act_value(act, "files"), hash, &here->change.policy, here->refusal->why));
    here->change.policy_files = act_value(act, "files");
    if (policy_effective_day(here->change.policy) > here->today) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "the policy's effective date has not come yet");
    }
    return OUTCOME_OK;
}
