/*
 * Tests of the choice of those whom a demonstration asks about.
 */
#include "town.h"

#include "domain/person.h"

#define PERSONS 12000
#define PERMILLE 150 /* enough protected for a small population */

struct chosen {
    struct demo_pick *pick;
    enum demo_role *roles; /* by line */
    unsigned counts[DEMO_ROLE_COUNT];
};

static struct outcome each_line(struct demo_pick *pick, struct view text,
                                struct outcome (*visit)(struct demo_pick *, struct view,
                                                        const char **))
{
    for (size_t at = 0; at < text.len;) {
        const char *why = NULL;
        size_t end = view_find(text, at, '\n');
        TRY(visit(pick, view_part(text, at, end - at), &why));
        at = end + 1;
    }
    return OUTCOME_OK;
}

static void choose(const struct town *town, struct chosen *chosen)
{
    *chosen = (struct chosen){0};
    enum demo_role role = DEMO_ROLE_NONE;
    uint64_t found = 0;
    assert_ok(demo_pick_new(&chosen->pick));
    assert_ok(each_line(chosen->pick, buf_view(&town->text), demo_pick_note));
    assert_ok(each_line(chosen->pick, buf_view(&town->text), demo_pick_weigh));
    assert_ok(demo_pick_enough(chosen->pick, &role, &found));
    chosen->roles = memory_new(town->count, sizeof *chosen->roles);
    for (size_t i = 0; i < town->count; i++) {
        chosen->roles[i] = demo_pick_role(chosen->pick, i);
        chosen->counts[chosen->roles[i]]++;
    }
}

static void chosen_done(struct chosen *chosen)
{
    demo_pick_free(chosen->pick);
    memory_free(chosen->roles);
}

static struct town town;

static int make_town(void **state)
{
    (void)state;
    const struct demo_settings settings = {PERSONS, 77, PERMILLE};
    town_make(&town, &settings);
    return 0;
}

static int drop_town(void **state)
{
    (void)state;
    town_done(&town);
    return 0;
}

static bool hidden(const char *id)
{
    const struct citizen *other = town_find(&town, id);
    return other != NULL && (other->protected_person || other->locked);
}

static void check_sample(const struct citizen *citizen)
{
    assert_true(citizen_living(citizen) && !citizen->protected_person && !citizen->locked);
    assert_true(citizen->has_household && citizen->marital[0] != '\0');
    assert_true(strlen(citizen->birth) == 10);
    assert_false(hidden(citizen->head.id));
    for (unsigned i = 0; i < citizen->member_count; i++) {
        assert_false(hidden(citizen->members[i].id));
    }
    for (unsigned i = 0; i < citizen->tie_count; i++) {
        assert_false(hidden(citizen->ties[i].id));
    }
}

static void everybody_chosen_fits_the_role(void **state)
{
    (void)state;
    struct chosen chosen;
    choose(&town, &chosen);
    for (size_t i = 0; i < town.count; i++) {
        const struct citizen *citizen = &town.citizens[i];
        bool in_79 = strcmp(citizen->permanent.province, "79") == 0;
        bool old_list = strcmp(citizen->permanent.list, "2021-07-01") == 0;
        switch (chosen.roles[i]) {
        case DEMO_ROLE_SAMPLE_79:
        case DEMO_ROLE_SAMPLE_REST:
            check_sample(citizen);
            assert_true(old_list && in_79 == (chosen.roles[i] == DEMO_ROLE_SAMPLE_79));
            break;
        case DEMO_ROLE_HIDDEN_PROTECTED:
            assert_true(citizen->protected_person && citizen_living(citizen) && !citizen->locked);
            break;
        case DEMO_ROLE_HIDDEN_OUTSIDE:
            assert_true(old_list && !in_79 && citizen_living(citizen));
            assert_true(!citizen->protected_person && !citizen->locked);
            break;
        default:
            break;
        }
    }
    chosen_done(&chosen);
}

static void every_role_has_exactly_as_many_as_it_wants(void **state)
{
    (void)state;
    struct chosen chosen;
    choose(&town, &chosen);
    for (unsigned role = DEMO_ROLE_NONE + 1; role < DEMO_ROLE_COUNT; role++) {
        assert_int_equal(chosen.counts[role], demo_role_wanted((enum demo_role)role));
        assert_non_null(demo_role_text((enum demo_role)role));
    }
    chosen_done(&chosen);
}

static void the_same_file_gives_the_same_choice(void **state)
{
    (void)state;
    struct chosen one;
    struct chosen other;
    choose(&town, &one);
    choose(&town, &other);
    assert_memory_equal(one.roles, other.roles, town.count * sizeof *one.roles);
    chosen_done(&one);
    chosen_done(&other);
}

/* Not the first that fit, but from all over. */
static void lots_fall_all_over_the_file(void **state)
{
    (void)state;
    struct chosen chosen;
    choose(&town, &chosen);
    unsigned late = 0;
    for (size_t i = town.count / 2; i < town.count; i++) {
        late += chosen.roles[i] == DEMO_ROLE_SAMPLE_79 ? 1 : 0;
    }
    assert_in_range(late, 10, 40);
    chosen_done(&chosen);
}

static void a_sample_loses_its_flags_and_nothing_else(void **state)
{
    (void)state;
    struct demo_pick *pick = NULL;
    BUF_AUTO out;
    buf_init(&out, PERSON_BYTES_MAX);
    assert_ok(demo_pick_new(&pick));
    assert_ok(demo_pick_put_sample(
        pick,
        VIEW_LITERAL("{\"id\":\"1\",\"locked\":false,\"n\\u0022\":{\"protected\":true},"
                     "\"protected\":true,\"sex\":null}"),
        &out));
    assert_view(buf_view(&out), "{\"id\":\"1\",\"n\\\"\":{\"protected\":true},\"sex\":null}\n");
    demo_pick_free(pick);
    demo_pick_free(NULL);
}

static void a_sample_is_still_a_line_for_the_importer(void **state)
{
    (void)state;
    struct demo_pick *pick = NULL;
    struct person *person = NULL;
    struct person_fault fault = {0};
    struct arena arena;
    BUF_AUTO out;
    buf_init(&out, PERSON_BYTES_MAX);
    assert_ok(arena_init(&arena, 4 * PERSON_BYTES_MAX + 4096 * sizeof(struct json_node)));
    assert_ok(demo_pick_new(&pick));
    struct view text = buf_view(&town.text);
    assert_ok(demo_pick_put_sample(pick, view_part(text, 0, view_find(text, 0, '\n')), &out));
    assert_ok(person_parse(view_of(out.data, out.len - 1), &arena, &person, &fault));
    assert_false(person_hidden(person));
    demo_pick_free(pick);
    arena_done(&arena);
}

static void a_small_population_is_told_by_role(void **state)
{
    (void)state;
    struct town village;
    const struct demo_settings settings = {300, 5, 15};
    struct demo_pick *pick = NULL;
    enum demo_role role = DEMO_ROLE_NONE;
    uint64_t found = 0;
    town_make(&village, &settings);
    assert_ok(demo_pick_new(&pick));
    assert_ok(each_line(pick, buf_view(&village.text), demo_pick_note));
    assert_ok(each_line(pick, buf_view(&village.text), demo_pick_weigh));
    assert_fault(demo_pick_enough(pick, &role, &found), FAULT_NOT_FOUND);
    assert_int_equal(role, DEMO_ROLE_SAMPLE_79);
    assert_true(found < DEMO_SAMPLES_79);
    demo_pick_free(pick);
    town_done(&village);
}

static void lines_that_are_no_persons_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "{",
        "[]",
        "\"x\"",
        "{}",
        "{\"id\":7}",
        "{\"id\":\"12345678901\"}",
        "{\"id\":\"07909091234x\"}",
        "{\"id\":null}",
        "{\"id\":\"079090912345\"} x",
    };
    struct demo_pick *pick = NULL;
    assert_ok(demo_pick_new(&pick));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *why = NULL;
        assert_fault(demo_pick_note(pick, view_text(lines[i]), &why), FAULT_BAD_INPUT);
        assert_non_null(why);
    }
    demo_pick_free(pick);
}

/* Members of other types than a person has: nobody is chosen, nothing breaks. */
static void members_of_wrong_types_give_no_role(void **state)
{
    (void)state;
    static const char no_home[] = "{\"id\":\"079090912345\",\"permanent_residence\":7}";
    static const char no_ties[] =
        "{\"id\":\"079090912345\",\"permanent_residence\":{\"country\":\"VN\","
        "\"list\":\"2021-07-01\",\"province\":\"79\"},\"household\":\"x\","
        "\"marital_status\":\"1\",\"birth_date\":[],\"relatives\":{}}";
    static const char no_flag[] = "{\"id\":\"079090912345\",\"protected\":\"true\","
                                  "\"household\":{\"members\":7,\"head\":[]}}";
    static const char *const lines[] = {no_home, no_ties, no_flag};
    struct demo_pick *pick = NULL;
    assert_ok(demo_pick_new(&pick));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *why = NULL;
        assert_ok(demo_pick_weigh(pick, view_text(lines[i]), &why));
        assert_int_equal(demo_pick_role(pick, i), DEMO_ROLE_NONE);
    }
    demo_pick_free(pick);
}

static struct outcome pick_few(void *context)
{
    struct demo_pick *pick = NULL;
    const char *why = NULL;
    (void)context;
    TRY(demo_pick_new(&pick));
    struct outcome outcome =
        demo_pick_note(pick, VIEW_LITERAL("{\"id\":\"079090912345\",\"protected\":true}"), &why);
    demo_pick_free(pick);
    return outcome;
}

static void no_memory_is_told_wherever_it_happens(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(pick_few, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_chosen_fits_the_role),
        cmocka_unit_test(every_role_has_exactly_as_many_as_it_wants),
        cmocka_unit_test(the_same_file_gives_the_same_choice),
        cmocka_unit_test(lots_fall_all_over_the_file),
        cmocka_unit_test(a_sample_loses_its_flags_and_nothing_else),
        cmocka_unit_test(a_sample_is_still_a_line_for_the_importer),
        cmocka_unit_test(a_small_population_is_told_by_role),
        cmocka_unit_test(lines_that_are_no_persons_are_refused_with_a_reason),
        cmocka_unit_test(members_of_wrong_types_give_no_role),
        cmocka_unit_test(no_memory_is_told_wherever_it_happens),
    };
    return cmocka_run_group_tests(tests, make_town, drop_town);
}
