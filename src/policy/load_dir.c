/*
 * A folder as a policy: for the command line and tests. The disk is base/'s.
 */
#include "policy/policy.h"

#include "base/ceilings.h"
#include "base/folder.h"

struct outcome policy_load_dir(const char *dir, struct policy **ret_policy,
                               struct policy_error *ret_error)
{
    static const struct folder_limits limits = {
        .suffix = ".yaml", .files_max = POLICY_FILES_MAX, .bytes_max = POLICY_FILE_BYTES_MAX};
    struct policy_file files[POLICY_FILES_MAX] = {0};
    struct folder *folder = NULL;
    struct folder_error error;

    ret_error->text[0] = '\0';
    struct outcome outcome = folder_read(dir, &limits, &folder, &error);
    if (!outcome_ok(outcome) && outcome.fault != FAULT_NO_MEMORY) {
        (void)snprintf(ret_error->text, sizeof(ret_error->text), "%s:1:1: %s", error.name,
                       error.why);
    }
    TRY(outcome);
    for (unsigned i = 0; i < folder->count; i++) {
        (void)snprintf(files[i].name, sizeof(files[i].name), "%s", folder->files[i].name);
        files[i].content = buf_view(&folder->files[i].content);
    }
    outcome = policy_load(files, folder->count, ret_policy, ret_error);
    folder_free(folder);
    return outcome;
}
