/*
 * Whom a demonstration asks about: lots drawn among the lines of an import file.
 *
 * Invariants:
 *  1. The same file gives the same choice: lots are drawn by a fixed seed (reservoir sampling, so
 *     that every line that fits is as likely as another).
 *  2. A line has at most one role.
 *  3. Memory: the numbers of hidden persons, the lots, one parsed line.
 */
#include "demo/demo.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/memory.h"
#include "demo/rng.h"
#include "wire/json.h"

#define LOTS_SEED 79
#define LOT_MAX 1000
#define VALUES_MAX 4096
#define ARENA_BYTES (VALUES_MAX * sizeof(struct json_node) + 2 * PERSON_BYTES_MAX)

struct lot {
    uint64_t seen;
    unsigned count;
    uint64_t lines[LOT_MAX];
};

struct demo_pick {
    struct arena arena;
    struct rng rng;
    uint64_t *hidden; /* numbers of protected and locked persons; sorted before the second round */
    size_t hidden_count;
    size_t hidden_cap;
    bool sorted;
    uint64_t line_number; /* of the second round */
    struct lot lots[DEMO_ROLE_COUNT];
};

static const struct {
    unsigned wanted;
    const char *text;
} roles[DEMO_ROLE_COUNT] = {
    [DEMO_ROLE_NONE] = {0, "none"},
    [DEMO_ROLE_SAMPLE_79] = {DEMO_SAMPLES_79, "samples with permanent residence in province 79"},
    [DEMO_ROLE_SAMPLE_REST] = {DEMO_SAMPLES_REST, "samples with permanent residence elsewhere"},
    [DEMO_ROLE_HIDDEN_PROTECTED] = {DEMO_HIDDEN_PROTECTED, "living protected persons"},
    [DEMO_ROLE_HIDDEN_OUTSIDE] = {DEMO_HIDDEN_OUTSIDE,
                                  "persons with permanent residence outside province 79"},
};
_Static_assert(DEMO_HIDDEN_PROTECTED <= LOT_MAX && DEMO_HIDDEN_OUTSIDE <= LOT_MAX, "a lot fits");

const char *demo_role_text(enum demo_role role)
{
    CHECK(role < DEMO_ROLE_COUNT);
    return roles[role].text;
}

unsigned demo_role_wanted(enum demo_role role)
{
    CHECK(role < DEMO_ROLE_COUNT);
    return roles[role].wanted;
}

struct outcome demo_pick_new(struct demo_pick **ret_pick)
{
    struct demo_pick *pick = memory_new(1, sizeof *pick);
    if (pick == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "choice of persons");
    }
    struct outcome outcome = arena_init(&pick->arena, ARENA_BYTES);
    if (!outcome_ok(outcome)) {
        memory_free(pick);
        return outcome;
    }
    demo_rng_start(&pick->rng, LOTS_SEED, 0);
    *ret_pick = pick;
    return OUTCOME_OK;
}

void demo_pick_free(struct demo_pick *pick)
{
    if (pick != NULL) {
        arena_done(&pick->arena);
        memory_free(pick->hidden);
        memory_free(pick);
    }
}

/* ---- Reading a line ---- */

static struct outcome refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return outcome_fail(FAULT_BAD_INPUT, "line of the population");
}

static struct outcome read_line(struct demo_pick *pick, struct view line, struct json_doc *ret_doc,
                                const char **ret_why)
{
    const struct json_limits limits = {
        .bytes_max = PERSON_BYTES_MAX, .depth_max = 8, .values_max = VALUES_MAX, .members_max = 32};
    struct json_fault fault = {0};
    arena_reset(&pick->arena);
    struct outcome outcome = json_parse(line, &limits, &pick->arena, ret_doc, &fault);
    if (!outcome_ok(outcome)) {
        return refuse(ret_why, fault.reason != NULL ? fault.reason : outcome.what);
    }
    if (ret_doc->nodes[0].kind != JSON_KIND_OBJECT) {
        return refuse(ret_why, "not an object");
    }
    return OUTCOME_OK;
}

/* A member of an object (NULL gives NULL); null counts as absent. */
static const struct json_node *member(const struct json_node *object, const char *name)
{
    if (object == NULL || object->kind != JSON_KIND_OBJECT) {
        return NULL;
    }
    const struct json_node *node = json_member(object, name);
    return node == NULL || node->kind == JSON_KIND_NULL ? NULL : node;
}

static bool flagged(const struct json_node *person, const char *name)
{
    const struct json_node *node = member(person, name);
    return node != NULL && node->kind == JSON_KIND_BOOLEAN && node->truth;
}

static bool says(const struct json_node *object, const char *name, const char *value)
{
    const struct json_node *node = member(object, name);
    return node != NULL && node->kind == JSON_KIND_STRING && view_is(node->text, value);
}

/* A personal number as a number; 0 when there is none. */
static uint64_t number_of(const struct json_node *object)
{
    const struct json_node *node = member(object, "id");
    if (node == NULL || node->kind != JSON_KIND_STRING || node->text.len != 12) {
        return 0;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < 12; i++) {
        uint8_t digit = node->text.data[i];
        if (digit < '0' || digit > '9') {
            return 0;
        }
        number = number * 10 + (uint64_t)(digit - '0');
    }
    return number;
}

/* ---- First round: who is hidden ---- */

static struct outcome hidden_add(struct demo_pick *pick, uint64_t number)
{
    if (pick->hidden_count == DEMO_PICK_HIDDEN_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "protected and locked persons of the population");
    }
    if (pick->hidden_count == pick->hidden_cap) {
        size_t cap = pick->hidden_cap == 0 ? 4096 : pick->hidden_cap * 2;
        uint64_t *grown = memory_resize(pick->hidden, cap, sizeof *grown);
        if (grown == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "protected and locked persons");
        }
        pick->hidden = grown;
        pick->hidden_cap = cap;
    }
    pick->hidden[pick->hidden_count++] = number;
    return OUTCOME_OK;
}

struct outcome demo_pick_note(struct demo_pick *pick, struct view line, const char **ret_why)
{
    CHECK(!pick->sorted);
    struct json_doc doc;
    TRY(read_line(pick, line, &doc, ret_why));
    const struct json_node *person = doc.nodes;
    uint64_t number = number_of(person);
    if (number == 0) {
        return refuse(ret_why, "no personal number of 12 digits");
    }
    if (flagged(person, "protected") || flagged(person, "locked")) {
        return hidden_add(pick, number);
    }
    return OUTCOME_OK;
}

/* ---- Second round: who fits ---- */

static int compare_numbers(const void *a, const void *b)
{
    uint64_t one;
    uint64_t other;
    memcpy(&one, a, sizeof one);
    memcpy(&other, b, sizeof other);
    return one < other ? -1 : one > other;
}

static bool number_in(const uint64_t *numbers, size_t count, uint64_t number)
{
    return count > 0 && bsearch(&number, numbers, count, sizeof number, compare_numbers) != NULL;
}

static bool hidden_in(const struct demo_pick *pick, const struct json_node *object)
{
    return number_in(pick->hidden, pick->hidden_count, number_of(object));
}

/* Is one of a list of persons hidden? */
static bool list_hidden(const struct demo_pick *pick, const struct json_node *list)
{
    if (list == NULL || list->kind != JSON_KIND_ARRAY) {
        return false;
    }
    for (const struct json_node *item = json_first(list); item != NULL;
         item = json_next(list, item)) {
        if (hidden_in(pick, item)) {
            return true;
        }
    }
    return false;
}

/* Everything that a sample promises, but where it lives. */
static bool sample_fit(const struct demo_pick *pick, const struct json_node *person)
{
    const struct json_node *household = member(person, "household");
    const struct json_node *birth = member(person, "birth_date");
    return household != NULL && member(person, "marital_status") != NULL && birth != NULL &&
           birth->text.len == sizeof "YYYY-MM-DD" - 1 &&
           !hidden_in(pick, member(household, "head")) &&
           !list_hidden(pick, member(household, "members")) &&
           !list_hidden(pick, member(person, "relatives"));
}

static enum demo_role role_of(const struct demo_pick *pick, const struct json_node *person)
{
    const struct json_node *home = member(person, "permanent_residence");
    bool living = member(person, "death_or_missing") == NULL;
    bool locked = flagged(person, "locked");
    if (flagged(person, "protected")) {
        return living && !locked ? DEMO_ROLE_HIDDEN_PROTECTED : DEMO_ROLE_NONE;
    }
    bool placed = says(home, "country", "VN") && says(home, "list", "2021-07-01") &&
                  member(home, "province") != NULL;
    if (locked || !living || !placed) {
        return DEMO_ROLE_NONE;
    }
    if (says(home, "province", "79")) {
        return sample_fit(pick, person) ? DEMO_ROLE_SAMPLE_79 : DEMO_ROLE_NONE;
    }
    /* Invariant 2: a quarter of the rest may become samples, the others persons outside 79. */
    bool quarter = demo_rng_mix(LOTS_SEED, number_of(person)) % 4 == 0;
    if (!quarter) {
        return DEMO_ROLE_HIDDEN_OUTSIDE;
    }
    return sample_fit(pick, person) ? DEMO_ROLE_SAMPLE_REST : DEMO_ROLE_NONE;
}

static void lot_draw(struct demo_pick *pick, enum demo_role role, uint64_t line_number)
{
    struct lot *lot = &pick->lots[role];
    unsigned wanted = roles[role].wanted;
    lot->seen++;
    if (lot->count < wanted) {
        lot->lines[lot->count++] = line_number;
        return;
    }
    uint64_t at = demo_rng_next(&pick->rng) % lot->seen;
    if (at < wanted) {
        lot->lines[at] = line_number;
    }
}

struct outcome demo_pick_weigh(struct demo_pick *pick, struct view line, const char **ret_why)
{
    if (!pick->sorted) {
        if (pick->hidden_count > 0) {
            qsort(pick->hidden, pick->hidden_count, sizeof *pick->hidden, compare_numbers);
        }
        pick->sorted = true;
    }
    struct json_doc doc;
    TRY(read_line(pick, line, &doc, ret_why));
    enum demo_role role = role_of(pick, doc.nodes);
    if (role != DEMO_ROLE_NONE) {
        lot_draw(pick, role, pick->line_number);
    }
    pick->line_number++;
    return OUTCOME_OK;
}

struct outcome demo_pick_enough(const struct demo_pick *pick, enum demo_role *ret_role,
                                uint64_t *ret_found)
{
    for (unsigned role = DEMO_ROLE_NONE + 1; role < DEMO_ROLE_COUNT; role++) {
        if (pick->lots[role].count < roles[role].wanted) {
            *ret_role = (enum demo_role)role;
            *ret_found = pick->lots[role].count;
            return outcome_fail(FAULT_NOT_FOUND, "population too small for the demonstration");
        }
    }
    return OUTCOME_OK;
}

/* ---- Third round ---- */

enum demo_role demo_pick_role(const struct demo_pick *pick, uint64_t line_number)
{
    for (unsigned role = DEMO_ROLE_NONE + 1; role < DEMO_ROLE_COUNT; role++) {
        const struct lot *lot = &pick->lots[role];
        for (unsigned i = 0; i < lot->count; i++) {
            if (lot->lines[i] == line_number) {
                return (enum demo_role)role;
            }
        }
    }
    return DEMO_ROLE_NONE;
}

struct outcome demo_pick_put_sample(struct demo_pick *pick, struct view line, struct buf *ret_line)
{
    struct json_doc doc;
    const char *why = NULL;
    TRY(read_line(pick, line, &doc, &why));
    const char *before = "{";
    for (const struct json_node *node = json_first(doc.nodes); node != NULL;
         node = json_next(doc.nodes, node)) {
        if (view_is(node->name, "protected") || view_is(node->name, "locked")) {
            continue;
        }
        buf_put_text(ret_line, before);
        json_put_string(ret_line, node->name);
        buf_put_u8(ret_line, ':');
        buf_put_view(ret_line, view_part(line, node->offset, node->end - node->offset));
        before = ",";
    }
    buf_put_text(ret_line, "}\n");
    return buf_check(ret_line);
}
