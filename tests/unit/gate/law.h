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

/* Puts another text of the same length in the place of the first one that stands there. */
static inline void law_write(struct law *law, const char *file, const char *from, const char *to)
{
    size_t len = strlen(from);
    assert_int_equal(strlen(to), len);
    for (unsigned i = 0; i < law->count; i++) {
        struct buf *content = &law->contents[i];
        for (size_t at = 0; strcmp(law->files[i].name, file) == 0 && at + len < content->len;
             at++) {
            if (memcmp(content->data + at, from, len) == 0) {
                memcpy(content->data + at, to, len);
                return;
            }
        }
    }
    fail_msg("%s has no %s", file, from);
}

/* The same law, to take effect on another day (`effective_from: YYYY-MM-DD`), when the catalogue of
 * fields that is in force must still be. */
static inline void law_read_dated(struct law *law, const char *effective)
{
    law_read(law);
    law_write(law, "circular-2021.yaml", "effective_from: 2021-07-08", effective);
    law_write(law, "fields.yaml", "until: 2024-06-30", "until: 2034-06-30");
    law_write(law, "fields.yaml", "from: 2024-07-01", "from: 2034-07-01");
}

/* The same with citizens' locks in force. */
static inline void law_read_locked(struct law *law, const char *effective)
{
    law_read_dated(law, effective);
    law_write(law, "circular-2021.yaml",
              "law: citizen_lock\n    clause: [L91]\n    in_force: false",
              "law: citizen_lock\n    clause: [L91]\n    in_force: true ");
}

/* And overridden by that business, whose code is short. */
static inline void law_write_override(struct law *law, const char *business)
{
    static const char label[] =
        "label_vi: Công dân khóa thông tin của mình đối với tổ chức và đối tượng khác";
    char to[sizeof(label)];
    int len = snprintf(to, sizeof(to), "overrides: NV-9, %s\n    label_vi: ", business);
    assert_true(len > 0 && (size_t)len < sizeof(to) - 1);
    memset(to + len, 'x', sizeof(to) - 1 - (size_t)len);
    to[sizeof(to) - 1] = '\0';
    law_write(law, "circular-2021.yaml", label, to);
}

static inline void law_done(struct law *law)
{
    for (unsigned i = 0; i < law->count; i++) {
        buf_done(&law->contents[i]);
    }
}

static inline struct policy *law_load_done(struct law *law)
{
    struct policy *policy = NULL;
    struct policy_error error = {{0}};
    struct outcome outcome = policy_load(law->files, law->count, &policy, &error);
    if (!outcome_ok(outcome)) {
        fail_msg("%s", error.text);
    }
    law_done(law);
    return policy;
}

static inline struct policy *law_load(void)
{
    struct law law;
    law_read(&law);
    return law_load_done(&law);
}

#endif
