/*
 * Verification of a statement.
 *
 * Invariants
 *  1. Nothing of a line is believed before its receipt is verified over the entry's exact bytes,
 * and no disclosure that is not the entry's.
 *  2. The rows are those of the map: as many, the same, in the same order.
 *  3. Every line is canonical, and has no member that is not looked at.
 */
#include "cli/statement.h"

#include "base/check.h"
#include "base/memory.h"
#include "ledger/keymap.h"
#include "tlog/note.h"
#include "tlog/tlog.h"
#include "wire/json.h"
#include "wire/json_canonical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 8192
#define ARENA_BYTES ((size_t)4 << 20)
#define DIGEST_CHARS 43
#define DIGESTS 9
#define NAMES_MAX 9 /* disclosures of one entry, and a person's element */

enum stage { STAGE_HEAD, STAGE_SINCE, STAGE_ROWS, STAGE_END };

struct statement_check {
    struct view vkey;
    struct statement_report *report;
    enum stage stage;
    struct arena arena;
    struct buf bytes; /* a decoded disclosure, a canonical line */
    char person[24];
    uint64_t count;         /* rows that the map has, and ... */
    struct tree_hash chain; /* ... their chain */
    struct seen *seen;      /* the entries so far */
    size_t seen_count;
    size_t seen_cap;
};

struct seen {
    uint64_t index;
    struct tree_hash leaf;
};

/* One entry with what was opened of it; of the arena. */
struct item {
    uint64_t index;
    struct view entry;
    const struct json_node *root; /* of the entry */
    const struct json_node *persons;
    const struct json_node *request;
    const struct json_node *element; /* the person's value */
    char element_digest[DIGEST_CHARS];
    unsigned elements;
    unsigned names;
};

static struct outcome bad(struct statement_check *check, const char *why)
{
    if (check->report->why[0] == '\0') {
        snprintf(check->report->why, sizeof(check->report->why), "%s", why);
    }
    return outcome_fail(FAULT_CORRUPT, "statement");
}

/* ---- JSON ---- */

static struct outcome parse(struct statement_check *check, struct view text,
                            const struct json_node **ret_root)
{
    const struct json_limits limits = {STATEMENT_LINE_BYTES_MAX, 16, VALUES_MAX, JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    if (!outcome_ok(json_parse(text, &limits, &check->arena, &doc, &fault))) {
        return bad(check, "it is not JSON");
    }
    *ret_root = doc.nodes;
    return OUTCOME_OK;
}

/* The same, and canonical: invariant 3. */
static struct outcome parse_line(struct statement_check *check, struct view text,
                                 const struct json_node **ret_root)
{
    TRY(parse(check, text, ret_root));
    buf_reset(&check->bytes);
    if (!outcome_ok(json_put_canonical(&check->bytes, *ret_root)) ||
        !view_equal(buf_view(&check->bytes), text)) {
        return bad(check, "it is not canonical JSON");
    }
    return OUTCOME_OK;
}

static struct outcome take(struct statement_check *check, const struct json_node *object,
                           const struct json_row *rows, unsigned count,
                           const struct json_node **ret_values)
{
    struct json_fault fault = {0};

    if (!outcome_ok(json_take(object, rows, count, ret_values, &fault))) {
        return bad(check, "a member is missing, unknown or of another kind");
    }
    return OUTCOME_OK;
}

static struct outcome take_hash(struct statement_check *check, const struct json_node *node,
                                struct tree_hash *ret_hash)
{
    struct buf hash = note_buf_over(ret_hash->bytes, SEAL_HASH_BYTES);

    if (node == NULL || node->kind != JSON_KIND_STRING || node->text.len != DIGEST_CHARS ||
        !outcome_ok(base64url_get(node->text, &hash)) || hash.len != SEAL_HASH_BYTES) {
        return bad(check, "a hash has the wrong form");
    }
    return OUTCOME_OK;
}

/* ---- an entry and its disclosures ---- */

static void digest_of(struct view text, char ret_digest[DIGEST_CHARS])
{
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(text, hash);
    base64url_write(ret_digest, view_of(hash, sizeof(hash)));
}

static bool stands_in(const struct json_node *array, const char digest[DIGEST_CHARS])
{
    const struct view wanted = view_of(digest, DIGEST_CHARS);

    for (const struct json_node *node = json_first(array); node != NULL;
         node = json_next(array, node)) {
        const struct json_node *text =
            node->kind == JSON_KIND_OBJECT ? json_member(node, "...") : node;
        if (text != NULL && text->kind == JSON_KIND_STRING && view_equal(text->text, wanted)) {
            return true;
        }
    }
    return false;
}

static struct outcome take_named(struct statement_check *check, const char digest[DIGEST_CHARS],
                                 const struct json_node *parts, struct item *item)
{
    const struct json_node *sd = json_member(item->root, "_sd");
    const struct json_node *name = json_next(parts, json_first(parts));
    const struct json_node *value = json_next(parts, name);

    if (sd == NULL || sd->kind != JSON_KIND_ARRAY || !stands_in(sd, digest) ||
        name->kind != JSON_KIND_STRING) {
        return bad(check, "a disclosure does not belong to the entry");
    }
    const struct json_node **place = view_is(name->text, "persons")   ? &item->persons
                                     : view_is(name->text, "request") ? &item->request
                                                                      : NULL;
    if (place != NULL && *place != NULL) {
        return bad(check, "a disclosure stands twice");
    }
    if (place != NULL) {
        *place = value;
    }
    item->names++;
    return OUTCOME_OK;
}

static struct outcome take_disclosure(struct statement_check *check, struct view text,
                                      struct item *item)
{
    char digest[DIGEST_CHARS];
    const struct json_node *parts = NULL;
    struct view copy = {0};

    buf_reset(&check->bytes);
    if (!outcome_ok(base64url_get(text, &check->bytes))) {
        return bad(check, "a disclosure is not base64url");
    }
    TRY(arena_copy(&check->arena, buf_view(&check->bytes), &copy));
    TRY(parse(check, copy, &parts));
    digest_of(text, digest);
    if (parts->kind == JSON_KIND_ARRAY && parts->count == 3) {
        return take_named(check, digest, parts, item);
    }
    if (parts->kind != JSON_KIND_ARRAY || parts->count != 2) {
        return bad(check, "a disclosure has another form");
    }
    item->element = json_next(parts, json_first(parts));
    memcpy(item->element_digest, digest, DIGEST_CHARS);
    item->elements++;
    return OUTCOME_OK;
}

static struct outcome take_opening(struct statement_check *check, const struct json_node *opening,
                                   struct item *item)
{
    for (const struct json_node *node = json_first(opening); node != NULL;
         node = json_next(opening, node)) {
        if (node->kind != JSON_KIND_STRING || item->names + item->elements >= NAMES_MAX) {
            return bad(check, "the opening has another form");
        }
        for (const struct json_node *other = json_first(opening); other != node;
             other = json_next(opening, other)) {
            if (view_equal(other->text, node->text)) {
                return bad(check, "a disclosure stands twice");
            }
        }
        TRY(take_disclosure(check, node->text, item));
    }
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome take_item(struct statement_check *check, const struct json_node *receipt,
                                const struct json_node *opening, struct item *ret_item)
{
    static const struct json_row rows[] = {{"entry", JSON_STRING_BIT, true},
                                           {"proof", JSON_STRING_BIT, true}};
    const struct json_node *values[2] = {0};
    struct proof_text proof;

    *ret_item = (struct item){0};
    TRY(take(check, receipt, rows, 2, values));
    ret_item->entry = values[0]->text;
    if (!outcome_ok(
            proof_verify(values[1]->text, ret_item->entry, check->vkey, check->report->why)) ||
        !outcome_ok(proof_read(values[1]->text, &proof))) {
        return bad(check, "a receipt does not verify");
    }
    ret_item->index = proof.index;
    TRY(parse(check, ret_item->entry, &ret_item->root));
    if (ret_item->root->kind != JSON_KIND_OBJECT) {
        return bad(check, "an entry is no object");
    }
    return take_opening(check, opening, ret_item);
}

/* ---- the head ---- */

enum { PATH_CHAIN, PATH_COUNT, PATH_HASHES, PATH_OTHER, PATH_POSITION, PATH_SALT, PATH_ROWS };
static const struct json_row path_rows[PATH_ROWS] = {
    [PATH_CHAIN] = {"chain", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [PATH_COUNT] = {"count", JSON_INTEGER_BIT, true},
    [PATH_HASHES] = {"hashes", JSON_ARRAY_BIT, true},
    [PATH_OTHER] = {"other", JSON_OBJECT_BIT | JSON_NULL_BIT, true},
    [PATH_POSITION] = {"position", JSON_STRING_BIT, true},
    [PATH_SALT] = {"salt", JSON_STRING_BIT | JSON_NULL_BIT, true},
};

/* Another's leaf, that stands where his would. */
static struct outcome other_leaf(struct statement_check *check, const struct json_node *other,
                                 const struct tree_hash *position, unsigned len,
                                 struct tree_hash *ret_node)
{
    static const struct json_row rows[] = {{"position", JSON_STRING_BIT, true},
                                           {"value", JSON_STRING_BIT, true}};
    const struct json_node *values[2] = {0};
    struct tree_hash place;
    struct tree_hash value;

    TRY(take(check, other, rows, 2, values));
    TRY(take_hash(check, values[0], &place));
    TRY(take_hash(check, values[1], &value));
    unsigned shared = keymap_shared(&place, position);
    if (shared < len || shared == KEYMAP_BITS) {
        return bad(check, "the map: another stands elsewhere, or is he");
    }
    keymap_leaf(&place, &value, ret_node);
    return OUTCOME_OK;
}

/* What stands at the path's lower end. */
static struct outcome lower_end(struct statement_check *check,
                                const struct json_node *const values[PATH_ROWS], unsigned len,
                                struct tree_hash *ret_node)
{
    struct tree_hash position;
    struct tree_hash salt;
    struct tree_hash value;
    struct keymap_node empty;
    bool other = values[PATH_OTHER]->kind == JSON_KIND_OBJECT;

    TRY(take_hash(check, values[PATH_POSITION], &position));
    if (check->count == 0) {
        if (values[PATH_CHAIN]->kind != JSON_KIND_NULL ||
            values[PATH_SALT]->kind != JSON_KIND_NULL) {
            return bad(check, "the map: a chain over no rows");
        }
        keymap_empty(&empty);
        *ret_node = empty.hash;
        return other ? other_leaf(check, values[PATH_OTHER], &position, len, ret_node) : OUTCOME_OK;
    }
    if (other) {
        return bad(check, "the map: a leaf of his and another's");
    }
    TRY(take_hash(check, values[PATH_SALT], &salt));
    TRY(take_hash(check, values[PATH_CHAIN], &check->chain));
    keymap_value(&salt, check->count, &check->chain, &value);
    keymap_leaf(&position, &value, ret_node);
    return OUTCOME_OK;
}

static struct outcome check_path(struct statement_check *check, const struct json_node *path,
                                 const struct tree_hash *root)
{
    const struct json_node *values[PATH_ROWS] = {0};
    struct tree_hash hashes[KEYMAP_BITS];
    struct tree_hash position;
    struct tree_hash node;
    struct tree_hash found;
    unsigned len = 0;

    TRY(take(check, path, path_rows, PATH_ROWS, values));
    if (json_integer_of(values[PATH_COUNT]) < 0 || values[PATH_HASHES]->count > KEYMAP_BITS) {
        return bad(check, "the map: a path of no shape");
    }
    check->count = (uint64_t)json_integer_of(values[PATH_COUNT]);
    for (const struct json_node *hash = json_first(values[PATH_HASHES]); hash != NULL;
         hash = json_next(values[PATH_HASHES], hash)) {
        TRY(take_hash(check, hash, &hashes[len++]));
    }
    TRY(lower_end(check, values, len, &node));
    TRY(take_hash(check, values[PATH_POSITION], &position));
    keymap_path_root(&position, &node, hashes, len, &found);
    return memcmp(found.bytes, root->bytes, SEAL_HASH_BYTES) == 0
               ? OUTCOME_OK
               : bad(check, "the map: the path does not lead to its root");
}

static struct outcome check_map(struct statement_check *check, const struct json_node *map)
{
    static const struct json_row rows[] = {{"opening", JSON_ARRAY_BIT, true},
                                           {"path", JSON_OBJECT_BIT, true},
                                           {"receipt", JSON_OBJECT_BIT, true}};
    const struct json_node *values[3] = {0};
    struct keymap_head head;
    struct item item;

    TRY(take(check, map, rows, 3, values));
    TRY(take_item(check, values[2], values[0], &item));
    const struct json_node *kind = json_member(item.root, "kind");
    if (kind == NULL || kind->kind != JSON_KIND_STRING || !view_is(kind->text, "map") ||
        item.request == NULL || item.names != 1 || item.elements != 0) {
        return bad(check, "the map: no opened entry of one");
    }
    buf_reset(&check->bytes);
    if (!outcome_ok(json_put_canonical(&check->bytes, item.request)) ||
        !outcome_ok(keymap_head_get(buf_view(&check->bytes), &head)) || item.index < head.size) {
        return bad(check, "the map: what is recorded of it has no shape");
    }
    check->report->map = true;
    check->report->size = head.size;
    check->report->day = head.day;
    return check_path(check, values[1], &head.root);
}

static struct outcome check_head(struct statement_check *check, const struct json_node *root)
{
    static const struct json_row outer[] = {{"statement", JSON_OBJECT_BIT, true}};
    static const struct json_row rows[] = {{"map", JSON_OBJECT_BIT | JSON_NULL_BIT, true},
                                           {"person", JSON_STRING_BIT, true},
                                           {"v", JSON_INTEGER_BIT, true}};
    const struct json_node *inner = NULL;
    const struct json_node *values[3] = {0};

    TRY(take(check, root, outer, 1, &inner));
    TRY(take(check, inner, rows, 3, values));
    if (json_integer_of(values[2]) != 1 || values[1]->text.len >= sizeof(check->person)) {
        return bad(check, "another version, or no person");
    }
    memcpy(check->person, values[1]->text.data, values[1]->text.len);
    check->stage = STAGE_SINCE;
    return values[0]->kind == JSON_KIND_NULL ? OUTCOME_OK : check_map(check, values[0]);
}

/* ---- rows ---- */

static struct outcome add_seen(struct statement_check *check, const struct item *item)
{
    if (check->seen_count == check->seen_cap) {
        size_t cap = check->seen_cap == 0 ? 1024 : 2 * check->seen_cap;
        struct seen *wider = cap > STATEMENT_ROWS_MAX ? NULL : memory_new(cap, sizeof(*wider));
        if (wider == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "the statement has too many rows");
        }
        if (check->seen_count > 0) {
            memcpy(wider, check->seen, check->seen_count * sizeof(*wider));
        }
        memory_free(check->seen);
        check->seen = wider;
        check->seen_cap = cap;
    }
    check->seen[check->seen_count].index = item->index;
    tree_leaf(item->entry, &check->seen[check->seen_count].leaf);
    check->seen_count++;
    return OUTCOME_OK;
}

static struct outcome check_person(struct statement_check *check, const struct item *item)
{
    if (item->elements != 1 || item->persons == NULL || item->persons->kind != JSON_KIND_ARRAY ||
        !stands_in(item->persons, item->element_digest)) {
        return bad(check, "a row does not show that it is about one person");
    }
    return item->element->kind == JSON_KIND_STRING && view_is(item->element->text, check->person)
               ? OUTCOME_OK
               : bad(check, "a row is about another person");
}

/* Of a row whose opening is shredded the map's chain alone shows whose it is; of one that is in no
 * map, nothing does. */
static struct outcome check_row(struct statement_check *check, const struct json_node *row,
                                bool since)
{
    static const struct json_row rows[] = {{"opening", JSON_ARRAY_BIT, true},
                                           {"receipt", JSON_OBJECT_BIT, true}};
    const struct json_node *values[2] = {0};
    struct item item;

    TRY(take(check, row, rows, 2, values));
    TRY(take_item(check, values[1], values[0], &item));
    bool forgotten = values[0]->count == 0;
    check->report->forgotten += forgotten && !since ? 1 : 0;
    check->report->unproved += forgotten && since ? 1 : 0;
    TRY(forgotten ? OUTCOME_OK : check_person(check, &item));
    TRY(add_seen(check, &item));
    if (since) {
        check->report->since++;
        return OUTCOME_OK;
    }
    if (item.index >= check->report->size || check->report->rows == check->count) {
        return bad(check, "a row that the map has not");
    }
    check->report->rows++;
    return OUTCOME_OK;
}

static struct outcome check_last(struct statement_check *check, const struct json_node *end)
{
    static const struct json_row rows[] = {{"rows", JSON_INTEGER_BIT, true},
                                           {"since", JSON_INTEGER_BIT, true}};
    const struct json_node *values[2] = {0};

    TRY(take(check, end, rows, 2, values));
    check->stage = STAGE_END;
    return json_integer_of(values[0]) == (int64_t)check->report->rows &&
                   json_integer_of(values[1]) == (int64_t)check->report->since
               ? OUTCOME_OK
               : bad(check, "its end counts other rows");
}

/* Invariant 2: the last of them came first. */
static struct outcome end_of_rows(struct statement_check *check)
{
    struct tree_hash chain = {{0}};

    for (size_t i = 0; i < check->report->rows; i++) {
        keymap_chain(&chain, &check->seen[check->seen_count - 1 - i].leaf);
    }
    bool same =
        check->report->rows == check->count &&
        (check->count == 0 || memcmp(chain.bytes, check->chain.bytes, SEAL_HASH_BYTES) == 0);
    return same ? OUTCOME_OK : bad(check, "the rows are not all those of the map, in their order");
}

static struct outcome check_member(struct statement_check *check, const struct json_node *root)
{
    const struct json_node *member = root->kind == JSON_KIND_OBJECT ? json_first(root) : NULL;

    if (member == NULL || root->count != 1 || member->kind != JSON_KIND_OBJECT) {
        return bad(check, "a line has another form");
    }
    if (check->stage == STAGE_SINCE && view_is(member->name, "since")) {
        return check_row(check, member, true);
    }
    if (check->stage <= STAGE_ROWS && view_is(member->name, "row")) {
        check->stage = STAGE_ROWS;
        return check_row(check, member, false);
    }
    if (check->stage > STAGE_ROWS || !view_is(member->name, "end")) {
        return bad(check, "a line that does not belong there");
    }
    TRY(end_of_rows(check));
    return check_last(check, member);
}

/* ---- all of it ---- */

struct outcome statement_check_new(struct view vkey, struct statement_report *report,
                                   struct statement_check **ret_check)
{
    struct statement_check *check = memory_new(1, sizeof(*check));

    if (check == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "statement");
    }
    *report = (struct statement_report){0};
    check->vkey = vkey;
    check->report = report;
    buf_init(&check->bytes, STATEMENT_LINE_BYTES_MAX);
    struct outcome outcome = arena_init(&check->arena, ARENA_BYTES);
    if (!outcome_ok(outcome)) {
        statement_check_free(check);
        return outcome;
    }
    *ret_check = check;
    return OUTCOME_OK;
}

void statement_check_free(struct statement_check *check)
{
    if (check != NULL) {
        arena_done(&check->arena);
        buf_done(&check->bytes);
        memory_free(check->seen);
        memory_free(check);
    }
}

struct outcome statement_check_line(struct statement_check *check, struct view line)
{
    const struct json_node *root = NULL;

    check->report->line++;
    arena_reset(&check->arena);
    TRY(parse_line(check, line, &root));
    return check->stage == STAGE_HEAD ? check_head(check, root) : check_member(check, root);
}

static int compare_seen(const void *a, const void *b)
{
    const struct seen *left = a;
    const struct seen *right = b;

    return (left->index > right->index) - (left->index < right->index);
}

struct outcome statement_check_end(struct statement_check *check)
{
    if (check->stage != STAGE_END) {
        return bad(check, "it is cut short");
    }
    if (check->seen_count > 0) {
        qsort(check->seen, check->seen_count, sizeof(*check->seen), compare_seen);
    }
    for (size_t i = 1; i < check->seen_count; i++) {
        if (check->seen[i].index == check->seen[i - 1].index) {
            return bad(check, "an entry stands twice");
        }
    }
    return OUTCOME_OK;
}

struct outcome statement_check_day(struct statement_check *check, int64_t day)
{
    CHECK(check->stage == STAGE_END);
    if (!check->report->map || check->report->day < day - 1) {
        check->report->line = 1; /* where the map stands */
        return bad(check, "it has no map, or one from before the day before");
    }
    return OUTCOME_OK;
}
