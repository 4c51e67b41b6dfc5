/*
 * The core's side of the day's map: it orders one when it is due, keeps what the worker tells,
 * takes its root into the log, and believes nothing that is not whole.
 */
#include "home.h"

#include "core/loop.h"
#include "gate/work.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define MINUTE_US INT64_C(60000000)

static struct core core;
static struct child child;
static const struct proc_row row = {.name = "worker", .takes = FRAME_BIT(FRAME_MAP)};
static int64_t now_us;
static struct buf bytes; /* of the file that the worker has made */

static int set_up(void **state)
{
    struct house_ports ports = house_ports_system();
    int ends[2];
    now_us = clock_wall_us(&ports.clock);
    ports.clock = clock_fixed(&now_us);
    struct home *home = home_new(&ports);
    *state = home;
    child = (struct child){.settings.map_s = 1};
    child.grants[GRANT_HOME_DIR] = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    core = (struct core){.house = home->house, .child = &child};
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i].pipe.fd = -1;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    core.peers[0] = (struct peer){.row = &row};
    pipe_init(&core.peers[0].pipe, ends[0]);
    close(ends[1]); /* so that what it is told stays in the pipe */
    buf_init(&bytes, 1u << 20);
    keymaps_open(&core);
    return 0;
}

static int tear_down(void **state)
{
    keymaps_close(&core);
    pipe_done(&core.peers[0].pipe);
    close(child.grants[GRANT_HOME_DIR]);
    buf_done(&bytes);
    return home_teardown(state);
}

/* What the worker was told last; false: nothing. */
static bool told(struct keymapping *ret_said)
{
    struct frame frame;
    size_t len = 0;
    struct buf *out = &core.peers[0].pipe.out;
    core.peers[0].broken = false;
    if (out->len == 0) {
        return false;
    }
    assert_ok(frame_peek(buf_view(out), &frame, &len));
    assert_ok(keymapping_get(&frame, ret_said));
    assert_true(keymapping_of_core(ret_said));
    buf_reset(out);
    return true;
}

static bool ordered(struct keymapping *ret_order)
{
    now_us += 2 * US_PER_S;
    keymaps_keep(&core);
    return told(ret_order) && ret_order->saying == KEYMAPPING_ORDER;
}

static bool says(const struct keymapping *said)
{
    struct frame frame;
    size_t len = 0;
    bool good = false;
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    keymapping_put(&buf, said);
    assert_ok(frame_peek(buf_view(&buf), &frame, &len));
    assert_ok(keymaps_take(&core, &core.peers[0], &frame, &good));
    return good;
}

static void say_plain(enum keymapping_saying saying)
{
    const struct keymapping said = {.saying = saying};
    assert_true(says(&said));
}

static struct outcome put(void *context, struct view piece)
{
    (void)context;
    buf_put_view(&bytes, piece);
    return buf_check(&bytes);
}

#define PERSON 7

/* A map of that size, of nobody or of one person. */
static struct keymap_head make_of(uint64_t size, unsigned persons)
{
    const struct keymap_sink sink = {NULL, put};
    const struct random_port random = random_system();
    struct keymap_writer *writer = NULL;
    struct keymap_head head;
    struct tree tree = {.size = size};
    buf_reset(&bytes);
    assert_ok(keymap_writer_new(&core.keymaps.keys, &random, size, persons, &sink, &writer));
    if (persons > 0) {
        struct keymap_leaf leaf = {.count = 1};
        keymap_position(&core.keymaps.keys, PERSON, &leaf.position);
        assert_ok(keymap_writer_add(writer, &leaf));
    }
    assert_ok(keymap_writer_end(writer, (uint32_t)clock_day_vn(now_us), &tree, NULL, 0, &head));
    keymap_writer_free(writer);
    return head;
}

static struct keymap_head make(uint64_t size)
{
    return make_of(size, 0);
}

static void say_pieces(void)
{
    for (size_t at = 0; at < bytes.len; at += 300) {
        size_t left = bytes.len - at;
        const struct keymapping said = {
            .saying = KEYMAPPING_PIECE,
            .piece = view_part(buf_view(&bytes), at, left < 300 ? left : 300)};
        assert_true(says(&said));
    }
}

static void say_made(const struct keymap_head *head)
{
    const struct keymapping said = {.saying = KEYMAPPING_MADE, .head = *head};
    assert_true(says(&said));
}

static uint64_t log_size(void)
{
    return ledger_size(core.house->ledger);
}

static void take_one_of(unsigned persons)
{
    struct keymapping order;
    assert_true(ordered(&order));
    struct keymap_head head = make_of(order.size, persons);
    say_pieces();
    say_made(&head);
}

static void take_one(void)
{
    take_one_of(0);
}

static bool has_file(uint64_t index)
{
    char path[KEYMAP_PATH_BYTES_MAX];
    keymap_path(index, path);
    return faccessat(child.grants[GRANT_HOME_DIR], path, R_OK, 0) == 0;
}

/* ---- */

static void a_map_that_is_whole_is_recorded_and_gets_the_name_of_its_entry(void **state)
{
    (void)state;
    struct keymapping order;
    struct ledger_item item;
    struct record record;
    struct keymap_head read;
    uint64_t size = log_size();
    BUF_AUTO scratch;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    assert_true(ordered(&order));
    assert_int_equal(order.size, size);
    assert_true(order.from == KEYMAP_NONE);
    struct keymap_head head = make(size);
    say_pieces();
    assert_int_equal(log_size(), size); /* not before it is whole */
    say_made(&head);
    assert_int_equal(log_size(), size + 1);
    assert_ok(ledger_read(core.house->ledger, size, &scratch, &item));
    assert_ok(record_get_opening(item.opening, &record));
    assert_int_equal(record.kind, KIND_MAP);
    assert_ok(keymap_head_get(record.values[RECORD_REQUEST], &read));
    assert_memory_equal(read.root.bytes, head.root.bytes, SEAL_HASH_BYTES);
    assert_true(has_file(size));
    assert_false(ordered(&order)); /* there is nothing new */
}

static void the_next_one_goes_on_from_it_and_two_are_kept(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    uint64_t indexes[3];
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
        take_one();
        indexes[i] = core.keymaps.index;
        assert_int_equal(indexes[i], log_size() - 1);
    }
    struct keymapping order;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_true(ordered(&order));
    assert_true(order.from == indexes[2]);
    assert_true(has_file(indexes[2]) && has_file(indexes[1]) && !has_file(indexes[0]));
    keymaps_lost(&core);
}

static void what_is_not_the_map_that_was_ordered_is_not_recorded(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymapping order;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    uint64_t size = log_size();
    for (unsigned i = 0; i < 4; i++) {
        now_us += MINUTE_US;
        assert_true(ordered(&order));
        struct keymap_head head = make(i == 0 ? order.size - 1 : order.size);
        head.root.bytes[0] ^= i == 1 ? 1 : 0;
        head.persons += i == 2 ? 1 : 0;
        if (i == 3) {
            buf_cut(&bytes, bytes.len - 1);
        }
        say_pieces();
        say_made(&head);
        assert_int_equal(log_size(), size);
        assert_int_equal(core.keymaps.phase, KEYMAPS_IDLE);
    }
    now_us += MINUTE_US;
    take_one(); /* and the next one is taken */
    assert_int_equal(log_size(), size + 1);
}

static void a_part_gets_a_name_that_the_worker_is_told(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymapping said;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_true(ordered(&said));
    struct keymap_head head = make(said.size - 1);
    say_pieces();
    say_plain(KEYMAPPING_PART);
    struct keymapping named;
    assert_true(told(&named) && named.saying == KEYMAPPING_NAMED);
    assert_int_equal(faccessat(child.grants[GRANT_HOME_DIR], KEYMAP_PART, R_OK, 0), 0);
    head = make(said.size);
    say_pieces();
    say_made(&head);
    assert_int_equal(core.keymaps.index, log_size() - 1);
    assert_int_not_equal(faccessat(child.grants[GRANT_HOME_DIR], KEYMAP_PART, R_OK, 0), 0);
}

/* Whatever the worker goes on telling of it; the next one is whole again. */
static void one_that_is_too_long_is_not_kept(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymapping said;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    uint64_t size = log_size();
    assert_true(ordered(&said));
    struct keymap_head head = make(said.size);
    core.keymaps.written = KEYMAP_BYTES_MAX;
    say_pieces();
    assert_int_equal(core.keymaps.phase, KEYMAPS_SPOILT);
    say_plain(KEYMAPPING_PART);
    assert_true(told(&said) && said.saying == KEYMAPPING_NAMED); /* or it would wait for ever */
    say_made(&head);
    assert_int_equal(log_size(), size);
    now_us += MINUTE_US;
    take_one();
    assert_int_equal(log_size(), size + 1);
}

static void what_a_worker_that_is_gone_has_told_is_thrown_away(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymapping order;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_true(ordered(&order));
    make(order.size);
    say_pieces();
    keymaps_lost(&core);
    uint64_t size = log_size();
    struct keymap_head head = make(order.size);
    say_made(&head); /* of an order that nobody remembers */
    assert_int_equal(log_size(), size);
    take_one();
    assert_int_equal(log_size(), size + 1);
}

static void a_worker_that_fails_is_asked_again_later(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymapping order;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_true(ordered(&order));
    say_plain(KEYMAPPING_FAILED);
    assert_false(ordered(&order));
    now_us += MINUTE_US;
    take_one();
}

/* By days: the log's first one has to be over, and then the last map's. */
static void without_a_period_one_is_due_when_its_day_is_over(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymapping order;
    child.settings.map_s = 0;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_false(ordered(&order));
    now_us += DAY_US;
    assert_true(ordered(&order));
    now_us -= DAY_US; /* the log's day: nothing has come since midnight */
    struct keymap_head head = make(order.size);
    now_us += DAY_US;
    say_pieces();
    say_made(&head);
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_false(ordered(&order));
    keymaps_close(&core);
    core.keymaps = (struct keymaps){0};
    keymaps_open(&core);
    now_us += MINUTE_US;
    assert_false(ordered(&order)); /* nor after a start */
    child.settings.map_s = 1;
}

static struct outcome no_rename(void *context, int dir_fd, const char *from, const char *to)
{
    (void)context;
    (void)dir_fd;
    (void)from;
    (void)to;
    return outcome_fail(FAULT_IO, "rename");
}

/* Each has cost an entry of the log. */
static void one_whose_file_gets_no_name_is_made_once_more_that_day_and_not_at_once(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    const struct disk_port *disk = core.house->disk;
    struct disk_port failing = *disk;
    struct keymapping order;
    child.settings.map_s = 0;
    now_us = (clock_day_vn(now_us) + 1) * DAY_US + 300 * MINUTE_US; /* noon in Viet Nam */
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    uint64_t size = log_size();
    uint64_t index = core.keymaps.index;
    failing.rename = no_rename;
    core.house->disk = &failing;
    for (unsigned i = 1; i <= 2; i++) {
        take_one();
        assert_int_equal(log_size(), size + i);
        assert_int_equal(core.keymaps.index, index); /* the one before is still there */
        assert_false(ordered(&order));
        now_us += MINUTE_US;
    }
    assert_false(ordered(&order));
    core.house->disk = disk;
    assert_false(ordered(&order));
    now_us += DAY_US;
    take_one();
    assert_int_equal(core.keymaps.index, size + 2);
    assert_true(has_file(size + 2));
    child.settings.map_s = 1;
}

static void a_damaged_file_is_removed_at_start_and_the_one_before_it_is_used(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    uint64_t indexes[2];
    char command[128];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
        take_one();
        indexes[i] = core.keymaps.index;
    }
    keymaps_close(&core);
    snprintf(command, sizeof(command), "truncate -s -1 home/derived/map-%llu",
             (unsigned long long)indexes[1]);
    home_shell(home, command);
    keymaps_open(&core);
    assert_int_equal(core.keymaps.index, indexes[0]);
    assert_false(has_file(indexes[1]));
}

/* Of another kind of entry, or of a log that has been put back. */
static void a_file_that_the_log_has_not_taken_in_there_is_removed(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    char command[128];
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    take_one();
    uint64_t index = core.keymaps.index;
    const uint64_t others[] = {index + 1000, index - 1};
    for (unsigned i = 0; i < 2; i++) {
        keymaps_close(&core);
        snprintf(command, sizeof(command), "%s home/derived/map-%llu home/derived/map-%llu",
                 i == 0 ? "cp" : "mv", (unsigned long long)index, (unsigned long long)others[i]);
        home_shell(home, command);
        keymaps_open(&core);
        assert_false(has_file(others[i]));
        assert_true((core.keymaps.index == index) == (i == 0));
    }
}

/* What a statement is given; false: no path. */
static bool path_given(uint64_t person, struct keymap_path *ret_path)
{
    const struct gate_maps *maps = &core.house->gate->maps;
    struct keymap_head head;
    uint64_t index = 0;
    return maps->path(maps->context, person, &index, &head, ret_path) &&
           index == core.keymaps.index;
}

/* Who is not in it is told by the same leaf. */
static void
a_leaf_that_is_damaged_while_statements_are_made_ends_the_map_and_another_is_ordered(void **state)
{
    struct home *home = *state;
    const struct ask ask = home_ask();
    struct keymap_path path;
    struct keymapping order;
    char command[256];
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    take_one_of(1);
    uint64_t index = core.keymaps.index;
    assert_true(path_given(PERSON, &path));
    assert_int_equal(path.count, 1);
    assert_true(path_given(PERSON + 1, &path));
    assert_int_equal(path.count, 0);
    snprintf(command, sizeof(command),
             "printf x | dd of=home/derived/map-%llu bs=1 seek=20 conv=notrunc status=none",
             (unsigned long long)index); /* inside the one block of leaves, which is sealed */
    home_shell(home, command);
    assert_false(path_given(PERSON, &path));
    assert_null(core.keymaps.file);
    assert_false(has_file(index));
    assert_false(path_given(PERSON, &path)); /* and no other is damage anew */
    assert_true(ordered(&order));            /* the same day */
}

static void what_the_core_alone_says_or_nobody_is_refused(void **state)
{
    (void)state;
    const struct keymapping order = {.saying = KEYMAPPING_ORDER, .size = 1};
    const struct keymapping named = {.saying = KEYMAPPING_NAMED};
    const struct frame garbage = {.kind = FRAME_MAP, .count = 1, .payload = VIEW_LITERAL("\xff")};
    bool good = true;
    assert_false(says(&order));
    assert_false(says(&named));
    assert_ok(keymaps_take(&core, &core.peers[0], &garbage, &good));
    assert_false(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_that_is_whole_is_recorded_and_gets_the_name_of_its_entry),
        cmocka_unit_test(the_next_one_goes_on_from_it_and_two_are_kept),
        cmocka_unit_test(what_is_not_the_map_that_was_ordered_is_not_recorded),
        cmocka_unit_test(a_part_gets_a_name_that_the_worker_is_told),
        cmocka_unit_test(one_that_is_too_long_is_not_kept),
        cmocka_unit_test(what_a_worker_that_is_gone_has_told_is_thrown_away),
        cmocka_unit_test(a_worker_that_fails_is_asked_again_later),
        cmocka_unit_test(without_a_period_one_is_due_when_its_day_is_over),
        cmocka_unit_test(one_whose_file_gets_no_name_is_made_once_more_that_day_and_not_at_once),
        cmocka_unit_test(a_damaged_file_is_removed_at_start_and_the_one_before_it_is_used),
        cmocka_unit_test(a_file_that_the_log_has_not_taken_in_there_is_removed),
        cmocka_unit_test(
            a_leaf_that_is_damaged_while_statements_are_made_ends_the_map_and_another_is_ordered),
        cmocka_unit_test(what_the_core_alone_says_or_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
