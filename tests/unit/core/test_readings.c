/*
 * What the desk, and so a taken one, gets of case files: nothing without an officer's act, and by
 * an act what that officer has signed for.
 */
#include "help.h"

#include "base/ceilings.h"
#include "core/look.h"
#include "core/loop.h"
#include "office/staff.h"

#include <stdio.h>
#include <sys/socket.h>

#define CONTENT "\"content\":\"JVBERi0=\""
#define READ_US (CASE_FILE_READ_S * INT64_C(1000000))

/* Certificates' keys. */
enum key { HOA = 1, MINH, LAN, BANK };

static struct house house;
static struct core core = {.house = &house};
static struct party *bank;
static int64_t now_us;

static struct officer *add_officer(const char *code, enum key key, unsigned roles)
{
    struct officer *officer = memory_new(1, sizeof(*officer));
    assert_non_null(officer);
    assert_ok(code_set(&officer->code, view_text(code)));
    officer->version = 1;
    officer->roles = roles;
    memset(officer->spki, (int)key, sizeof(officer->spki));
    assert_ok(map_add(&house.directory.staff->officers, officer));
    return officer;
}

static void add_bank(void)
{
    struct account *account = memory_new(1, sizeof(*account));
    bank = memory_new(1, sizeof(*bank));
    assert_true(bank != NULL && account != NULL);
    assert_ok(code_set(&bank->code, VIEW_LITERAL("bank")));
    assert_ok(code_set(&account->code, VIEW_LITERAL("bank-1")));
    assert_ok(directory_add_party(&house.directory, bank));
    account->party = bank;
    account->certificate_count = 1;
    memset(account->certificates[0].spki, BANK, SEAL_HASH_BYTES);
    assert_ok(directory_add_account(&house.directory, account));
}

static void add_file(const char *code)
{
    struct case_file *file = memory_new(1, sizeof(*file));
    assert_non_null(file);
    assert_ok(code_set(&file->code, view_text(code)));
    file->version = 1;
    file->party = bank;
    file->len = 5;
    memcpy(file->bytes, "%PDF-", 5);
    assert_ok(map_add(&house.directory.staff->case_files, file));
}

static int start(void **state)
{
    (void)state;
    now_us = INT64_C(1790000000000000);
    house.clock = clock_fixed(&now_us);
    core.readings = (struct readings){0};
    directory_init(&house.directory);
    assert_ok(staff_new(&house.directory.staff));
    (void)add_officer("HOA", HOA, ROLE_BIT(ROLE_AUDIT));
    (void)add_officer("MINH", MINH, ROLE_BIT(ROLE_APPROVE));
    (void)add_officer("LAN", LAN, ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_SECURITY));
    add_bank();
    add_file("R-7");
    add_file("R-8");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    staff_free(house.directory.staff);
    house.directory.staff = NULL;
    directory_done(&house.directory);
    return 0;
}

static bool has(struct view text, const char *part)
{
    return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

/* Does the desk get what the file holds, when it says that the key's holder looks? */
static bool is_given(enum key key, const char *code)
{
    struct look look = {.tag = 1, .resource = RESOURCE_CASE_FILES, .code = view_text(code)};
    struct peer peer = {0};
    struct pipe_end desk;
    struct frame frame = {0};
    struct seen seen;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pipe_init(&peer.pipe, fds[0]);
    pipe_init(&desk, fds[1]);
    memset(look.spki, (int)key, sizeof(look.spki));
    look.limit = code[0] == '\0' ? LOOK_ITEMS_MAX : 0;
    assert_ok(look_show(&core, &peer, &look));
    assert_ok(pipe_fill(&desk));
    assert_ok(pipe_next(&desk, &frame));
    assert_ok(looking_get_seen(&frame, &seen));
    assert_int_equal(seen.fault, FAULT_NONE);
    assert_true(has(seen.json, "\"size\":5"));
    bool got = has(seen.json, CONTENT);
    assert_int_equal(has(seen.json, "content"), got);
    assert_int_equal(has(seen.etag, "-file"), got);
    pipe_done(&desk);
    pipe_done(&peer.pipe);
    return got;
}

static void grant(const char *officer, const char *code)
{
    readings_grant(&core, view_text(officer), ACT_REVIEW_READ, view_text(code));
}

static void nobody_gets_it_without_an_act(void **state)
{
    static const char *const codes[] = {"R-7", "R-8", ""};
    (void)state;
    for (enum key key = HOA; key <= BANK; key++) {
        for (unsigned i = 0; i < 3; i++) {
            assert_false(is_given(key, codes[i]));
        }
    }
}

static void by_an_act_that_officer_gets_that_file_and_nobody_else_or_other(void **state)
{
    (void)state;
    grant("HOA", "R-7");
    assert_true(is_given(HOA, "R-7"));
    assert_true(is_given(HOA, "R-7")); /* the desk's client may ask again */
    assert_false(is_given(HOA, "R-8"));
    assert_false(is_given(HOA, "")); /* in no list */
    assert_false(is_given(MINH, "R-7"));
    assert_false(is_given(LAN, "R-7"));
    assert_false(is_given(BANK, "R-7"));
    grant("MINH", "R-8");
    assert_true(is_given(MINH, "R-8") && is_given(HOA, "R-7"));
    assert_false(is_given(MINH, "R-7") || is_given(HOA, "R-8"));
}

static void it_ends_after_its_minutes_and_begins_anew_by_another_act(void **state)
{
    (void)state;
    grant("HOA", "R-7");
    now_us += READ_US - 1;
    assert_true(is_given(HOA, "R-7"));
    now_us++;
    assert_false(is_given(HOA, "R-7"));
    grant("HOA", "R-7");
    now_us += READ_US / 2;
    grant("HOA", "R-7");
    now_us += READ_US - 1;
    assert_true(is_given(HOA, "R-7"));
}

static void an_officer_who_has_left_or_lost_the_role_gets_it_no_more(void **state)
{
    struct officer *officer = staff_officer(&house.directory, VIEW_LITERAL("HOA"));
    uint8_t spki[SEAL_HASH_BYTES];
    (void)state;
    memset(spki, HOA, sizeof(spki));
    grant("HOA", "R-7");
    assert_true(is_given(HOA, "R-7"));
    officer->roles = ROLE_BIT(ROLE_SECURITY);
    assert_false(is_given(HOA, "R-7"));
    officer->roles = ROLE_BIT(ROLE_DECIDE);
    assert_true(is_given(HOA, "R-7"));
    officer->state = OFFICER_LOST;
    assert_false(readings_allow(&core, spki, ACT_REVIEW_READ, VIEW_LITERAL("R-7")));
}

static bool may_read_case(enum key key)
{
    uint8_t spki[SEAL_HASH_BYTES];
    memset(spki, key, sizeof(spki));
    return readings_allow(&core, spki, ACT_CASE_READ, VIEW_LITERAL("C06-2026-000001"));
}

static void a_case_is_read_by_its_own_act_and_as_long_as_the_officer_has_a_part_in_it(void **state)
{
    static struct office_unit unit = {.code = {"C06", 3}};
    static struct written_case one = {.code = {"C06-2026-000001", 15}, .unit = &unit};
    struct map *cases = &house.directory.staff->cases;
    (void)state;
    unit.members[0] = (struct unit_member){.officer = {"MINH", 4}};
    unit.member_count = 1;
    assert_ok(map_add(cases, &one));
    grant("MINH", "C06-2026-000001"); /* as if it were a review */
    assert_false(may_read_case(MINH));
    readings_grant(&core, VIEW_LITERAL("MINH"), ACT_CASE_READ, VIEW_LITERAL("C06-2026-000001"));
    assert_true(may_read_case(MINH));
    assert_false(may_read_case(LAN));
    readings_grant(&core, VIEW_LITERAL("MINH"), ACT_CASE_READ, VIEW_LITERAL("R-7"));
    assert_false(is_given(MINH, "R-7"));
    unit.member_count = 0;
    assert_false(may_read_case(MINH));
    unit.member_count = 1;
    assert_ptr_equal(map_remove(cases, VIEW_LITERAL("C06-2026-000001")), &one);
    assert_false(may_read_case(MINH)); /* it is not there any more */
}

static void the_oldest_makes_room_and_the_others_stay(void **state)
{
    char code[16];
    (void)state;
    grant("HOA", "R-7");
    now_us++;
    grant("HOA", "R-8");
    for (unsigned i = 0; i < CASE_FILE_READINGS_MAX - 1; i++) {
        now_us++;
        snprintf(code, sizeof(code), "R-%u", 100 + i);
        grant("HOA", code);
    }
    assert_false(is_given(HOA, "R-7"));
    assert_true(is_given(HOA, "R-8"));
}

static void who_stands_at_the_machine_gets_it_by_no_look_either(void **state)
{
    struct look look = {.tag = 1, .resource = RESOURCE_CASE_FILES, .code = VIEW_LITERAL("R-7")};
    BUF_AUTO out;
    (void)state;
    grant("HOA", "R-7");
    memset(look.spki, HOA, sizeof(look.spki));
    buf_init(&out, FRAME_BYTES_MAX);
    assert_ok(look_put(&house, &look, true, &out));
    assert_true(has(buf_view(&out), "\"size\":5"));
    assert_false(has(buf_view(&out), "content"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(nobody_gets_it_without_an_act),
        TEST(by_an_act_that_officer_gets_that_file_and_nobody_else_or_other),
        TEST(it_ends_after_its_minutes_and_begins_anew_by_another_act),
        TEST(an_officer_who_has_left_or_lost_the_role_gets_it_no_more),
        TEST(a_case_is_read_by_its_own_act_and_as_long_as_the_officer_has_a_part_in_it),
        TEST(the_oldest_makes_room_and_the_others_stay),
        TEST(who_stands_at_the_machine_gets_it_by_no_look_either),
#undef TEST
    };
    return cmocka_run_group_tests_name("core/readings", tests, NULL, NULL);
}
