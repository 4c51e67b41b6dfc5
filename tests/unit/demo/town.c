/*
 * A generated population, taken apart.
 */
#include "town.h"

#define VALUES_MAX 4096

static void copy_text(const struct json_node *object, const char *name, char *ret_text, size_t cap)
{
    const struct json_node *node = json_member(object, name);
    assert_non_null(node);
    ret_text[0] = '\0';
    if (node->kind == JSON_KIND_NULL) {
        return;
    }
    assert_int_equal(node->kind, JSON_KIND_STRING);
    assert_true(node->text.len > 0 && node->text.len < cap);
    memcpy(ret_text, node->text.data, node->text.len);
    ret_text[node->text.len] = '\0';
}

#define COPY(object, name, field) copy_text((object), (name), (field), sizeof(field))

static const struct json_node *part(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_member(object, name);
    assert_non_null(node);
    return node->kind == JSON_KIND_NULL ? NULL : node;
}

static struct place take_place(const struct json_node *person, const char *name)
{
    struct place place = {0};
    const struct json_node *node = part(person, name);
    if (node == NULL) {
        return place;
    }
    char country[3];
    COPY(node, "country", country);
    COPY(node, "province", place.province);
    COPY(node, "district", place.district);
    COPY(node, "ward", place.ward);
    COPY(node, "list", place.list);
    place.detail = part(node, "detail") != NULL;
    place.known = true;
    place.abroad = strcmp(country, "VN") != 0;
    return place;
}

static struct tie take_tie(const struct json_node *node, const char *relation)
{
    struct tie tie = {0};
    COPY(node, "id", tie.id);
    COPY(node, "cmnd", tie.cmnd);
    COPY(node, "full_name", tie.name);
    if (relation != NULL) {
        COPY(node, relation, tie.relation);
    }
    return tie;
}

static void take_household(const struct json_node *person, struct citizen *citizen)
{
    const struct json_node *household = part(person, "household");
    if (household == NULL) {
        return;
    }
    citizen->has_household = true;
    COPY(household, "number", citizen->household_number);
    citizen->head = take_tie(part(household, "head"), NULL);
    const struct json_node *members = part(household, "members");
    for (const struct json_node *item = json_first(members); item != NULL;
         item = json_next(members, item)) {
        assert_true(citizen->member_count < TOWN_MEMBERS_MAX);
        citizen->members[citizen->member_count++] = take_tie(item, "relation_to_head");
    }
}

static void take_relatives(const struct json_node *person, struct citizen *citizen)
{
    const struct json_node *relatives = part(person, "relatives");
    if (relatives == NULL) {
        return;
    }
    assert_true(relatives->count > 0);
    for (const struct json_node *item = json_first(relatives); item != NULL;
         item = json_next(relatives, item)) {
        assert_true(citizen->tie_count < TOWN_TIES_MAX);
        citizen->ties[citizen->tie_count++] = take_tie(item, "relation");
    }
}

static void take_citizen(const struct json_node *person, struct citizen *citizen)
{
    assert_int_equal(person->count, 22);
    COPY(person, "id", citizen->id);
    COPY(person, "cmnd", citizen->cmnd);
    COPY(person, "full_name", citizen->name);
    COPY(person, "birth_date", citizen->birth);
    COPY(person, "sex", citizen->sex);
    COPY(person, "ethnicity", citizen->ethnicity);
    COPY(person, "religion", citizen->religion);
    COPY(person, "nationality", citizen->nationality);
    COPY(person, "marital_status", citizen->marital);
    COPY(person, "relation_to_head", citizen->relation);
    COPY(person, "blood_group", citizen->blood);
    citizen->protected_person = part(person, "protected")->truth;
    citizen->locked = part(person, "locked")->truth;
    citizen->has_absence = part(person, "temporary_absence") != NULL;
    citizen->birth_place = take_place(person, "birth_registration_place");
    citizen->native = take_place(person, "native_place");
    citizen->permanent = take_place(person, "permanent_residence");
    citizen->temporary = take_place(person, "temporary_residence");
    citizen->current = take_place(person, "current_residence");
    const struct json_node *fate = part(person, "death_or_missing");
    if (fate != NULL) {
        COPY(fate, "kind", citizen->fate);
        COPY(fate, "date", citizen->fate_day);
    }
    take_household(person, citizen);
    take_relatives(person, citizen);
}

int citizen_year(const struct citizen *citizen)
{
    uint64_t year = 0;
    assert_ok(decimal_get(view_of(citizen->birth, 4), 9999, &year));
    return (int)year;
}

int citizen_age(const struct citizen *citizen)
{
    return 2026 - citizen_year(citizen);
}

bool citizen_living(const struct citizen *citizen)
{
    return citizen->fate[0] == '\0';
}

static int compare_ids(const void *a, const void *b)
{
    const struct citizen *const *one = a;
    const struct citizen *const *other = b;
    return strcmp((*one)->id, (*other)->id);
}

static struct outcome keep_lines(void *context, struct view lines, uint64_t persons)
{
    struct town *town = context;
    assert_true(persons <= town->cap);
    assert_true(lines.len > 0 && lines.data[lines.len - 1] == '\n');
    buf_put_view(&town->text, lines);
    return buf_check(&town->text);
}

static void read_lines(struct town *town)
{
    const struct json_limits limits = {
        .bytes_max = PERSON_BYTES_MAX, .depth_max = 8, .values_max = VALUES_MAX, .members_max = 32};
    struct arena arena;
    assert_ok(arena_init(&arena, VALUES_MAX * sizeof(struct json_node) + PERSON_BYTES_MAX));
    struct view text = buf_view(&town->text);
    for (size_t at = 0; at < text.len;) {
        size_t end = view_find(text, at, '\n');
        struct json_doc doc;
        struct json_fault fault;
        arena_reset(&arena);
        assert_true(town->count < town->cap);
        assert_ok(json_parse(view_part(text, at, end - at), &limits, &arena, &doc, &fault));
        take_citizen(doc.nodes, &town->citizens[town->count]);
        town->by_id[town->count] = &town->citizens[town->count];
        town->count++;
        at = end + 1;
    }
    arena_done(&arena);
}

void town_make(struct town *town, const struct demo_settings *settings)
{
    *town = (struct town){.cap = settings->persons};
    buf_init(&town->text, settings->persons * 8192 + DEMO_CHUNK_BYTES);
    town->citizens = memory_new(town->cap, sizeof *town->citizens);
    town->by_id = memory_new(town->cap, sizeof(struct citizen *));
    assert_true(town->citizens != NULL && town->by_id != NULL);
    struct demo_sink sink = {keep_lines, town};
    assert_ok(demo_people_write(settings, &sink));
    read_lines(town);
    assert_int_equal(town->count, settings->persons);
    qsort(town->by_id, town->count, sizeof(struct citizen *), compare_ids);
}

void town_done(struct town *town)
{
    memory_free(town->citizens);
    memory_free(town->by_id);
    buf_done(&town->text);
}

const struct citizen *town_find(const struct town *town, const char *id)
{
    size_t low = 0;
    size_t high = town->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(town->by_id[middle]->id, id);
        if (order == 0) {
            return town->by_id[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

size_t town_count(const struct town *town, bool (*holds)(const struct citizen *citizen))
{
    size_t count = 0;
    for (size_t i = 0; i < town->count; i++) {
        count += holds(&town->citizens[i]) ? 1 : 0;
    }
    return count;
}

void town_share(const struct town *town, const char *what,
                bool (*holds)(const struct citizen *citizen), unsigned least, unsigned most)
{
    size_t millionths = town_count(town, holds) * 1000000 / town->count;
    if (millionths < least || millionths > most) {
        fail_msg("%s: %zu millionths, not %u to %u", what, millionths, least, most);
    }
}
