/*
 * Tests of the lines and of their writing: what the importer makes of them, repeatability, memory,
 * failures.
 */
#include "help.h"

#include "base/ceilings.h"
#include "base/clock.h"
#include "demo/demo.h"
#include "demo/family.h"
#include "domain/person.h"
#include "wire/json.h"

#include <uninorm.h>

/* Of 20,000 persons, seed 2021. A change of the generator changes it: then put the new one here and
 * say so in the change's message, because populations made before cannot be made again. */
#define POPULATION_HASH "28f6e67861950853c8088b426ecd41da080e8b365ab375ad7eb5c3fc8a131620"

struct kept {
    struct buf text;
    uint64_t persons;
    unsigned chunks;
};

static struct outcome keep(void *context, struct view lines, uint64_t persons)
{
    struct kept *kept = context;
    buf_put_view(&kept->text, lines);
    kept->persons = persons;
    kept->chunks++;
    return buf_check(&kept->text);
}

static void write_all(struct kept *kept, uint64_t persons, uint64_t seed, unsigned permille)
{
    const struct demo_settings settings = {persons, seed, permille};
    *kept = (struct kept){0};
    buf_init(&kept->text, (size_t)persons * 8192 + DEMO_CHUNK_BYTES);
    struct demo_sink sink = {keep, kept};
    assert_ok(demo_people_write(&settings, &sink));
}

static uint64_t count_lines(struct view text)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n' ? 1 : 0;
    }
    return lines;
}

/* ---- What the importer makes of a line ---- */

struct importing {
    struct arena arena;
    struct arena tree;
    struct blinder *blinder;
    struct buf record;
};

/* The importer writes canonical JSON; a line that is canonical already keeps its bytes. */
static void check_fields(struct importing *importing, struct view line,
                         const struct person_record *record)
{
    const struct json_limits limits = {
        .bytes_max = PERSON_BYTES_MAX, .depth_max = 8, .values_max = 4096, .members_max = 32};
    struct json_doc doc;
    struct json_fault fault;
    arena_reset(&importing->tree);
    assert_ok(json_parse(line, &limits, &importing->tree, &doc, &fault));
    struct view before = {0};
    for (const struct json_node *node = json_first(doc.nodes); node != NULL;
         node = json_next(doc.nodes, node)) {
        assert_true(view_compare(before, node->name) < 0);
        before = node->name;
        unsigned field = 0;
        if (outcome_ok(words_find(&words_field, node->name, &field))) {
            struct view said = view_part(line, node->offset, node->end - node->offset);
            assert_true(view_equal(said, record->fields[field]));
        }
    }
}

static void import_line(struct importing *importing, struct view line)
{
    struct person *person = NULL;
    struct person_fault fault = {0};
    struct person_record record;
    arena_reset(&importing->arena);
    struct outcome outcome = person_parse(line, &importing->arena, &person, &fault);
    if (!outcome_ok(outcome)) {
        fail_msg("column %zu: %s: %.*s", fault.column, fault.reason, (int)line.len, line.data);
    }
    buf_reset(&importing->record);
    assert_ok(person_encode(person, importing->blinder, &importing->record));
    assert_ok(person_record_open(buf_view(&importing->record), &record));
    check_fields(importing, line, &record);
}

static void every_line_is_imported_and_canonical(void **state)
{
    (void)state;
    struct kept kept;
    struct importing importing = {0};
    const struct secret key = {{7}};
    write_all(&kept, 20000, 2021, DEMO_PROTECTED_PERMILLE);
    assert_ok(arena_init(&importing.arena, 4 * PERSON_BYTES_MAX + 4096 * sizeof(struct json_node)));
    assert_ok(arena_init(&importing.tree, PERSON_BYTES_MAX + 4096 * sizeof(struct json_node)));
    assert_ok(blinder_new(&key, &importing.blinder));
    buf_init(&importing.record, 2 * PERSON_BYTES_MAX);
    struct view text = buf_view(&kept.text);
    for (size_t at = 0; at < text.len;) {
        size_t end = view_find(text, at, '\n');
        import_line(&importing, view_part(text, at, end - at));
        at = end + 1;
    }
    buf_done(&importing.record);
    blinder_free(importing.blinder);
    arena_done(&importing.tree);
    arena_done(&importing.arena);
    buf_done(&kept.text);
}

static void everything_is_nfc_and_escapes_nothing(void **state)
{
    (void)state;
    struct kept kept;
    write_all(&kept, 20000, 3, 0);
    struct view text = buf_view(&kept.text);
    size_t len = 0;
    uint8_t *normal = u8_normalize(UNINORM_NFC, text.data, text.len, NULL, &len);
    assert_non_null(normal);
    assert_true(len == text.len && memcmp(normal, text.data, len) == 0);
    free(normal);
    assert_true(view_find(text, 0, '\\') == text.len);
    assert_true(view_find(text, 0, '\r') == text.len && view_find(text, 0, '\t') == text.len);
    assert_true(utf8_valid(text));
    buf_done(&kept.text);
}

/* ---- Repeatability ---- */

static void a_seed_is_the_same_population_on_every_machine(void **state)
{
    (void)state;
    struct kept kept;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t expected[SEAL_HASH_BYTES];
    assert_ok(hex_get(VIEW_LITERAL(POPULATION_HASH), expected, sizeof expected));
    write_all(&kept, 20000, 2021, DEMO_PROTECTED_PERMILLE);
    seal_sha256(buf_view(&kept.text), hash);
    if (memcmp(hash, expected, sizeof hash) != 0) {
        char text[2 * SEAL_HASH_BYTES + 1];
        for (size_t i = 0; i < sizeof hash; i++) {
            snprintf(text + 2 * i, 3, "%02x", hash[i]);
        }
        fail_msg("the population of seed 2021 is another one: %s", text);
    }
    buf_done(&kept.text);
}

static void another_seed_is_another_population(void **state)
{
    (void)state;
    struct kept one;
    struct kept same;
    struct kept other;
    write_all(&one, 500, 8, 15);
    write_all(&same, 500, 8, 15);
    write_all(&other, 500, 9, 15);
    assert_true(view_equal(buf_view(&one.text), buf_view(&same.text)));
    assert_false(view_equal(buf_view(&one.text), buf_view(&other.text)));
    buf_done(&one.text);
    buf_done(&same.text);
    buf_done(&other.text);
}

static void there_are_exactly_as_many_lines_as_asked_for(void **state)
{
    (void)state;
    for (uint64_t persons = 1; persons <= 120; persons++) {
        struct kept kept;
        write_all(&kept, persons, persons, 15);
        assert_int_equal(count_lines(buf_view(&kept.text)), persons);
        assert_int_equal(kept.persons, persons);
        buf_done(&kept.text);
    }
}

static size_t count_text(struct view text, const char *wanted)
{
    size_t count = 0;
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.len;
    while ((at = memmem(at, (size_t)(end - at), wanted, strlen(wanted))) != NULL) {
        count++;
        at++;
    }
    return count;
}

static void the_share_of_protected_is_the_one_asked_for(void **state)
{
    (void)state;
    static const struct {
        unsigned permille;
        size_t least;
        size_t most;
    } rows[] = {{0, 0, 0}, {100, 150, 260}, {1000, 2000, 2000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kept kept;
        write_all(&kept, 2000, 4, rows[i].permille);
        size_t count = count_text(buf_view(&kept.text), "\"protected\":true");
        assert_in_range(count, rows[i].least, rows[i].most);
        buf_done(&kept.text);
    }
}

/* ---- Memory and failures ---- */

static struct outcome drop(void *context, struct view lines, uint64_t persons)
{
    uint64_t *count = context;
    assert_true(lines.len > 0 && lines.len < 2 * DEMO_CHUNK_BYTES);
    *count = persons;
    return OUTCOME_OK;
}

static uint64_t allocations_for(uint64_t persons)
{
    const struct demo_settings settings = {persons, 6, 15};
    uint64_t count = 0;
    uint64_t before = memory_count();
    struct demo_sink sink = {drop, &count};
    assert_ok(demo_people_write(&settings, &sink));
    assert_int_equal(count, persons);
    return memory_count() - before;
}

static void memory_does_not_grow_with_the_population(void **state)
{
    (void)state;
    uint64_t few = allocations_for(5000);
    uint64_t many = allocations_for(60000);
    /* A longer chunk or a larger household may come later, but not twelve times as much. */
    assert_in_range(many, few, few + 3);
}

static struct outcome refuse_second(void *context, struct view lines, uint64_t persons)
{
    unsigned *calls = context;
    (void)lines;
    (void)persons;
    (*calls)++;
    return *calls == 2 ? outcome_fail(FAULT_NO_SPACE, "full") : OUTCOME_OK;
}

static void a_sink_that_fails_ends_the_writing(void **state)
{
    (void)state;
    const struct demo_settings settings = {20000, 6, 15};
    unsigned calls = 0;
    struct demo_sink sink = {refuse_second, &calls};
    assert_fault(demo_people_write(&settings, &sink), FAULT_NO_SPACE);
    assert_int_equal(calls, 2);
}

static void settings_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct demo_settings rows[] = {
        {0, 1, 15}, {DEMO_PERSONS_MAX + 1, 1, 15}, {10, 1, 1001}, {UINT64_MAX, 1, 15}};
    uint64_t count = 0;
    struct demo_sink sink = {drop, &count};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_fault(demo_people_write(&rows[i], &sink), FAULT_BAD_INPUT);
    }
}

static struct outcome write_few(void *context)
{
    const struct demo_settings settings = {50, 6, 15};
    uint64_t count = 0;
    struct demo_sink sink = {drop, &count};
    (void)context;
    return demo_people_write(&settings, &sink);
}

static void no_memory_is_told_wherever_it_happens(void **state)
{
    (void)state;
    assert_true(each_allocation_fails(write_few, NULL) >= 4);
}

static void the_days_of_the_calendar_are_right(void **state)
{
    (void)state;
    assert_int_equal(date_to_days((struct date){2026, 7, 1}), DAY_TODAY);
    assert_int_equal(date_to_days((struct date){2025, 7, 1}), DAY_REFORM);
    assert_int_equal(date_to_days((struct date){2017, 1, 1}), DAY_REGISTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_imported_and_canonical),
        cmocka_unit_test(everything_is_nfc_and_escapes_nothing),
        cmocka_unit_test(a_seed_is_the_same_population_on_every_machine),
        cmocka_unit_test(another_seed_is_another_population),
        cmocka_unit_test(there_are_exactly_as_many_lines_as_asked_for),
        cmocka_unit_test(the_share_of_protected_is_the_one_asked_for),
        cmocka_unit_test(memory_does_not_grow_with_the_population),
        cmocka_unit_test(a_sink_that_fails_ends_the_writing),
        cmocka_unit_test(settings_out_of_bounds_are_refused),
        cmocka_unit_test(no_memory_is_told_wherever_it_happens),
        cmocka_unit_test(the_days_of_the_calendar_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
