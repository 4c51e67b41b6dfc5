/* What the process `sms` is made of: settings, commands, parts, doubts, states of the link. */
#include "help.h"

#include "channel/sms/private.h"
#include "channel/sms/syntax.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define WHOLE                                                                                      \
    "centre: {system_id: dancu, password: password}\n"                                             \
    "number: \"1414\"\n"

struct place {
    char folder[64];
    int fd;
};

static void put_file(const struct place *place, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void place_init(struct place *place)
{
    snprintf(place->folder, sizeof(place->folder), "/tmp/dancu-sms-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->fd = open(place->folder, O_RDONLY | O_DIRECTORY);
    assert_true(place->fd >= 0);
    put_file(place, "password", "secret\n");
    put_file(place, "sms.yaml", WHOLE);
}

static void place_done(struct place *place)
{
    char command[96];
    close(place->fd);
    snprintf(command, sizeof(command), "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
}

static void settings_that_say_little_have_what_is_usual(void **state)
{
    (void)state;
    struct place place;
    struct sms_settings settings;
    struct policy_error error;
    place_init(&place);
    assert_ok(sms_settings_read(place.fd, &settings, &error));
    assert_string_equal(settings.system_id, "dancu");
    assert_string_equal(settings.password, "secret");
    assert_string_equal(settings.number, "1414");
    assert_int_equal(settings.window, SETTINGS_WINDOW_USUAL);
    assert_false(settings.accents);
    assert_null(settings.tls);
    assert_int_equal(settings.syntax.verbs[TEXTING_LOCK].len, 4);
    sms_settings_done(&settings);
    place_done(&place);
}

static void every_setting_is_read(void **state)
{
    (void)state;
    struct place place;
    struct sms_settings settings;
    struct policy_error error;
    place_init(&place);
    put_file(&place, "sms.yaml",
             "centre: {system_id: dancu, password: password, system_type: gw}\n"
             "number: \"8014\"\nwindow: \"3\"\nper_second: \"7\"\naccents: \"yes\"\n"
             "syntax: {prefix: Dân, view: Tôi, history: ai, lock: khoá, unlock: mở, check: xn, "
             "help: hd}\n");
    assert_ok(sms_settings_read(place.fd, &settings, &error));
    assert_string_equal(settings.system_type, "gw");
    assert_int_equal(settings.window, 3);
    assert_int_equal(settings.per_second, 7);
    assert_true(settings.accents);
    assert_memory_equal(settings.syntax.prefix.text, "DAN", 3);
    assert_memory_equal(settings.syntax.verbs[TEXTING_UNLOCK].text, "MO", 2);
    sms_settings_done(&settings);
    place_done(&place);
}

static void settings_that_cannot_be_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"number: \"1\"\n", "centre"},
        {WHOLE "colour: red\n", "colour"},
        {WHOLE "window: \"0\"\n", "number from 1 to"},
        {WHOLE "window: \"65\"\n", "number from 1 to"},
        {WHOLE "accents: \"perhaps\"\n", "yes"},
        {"centre: {system_id: a-name-of-sixteen, password: password}\nnumber: \"1\"\n", "15"},
        {"centre: {system_id: dancu, password: none}\nnumber: \"1\"\n", "no such file"},
        {"centre: {system_id: dancu, password: ../x}\nnumber: \"1\"\n", "no name of a file"},
        {"centre: {system_id: dancu, password: password, tls_name: x.example}\nnumber: \"1\"\n",
         "go together"},
        {"centre: {system_id: dancu, password: password, tls_name: x.example, tls_ca: password}\n"
         "number: \"1\"\n",
         "no certificate"},
        {WHOLE "syntax: {prefix: DC, view: TT, history: tt, lock: L, unlock: M, check: X, help: "
               "H}\n",
         "of its own"},
        {WHOLE "syntax: {prefix: D C, view: TT, history: A, lock: L, unlock: M, check: X, help: "
               "H}\n",
         "of its own"},
        {WHOLE "syntax: {prefix: DC}\n", "missing"},
    };
    struct place place;
    place_init(&place);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sms_settings settings;
        struct policy_error error;
        put_file(&place, "sms.yaml", rows[i].text);
        assert_fault(sms_settings_read(place.fd, &settings, &error), FAULT_BAD_INPUT);
        if (strstr(error.text, rows[i].wanted) == NULL || strstr(error.text, "sms.yaml:") == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.text, rows[i].wanted);
        }
    }
    put_file(&place, "sms.yaml", WHOLE);
    put_file(&place, "password", "ninechars");
    struct sms_settings settings;
    struct policy_error error;
    assert_fault(sms_settings_read(place.fd, &settings, &error), FAULT_BAD_INPUT);
    place_done(&place);
}

static const struct sms_syntax *usual(void)
{
    static struct sms_settings settings;
    struct place place;
    struct policy_error error;
    if (settings.syntax.prefix.len == 0) {
        place_init(&place);
        assert_ok(sms_settings_read(place.fd, &settings, &error));
        place_done(&place);
    }
    return &settings.syntax;
}

static void a_command_is_known_in_any_case_and_with_or_without_accents(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum texting_verb verb;
        const char *rest;
        const char *number;
    } rows[] = {
        {"DC TT", TEXTING_VIEW, "", ""},
        {"dc tt", TEXTING_VIEW, "", ""},
        {"  Dc \n tT  ", TEXTING_VIEW, "", ""},
        {"DC TT 001090900001", TEXTING_VIEW, "001090900001", "001090900001"},
        {"DC LS", TEXTING_HISTORY, "", ""},
        {"DC KHOÁ 123456", TEXTING_LOCK, "123456", ""},
        {"dc khóa 123456", TEXTING_LOCK, "123456", ""},
        {"ĐC mở 123456", TEXTING_UNLOCK, "123456", ""},
        {"DC XN 05/TB-C06 7K3M-QX0D-V9TA-2HPE", TEXTING_CHECK, "05/TB-C06 7K3M-QX0D-V9TA-2HPE", ""},
        {"DC HD", TEXTING_HELP, "", ""},
        {"DCTT", TEXTING_UNKNOWN, "DCTT", ""},
        {"TT", TEXTING_UNKNOWN, "TT", ""},
        {"DC", TEXTING_UNKNOWN, "DC", ""},
        {"", TEXTING_UNKNOWN, "", ""},
        {"hello 001090900001!", TEXTING_UNKNOWN, "hello 001090900001!", "001090900001"},
        {"0010909000012", TEXTING_UNKNOWN, "0010909000012", ""},
        {"a00109090000b001090900002", TEXTING_UNKNOWN, "a00109090000b001090900002", "001090900002"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sms_command command;
        sms_syntax_read(usual(), view_text(rows[i].text), &command);
        assert_int_equal(command.verb, rows[i].verb);
        assert_view(command.rest, rows[i].rest);
        assert_view(command.number, rows[i].number);
    }
}

static void what_follows_a_command_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    struct sms_command command;
    BUF_AUTO text;
    buf_init(&text, 512);
    buf_put_text(&text, "DC XN ");
    for (unsigned i = 0; i < 100; i++) {
        buf_put_text(&text, "ế");
    }
    sms_syntax_read(usual(), buf_view(&text), &command);
    assert_true(command.rest.len <= SMS_REST_BYTES_MAX && command.rest.len > 120);
    assert_true(utf8_valid(command.rest));
}

#define PRINT(n)                                                                                   \
    (const uint8_t[TEXTING_PRINT_BYTES])                                                           \
    {                                                                                              \
        (n) >> 8, (n)&0xff                                                                         \
    }
#define LONG_AGO ((int64_t)SMS_DOUBT_S * US_PER_S)

static void
what_the_centre_knows_of_is_written_anew_and_what_it_may_not_is_brought_again(void **state)
{
    (void)state;
    static struct prints prints;
    int64_t now_us = LONG_AGO;
    prints_init(&prints, 0);
    assert_false(prints_come(&prints, PRINT(1), now_us));
    assert_true(prints_come(&prints, PRINT(1), now_us)); /* our answer is not out yet */
    prints_answered(&prints, PRINT(1), 5, now_us);
    assert_true(prints_unsure(&prints));
    assert_true(prints_come(&prints, PRINT(1), now_us)); /* it may not have come through */
    prints_answered(&prints, PRINT(1), 5, now_us);
    prints_sure(&prints, 4, now_us);
    assert_true(prints_unsure(&prints));
    prints_sure(&prints, 5, now_us);
    assert_false(prints_unsure(&prints));
    assert_false(prints_come(&prints, PRINT(1), now_us)); /* a citizen writes the same again */
}

static void a_link_that_ends_leaves_in_doubt_what_it_has_not_confirmed(void **state)
{
    (void)state;
    static struct prints prints;
    int64_t now_us = LONG_AGO;
    prints_init(&prints, 0);
    assert_false(prints_come(&prints, PRINT(1), now_us)); /* with the core */
    assert_false(prints_come(&prints, PRINT(2), now_us)); /* answered */
    assert_false(prints_come(&prints, PRINT(3), now_us)); /* sure */
    assert_false(prints_come(&prints, PRINT(4), now_us)); /* given back */
    prints_answered(&prints, PRINT(2), 2, now_us);
    prints_answered(&prints, PRINT(3), 1, now_us);
    prints_returned(&prints, PRINT(4), now_us);
    prints_sure(&prints, 1, now_us);
    prints_lost(&prints, now_us);
    assert_false(prints_unsure(&prints));
    assert_true(prints_come(&prints, PRINT(1), now_us + 1));
    assert_true(prints_come(&prints, PRINT(2), now_us + 1));
    assert_false(prints_come(&prints, PRINT(3), now_us + 1));
    assert_true(prints_come(&prints, PRINT(4), now_us + 1));
    prints_lost(&prints, now_us);
    assert_false(prints_come(&prints, PRINT(1), now_us + LONG_AGO)); /* no centre tries so long */
}

static void before_the_process_began_everything_may_have_come(void **state)
{
    (void)state;
    static struct prints prints;
    prints_init(&prints, 1000);
    assert_true(prints_come(&prints, PRINT(1), 1000 + LONG_AGO - 1));
    assert_false(prints_come(&prints, PRINT(2), 1000 + LONG_AGO));
}

static void more_prints_than_places_cost_the_oldest_of_their_set(void **state)
{
    (void)state;
    static struct prints prints;
    prints_init(&prints, 0);
    for (unsigned i = 0; i <= PRINTS_WAYS; i++) { /* of one set */
        uint8_t print[TEXTING_PRINT_BYTES] = {0, 7, (uint8_t)i};
        assert_false(prints_come(&prints, print, LONG_AGO + i));
    }
    uint8_t first[TEXTING_PRINT_BYTES] = {0, 7, 0};
    uint8_t last[TEXTING_PRINT_BYTES] = {0, 7, PRINTS_WAYS};
    assert_true(prints_come(&prints, last, LONG_AGO + 20));
    assert_false(prints_come(&prints, first, LONG_AGO + 21));
}

static struct joins joins;

static struct join_mark mark;

static bool take(const char *source, unsigned reference, unsigned number, unsigned count,
                 const char *text, int64_t now_us, struct buf *ret_text)
{
    const struct smpp_message message = {.source = view_text(source),
                                         .destination = VIEW_LITERAL("1414")};
    const struct sms_part part = {.text = view_text(text),
                                  .reference = (uint16_t)reference,
                                  .count = count,
                                  .number = number};
    return joins_take(&joins, &message, &part, now_us, ret_text, &mark);
}

static void parts_are_put_together_in_their_order_however_they_come(void **state)
{
    (void)state;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    memset(&joins, 0, sizeof(joins));
    assert_false(take("84950000001", 7, 3, 3, "C", 1, &text));
    assert_false(take("84950000002", 7, 1, 3, "x", 1, &text)); /* another phone's */
    assert_false(take("84950000001", 8, 1, 3, "y", 1, &text)); /* another message's */
    assert_false(take("84950000001", 7, 1, 3, "A", 1, &text));
    assert_false(take("84950000001", 7, 1, 3, "A", 1, &text)); /* it is here already */
    assert_true(take("84950000001", 7, 2, 3, "B", 1, &text));
    assert_view(buf_view(&text), "ABC");
    buf_reset(&text);
    assert_true(take("84950000001", 7, 2, 3, "B", 2, &text)); /* given back, and brought again */
    assert_view(buf_view(&text), "ABC");
    joins_end(&joins, mark);
    buf_reset(&text);
    assert_false(take("84950000001", 7, 2, 3, "B", 3, &text)); /* begins anew */
    joins_end(&joins, (struct join_mark){0});                  /* of no join */
}

static void a_part_that_contradicts_the_others_begins_anew(void **state)
{
    (void)state;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    memset(&joins, 0, sizeof(joins));
    assert_false(take("84950000001", 7, 1, 3, "A", 1, &text));
    assert_false(take("84950000001", 7, 2, 2, "B", 1, &text));
    assert_false(take("84950000001", 7, 2, 2, "C", 1, &text)); /* another message's */
    assert_true(take("84950000001", 7, 1, 2, "A", 1, &text));
    assert_view(buf_view(&text), "AC");
    const struct smpp_message elsewhere = {.source = VIEW_LITERAL("84950000001"),
                                           .destination = VIEW_LITERAL("8014")};
    const struct sms_part part = {
        .text = VIEW_LITERAL("x"), .reference = 7, .count = 2, .number = 1};
    assert_false(joins_take(&joins, &elsewhere, &part, 1, &text, &mark));
}

static void parts_that_wait_too_long_are_forgotten_and_the_oldest_makes_room(void **state)
{
    (void)state;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    memset(&joins, 0, sizeof(joins));
    assert_false(take("84950000001", 7, 1, 2, "A", 1, &text));
    joins_sweep(&joins, 1 + (int64_t)SMS_JOIN_S_MAX * US_PER_S);
    assert_false(take("84950000001", 7, 2, 2, "B", 2, &text));
    for (unsigned i = 0; i < SMS_JOINS_MAX; i++) {
        assert_false(take("84950000009", 100 + i, 1, 2, "x", 3, &text));
    }
    assert_false(take("84950000001", 7, 1, 2, "A", 4, &text)); /* B is gone */
}

/* ---- what goes out, with the core and the centre in the test's hands ---- */

#define PHONE "84950000001"

struct world {
    struct sms *sms;
    struct pipe_end core; /* the core's end */
    int64_t now_us;
};

static void world_init(struct world *world)
{
    int pair[2] = {-1, -1};
    *world = (struct world){.sms = calloc(1, sizeof(struct sms)), .now_us = 1000000};
    assert_non_null(world->sms);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    pipe_init(&world->sms->core, pair[0]);
    pipe_init(&world->core, pair[1]);
    world->sms->clock = clock_fixed(&world->now_us);
    world->sms->settings.window = SMS_WINDOW_MAX;
    world->sms->settings.per_second = SETTINGS_PER_SECOND_MAX;
    memcpy(world->sms->settings.number, "1414", 5);
    dialed_init(&world->sms->link.dialed, NULL, DIAL_MESSAGE_CENTRE, NULL);
    world->sms->link.state = LINK_BOUND;
    world->sms->link.since_us = world->now_us;
}

static void world_done(struct world *world)
{
    dialed_done(&world->sms->link.dialed);
    pipe_done(&world->sms->core);
    pipe_done(&world->core);
    free(world->sms);
}

static void offer(struct world *world, uint64_t id, bool again, const char *text)
{
    const struct sending_message message = {.id = id,
                                            .again = again,
                                            .valid_s = 3600,
                                            .phone = VIEW_LITERAL(PHONE),
                                            .text = view_text(text)};
    struct frame frame = {0};
    size_t bytes = 0;
    BUF_AUTO buf;
    buf_init(&buf, 8192);
    size_t start = frame_start(&buf, FRAME_SMS_OUT);
    sending_put_message(&buf, &message);
    frame_finish(&buf, start, 1);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_ok(outgoing_take(world->sms, &frame));
    outgoing_turn(world->sms);
}

/* What the core is told; false: nothing. */
static bool told(struct world *world, struct sending_result *ret_result)
{
    struct frame frame;
    assert_ok(pipe_flush(&world->sms->core));
    outcome_ignore(pipe_fill(&world->core));
    if (!outcome_ok(pipe_next(&world->core, &frame))) {
        return false;
    }
    struct cursor cursor = cursor_of(frame.payload);
    assert_ok(sending_get_result(&cursor, ret_result));
    return true;
}

/* Submissions that wait on the link; the sequence of the last. */
static unsigned submitted(struct world *world, uint32_t *ret_sequence)
{
    struct buf *out = &world->sms->link.dialed.out;
    unsigned count = 0;
    while (out->len > 0) {
        struct smpp_header header;
        assert_ok(smpp_peek(buf_view(out), &header));
        assert_int_equal(header.command, SMPP_SUBMIT);
        *ret_sequence = header.sequence;
        buf_consume(out, header.bytes);
        count++;
    }
    return count;
}

static const char *two_parts(void)
{
    static char text[201];
    memset(text, 'a', 200);
    return text;
}

static void receipt(struct world *world, const char *phone, uint64_t id, unsigned part)
{
    const struct smpp_message message = {
        .source = view_text(phone),
        .receipted_id = VIEW_LITERAL("c-9"),
        .has_reference = true,
        .reference = (uint16_t)(id * SMS_PARTS_MAX + part),
        .has_state = true,
        .state = SMPP_STATE_DELIVERED,
    };
    outgoing_receipt(world->sms, &message);
}

static void a_message_is_accepted_when_each_of_its_parts_is(void **state)
{
    (void)state;
    struct world world;
    struct sending_result result;
    uint32_t last = 0;
    world_init(&world);
    offer(&world, 7, false, two_parts());
    assert_int_equal(submitted(&world, &last), 2);
    outgoing_answered(world.sms, last, SMPP_OK, VIEW_LITERAL("c-2"));
    assert_false(told(&world, &result));
    outgoing_answered(world.sms, last - 1, SMPP_OK, VIEW_LITERAL("c-1"));
    assert_true(told(&world, &result));
    assert_int_equal(result.saying, SENDING_ACCEPTED);
    assert_view(result.centre_id, "c-2");
    offer(&world, 7, true, two_parts()); /* the core has not heard: told again, not sent again */
    assert_int_equal(submitted(&world, &last), 0);
    assert_true(told(&world, &result));
    assert_view(result.centre_id, "c-2");
    world_done(&world);
}

static void a_message_of_which_a_part_is_refused_has_no_name_at_the_centre(void **state)
{
    (void)state;
    struct world world;
    struct sending_result result;
    uint32_t last = 0;
    world_init(&world);
    offer(&world, 7, false, two_parts());
    assert_int_equal(submitted(&world, &last), 2);
    outgoing_answered(world.sms, last, SMPP_OK, VIEW_LITERAL("c-2"));
    outgoing_answered(world.sms, last - 1, 0x0b, (struct view){0}); /* no such destination */
    assert_true(told(&world, &result));
    assert_int_equal(result.saying, SENDING_REFUSED);
    assert_int_equal(result.centre_id.len, 0);
    assert_int_equal(world.sms->outgoings.in_window, 0);
    offer(&world, 7, true, two_parts());
    assert_true(told(&world, &result));
    assert_true(result.saying == SENDING_REFUSED && result.centre_id.len == 0);
    offer(&world, 8, false, two_parts()); /* and one that is too old in the middle */
    assert_int_equal(submitted(&world, &last), 2);
    outgoing_answered(world.sms, last, SMPP_OK, VIEW_LITERAL("c-4"));
    outgoing_answered(world.sms, last - 1, SMPP_THROTTLED, (struct view){0});
    world.now_us += 3600 * INT64_C(1000000);
    outgoing_turn(world.sms);
    assert_true(told(&world, &result));
    assert_true(result.saying == SENDING_LATER && result.centre_id.len == 0);
    world_done(&world);
}

static void what_is_in_doubt_waits_for_its_own_receipt_and_is_sent_again_without(void **state)
{
    (void)state;
    struct world world;
    struct sending_result result;
    uint32_t last = 0;
    world_init(&world);
    offer(&world, 7, false, "hello");
    offer(&world, 7 + 65536 / SMS_PARTS_MAX, false, "the same reference");
    assert_int_equal(submitted(&world, &last), 2);
    outgoing_link_lost(world.sms);
    outgoing_turn(world.sms);
    assert_int_equal(submitted(&world, &last), 0);
    receipt(&world, "84950000002", 7, 0); /* another phone's, by chance of that reference */
    assert_true(told(&world, &result));   /* the core knows whose it is */
    assert_int_equal(result.id, 0);
    assert_false(told(&world, &result));
    world.now_us += SMS_RECEIPT_MS * INT64_C(1000);
    world.sms->link.brought_us = world.now_us; /* the centre still brings what it has */
    outgoing_turn(world.sms);
    assert_int_equal(submitted(&world, &last), 0);
    receipt(&world, PHONE, 7, 0);
    assert_true(told(&world, &result));
    assert_true(result.saying == SENDING_ACCEPTED && result.id == 7);
    world.now_us += SMS_RECEIPT_MS * INT64_C(1000);
    outgoing_turn(world.sms);
    assert_int_equal(submitted(&world, &last), 1); /* the other */
    world_done(&world);
}

static void a_receipt_before_the_response_says_that_the_centre_has_it(void **state)
{
    (void)state;
    struct world world;
    struct sending_result result;
    uint32_t last = 0;
    world_init(&world);
    offer(&world, 7, false, "hello");
    assert_int_equal(submitted(&world, &last), 1);
    receipt(&world, "0950000001", 7, 0);
    assert_true(told(&world, &result));
    assert_true(result.saying == SENDING_ACCEPTED && result.id == 7);
    outgoing_answered(world.sms, last, SMPP_OK, VIEW_LITERAL("c-9")); /* nobody's any more */
    outgoing_link_lost(world.sms);
    world.now_us += 10 * INT64_C(1000000);
    outgoing_turn(world.sms);
    assert_int_equal(submitted(&world, &last), 0);
    world_done(&world);
}

static void a_centre_that_is_full_is_left_alone_for_longer_and_longer(void **state)
{
    (void)state;
    struct world world;
    uint32_t last = 0;
    world_init(&world);
    offer(&world, 7, false, "hello");
    for (int64_t ms = SMS_HOLD_MS_MIN; ms <= 4 * SMS_HOLD_MS_MIN; ms *= 2) {
        assert_int_equal(submitted(&world, &last), 1);
        outgoing_answered(world.sms, last, SMPP_QUEUE_FULL, (struct view){0});
        world.now_us += ms * 1000 - 1;
        outgoing_turn(world.sms);
        assert_int_equal(submitted(&world, &last), 0);
        world.now_us += 1;
        outgoing_turn(world.sms);
    }
    world_done(&world);
}

static void a_text_with_accents_that_has_too_many_parts_goes_without(void **state)
{
    (void)state;
    struct world world;
    struct sending_result result;
    uint32_t last = 0;
    char text[OUTBOX_TEXT_BYTES_MAX + 1] = "\xc4\x91"; /* one letter of another alphabet */
    world_init(&world);
    world.sms->settings.accents = true;
    memset(text + 2, 'a', OUTBOX_TEXT_BYTES_MAX - 2);
    text[OUTBOX_TEXT_BYTES_MAX] = '\0';
    offer(&world, 7, false, text);
    assert_int_equal(submitted(&world, &last), 5);
    assert_false(told(&world, &result));
    world_done(&world);
}

static void a_link_moves_only_along_its_table(void **state)
{
    (void)state;
    /* Rows: state before; columns: dial, open, bind, leave, lose; 9 = refused. */
    static const int wanted[LINK_STATE_COUNT][LINK_EVENT_COUNT] = {
        [LINK_DOWN] = {LINK_DIALING, 9, 9, 9, LINK_DOWN},
        [LINK_DIALING] = {9, LINK_BINDING, 9, LINK_DOWN, LINK_DOWN},
        [LINK_BINDING] = {9, 9, LINK_BOUND, LINK_DOWN, LINK_DOWN},
        [LINK_BOUND] = {9, 9, 9, LINK_LEAVING, LINK_DOWN},
        [LINK_LEAVING] = {9, 9, 9, 9, LINK_DOWN},
    };
    for (unsigned from = 0; from < LINK_STATE_COUNT; from++) {
        for (unsigned event = 0; event < LINK_EVENT_COUNT; event++) {
            enum link_state next = LINK_STATE_COUNT;
            bool moved = link_state_next((enum link_state)from, (enum link_event)event, &next);
            assert_int_equal(moved, wanted[from][event] != 9);
            assert_true(!moved || (int)next == wanted[from][event]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_say_little_have_what_is_usual),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(settings_that_cannot_be_are_refused_with_their_place),
        cmocka_unit_test(a_command_is_known_in_any_case_and_with_or_without_accents),
        cmocka_unit_test(what_follows_a_command_is_cut_at_a_whole_character),
        cmocka_unit_test(
            what_the_centre_knows_of_is_written_anew_and_what_it_may_not_is_brought_again),
        cmocka_unit_test(a_link_that_ends_leaves_in_doubt_what_it_has_not_confirmed),
        cmocka_unit_test(before_the_process_began_everything_may_have_come),
        cmocka_unit_test(more_prints_than_places_cost_the_oldest_of_their_set),
        cmocka_unit_test(parts_are_put_together_in_their_order_however_they_come),
        cmocka_unit_test(a_part_that_contradicts_the_others_begins_anew),
        cmocka_unit_test(parts_that_wait_too_long_are_forgotten_and_the_oldest_makes_room),
        cmocka_unit_test(a_link_moves_only_along_its_table),
        cmocka_unit_test(a_message_is_accepted_when_each_of_its_parts_is),
        cmocka_unit_test(a_message_of_which_a_part_is_refused_has_no_name_at_the_centre),
        cmocka_unit_test(what_is_in_doubt_waits_for_its_own_receipt_and_is_sent_again_without),
        cmocka_unit_test(a_receipt_before_the_response_says_that_the_centre_has_it),
        cmocka_unit_test(a_centre_that_is_full_is_left_alone_for_longer_and_longer),
        cmocka_unit_test(a_text_with_accents_that_has_too_many_parts_goes_without),
    };
    return cmocka_run_group_tests_name("channel/sms", tests, NULL, NULL);
}
