/* Sets of changes in the registry: once, in order, each change by itself; numbers of old. */
#include "homes.h"

#include "store/scrub.h"

#define ORIGIN "localhost/test"
#define CHANGE_BYTES_MAX 4096
#define LINE_BYTES_MAX 16384

struct here {
    struct home home;
    struct arena arena;
    struct change_set set;
    struct registry_fed fed;
    struct change_law law;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    struct registry_chunk chunk;
    assert_non_null(here);
    home_init(&here->home);
    assert_ok(arena_init(&here->arena, CHANGE_SET_ARENA_BYTES));
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        here->law.members[i] = MEMBER_BIT(MEMBER_COUNT) - 1;
        here->law.sources[i] = 1u << SOURCE_REGISTRAR;
    }
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        here->law.ranks[i][SOURCE_REGISTRAR] = 1;
    }
    assert_ok(home_import(&here->home, 0, 10, NULL, &chunk));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    home_done(&here->home);
    arena_done(&here->arena);
    free(here);
    return 0;
}

/* Feeds a set of these changes, and records it. */
static struct outcome feed_as(struct here *here, const char *source, enum source_kind kind,
                              uint64_t number, const char *changes)
{
    static char text[LINE_BYTES_MAX];
    (void)snprintf(text, sizeof(text), "{\"aud\":\"" ORIGIN "\",\"number\":%llu,\"changes\":[%s]}",
                   (unsigned long long)number, changes);
    arena_reset(&here->arena);
    assert_ok(change_set_read(view_text(text), VIEW_LITERAL(ORIGIN), &here->arena, &here->set));
    const struct registry_feed feed = {.source = view_text(source),
                                       .kind = kind,
                                       .set = &here->set,
                                       .law = &here->law,
                                       .payload = view_text(text),
                                       .jws_hash = {1, 2, 3},
                                       .user = 7};
    TRY(registry_feed(here->home.registry, &feed, &here->fed));
    if (here->fed.code != SET_CODE_DONE || here->fed.again) {
        return OUTCOME_OK;
    }
    return registry_chunk_recorded(here->home.registry, here->fed.chunk.number);
}

static struct outcome feed(struct here *here, uint64_t number, const char *changes)
{
    return feed_as(here, "S-1", SOURCE_REGISTRAR, number, changes);
}

static enum change_result result(const struct here *here, unsigned place)
{
    assert_true(place < here->fed.count);
    return here->fed.done[place].result;
}

/* One change of the nth person. */
static const char *of(unsigned nth, const char *kind, const char *set)
{
    static char texts[4][CHANGE_BYTES_MAX];
    static unsigned next;
    char id[13];
    char cmnd[10];
    person_numbers(nth, id, cmnd);
    char *text = texts[next++ % 4];
    (void)snprintf(text, CHANGE_BYTES_MAX, "{\"id\":\"%s\",\"kind\":\"%s\",\"set\":{%s}}", id, kind,
                   set);
    return text;
}

static void found_bad(void *context, const char *place)
{
    (void)context;
    fail_msg("%s", place);
}

/* The whole scrub, beside the writer. */
static void assert_sound(struct here *here)
{
    const struct scrub_watch watch = {found_bad, NULL};
    struct registry_config config = home_config(&here->home, REGISTRY_READ);
    struct registry_scrub *scrub = NULL;
    assert_ok(registry_scrub_open(&config, &watch, &scrub));
    for (uint32_t ppm = 0; ppm < 1000000;) {
        assert_ok(registry_scrub_step(scrub, &ppm));
    }
    registry_scrub_close(scrub);
}

static void a_set_is_taken_once_in_its_order_and_answers_the_same_again(void **state)
{
    struct here *here = *state;
    const char *died = of(1, "died", "\"death_or_missing\":{\"kind\":\"dead\",\"date\":null}");
    assert_ok(feed(here, 2, died));
    assert_int_equal(here->fed.code, SET_CODE_NUMBER_GAP);
    assert_int_equal(here->fed.expected, 1);
    assert_ok(feed(here, 1, died));
    assert_int_equal(here->fed.code, SET_CODE_DONE);
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_int_equal(here->fed.chunk.changed, 1);
    assert_int_equal(here->fed.chunk.until, 1);
    assert_string_equal(here->fed.chunk.source, "S-1");
    uint64_t chunk = here->fed.chunk.number;
    assert_ok(feed(here, 1, died));
    assert_true(here->fed.again && here->fed.chunk.number == chunk);
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_ok(feed(here, 1, of(2, "died", "\"death_or_missing\":null")));
    assert_int_equal(here->fed.code, SET_CODE_NUMBER_CONFLICT);
    assert_ok(feed_as(here, "S-2", SOURCE_REGISTRAR, 1, died)); /* another source's first */
    assert_int_equal(result(here, 0), CHANGE_RESULT_UNCHANGED);
    assert_ok(feed(here, 2, died));
    assert_int_equal(here->fed.code, SET_CODE_DONE);
    assert_int_equal(here->fed.expected, 3);
    assert_sound(here);
}

static void each_change_has_a_result_of_its_own(void **state)
{
    struct here *here = *state;
    char text[LINE_BYTES_MAX];
    (void)snprintf(text, sizeof(text), "%s,%s,%s,%s", of(1, "corrected", "\"religion\":\"01\""),
                   of(99, "corrected", "\"religion\":\"01\""),
                   of(2, "corrected", "\"cmnd\":\"900000003\""),
                   of(3, "corrected", "\"id\":\"079090900004\""));
    assert_ok(feed(here, 1, text));
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_int_equal(result(here, 1), CHANGE_RESULT_NOT_FOUND);
    assert_int_equal(result(here, 2), CHANGE_RESULT_CMND_TAKEN);
    assert_int_equal(result(here, 3), CHANGE_RESULT_NUMBER_TAKEN);
    assert_int_equal(here->fed.chunk.unchanged, 3);
    assert_ok(feed_as(here, "S-3", SOURCE_CARD, 1, of(99, "moved", "\"religion\":\"01\"")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_NOT_AUTHORISED); /* not told who is there */
    assert_sound(here);
}

static void births_and_later_changes_of_one_set_follow_one_another(void **state)
{
    struct here *here = *state;
    char text[LINE_BYTES_MAX];
    json_t *tree = people_tree();
    json_object_del(tree, "id");
    json_object_set_new(tree, "cmnd", json_null());
    char *set = json_dumps(tree, JSON_COMPACT);
    set[strlen(set) - 1] = '\0'; /* its braces are put around it */
    (void)snprintf(text, sizeof(text), "%s,%s,%s,%s", of(50, "birth", set + 1),
                   of(50, "birth", set + 1), of(50, "corrected", "\"full_name\":\"Lê An\""),
                   of(50, "corrected", "\"full_name\":\"Lê Bình\",\"id\":\"079090900051\""));
    assert_ok(feed(here, 1, text));
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_int_equal(result(here, 1), CHANGE_RESULT_ALREADY_THERE);
    assert_int_equal(result(here, 2), CHANGE_RESULT_APPLIED);
    assert_int_equal(result(here, 3), CHANGE_RESULT_APPLIED);
    struct registry_probe probe;
    assert_ok(home_fetch(&here->home, BLIND_ID, "079090900051", &probe));
    assert_true(probe.found && probe.version == 3);
    assert_sound(here);
    free(set);
    json_decref(tree);
}

static void a_corrected_number_keeps_the_person_and_is_nobody_else_s_ever(void **state)
{
    struct here *here = *state;
    struct registry_probe old;
    struct registry_probe probe;
    assert_ok(home_fetch_nth(&here->home, 5, &old));
    assert_ok(feed(here, 1, of(5, "corrected", "\"id\":\"079090900077\"")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_ok(home_fetch(&here->home, BLIND_ID, "079090900077", &probe));
    assert_true(probe.found && probe.key == old.key && probe.version == 2);
    assert_ok(feed(here, 2, of(5, "died", "\"death_or_missing\":null")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_NOT_FOUND); /* by the number of old */
    assert_ok(feed(here, 3, of(6, "corrected", "\"id\":\"079090900005\"")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_NUMBER_TAKEN);
    assert_sound(here);
    assert_ok(feed(here, 4, of(77, "corrected", "\"id\":\"079090900005\""))); /* and back */
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_ok(home_fetch_nth(&here->home, 5, &probe));
    assert_true(probe.found && probe.key == old.key && probe.version == 3);
    assert_sound(here);
}

static bool is_hidden(struct here *here, enum blind_kind kind, const char *number)
{
    struct hidden_set *set = NULL;
    uint8_t tag[SEAL_BLIND_BYTES];
    blinder_tag(registry_blinder(here->home.registry), (uint8_t)kind, view_text(number), tag);
    assert_ok(hidden_set_load(here->home.registry, &set));
    bool hidden = hidden_set_flags(set, tag) != 0;
    hidden_set_free(set);
    return hidden;
}

static void protection_hides_under_every_number_a_person_ever_had(void **state)
{
    struct here *here = *state;
    assert_ok(feed(here, 1, of(5, "corrected", "\"id\":\"079090900077\",\"cmnd\":\"988888888\"")));
    assert_ok(feed(here, 2, of(77, "protected", "\"protected\":true")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_true(is_hidden(here, BLIND_ID, "079090900077"));
    assert_true(is_hidden(here, BLIND_ID, "079090900005"));
    assert_true(is_hidden(here, BLIND_CMND, "988888888"));
    assert_true(is_hidden(here, BLIND_CMND, "900000005"));
    assert_sound(here);
    assert_ok(feed(here, 3, of(77, "protected", "\"protected\":false")));
    assert_false(is_hidden(here, BLIND_ID, "079090900005"));
    assert_false(is_hidden(here, BLIND_CMND, "988888888"));
    assert_sound(here);
}

static void a_chunk_that_waits_for_its_act_holds_the_next_set_up_and_is_found_again(void **state)
{
    struct here *here = *state;
    struct registry_chunk pending = {0};
    assert_ok(feed(here, 1, of(1, "corrected", "\"religion\":\"01\"")));
    home_sql(&here->home, "registry.db", "UPDATE chunk SET recorded = 0 WHERE number = 2");
    assert_fault(feed(here, 2, of(1, "corrected", "\"religion\":\"02\"")), FAULT_CONFLICT);
    assert_ok(registry_chunk_pending(here->home.registry, &pending));
    assert_string_equal(pending.source, "S-1");
    assert_int_equal(pending.until, 1);
    assert_ok(registry_chunk_recorded(here->home.registry, 2));
    assert_ok(feed(here, 2, of(1, "corrected", "\"religion\":\"02\"")));
    assert_sound(here);
}

static void who_set_a_member_is_remembered_with_the_version(void **state)
{
    struct here *here = *state;
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        here->law.ranks[i][SOURCE_CARD] = 2;
    }
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        here->law.sources[i] |= 1u << SOURCE_CARD;
    }
    assert_ok(feed(here, 1, of(1, "corrected", "\"religion\":\"01\"")));
    assert_ok(feed_as(here, "S-2", SOURCE_CARD, 1, of(1, "corrected", "\"religion\":\"02\"")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_OUTRANKED);
    assert_int_equal(here->fed.done[0].kept, MEMBER_BIT(FIELD_RELIGION));
    assert_ok(feed_as(here, "S-2", SOURCE_CARD, 1, of(1, "corrected", "\"religion\":\"02\"")));
    assert_true(here->fed.again && here->fed.done[0].kept == MEMBER_BIT(FIELD_RELIGION));
    struct registry_chunk chunk;
    const char *const religion[] = {"religion", "\"03\"", NULL};
    assert_ok(home_import(&here->home, 1, 1, religion, &chunk)); /* an import is below all */
    assert_ok(feed_as(here, "S-2", SOURCE_CARD, 2, of(1, "corrected", "\"religion\":\"02\"")));
    assert_int_equal(result(here, 0), CHANGE_RESULT_APPLIED);
    assert_sound(here);
}

/* Of the nth person, as the version in force has them. */
static struct change_origins origins_of(struct here *here, unsigned nth,
                                        struct registry_probe *ret_probe)
{
    struct change_origins origins;
    assert_ok(home_fetch_nth(&here->home, nth, ret_probe));
    assert_ok(change_origins_get(ret_probe->origins, &origins));
    return origins;
}

static void assert_origin(const struct change_origin *origin, unsigned of, unsigned day,
                          unsigned chunk)
{
    assert_int_equal(origin->of, of);
    assert_int_equal(origin->day, day);
    assert_int_equal(origin->chunk, chunk);
}

static void each_member_says_whose_word_it_is_and_since_when(void **state)
{
    static const char *const moved[] = {"permanent_residence", "null", "religion", "\"01\"", NULL};
    struct here *here = *state;
    const int64_t day_us = (int64_t)S_PER_DAY * US_PER_S;
    struct registry_chunk chunk;
    struct registry_probe probe;
    struct view record;
    struct view origins_then;
    BUF_AUTO scratch;
    buf_init(&scratch, PERSON_BYTES_MAX);
    here->home.wall_us = 20000 * day_us;
    assert_ok(home_import(&here->home, 20, 1, NULL, &chunk)); /* chunk 2 */
    here->home.wall_us = 20001 * day_us - 1; /* in Vietnam it is the next day already */
    assert_ok(feed(here, 1, of(20, "corrected", "\"religion\":\"01\"")));
    struct change_origins origins = origins_of(here, 20, &probe);
    assert_origin(&origins.members[FIELD_RELIGION], SOURCE_REGISTRAR + 1, 20001, 3);
    assert_origin(&origins.members[FIELD_SEX], 0, 20000, 2);
    here->home.wall_us = 20005 * day_us;
    assert_ok(home_import(&here->home, 20, 1, moved, &chunk));
    origins = origins_of(here, 20, &probe);
    assert_origin(&origins.members[FIELD_PERMANENT_RESIDENCE], 0, 20005, 4);
    assert_origin(&origins.members[FIELD_RELIGION], SOURCE_REGISTRAR + 1, 20001, 3);
    assert_true(origins.members[FIELD_RELIGION].released);
    assert_origin(&origins.members[MEMBER_ID], 0, 20000, 2);
    assert_ok(registry_fetch_version(here->home.registry, probe.key, 1, &scratch, &record,
                                     &origins_then));
    assert_ok(change_origins_get(origins_then, &origins));
    assert_origin(&origins.members[FIELD_PERMANENT_RESIDENCE], 0, 20000, 2);
    assert_sound(here);
}

static void who_is_there_unchanged_keeps_his_days(void **state)
{
    struct here *here = *state;
    struct registry_chunk chunk;
    struct registry_probe probe;
    here->home.wall_us = (int64_t)20000 * S_PER_DAY * US_PER_S;
    assert_ok(home_import(&here->home, 0, 10, NULL, &chunk));
    assert_int_equal(chunk.unchanged, 10);
    struct change_origins origins = origins_of(here, 3, &probe);
    assert_origin(&origins.members[FIELD_SEX], 0, 0, 1); /* setup() has no clock */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_is_taken_once_in_its_order_and_answers_the_same_again),
        TEST(each_change_has_a_result_of_its_own),
        TEST(births_and_later_changes_of_one_set_follow_one_another),
        TEST(a_corrected_number_keeps_the_person_and_is_nobody_else_s_ever),
        TEST(protection_hides_under_every_number_a_person_ever_had),
        TEST(a_chunk_that_waits_for_its_act_holds_the_next_set_up_and_is_found_again),
        TEST(who_set_a_member_is_remembered_with_the_version),
        TEST(each_member_says_whose_word_it_is_and_since_when),
        TEST(who_is_there_unchanged_keeps_his_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
