/*
 * What the core says to the archive, and so to a desk that was taken: who may hand in a document
 * and who may have one, what an act may name, and what becomes of what nobody has signed for.
 */
#include "help.h"

#include "base/ceilings.h"
#include "core/loop.h"
#include "office/case.h"
#include "office/staff.h"
#include "office/unit.h"
#include "proc/archiving.h"

#include <stdio.h>
#include <sys/socket.h>

#define CASE VIEW_LITERAL("C06-2026-000001")
#define FACTS "{\"certificate\":\"%s\",\"signature\":\"whole\",\"signer\":\"CN=Nguyễn Văn An\"}"

/* Certificates' keys. */
enum key { LAN = 1, HOA, NOBODY };

static const struct proc_row row = {.name = "archive", .frames = FRAME_BIT(FRAME_ARCHIVED)};
static struct house house;
static struct core core = {.house = &house};
static struct written_case *case_;
static struct pipe_end archive;
static int64_t now_us;

static void add_officer(const char *code, enum key key, unsigned roles)
{
    struct officer *officer = memory_new(1, sizeof(*officer));
    assert_non_null(officer);
    assert_ok(code_set(&officer->code, view_text(code)));
    officer->version = 1;
    officer->roles = roles;
    memset(officer->spki, (int)key, sizeof(officer->spki));
    assert_ok(map_add(&house.directory.staff->officers, officer));
}

static void add_office_and_case(void)
{
    struct office_unit *unit = memory_new(1, sizeof(*unit));
    case_ = memory_new(1, sizeof(*case_));
    assert_true(unit != NULL && case_ != NULL);
    assert_ok(code_set(&unit->code, VIEW_LITERAL("C06")));
    unit->version = 1;
    unit->member_count = 1;
    assert_ok(code_set(&unit->members[0].officer, VIEW_LITERAL("LAN")));
    assert_ok(map_add(&house.directory.staff->units, unit));
    assert_ok(code_set(&case_->code, CASE));
    case_->version = 1;
    case_->unit = unit;
    assert_ok(map_add(&house.directory.staff->cases, case_));
}

static int start(void **state)
{
    int fds[2];
    (void)state;
    now_us = INT64_C(1790000000000000);
    house.clock = clock_fixed(&now_us);
    memset(&core.readings, 0, sizeof(core.readings));
    memset(&core.papers, 0, sizeof(core.papers));
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i] = (struct peer){.pipe.fd = -1};
    }
    directory_init(&house.directory);
    assert_ok(staff_new(&house.directory.staff));
    add_officer("LAN", LAN, ROLE_BIT(ROLE_INTAKE) | ROLE_BIT(ROLE_DECIDE));
    add_officer("HOA", HOA, ROLE_BIT(ROLE_AUDIT));
    add_office_and_case();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    core.peers[3].row = &row;
    pipe_init(&core.peers[3].pipe, fds[0]);
    pipe_init(&archive, fds[1]);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pipe_done(&core.peers[3].pipe);
    pipe_done(&archive);
    staff_free(house.directory.staff);
    house.directory.staff = NULL;
    directory_done(&house.directory);
    return 0;
}

/* ---- talking ---- */

/* The core's next order; false: there is none. */
static bool hear(struct archive_ordered *ret_ordered)
{
    struct frame frame;
    struct outcome filled = pipe_fill(&archive);
    assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
    if (!outcome_ok(pipe_next(&archive, &frame))) {
        return false;
    }
    assert_ok(archiving_get_ordered(&frame, ret_ordered));
    return true;
}

static bool say(const struct archive_told *told, struct archive_ordered *ret_ordered)
{
    struct frame frame;
    size_t bytes = 0;
    static struct buf buf;
    buf_done(&buf);
    buf_init(&buf, FRAME_BYTES_MAX);
    archiving_put_archived(&buf, told);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_true(papers_take(&core, &core.peers[3], &frame));
    bool heard = hear(ret_ordered);
    buf_done(&buf);
    return heard;
}

static enum code question(enum archived what, enum key key, struct view code, uint8_t hash)
{
    struct archive_told told = {.tag = 7, .saying = what, .code = code};
    struct archive_ordered ordered;
    memset(told.spki, (int)key, sizeof(told.spki));
    memset(told.hash, hash, sizeof(told.hash));
    assert_true(say(&told, &ordered));
    assert_int_equal(ordered.order, ARCHIVE_MAY);
    assert_int_equal(ordered.tag, 7);
    return ordered.code;
}

/* One that is loose; true: the core orders what becomes of it. */
static bool tell_held(uint8_t hash, int64_t put_us, const char *facts,
                      struct archive_ordered *ret_ordered)
{
    struct archive_told told = {.saying = ARCHIVED_HELD,
                                .code = CASE,
                                .type = FILE_TYPE_PNG,
                                .bytes = 1234,
                                .put_us = put_us,
                                .facts = view_text(facts)};
    memset(told.hash, hash, sizeof(told.hash));
    return say(&told, ret_ordered);
}

static void attach(uint8_t hash)
{
    memset(case_->documents[case_->document_count++].hash, hash, SEAL_HASH_BYTES);
}

static struct act act_of(uint8_t hash, char ret_hex[65])
{
    struct act act = {.kind = ACT_CASE_DOCUMENT};
    uint8_t bytes[SEAL_HASH_BYTES];
    memset(bytes, hash, sizeof(bytes));
    hex_write(ret_hex, view_of(bytes, sizeof(bytes)));
    ret_hex[64] = '\0';
    act_value_set(&act, "code", CASE);
    act_value_set(&act, "hash", view_text(ret_hex));
    act_value_set(&act, "type", VIEW_LITERAL("image/png"));
    act_value_set(&act, "bytes", VIEW_LITERAL("1234"));
    act_value_set(&act, "title", VIEW_LITERAL("Đơn"));
    return act;
}

/* ---- tests ---- */

static void an_officer_of_the_role_may_hand_in_while_the_case_takes_documents(void **state)
{
    (void)state;
    assert_int_equal(question(ARCHIVED_MAY_PUT, LAN, CASE, 0), CODE_DISCLOSED);
    assert_int_equal(question(ARCHIVED_MAY_PUT, HOA, CASE, 0), CODE_NOT_FOUND);
    assert_int_equal(question(ARCHIVED_MAY_PUT, NOBODY, CASE, 0), CODE_NOT_FOUND);
    assert_int_equal(question(ARCHIVED_MAY_PUT, LAN, VIEW_LITERAL("C06-2026-000002"), 0),
                     CODE_NOT_FOUND);
    case_->document_count = CASE_DOCUMENTS_MAX;
    assert_int_equal(question(ARCHIVED_MAY_PUT, LAN, CASE, 0), CODE_DOCUMENT_REFUSED);
    case_->document_count = 0;
    case_->state = CASE_CLOSED;
    assert_int_equal(question(ARCHIVED_MAY_PUT, LAN, CASE, 0), CODE_DOCUMENT_REFUSED);
    struct officer *lan = staff_officer(&house.directory, VIEW_LITERAL("LAN"));
    case_->state = CASE_RECEIVED;
    lan->state = OFFICER_LEFT;
    assert_int_equal(question(ARCHIVED_MAY_PUT, LAN, CASE, 0), CODE_NOT_FOUND);
}

static void
nobody_reads_without_a_recorded_act_and_then_what_the_case_has_for_ten_minutes(void **state)
{
    (void)state;
    attach(1);
    assert_int_equal(question(ARCHIVED_MAY_READ, LAN, CASE, 1), CODE_NOT_FOUND);
    readings_grant(&core, VIEW_LITERAL("LAN"), ACT_CASE_READ, CASE);
    assert_int_equal(question(ARCHIVED_MAY_READ, LAN, CASE, 1), CODE_DISCLOSED);
    assert_int_equal(question(ARCHIVED_MAY_READ, LAN, CASE, 2), CODE_NOT_FOUND);
    assert_int_equal(question(ARCHIVED_MAY_READ, HOA, CASE, 1), CODE_NOT_FOUND);
    assert_int_equal(question(ARCHIVED_MAY_READ, NOBODY, CASE, 1), CODE_NOT_FOUND);
    assert_int_equal(question(ARCHIVED_MAY_READ, LAN, VIEW_LITERAL("C06-2026-000002"), 1),
                     CODE_NOT_FOUND);
    now_us += CASE_FILE_READ_S * INT64_C(1000000);
    assert_int_equal(question(ARCHIVED_MAY_READ, LAN, CASE, 1), CODE_NOT_FOUND);
}

static void an_act_names_what_was_told_exactly(void **state)
{
    struct archive_ordered ordered;
    char hex[65];
    (void)state;
    struct act act = act_of(1, hex);
    assert_false(papers_have(&core, &act));
    assert_false(tell_held(1, now_us, "", &ordered));
    assert_true(papers_have(&core, &act));
    act_value_set(&act, "signature", VIEW_LITERAL("none"));
    assert_true(papers_have(&core, &act));
    act_value_set(&act, "signature", VIEW_LITERAL("whole"));
    assert_false(papers_have(&core, &act));
    act = act_of(1, hex);
    act_value_set(&act, "bytes", VIEW_LITERAL("1235"));
    assert_false(papers_have(&core, &act));
    act = act_of(1, hex);
    act_value_set(&act, "type", VIEW_LITERAL("image/jpeg"));
    assert_false(papers_have(&core, &act));
    act = act_of(1, hex);
    act_value_set(&act, "code", VIEW_LITERAL("C06-2026-000002"));
    assert_false(papers_have(&core, &act));
    act = act_of(2, hex);
    assert_false(papers_have(&core, &act));
    act_value_set(&act, "hash", VIEW_LITERAL("xyz"));
    assert_false(papers_have(&core, &act));
    papers_greet(&core, &core.peers[3]); /* another archive: it tells anew */
    act = act_of(1, hex);
    assert_false(papers_have(&core, &act));
}

static void the_facts_of_a_signature_are_the_ones_that_were_told(void **state)
{
    struct archive_ordered ordered;
    char hex[65];
    char facts[256];
    (void)state;
    struct act act = act_of(1, hex);
    snprintf(facts, sizeof(facts), FACTS, hex);
    assert_false(tell_held(1, now_us, facts, &ordered));
    assert_false(papers_have(&core, &act));
    act_value_set(&act, "signature", VIEW_LITERAL("whole"));
    act_value_set(&act, "signer", VIEW_LITERAL("CN=Nguyễn Văn An"));
    act_value_set(&act, "certificate", view_text(hex));
    assert_true(papers_have(&core, &act));
    act_value_set(&act, "signature", VIEW_LITERAL("trusted"));
    assert_false(papers_have(&core, &act));
    act_value_set(&act, "signature", VIEW_LITERAL("whole"));
    act_value_set(&act, "signer", VIEW_LITERAL("CN=Nguyễn Văn Anh"));
    assert_false(papers_have(&core, &act));
}

static void what_is_recorded_is_attached_now_or_when_it_is_told_again(void **state)
{
    struct archive_ordered ordered;
    char hex[65];
    (void)state;
    const struct act act = act_of(1, hex);
    assert_false(tell_held(1, now_us, "", &ordered));
    papers_settle(&core, &act); /* the act was refused, perhaps */
    assert_false(hear(&ordered));
    attach(1);
    papers_settle(&core, &act);
    assert_true(hear(&ordered));
    assert_int_equal(ordered.order, ARCHIVE_ATTACH);
    assert_true(view_equal(ordered.code_of_case, CASE));
    assert_int_equal(ordered.hash[31], 1);
    assert_true(tell_held(1, now_us, "", &ordered)); /* it did not come to it */
    assert_int_equal(ordered.order, ARCHIVE_ATTACH);
    assert_true(papers_have(&core, &act)); /* and the case's own answer is told */
    core.peers[3].broken = true;
    papers_settle(&core, &act);
    core.peers[3].broken = false;
    assert_false(hear(&ordered));
}

static void what_nobody_has_signed_for_within_a_day_goes(void **state)
{
    struct archive_ordered ordered;
    char hex[65];
    const int64_t day_us = ARCHIVE_LOOSE_S * INT64_C(1000000);
    (void)state;
    const struct act act = act_of(1, hex);
    assert_false(tell_held(1, now_us - day_us + 1, "", &ordered));
    assert_true(papers_have(&core, &act));
    assert_true(tell_held(1, now_us - day_us, "", &ordered));
    assert_int_equal(ordered.order, ARCHIVE_REMOVE);
    assert_int_equal(ordered.put_us, now_us - day_us); /* that one, and none put since */
    assert_int_equal(ordered.hash[0], 1);
    assert_false(papers_have(&core, &act));
}

static void what_no_act_will_name_goes_at_once_and_what_one_has_named_stays(void **state)
{
    struct archive_ordered ordered;
    char hex[65];
    (void)state;
    const struct act act = act_of(1, hex);
    uint8_t hash[SEAL_HASH_BYTES];
    assert_ok(hex_get(view_of(hex, 64), hash, sizeof(hash)));
    papers_drop(&core, CASE, hash); /* nothing is loose */
    assert_false(hear(&ordered));
    assert_false(tell_held(1, now_us, "", &ordered));
    core.peers[3].broken = true;
    papers_drop(&core, CASE, hash);
    core.peers[3].broken = false;
    assert_false(hear(&ordered));
    papers_drop(&core, CASE, hash);
    assert_true(hear(&ordered));
    assert_int_equal(ordered.order, ARCHIVE_REMOVE);
    assert_memory_equal(ordered.hash, hash, sizeof(hash));
    assert_false(papers_have(&core, &act));
    assert_false(tell_held(1, now_us, "", &ordered));
    attach(1);
    papers_drop(&core, CASE, hash);
    assert_false(hear(&ordered));
}

static void more_than_fit_are_not_taken_and_those_that_fit_stay(void **state)
{
    struct archive_ordered ordered;
    char hex[65];
    (void)state;
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        core.papers.places[i].used = true;
    }
    assert_false(tell_held(1, now_us, "", &ordered));
    const struct act act = act_of(1, hex);
    assert_false(papers_have(&core, &act));
    core.papers.places[5].used = false;
    assert_false(tell_held(1, now_us, "", &ordered));
    assert_true(papers_have(&core, &act));
}

static void a_letter_is_handed_over_whole_when_there_is_an_archive(void **state)
{
    static const uint8_t hash[SEAL_HASH_BYTES] = {9};
    struct archive_ordered ordered;
    (void)state;
    assert_true(papers_put(&core, CASE, hash, VIEW_LITERAL("%PDF-1.4")));
    assert_true(hear(&ordered));
    assert_int_equal(ordered.order, ARCHIVE_PUT);
    assert_view(ordered.piece, "%PDF-1.4");
    assert_memory_equal(ordered.hash, hash, sizeof(hash));
    core.peers[3].broken = true;
    assert_false(papers_put(&core, CASE, hash, VIEW_LITERAL("%PDF-1.4")));
}

static void what_does_not_decode_is_not_taken(void **state)
{
    struct frame frame = {.kind = FRAME_ARCHIVED, .count = 1};
    const struct archive_told failed = {.saying = ARCHIVED_FAILED, .code = CASE};
    struct archive_ordered ordered;
    (void)state;
    assert_false(papers_take(&core, &core.peers[3], &frame));
    assert_false(say(&failed, &ordered));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(an_officer_of_the_role_may_hand_in_while_the_case_takes_documents),
        TEST(nobody_reads_without_a_recorded_act_and_then_what_the_case_has_for_ten_minutes),
        TEST(an_act_names_what_was_told_exactly),
        TEST(the_facts_of_a_signature_are_the_ones_that_were_told),
        TEST(what_is_recorded_is_attached_now_or_when_it_is_told_again),
        TEST(what_nobody_has_signed_for_within_a_day_goes),
        TEST(what_no_act_will_name_goes_at_once_and_what_one_has_named_stays),
        TEST(more_than_fit_are_not_taken_and_those_that_fit_stay),
        TEST(a_letter_is_handed_over_whole_when_there_is_an_archive),
        TEST(what_does_not_decode_is_not_taken),
    };
    return cmocka_run_group_tests_name("core/papers", tests, NULL, NULL);
}
