/*
 * Policies: the files of one as a block of bytes, and the policy loaded from them again; versions
 * on file; the acts: propose, publish, at once or for a day to come.
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

/* ---- versions as objects ---- */

#define POLICY_VERSION 1

static void put_version(const void *object, struct buf *buf)
{
    const struct policy_version *version = object;
    buf_put_u8(buf, POLICY_VERSION);
    buf_put_block16(buf, code_view(&version->code));
    buf_put_u32(buf, version->version);
    buf_put_u8(buf, (uint8_t)version->state);
    buf_put_u64(buf, (uint64_t)version->effective_day);
    buf_put_u64(buf, (uint64_t)version->from_day);
    buf_put_u64(buf, version->index);
    buf_put_u64(buf, (uint64_t)version->time_us);
}

static struct outcome get_version(const struct directory *directory, struct view bytes,
                                  void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct policy_version *version = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != POLICY_VERSION;
    object_get_code(&cursor, &version->code);
    version->version = cursor_u32(&cursor);
    version->state = object_get_enum(&cursor, POLICY_STATE_COUNT);
    version->effective_day = (int64_t)cursor_u64(&cursor);
    version->from_day = (int64_t)cursor_u64(&cursor);
    version->index = cursor_u64(&cursor);
    version->time_us = (int64_t)cursor_u64(&cursor);
    return object_get_end(&cursor, "stored version of a policy does not decode");
}

static struct outcome add_version(struct directory *directory, void *object)
{
    return directory_add_policy(directory, object);
}

static struct outcome replace_version(struct directory *directory, void *old, const void *object)
{
    (void)directory;
    directory_replace_policy(old, object);
    return OUTCOME_OK;
}

static void stamp_version(void *object, const struct object_stamp *stamp)
{
    struct policy_version *version = object;
    version->index = stamp->index;
    version->time_us = stamp->time_us;
}

const struct object_row object_policy = {
    .name = "policy",
    .plural = "policies",
    OBJECT_LAYOUT(policy_version),
    OBJECT_OF_DIRECTORY(policies),
    .put = put_version,
    .get = get_version,
    .add = add_version,
    .replace = replace_version,
    .stamp = stamp_version,
};

/* ---- acts ---- */

/* The policy of the act, checked whole as one that could take effect, and its version: a new one,
 * or one on file that changes. */
static struct outcome version_prepare(struct preparing *here, struct policy_version *old,
                                      struct policy_version **ret_version)
{
    struct view hash = act_value(here->act, "hash");
    here->change.policy_files = act_value(here->act, "files");
    TRY(policy_from_files(here->change.policy_files, hash, &here->change.policy,
                          here->refusal->why));
    if (old != NULL) {
        TRY(prepare_edit(here, OBJECT_POLICY_VERSION, old, ret_version));
    } else {
        TRY(prepare_add(here, OBJECT_POLICY_VERSION, ret_version));
        TRY(code_set(&(*ret_version)->code, hash));
    }
    (*ret_version)->effective_day = policy_effective_day(here->change.policy);
    return OUTCOME_OK;
}

struct outcome prepare_policy_propose(struct preparing *here)
{
    struct policy_version *version = NULL;
    if (directory_policy(here->directory, act_value(here->act, "hash")) != NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "this policy is on file already");
    }
    return version_prepare(here, NULL, &version); /* POLICY_PROPOSED */
}

static bool waits(const struct policy_version *version, int64_t today)
{
    return version->state == POLICY_PUBLISHED && version->from_day > today;
}

static struct outcome room_ahead(struct preparing *here)
{
    const struct map *policies = &here->directory->policies;
    unsigned waiting = 0;
    size_t at = 0;
    for (const struct policy_version *version = map_next(policies, &at); version != NULL;
         version = map_next(policies, &at)) {
        waiting += waits(version, here->today);
    }
    return waiting < POLICIES_AHEAD_MAX
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_OVER_LIMIT, "too many policies wait for their day");
}

struct outcome prepare_policy_publish(struct preparing *here)
{
    struct view hash = act_value(here->act, "hash");
    struct policy_version *old = directory_policy(here->directory, hash);
    struct policy_version *version = NULL;
    if (here->policy != NULL && view_is(hash, policy_hash(here->policy))) {
        return prepare_refuse(here, FAULT_CONFLICT, "this policy is in force already");
    }
    if (old != NULL && waits(old, here->today)) {
        return prepare_refuse(here, FAULT_CONFLICT, "this policy is published already");
    }
    TRY(version_prepare(here, old, &version));
    version->state = POLICY_PUBLISHED;
    version->from_day = version->effective_day > here->today ? version->effective_day : here->today;
    return waits(version, here->today) ? room_ahead(here) : OUTCOME_OK;
}
