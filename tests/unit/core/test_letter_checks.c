/*
 * Letters that are checked, over a directory in memory: each state of one as anybody may be told
 * it, and an unknown one by code and by file alike.
 */
#include "help.h"

#include "core/loop.h"
#include "office/staff.h"
#include "proc/checking.h"

#include <sys/socket.h>

static const uint8_t code_hash[SEAL_HASH_BYTES] = {1};
static const uint8_t file_hash[SEAL_HASH_BYTES] = {2};
static struct house house;
static struct core core = {.house = &house};
static struct letter letter;
static struct letter by;
static int client = -1;
static struct peer peer;

static void set(struct long_text *place, const char *text)
{
    place->len = (uint16_t)strlen(text);
    memcpy(place->text, text, place->len);
}

static int setup(void **state)
{
    int pair[2] = {-1, -1};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    client = pair[1];
    pipe_init(&peer.pipe, pair[0]);
    assert_ok(staff_new(&house.directory.staff));
    set(&letter.number_text, "05/TB-C06");
    set(&by.number_text, "06/TB-C06");
    letter.numbered_us = INT64_C(1795660000) * US_PER_S;
    by.code = (struct code_text){.text = "N.2", .len = 3};
    letter.copies[0].letter = &letter;
    memcpy(letter.copies[0].code_hash, code_hash, sizeof(code_hash));
    memcpy(letter.copies[0].file, file_hash, sizeof(file_hash));
    assert_ok(map_add(&house.directory.staff->letter_codes, &letter.copies[0]));
    assert_ok(map_add(&house.directory.staff->letter_files, &letter.copies[0]));
    assert_ok(map_add(&house.directory.staff->letters, &by));
    return 0;
}

static int teardown(void **state)
{
    struct staff *staff = house.directory.staff;
    (void)state;
    assert_non_null(map_remove(&staff->letter_codes, view_of(code_hash, SEAL_HASH_BYTES)));
    assert_non_null(map_remove(&staff->letter_files, view_of(file_hash, SEAL_HASH_BYTES)));
    assert_non_null(map_remove(&staff->letters, VIEW_LITERAL("N.2")));
    staff_free(staff);
    pipe_done(&peer.pipe);
    return close(client);
}

/* By number when there is one, else by file. The texts lie in `received`. */
static struct letter_told ask(const char *number, const uint8_t hash[SEAL_HASH_BYTES])
{
    static uint8_t received[4096];
    struct letter_asked asked = {.tag = 9, .number = view_text(number)};
    struct letter_told told;
    struct frame frame = {0};
    size_t bytes = 0;
    BUF_AUTO buf;
    memcpy(asked.hash, hash, SEAL_HASH_BYTES);
    buf_init(&buf, 4096);
    checking_put_asked(&buf, &asked);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_true(letter_checks_take(&core, &peer, &frame));
    assert_false(peer.broken);
    ssize_t len = read(client, received, sizeof(received));
    assert_true(len > 0);
    assert_ok(frame_peek(view_of(received, (size_t)len), &frame, &bytes));
    assert_ok(checking_get_told(&frame, &told));
    assert_int_equal(told.tag, 9);
    return told;
}

static void each_state_of_a_letter_is_told_by_code_and_by_file(void **state)
{
    static const struct {
        enum letter_state state;
        enum letter_standing standing;
    } rows[] = {
        {LETTER_SIGNED, LETTER_IS_GENUINE},      {LETTER_DELIVERED, LETTER_IS_GENUINE},
        {LETTER_REPLACED, LETTER_IS_SUPERSEDED}, {LETTER_WITHDRAWN, LETTER_IS_WITHDRAWN},
        {LETTER_ORDERED, LETTER_IS_UNKNOWN},     {LETTER_VOID, LETTER_IS_UNKNOWN},
    };
    (void)state;
    letter.replaced_by = by.code; /* also while the other one is on its way */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        letter.state = rows[i].state;
        bool known = rows[i].standing != LETTER_IS_UNKNOWN;
        bool replaced = rows[i].standing == LETTER_IS_SUPERSEDED;
        for (unsigned file = 0; file < 2; file++) {
            struct letter_told told =
                file == 0 ? ask("05/TB-C06", code_hash) : ask(NULL, file_hash);
            assert_int_equal(told.standing, rows[i].standing);
            assert_view(told.number, known ? "05/TB-C06" : "");
            assert_view(told.replaced_by, replaced ? "06/TB-C06" : "");
            assert_int_equal(told.day, known ? 20783 : 0);
        }
    }
}

static void another_number_code_or_file_is_unknown(void **state)
{
    (void)state;
    letter.state = LETTER_SIGNED;
    assert_int_equal(ask("06/TB-C06", code_hash).standing, LETTER_IS_UNKNOWN);
    assert_int_equal(ask("05/TB-C06", file_hash).standing, LETTER_IS_UNKNOWN);
    assert_int_equal(ask(NULL, code_hash).standing, LETTER_IS_UNKNOWN);
    assert_int_equal(ask("05/TB-C06", code_hash).standing, LETTER_IS_GENUINE);
}

static void a_question_that_does_not_decode_is_the_askers_fault(void **state)
{
    const struct frame frame = {.kind = FRAME_LETTER_CHECK, .count = 1};
    (void)state;
    assert_false(letter_checks_take(&core, &peer, &frame));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_of_a_letter_is_told_by_code_and_by_file),
        cmocka_unit_test(another_number_code_or_file_is_unknown),
        cmocka_unit_test(a_question_that_does_not_decode_is_the_askers_fault),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
