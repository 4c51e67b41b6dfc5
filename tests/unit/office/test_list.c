/*
 * Lists of persons: what each act does in each state, who is found in them, what is kept and shown.
 */
#include "desk.h"

#include "office/show.h"

#define NOBODY "079090900000"

static struct person_list *the_list(const struct desk *desk)
{
    return directory_list(&desk->directory, VIEW_LITERAL("L-1"));
}

static enum truth stands(const struct desk *desk, const char *id)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    blinder_tag(desk->world->registry.blinder, BLIND_ID, view_text(id), tag);
    return directory_listed(&desk->directory, VIEW_LITERAL("L-1"), tag);
}

static enum act_code change(struct desk *desk, enum act_kind kind, const char *persons)
{
    struct act act = acts_make(kind);
    act_value_set(&act, "persons", view_text(persons));
    return desk_both(desk, &act);
}

static enum act_code simple(struct desk *desk, enum act_kind kind)
{
    struct act act = acts_make(kind);
    return desk_both(desk, &act);
}

/* ---- states ---- */

enum { NOT_THERE, EMPTY, WITH_AN, ENDED, STATES };

static void bring_to(struct desk *desk, unsigned state)
{
    if (state != NOT_THERE) {
        assert_code(simple(desk, ACT_LIST_ADD), ACT_CODE_DONE);
    }
    if (state == WITH_AN || state == ENDED) {
        assert_code(simple(desk, ACT_LIST_PUT), ACT_CODE_DONE);
    }
    if (state == ENDED) {
        assert_code(simple(desk, ACT_LIST_END), ACT_CODE_DONE);
    }
}

static void each_act_does_in_each_state_what_the_table_says(void **unused)
{
    static const struct {
        enum act_kind kind;
        enum act_code codes[STATES];
        enum truth stands[STATES]; /* afterwards */
    } rows[] = {
        {ACT_LIST_ADD,
         {ACT_CODE_DONE, ACT_CODE_STATE_CONFLICT, ACT_CODE_STATE_CONFLICT, ACT_CODE_STATE_CONFLICT},
         {TRUTH_NO, TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN}},
        {ACT_LIST_PUT,
         {ACT_CODE_NOT_FOUND, ACT_CODE_DONE, ACT_CODE_STATE_CONFLICT, ACT_CODE_STATE_CONFLICT},
         {TRUTH_UNKNOWN, TRUTH_YES, TRUTH_YES, TRUTH_UNKNOWN}},
        {ACT_LIST_REMOVE,
         {ACT_CODE_NOT_FOUND, ACT_CODE_STATE_CONFLICT, ACT_CODE_DONE, ACT_CODE_STATE_CONFLICT},
         {TRUTH_UNKNOWN, TRUTH_NO, TRUTH_NO, TRUTH_UNKNOWN}},
        {ACT_LIST_END,
         {ACT_CODE_NOT_FOUND, ACT_CODE_DONE, ACT_CODE_DONE, ACT_CODE_STATE_CONFLICT},
         {TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN}},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned from = 0; from < STATES; from++) {
            void *state = NULL;
            assert_int_equal(desk_setup(&state), 0);
            struct desk *desk = state;
            bring_to(desk, from);
            assert_code(simple(desk, rows[i].kind), rows[i].codes[from]);
            assert_int_equal(stands(desk, WORLD_AN), rows[i].stands[from]);
            assert_ok(desk_restart(desk));
            assert_int_equal(stands(desk, WORLD_AN), rows[i].stands[from]);
            desk_teardown(&state);
        }
    }
}

/* ---- members ---- */

static void an_act_puts_in_and_takes_out_exactly_whom_it_names_or_nobody(void **state)
{
    struct desk *desk = *state;
    bring_to(desk, WITH_AN);
    assert_code(change(desk, ACT_LIST_PUT, WORLD_DUNG "," WORLD_DUNG), ACT_CODE_BAD_INPUT);
    assert_code(change(desk, ACT_LIST_PUT, WORLD_DUNG "," WORLD_AN), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(stands(desk, WORLD_DUNG), TRUTH_NO);
    assert_int_equal(the_list(desk)->version, 2);
    assert_code(change(desk, ACT_LIST_PUT, WORLD_DUNG "," WORLD_CHI "," WORLD_BINH), ACT_CODE_DONE);
    assert_int_equal(the_list(desk)->count, 4);
    assert_code(change(desk, ACT_LIST_REMOVE, WORLD_CHI "," NOBODY), ACT_CODE_STATE_CONFLICT);
    assert_int_equal(stands(desk, WORLD_CHI), TRUTH_YES);
    assert_code(change(desk, ACT_LIST_REMOVE, WORLD_CHI "," WORLD_AN), ACT_CODE_DONE);
    assert_int_equal(stands(desk, WORLD_CHI), TRUTH_NO);
    assert_int_equal(stands(desk, WORLD_AN), TRUTH_NO);
    assert_int_equal(stands(desk, WORLD_BINH), TRUTH_YES);
    assert_int_equal(stands(desk, WORLD_DUNG), TRUTH_YES);
    assert_code(change(desk, ACT_LIST_PUT, "79090912345"), ACT_CODE_BAD_INPUT);
    assert_code(change(desk, ACT_LIST_PUT, WORLD_AN ","), ACT_CODE_BAD_INPUT);
}

/* So many persons from that number on, with commas between. */
static void put_numbers(struct buf *text, unsigned from, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        buf_printf(text, "%s079090%06u", i > 0 ? "," : "", 900000 + from + i);
    }
    buf_put_u8(text, 0);
}

static enum act_code put_many(struct desk *desk, unsigned from, unsigned count)
{
    BUF_AUTO text;
    buf_init(&text, 1 << 16);
    put_numbers(&text, from, count);
    return change(desk, ACT_LIST_PUT, (const char *)text.data);
}

static void a_list_and_an_act_have_their_ceilings(void **state)
{
    struct desk *desk = *state;
    unsigned from = 0;
    bring_to(desk, EMPTY);
    assert_code(put_many(desk, 0, LIST_ACT_PERSONS_MAX + 1), ACT_CODE_BAD_INPUT);
    while (from < LIST_MEMBERS_MAX) {
        unsigned left = LIST_MEMBERS_MAX - from;
        unsigned count = left < LIST_ACT_PERSONS_MAX ? left : LIST_ACT_PERSONS_MAX;
        assert_code(put_many(desk, from, count), ACT_CODE_DONE);
        from += count;
    }
    assert_code(put_many(desk, from, 1), ACT_CODE_OVER_LIMIT);
    assert_int_equal(the_list(desk)->count, LIST_MEMBERS_MAX);
    assert_ok(desk_restart(desk));
    assert_int_equal(stands(desk, "079090900000"), TRUTH_YES);
    assert_int_equal(stands(desk, "079090915999"), TRUTH_YES);
    assert_int_equal(stands(desk, "079090916000"), TRUTH_NO);
}

static void there_are_so_many_lists_with_those_that_have_ended(void **state)
{
    struct desk *desk = *state;
    char code[16];
    for (unsigned i = 0; i <= LISTS_MAX; i++) {
        struct act act = acts_make(ACT_LIST_ADD);
        snprintf(code, sizeof(code), "L-%u", i);
        act_value_set(&act, "code", view_text(code));
        assert_code(desk_both(desk, &act), i < LISTS_MAX ? ACT_CODE_DONE : ACT_CODE_OVER_LIMIT);
        act = acts_make(ACT_LIST_END);
        act_value_set(&act, "code", view_text(code));
        assert_code(desk_both(desk, &act), i < LISTS_MAX ? ACT_CODE_DONE : ACT_CODE_NOT_FOUND);
    }
}

static void the_search_finds_all_members_and_nobody_else_at_every_length(void **state)
{
    static struct person_list list;
    uint8_t tag[SEAL_BLIND_BYTES];
    (void)state;
    for (unsigned count = 0; count <= 70; count++) {
        memset(&list, 0, sizeof(list));
        list.count = count;
        for (unsigned i = 0; i < count; i++) { /* four each differ in their last byte alone */
            memset(list.tags[i], 0x78 + (int)i / 4, SEAL_BLIND_BYTES);
            list.tags[i][15] = (uint8_t)(2 * i + 1);
        }
        for (unsigned i = 0; i < count; i++) {
            assert_true(i == 0 || memcmp(list.tags[i - 1], list.tags[i], SEAL_BLIND_BYTES) < 0);
            memcpy(tag, list.tags[i], SEAL_BLIND_BYTES);
            assert_true(person_list_has(&list, tag));
            tag[15]++;
            assert_false(person_list_has(&list, tag));
        }
        memset(tag, 0, sizeof(tag));
        assert_false(person_list_has(&list, tag));
        memset(tag, 0xff, sizeof(tag));
        assert_false(person_list_has(&list, tag));
    }
}

/* ---- what is kept and shown ---- */

static void no_number_is_stored_or_shown(void **state)
{
    struct desk *desk = *state;
    BUF_AUTO text;
    buf_init(&text, 1 << 16);
    bring_to(desk, WITH_AN);
    object_list.put(the_list(desk), &text);
    show_put(RESOURCE_LISTS, the_list(desk), &text);
    struct act act = acts_make(ACT_LIST_REMOVE);
    struct signed_result result = desk_do(desk, LAN, &act);
    assert_code(result.code, ACT_CODE_PROPOSED);
    show_put(RESOURCE_PROPOSALS, staff_proposal(&desk->directory, view_text(result.object.text)),
             &text);
    assert_ok(buf_check(&text));
    assert_null(memmem(text.data, text.len, WORLD_AN, strlen(WORLD_AN)));
    assert_non_null(memmem(text.data, text.len, "person-list.remove", 18));
}

static struct outcome stored(const struct person_list *list)
{
    static struct person_list got;
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    memset(&got, 0, sizeof(got));
    object_list.put(list, &bytes);
    struct outcome whole = object_list.get(NULL, buf_view(&bytes), &got);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(object_list.get(NULL, view_of(bytes.data, len), &got), FAULT_CORRUPT);
    }
    return whole;
}

static void a_stored_list_is_in_order_each_once_and_empty_when_it_has_ended(void **state)
{
    static struct person_list list;
    (void)state;
    assert_ok(code_set(&list.code, VIEW_LITERAL("L-1")));
    list.count = 2;
    assert_fault(stored(&list), FAULT_CORRUPT); /* the same one twice */
    list.tags[0][0] = 1;
    assert_fault(stored(&list), FAULT_CORRUPT);
    list.tags[1][0] = 2;
    assert_ok(stored(&list));
    list.state = LIST_ENDED;
    assert_fault(stored(&list), FAULT_CORRUPT);
    list.count = 0;
    assert_ok(stored(&list));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_act_does_in_each_state_what_the_table_says),
        TEST(an_act_puts_in_and_takes_out_exactly_whom_it_names_or_nobody),
        TEST(a_list_and_an_act_have_their_ceilings),
        TEST(there_are_so_many_lists_with_those_that_have_ended),
        cmocka_unit_test(the_search_finds_all_members_and_nobody_else_at_every_length),
        TEST(no_number_is_stored_or_shown),
        cmocka_unit_test(a_stored_list_is_in_order_each_once_and_empty_when_it_has_ended),
    };
    return cmocka_run_group_tests_name("office/list", tests, NULL, NULL);
}
