/*
 * The first officers, and what is by hand no more; officers, proposals and stops as stored objects.
 */
#include "desk.h"

#include "base/ceilings.h"

static void the_first_officers_end_what_is_done_by_hand_for_good(void **state)
{
    struct desk *desk = *state;
    struct officer officers[4];
    uint64_t index = 0;
    char why[256];
    desk_furnish(desk);
    assert_false(office_founded(desk->office));
    desk_officers(desk, officers);
    assert_ok(desk_found(desk, officers, 4));
    for (unsigned start = 0; start < 2; start++) {
        struct act act = acts_make(ACT_PARTY_ADD);
        assert_true(office_founded(desk->office));
        assert_fault(office_act(desk->office, &act, 0, &index, why), FAULT_CONFLICT);
        assert_non_null(strstr(why, "officers sign"));
        assert_fault(desk_found(desk, officers, 4), FAULT_CONFLICT);
        struct act chunk = acts_make(ACT_IMPORT_CHUNK); /* the loader's: goes on */
        assert_ok(office_act(desk->office, &chunk, 0, &index, why));
        assert_ok(desk_restart(desk));
    }
}

static void first_officers_who_could_not_act_are_refused(void **state)
{
    struct desk *desk = *state;
    struct officer good[4];
    struct officer wrong[4];
    desk_officers(desk, good);
    assert_fault(desk_found(desk, good, 1), FAULT_BAD_INPUT);
    const struct officer unable[2] = {good[LAN], good[AN]};
    assert_fault(desk_found(desk, unable, 2), FAULT_BAD_INPUT);
    const struct officer alone[2] = {good[HOA], good[AN]}; /* security and approve in one */
    assert_fault(desk_found(desk, alone, 2), FAULT_BAD_INPUT);
    memcpy(wrong, good, sizeof(wrong));
    wrong[1].code = wrong[0].code;
    assert_fault(desk_found(desk, wrong, 4), FAULT_CONFLICT);
    memcpy(wrong, good, sizeof(wrong));
    memcpy(wrong[1].key, wrong[0].key, sizeof(wrong[1].key));
    assert_fault(desk_found(desk, wrong, 4), FAULT_CONFLICT);
    memcpy(wrong, good, sizeof(wrong));
    memcpy(wrong[3].spki, wrong[0].spki, sizeof(wrong[3].spki));
    assert_fault(desk_found(desk, wrong, 4), FAULT_CONFLICT);
    memcpy(wrong, good, sizeof(wrong));
    wrong[2].key[30] ^= 1; /* no point of the curve */
    assert_fault(desk_found(desk, wrong, 4), FAULT_BAD_INPUT);
    memcpy(wrong, good, sizeof(wrong));
    wrong[2].state = OFFICER_LOST;
    assert_fault(desk_found(desk, wrong, 4), FAULT_BAD_INPUT);
    assert_int_equal(desk->world->ledger.size, 0);
    assert_ok(desk_found(desk, good, 2 + 2));
    assert_non_null(staff_officer(&desk->directory, VIEW_LITERAL("AN")));
}

static void first_officers_that_do_not_decode_are_refused(void **state)
{
    struct desk *desk = *state;
    struct officer officers[4];
    struct act act = {.kind = ACT_OFFICER_FOUND};
    uint64_t index = 0;
    char why[256];
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    desk_officers(desk, officers);
    found_put(officers, 4, &bytes);
    for (size_t len = 1; len < bytes.len; len++) {
        act_value_set(&act, "officers", view_of(bytes.data, len));
        assert_fault(office_act(desk->office, &act, 0, &index, why), FAULT_BAD_INPUT);
    }
    buf_put_u8(&bytes, 0);
    act_value_set(&act, "officers", buf_view(&bytes));
    assert_fault(office_act(desk->office, &act, 0, &index, why), FAULT_BAD_INPUT);
}

/* Written, read, written again: the same; any shorter: corrupt. */
static void check_object(struct desk *desk, enum object_kind kind, const void *object)
{
    const struct object_row *row = object_row(kind);
    BUF_AUTO first;
    BUF_AUTO second;
    void *again = calloc(1, row->bytes);
    buf_init(&first, ACT_BYTES_MAX);
    buf_init(&second, ACT_BYTES_MAX);
    row->put(object, &first);
    assert_ok(row->get(&desk->directory, buf_view(&first), again));
    row->put(again, &second);
    assert_true(view_equal(buf_view(&first), buf_view(&second)));
    for (size_t len = 0; len < first.len; len++) {
        memset(again, 0, row->bytes);
        assert_fault(row->get(&desk->directory, view_of(first.data, len), again), FAULT_CORRUPT);
    }
    buf_put_u8(&first, 0);
    memset(again, 0, row->bytes);
    assert_fault(row->get(&desk->directory, buf_view(&first), again), FAULT_CORRUPT);
    free(again);
}

static void stored_officers_proposals_and_stops_are_read_as_they_were_written(void **state)
{
    struct desk *desk = *state;
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    struct signed_result proposed = desk_do(desk, LAN, &grant);
    assert_code(desk_try(desk, LAN, ACT_ACCOUNT_STOP, "A-active"), ACT_CODE_DONE);
    check_object(desk, OBJECT_OFFICER, staff_officer(&desk->directory, VIEW_LITERAL("LAN")));
    check_object(desk, OBJECT_PROPOSAL,
                 staff_proposal(&desk->directory, code_view(&proposed.object)));
    check_object(desk, OBJECT_STOP, staff_stop(&desk->directory, VIEW_LITERAL("A-active")));
}

static void those_who_may_sign_are_told_with_their_keys(void *context, struct view code,
                                                        struct view key)
{
    unsigned *count = context;
    assert_true(code.len > 0 && es256_key_valid(key));
    *count += 1;
}

static void only_active_officers_are_signers(void **state)
{
    struct desk *desk = *state;
    unsigned count = 0;
    office_signers(desk->office, those_who_may_sign_are_told_with_their_keys, &count);
    assert_int_equal(count, 4);
    assert_code(desk_try(desk, LAN, ACT_OFFICER_LOST, "AN"), ACT_CODE_DONE);
    count = 0;
    office_signers(desk->office, those_who_may_sign_are_told_with_their_keys, &count);
    assert_int_equal(count, 3);
}

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_first_officers_end_what_is_done_by_hand_for_good, desk_setup_unfounded),
        TEST(first_officers_who_could_not_act_are_refused, desk_setup_unfounded),
        TEST(first_officers_that_do_not_decode_are_refused, desk_setup_unfounded),
        TEST(stored_officers_proposals_and_stops_are_read_as_they_were_written, desk_setup),
        TEST(only_active_officers_are_signers, desk_setup),
    };
    return cmocka_run_group_tests_name("office/officer", tests, NULL, NULL);
}
