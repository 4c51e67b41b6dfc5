/* What the worker makes of a log whose old openings are shredded: the same map as before, and a
 * search that says how much it cannot look into. */
#include "core/aged.h"

#include "worker/mapping.h"
#include "worker/search.h"

#define ASKS 240

static int64_t now_us;

static int set_up(void **state)
{
    *state = aged_new(&now_us);
    return 0;
}

static void read_keys(const struct home *home, struct scrub_keys *ret_keys)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int keys_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(scrub_keys_read(keys_fd, ret_keys));
    close(keys_fd);
}

static struct outcome put(void *context, struct view bytes)
{
    buf_put_view(context, bytes);
    return buf_check(context);
}

static struct outcome no_part(void *context, const char **ret_path)
{
    (void)context;
    (void)ret_path;
    return outcome_fail(FAULT_OVER_LIMIT, "few rows fit into one part");
}

static void no_step(void *context, uint64_t done)
{
    (void)context;
    (void)done;
}

/* From the log's first entry on. */
static struct keymap_head map_of(struct home *home, uint64_t until)
{
    struct scrub_keys keys;
    struct keymap_head head = {.size = 0};
    char why[256];
    BUF_AUTO bytes;
    buf_init(&bytes, 4u << 20);
    read_keys(home, &keys);
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct mapping_config config = {
        .home_fd = home_fd,
        .maps_fd = home_fd,
        .origin = HOME_ORIGIN,
        .keys = &keys,
        .clock = home->ports.clock,
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
        .rows_max = BATCH_ASKS_MAX * OPENING_PERSONS_MAX + 2 * ASKS,
        .put = put,
        .part = no_part,
        .step = no_step,
        .context = &bytes,
    };
    struct outcome outcome = mapping_run(&config, until, why, &head);
    close(home_fd);
    if (!outcome_ok(outcome)) {
        fail_msg("%s", why);
    }
    return head;
}

static void the_map_made_anew_from_what_is_kept_is_the_same(void **state)
{
    struct home *home = *state;
    aged_set_period(home);
    aged_ask(home, ASKS);
    uint64_t size = ledger_size(home->house->ledger);
    struct keymap_head before = map_of(home, size);
    assert_int_equal(before.persons, 1);
    aged_grow_old(home, &now_us);
    assert_true(aged_run(home) > 1);
    struct keymap_head after = map_of(home, size);
    assert_true(after.persons == before.persons && after.day == before.day);
    assert_memory_equal(after.root.bytes, before.root.bytes, SEAL_HASH_BYTES);
}

static void take_step(void *context, const struct search_found *found)
{
    (void)context;
    assert_true(found->forgotten <= found->of);
}

static struct search_found search_case(struct home *home, const char *until)
{
    struct act act = {.kind = ACT_RECORD_SEARCH};
    struct scrub_keys keys;
    struct search_found found;
    char why[SEARCH_WHY_BYTES_MAX + 1];
    BUF_AUTO order_bytes;
    BUF_AUTO items;
    BUF_AUTO summary;
    buf_init(&order_bytes, SEARCH_ORDER_BYTES_MAX);
    buf_init(&items, SEARCH_ITEMS_BYTES_MAX);
    buf_init(&summary, SEARCH_SUMMARY_BYTES_MAX);
    act_value_set(&act, "case", VIEW_LITERAL("HS-SECRET-1"));
    act_value_set(&act, "reason", VIEW_LITERAL("test"));
    act_value_set(&act, "until", view_text(until));
    act_put(&act, &order_bytes);
    read_keys(home, &keys);
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct search_config config = {.home = home->path,
                                         .home_fd = home_fd,
                                         .origin = HOME_ORIGIN,
                                         .keys = &keys,
                                         .clock = home->ports.clock,
                                         .random = random_system(),
                                         .segment_bytes = COMMIT_SEGMENT_BYTES,
                                         .step = take_step};
    const struct search_order order = {.index = ledger_size(home->house->ledger) - 1,
                                       .act = buf_view(&order_bytes)};
    search_run(&config, &order, &items, &summary, why, &found);
    close(home_fd);
    if (found.state != SEARCH_DONE) {
        fail_msg("%s", why);
    }
    return found;
}

static void a_search_tells_how_many_entries_it_cannot_look_into(void **state)
{
    struct home *home = *state;
    aged_set_period(home);
    aged_ask(home, ASKS);
    struct search_found before = search_case(home, "9999-12-31");
    assert_true(before.found == ASKS && before.forgotten == 0);
    aged_grow_old(home, &now_us);
    assert_true(aged_run(home) > 1);
    struct search_found after = search_case(home, "9999-12-31");
    assert_true(after.forgotten > 0 && after.found + after.forgotten == ASKS);
    assert_true(search_case(home, "2001-01-01").forgotten == 0); /* not of these days */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_map_made_anew_from_what_is_kept_is_the_same, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_search_tells_how_many_entries_it_cannot_look_into, set_up,
                                        home_teardown),
    };
    return cmocka_run_group_tests_name("worker/shredded", tests, NULL, NULL);
}
