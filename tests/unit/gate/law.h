/*
 * Purpose: the policy of this tree, for tests: its files as they lie in policy/, and loaded.
 */
#ifndef DANCU_TESTS_UNIT_GATE_LAW_H
#define DANCU_TESTS_UNIT_GATE_LAW_H

#include "help.h"

#include "base/ceilings.h"
#include "policy/policy.h"

#include <glob.h>

struct law {
    struct policy_file files[POLICY_FILES_MAX];
    struct buf contents[POLICY_FILES_MAX];
    unsigned count;
};

static inline void law_read_file(struct law *law, const char *path)
{
    struct buf *content = &law->contents[law->count];
    struct policy_file *file = &law->files[law->count];
    FILE *stream = fopen(path, "r");
    char block[4096];
    size_t got = 0;
    assert_non_null(stream);
    buf_init(content, POLICY_FILE_BYTES_MAX);
    while ((got = fread(block, 1, sizeof(block), stream)) > 0) {
        buf_put(content, block, got);
    }
    fclose(stream);
    assert_ok(buf_check(content));
    snprintf(file->name, sizeof(file->name), "%s", strrchr(path, '/') + 1);
    file->content = buf_view(content);
    law->count++;
}

static inline void law_read(struct law *law)
{
    glob_t found = {0};
    *law = (struct law){0};
    assert_int_equal(glob(SOURCE_DIR "/policy/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        law_read_file(law, found.gl_pathv[i]);
    }
    globfree(&found);
}

static inline void law_done(struct law *law)
{
    for (unsigned i = 0; i < law->count; i++) {
        buf_done(&law->contents[i]);
    }
}

static inline struct policy *law_load(void)
{
    struct law law;
    struct policy *policy = NULL;
    struct policy_error error = {{0}};
    law_read(&law);
    struct outcome outcome = policy_load(law.files, law.count, &policy, &error);
    if (!outcome_ok(outcome)) {
        fail_msg("%s", error.text);
    }
    law_done(&law);
    return policy;
}

#endif
