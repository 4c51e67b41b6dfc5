/*
 * Messages to phones, inboxes and what citizens do with their phones, over a real home: each
 * message is offered until somebody says what became of it, and a cause causes one.
 */
#include "home.h"

#include "core/loop.h"
#include "office/object.h"
#include "proc/sending.h"

#include <sys/socket.h>
#include <unistd.h>

#define FIRST "84950900001"
#define SECOND "84950900002"
#define PORTAL "A-portal"
#define DUNG "079090912346"
#define S_US INT64_C(1000000)

static const struct proc_row sms_row = {.name = "sms", .takes = FRAME_BIT(FRAME_SMS_OUT)};
static struct core *core;
static struct home *home;
static int64_t now_us;
static int64_t began_us;
static struct pipe_end sms;
static enum fault keep_fault;

struct outcome __real_office_keep(struct office *office, const struct kept *kept, unsigned count);
struct outcome __wrap_office_keep(struct office *office, const struct kept *kept, unsigned count);
struct outcome __wrap_office_keep(struct office *office, const struct kept *kept, unsigned count)
{
    return keep_fault == FAULT_NONE ? __real_office_keep(office, kept, count)
                                    : outcome_fail(keep_fault, "as the test has it");
}

static struct watch_port watch; /* the last that was set */
void __real_office_watch(struct office *office, struct watch_port port);
void __wrap_office_watch(struct office *office, struct watch_port port);
void __wrap_office_watch(struct office *office, struct watch_port port)
{
    watch = port;
    __real_office_watch(office, port);
}

/* ---- the process `sms` ---- */

static void connect_sms(void)
{
    int pair[2] = {-1, -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    pipe_init(&core->peers[0].pipe, pair[0]);
    core->peers[0].row = &sms_row;
    core->peers[0].broken = false;
    pipe_init(&sms, pair[1]);
}

static void cut_sms(void)
{
    outbox_lost(core, &core->peers[0]);
    pipe_done(&core->peers[0].pipe);
    core->peers[0] = (struct peer){.pipe.fd = -1};
    pipe_done(&sms);
}

/* What is offered now; its texts borrow from the pipe. */
static unsigned offered(struct sending_message *ret_messages, unsigned max)
{
    struct frame frame = {0};
    unsigned count = 0;
    for (unsigned turn = 0; turn < 40; turn++) {
        assert_ok(outbox_keep(core));
    }
    outcome_ignore(pipe_fill(&sms));
    while (outcome_ok(pipe_next(&sms, &frame))) {
        struct cursor cursor = cursor_of(frame.payload);
        assert_int_equal(frame.kind, FRAME_SMS_OUT);
        for (unsigned i = 0; i < frame.count; i++) {
            assert_true(count < max);
            assert_ok(sending_get_message(&cursor, &ret_messages[count++]));
        }
        assert_ok(cursor_end(&cursor, "messages"));
    }
    return count;
}

static bool say(uint64_t id, enum sending_saying saying, const char *centre_id)
{
    const struct sending_result result = {
        .id = id, .saying = saying, .centre_id = view_text(centre_id)};
    struct frame frame = {0};
    size_t bytes = 0;
    bool good = false;
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    size_t start = frame_start(&buf, FRAME_SMS_OUT);
    sending_put_result(&buf, &result);
    frame_finish(&buf, start, 1);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_ok(outbox_take(core, &frame, &good));
    return good;
}

/* ---- the house ---- */

static void restart(void)
{
    char why[HOUSE_WHY_BYTES];
    home_close_house(home);
    assert_ok(home_open_house(home, why));
    core->house = home->house;
    core->outbox = (struct outbox){0};
    core->inboxes = (struct inboxes){0};
    core->notices = (struct notices){0};
    news_begin(core);
    notices_begin(core);
}

/* The portal that carries sessions. */
static void add_portal(void)
{
    char inspected[DATE_LEN + 1];
    char until[DATE_LEN + 1];
    date_write(inspected, clock_day_vn(now_us) - 1);
    date_write(until, clock_day_vn(now_us) + 700);
    home_act(home, ACT_PARTY_ADD, "code", "portal", "class", "state", "kind", "portal", "name",
             "Cổng trình diễn", NULL);
    home_act(home, ACT_PARTY_DOSSIER, "code", "portal", "legal-basis", "Law", "level", "3",
             "level-decision", "QD 01", "undertaking",
             "1111111111111111111111111111111111111111111111111111111111111111", "contact", "A",
             "security-contact", "B", NULL);
    home_act(home, ACT_PARTY_INSPECTION, "code", "portal", "result", "passed", "day", inspected,
             "until", until, NULL);
    home_act(home, ACT_PARTY_CONNECT, "code", "portal", NULL);
    home_act(home, ACT_ACCOUNT_ADD, "code", PORTAL, "party", "portal", "channel", "national_portal",
             NULL);
}

/* One home for all, put back for each test. */
static int setup_all(void **state)
{
    struct house_ports ports = house_ports_system();
    (void)state;
    began_us = now_us = clock_wall_us(&ports.clock);
    ports.clock = clock_fixed(&now_us);
    home = home_new(&ports);
    add_portal();
    home_close_house(home);
    home_shell(home, "cp -a home saved");
    return 0;
}

static int setup(void **state)
{
    char why[HOUSE_WHY_BYTES];
    (void)state;
    now_us = began_us;
    keep_fault = FAULT_NONE;
    home_shell(home, "rm -rf home && cp -a --sparse=always saved home");
    assert_ok(home_open_house(home, why));
    core = memory_new(1, sizeof(*core));
    assert_non_null(core);
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core->peers[i].pipe.fd = -1;
    }
    core->house = home->house;
    news_begin(core);
    notices_begin(core);
    connect_sms();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cut_sms();
    memory_free(core);
    home_close_house(home);
    return 0;
}

static int teardown_all(void **state)
{
    void *opened = home;
    (void)state;
    return home_teardown(&opened);
}

static const struct outgoing *message(uint64_t id)
{
    return staff_outgoing(&core->house->directory, id);
}

static uint64_t put(enum outgoing_kind kind, const char *text, uint8_t cause)
{
    const uint8_t bytes[OUTGOING_CAUSE_BYTES] = {cause};
    uint64_t id = 0;
    assert_ok(outbox_put(core, kind, VIEW_LITERAL(FIRST), view_text(text),
                         cause == 0 ? NULL : bytes, &id));
    return id;
}

/* ---- messages ---- */

static void messages_are_offered_in_their_order_and_once(void **state)
{
    struct sending_message got[8];
    (void)state;
    uint64_t one = put(OUTGOING_ANSWER, "một", 0);
    uint64_t two = put(OUTGOING_NOTICE, "hai", 0);
    assert_true(two > one);
    assert_int_equal(offered(got, 8), 2);
    assert_int_equal(got[0].id, one);
    assert_false(got[0].again || got[0].receipt);
    assert_true(view_is(got[0].text, "một") && view_is(got[0].phone, FIRST));
    assert_int_equal(got[1].id, two);
    assert_true(got[1].receipt);
    assert_int_equal(offered(got, 8), 0);
    assert_true(say(one, SENDING_ACCEPTED, "c-1"));
    assert_int_equal(message(one)->state, OUTGOING_DONE);
    assert_int_equal(message(one)->text_len, 0);
    assert_int_equal(message(one)->phone.len, 0);
    assert_int_equal(offered(got, 8), 0);
}

static void what_was_offered_and_not_answered_is_offered_again_and_says_so(void **state)
{
    struct sending_message got[8];
    (void)state;
    uint64_t one = put(OUTGOING_ANSWER, "một", 0);
    uint64_t two = put(OUTGOING_ANSWER, "hai", 0);
    assert_int_equal(offered(got, 8), 2);
    assert_true(say(one, SENDING_ACCEPTED, ""));
    cut_sms();
    connect_sms();
    assert_int_equal(offered(got, 8), 1);
    assert_true(got[0].id == two && got[0].again);
    assert_true(say(two, SENDING_LATER, ""));
    assert_int_equal(offered(got, 8), 0); /* for a second */
    now_us += S_US + 1;
    assert_int_equal(offered(got, 8), 1);
    assert_true(got[0].again);
    restart();
    cut_sms();
    connect_sms();
    assert_int_equal(offered(got, 8), 1); /* not the one that the centre has */
    assert_true(got[0].id == two && got[0].again);
}

static void a_cause_causes_one_message_until_it_is_forgotten(void **state)
{
    const uint8_t cause[OUTGOING_CAUSE_BYTES] = {7};
    struct sending_message got[8];
    (void)state;
    uint64_t one = put(OUTGOING_ANSWER, "một", 7);
    assert_int_equal(put(OUTGOING_ANSWER, "khác", 7), one);
    assert_int_equal(offered(got, 8), 1);
    assert_true(say(one, SENDING_ACCEPTED, ""));
    restart();
    assert_int_equal(outbox_find(core, cause), one);
    assert_int_equal(put(OUTGOING_ANSWER, "khác", 7), one);
    now_us += (int64_t)OUTBOX_KEPT_S * S_US + 1;
    assert_int_equal(offered(got, 8), 0);
    assert_int_equal(outbox_find(core, cause), 0);
    assert_null(message(one));
    assert_true(put(OUTGOING_ANSWER, "khác", 7) > one);
}

static void a_receipt_ends_a_message_by_its_id_or_the_centres(void **state)
{
    struct sending_message got[8];
    (void)state;
    uint64_t one = put(OUTGOING_NOTICE, "một", 0);
    uint64_t two = put(OUTGOING_NOTICE, "hai", 0);
    uint64_t three = put(OUTGOING_NOTICE, "ba", 0);
    assert_int_equal(offered(got, 8), 3);
    assert_true(say(one, SENDING_ACCEPTED, "c-1"));
    assert_true(say(two, SENDING_ACCEPTED, "c-2"));
    assert_int_equal(message(one)->state, OUTGOING_SENT);
    restart();
    assert_true(say(0, SENDING_DELIVERED, "c-1"));
    assert_int_equal(message(one)->state, OUTGOING_DONE);
    assert_true(say(two, SENDING_UNDELIVERED, ""));
    assert_int_equal(message(two)->state, OUTGOING_FAILED);
    assert_int_equal(offered(got, 8), 1);
    assert_true(say(three, SENDING_DELIVERED, "")); /* the receipt overtakes the centre's yes */
    assert_int_equal(message(three)->state, OUTGOING_DONE);
    assert_true(say(three, SENDING_ACCEPTED, "c-3"));
    assert_int_equal(message(three)->state, OUTGOING_DONE);
}

static void what_the_table_does_not_know_changes_nothing(void **state)
{
    struct sending_message got[8];
    (void)state;
    uint64_t one = put(OUTGOING_ANSWER, "một", 0);
    assert_true(say(one, SENDING_ACCEPTED, "")); /* it was not offered */
    assert_int_equal(message(one)->state, OUTGOING_QUEUED);
    assert_true(say(one + 1, SENDING_REFUSED, ""));
    assert_true(say(0, SENDING_DELIVERED, "nobody's"));
    assert_int_equal(core->outbox.refused, 3);
    assert_int_equal(offered(got, 8), 1);
    assert_true(say(one, SENDING_REFUSED, ""));
    assert_int_equal(message(one)->state, OUTGOING_FAILED);
}

static void a_frame_that_does_not_decode_is_the_senders_fault(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 0, 0, 0, 0, 1, SENDING_SAYING_COUNT, 0, 0};
    struct frame frame = {.kind = FRAME_SMS_OUT, .count = 1};
    bool good = true;
    (void)state;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        frame.payload = view_of(bytes, len);
        assert_ok(outbox_take(core, &frame, &good));
        assert_false(good);
    }
    frame.count = SENDING_RESULTS_MAX + 1;
    assert_ok(outbox_take(core, &frame, &good));
    assert_false(good);
}

static void a_message_that_is_too_old_is_sent_no_more(void **state)
{
    struct sending_message got[8];
    (void)state;
    uint64_t code = put(OUTGOING_CODE, "một", 0);
    uint64_t notice = put(OUTGOING_NOTICE, "hai", 0);
    cut_sms();
    now_us += (int64_t)PHONE_CODE_S * S_US + 1;
    connect_sms();
    assert_int_equal(offered(got, 8), 1);
    assert_int_equal(got[0].id, notice);
    assert_int_equal(message(code)->state, OUTGOING_EXPIRED);
    assert_true(say(notice, SENDING_ACCEPTED, "c"));
    now_us += 49 * 3600 * S_US; /* no receipt comes */
    assert_int_equal(offered(got, 8), 0);
    assert_int_equal(message(notice)->state, OUTGOING_EXPIRED);
}

static void no_more_are_offered_at_once_than_the_ceiling_says(void **state)
{
    struct sending_message got[OUTBOX_OFFERED_MAX + 1];
    uint64_t first = 0;
    (void)state;
    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX + 5; i++) {
        uint64_t id = put(OUTGOING_ANSWER, "một", 0);
        first = i == 0 ? id : first;
    }
    assert_int_equal(offered(got, OUTBOX_OFFERED_MAX + 1), OUTBOX_OFFERED_MAX);
    assert_true(say(first, SENDING_ACCEPTED, ""));
    assert_int_equal(offered(got, OUTBOX_OFFERED_MAX + 1), 1);
}

static void without_room_nothing_is_put_and_what_became_of_it_is_stored_later(void **state)
{
    struct sending_message got[8];
    uint64_t id = 0;
    (void)state;
    uint64_t one = put(OUTGOING_ANSWER, "một", 0);
    assert_int_equal(offered(got, 8), 1);
    keep_fault = FAULT_NO_SPACE;
    assert_fault(
        outbox_put(core, OUTGOING_ANSWER, VIEW_LITERAL(FIRST), VIEW_LITERAL("x"), NULL, &id),
        FAULT_NO_SPACE);
    assert_true(say(one, SENDING_ACCEPTED, ""));
    assert_int_equal(message(one)->state, OUTGOING_DONE);
    assert_true(message(one)->unstored);
    keep_fault = FAULT_NONE;
    now_us += 11 * S_US;
    assert_int_equal(offered(got, 8), 0);
    assert_false(message(one)->unstored);
    restart();
    assert_int_equal(message(one)->state, OUTGOING_DONE);
}

/* ---- inboxes ---- */

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

static void shown(const char *person, char ret_text[8192])
{
    BUF_AUTO json;
    buf_init(&json, 8192);
    inbox_show(core, view_text(person), &json);
    assert_ok(buf_check(&json));
    memcpy(ret_text, json.data, json.len);
    ret_text[json.len] = '\0';
}

static void an_inbox_has_a_ceiling_and_looks_are_one_item(void **state)
{
    char text[8192];
    (void)state;
    for (unsigned i = 0; i < INBOX_CITIZEN_MAX + 3; i++) {
        assert_ok(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_REVIEW, VIEW_LITERAL("R-1")));
        assert_ok(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_LOOKED, view_of(NULL, 0)));
        now_us++;
    }
    assert_ok(inbox_tell(core, VIEW_LITERAL(DUNG), INBOX_PIN_BLOCKED, view_of(NULL, 0)));
    restart();
    shown(HOME_AN, text);
    assert_int_equal(count_of(text, "\"at\""), INBOX_CITIZEN_MAX);
    assert_int_equal(count_of(text, "looked"), 1);
    assert_non_null(strstr(text, "\"news\":[{\"at\":\""));
    assert_true(strstr(text, "looked") < strstr(text, "review")); /* the newest first */
    shown(DUNG, text);
    assert_int_equal(count_of(text, "\"at\""), 1);
    now_us += (INBOX_DAYS + 1) * INT64_C(86400) * S_US;
    for (unsigned turn = 0; turn < 10; turn++) {
        assert_ok(inbox_keep(core));
    }
    shown(HOME_AN, text);
    assert_string_equal(text, "{\"news\":[]}");
}

static void news_is_taken_out_by_its_owner_alone(void **state)
{
    char text[8192];
    char id[OUTGOING_ID_DIGITS + 1] = "";
    (void)state;
    assert_ok(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_REVIEW, VIEW_LITERAL("R-1")));
    shown(HOME_AN, text);
    memcpy(id, strstr(text, "\"id\":\"") + 6, OUTGOING_ID_DIGITS);
    assert_fault(inbox_remove(core, VIEW_LITERAL(DUNG), view_text(id)), FAULT_NOT_FOUND);
    assert_ok(inbox_remove(core, VIEW_LITERAL(HOME_AN), view_text(id)));
    assert_fault(inbox_remove(core, VIEW_LITERAL(HOME_AN), view_text(id)), FAULT_NOT_FOUND);
}

static void news_without_room_is_lost_and_counted(void **state)
{
    char text[8192];
    (void)state;
    keep_fault = FAULT_OVER_LIMIT;
    assert_ok(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_REVIEW, VIEW_LITERAL("R-1")));
    keep_fault = FAULT_IO;
    assert_fault(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_REVIEW, VIEW_LITERAL("R-1")),
                 FAULT_IO);
    keep_fault = FAULT_NONE;
    assert_int_equal(core->inboxes.lost, 1);
    shown(HOME_AN, text);
    assert_string_equal(text, "{\"news\":[]}");
}

/* ---- verbs ---- */

/* What the citizen's verb says; the JSON is left in ret_json. */
static enum code verb(const char *citizen, const char *name, const char *body, char ret_json[8192])
{
    struct own_reply reply;
    const struct own_call call = {.asker = {.channel = CHANNEL_NATIONAL_PORTAL,
                                            .citizen = view_text(citizen),
                                            .account = VIEW_LITERAL(PORTAL)},
                                  .body = view_text(body)};
    own_reply_init(&reply);
    assert_ok(citizens_do(core, view_text(name), &call, &reply));
    assert_true(reply.json.len < 8192);
    if (ret_json != NULL) {
        memcpy(ret_json, reply.json.data, reply.json.len);
        ret_json[reply.json.len] = '\0';
    }
    enum code code = reply.code;
    own_reply_done(&reply);
    return code;
}

/* The code that was sent last, in a body; every message is said to be sent. */
static void sent_code(const char *phone, char ret_body[32])
{
    struct sending_message got[8];
    unsigned count = offered(got, 8);
    assert_in_range(count, 1, 8);
    assert_true(view_is(got[count - 1].phone, phone));
    (void)snprintf(ret_body, 32, "{\"code\":\"%.6s\"}", (const char *)got[count - 1].text.data);
    for (unsigned i = 0; i < count; i++) {
        assert_true(say(got[i].id, SENDING_ACCEPTED, ""));
    }
}

static void bind_phone(const char *citizen, const char *phone)
{
    char body[64];
    char code[32];
    (void)snprintf(body, sizeof(body), "{\"phone\":\"%s\"}", phone);
    assert_int_equal(verb(citizen, "phone.bind", body, NULL), CODE_DISCLOSED);
    sent_code(phone, code);
    assert_int_equal(verb(citizen, "phone.confirm", code, NULL), CODE_DISCLOSED);
    for (unsigned i = 0; i < 4; i++) {
        assert_ok(news_keep(core));
    }
}

static void a_phone_is_bound_by_the_code_that_it_was_sent_whosever_it_was(void **state)
{
    char json[8192];
    (void)state;
    assert_int_equal(verb(HOME_AN, "phone", "{}", json), CODE_DISCLOSED);
    assert_string_equal(json,
                        "{\"notices\":{\"pace\":\"never\",\"way\":\"inbox\"},\"phone\":null}");
    bind_phone(HOME_AN, FIRST);
    assert_int_equal(verb(HOME_AN, "phone", "{}", json), CODE_DISCLOSED);
    assert_non_null(strstr(json, "\"number\":\"********001\""));
    bind_phone(DUNG, FIRST);
    assert_int_equal(verb(HOME_AN, "phone", "{}", json), CODE_DISCLOSED);
    assert_non_null(strstr(json, "\"phone\":null"));
    assert_int_equal(verb(HOME_AN, "inbox", "{}", json), CODE_DISCLOSED);
    assert_int_equal(count_of(json, "phone_bound"), 1);
    assert_int_equal(count_of(json, "phone_unbound"), 1);
    assert_int_equal(verb(DUNG, "phone.release", "{}", NULL), CODE_DISCLOSED);
    assert_int_equal(verb(DUNG, "phone.release", "{}", NULL), CODE_NOT_FOUND);
}

static void a_code_is_good_once_for_three_tries_and_ten_minutes(void **state)
{
    char code[32];
    static const char ask[] = "{\"phone\":\"0950900001\"}";
    (void)state;
    assert_int_equal(verb(HOME_AN, "phone.confirm", "{\"code\":\"000000\"}", NULL),
                     CODE_BAD_REQUEST);
    assert_int_equal(verb(HOME_AN, "phone.bind", ask, NULL), CODE_DISCLOSED);
    sent_code(FIRST, code);
    assert_int_equal(verb(DUNG, "phone.confirm", code, NULL), CODE_BAD_REQUEST);
    for (unsigned i = 0; i < PHONE_CODE_TRIES_MAX; i++) {
        assert_int_equal(verb(HOME_AN, "phone.confirm", "{\"code\":\"0\"}", NULL),
                         CODE_BAD_REQUEST);
    }
    assert_int_equal(verb(HOME_AN, "phone.confirm", code, NULL), CODE_BAD_REQUEST);
    assert_int_equal(verb(HOME_AN, "phone.bind", ask, NULL), CODE_DISCLOSED);
    sent_code(FIRST, code);
    now_us += (int64_t)PHONE_CODE_S * S_US;
    assert_int_equal(verb(HOME_AN, "phone.confirm", code, NULL), CODE_BAD_REQUEST);
    assert_int_equal(verb(HOME_AN, "phone.bind", ask, NULL), CODE_DISCLOSED);
    sent_code(FIRST, code);
    assert_int_equal(verb(HOME_AN, "phone.confirm", code, NULL), CODE_DISCLOSED);
    assert_int_equal(verb(HOME_AN, "phone.confirm", code, NULL), CODE_BAD_REQUEST);
}

static void nobody_is_sent_more_codes_in_a_day_than_the_ceiling(void **state)
{
    static const char ask[] = "{\"phone\":\"0950900001\"}";
    (void)state;
    for (unsigned i = 0; i < PHONE_CODES_A_DAY_MAX; i++) {
        assert_int_equal(verb(HOME_AN, "phone.bind", ask, NULL), CODE_DISCLOSED);
    }
    assert_int_equal(verb(HOME_AN, "phone.bind", "{\"phone\":\"0950900009\"}", NULL),
                     CODE_RATE_LIMITED);
    assert_int_equal(verb(DUNG, "phone.bind", ask, NULL), CODE_RATE_LIMITED);
    now_us += 86400 * S_US;
    assert_int_equal(verb(DUNG, "phone.bind", ask, NULL), CODE_DISCLOSED);
    assert_int_equal(verb(DUNG, "phone.bind", "{\"phone\":\"190012\"}", NULL), CODE_BAD_REQUEST);
    assert_int_equal(verb(DUNG, "phone.bind", "{\"phone\":7}", NULL), CODE_BAD_REQUEST);
    assert_int_equal(verb(DUNG, "phone.bind", "{}", NULL), CODE_BAD_REQUEST);
}

static enum pin_verdict try_pin(const char *pin)
{
    const struct own_asker asker = {
        .channel = CHANNEL_SMS, .citizen = VIEW_LITERAL(HOME_AN), .account = VIEW_LITERAL(PORTAL)};
    const struct phone *phone =
        staff_phone(&core->house->directory, VIEW_LITERAL(FIRST), clock_day_vn(now_us));
    enum pin_verdict verdict = PIN_NOT_SET;
    assert_ok(phones_pin(core, &asker, phone, view_text(pin), &verdict));
    return verdict;
}

static void misses_of_a_pin_are_recorded_and_block_it_across_a_restart(void **state)
{
    char json[8192];
    (void)state;
    assert_int_equal(verb(HOME_AN, "phone.pin", "{\"pin\":\"123456\"}", NULL), CODE_NOT_FOUND);
    bind_phone(HOME_AN, FIRST);
    assert_int_equal(try_pin("123456"), PIN_NOT_SET);
    assert_int_equal(verb(HOME_AN, "phone.pin", "{\"pin\":\"12345\"}", NULL), CODE_BAD_REQUEST);
    assert_int_equal(verb(HOME_AN, "phone.pin", "{\"pin\":\"123456\"}", NULL), CODE_DISCLOSED);
    uint64_t size = ledger_size(core->house->ledger);
    assert_int_equal(try_pin("123456"), PIN_RIGHT);
    assert_int_equal(ledger_size(core->house->ledger), size);
    assert_int_equal(try_pin("111111"), PIN_WRONG);
    assert_int_equal(ledger_size(core->house->ledger), size + 1);
    assert_int_equal(try_pin("123456"), PIN_RIGHT);
    assert_int_equal(ledger_size(core->house->ledger), size + 2);
    for (unsigned i = 0; i < PHONE_PIN_MISSES_MAX; i++) {
        restart();
        assert_int_equal(try_pin("111111"), PIN_WRONG);
    }
    assert_int_equal(try_pin("123456"), PIN_BLOCKED);
    assert_int_equal(ledger_size(core->house->ledger), size + 2 + PHONE_PIN_MISSES_MAX);
    assert_int_equal(verb(HOME_AN, "inbox", "{}", json), CODE_DISCLOSED);
    assert_int_equal(count_of(json, "pin_blocked"), 1);
    assert_int_equal(verb(HOME_AN, "phone", "{}", json), CODE_DISCLOSED);
    assert_non_null(strstr(json, "\"pin\":\"blocked\""));
}

static void officers_binding_is_told_to_the_phone_and_to_the_citizen(void **state)
{
    struct sending_message got[8];
    char json[8192];
    (void)state;
    home_act(home, ACT_PHONE_BIND, "phone", FIRST, "person", HOME_AN, NULL);
    assert_ok(news_keep(core));
    assert_int_equal(offered(got, 8), 1);
    assert_true(view_is(got[0].phone, FIRST));
    assert_int_equal(verb(HOME_AN, "inbox", "{}", json), CODE_DISCLOSED);
    assert_int_equal(count_of(json, "phone_bound"), 1);
    assert_null(strstr(json, "0950"));
}

static void notices_are_wished_for_by_who_is_in_the_register(void **state)
{
    char json[8192];
    (void)state;
    assert_int_equal(verb(HOME_AN, "notices", "{\"pace\":\"daily\",\"way\":\"sms\"}", NULL),
                     CODE_NOT_FOUND); /* no phone */
    assert_int_equal(verb(HOME_AN, "notices", "{\"pace\":\"hourly\",\"way\":\"inbox\"}", NULL),
                     CODE_BAD_REQUEST);
    assert_int_equal(
        verb("079090999999", "notices", "{\"pace\":\"daily\",\"way\":\"inbox\"}", NULL),
        CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(verb(HOME_AN, "notices", "{\"pace\":\"daily\",\"way\":\"inbox\"}", json),
                     CODE_DISCLOSED);
    assert_non_null(strstr(json, "\"pace\":\"daily\",\"way\":\"inbox\""));
    restart();
    assert_int_equal(verb(HOME_AN, "phone", "{}", json), CODE_DISCLOSED);
    assert_non_null(strstr(json, "\"pace\":\"daily\""));
    assert_int_equal(verb(HOME_AN, "notices", "{\"pace\":\"never\",\"way\":\"inbox\"}", NULL),
                     CODE_DISCLOSED);
    assert_null(staff_notice_wish(&core->house->directory, VIEW_LITERAL(HOME_AN)));
}

static void news_goes_to_the_phone_of_who_wants_it_there_and_says_nothing(void **state)
{
    struct sending_message got[8];
    (void)state;
    bind_phone(HOME_AN, FIRST);
    assert_ok(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_REVIEW, VIEW_LITERAL("R-1")));
    assert_int_equal(offered(got, 8), 0);
    assert_int_equal(verb(HOME_AN, "notices", "{\"pace\":\"daily\",\"way\":\"sms\"}", NULL),
                     CODE_DISCLOSED);
    assert_ok(inbox_tell(core, VIEW_LITERAL(HOME_AN), INBOX_REVIEW, VIEW_LITERAL("R-1")));
    assert_int_equal(offered(got, 8), 1);
    assert_int_equal(view_find(got[0].text, 0, 'R'), got[0].text.len);
}

/* ---- notices ---- */

static void keep_notices(void)
{
    do {
        assert_ok(notices_keep(core));
    } while (notices_busy(core));
}

/* How many items of An's inbox say that somebody has looked. */
static unsigned told(void)
{
    char text[8192];
    keep_notices();
    shown(HOME_AN, text);
    return count_of(text, "looked");
}

static void look(const char *business)
{
    struct ask ask = home_ask();
    ask.business = view_text(business);
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
}

static void wish(const char *pace, const char *way)
{
    char body[64];
    (void)snprintf(body, sizeof(body), "{\"pace\":\"%s\",\"way\":\"%s\"}", pace, way);
    assert_int_equal(verb(HOME_AN, "notices", body, NULL), CODE_DISCLOSED);
    keep_notices();
}

static void forget_news(void)
{
    char text[8192];
    char id[OUTGOING_ID_DIGITS + 1] = "";
    shown(HOME_AN, text);
    memcpy(id, strstr(text, "\"id\":\"") + 6, OUTGOING_ID_DIGITS);
    assert_ok(inbox_remove(core, VIEW_LITERAL(HOME_AN), view_text(id)));
}

static uint64_t told_from(void)
{
    struct code_text code;
    citizen_code(&core->house->directory, BLIND_ID, VIEW_LITERAL(HOME_AN), &code);
    const struct notice_told *told =
        object_find(&core->house->directory, &object_notice_told, code_view(&code));
    assert_non_null(told);
    return told->from;
}

static void who_wants_it_is_told_of_a_look_once_and_not_of_his_own(void **state)
{
    (void)state;
    look("NV-SECRET-KYC");
    assert_int_equal(told(), 0);
    wish("at_once", "inbox");
    assert_int_equal(told(), 0); /* not of what was before */
    uint64_t from = told_from();
    assert_int_equal(verb(HOME_AN, "view", "{}", NULL), CODE_DISCLOSED);
    assert_int_equal(told(), 0);
    assert_true(told_from() > from); /* what was looked at is not looked at again */
    look("NV-SECRET-KYC");
    assert_int_equal(told(), 1);
    forget_news();
    restart();
    assert_int_equal(told(), 0);
    look("NV-SECRET-KYC");
    restart(); /* before anybody was told: the walk finds it */
    assert_int_equal(told(), 1);
    forget_news();
    wish("never", "inbox");
    look("NV-SECRET-KYC");
    assert_int_equal(told(), 0);
}

static void one_phone_is_told_once_an_hour_and_of_all_that_came_meanwhile(void **state)
{
    struct sending_message got[8];
    (void)state;
    bind_phone(HOME_AN, FIRST);
    wish("at_once", "sms");
    look("NV-SECRET-KYC");
    keep_notices();
    assert_int_equal(offered(got, 8), 1);
    assert_true(say(got[0].id, SENDING_REFUSED, ""));
    look("NV-SECRET-KYC");
    look("NV-SECRET-KYC");
    keep_notices();
    assert_int_equal(offered(got, 8), 0);
    now_us += (int64_t)NOTICE_SMS_S * S_US;
    keep_notices();
    assert_int_equal(offered(got, 8), 1);
    assert_int_equal(told(), 0);
    assert_int_equal(verb(HOME_AN, "phone.release", "{}", NULL), CODE_DISCLOSED);
    now_us += (int64_t)NOTICE_SMS_S * S_US;
    look("NV-SECRET-KYC");
    assert_int_equal(told(), 1); /* where else */
}

static void a_daily_notice_comes_once_a_day_from_its_hour_on(void **state)
{
    int64_t day_us = INT64_C(86400) * S_US;
    (void)state;
    now_us += 2 * day_us - now_us % day_us - 7 * 3600 * S_US; /* midnight in Vietnam */
    wish("daily", "inbox");
    look("NV-SECRET-KYC");
    now_us += (NOTICE_DAILY_HOUR * 3600 - 1) * S_US;
    assert_int_equal(told(), 0);
    now_us += 601 * S_US;
    assert_int_equal(told(), 1);
    forget_news();
    look("NV-SECRET-KYC");
    now_us += 3600 * S_US;
    assert_int_equal(told(), 0);
    now_us += day_us;
    assert_int_equal(told(), 1);
}

static void a_sealed_look_is_told_on_its_day_and_not_before(void **state)
{
    char until[DATE_LEN + 1];
    (void)state;
    date_write(until, clock_day_vn(now_us) + 2);
    home_act(home, ACT_BUSINESS_ADD, "code", "NV-sealed", "party", "bank", "purpose", "KYC",
             "legal-basis", "Law", "services", "citizen.lookup", "channels", "guided", "fields",
             "full_name,birth_date", "quota-day", "1000", "sealed-until", until, NULL);
    home_act(home, ACT_BUSINESS_GRANT, "code", "NV-sealed", NULL);
    wish("at_once", "inbox");
    look("NV-sealed");
    assert_int_equal(told(), 0);
    now_us += INT64_C(86400) * S_US;
    assert_int_equal(verb(HOME_AN, "view", "{}", NULL), CODE_DISCLOSED); /* the log's day goes on */
    assert_int_equal(told(), 0);
    now_us += INT64_C(86400) * S_US;
    assert_int_equal(verb(HOME_AN, "view", "{}", NULL), CODE_DISCLOSED);
    assert_int_equal(told(), 1);
}

static void a_notice_for_which_there_is_no_room_comes_later(void **state)
{
    (void)state;
    wish("at_once", "inbox");
    look("NV-SECRET-KYC");
    keep_fault = FAULT_NO_SPACE;
    assert_int_equal(told(), 0);
    keep_fault = FAULT_NONE;
    now_us += 601 * S_US;
    assert_int_equal(told(), 1);
}

/* ---- what acts do ---- */

static unsigned count_news(const char *person, const char *kind)
{
    char text[8192];
    while (news_busy(core)) {
        assert_ok(news_keep(core));
    }
    shown(person, text);
    return count_of(text, kind);
}

static void a_correction_that_moves_is_told_to_whoever_asked_for_it(void **state)
{
    static struct written_case old = {.intake = INTAKE_PORTAL, .state = CASE_RECEIVED};
    struct written_case new = old;
    (void)state;
    assert_ok(code_set(&new.requester.number, VIEW_LITERAL(HOME_AN)));
    assert_ok(code_set(&new.code, VIEW_LITERAL("C06-2026-000001")));
    watch.changes(watch.context, OBJECT_CASE, &old, &new); /* it has not moved */
    watch.changes(watch.context, OBJECT_CASE, NULL, &new);
    watch.changes(watch.context, OBJECT_CASE, &old, NULL);
    assert_int_equal(count_news(HOME_AN, "correction"), 0);
    new.state = CASE_ACCEPTED;
    watch.changes(watch.context, OBJECT_CASE, &old, &new);
    assert_int_equal(count_news(HOME_AN, "C06-2026-000001"), 1);
    old.intake = INTAKE_DESK;
    watch.changes(watch.context, OBJECT_CASE, &old, &new);
    assert_int_equal(count_news(HOME_AN, "correction"), 1);
    old.intake = INTAKE_PORTAL;
}

static void add_complaint(const char *code, const char *person, uint64_t record)
{
    struct complaint *complaint = memory_new(1, sizeof(*complaint));
    assert_non_null(complaint);
    complaint->version = 1;
    complaint->about_record = record > 0;
    complaint->record = record;
    assert_ok(code_set(&complaint->code, view_text(code)));
    assert_ok(code_set(&complaint->person, view_text(person)));
    assert_ok(object_add(&core->house->directory, &object_complaint, complaint));
}

static void the_end_of_a_review_is_told_to_all_who_objected_and_to_nobody_else(void **state)
{
    struct review old = {.state = REVIEW_ANSWERED};
    struct review new = {.state = REVIEW_LAPSED};
    (void)state;
    assert_ok(code_set(&new.code, VIEW_LITERAL("R-17")));
    add_complaint("a.1", HOME_AN, 17);
    add_complaint("b.1", DUNG, 16);
    add_complaint("c.1", DUNG, 0);
    watch.changes(watch.context, OBJECT_REVIEW, &old, &new);
    assert_int_equal(count_news(HOME_AN, "review"), 0);
    new.state = REVIEW_OBJECTED;
    watch.changes(watch.context, OBJECT_REVIEW, &old, &new);
    assert_int_equal(count_news(HOME_AN, "a.1"), 1);
    assert_int_equal(count_news(DUNG, "review"), 0);
    old.state = REVIEW_OBJECTED; /* it had ended before */
    watch.changes(watch.context, OBJECT_REVIEW, &old, &new);
    assert_int_equal(count_news(HOME_AN, "review"), 1);
}

static void an_answer_to_a_complaint_is_told(void **state)
{
    struct complaint old = {.state = COMPLAINT_OPEN};
    struct complaint new = {.state = COMPLAINT_WITHDRAWN};
    (void)state;
    assert_ok(code_set(&new.code, VIEW_LITERAL("a.1")));
    assert_ok(code_set(&new.person, VIEW_LITERAL(HOME_AN)));
    watch.changes(watch.context, OBJECT_COMPLAINT, &old, &new);
    assert_int_equal(count_news(HOME_AN, "complaint"), 0);
    new.state = COMPLAINT_ANSWERED;
    watch.changes(watch.context, OBJECT_COMPLAINT, &old, &new);
    assert_int_equal(count_news(HOME_AN, "complaint"), 1);
}

static void what_finds_no_place_is_lost_and_counted(void **state)
{
    static const struct phone phone = {.number = {.text = FIRST, .len = COUNTRY_PHONE_DIGITS},
                                       .person = {.text = HOME_AN, .len = 12}};
    (void)state;
    for (unsigned i = 0; i < NEWS_MAX + 2; i++) {
        watch.changes(watch.context, OBJECT_PHONE, NULL, &phone);
    }
    assert_int_equal(core->inboxes.lost, 2);
    assert_int_equal(count_news(HOME_AN, "phone_bound"), INBOX_CITIZEN_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_are_offered_in_their_order_and_once),
        TEST(what_was_offered_and_not_answered_is_offered_again_and_says_so),
        TEST(a_cause_causes_one_message_until_it_is_forgotten),
        TEST(a_receipt_ends_a_message_by_its_id_or_the_centres),
        TEST(what_the_table_does_not_know_changes_nothing),
        TEST(a_frame_that_does_not_decode_is_the_senders_fault),
        TEST(a_message_that_is_too_old_is_sent_no_more),
        TEST(no_more_are_offered_at_once_than_the_ceiling_says),
        TEST(without_room_nothing_is_put_and_what_became_of_it_is_stored_later),
        TEST(an_inbox_has_a_ceiling_and_looks_are_one_item),
        TEST(news_is_taken_out_by_its_owner_alone),
        TEST(news_without_room_is_lost_and_counted),
        TEST(a_phone_is_bound_by_the_code_that_it_was_sent_whosever_it_was),
        TEST(a_code_is_good_once_for_three_tries_and_ten_minutes),
        TEST(nobody_is_sent_more_codes_in_a_day_than_the_ceiling),
        TEST(misses_of_a_pin_are_recorded_and_block_it_across_a_restart),
        TEST(officers_binding_is_told_to_the_phone_and_to_the_citizen),
        TEST(notices_are_wished_for_by_who_is_in_the_register),
        TEST(news_goes_to_the_phone_of_who_wants_it_there_and_says_nothing),
        TEST(who_wants_it_is_told_of_a_look_once_and_not_of_his_own),
        TEST(one_phone_is_told_once_an_hour_and_of_all_that_came_meanwhile),
        TEST(a_daily_notice_comes_once_a_day_from_its_hour_on),
        TEST(a_sealed_look_is_told_on_its_day_and_not_before),
        TEST(a_notice_for_which_there_is_no_room_comes_later),
        TEST(a_correction_that_moves_is_told_to_whoever_asked_for_it),
        TEST(the_end_of_a_review_is_told_to_all_who_objected_and_to_nobody_else),
        TEST(an_answer_to_a_complaint_is_told),
        TEST(what_finds_no_place_is_lost_and_counted),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
