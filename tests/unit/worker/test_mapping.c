/*
 * The keyed map over a real home, held against every opening of its log read one by one: the same
 * rows in the same order, however it was made.
 */
#include "core/home.h"

#include "gate/history_row.h"
#include "worker/mapping.h"

#include <fcntl.h>
#include <stdlib.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define ROWS_MAX 4096u
#define FEW_ROWS (BATCH_ASKS_MAX * OPENING_PERSONS_MAX + 3u) /* a part after some rows */
#define PEOPLE 6

static int64_t now_us = INT64_C(1790000000) * 1000000;

struct making {
    int home_fd;
    struct scrub_keys keys;
    struct keymap_keys map_keys;
    struct buf bytes;
    unsigned parts;
};

static struct outcome put(void *context, struct view bytes)
{
    struct making *making = context;
    buf_put_view(&making->bytes, bytes);
    return buf_check(&making->bytes);
}

static void name_file(struct making *making, const char *path)
{
    assert_ok(disk_replace(disk_system(), making->home_fd, path, KEYMAP_NEW, DISK_PRIVATE,
                           buf_view(&making->bytes), false));
    buf_reset(&making->bytes);
}

static struct outcome part(void *context, const char **ret_path)
{
    struct making *making = context;
    making->parts++;
    name_file(making, KEYMAP_PART);
    *ret_path = KEYMAP_PART;
    return OUTCOME_OK;
}

static void step(void *context, uint64_t done)
{
    (void)context;
    (void)done;
}

static void making_init(struct home *home, struct making *making)
{
    char path[96];
    *making = (struct making){0};
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int keys_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(scrub_keys_read(keys_fd, &making->keys));
    close(keys_fd);
    making->home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(making->home_fd >= 0);
    assert_ok(keymap_keys_make(&making->keys.index.identity, &making->map_keys));
    buf_init(&making->bytes, 4u << 20);
}

static void making_done(struct making *making)
{
    close(making->home_fd);
    buf_done(&making->bytes);
}

/* The map of all that there is, under a name of its own. */
static struct outcome make(struct home *home, struct making *making, size_t rows_max,
                           const char *from, const char *path, char why[256],
                           struct keymap_head *ret_head)
{
    const struct mapping_config config = {
        .home_fd = making->home_fd,
        .maps_fd = making->home_fd,
        .origin = HOME_ORIGIN,
        .keys = &making->keys,
        .clock = home->ports.clock,
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
        .rows_max = rows_max,
        .from = from,
        .put = put,
        .part = part,
        .step = step,
        .context = making,
    };
    buf_reset(&making->bytes);
    struct outcome outcome = mapping_run(&config, ledger_size(home->house->ledger), why, ret_head);
    if (outcome_ok(outcome)) {
        name_file(making, path);
    }
    return outcome;
}

static struct keymap_head made(struct home *home, struct making *making, size_t rows_max,
                               const char *from, const char *path)
{
    struct keymap_head head;
    char why[256];
    assert_ok(make(home, making, rows_max, from, path, why, &head));
    assert_int_equal(head.size, ledger_size(home->house->ledger));
    return head;
}

static void look_at(struct home *home, unsigned person)
{
    char id[13];
    struct ask ask = home_ask();
    snprintf(id, sizeof(id), "0790909%05u", 12345 + person);
    ask.key = view_text(id);
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
}

static void look_at_some(struct home *home, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        look_at(home, i * i % PEOPLE);
    }
}

/* ---- by every opening ---- */

struct one_row {
    uint64_t place;
    struct tree_hash leaf;
};

static int compare_rows(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

static void expected_of(struct home *home, uint64_t person, uint64_t *ret_count,
                        struct tree_hash *ret_chain)
{
    static struct one_row rows[ROWS_MAX];
    uint64_t size = ledger_size(home->house->ledger);
    uint32_t day = 0;
    unsigned count = 0;
    BUF_AUTO scratch;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    for (uint64_t index = 0; index < size; index++) {
        struct ledger_item item;
        struct record record;
        struct history_people people;
        assert_ok(ledger_read(home->house->ledger, index, &scratch, &item));
        assert_ok(record_get_opening(item.opening, &record));
        day = history_day(day, record.time_us);
        assert_ok(history_people(&record, &people));
        for (unsigned i = 0; i < people.count; i++) {
            if (people.persons[i] == person) {
                rows[count].place = history_place(day, people.until_day, index);
                tree_leaf(item.entry, &rows[count++].leaf);
            }
        }
    }
    qsort(rows, count, sizeof(rows[0]), compare_rows);
    *ret_count = 0;
    *ret_chain = (struct tree_hash){{0}};
    for (unsigned i = 0; i < count && rows[i].place < history_end(day, size); i++) {
        uint8_t text[64];
        memcpy(text, ret_chain->bytes, 32);
        memcpy(text + 32, rows[i].leaf.bytes, 32);
        seal_sha256(view_of(text, sizeof(text)), ret_chain->bytes);
        (*ret_count)++;
    }
}

static void assert_as_opened(struct home *home, struct making *making, const char *path)
{
    struct keymap_file *file = NULL;
    unsigned persons = 0;
    assert_ok(keymap_file_open(disk_system(), making->home_fd, path, &making->map_keys, &file));
    for (uint64_t person = 1; person <= HOME_PEOPLE; person++) {
        struct tree_hash position;
        struct keymap_path found;
        struct tree_hash chain;
        uint64_t count = 0;
        expected_of(home, person, &count, &chain);
        keymap_position(&making->map_keys, person, &position);
        assert_ok(keymap_file_path(file, &position, &found));
        assert_int_equal(found.count, count);
        assert_true(count == 0 || memcmp(found.chain.bytes, chain.bytes, 32) == 0);
        persons += count > 0 ? 1 : 0;
    }
    assert_int_equal(keymap_file_head(file)->persons, persons);
    keymap_file_close(file);
}

/* ---- */

static void assert_same(const struct keymap_head *a, const struct keymap_head *b)
{
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->day, b->day);
    assert_int_equal(a->persons, b->persons);
    assert_memory_equal(a->root.bytes, b->root.bytes, 32);
}

static void however_it_is_made_the_map_is_that_of_the_openings(void **state)
{
    struct home *home = *state;
    struct making making;
    making_init(home, &making);
    look_at_some(home, 20);
    made(home, &making, ROWS_MAX * 4, NULL, "derived/map-1");
    assert_as_opened(home, &making, "derived/map-1");
    look_at_some(home, 31);
    struct keymap_head on = made(home, &making, ROWS_MAX * 4, "derived/map-1", "derived/map-2");
    struct keymap_head whole = made(home, &making, ROWS_MAX * 4, NULL, "derived/map-3");
    struct keymap_head parts = made(home, &making, FEW_ROWS, NULL, "derived/map-4");
    assert_true(making.parts > 5);
    assert_same(&on, &whole);
    assert_same(&parts, &whole);
    assert_as_opened(home, &making, "derived/map-2");
    assert_as_opened(home, &making, "derived/map-4");
    making_done(&making);
}

static void a_sealed_row_joins_on_its_day_behind_what_was_seen_before(void **state)
{
    struct home *home = *state;
    struct making making;
    struct business *business =
        directory_business(&home->house->directory, VIEW_LITERAL("NV-SECRET-KYC"));
    int64_t today = clock_day_vn(now_us);
    making_init(home, &making);
    look_at(home, 1);
    business->sealed_until_day = today + 3;
    look_at(home, 1);
    look_at(home, 5);
    business->sealed_until_day = BUSINESS_UNSEALED;
    look_at(home, 1);
    made(home, &making, FEW_ROWS, NULL, "derived/map-5");
    assert_as_opened(home, &making, "derived/map-5");
    now_us += 2 * DAY_US;
    look_at(home, 1);
    made(home, &making, FEW_ROWS, "derived/map-5", "derived/map-6");
    assert_as_opened(home, &making, "derived/map-6");
    now_us += 2 * DAY_US;
    look_at(home, 2);
    look_at(home, 1);
    struct keymap_head on = made(home, &making, FEW_ROWS, "derived/map-6", "derived/map-7");
    struct keymap_head whole = made(home, &making, ROWS_MAX * 4, NULL, "derived/map-8");
    assert_same(&on, &whole);
    assert_as_opened(home, &making, "derived/map-7");
    assert_int_equal(on.day, today + 4);
    making_done(&making);
}

static void a_clock_that_goes_back_changes_no_order(void **state)
{
    struct home *home = *state;
    struct making making;
    making_init(home, &making);
    made(home, &making, ROWS_MAX * 4, NULL, "derived/map-9");
    now_us -= DAY_US;
    look_at_some(home, 5);
    now_us += DAY_US;
    look_at_some(home, 5);
    struct keymap_head on = made(home, &making, FEW_ROWS, "derived/map-9", "derived/map-10");
    struct keymap_head whole = made(home, &making, ROWS_MAX * 4, NULL, "derived/map-11");
    assert_same(&on, &whole);
    assert_as_opened(home, &making, "derived/map-10");
    making_done(&making);
}

static void what_it_cannot_go_on_from_is_refused(void **state)
{
    struct home *home = *state;
    struct making making;
    struct keymap_head head;
    char why[256];
    making_init(home, &making);
    assert_fault(make(home, &making, ROWS_MAX * 4, "derived/map-99", "derived/x", why, &head),
                 FAULT_NOT_FOUND);
    made(home, &making, ROWS_MAX * 4, NULL, "derived/map-12");
    home_shell(home, "truncate -s -1 home/derived/map-12");
    assert_fault(make(home, &making, ROWS_MAX * 4, "derived/map-12", "derived/x", why, &head),
                 FAULT_CORRUPT);
    assert_true(why[0] != '\0');
    making_done(&making);
}

static int set_up(void **state)
{
    struct house_ports ports = house_ports_system();
    ports.clock = clock_fixed(&now_us);
    *state = home_new(&ports);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_it_is_made_the_map_is_that_of_the_openings),
        cmocka_unit_test(a_sealed_row_joins_on_its_day_behind_what_was_seen_before),
        cmocka_unit_test(a_clock_that_goes_back_changes_no_order),
        cmocka_unit_test(what_it_cannot_go_on_from_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, home_teardown);
}
