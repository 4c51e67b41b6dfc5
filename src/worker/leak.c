/*
 * Reading what has leaked.
 *
 * Invariant: a value that was written in another way (spaces, order of members, escapes) is
 * compared in its canonical form, a name as names are compared in asks.
 */
#include "worker/leak.h"

#include "base/memory.h"
#include "domain/country.h"
#include "wire/json.h"
#include "wire/json_canonical.h"

#define VALUES_MAX 2048u
#define MEMBERS_MAX 64u
#define DEPTH_MAX 8u

static struct outcome refuse(const char *why)
{
    return outcome_fail(FAULT_BAD_INPUT, why);
}

/* Appends; the texts' memory does not move, since all of it was claimed at once. */
static struct outcome take_number(const struct json_node *node, bool valid, struct buf *texts,
                                  struct view *ret_number)
{
    size_t start = texts->len;
    if (node->kind != JSON_KIND_STRING || !valid) {
        return refuse("what has leaked: `id` has 12 digits, `cmnd` has 9");
    }
    buf_put_view(texts, node->text);
    *ret_number = view_part(buf_view(texts), start, texts->len - start);
    return buf_check(texts);
}

static struct outcome take_name(const struct json_node *node, struct leaked *leak)
{
    size_t start = leak->texts.len;
    if (node->kind != JSON_KIND_STRING ||
        !outcome_ok(country_fold_name(node->text, &leak->texts))) {
        return refuse("what has leaked: `full_name` is no name");
    }
    leak->wish.folded_name = view_part(buf_view(&leak->texts), start, leak->texts.len - start);
    leak->disclosed |= FIELD_BIT(FIELD_FULL_NAME);
    return OUTCOME_OK;
}

static struct outcome take_field(const struct json_node *node, unsigned field, struct leaked *leak)
{
    size_t start = leak->texts.len;
    if (node->kind == JSON_KIND_NULL) {
        return refuse("what has leaked: a value that is null tells nothing");
    }
    if (!outcome_ok(json_put_canonical(&leak->texts, node))) {
        return refuse("what has leaked: a value is none of a person's");
    }
    leak->wish.values[field] = view_part(buf_view(&leak->texts), start, leak->texts.len - start);
    leak->wish.fields |= FIELD_BIT(field);
    leak->disclosed |= FIELD_BIT(field);
    return OUTCOME_OK;
}

static struct outcome take_member(const struct json_node *node, struct leaked *leak)
{
    unsigned field = 0;
    if (view_is(node->name, "id")) {
        return take_number(node, country_id_valid(node->text), &leak->texts, &leak->wish.id);
    }
    if (view_is(node->name, "cmnd")) {
        return take_number(node, country_cmnd_valid(node->text), &leak->texts, &leak->wish.cmnd);
    }
    if (!outcome_ok(words_find(&words_field, node->name, &field))) {
        return refuse("what has leaked: a member that no person has");
    }
    return field == FIELD_FULL_NAME ? take_name(node, leak) : take_field(node, field, leak);
}

static struct outcome take_all(struct view json, struct arena *arena, struct leaked *leak)
{
    static const struct json_limits limits = {.bytes_max = SEARCH_LEAKED_BYTES_MAX,
                                              .depth_max = DEPTH_MAX,
                                              .values_max = VALUES_MAX,
                                              .members_max = MEMBERS_MAX};
    struct json_doc doc;
    struct json_fault fault;
    if (!outcome_ok(json_parse(json, &limits, arena, &doc, &fault)) ||
        doc.nodes[0].kind != JSON_KIND_OBJECT) {
        return refuse("what has leaked is no JSON object");
    }
    for (const struct json_node *node = json_first(&doc.nodes[0]); node != NULL;
         node = json_next(&doc.nodes[0], node)) {
        TRY(take_member(node, leak));
    }
    return leak->disclosed == 0 ? refuse("what has leaked has no field that is disclosed")
                                : OUTCOME_OK;
}

struct outcome leak_read(struct view json, struct leaked *ret_leak)
{
    struct arena arena = {0};
    struct leaked leak = {.wish = {.fields = 0}};
    buf_init(&leak.texts, 2 * SEARCH_LEAKED_BYTES_MAX + ASK_NAME_BYTES_MAX);
    struct outcome outcome =
        arena_init(&arena, VALUES_MAX * sizeof(struct json_node) + SEARCH_LEAKED_BYTES_MAX + 64);
    if (outcome_ok(outcome) && buf_claim(&leak.texts, leak.texts.max) == NULL) {
        outcome = buf_check(&leak.texts);
    }
    if (outcome_ok(outcome)) {
        buf_reset(&leak.texts);
        outcome = take_all(json, &arena, &leak);
    }
    memory_wipe(arena.data, arena.cap);
    arena_done(&arena);
    if (!outcome_ok(outcome)) {
        leak_done(&leak);
        return outcome;
    }
    *ret_leak = leak;
    return OUTCOME_OK;
}

void leak_done(struct leaked *leak)
{
    buf_wipe_done(&leak->texts);
}
