/* Figures of a log that the test writes itself: counted right, or not told at all. */
#include "help.h"

#include "cli/figures.h"
#include "tlog/note.h"
#include "tlog/tiles.h"
#include "tlog/tlog.h"

#define ORIGIN "localhost/figures"
#define ENTRIES_MAX 600
#define TEXT_BYTES_MAX (1u << 20)

struct log {
    struct signer *signer;
    struct note_key key;
    char vkey[256];
    const char *times[ENTRIES_MAX]; /* `t` of each entry; "" = an entry that is none */
    unsigned size;                  /* that the checkpoint tells */
    unsigned written;               /* entries that are there: size or more */
    unsigned lost;                  /* so many asks for a partial bundle find none */
    unsigned grown_by;              /* entries that the next checkpoint has more */
    const char *changed;            /* another `t` for entry 0 in the bundle alone */
    bool wrong_key;
    bool short_bundle;
    struct outcome failing; /* of every bundle */
};

static void log_start(struct log *log)
{
    struct secret seed = {{7}};
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES];
    BUF_AUTO vkey;
    *log = (struct log){0};
    assert_ok(signer_new(&seed, &log->signer));
    signer_public(log->signer, public_key);
    assert_ok(note_key_make(ORIGIN, public_key, &log->key));
    buf_init(&vkey, sizeof(log->vkey));
    vkey_put(&vkey, ORIGIN, public_key);
    snprintf(log->vkey, sizeof(log->vkey), "%.*s", (int)vkey.len, (const char *)vkey.data);
}

static void log_add(struct log *log, const char *time, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        log->times[log->written++] = time;
    }
    log->size = log->written;
}

static void put_entry(const char *time, unsigned index, struct buf *buf)
{
    bool act = index % 3 == 0;
    if (time[0] == '\0') {
        buf_put_text(buf, "{}");
        return;
    }
    buf_printf(buf,
               "{\"_sd\":[\"%u\"],\"channel\":%s,\"class\":%s,\"kind\":\"%s\",\"outcome\":\"%s\","
               "\"policy\":\"00\",\"service\":%s,\"t\":\"%s\",\"v\":1}",
               index, act ? "null" : "\"guided\"", act ? "null" : "\"state\"",
               act ? "act" : "disclosure", act ? "party.add" : "disclosed",
               act ? "null" : "\"citizen.lookup\"", time);
}

static void put_checkpoint(struct log *log, struct buf *ret_note)
{
    struct tree tree = {0};
    struct checkpoint checkpoint;
    for (unsigned i = 0; i < log->size; i++) {
        struct tree_hash leaf;
        BUF_AUTO entry;
        buf_init(&entry, ENTRY_BYTES_MAX);
        put_entry(log->times[i], i, &entry);
        tree_leaf(buf_view(&entry), &leaf);
        tree_append(&tree, &leaf);
    }
    checkpoint.size = log->size;
    tree_root(&tree, &checkpoint.root);
    assert_ok(checkpoint_sign(&log->key, log->signer, &checkpoint, ret_note));
}

static struct outcome put_bundle(struct log *log, const struct tile_id *id, struct buf *ret_bytes)
{
    unsigned first = (unsigned)id->number * TILE_WIDTH;
    unsigned count = log->short_bundle ? id->width - 1 : id->width;
    if (first + id->width > log->written) {
        return outcome_fail(FAULT_NOT_FOUND, "no such bundle");
    }
    for (unsigned i = first; i < first + count; i++) {
        BUF_AUTO entry;
        buf_init(&entry, ENTRY_BYTES_MAX);
        put_entry(i == 0 && log->changed != NULL ? log->changed : log->times[i], i, &entry);
        buf_put_block16(ret_bytes, buf_view(&entry));
    }
    return OUTCOME_OK;
}

static struct outcome fetch(void *context, const char *path, struct buf *ret_bytes)
{
    struct log *log = context;
    struct tile_id id;
    if (strcmp(path, "checkpoint") == 0) {
        put_checkpoint(log, ret_bytes);
        return buf_check(ret_bytes);
    }
    assert_ok(tile_path_get(view_text(path), &id));
    assert_int_equal(id.kind, TILE_KIND_ENTRIES);
    TRY(log->failing);
    if (id.width < TILE_WIDTH && log->lost > 0) {
        log->lost--;
        log->size += log->grown_by;
        return outcome_fail(FAULT_NOT_FOUND, "removed");
    }
    return put_bundle(log, &id, ret_bytes);
}

static struct outcome counted(struct log *log, const char *month, struct buf *ret_json, char *why)
{
    const struct figures_source source = {.context = log, .fetch = fetch};
    struct figures figures;
    if (log->wrong_key) {
        log->key.key[0] ^= 1;
        snprintf(log->vkey, sizeof(log->vkey), "%s", "localhost/figures+00000000+AAAA");
    }
    TRY(figures_count(&source, view_text(log->vkey), view_text(month), &figures, why));
    buf_reset(ret_json);
    figures_put_json(&figures, ret_json);
    figures_done(&figures);
    return buf_check(ret_json);
}

#define LINE(kind, month, count)                                                                   \
    "{\"channel\":" kind##_CHANNEL ",\"class\":" kind##_CLASS ",\"count\":" count                  \
                                                              ",\"kind\":" kind##_KIND             \
        ",\"month\":\"" month "\",\"outcome\":" kind##_OUTCOME ",\"service\":" kind##_SERVICE "}"
#define ACT_CHANNEL "null"
#define ACT_CLASS "null"
#define ACT_KIND "\"act\""
#define ACT_OUTCOME "\"party.add\""
#define ACT_SERVICE "null"
#define GIVEN_CHANNEL "\"guided\""
#define GIVEN_CLASS "\"state\""
#define GIVEN_KIND "\"disclosure\""
#define GIVEN_OUTCOME "\"disclosed\""
#define GIVEN_SERVICE "\"citizen.lookup\""

/* The beginning of what is told; root and size stand behind it. */
static void assert_told(const struct buf *json, const char *expected)
{
    struct view told = buf_view(json);
    if (!view_starts(told, view_text(expected))) {
        fail_msg("%.*s does not begin with %s", (int)told.len, (const char *)told.data, expected);
    }
}

#define ROUND                                                                                      \
    struct log log;                                                                                \
    char why[FIGURES_WHY_BYTES];                                                                   \
    BUF_AUTO json;                                                                                 \
    log_start(&log);                                                                               \
    buf_init(&json, TEXT_BYTES_MAX)

static void all_entries_are_counted_in_the_order_of_their_words(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 300);
    log_add(&log, "2026-11-15T08:38Z", 213);
    assert_ok(counted(&log, NULL, &json, why));
    assert_told(&json,
                "{\"entries\":513,\"figures\":[" LINE(ACT, "2026-10", "100") "," LINE(
                    GIVEN, "2026-10", "200") "," LINE(ACT, "2026-11",
                                                      "71") "," LINE(GIVEN, "2026-11",
                                                                     "142") "],\"origin\":\"" ORIGIN
                                                                            "\",\"root\":\"");
    signer_free(log.signer);
}

static void the_month_is_that_of_viet_nam(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-31T16:59Z", 1);
    log_add(&log, "2026-10-31T17:00Z", 1);
    log_add(&log, "2026-12-31T23:59Z", 1);
    assert_ok(counted(&log, NULL, &json, why));
    assert_told(&json, "{\"entries\":3,\"figures\":[" LINE(ACT, "2026-10", "1") "," LINE(
                           GIVEN, "2026-11", "1") "," LINE(GIVEN, "2027-01", "1") "]");
    signer_free(log.signer);
}

static void one_month_alone_is_counted_when_it_is_asked_for(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 3);
    log_add(&log, "2026-11-15T08:38Z", 3);
    assert_ok(counted(&log, "2026-11", &json, why));
    assert_told(&json, "{\"entries\":3,\"figures\":[" LINE(ACT, "2026-11", "1") "," LINE(
                           GIVEN, "2026-11", "2") "]");
    assert_ok(counted(&log, "2025-01", &json, why));
    assert_told(&json, "{\"entries\":0,\"figures\":[]");
    signer_free(log.signer);
}

static void an_empty_log_has_figures_without_lines(void **state)
{
    (void)state;
    ROUND;
    assert_ok(counted(&log, NULL, &json, why));
    assert_told(&json, "{\"entries\":0,\"figures\":[]");
    signer_free(log.signer);
}

static void an_entry_that_was_changed_means_no_figures(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 300);
    log.changed = "2026-11-15T08:38Z";
    assert_fault(counted(&log, NULL, &json, why), FAULT_CORRUPT);
    assert_string_equal(why, "the entries do not lead to the root that is signed");
    signer_free(log.signer);
}

static void what_is_no_entry_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026-10-15T08:38",
                                      "2026-10-15T24:00Z",
                                      "2026-10-15T08:60Z",
                                      "2026-13-15T08:38Z",
                                      "2026-10-15 08:38Z",
                                      "2026-10-15T0x:38Z",
                                      "9999-12-31T23:00Z"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ROUND;
        log_add(&log, "2026-10-15T08:38Z", 257);
        log_add(&log, bad[i], 1);
        assert_fault(counted(&log, NULL, &json, why), FAULT_CORRUPT);
        assert_string_equal(why, "entry 257 is no entry of version 1");
        signer_free(log.signer);
    }
}

static void a_bundle_that_is_cut_short_is_named(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 256);
    log.short_bundle = true;
    assert_fault(counted(&log, NULL, &json, why), FAULT_CORRUPT);
    assert_string_equal(why, "the bundle of entry 255 is cut short");
    signer_free(log.signer);
}

static void a_partial_bundle_that_is_gone_is_read_from_the_full_one(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 256);
    log.size = 200;
    log.lost = 1;
    assert_ok(counted(&log, NULL, &json, why));
    assert_told(&json, "{\"entries\":200,");
    signer_free(log.signer);
}

static void a_log_that_grows_meanwhile_is_read_at_its_next_checkpoint(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 220);
    log.size = 200;
    log.lost = 2;
    log.grown_by = 10;
    assert_ok(counted(&log, NULL, &json, why));
    assert_told(&json, "{\"entries\":220,");
    signer_free(log.signer);
}

static void a_log_whose_last_bundle_is_never_there_is_given_up(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 200);
    log.lost = 100;
    assert_fault(counted(&log, NULL, &json, why), FAULT_NOT_FOUND);
    assert_string_equal(why, "tile/entries/000.p/200: removed");
    signer_free(log.signer);
}

static void a_failure_of_the_source_is_told_with_its_place(void **state)
{
    (void)state;
    ROUND;
    log_add(&log, "2026-10-15T08:38Z", 512);
    log.failing = outcome_fail(FAULT_IO, "no connection");
    assert_fault(counted(&log, NULL, &json, why), FAULT_IO);
    assert_string_equal(why, "tile/entries/000: no connection");
    signer_free(log.signer);
}

static void another_logs_key_finds_nothing_signed(void **state)
{
    (void)state;
    ROUND;
    struct secret seed = {{8}};
    struct signer *other = NULL;
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES];
    BUF_AUTO vkey;
    log_add(&log, "2026-10-15T08:38Z", 3);
    assert_ok(signer_new(&seed, &other));
    signer_public(other, public_key);
    buf_init(&vkey, sizeof(log.vkey));
    vkey_put(&vkey, ORIGIN, public_key);
    snprintf(log.vkey, sizeof(log.vkey), "%.*s", (int)vkey.len, (const char *)vkey.data);
    assert_fault(counted(&log, NULL, &json, why), FAULT_CORRUPT);
    assert_true(view_starts(view_text(why), VIEW_LITERAL("checkpoint: ")));
    signer_free(other);
    signer_free(log.signer);
}

static void keys_and_months_that_are_none_are_bad_input(void **state)
{
    (void)state;
    static const char *const months[] = {"2026",    "2026-00", "2026-13",
                                         "2026/11", "2o26-11", "2026-1"};
    for (unsigned i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        ROUND;
        assert_fault(counted(&log, months[i], &json, why), FAULT_BAD_INPUT);
        assert_string_equal(why, "a month is written YYYY-MM");
        signer_free(log.signer);
    }
    ROUND;
    log.wrong_key = true;
    assert_fault(counted(&log, NULL, &json, why), FAULT_BAD_INPUT);
    assert_string_equal(why, "the verifier key is none");
    signer_free(log.signer);
}

static void the_table_says_what_was_counted_and_of_how_many(void **state)
{
    (void)state;
    ROUND;
    struct figures figures;
    const struct figures_source source = {.context = &log, .fetch = fetch};
    log_add(&log, "2026-10-15T08:38Z", 2);
    log_add(&log, "2026-11-15T08:38Z", 1);
    assert_ok(figures_count(&source, view_text(log.vkey), view_text("2026-10"), &figures, why));
    figures_put_table(&figures, &json);
    figures_done(&figures);
    signer_free(log.signer);
    assert_ok(buf_check(&json));
    assert_view(buf_view(&json),
                "month    kind        class  channel  service         outcome           count\n"
                "2026-10  act         -      -        -               party.add             1\n"
                "2026-10  disclosure  state  guided   citizen.lookup  disclosed             1\n"
                "2 entries counted; the log " ORIGIN " has 3, and they lead to its signed root\n");
}

/* A log whose files are there already: no memory is taken to give them, but the reader's own. */
struct ready {
    struct log *log;
    struct buf note;
    struct buf bundle;
};

static struct outcome fetch_ready(void *context, const char *path, struct buf *ret_bytes)
{
    const struct ready *ready = context;
    bool note = strcmp(path, "checkpoint") == 0;
    buf_put_view(ret_bytes, buf_view(note ? &ready->note : &ready->bundle));
    return buf_check(ret_bytes);
}

static struct outcome count_ready(void *context)
{
    struct ready *ready = context;
    const struct figures_source source = {.context = ready, .fetch = fetch_ready};
    struct figures figures;
    char why[FIGURES_WHY_BYTES];
    TRY(figures_count(&source, view_text(ready->log->vkey), view_text(NULL), &figures, why));
    figures_done(&figures);
    return OUTCOME_OK;
}

static void want_of_memory_is_told_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct log log;
    const struct tile_id id = {TILE_KIND_ENTRIES, 0, 0, 5};
    struct ready ready = {.log = &log};
    log_start(&log);
    log_add(&log, "2026-10-15T08:38Z", 5);
    buf_init(&ready.note, NOTE_BYTES_MAX);
    buf_init(&ready.bundle, BUNDLE_BYTES_MAX);
    put_checkpoint(&log, &ready.note);
    assert_ok(put_bundle(&log, &id, &ready.bundle));
    assert_true(each_allocation_fails(count_ready, &ready) >= 6);
    buf_done(&ready.note);
    buf_done(&ready.bundle);
    signer_free(log.signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_entries_are_counted_in_the_order_of_their_words),
        cmocka_unit_test(the_month_is_that_of_viet_nam),
        cmocka_unit_test(one_month_alone_is_counted_when_it_is_asked_for),
        cmocka_unit_test(an_empty_log_has_figures_without_lines),
        cmocka_unit_test(an_entry_that_was_changed_means_no_figures),
        cmocka_unit_test(what_is_no_entry_is_named),
        cmocka_unit_test(a_bundle_that_is_cut_short_is_named),
        cmocka_unit_test(a_partial_bundle_that_is_gone_is_read_from_the_full_one),
        cmocka_unit_test(a_log_that_grows_meanwhile_is_read_at_its_next_checkpoint),
        cmocka_unit_test(a_log_whose_last_bundle_is_never_there_is_given_up),
        cmocka_unit_test(a_failure_of_the_source_is_told_with_its_place),
        cmocka_unit_test(another_logs_key_finds_nothing_signed),
        cmocka_unit_test(keys_and_months_that_are_none_are_bad_input),
        cmocka_unit_test(the_table_says_what_was_counted_and_of_how_many),
        cmocka_unit_test(want_of_memory_is_told_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("cli/figures", tests, NULL, NULL);
}
