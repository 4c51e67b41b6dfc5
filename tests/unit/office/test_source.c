/*
 * Source systems: their keys are their own, their states a table, and `verify` hears of both.
 */
#include "desk.h"

#include "office/source.h"

static const struct source *the_source(const struct desk *desk)
{
    return staff_source(&desk->directory, VIEW_LITERAL("S-1"));
}

static enum act_code simple(struct desk *desk, enum act_kind kind)
{
    struct act act = acts_make(kind);
    return desk_both(desk, &act);
}

static void count_source(void *context, struct view code, struct view key)
{
    assert_true(view_is(code, "S-1"));
    assert_int_equal(key.len, ES256_SPKI_BYTES);
    ++*(unsigned *)context;
}

static unsigned may_send(const struct desk *desk)
{
    unsigned count = 0;
    staff_sources(&desk->directory, count_source, &count);
    return count;
}

static void a_source_sends_while_it_is_active_and_never_after_its_end(void **state)
{
    static const struct {
        enum act_kind kind;
        enum act_code code;
        unsigned may_send;
    } life[] = {
        {ACT_SOURCE_SUSPEND, ACT_CODE_NOT_FOUND, 0},
        {ACT_SOURCE_ADD, ACT_CODE_DONE, 1},
        {ACT_SOURCE_ADD, ACT_CODE_STATE_CONFLICT, 1},
        {ACT_SOURCE_RESUME, ACT_CODE_STATE_CONFLICT, 1},
        {ACT_SOURCE_SUSPEND, ACT_CODE_DONE, 0},
        {ACT_SOURCE_SUSPEND, ACT_CODE_STATE_CONFLICT, 0},
        {ACT_SOURCE_REPLACE, ACT_CODE_DONE, 0},
        {ACT_SOURCE_RESUME, ACT_CODE_DONE, 1},
        {ACT_SOURCE_END, ACT_CODE_DONE, 0},
        {ACT_SOURCE_RESUME, ACT_CODE_STATE_CONFLICT, 0},
        {ACT_SOURCE_ADD, ACT_CODE_STATE_CONFLICT, 0},
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
        uint64_t changes = office_officer_changes(desk->office);
        assert_code(simple(desk, life[i].kind), life[i].code);
        assert_int_equal(may_send(desk), life[i].may_send);
        assert_int_equal(office_officer_changes(desk->office) != changes,
                         life[i].code == ACT_CODE_DONE);
        if (life[i].code == ACT_CODE_DONE) {
            assert_ok(desk_restart(desk));
            assert_int_equal(may_send(desk), life[i].may_send);
        }
    }
    assert_int_equal(the_source(desk)->kind, SOURCE_CIVIL_STATUS);
}

static void nobody_else_s_signing_key_is_taken_but_that_of_a_source_that_has_ended(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_SOURCE_ADD);
    char text[128] = "";
    base64url_write(text, view_of(desk->keys[LAN], ES256_SPKI_BYTES));
    act_value_set(&act, "key", view_text(text));
    assert_code(desk_both(desk, &act), ACT_CODE_CERTIFICATE_BOUND);
    act_value_set(&act, "key", VIEW_LITERAL("AAAA"));
    assert_code(desk_both(desk, &act), ACT_CODE_BAD_INPUT);
    assert_code(simple(desk, ACT_SOURCE_ADD), ACT_CODE_DONE);
    act = acts_make(ACT_SOURCE_ADD);
    act_value_set(&act, "code", VIEW_LITERAL("S-2"));
    assert_code(desk_both(desk, &act), ACT_CODE_CERTIFICATE_BOUND);
    assert_code(simple(desk, ACT_SOURCE_END), ACT_CODE_DONE);
    assert_code(desk_both(desk, &act), ACT_CODE_DONE);
}

static void a_stored_source_is_whole(void **state)
{
    struct desk *desk = *state;
    struct source got;
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_code(simple(desk, ACT_SOURCE_ADD), ACT_CODE_DONE);
    object_source.put(the_source(desk), &bytes);
    memset(&got, 0, sizeof(got));
    assert_ok(object_source.get(&desk->directory, buf_view(&bytes), &got));
    for (size_t len = 0; len < bytes.len; len++) {
        memset(&got, 0, sizeof(got));
        assert_fault(object_source.get(&desk->directory, view_of(bytes.data, len), &got),
                     FAULT_CORRUPT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_source_sends_while_it_is_active_and_never_after_its_end),
        TEST(nobody_else_s_signing_key_is_taken_but_that_of_a_source_that_has_ended),
        TEST(a_stored_source_is_whole),
    };
    return cmocka_run_group_tests_name("office/source", tests, NULL, NULL);
}
