/*
 * Phones of citizens: whose one is, what each act does to it, PINs, and what is kept that no act
 * makes.
 */
#include "desk.h"

#include "office/outgoing.h"
#include "office/phone.h"

#define FIRST "84950900001"
#define SECOND "84950900002"

static int64_t today(const struct desk *desk)
{
    return clock_day_vn(desk->world->now_us);
}

/* Whose it is; NULL: nobody's. */
static const char *owner(const struct desk *desk, const char *number)
{
    const struct phone *phone = staff_phone(&desk->directory, view_text(number), today(desk));
    return phone == NULL ? NULL : phone->person.text;
}

static void assert_owner(const struct desk *desk, const char *number, const char *person)
{
    const char *is = owner(desk, number);
    const struct phone *of =
        person == NULL ? NULL : staff_phone_of(&desk->directory, view_text(person), today(desk));
    assert_int_equal(is == NULL, person == NULL);
    if (person != NULL) {
        assert_string_equal(is, person);
        assert_string_equal(of->number.text, number);
    }
}

static struct outcome by_citizen(struct desk *desk, const struct act *act)
{
    const struct citizen_doer doer = {.citizen = act_value(act, "person"),
                                      .account = VIEW_LITERAL("A-portal")};
    uint64_t index = 0;
    char why[256];
    return office_citizen_act(desk->office, act, &doer, &index, why);
}

static struct outcome confirm(struct desk *desk, const char *number, const char *person)
{
    struct act act = acts_make(ACT_PHONE_CONFIRM);
    act_value_set(&act, "phone", view_text(number));
    act_value_set(&act, "person", view_text(person));
    return by_citizen(desk, &act);
}

static enum act_code bind(struct desk *desk, const char *number, const char *person)
{
    struct act act = acts_make(ACT_PHONE_BIND);
    act_value_set(&act, "phone", view_text(number));
    act_value_set(&act, "person", view_text(person));
    return desk_both(desk, &act);
}

static struct outcome set_pin(struct desk *desk, const char *person, const char *pin)
{
    static const uint8_t salt[PHONE_PIN_SALT_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct act act = {.kind = ACT_PHONE_PIN};
    const struct phone *phone = staff_phone_of(&desk->directory, view_text(person), today(desk));
    uint8_t tag[SEAL_BLIND_BYTES];
    char hex[2 * SEAL_BLIND_BYTES + 1] = "";
    phone_pin_tag(&desk->directory, phone, salt, view_text(pin), tag);
    hex_write(hex, view_of(tag, sizeof(tag)));
    act_value_set(&act, "person", view_text(person));
    act_value_set(&act, "salt", VIEW_LITERAL("0102030405060708"));
    act_value_set(&act, "pin", view_text(hex));
    return by_citizen(desk, &act);
}

static enum pin_verdict check_pin(const struct desk *desk, const char *person, const char *pin)
{
    const struct phone *phone = staff_phone_of(&desk->directory, view_text(person), today(desk));
    return phone_pin_check(&desk->directory, phone, view_text(pin));
}

static struct outcome tried(struct desk *desk, const char *person, bool right)
{
    struct act act = {.kind = ACT_PHONE_TRIED};
    act_value_set(&act, "person", view_text(person));
    act_value_set(&act, "right", right ? VIEW_LITERAL("true") : view_of(NULL, 0));
    return by_citizen(desk, &act);
}

/* ---- whose it is ---- */

static void two_officers_bind_a_phone_however_its_number_is_written(void **state)
{
    struct desk *desk = *state;
    assert_owner(desk, FIRST, NULL);
    assert_code(bind(desk, "0950.900.001", WORLD_AN), ACT_CODE_DONE);
    assert_owner(desk, FIRST, WORLD_AN);
    assert_code(bind(desk, "+84 950 900 001", WORLD_AN), ACT_CODE_DONE); /* renewed */
    assert_owner(desk, FIRST, WORLD_AN);
    assert_ok(desk_restart(desk));
    assert_owner(desk, FIRST, WORLD_AN);
}

static void officers_give_no_phone_of_a_citizen_to_another(void **state)
{
    struct desk *desk = *state;
    assert_code(bind(desk, FIRST, WORLD_AN), ACT_CODE_DONE);
    assert_code(bind(desk, FIRST, WORLD_DUNG), ACT_CODE_STATE_CONFLICT);
    assert_owner(desk, FIRST, WORLD_AN);
    struct act unbind = acts_make(ACT_PHONE_UNBIND);
    assert_code(desk_do(desk, LAN, &unbind).code, ACT_CODE_DONE);
    assert_owner(desk, FIRST, NULL);
    assert_code(bind(desk, FIRST, WORLD_DUNG), ACT_CODE_DONE);
    assert_owner(desk, FIRST, WORLD_DUNG);
}

static void who_is_told_the_code_has_the_phone_whosever_it_was(void **state)
{
    struct desk *desk = *state;
    assert_code(bind(desk, FIRST, WORLD_AN), ACT_CODE_DONE);
    assert_ok(set_pin(desk, WORLD_AN, "123456"));
    assert_ok(confirm(desk, FIRST, WORLD_DUNG));
    assert_owner(desk, FIRST, WORLD_DUNG);
    assert_null(staff_phone_of(&desk->directory, view_text(WORLD_AN), today(desk)));
    assert_int_equal(check_pin(desk, WORLD_DUNG, "123456"), PIN_NOT_SET);
    assert_ok(desk_restart(desk));
    assert_owner(desk, FIRST, WORLD_DUNG);
}

static void a_citizen_has_one_phone_the_last_that_he_has_bound(void **state)
{
    struct desk *desk = *state;
    assert_ok(confirm(desk, FIRST, WORLD_AN));
    assert_ok(confirm(desk, SECOND, WORLD_AN));
    assert_owner(desk, FIRST, NULL);
    assert_owner(desk, SECOND, WORLD_AN);
    struct act release = acts_make(ACT_PHONE_RELEASE);
    act_value_set(&release, "person", view_text(WORLD_AN));
    assert_ok(by_citizen(desk, &release));
    assert_owner(desk, SECOND, NULL);
    assert_fault(by_citizen(desk, &release), FAULT_NOT_FOUND);
}

static void a_phone_is_nobodys_once_its_day_is_over(void **state)
{
    struct desk *desk = *state;
    struct act lapse = {.kind = ACT_PHONE_LAPSE};
    uint64_t index = 0;
    char why[256];
    assert_ok(confirm(desk, FIRST, WORLD_AN));
    struct code_text code = staff_phone(&desk->directory, view_text(FIRST), today(desk))->code;
    act_value_set(&lapse, "code", code_view(&code));
    assert_fault(office_act(desk->office, &lapse, 0, &index, why), FAULT_CONFLICT);
    desk->world->now_us += (int64_t)PHONE_DAYS * S_PER_DAY * US_PER_S;
    assert_owner(desk, FIRST, WORLD_AN);
    desk->world->now_us += (int64_t)S_PER_DAY * US_PER_S;
    assert_owner(desk, FIRST, NULL);
    struct act pin = acts_make(ACT_PHONE_PIN);
    act_value_set(&pin, "person", VIEW_LITERAL(WORLD_AN));
    assert_fault(by_citizen(desk, &pin), FAULT_NOT_FOUND);
    assert_ok(office_act(desk->office, &lapse, 0, &index, why));
    assert_int_equal(desk->directory.staff->phones.len, 0);
    assert_int_equal(desk->directory.staff->phones_of.len, 0);
}

static void a_binding_has_a_last_day_that_is_not_too_far_away(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_PHONE_BIND);
    char until[DATE_LEN + 1];
    date_write(until, today(desk) + PHONE_DAYS_MAX + 1);
    act_value_set(&act, "until", view_text(until));
    assert_code(desk_both(desk, &act), ACT_CODE_BAD_INPUT);
    date_write(until, today(desk) - 1);
    assert_code(desk_both(desk, &act), ACT_CODE_BAD_INPUT);
    date_write(until, today(desk));
    assert_code(desk_both(desk, &act), ACT_CODE_DONE);
}

static void no_code_and_no_store_has_a_number_in_clear(void **state)
{
    struct desk *desk = *state;
    assert_ok(confirm(desk, FIRST, WORLD_AN));
    for (unsigned i = 0; i < desk->store.count; i++) {
        assert_null(strstr(desk->store.objects[i].code, WORLD_AN));
        assert_null(strstr(desk->store.objects[i].code, "950900001"));
    }
}

/* ---- PINs ---- */

static void five_wrong_pins_in_a_row_block_it_until_another_is_set(void **state)
{
    struct desk *desk = *state;
    assert_ok(confirm(desk, FIRST, WORLD_AN));
    assert_int_equal(check_pin(desk, WORLD_AN, "123456"), PIN_NOT_SET);
    assert_fault(tried(desk, WORLD_AN, false), FAULT_CONFLICT);
    assert_ok(set_pin(desk, WORLD_AN, "123456"));
    assert_int_equal(check_pin(desk, WORLD_AN, "123456"), PIN_RIGHT);
    assert_int_equal(check_pin(desk, WORLD_AN, "123457"), PIN_WRONG);
    assert_int_equal(check_pin(desk, WORLD_AN, "12345"), PIN_WRONG);
    for (unsigned i = 1; i < PHONE_PIN_MISSES_MAX; i++) {
        assert_ok(tried(desk, WORLD_AN, false));
    }
    assert_ok(desk_restart(desk)); /* the misses are remembered */
    assert_int_equal(check_pin(desk, WORLD_AN, "123456"), PIN_RIGHT);
    assert_ok(tried(desk, WORLD_AN, true));
    for (unsigned i = 0; i < PHONE_PIN_MISSES_MAX; i++) {
        assert_ok(tried(desk, WORLD_AN, false));
    }
    assert_int_equal(check_pin(desk, WORLD_AN, "123456"), PIN_BLOCKED);
    assert_fault(tried(desk, WORLD_AN, true), FAULT_CONFLICT);
    assert_ok(set_pin(desk, WORLD_AN, "654321"));
    assert_int_equal(check_pin(desk, WORLD_AN, "654321"), PIN_RIGHT);
}

static void the_same_pin_is_another_tag_for_another_phone_or_salt(void **state)
{
    struct desk *desk = *state;
    uint8_t tags[3][SEAL_BLIND_BYTES];
    static const uint8_t salts[2][PHONE_PIN_SALT_BYTES] = {{1}, {2}};
    assert_ok(confirm(desk, FIRST, WORLD_AN));
    assert_ok(confirm(desk, SECOND, WORLD_DUNG));
    const struct phone *first = staff_phone(&desk->directory, view_text(FIRST), 0);
    const struct phone *second = staff_phone(&desk->directory, view_text(SECOND), 0);
    phone_pin_tag(&desk->directory, first, salts[0], VIEW_LITERAL("123456"), tags[0]);
    phone_pin_tag(&desk->directory, second, salts[0], VIEW_LITERAL("123456"), tags[1]);
    phone_pin_tag(&desk->directory, first, salts[1], VIEW_LITERAL("123456"), tags[2]);
    assert_memory_not_equal(tags[0], tags[1], SEAL_BLIND_BYTES);
    assert_memory_not_equal(tags[0], tags[2], SEAL_BLIND_BYTES);
}

/* ---- notices ---- */

static struct outcome wish(struct desk *desk, const char *person, const char *key, const char *pace)
{
    struct act act = acts_make(ACT_NOTICE_WISH);
    act_value_set(&act, "person", view_text(person));
    act_value_set(&act, "key", view_text(key));
    act_value_set(&act, "pace", view_text(pace));
    return by_citizen(desk, &act);
}

static void
a_wish_for_notices_is_found_by_number_and_key_and_leaves_nothing_when_it_ends(void **state)
{
    struct desk *desk = *state;
    assert_ok(wish(desk, WORLD_AN, "0000000000000007", "daily"));
    const struct notice_wish *found = staff_notice_wish_by_key(&desk->directory, 7);
    assert_ptr_equal(found, staff_notice_wish(&desk->directory, view_text(WORLD_AN)));
    assert_int_equal(found->pace, NOTICE_DAILY);
    assert_fault(wish(desk, WORLD_DUNG, "0000000000000007", "daily"), FAULT_CONFLICT);
    assert_ok(wish(desk, WORLD_AN, "0000000000000008", "at_once"));
    assert_null(staff_notice_wish_by_key(&desk->directory, 7));
    assert_ok(desk_restart(desk));
    assert_non_null(staff_notice_wish_by_key(&desk->directory, 8));
    assert_ok(wish(desk, WORLD_AN, "0000000000000008", "never"));
    assert_ok(wish(desk, WORLD_AN, "0000000000000008", "never"));
    assert_null(staff_notice_wish_by_key(&desk->directory, 8));
    assert_int_equal(desk->directory.staff->notice_wishes.len, 0);
    assert_fault(wish(desk, WORLD_AN, "8", "daily"), FAULT_BAD_INPUT);
}

/* ---- messages: states ---- */

static void a_message_moves_as_the_table_says(void **unused)
{
#define NO OUTGOING_STATE_COUNT
    static const enum outgoing_state rows[OUTGOING_STATE_COUNT][OUTGOING_EVENT_COUNT] = {
        {OUTGOING_OFFERED, NO, NO, NO, NO, NO, OUTGOING_EXPIRED},
        {NO, OUTGOING_QUEUED, OUTGOING_SENT, OUTGOING_FAILED, OUTGOING_DONE, OUTGOING_FAILED, NO},
        {NO, NO, NO, NO, OUTGOING_DONE, OUTGOING_FAILED, OUTGOING_EXPIRED},
        {NO, NO, NO, NO, NO, NO, NO},
        {NO, NO, NO, NO, NO, NO, NO},
        {NO, NO, NO, NO, NO, NO, NO},
    };
    (void)unused;
    for (unsigned from = 0; from < OUTGOING_STATE_COUNT; from++) {
        for (unsigned event = 0; event < OUTGOING_EVENT_COUNT; event++) {
            enum outgoing_state to = rows[from][event];
            assert_int_equal(office_outgoing_next(from, event, true), to);
            to = to == OUTGOING_SENT ? OUTGOING_DONE : to; /* nobody waits for a receipt */
            assert_int_equal(office_outgoing_next(from, event, false), to);
        }
    }
    assert_int_equal(office_outgoing_next(OUTGOING_STATE_COUNT, 0, true), NO);
    assert_int_equal(office_outgoing_next(0, OUTGOING_EVENT_COUNT, true), NO);
#undef NO
}

/* ---- what no act makes ---- */

static struct outgoing a_message(uint64_t id)
{
    struct outgoing outgoing = {.id = id,
                                .version = 1,
                                .has_cause = true,
                                .cause = {(uint8_t)id, 1},
                                .put_us = 1,
                                .until_us = 2,
                                .text_len = 2,
                                .text = "Dc"};
    outgoing_code(id, &outgoing.code);
    assert_ok(code_set(&outgoing.phone, VIEW_LITERAL(FIRST)));
    return outgoing;
}

static struct outcome keep(struct desk *desk, const struct outgoing *outgoing)
{
    const struct kept kept = {OBJECT_OUTGOING, outgoing, code_view(&outgoing->code)};
    return office_keep(desk->office, &kept, 1);
}

static void what_is_kept_is_there_after_a_restart_and_leaves_no_record(void **state)
{
    struct desk *desk = *state;
    struct outgoing first = a_message(5);
    struct outgoing second = a_message(6);
    unsigned entries = desk_entries(desk);
    assert_ok(keep(desk, &first));
    assert_ok(keep(desk, &second));
    assert_ok(desk_restart(desk));
    assert_int_equal(desk_entries(desk), entries);
    const struct outgoing *there = staff_outgoing(&desk->directory, 5);
    assert_non_null(there);
    assert_true(there->again); /* nobody knows whether it was offered */
    assert_ptr_equal(there, staff_outgoing_by_cause(&desk->directory, first.cause));
    assert_ptr_equal(there, staff_outgoing_after(&desk->directory, 4));
    assert_int_equal(staff_outgoing_after(&desk->directory, 5)->id, 6);
    assert_null(staff_outgoing_after(&desk->directory, 6));
    const struct kept gone = {OBJECT_OUTGOING, NULL, code_view(&first.code)};
    assert_ok(office_keep(desk->office, &gone, 1));
    assert_ok(office_keep(desk->office, &gone, 1)); /* it is gone already */
    assert_ok(desk_restart(desk));
    assert_null(staff_outgoing(&desk->directory, 5));
    assert_null(staff_outgoing_by_cause(&desk->directory, first.cause));
}

static void what_cannot_be_stored_is_not_kept_in_memory_either(void **state)
{
    static const enum fault faults[] = {FAULT_NO_SPACE, FAULT_NO_MEMORY, FAULT_IO};
    struct desk *desk = *state;
    struct outgoing outgoing = a_message(5);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        desk->store.apply_fault = faults[i];
        assert_fault(keep(desk, &outgoing), faults[i]);
        assert_null(staff_outgoing(&desk->directory, 5));
    }
    desk->store.apply_fault = FAULT_NONE;
    assert_ok(keep(desk, &outgoing));
}

static void the_centres_id_finds_the_message_that_waits_for_its_receipt_alone(void **state)
{
    struct desk *desk = *state;
    struct outgoing outgoing = a_message(5);
    struct view id = VIEW_LITERAL("c-9");
    outgoing.state = OUTGOING_SENT;
    assert_ok(code_set(&outgoing.centre_id, id));
    assert_ok(keep(desk, &outgoing));
    struct outgoing twice = a_message(6); /* a centre that says an id twice */
    twice.state = OUTGOING_SENT;
    twice.centre_id = outgoing.centre_id;
    assert_ok(keep(desk, &twice));
    assert_int_equal(staff_outgoing_by_centre(&desk->directory, id)->id, 5);
    outgoing.state = OUTGOING_DONE;
    outgoing.done_us = 3;
    outgoing.phone.len = outgoing.centre_id.len = 0;
    outgoing.text_len = 0;
    assert_ok(keep(desk, &outgoing));
    assert_null(staff_outgoing_by_centre(&desk->directory, id));
    assert_null(staff_outgoing_by_centre(&desk->directory, view_of(NULL, 0)));
    assert_ok(desk_restart(desk));
    assert_int_equal(staff_outgoing_by_centre(&desk->directory, id)->id, 6);
}

static void stored_objects_are_read_to_their_last_byte(void **state)
{
    static const struct object_row *const objects[] = {&object_phone, &object_notice_wish,
                                                       &object_outgoing, &object_inbox_item,
                                                       &object_notice_told};
    struct desk *desk = *state;
    struct outgoing outgoing = a_message(5);
    struct notice_told told = {.version = 1, .code = outgoing.code};
    struct inbox_item item = {.version = 1, .kind = INBOX_LOOKED};
    assert_ok(code_set(&item.code, VIEW_LITERAL("00112233445566778899aabbccddeeff"
                                                "0000000000000001")));
    assert_ok(confirm(desk, FIRST, WORLD_AN));
    assert_ok(wish(desk, WORLD_AN, "0000000000000007", "daily"));
    const void *good[] = {staff_phone(&desk->directory, view_text(FIRST), 0),
                          staff_notice_wish_by_key(&desk->directory, 7), &outgoing, &item, &told};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint8_t room[sizeof(struct outgoing)];
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        objects[i]->put(good[i], &bytes);
        for (size_t len = 0; len < bytes.len; len++) {
            memset(room, 0, sizeof(room));
            assert_fault(objects[i]->get(&desk->directory, view_of(bytes.data, len), room),
                         FAULT_CORRUPT);
        }
        memset(room, 0, sizeof(room));
        assert_ok(objects[i]->get(&desk->directory, buf_view(&bytes), room));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_officers_bind_a_phone_however_its_number_is_written,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(officers_give_no_phone_of_a_citizen_to_another, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(who_is_told_the_code_has_the_phone_whosever_it_was,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(a_citizen_has_one_phone_the_last_that_he_has_bound,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(a_phone_is_nobodys_once_its_day_is_over, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(a_binding_has_a_last_day_that_is_not_too_far_away,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(no_code_and_no_store_has_a_number_in_clear, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(five_wrong_pins_in_a_row_block_it_until_another_is_set,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(the_same_pin_is_another_tag_for_another_phone_or_salt,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(
            a_wish_for_notices_is_found_by_number_and_key_and_leaves_nothing_when_it_ends,
            desk_setup, desk_teardown),
        cmocka_unit_test(a_message_moves_as_the_table_says),
        cmocka_unit_test_setup_teardown(what_is_kept_is_there_after_a_restart_and_leaves_no_record,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_stored_is_not_kept_in_memory_either,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(
            the_centres_id_finds_the_message_that_waits_for_its_receipt_alone, desk_setup,
            desk_teardown),
        cmocka_unit_test_setup_teardown(stored_objects_are_read_to_their_last_byte, desk_setup,
                                        desk_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
