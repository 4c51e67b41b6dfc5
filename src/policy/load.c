/*
 * A set of files to a policy.
 *
 * Invariants
 *  1. Every file is known by its name and every file that is needed is there, once; the circular's
 *     comes first, because the others name its clauses. A policy on file may be older than the
 *     table of sources, or those of written requests and messages: then nobody may change anything,
 *     no request is taken in, nothing is sent to phones, and the policy lacks it.
 *  2. The hash is over the files as they were handed in, whatever their order.
 *  3. A policy leaves here whole and checked, or not at all.
 */
#include "policy/rows.h"

#include "base/check.h"
#include "seal/seal.h"

#define HASH_LINE_BYTES_MAX (64 + 2 + sizeof(((struct policy_file *)0)->name) + 1)

static const struct policy_file_schema *const schemas[] = {
    &policy_schema_circular, &policy_schema_fields,   &policy_schema_refusals,
    &policy_schema_fees,     &policy_schema_holidays, &policy_schema_sources,
    &policy_schema_written,  &policy_schema_messages,
};
#define SCHEMA_COUNT (sizeof(schemas) / sizeof(schemas[0]))

/* A pattern with one star at most. */
static bool name_fits(struct view name, const char *pattern)
{
    struct view whole = view_text(pattern);
    size_t star = view_find(whole, 0, '*');

    if (star == whole.len) {
        return view_equal(name, whole);
    }
    struct view head = view_part(whole, 0, star);
    struct view tail = view_part(whole, star + 1, whole.len - star - 1);
    return name.len > head.len + tail.len && view_starts(name, head) &&
           view_equal(view_part(name, name.len - tail.len, tail.len), tail);
}

/* Names that sha256sum prints as they are. */
static bool name_plain(struct view name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (!letter && byte != '-' && byte != '.') {
            return false;
        }
    }
    return true;
}

static struct view file_name(const struct policy_file *file)
{
    return view_of(file->name, strnlen(file->name, sizeof(file->name)));
}

static struct outcome refuse_set(struct policy_loader *loader, struct view name, const char *why)
{
    struct policy_quoted quoted = policy_quote(name);

    loader->file = quoted.text;
    struct outcome outcome = policy_refuse(loader, (struct policy_place){1, 1}, "%s", why);
    loader->file = NULL;
    return outcome;
}

/* Invariant 1: which file is which. */
static struct outcome sort_files(struct policy_loader *loader, const struct policy_file *files,
                                 unsigned count, const struct policy_file *ret_files[SCHEMA_COUNT])
{
    for (unsigned i = 0; i < count; i++) {
        struct view name = file_name(&files[i]);
        unsigned which = 0;
        while (which < SCHEMA_COUNT && !name_fits(name, schemas[which]->name)) {
            which++;
        }
        if (which == SCHEMA_COUNT || name.len == sizeof(files[i].name) || !name_plain(name)) {
            return refuse_set(loader, name, "the policy has no file of this name");
        }
        if (ret_files[which] != NULL) {
            return refuse_set(loader, name, "the policy has this file twice");
        }
        ret_files[which] = &files[i];
    }
    return OUTCOME_OK;
}

static struct outcome all_there(struct policy_loader *loader,
                                const struct policy_file *const files[SCHEMA_COUNT])
{
    for (unsigned i = 0; i < SCHEMA_COUNT; i++) {
        if (files[i] == NULL && schemas[i] == &policy_schema_sources) {
            loader->policy->lacks_sources = true;
        } else if (files[i] == NULL && schemas[i] != &policy_schema_written &&
                   schemas[i] != &policy_schema_messages) {
            return refuse_set(loader, view_text(schemas[i]->name), "the file is missing");
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_file(struct policy_loader *loader, const struct policy_file *file,
                                const struct policy_file_schema *schema)
{
    TRY(policy_tree_parse(file, &loader->policy->texts, &loader->tree, loader->error));
    loader->file = file->name;
    struct outcome outcome = policy_rows_read(loader, schema);
    policy_tree_done(&loader->tree);
    loader->file = NULL;
    return outcome;
}

/* Invariant 2: what `LC_ALL=C sha256sum *.yaml` prints, hashed. */
static struct outcome hash_files(const struct policy_file *const sorted[], unsigned count,
                                 char ret_hash[65])
{
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO text;
    buf_init(&text, POLICY_FILES_MAX * HASH_LINE_BYTES_MAX);

    for (unsigned i = 0; i < count; i++) {
        seal_sha256(sorted[i]->content, hash);
        buf_put_hex(&text, view_of(hash, sizeof(hash)));
        buf_put_text(&text, "  ");
        buf_put_view(&text, file_name(sorted[i]));
        buf_put_u8(&text, '\n');
    }
    TRY(buf_check(&text));
    seal_sha256(buf_view(&text), hash);
    buf_reset(&text);
    buf_put_hex(&text, view_of(hash, sizeof(hash)));
    CHECK(text.len == 64 && !text.failed);
    for (unsigned i = 0; i < 64; i++) {
        ret_hash[i] = (char)text.data[i];
    }
    ret_hash[64] = '\0';
    return OUTCOME_OK;
}

static struct outcome hash_set(const struct policy_file *const files[SCHEMA_COUNT],
                               char ret_hash[65])
{
    const struct policy_file *sorted[SCHEMA_COUNT];
    unsigned count = 0;

    for (unsigned i = 0; i < SCHEMA_COUNT; i++) {
        unsigned at = count;
        if (files[i] == NULL) {
            continue;
        }
        count++;
        while (at > 0 && view_compare(file_name(sorted[at - 1]), file_name(files[i])) > 0) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = files[i];
    }
    return hash_files(sorted, count, ret_hash);
}

static struct outcome load(struct policy_loader *loader, const struct policy_file *files,
                           unsigned count)
{
    const struct policy_file *known[SCHEMA_COUNT] = {0};

    if (count > POLICY_FILES_MAX) {
        return refuse_set(loader, view_text("*.yaml"), "there are too many files");
    }
    TRY(sort_files(loader, files, count, known));
    for (unsigned i = 0; i < SCHEMA_COUNT; i++) {
        if (known[i] != NULL) {
            TRY(read_file(loader, known[i], schemas[i]));
        }
    }
    TRY(all_there(loader, known));
    return hash_set(known, loader->policy->hash);
}

struct outcome policy_load(const struct policy_file *files, unsigned count,
                           struct policy **ret_policy, struct policy_error *ret_error)
{
    struct policy_loader loader = {.error = ret_error};

    ret_error->text[0] = '\0';
    loader.policy = memory_new(1, sizeof(*loader.policy));
    if (loader.policy == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "policy");
    }
    struct outcome outcome = arena_init(&loader.policy->texts, POLICY_TEXTS_BYTES_MAX);
    if (outcome_ok(outcome)) {
        outcome = load(&loader, files, count);
    }
    if (!outcome_ok(outcome)) {
        policy_free(loader.policy);
        return outcome;
    }
    *ret_policy = loader.policy;
    return OUTCOME_OK;
}

void policy_free(struct policy *policy)
{
    if (policy == NULL) {
        return;
    }
    arena_done(&policy->texts);
    memory_free(policy);
}
