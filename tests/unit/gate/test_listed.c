/*
 * Whoever is asked about costs the same tags, and one search in each list that is named (I5).
 */
#include "world.h"

static unsigned searches;
static unsigned tags;

bool __real_person_list_has(const struct person_list *list, const uint8_t tag[SEAL_BLIND_BYTES]);
bool __wrap_person_list_has(const struct person_list *list, const uint8_t tag[SEAL_BLIND_BYTES]);
bool __wrap_person_list_has(const struct person_list *list, const uint8_t tag[SEAL_BLIND_BYTES])
{
    searches++;
    return __real_person_list_has(list, tag);
}

void __real_blinder_tag(struct blinder *blinder, uint8_t kind, struct view text,
                        uint8_t ret_tag[SEAL_BLIND_BYTES]);
void __wrap_blinder_tag(struct blinder *blinder, uint8_t kind, struct view text,
                        uint8_t ret_tag[SEAL_BLIND_BYTES]);
void __wrap_blinder_tag(struct blinder *blinder, uint8_t kind, struct view text,
                        uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    tags++;
    __real_blinder_tag(blinder, kind, text, ret_tag);
}

static void add_list(struct world *world, const char *code, const char *id)
{
    struct person_list *list = memory_new(1, sizeof(*list));
    assert_non_null(list);
    assert_ok(code_set(&list->code, view_text(code)));
    memcpy(list->tags[0], world_person(world, id)->id_tag, SEAL_BLIND_BYTES);
    list->count = 1;
    assert_ok(map_add(&world->directory.lists, list));
}

static void whoever_is_asked_about_is_searched_for_in_each_list_once(void **state)
{
    struct world *world = *state;
    static const char *const people[] = {WORLD_AN, WORLD_BINH, WORLD_CHI, WORLD_DUNG, WORLD_NOBODY};
    struct population *population = &world_business(world, "NV-1")->population;
    assert_ok(population_parse(VIEW_LITERAL("list=A or list=B or list=GONE"), population, NULL));
    add_list(world, "A", WORLD_AN);
    add_list(world, "B", WORLD_BINH);
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        struct ask ask = world_ask();
        ask.key = view_text(people[i]); /* An's name and birth date: others mismatch, too */
        searches = tags = 0;
        unsigned code = world_serve(world, &ask)->code;
        assert_int_equal(code, i == 0 ? CODE_DISCLOSED : CODE_SUBJECT_NOT_AVAILABLE);
        assert_int_equal(searches, 2);
        assert_int_equal(tags, 4); /* of what was asked, of the guess, of the id, of the record */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whoever_is_asked_about_is_searched_for_in_each_list_once,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
