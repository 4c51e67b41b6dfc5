/*
 * What the YAML library refuses for want of memory, or leaves out: told as a failure, never taken
 * for the end of the file. The linker puts the calls below in their place (--wrap in meson.build).
 */
#include "set_help.h"

#include "policy/tree.h"

#include <libfyaml.h>

enum call {
    CALL_NONE,
    CALL_DIAG,
    CALL_PARSER,
    CALL_STRING,
    CALL_PARSE,
    CALL_TEXT,
    CALL_MARK,
    CALL_EVENT_MARK,
    CALL_ERRORS,
};

/* Which call fails, from which time on that it is made. */
static enum call failing;
static unsigned good;

static bool fails(enum call call)
{
    if (call != failing) {
        return false;
    }
    if (good > 0) {
        good--;
        return false;
    }
    return true;
}

#define WRAP(type, name, call, failure, parameters, arguments)                                     \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(call) ? (failure) : __real_##name arguments;                                  \
    }

WRAP(struct fy_diag *, fy_diag_create, CALL_DIAG, NULL, (const struct fy_diag_cfg *c), (c))
WRAP(struct fy_parser *, fy_parser_create, CALL_PARSER, NULL, (const struct fy_parse_cfg *c), (c))
WRAP(int, fy_parser_set_string, CALL_STRING, -1, (struct fy_parser * p, const char *s, size_t l),
     (p, s, l))
WRAP(struct fy_event *, fy_parser_parse, CALL_PARSE, NULL, (struct fy_parser * p), (p))
WRAP(const char *, fy_token_get_text, CALL_TEXT, NULL, (struct fy_token * t, size_t *l), (t, l))
WRAP(const struct fy_mark *, fy_token_start_mark, CALL_MARK, NULL, (struct fy_token * t), (t))
WRAP(const struct fy_mark *, fy_event_start_mark, CALL_EVENT_MARK, NULL, (struct fy_event * e), (e))
WRAP(struct fy_diag_error *, fy_diag_errors_iterate, CALL_ERRORS, NULL,
     (struct fy_diag * d, void **p), (d, p))

static struct outcome parse(enum call call, unsigned after, const char *text,
                            struct policy_error *ret_error)
{
    struct arena arena;
    struct policy_tree tree = {0};
    struct policy_file file = {.name = "t.yaml", .content = view_text(text)};
    assert_ok(arena_init(&arena, 4096));
    failing = call;
    good = after;
    *ret_error = (struct policy_error){0};
    struct outcome outcome = policy_tree_parse(&file, &arena, &tree, ret_error);
    failing = CALL_NONE;
    policy_tree_done(&tree);
    arena_done(&arena);
    return outcome;
}

static void a_parser_that_cannot_be_made_is_a_lack_of_memory(void **state)
{
    static const enum call calls[] = {CALL_DIAG, CALL_PARSER, CALL_STRING, CALL_TEXT};
    struct policy_error error;
    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        assert_fault(parse(calls[i], 0, "a: 1\n", &error), FAULT_NO_MEMORY);
        assert_string_equal(error.text, "");
    }
}

static void a_file_that_the_parser_stops_in_is_refused_wherever_it_stops(void **state)
{
    struct policy_error error;
    unsigned events = 0;
    (void)state;
    while (!outcome_ok(parse(CALL_PARSE, events, "a: [1, 2]\nb: 3\n", &error))) {
        assert_non_null(strstr(error.text, "t.yaml:"));
        assert_non_null(strstr(error.text, "this is not YAML"));
        events++;
    }
    assert_int_equal(events, 13); /* ends of stream and document, four of tables, seven texts */
}

static void a_syntax_error_without_its_place_is_told_at_the_last_one_known(void **state)
{
    struct policy_error error;
    (void)state;
    assert_fault(parse(CALL_ERRORS, 0, "a: 1\nb: ]\n", &error), FAULT_BAD_INPUT);
    assert_non_null(strstr(error.text, "this is not YAML"));
    assert_null(strstr(error.text, "("));
}

static void what_has_no_place_is_told_at_the_place_of_its_value(void **state)
{
    struct policy_error error;
    (void)state;
    assert_fault(parse(CALL_MARK, 0, "a: 1\nb: &x 2\n", &error), FAULT_BAD_INPUT);
    assert_non_null(strstr(error.text, "t.yaml:2:"));
    assert_non_null(strstr(error.text, "anchors are not allowed"));
    assert_fault(parse(CALL_EVENT_MARK, 0, "a: *x\n", &error), FAULT_BAD_INPUT);
    assert_non_null(strstr(error.text, "aliases are not allowed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parser_that_cannot_be_made_is_a_lack_of_memory),
        cmocka_unit_test(a_file_that_the_parser_stops_in_is_refused_wherever_it_stops),
        cmocka_unit_test(a_syntax_error_without_its_place_is_told_at_the_last_one_known),
        cmocka_unit_test(what_has_no_place_is_told_at_the_place_of_its_value),
    };
    return cmocka_run_group_tests_name("policy/tree_faults", tests, NULL, NULL);
}
