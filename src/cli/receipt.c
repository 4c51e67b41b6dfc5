/*
 * Verification of a receipt, strict in every shape: whatever byte of it is changed is found.
 *
 * Invariants
 * 1. Nothing is believed before the proof verified over the exact bytes of the entry.
 * 2. A digest counts only if it stands in the entry's `_sd`, once.
 */
#include "cli/receipt.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/memory.h"
#include "domain/words.h"
#include "ledger/ledger.h"
#include "seal/seal.h"
#include "wire/json.h"
#include "wire/json_canonical.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MAX (1u << 20)
#define VALUES_MAX 20000
#define ARENA_BYTES ((size_t)16 << 20)
#define DIGEST_CHARS 43
#define DIGESTS 9

struct check {
    struct arena arena;
    struct receipt_report *report;
    struct view entry;
    struct view digests[DIGESTS];
    bool used[DIGESTS];
    const struct json_node *ask;     /* of the opening: its values, NULL without */
    const struct json_node *answer;  /* likewise */
    const struct json_node *outcome; /* of the entry */
};

static struct outcome bad(struct check *check, const char *why)
{
    snprintf(check->report->why, sizeof(check->report->why), "%s", why);
    return outcome_fail(FAULT_CORRUPT, "receipt");
}

static struct outcome parse(struct check *check, struct view text, const char *what,
                            const struct json_node **ret_root)
{
    const struct json_limits limits = {TEXT_BYTES_MAX, 16, VALUES_MAX, JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    struct outcome outcome = json_parse(text, &limits, &check->arena, &doc, &fault);
    if (!outcome_ok(outcome)) {
        snprintf(check->report->why, sizeof(check->report->why), "%s: not JSON: %s (column %zu)",
                 what, fault.reason, fault.column);
        return outcome;
    }
    *ret_root = doc.nodes;
    return OUTCOME_OK;
}

static struct outcome take(struct check *check, const struct json_node *object, const char *what,
                           const struct json_row *rows, unsigned count,
                           const struct json_node **ret_values)
{
    struct json_fault fault = {0};
    struct outcome outcome = json_take(object, rows, count, ret_values, &fault);
    if (!outcome_ok(outcome)) {
        snprintf(check->report->why, sizeof(check->report->why), "%s: %s%s%s", what, fault.reason,
                 fault.missing != NULL ? ": " : "", fault.missing != NULL ? fault.missing : "");
    }
    return outcome;
}

/* ---- the entry ---- */

static const struct json_row entry_rows[] = {
    {"_sd", JSON_ARRAY_BIT, true},
    {"channel", JSON_STRING_BIT | JSON_NULL_BIT, true},
    {"class", JSON_STRING_BIT | JSON_NULL_BIT, true},
    {"kind", JSON_STRING_BIT, true},
    {"outcome", JSON_STRING_BIT, true},
    {"policy", JSON_STRING_BIT, true},
    {"service", JSON_STRING_BIT | JSON_NULL_BIT, true},
    {"t", JSON_STRING_BIT, true},
    {"v", JSON_INTEGER_BIT, true},
};
#define ENTRY_ROWS (sizeof(entry_rows) / sizeof(entry_rows[0]))
enum { ENTRY_SD = 0, ENTRY_KIND = 3, ENTRY_OUTCOME = 4, ENTRY_V = 8 };

static struct outcome take_digests(struct check *check, const struct json_node *array)
{
    unsigned count = 0;
    if (array->count != DIGESTS) {
        return bad(check, "entry: `_sd` does not have nine digests");
    }
    for (const struct json_node *item = json_first(array); item != NULL;
         item = json_next(array, item)) {
        if (item->kind != JSON_KIND_STRING || item->text.len != DIGEST_CHARS) {
            return bad(check, "entry: a digest has the wrong form");
        }
        if (count > 0 && view_compare(check->digests[count - 1], item->text) >= 0) {
            return bad(check, "entry: digests are not in order");
        }
        check->digests[count] = item->text;
        count++;
    }
    return OUTCOME_OK;
}

static struct outcome check_entry(struct check *check)
{
    const struct json_node *root = NULL;
    const struct json_node *values[ENTRY_ROWS] = {0};
    BUF_AUTO canonical;
    unsigned word = 0;
    buf_init(&canonical, TEXT_BYTES_MAX);
    TRY(parse(check, check->entry, "entry", &root));
    TRY(take(check, root, "entry", entry_rows, ENTRY_ROWS, values));
    if (!outcome_ok(json_put_canonical(&canonical, root)) ||
        !view_equal(buf_view(&canonical), check->entry)) {
        return bad(check, "entry: not canonical JSON");
    }
    if (json_integer_of(values[ENTRY_V]) != 1 ||
        !outcome_ok(words_find(&words_kind, values[ENTRY_KIND]->text, &word))) {
        return bad(check, "entry: unknown version or kind");
    }
    check->outcome = values[ENTRY_OUTCOME];
    return take_digests(check, values[ENTRY_SD]);
}

/* ---- the opening ---- */

static struct outcome use_digest(struct check *check, struct view disclosure)
{
    uint8_t hash[SEAL_HASH_BYTES];
    char text[DIGEST_CHARS];
    seal_sha256(disclosure, hash);
    base64url_write(text, view_of(hash, sizeof(hash)));
    for (unsigned i = 0; i < DIGESTS; i++) {
        if (view_equal(check->digests[i], view_of(text, sizeof(text)))) {
            if (check->used[i]) {
                return bad(check, "opening: a disclosure stands twice");
            }
            check->used[i] = true;
            return OUTCOME_OK;
        }
    }
    return bad(check, "opening: a disclosure does not belong to the entry");
}

static struct outcome read_disclosure(struct check *check, struct view disclosure)
{
    BUF_AUTO bytes;
    struct view copy = {0};
    const struct json_node *root = NULL;
    buf_init(&bytes, TEXT_BYTES_MAX);
    if (!outcome_ok(base64url_get(disclosure, &bytes))) {
        return bad(check, "opening: a disclosure is not base64url");
    }
    TRY(arena_copy(&check->arena, buf_view(&bytes), &copy));
    TRY(parse(check, copy, "disclosure", &root));
    if (root->kind != JSON_KIND_ARRAY || root->count != 3) {
        return bad(check, "opening: a disclosure is not [salt, name, value]");
    }
    const struct json_node *name = json_next(root, json_first(root));
    const struct json_node *value = json_next(root, name);
    if (name->kind == JSON_KIND_STRING && view_is(name->text, "ask")) {
        check->ask = value;
    } else if (name->kind == JSON_KIND_STRING && view_is(name->text, "answer")) {
        check->answer = value;
    }
    return OUTCOME_OK;
}

static struct outcome check_opening(struct check *check, const struct json_node *opening)
{
    if (opening == NULL) {
        return OUTCOME_OK;
    }
    if (opening->kind != JSON_KIND_ARRAY || opening->count == 0) {
        return bad(check, "opening: not an array of disclosures");
    }
    for (const struct json_node *item = json_first(opening); item != NULL;
         item = json_next(opening, item)) {
        if (item->kind != JSON_KIND_STRING) {
            return bad(check, "opening: not an array of disclosures");
        }
        TRY(use_digest(check, item->text));
        TRY(read_disclosure(check, item->text));
    }
    check->report->opening = true;
    return OUTCOME_OK;
}

/* ---- the answer ---- */

static bool same_canonical(const struct json_node *a, const struct json_node *b)
{
    BUF_AUTO left;
    BUF_AUTO right;
    buf_init(&left, TEXT_BYTES_MAX);
    buf_init(&right, TEXT_BYTES_MAX);
    return outcome_ok(json_put_canonical(&left, a)) && outcome_ok(json_put_canonical(&right, b)) &&
           view_equal(buf_view(&left), buf_view(&right));
}

/* A person, or a service's result: whichever was answered. */
static struct outcome check_person(struct check *check, const struct json_node *person)
{
    BUF_AUTO canonical;
    uint8_t hash[SEAL_HASH_BYTES];
    char text[DIGEST_CHARS];
    buf_init(&canonical, TEXT_BYTES_MAX);
    const struct json_node *digest =
        check->answer == NULL ? NULL : json_member(check->answer, "digest");
    if (digest == NULL) {
        return bad(check, "answer: the opening does not say what was answered");
    }
    if (person->kind != JSON_KIND_OBJECT || !outcome_ok(json_put_canonical(&canonical, person))) {
        return bad(check, "answer: the person is not an object of strings and integers");
    }
    seal_sha256(buf_view(&canonical), hash);
    base64url_write(text, view_of(hash, sizeof(hash)));
    if (digest->kind != JSON_KIND_STRING ||
        !view_equal(digest->text, view_of(text, sizeof(text)))) {
        return bad(check, "answer: the person is not the one that was recorded");
    }
    check->report->answer = true;
    return OUTCOME_OK;
}

static struct outcome check_notices(struct check *check, const struct json_node *notices)
{
    if (notices == NULL || check->answer == NULL) {
        return OUTCOME_OK;
    }
    const struct json_node *recorded = json_member(check->answer, "notices");
    if (recorded == NULL || !same_canonical(recorded, notices)) {
        return bad(check, "answer: the notices are not those that were recorded");
    }
    return OUTCOME_OK;
}

static struct outcome check_ask(struct check *check, const struct json_node *ask)
{
    if (ask == NULL || check->ask == NULL) {
        return OUTCOME_OK;
    }
    const struct json_node *id = json_member(check->ask, "id");
    if (id == NULL || !view_equal(id->text, ask->text)) {
        return bad(check, "answer: `ask` is not the one that was recorded");
    }
    return OUTCOME_OK;
}

/* ---- the files ---- */

/* Of an answer and of a problem; what is not in them is unknown. */
static const struct json_row whole_rows[] = {
    {"receipt", JSON_OBJECT_BIT, true},  {"ask", JSON_STRING_BIT, false},
    {"notices", JSON_ARRAY_BIT, false},  {"opening", JSON_ARRAY_BIT, false},
    {"person", JSON_OBJECT_BIT, false},  {"code", JSON_STRING_BIT, false},
    {"type", JSON_STRING_BIT, false},    {"title", JSON_STRING_BIT, false},
    {"status", JSON_INTEGER_BIT, false}, {"detail", JSON_STRING_BIT, false},
    {"clause", JSON_STRING_BIT, false},  {"invalid_params", JSON_ARRAY_BIT, false},
    {"result", JSON_OBJECT_BIT, false},
};
#define WHOLE_ROWS (sizeof(whole_rows) / sizeof(whole_rows[0]))
enum {
    WHOLE_RECEIPT,
    WHOLE_ASK,
    WHOLE_NOTICES,
    WHOLE_OPENING,
    WHOLE_PERSON,
    WHOLE_CODE,
    WHOLE_RESULT = WHOLE_ROWS - 1,
};

static const struct json_row receipt_rows[] = {
    {"entry", JSON_STRING_BIT, true},
    {"proof", JSON_STRING_BIT, true},
};

/* A file apart: the thing itself, or an answer that has it as a member, by either name. */
static struct outcome other_file(struct check *check, struct view text, const char *what,
                                 const char *member, const char *other,
                                 const struct json_node **ret_node)
{
    const struct json_node *root = NULL;
    if (text.len == 0) {
        return OUTCOME_OK;
    }
    TRY(parse(check, text, what, &root));
    bool object = root->kind == JSON_KIND_OBJECT;
    const struct json_node *inner = object ? json_member(root, member) : NULL;
    inner = inner == NULL && object ? json_member(root, other) : inner;
    *ret_node = inner != NULL ? inner : root;
    return OUTCOME_OK;
}

static struct outcome check_proof(struct check *check, const struct json_node *receipt,
                                  struct view vkey)
{
    const struct json_node *values[2] = {0};
    TRY(take(check, receipt, "receipt", receipt_rows, 2, values));
    check->entry = values[0]->text;
    TRY(proof_verify(values[1]->text, check->entry, vkey, check->report->why)); /* invariant 1 */
    return check_entry(check);
}

static struct outcome check_files(struct check *check, const struct receipt_files *files)
{
    const struct json_node *root = NULL;
    const struct json_node *whole[WHOLE_ROWS] = {0};
    TRY(parse(check, files->file, "file", &root));
    if (root->kind == JSON_KIND_OBJECT && json_member(root, "receipt") != NULL) {
        TRY(take(check, root, "answer", whole_rows, WHOLE_ROWS, whole));
        root = whole[WHOLE_RECEIPT];
        if (whole[WHOLE_PERSON] != NULL && whole[WHOLE_RESULT] != NULL) {
            return bad(check, "answer: a person and a result");
        }
        whole[WHOLE_PERSON] =
            whole[WHOLE_RESULT] != NULL ? whole[WHOLE_RESULT] : whole[WHOLE_PERSON];
    }
    TRY(other_file(check, files->opening, "opening", "opening", "opening", &whole[WHOLE_OPENING]));
    TRY(other_file(check, files->answer, "answer", "person", "result", &whole[WHOLE_PERSON]));
    TRY(check_proof(check, root, files->vkey));
    TRY(check_opening(check, whole[WHOLE_OPENING]));
    TRY(check_ask(check, whole[WHOLE_ASK]));
    TRY(check_notices(check, whole[WHOLE_NOTICES]));
    if (whole[WHOLE_CODE] != NULL && !view_equal(whole[WHOLE_CODE]->text, check->outcome->text)) {
        return bad(check, "problem: `code` is not the outcome that was recorded");
    }
    return whole[WHOLE_PERSON] == NULL ? OUTCOME_OK : check_person(check, whole[WHOLE_PERSON]);
}

struct outcome receipt_verify(const struct receipt_files *files, struct receipt_report *ret_report)
{
    struct check check = {.report = ret_report};
    *ret_report = (struct receipt_report){0};
    TRY(arena_init(&check.arena, ARENA_BYTES));
    struct outcome outcome = check_files(&check, files);
    if (!outcome_ok(outcome) && ret_report->why[0] == '\0') {
        snprintf(ret_report->why, sizeof(ret_report->why), "%s", outcome.what);
    }
    arena_done(&check.arena);
    return outcome;
}
