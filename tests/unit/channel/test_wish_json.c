/*
 * The body of a list that is asked for: what is taken, and what is told of what is not.
 */
#include "../help.h"

#include "channel/json/wish_json.h"

static struct arena arena;
static struct ask_faults faults;
static struct wish wish;

static struct outcome get(const char *body)
{
    arena_reset(&arena);
    ask_faults_reset(&faults);
    return wish_json_get(view_text(body), LANGUAGE_EN, &arena, &wish, &faults);
}

static void assert_refused(const char *body, const char *name, const char *reason)
{
    struct problem problem = {.code = CODE_BAD_REQUEST};
    assert_fault(get(body), FAULT_BAD_INPUT);
    ask_faults_tell(&faults, &problem);
    for (unsigned i = 0; i < problem.param_count; i++) {
        if (view_is(problem.params[i].name, name) && view_is(problem.params[i].reason, reason)) {
            return;
        }
    }
    fail_msg("%s: %s is not refused so", body, name);
}

#define REST "\"business\":\"NV-1\",\"case\":\"HS-1\""

static void a_list_is_what_its_members_say(void **state)
{
    BUF_AUTO text;
    BUF_AUTO json;
    struct wish again;
    (void)state;
    assert_ok(get("{" REST ",\"criteria\":\"age>=18 and (sex=1 or age<60)\",\"fields\":[\"sex\","
                  "\"full_name\"],\"officer\":\"CB-1\"}"));
    buf_init(&text, WISH_BYTES_MAX);
    buf_init(&json, 4096);
    wish_put(&wish, &text);
    assert_ok(wish_get(buf_view(&text), &again)); /* what goes on to `jobs` */
    wish_put_json(&again, &json);
    assert_view(buf_view(&json),
                "{\"business\":\"NV-1\",\"case\":\"HS-1\",\"criteria\":\"age>=18 and (sex=1 or "
                "age<60)\",\"fields\":[\"full_name\",\"sex\"],\"officer\":\"CB-1\"}");
    for (size_t len = 0; len < text.len; len++) {
        assert_fault(wish_get(view_part(buf_view(&text), 0, len), &again), FAULT_BAD_INPUT);
    }
    assert_ok(get("{" REST ",\"criteria\":\"sex=2\"}"));
    assert_int_equal(wish.fields, 0); /* what the business grants */
}

static void what_is_wrong_is_told_by_pointer_all_at_once(void **state)
{
    (void)state;
    assert_refused("{" REST "}", "/criteria", "is missing, unknown or of the wrong type");
    assert_refused("[]", "", "is missing, unknown or of the wrong type");
    assert_refused("no", "", "is missing, unknown or of the wrong type");
    assert_refused("{" REST ",\"criteria\":1}", "/criteria",
                   "is missing, unknown or of the wrong type");
    assert_refused("{" REST ",\"criteria\":\"list=X\"}", "/criteria",
                   "may have place, age and sex only");
    assert_refused("{" REST ",\"criteria\":\"\"}", "/criteria", "may have place, age and sex only");
    assert_refused("{" REST ",\"criteria\":\"sex=1\",\"fields\":[\"sex\",\"sex\"]}", "/fields",
                   "must be the names of fields, each once");
    assert_refused("{" REST ",\"criteria\":\"sex=1\",\"fields\":[]}", "/fields",
                   "must be the names of fields, each once");
    const char *all = "{\"business\":\"a b\",\"case\":\"\",\"criteria\":\"ethnicity=1\","
                      "\"officer\":\"\"}";
    assert_refused(all, "/business", "must be a code of 1 to 64 bytes");
    assert_refused(all, "/case", "must have 1 to 128 bytes");
    assert_refused(all, "/officer", "must have 1 to 64 bytes");
    assert_int_equal(faults.count, 4);
}

static int set_up(void **state)
{
    (void)state;
    assert_ok(arena_init(&arena, ASK_JSON_ARENA_BYTES));
    ask_faults_init(&faults);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    ask_faults_done(&faults);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_what_its_members_say),
        cmocka_unit_test(what_is_wrong_is_told_by_pointer_all_at_once),
    };
    return cmocka_run_group_tests_name("channel/wish_json", tests, set_up, tear_down);
}
