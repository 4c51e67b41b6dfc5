/*
 * Statements over a real home: whole they verify, and with a row dropped, changed, swapped or
 * anybody else's they do not.
 */
#include "core/home.h"

#include "cli/statement.h"
#include "core/citizens.h"
#include "core/loop.h"
#include "gate/history_row.h"
#include "gate/statement.h"
#include "proc/owning.h"
#include "wire/canonical.h"
#include "worker/mapping.h"

#include <fcntl.h>
#include <sys/socket.h>

#define LINES_MAX 128u
#define LINES_BYTES_MAX (1u << 20)
#define AN 1 /* key of the first person of the home */

/* The lines of a statement, apart. */
struct lines {
    struct buf bytes;
    struct view list[LINES_MAX];
    unsigned count;
};

struct maker {
    struct scrub_keys keys;
    struct keymap_keys map_keys;
    int home_fd;
    struct buf bytes; /* of the map's file */
    struct keymap_head head;
    uint64_t index; /* of its entry */
};

/* ---- a map ---- */

static struct outcome put(void *context, struct view bytes)
{
    struct maker *maker = context;
    buf_put_view(&maker->bytes, bytes);
    return buf_check(&maker->bytes);
}

static struct outcome part(void *context, const char **ret_path)
{
    (void)context;
    (void)ret_path;
    fail_msg("one part is enough");
    return OUTCOME_OK;
}

static void step(void *context, uint64_t done)
{
    (void)context;
    (void)done;
}

static void maker_init(struct home *home, struct maker *maker)
{
    char path[96];
    *maker = (struct maker){0};
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int keys_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(scrub_keys_read(keys_fd, &maker->keys));
    close(keys_fd);
    maker->home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(keymap_keys_make(&maker->keys.index.identity, &maker->map_keys));
    buf_init(&maker->bytes, 1u << 20);
}

static void maker_done(struct maker *maker)
{
    close(maker->home_fd);
    buf_done(&maker->bytes);
}

/* Made and taken into the log, as the core does it. */
static void take_map(struct home *home, struct maker *maker)
{
    const struct mapping_config config = {
        .home_fd = maker->home_fd,
        .maps_fd = maker->home_fd,
        .origin = HOME_ORIGIN,
        .keys = &maker->keys,
        .clock = home->ports.clock,
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
        .rows_max = 16384,
        .put = put,
        .part = part,
        .step = step,
        .context = maker,
    };
    struct record record = {.kind = KIND_MAP,
                            .outcome = VIEW_LITERAL("taken"),
                            .class = RECORD_WORD_NULL,
                            .channel = RECORD_WORD_NULL,
                            .service = RECORD_WORD_NULL};
    char why[256];
    BUF_AUTO value;
    buf_init(&value, 512);
    buf_reset(&maker->bytes);
    assert_ok(mapping_run(&config, ledger_size(home->house->ledger), why, &maker->head));
    assert_ok(disk_replace(disk_system(), maker->home_fd, KEYMAP_PART, KEYMAP_NEW, DISK_PRIVATE,
                           buf_view(&maker->bytes), false));
    keymap_head_put(&maker->head, &value);
    record.values[RECORD_REQUEST] = buf_view(&value);
    assert_ok(gate_record(home->house->gate, &record, &maker->index));
}

/* ---- a statement ---- */

static void reread(struct home *home, uint64_t index, struct buf *scratch,
                   struct ledger_receipt *ret_receipt, struct record *ret_record)
{
    assert_ok(ledger_reread(home->house->ledger, index, scratch, ret_receipt));
    assert_ok(record_get_opening(ret_receipt->item.opening, ret_record));
}

static void put_head(struct home *home, struct maker *maker, uint64_t person, struct buf *bytes)
{
    struct ledger_receipt receipt;
    struct record record;
    struct keymap_file *file = NULL;
    struct tree_hash position;
    struct keymap_path path;
    BUF_AUTO scratch;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    reread(home, maker->index, &scratch, &receipt, &record);
    assert_ok(
        keymap_file_open(disk_system(), maker->home_fd, KEYMAP_PART, &maker->map_keys, &file));
    keymap_position(&maker->map_keys, person, &position);
    assert_ok(keymap_file_path(file, &position, &path));
    keymap_file_close(file);
    const struct statement_map map = {&record, maker->index, &receipt, &path};
    assert_ok(statement_put_head(person, &map, bytes));
    buf_put_u8(bytes, '\n');
}

/* All rows of a person in a log without sealed look-ups, where places are in the order of indexes.
 */
static void put_rows(struct home *home, const struct maker *maker, uint64_t person,
                     struct buf *bytes)
{
    uint64_t size = ledger_size(home->house->ledger);
    uint64_t counts[2] = {0, 0};
    BUF_AUTO scratch;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    for (uint64_t index = size; index-- > 0;) {
        struct ledger_receipt receipt;
        struct record record;
        struct history_people people;
        bool since = maker == NULL || index >= maker->head.size;
        reread(home, index, &scratch, &receipt, &record);
        assert_ok(history_people(&record, &people));
        for (unsigned i = 0; i < people.count; i++) {
            if (people.persons[i] == person) {
                assert_ok(statement_put_row(&record, index, &receipt, person, since, bytes));
                buf_put_u8(bytes, '\n');
                counts[since ? 1 : 0]++;
            }
        }
    }
    assert_ok(statement_put_end(counts[0], counts[1], bytes));
    buf_put_u8(bytes, '\n');
}

static void split(struct lines *lines)
{
    struct cursor cursor = cursor_of(buf_view(&lines->bytes));
    lines->count = 0;
    while (cursor_left(&cursor) > 0) {
        assert_true(lines->count < LINES_MAX);
        lines->list[lines->count++] = cursor_until(&cursor, '\n');
    }
}

static void state(struct home *home, struct maker *maker, uint64_t person, struct lines *lines)
{
    buf_done(&lines->bytes);
    buf_init(&lines->bytes, LINES_BYTES_MAX);
    if (maker != NULL) {
        put_head(home, maker, person, &lines->bytes);
    } else {
        assert_ok(statement_put_head(person, NULL, &lines->bytes));
        buf_put_u8(&lines->bytes, '\n');
    }
    put_rows(home, maker, person, &lines->bytes);
    split(lines);
}

/* `as_of` 0: whatever its day. */
static struct outcome verify_day(struct home *home, const struct lines *lines, int64_t as_of,
                                 struct statement_report *report)
{
    struct statement_check *check = NULL;
    struct outcome outcome = OUTCOME_OK;
    assert_ok(statement_check_new(buf_view(&home->vkey), report, &check));
    for (unsigned i = 0; i < lines->count && outcome_ok(outcome); i++) {
        outcome = statement_check_line(check, lines->list[i]);
    }
    if (outcome_ok(outcome)) {
        outcome = statement_check_end(check);
    }
    if (outcome_ok(outcome) && as_of != 0) {
        outcome = statement_check_day(check, as_of);
    }
    statement_check_free(check);
    return outcome;
}

static struct outcome verify(struct home *home, const struct lines *lines,
                             struct statement_report *report)
{
    return verify_day(home, lines, 0, report);
}

static void refused(struct home *home, const struct lines *lines, const char *why)
{
    struct statement_report report;
    assert_fault(verify(home, lines, &report), FAULT_CORRUPT);
    if (strstr(report.why, why) == NULL) {
        fail_msg("\"%s\" is not \"%s\"", report.why, why);
    }
}

static void look_at(struct home *home, unsigned person)
{
    char id[13];
    struct ask ask = home_ask();
    snprintf(id, sizeof(id), "0790909%05u", 12345 + person);
    ask.key = view_text(id);
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
}

/* Four rows of An in the map, two since. */
static void prepared(struct home *home, struct maker *maker, struct lines *lines)
{
    maker_init(home, maker);
    for (unsigned i = 0; i < 4; i++) {
        look_at(home, 0);
        look_at(home, 1 + i);
    }
    take_map(home, maker);
    look_at(home, 0);
    look_at(home, 0);
    *lines = (struct lines){0};
    state(home, maker, AN, lines);
}

static void done(struct maker *maker, struct lines *lines)
{
    maker_done(maker);
    buf_done(&lines->bytes);
}

/* ---- */

static void before_there_is_a_map_a_statement_says_so(void **state_)
{
    struct home *home = *state_;
    struct statement_report report;
    struct lines lines = {0};
    look_at(home, 0);
    state(home, NULL, AN, &lines);
    assert_ok(verify(home, &lines, &report));
    assert_true(!report.map && report.rows == 0 && report.since > 0);
    buf_done(&lines.bytes);
}

static void a_whole_statement_verifies(void **state_)
{
    struct home *home = *state_;
    struct statement_report report;
    struct maker maker;
    struct lines lines;
    prepared(home, &maker, &lines);
    assert_ok(verify(home, &lines, &report));
    assert_true(report.map && report.rows >= 4);
    assert_int_equal(report.since, 2);
    assert_int_equal(report.size, maker.head.size);
    done(&maker, &lines);
}

static void a_map_from_before_the_day_before_or_none_is_too_old(void **state_)
{
    struct home *home = *state_;
    struct statement_report report;
    struct maker maker;
    struct lines lines;
    struct lines unmapped = {0};
    prepared(home, &maker, &lines);
    int64_t day = maker.head.day;
    assert_ok(verify_day(home, &lines, day, &report));
    assert_int_equal(report.day, day);
    assert_ok(verify_day(home, &lines, day + 1, &report));
    assert_fault(verify_day(home, &lines, day + 2, &report), FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "the day before"));
    state(home, NULL, AN, &unmapped);
    assert_ok(verify(home, &unmapped, &report));
    assert_fault(verify_day(home, &unmapped, day, &report), FAULT_CORRUPT);
    buf_done(&unmapped.bytes);
    done(&maker, &lines);
}

static void drop(struct lines *lines, unsigned at)
{
    memmove(&lines->list[at], &lines->list[at + 1],
            (lines->count - at - 1) * sizeof(lines->list[0]));
    lines->count--;
}

static void any_row_that_is_dropped_is_missed(void **state_)
{
    struct home *home = *state_;
    struct maker maker;
    struct lines lines;
    prepared(home, &maker, &lines);
    for (unsigned at = 3; at + 1 < lines.count; at += 1 + at / 6) {
        split(&lines);
        drop(&lines, at);
        refused(home, &lines, "not all those of the map");
    }
    split(&lines);
    drop(&lines, 1); /* since the map: its end tells */
    refused(home, &lines, "counts other rows");
    split(&lines);
    drop(&lines, lines.count - 1);
    refused(home, &lines, "cut short");
    split(&lines);
    drop(&lines, 0);
    refused(home, &lines, "");
    done(&maker, &lines);
}

static void rows_that_change_places_or_stand_twice_are_refused(void **state_)
{
    struct home *home = *state_;
    struct maker maker;
    struct lines lines;
    prepared(home, &maker, &lines);
    struct view first = lines.list[3];
    lines.list[3] = lines.list[4];
    lines.list[4] = first;
    refused(home, &lines, "not all those of the map");
    split(&lines);
    lines.list[4] = lines.list[3];
    refused(home, &lines, "not all those of the map");
    split(&lines);
    lines.list[2] = lines.list[1];
    refused(home, &lines, "stands twice");
    done(&maker, &lines);
}

static void another_persons_rows_and_map_are_refused(void **state_)
{
    struct home *home = *state_;
    struct maker maker;
    struct lines lines;
    struct lines other = {0};
    prepared(home, &maker, &lines);
    state(home, &maker, AN + 1, &other);
    lines.list[1] = other.list[1];
    refused(home, &lines, "another person");
    split(&lines);
    lines.list[0] = other.list[0];
    refused(home, &lines, "another person");
    buf_done(&other.bytes);
    done(&maker, &lines);
}

static void who_has_no_row_is_proved_to_have_none(void **state_)
{
    struct home *home = *state_;
    struct statement_report report;
    struct maker maker;
    struct lines lines;
    prepared(home, &maker, &lines);
    state(home, &maker, HOME_PEOPLE, &lines); /* whom nobody has asked about */
    assert_ok(verify(home, &lines, &report));
    assert_true(report.map && report.rows == 0 && report.since == 0);
    done(&maker, &lines);
}

/* Some of all characters: there is none that does not matter. */
static void no_changed_character_is_taken(void **state_)
{
    struct home *home = *state_;
    struct maker maker;
    struct lines lines;
    struct statement_report report;
    prepared(home, &maker, &lines);
    size_t end = lines.bytes.len;
    for (size_t at = 0; at < end; at += end / 40 + 1) {
        uint8_t *byte = &lines.bytes.data[at];
        if (*byte != '\n') {
            uint8_t was = *byte;
            *byte = was == 'A' ? 'B' : 'A';
            assert_fault(verify(home, &lines, &report), FAULT_CORRUPT);
            *byte = was;
        }
    }
    assert_ok(verify(home, &lines, &report));
    done(&maker, &lines);
}

/* Where no map can be read, or a look was sealed for longer than openings are kept. */
static void a_row_since_whose_opening_is_gone_is_taken_and_counted_apart(void **state_)
{
    struct home *home = *state_;
    struct statement_report report;
    struct maker maker;
    struct lines lines;
    BUF_AUTO bare;
    prepared(home, &maker, &lines);
    buf_init(&bare, LINES_BYTES_MAX);
    struct view line = lines.list[1];
    size_t from = view_search(line, 0, VIEW_LITERAL("\"opening\":[")) + strlen("\"opening\":[");
    size_t until = view_search(line, from, VIEW_LITERAL("],\"receipt\""));
    buf_put_view(&bare, view_part(line, 0, from));
    buf_put_view(&bare, view_part(line, until, line.len - until));
    lines.list[1] = buf_view(&bare);
    assert_ok(verify(home, &lines, &report));
    assert_int_equal(report.since, 2);
    assert_int_equal(report.unproved, 1);
    assert_int_equal(report.forgotten, 0);
    done(&maker, &lines);
}

static void another_logs_key_takes_nothing(void **state_)
{
    struct home *home = *state_;
    struct maker maker;
    struct lines lines;
    prepared(home, &maker, &lines);
    struct house_keys other = home->keys;
    other.sign.bytes[0] ^= 1;
    buf_reset(&home->vkey);
    assert_ok(house_vkey(&other, HOME_ORIGIN, &home->vkey));
    refused(home, &lines, "");
    buf_reset(&home->vkey);
    assert_ok(house_vkey(&home->keys, HOME_ORIGIN, &home->vkey));
    done(&maker, &lines);
}

/* ---- over a session ---- */

static struct core core;
static struct peer peer;

static bool path_of(void *context, uint64_t person, uint64_t *ret_index,
                    struct keymap_head *ret_head, struct keymap_path *ret_path)
{
    struct maker *maker = context;
    struct keymap_file *file = NULL;
    struct tree_hash position;
    assert_ok(
        keymap_file_open(disk_system(), maker->home_fd, KEYMAP_PART, &maker->map_keys, &file));
    keymap_position(&maker->map_keys, person, &position);
    assert_ok(keymap_file_path(file, &position, ret_path));
    keymap_file_close(file);
    *ret_index = maker->index;
    *ret_head = maker->head;
    return true;
}

static void session_begin(struct home *home, struct maker *maker)
{
    const struct gate_maps maps = {maker, path_of};
    int ends[2];
    struct account *account = directory_account(&home->house->directory, VIEW_LITERAL("bank-1"));
    account->channel = CHANNEL_NATIONAL_PORTAL;
    core = (struct core){.house = home->house};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    peer = (struct peer){0};
    pipe_init(&peer.pipe, ends[0]);
    close(ends[1]);
    gate_maps_set(home->house->gate, &maps);
}

static void session_end(struct home *home)
{
    const struct gate_maps none = {0};
    directory_account(&home->house->directory, VIEW_LITERAL("bank-1"))->channel = CHANNEL_GUIDED;
    gate_maps_set(home->house->gate, &none);
    histories_done(&core.histories);
    pipe_done(&peer.pipe);
}

#define TOKEN "00000000000000000000000000000000" /* of no statement */

/* What the verb is answered; `ret_json` borrows from the pipe. */
static enum code ask_part(const char *citizen, const char *body, struct view *ret_json)
{
    const struct own_call call = {.asker = {.channel = CHANNEL_NATIONAL_PORTAL,
                                            .citizen = view_text(citizen),
                                            .account = VIEW_LITERAL("bank-1")},
                                  .body = view_text(body),
                                  .peer = &peer,
                                  .tag = 9};
    static struct own_told told;
    static struct answer answer;
    struct own_reply reply;
    struct frame frame;
    size_t bytes = 0;
    own_reply_init(&reply);
    buf_reset(&peer.pipe.out);
    peer.broken = false; /* nobody reads at its other end */
    assert_ok(citizens_do(&core, VIEW_LITERAL("statement"), &call, &reply));
    enum code code = reply.code;
    bool later = reply.later;
    own_reply_done(&reply);
    for (unsigned turns = 0; later && peer.pipe.out.len == 0; turns++) {
        assert_true(turns < 1000);
        assert_ok(histories_keep(&core));
    }
    if (!later) {
        return code;
    }
    assert_ok(frame_peek(buf_view(&peer.pipe.out), &frame, &bytes));
    assert_ok(owning_get_told(&frame, &told, &answer));
    *ret_json = told.answer != NULL ? told.answer->person : told.json;
    return told.code;
}

static void take_lines(struct view json, struct buf *lines)
{
    struct view list = canonical_member(json, "lines");
    struct view line = {0};
    size_t at = 0;
    assert_true(canonical_valid(json, 16));
    while (canonical_next_item(list, &at, &line)) {
        buf_put_view(lines, line);
        buf_put_u8(lines, '\n');
    }
}

/* The whole statement, as a client collects it; how many parts it had. */
static unsigned collect(const char *citizen, struct lines *lines)
{
    char body[128] = "{}";
    unsigned parts = 0;
    buf_done(&lines->bytes);
    buf_init(&lines->bytes, LINES_BYTES_MAX);
    for (struct view next = {0}; parts == 0 || next.len == 2 + STATEMENT_NEXT_CHARS; parts++) {
        struct view json = {0};
        assert_int_equal(ask_part(citizen, body, &json), CODE_DISCLOSED);
        take_lines(json, &lines->bytes);
        next = canonical_member(json, "next");
        snprintf(body, sizeof(body), "{\"next\":%.*s}", (int)next.len, (const char *)next.data);
    }
    split(lines);
    return parts;
}

static void a_citizen_is_given_his_statement_part_by_part_and_it_is_recorded_once(void **state_)
{
    struct home *home = *state_;
    struct statement_report report;
    struct maker maker;
    struct lines lines;
    prepared(home, &maker, &lines);
    unsigned rows = lines.count;
    session_begin(home, &maker);
    uint64_t size = ledger_size(home->house->ledger);
    assert_true(collect(HOME_AN, &lines) >= 2);
    assert_int_equal(ledger_size(home->house->ledger), size + 1);
    assert_int_equal(lines.count, rows);
    assert_ok(verify(home, &lines, &report));
    assert_true(report.map && report.since == 2);
    session_end(home);
    done(&maker, &lines);
}

static void parts_are_for_whom_they_were_opened_and_for_nobody_else(void **state_)
{
    struct home *home = *state_;
    struct maker maker;
    struct lines lines;
    struct view json = {0};
    prepared(home, &maker, &lines);
    session_begin(home, &maker);
    assert_int_equal(ask_part("079090912346", "{\"next\":\"" TOKEN "ffffffffffffffff\"}", &json),
                     CODE_NOT_FOUND);
    collect(HOME_AN, &lines);
    assert_int_equal(ask_part(HOME_AN, "{\"next\":\"" TOKEN "ffffffffffffffff\"}", &json),
                     CODE_NOT_FOUND);
    assert_int_equal(ask_part("079090912346", "{\"next\":\"" TOKEN "0000000000000009\"}", &json),
                     CODE_NOT_FOUND);
    assert_int_equal(ask_part(HOME_AN, "{\"next\":\"9\"}", &json), CODE_BAD_REQUEST);
    assert_int_equal(ask_part(HOME_AN, "{\"next\":9}", &json), CODE_BAD_REQUEST);
    assert_int_equal(ask_part("079090912346", "{\"id\":\"" HOME_AN "\"}", &json),
                     CODE_OWN_DATA_ONLY);
    session_end(home);
    done(&maker, &lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_there_is_a_map_a_statement_says_so),
        cmocka_unit_test(a_whole_statement_verifies),
        cmocka_unit_test(a_map_from_before_the_day_before_or_none_is_too_old),
        cmocka_unit_test(any_row_that_is_dropped_is_missed),
        cmocka_unit_test(rows_that_change_places_or_stand_twice_are_refused),
        cmocka_unit_test(another_persons_rows_and_map_are_refused),
        cmocka_unit_test(who_has_no_row_is_proved_to_have_none),
        cmocka_unit_test(no_changed_character_is_taken),
        cmocka_unit_test(a_row_since_whose_opening_is_gone_is_taken_and_counted_apart),
        cmocka_unit_test(another_logs_key_takes_nothing),
        cmocka_unit_test(a_citizen_is_given_his_statement_part_by_part_and_it_is_recorded_once),
        cmocka_unit_test(parts_are_for_whom_they_were_opened_and_for_nobody_else),
    };
    return cmocka_run_group_tests(tests, home_setup, home_teardown);
}
