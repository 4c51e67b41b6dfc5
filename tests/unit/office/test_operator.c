/*
 * Operators: whom and by whom each act lets a system ask, what is refused, what is kept.
 */
#include "desk.h"

#include "office/show.h"

#define OFFICER "lan@so.example"

static const struct operator_register *of_bank(const struct desk *desk)
{
    return directory_operator(&desk->directory, VIEW_LITERAL("bank"));
}

static bool registered(const struct desk *desk, enum operator_role role, const char *name)
{
    return directory_registered(&desk->directory, VIEW_LITERAL("bank"), role, view_text(name));
}

static enum act_code simple(struct desk *desk, enum act_kind kind)
{
    struct act act = acts_make(kind);
    return desk_both(desk, &act);
}

static enum act_code change(struct desk *desk, enum act_kind kind, const char *names)
{
    struct act act = acts_make(kind);
    bool parties = kind == ACT_OPERATOR_PARTIES_PUT || kind == ACT_OPERATOR_PARTIES_REMOVE;
    act_value_set(&act, parties ? "parties" : "officers", view_text(names));
    return desk_both(desk, &act);
}

static void nobody_is_registered_before_the_acts_say_so_nor_after_they_take_it_back(void **state)
{
    struct desk *desk = *state;
    assert_code(simple(desk, ACT_OPERATOR_PARTIES_PUT), ACT_CODE_NOT_FOUND);
    assert_false(registered(desk, OPERATOR_PARTY, "notary"));
    assert_code(simple(desk, ACT_OPERATOR_ADD), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_OPERATOR_ADD), ACT_CODE_STATE_CONFLICT);
    assert_false(registered(desk, OPERATOR_PARTY, "notary"));
    assert_code(simple(desk, ACT_OPERATOR_PARTIES_PUT), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_OPERATOR_OFFICERS_PUT), ACT_CODE_DONE);
    assert_true(registered(desk, OPERATOR_PARTY, "notary"));
    assert_true(registered(desk, OPERATOR_OFFICER, OFFICER));
    assert_ok(desk_restart(desk));
    assert_true(registered(desk, OPERATOR_PARTY, "notary"));
    assert_true(registered(desk, OPERATOR_OFFICER, OFFICER));
    assert_code(simple(desk, ACT_OPERATOR_PARTIES_REMOVE), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_OPERATOR_OFFICERS_REMOVE), ACT_CODE_DONE);
    assert_false(registered(desk, OPERATOR_PARTY, "notary"));
    assert_false(registered(desk, OPERATOR_OFFICER, OFFICER));
    assert_code(simple(desk, ACT_OPERATOR_OFFICERS_REMOVE), ACT_CODE_STATE_CONFLICT);
}

static void a_name_counts_in_its_role_and_with_its_operator_alone(void **state)
{
    struct desk *desk = *state;
    assert_code(simple(desk, ACT_OPERATOR_ADD), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_OPERATOR_PARTIES_PUT), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_OPERATOR_OFFICERS_PUT), ACT_CODE_DONE);
    struct act other = acts_make(ACT_OPERATOR_ADD);
    act_value_set(&other, "code", VIEW_LITERAL("notary"));
    assert_code(desk_both(desk, &other), ACT_CODE_DONE);
    assert_false(registered(desk, OPERATOR_OFFICER, "notary"));
    assert_false(registered(desk, OPERATOR_PARTY, OFFICER));
    assert_false(registered(desk, OPERATOR_OFFICER, "LAN@so.example"));
    assert_false(registered(desk, OPERATOR_OFFICER, ""));
    assert_false(directory_registered(&desk->directory, VIEW_LITERAL("notary"), OPERATOR_OFFICER,
                                      VIEW_LITERAL(OFFICER)));
    assert_false(directory_registered(&desk->directory, VIEW_LITERAL("nobody"), OPERATOR_OFFICER,
                                      VIEW_LITERAL(OFFICER)));
}

static void an_act_puts_in_and_takes_out_exactly_whom_it_names_or_nobody(void **state)
{
    struct desk *desk = *state;
    assert_code(simple(desk, ACT_OPERATOR_ADD), ACT_CODE_DONE);
    assert_code(change(desk, ACT_OPERATOR_PARTIES_PUT, "notary,nobody"), ACT_CODE_NOT_FOUND);
    assert_code(change(desk, ACT_OPERATOR_PARTIES_PUT, "notary,bank"), ACT_CODE_BAD_INPUT);
    assert_code(change(desk, ACT_OPERATOR_PARTIES_PUT, "notary,notary"), ACT_CODE_BAD_INPUT);
    assert_false(registered(desk, OPERATOR_PARTY, "notary"));
    assert_code(change(desk, ACT_OPERATOR_OFFICERS_PUT, "a,b,c"), ACT_CODE_DONE);
    assert_code(change(desk, ACT_OPERATOR_OFFICERS_PUT, "d,b"), ACT_CODE_STATE_CONFLICT);
    assert_code(change(desk, ACT_OPERATOR_OFFICERS_REMOVE, "a,d"), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(of_bank(desk)->counts[OPERATOR_OFFICER], 3);
    assert_true(registered(desk, OPERATOR_OFFICER, "a"));
    assert_false(registered(desk, OPERATOR_OFFICER, "d"));
    assert_code(change(desk, ACT_OPERATOR_OFFICERS_PUT, "a,"), ACT_CODE_BAD_INPUT);
    assert_code(change(desk, ACT_OPERATOR_OFFICERS_PUT, "a\x01"), ACT_CODE_BAD_INPUT);
}

/* So many codes from that number on, with commas between. */
static enum act_code put_many(struct desk *desk, unsigned from, unsigned count)
{
    BUF_AUTO text;
    buf_init(&text, 1 << 16);
    for (unsigned i = 0; i < count; i++) {
        buf_printf(&text, "%s079090%06u", i > 0 ? "," : "", 900000 + from + i);
    }
    buf_put_u8(&text, 0);
    return change(desk, ACT_OPERATOR_OFFICERS_PUT, (const char *)text.data);
}

static void thousands_of_officers_are_registered_in_bulk_up_to_a_ceiling(void **state)
{
    struct desk *desk = *state;
    unsigned from = 0;
    assert_code(simple(desk, ACT_OPERATOR_ADD), ACT_CODE_DONE);
    assert_code(put_many(desk, 0, OPERATOR_ACT_NAMES_MAX + 1), ACT_CODE_BAD_INPUT);
    while (from < OPERATOR_MEMBERS_MAX) {
        unsigned left = OPERATOR_MEMBERS_MAX - from;
        unsigned count = left < OPERATOR_ACT_NAMES_MAX ? left : OPERATOR_ACT_NAMES_MAX;
        assert_code(put_many(desk, from, count), ACT_CODE_DONE);
        from += count;
    }
    assert_code(simple(desk, ACT_OPERATOR_PARTIES_PUT), ACT_CODE_OVER_LIMIT);
    assert_ok(desk_restart(desk));
    assert_true(registered(desk, OPERATOR_OFFICER, "079090900000"));
    assert_true(registered(desk, OPERATOR_OFFICER, "079090915999"));
    assert_false(registered(desk, OPERATOR_OFFICER, "079090916000"));
}

static void no_officer_is_stored_or_shown_by_name(void **state)
{
    struct desk *desk = *state;
    BUF_AUTO text;
    buf_init(&text, 1 << 16);
    assert_code(simple(desk, ACT_OPERATOR_ADD), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_OPERATOR_OFFICERS_PUT), ACT_CODE_DONE);
    object_operator.put(of_bank(desk), &text);
    show_put(RESOURCE_OPERATORS, of_bank(desk), &text);
    assert_ok(buf_check(&text));
    assert_null(memmem(text.data, text.len, OFFICER, strlen(OFFICER)));
}

static void a_stored_operator_is_whole_in_order_and_a_party_that_is_there(void **state)
{
    static struct operator_register of;
    static struct operator_register got;
    struct desk *desk = *state;
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_ok(code_set(&of.code, VIEW_LITERAL("bank")));
    of.counts[OPERATOR_PARTY] = 1;
    of.counts[OPERATOR_OFFICER] = 1;
    object_operator.put(&of, &bytes);
    assert_fault(object_operator.get(&desk->directory, buf_view(&bytes), &got), FAULT_CORRUPT);
    of.tags[1][0] = 1;
    buf_reset(&bytes);
    object_operator.put(&of, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(object_operator.get(&desk->directory, view_of(bytes.data, len), &got),
                     FAULT_CORRUPT);
    }
    assert_ok(object_operator.get(&desk->directory, buf_view(&bytes), &got));
    assert_ok(code_set(&of.code, VIEW_LITERAL("none")));
    buf_reset(&bytes);
    object_operator.put(&of, &bytes);
    assert_fault(object_operator.get(&desk->directory, buf_view(&bytes), &got), FAULT_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_registered_before_the_acts_say_so_nor_after_they_take_it_back),
        TEST(a_name_counts_in_its_role_and_with_its_operator_alone),
        TEST(an_act_puts_in_and_takes_out_exactly_whom_it_names_or_nobody),
        TEST(thousands_of_officers_are_registered_in_bulk_up_to_a_ceiling),
        TEST(no_officer_is_stored_or_shown_by_name),
        TEST(a_stored_operator_is_whole_in_order_and_a_party_that_is_there),
    };
    return cmocka_run_group_tests_name("office/operator", tests, NULL, NULL);
}
