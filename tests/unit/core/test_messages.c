/*
 * What phones write, over a real home: who is answered what, once, and what is recorded of it.
 */
#include "gate/law.h"
#include "home.h"

#include "core/loop.h"
#include "core/outbox.h"
#include "office/prepare.h"
#include "office/staff.h"
#include "proc/sending.h"
#include "proc/texting.h"

#include <sys/socket.h>
#include <unistd.h>

#define OWN "84950900001"
#define STRANGER "84950900002"
#define OTHER "079090912346"
#define NOBODYS "079090999999"
#define NOBODY "Số điện thoại hoặc công dân không tồn tại."

static const struct proc_row sms_row = {.name = "sms", .takes = FRAME_BIT(FRAME_SMS_OUT)};
static struct core *core;
static struct home *home;
static int64_t now_us;
static struct pipe_end sms;
static enum fault keep_fault;
static unsigned late; /* acts that the store has no room for */

struct outcome __real_office_keep(struct office *office, const struct kept *kept, unsigned count);
struct outcome __wrap_office_keep(struct office *office, const struct kept *kept, unsigned count);
struct outcome __wrap_office_keep(struct office *office, const struct kept *kept, unsigned count)
{
    return keep_fault == FAULT_NONE ? __real_office_keep(office, kept, count)
                                    : outcome_fail(keep_fault, "as the test has it");
}

unsigned __real_office_late(const struct office *office);
unsigned __wrap_office_late(const struct office *office);
unsigned __wrap_office_late(const struct office *office)
{
    return late > 0 ? late : __real_office_late(office);
}

static int setup(void **state)
{
    struct house_ports ports = house_ports_system();
    int pair[2] = {-1, -1};
    (void)state;
    now_us = clock_wall_us(&ports.clock);
    ports.clock = clock_fixed(&now_us);
    home = home_new(&ports);
    core = memory_new(1, sizeof(*core));
    assert_non_null(core);
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core->peers[i].pipe.fd = -1;
    }
    core->house = home->house;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    pipe_init(&core->peers[0].pipe, pair[0]);
    core->peers[0].row = &sms_row;
    pipe_init(&sms, pair[1]);
    home_act(home, ACT_ACCOUNT_ADD, "code", "A-centre", "party", "bank", "channel", "sms", NULL);
    home_act(home, ACT_PHONE_BIND, "phone", OWN, "person", HOME_AN, NULL);
    keep_fault = FAULT_NONE;
    late = 0;
    return 0;
}

static int teardown(void **state)
{
    void *opened = home;
    (void)state;
    histories_done(&core->histories);
    pipe_done(&core->peers[0].pipe);
    pipe_done(&sms);
    memory_free(core);
    return home_teardown(&opened);
}

/* A message as `sms` tells it. */
static struct texting_asked written(const char *phone, enum texting_verb verb, uint8_t print)
{
    return (struct texting_asked){
        .tag = 7, .print = {print}, .verb = verb, .phone = view_text(phone)};
}

static void bring(const struct texting_asked *asked)
{
    struct frame frame = {0};
    size_t bytes = 0;
    bool good = false;
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    texting_put_asked(&buf, asked);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_ok(messages_take(core, &core->peers[0], &frame, &good));
    assert_true(good);
}

/* What is told of the message with that tag, which is what is told next; true: it is taken. */
static bool told(uint64_t tag)
{
    struct frame frame = {0};
    struct texting_told told = {0};
    if (!outcome_ok(pipe_next(&sms, &frame))) { /* it did not come along with the one before */
        assert_ok(pipe_fill(&sms));
        assert_ok(pipe_next(&sms, &frame));
    }
    assert_ok(texting_get_told(&frame, &told));
    assert_int_equal(told.tag, tag);
    return told.taken;
}

/* The pages that are waited for are made, a row a turn; how many turns. */
static unsigned make_pages(void)
{
    unsigned turns = 0;
    for (; histories_wait(&core->histories); turns++) {
        assert_true(turns < 100);
        assert_ok(histories_keep(core));
    }
    return turns;
}

/* True: it is taken. */
static bool take(const struct texting_asked *asked)
{
    bring(asked);
    make_pages();
    return told(asked->tag);
}

static uint64_t answers(void)
{
    return core->house->directory.staff->outgoings.len;
}

/* The last text that was put. */
static struct view last(void)
{
    const struct outgoing *found = NULL;
    for (const struct outgoing *one = staff_outgoing_after(&core->house->directory, 0); one != NULL;
         one = staff_outgoing_after(&core->house->directory, one->id)) {
        found = one;
    }
    assert_non_null(found);
    return view_of(found->text, found->text_len);
}

static bool says(const char *text)
{
    struct view all = last();
    return view_search(all, 0, view_text(text)) < all.len;
}

static uint64_t records(void)
{
    return ledger_size(core->house->ledger);
}

static void who_has_the_phone_is_told_his_own_and_it_is_recorded(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_VIEW, 1);
    uint64_t before = records();
    assert_true(take(&asked));
    assert_true(says(HOME_AN_NAME) && says("02/01/1990"));
    assert_false(says(HOME_AN));
    assert_int_equal(records(), before + 1);
    asked = written("0950900001", TEXTING_VIEW, 2); /* the same phone */
    assert_true(take(&asked));
    assert_true(says(HOME_AN_NAME));
    asked = written(OWN, TEXTING_VIEW, 3);
    asked.number = VIEW_LITERAL(HOME_AN);
    assert_true(take(&asked));
    assert_true(says(HOME_AN_NAME));
}

static void whatever_is_not_the_senders_own_has_one_answer_and_is_recorded(void **state)
{
    (void)state;
    static const struct {
        const char *phone;
        enum texting_verb verb;
        const char *number;
    } rows[] = {
        {OWN, TEXTING_VIEW, OTHER},      {OWN, TEXTING_VIEW, NOBODYS},
        {OWN, TEXTING_UNKNOWN, OTHER},   {OWN, TEXTING_HISTORY, OTHER},
        {STRANGER, TEXTING_VIEW, ""},    {STRANGER, TEXTING_VIEW, HOME_AN},
        {STRANGER, TEXTING_HISTORY, ""}, {STRANGER, TEXTING_LOCK, ""},
        {STRANGER, TEXTING_UNLOCK, ""},
    };
    for (uint8_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct texting_asked asked = written(rows[i].phone, rows[i].verb, i);
        uint64_t before = records();
        asked.number = view_text(rows[i].number);
        asked.rest = VIEW_LITERAL("123456");
        assert_true(take(&asked));
        assert_view(last(), NOBODY);
        assert_int_equal(records(), before + 1);
    }
}

/* Of the last record. */
static bool refused_as_another(void)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    BUF_AUTO again;
    buf_init(&again, 2 * (size_t)OPENING_BYTES_MAX);
    assert_ok(ledger_reread(core->house->ledger, records() - 1, &again, &receipt));
    assert_ok(record_get_opening(receipt.item.opening, &record));
    return view_is(record.outcome, "own_data_only");
}

static void a_phone_that_is_nobodys_is_no_number_whichever_it_names(void **state)
{
    (void)state;
    static const char *const numbers[] = {"000000000000", "000000000001", NOBODYS};
    static const enum texting_verb verbs[] = {TEXTING_VIEW, TEXTING_HISTORY, TEXTING_UNKNOWN};
    uint8_t print = 0;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (size_t j = 0; j < sizeof(verbs) / sizeof(verbs[0]); j++) {
            struct texting_asked asked = written(STRANGER, verbs[j], print++);
            uint64_t before = records();
            asked.number = view_text(numbers[i]);
            assert_true(take(&asked));
            assert_view(last(), NOBODY);
            assert_int_equal(records(), before + 1);
            assert_true(refused_as_another());
        }
    }
}

static void who_has_seen_him_is_told_by_party_and_day(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_HISTORY, 1);
    struct ask bank = home_ask();
    assert_int_equal(home_serve(home, &bank)->code, CODE_DISCLOSED);
    assert_true(take(&asked));
    assert_true(says("1 lần gần nhất"));
}

/* Each row is an old record: they are read later, in turns of their own. */
static void a_history_is_not_taken_before_its_answer_is_kept_and_is_recorded_once(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_HISTORY, 1);
    struct texting_asked twice = written(OWN, TEXTING_HISTORY, 1);
    struct texting_asked help = written(OWN, TEXTING_HELP, 2);
    struct ask bank = home_ask();
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(home_serve(home, &bank)->code, CODE_DISCLOSED);
    }
    uint64_t before = records();
    bring(&asked);
    twice.again = true;
    twice.tag = 8;
    bring(&twice);
    assert_false(told(8)); /* the centre shall bring it once more */
    help.tag = 9;
    bring(&help);
    assert_true(told(9)); /* nobody waits for the page but who asked for it */
    assert_int_equal(answers(), 1);
    assert_int_equal(records(), before);
    assert_true(make_pages() > 0);
    assert_true(told(7));
    assert_true(says("3 lần gần nhất"));
    assert_int_equal(answers(), 2);
    assert_int_equal(records(), before + 1);
    assert_true(take(&twice));
    assert_int_equal(answers(), 2);
    assert_int_equal(records(), before + 1);
    assert_int_equal(core->messages.again, 1);
}

static void the_same_written_twice_at_once_has_two_answers(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_HISTORY, 1);
    bring(&asked);
    asked.tag = 8;
    bring(&asked);
    make_pages();
    assert_true(told(7));
    assert_true(told(8));
    assert_int_equal(answers(), 2);
}

static void a_history_whose_answer_cannot_be_kept_is_to_come_again(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_HISTORY, 1);
    bring(&asked);
    keep_fault = FAULT_NO_SPACE;
    make_pages();
    assert_false(told(7));
    assert_int_equal(answers(), 0);
    keep_fault = FAULT_NONE;
    asked.again = true;
    assert_true(take(&asked));
    assert_int_equal(answers(), 1);
}

static void a_history_that_sms_waits_for_no_more_is_forgotten_and_may_come_again(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_HISTORY, 1);
    uint64_t before = records();
    bring(&asked);
    histories_forget(&core->histories, &core->peers[0]);
    asked.again = true;
    asked.tag = 8;
    bring(&asked);
    make_pages();
    assert_true(told(8));
    assert_int_equal(answers(), 1);
    assert_int_equal(records(), before + 1);
}

/* The third of one citizen finds no place: he is told to try later. */
static void a_phone_that_finds_no_place_is_answered_at_once(void **state)
{
    (void)state;
    for (uint8_t i = 0; i <= HISTORY_WAIT_OWN_MAX; i++) {
        struct texting_asked asked = written(OWN, TEXTING_HISTORY, i);
        asked.tag = i;
        bring(&asked);
    }
    assert_true(told(HISTORY_WAIT_OWN_MAX));
    assert_int_equal(answers(), 1);
    make_pages();
    assert_true(told(0));
    assert_true(told(1));
    assert_int_equal(answers(), 3);
}

static void help_and_what_is_no_command_are_told_to_anybody_and_recorded_nowhere(void **state)
{
    (void)state;
    uint64_t before = records();
    struct texting_asked asked = written(STRANGER, TEXTING_HELP, 1);
    assert_true(take(&asked));
    assert_true(says("DC TT"));
    asked = written(STRANGER, TEXTING_UNKNOWN, 2);
    assert_true(take(&asked));
    assert_true(says("Sai cú pháp"));
    static const char *const codes[] = {"", "05/TB-C06", "05/TB-C06 7K3M",
                                        "05/TB-C06 7K3M-QX0D-V9TA-2HPE"};
    for (uint8_t i = 0; i < 4; i++) {
        asked = written(STRANGER, TEXTING_CHECK, (uint8_t)(10 + i));
        asked.rest = view_text(codes[i]);
        assert_true(take(&asked));
        assert_true(says("Không có văn bản"));
    }
    assert_int_equal(records(), before);
}

static void without_a_pin_nothing_is_locked(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_LOCK, 1);
    asked.rest = VIEW_LITERAL("123456");
    assert_true(take(&asked));
    assert_true(says("chưa đặt mã PIN"));
}

static void set_pin(const char *pin)
{
    static const uint8_t salt[PHONE_PIN_SALT_BYTES] = {7};
    uint8_t tag[SEAL_BLIND_BYTES];
    char salt_hex[2 * PHONE_PIN_SALT_BYTES + 1] = "";
    char tag_hex[2 * SEAL_BLIND_BYTES + 1] = "";
    const struct directory *directory = &core->house->directory;
    const struct phone *phone = staff_phone(directory, view_text(OWN), clock_day_vn(now_us));
    assert_non_null(phone);
    phone_pin_tag(directory, phone, salt, view_text(pin), tag);
    hex_write(salt_hex, view_of(salt, sizeof(salt)));
    hex_write(tag_hex, view_of(tag, sizeof(tag)));
    home_act(home, ACT_PHONE_PIN, "person", HOME_AN, "salt", salt_hex, "pin", tag_hex, NULL);
}

/* The core ends and starts again over the same home: what was only in memory is gone. */
static void core_dies(void)
{
    char why[HOUSE_WHY_BYTES] = "";
    histories_done(&core->histories);
    home_close_house(home);
    assert_ok(home_open_house(home, why));
    core->house = home->house;
    core->messages = (struct messages){0};
}

static unsigned misses(void)
{
    const struct phone *phone =
        staff_phone(&core->house->directory, view_text(OWN), clock_day_vn(now_us));
    assert_non_null(phone);
    return phone->pin_misses;
}

/* It is told of as not answered, comes again, and is a try of its own: a crash forgives none. */
static void a_core_that_dies_between_a_wrong_pin_and_its_answer_has_recorded_the_miss(void **state)
{
    struct texting_asked asked = written(OWN, TEXTING_LOCK, 1);
    struct frame frame = {0};
    size_t bytes = 0;
    bool good = false;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    set_pin("123456");
    asked.rest = VIEW_LITERAL("999999");
    texting_put_asked(&buf, &asked);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    keep_fault = FAULT_IO; /* behind the record, before the answer is kept */
    assert_fault(messages_take(core, &core->peers[0], &frame, &good), FAULT_IO);
    keep_fault = FAULT_NONE;
    core_dies();
    assert_int_equal(misses(), 1);
    assert_int_equal(answers(), 0);
    asked.again = true;
    assert_true(take(&asked));
    assert_true(says("Sai mã PIN"));
    assert_int_equal(answers(), 1);
    assert_int_equal(misses(), 2);
    core_dies();
    assert_true(take(&asked)); /* it was answered before the core died this time */
    assert_int_equal(answers(), 1);
    assert_int_equal(misses(), 2);
}

/* The law has locks from tomorrow on, and tomorrow comes. */
static void bring_law(void)
{
    struct law law;
    struct policy *policy = NULL;
    struct policy_error error;
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    uint64_t index = 0;
    char why[256];
    char date[DATE_LEN + 1] = "";
    char effective[32];
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    date_write(date, clock_day_vn(now_us) + 1);
    snprintf(effective, sizeof(effective), "effective_from: %s", date);
    law_read_locked(&law, effective);
    assert_ok(policy_load(law.files, law.count, &policy, &error));
    policy_files_put(law.files, law.count, &bytes);
    act_value_set(&act, "hash", view_text(policy_hash(policy)));
    act_value_set(&act, "files", buf_view(&bytes));
    assert_ok(office_act(home->house->office, &act, 0, &index, why));
    policy_free(policy);
    law_done(&law);
    now_us += 24 * INT64_C(3600) * US_PER_S;
    office_turn(home->house->office, now_us);
}

static void nobody_is_told_that_he_is_locked_when_only_anothers_lock_has_his_number(void **state)
{
    static const char another[] = "00112233445566778899aabbccddeeff";
    struct texting_asked asked = written(OWN, TEXTING_LOCK, 1);
    struct personal who;
    struct code_text number;
    (void)state;
    set_pin("123456");
    bring_law();
    assert_ok(gate_person(core->house->gate, VIEW_LITERAL(HOME_AN), &who));
    person_code(who.id_tag, &number);
    home_act(home, ACT_CITIZEN_LOCK, "code", another, "id", number.text, NULL);
    asked.rest = VIEW_LITERAL("123456");
    assert_true(take(&asked));
    assert_false(says("Đã khoá"));
    assert_true(says("Hãy thử lại sau"));
    assert_false(directory_locked(&core->house->directory, who.tag));
    home_act(home, ACT_CITIZEN_UNLOCK, "code", another, NULL);
    for (uint8_t i = 2; i < 4; i++) { /* already so is as good as done */
        asked.print[0] = i;
        assert_true(take(&asked));
        assert_true(says("Đã khoá"));
        assert_true(directory_locked(&core->house->directory, who.tag));
    }
}

static void what_is_brought_again_is_taken_and_causes_nothing(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_VIEW, 1);
    uint64_t before = records();
    asked.again = true; /* nobody knows: it had no answer */
    assert_true(take(&asked));
    assert_int_equal(answers(), 1);
    assert_true(take(&asked));
    assert_int_equal(answers(), 1);
    assert_int_equal(records(), before + 1);
    asked.again = false; /* the centre knows of the first: he writes the same once more */
    assert_true(take(&asked));
    assert_int_equal(answers(), 2);
    asked.again = true;
    assert_true(take(&asked));
    assert_int_equal(answers(), 2);
    assert_int_equal(core->messages.again, 2);
}

static void what_cannot_be_kept_is_to_come_again(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_VIEW, 1);
    keep_fault = FAULT_NO_SPACE;
    assert_false(take(&asked));
    assert_int_equal(answers(), 0);
    keep_fault = FAULT_NONE;
    asked.again = true;
    assert_true(take(&asked));
    assert_int_equal(answers(), 1);
}

static void nothing_is_done_for_one_whose_answer_has_no_room(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_VIEW, 1);
    uint64_t before = records();
    late = 1;
    for (unsigned i = 0; i < 20; i++) { /* and it costs no credit */
        assert_false(take(&asked));
    }
    assert_int_equal(records(), before);
    late = 0;
    assert_true(take(&asked));
    assert_int_equal(records(), before + 1);
}

static void strangers_have_a_share_of_their_own(void **state)
{
    (void)state;
    const int64_t each_us = (int64_t)OUTBOX_KEPT_S * US_PER_S / MESSAGES_STRANGERS_MAX;
    struct texting_asked asked = written(STRANGER, TEXTING_HELP, 1);
    core->messages.strangers.full_us = now_us + (MESSAGES_STRANGERS_MAX - 1) * each_us;
    assert_true(take(&asked));
    assert_int_equal(answers(), 1);
    asked = written("84950900003", TEXTING_HELP, 2);
    assert_true(take(&asked));
    assert_int_equal(answers(), 1);
    assert_int_equal(core->messages.unanswered, 1);
    asked = written(OWN, TEXTING_HELP, 3);
    assert_true(take(&asked));
    assert_int_equal(answers(), 2);
}

static void a_phone_that_writes_too_often_is_confirmed_and_not_answered(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < MESSAGES_PHONE_BURST_MAX + 3; i++) {
        struct texting_asked asked = written(STRANGER, TEXTING_HELP, i);
        assert_true(take(&asked));
    }
    assert_int_equal(answers(), MESSAGES_PHONE_BURST_MAX);
    assert_int_equal(core->messages.unanswered, 3);
    struct texting_asked other = written(OWN, TEXTING_HELP, 100);
    assert_true(take(&other));
    now_us += MESSAGES_PHONE_EACH_S * US_PER_S;
    struct texting_asked later = written(STRANGER, TEXTING_HELP, 101);
    assert_true(take(&later));
    assert_int_equal(answers(), MESSAGES_PHONE_BURST_MAX + 2);
}

static void a_sender_that_is_no_phone_gets_nothing(void **state)
{
    (void)state;
    struct texting_asked asked = written("1414", TEXTING_HELP, 1);
    assert_true(take(&asked));
    assert_int_equal(answers(), 0);
}

static void a_frame_that_does_not_decode_is_the_senders_fault(void **state)
{
    (void)state;
    const struct frame frame = {.kind = FRAME_SMS, .count = 1};
    bool good = true;
    assert_ok(messages_take(core, &core->peers[0], &frame, &good));
    assert_false(good);
}

/* The centre has it, `sms` has said so, and is gone before that was read. */
static void the_last_words_of_sms_count(void **state)
{
    (void)state;
    struct texting_asked asked = written(OWN, TEXTING_HELP, 1);
    assert_true(take(&asked));
    assert_ok(outbox_keep(core));
    const struct outgoing *kept = staff_outgoing_after(&core->house->directory, 0);
    assert_int_equal(kept->state, OUTGOING_OFFERED);
    const struct sending_result result = {.id = kept->id, .saying = SENDING_ACCEPTED};
    texting_put_asked(&sms.out, &asked); /* nobody is there to be told of it */
    size_t start = frame_start(&sms.out, FRAME_SMS_OUT);
    sending_put_result(&sms.out, &result);
    frame_finish(&sms.out, start, 1);
    assert_ok(pipe_flush(&sms));
    pipe_done(&sms);
    texting_put_told(&core->peers[0].pipe.out, &(struct texting_told){.tag = 7});
    assert_fault(pipe_flush(&core->peers[0].pipe), FAULT_CLOSED); /* before anything was read */
    core->peers[0].broken = true;
    assert_ok(peers_sweep(core));
    assert_int_equal(core->peers[0].pipe.fd, -1);
    assert_int_equal(staff_outgoing_after(&core->house->directory, 0)->state, OUTGOING_DONE);
    assert_int_equal(answers(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_the_phone_is_told_his_own_and_it_is_recorded),
        TEST(whatever_is_not_the_senders_own_has_one_answer_and_is_recorded),
        TEST(a_phone_that_is_nobodys_is_no_number_whichever_it_names),
        TEST(who_has_seen_him_is_told_by_party_and_day),
        TEST(a_history_is_not_taken_before_its_answer_is_kept_and_is_recorded_once),
        TEST(the_same_written_twice_at_once_has_two_answers),
        TEST(a_history_whose_answer_cannot_be_kept_is_to_come_again),
        TEST(a_history_that_sms_waits_for_no_more_is_forgotten_and_may_come_again),
        TEST(a_phone_that_finds_no_place_is_answered_at_once),
        TEST(help_and_what_is_no_command_are_told_to_anybody_and_recorded_nowhere),
        TEST(without_a_pin_nothing_is_locked),
        TEST(a_core_that_dies_between_a_wrong_pin_and_its_answer_has_recorded_the_miss),
        TEST(nobody_is_told_that_he_is_locked_when_only_anothers_lock_has_his_number),
        TEST(what_is_brought_again_is_taken_and_causes_nothing),
        TEST(what_cannot_be_kept_is_to_come_again),
        TEST(nothing_is_done_for_one_whose_answer_has_no_room),
        TEST(strangers_have_a_share_of_their_own),
        TEST(a_phone_that_writes_too_often_is_confirmed_and_not_answered),
        TEST(a_sender_that_is_no_phone_gets_nothing),
        TEST(a_frame_that_does_not_decode_is_the_senders_fault),
        TEST(the_last_words_of_sms_count),
    };
    return cmocka_run_group_tests_name("core/messages", tests, NULL, NULL);
}
