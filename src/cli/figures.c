/*
 * Counts the entries of a log and proves that they are the log's.
 *
 * Invariants
 * 1. Nothing is told before the entries that were counted lead to the root of a checkpoint that the
 *    log's own key has signed.
 * 2. Every entry is counted once, and its words are taken as they stand there: nothing of this
 *    program's own vocabularies is assumed.
 */
#include "cli/figures.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/show.h"
#include "gate/fees.h"
#include "tlog/note.h"
#include "tlog/tiles.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_TRIES 5u
#define ENTRY_VALUES_MAX 64u
#define ENTRY_ARENA_BYTES (ENTRY_VALUES_MAX * sizeof(struct json_node) + 2 * ENTRY_BYTES_MAX)
#define ABSENT "-" /* in the table */

struct counting {
    const struct figures_source *source;
    struct view month; /* empty: all */
    struct figures *figures;
    struct tree tree; /* of what was counted */
    struct arena arena;
    char *why;
};

__attribute__((format(printf, 2, 3))) static struct outcome wrong(struct counting *counting,
                                                                  const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(counting->why, FIGURES_WHY_BYTES, format, values);
    va_end(values);
    return outcome_fail(FAULT_CORRUPT, "the log is not what it signs");
}

/* ---- an entry ---- */

enum member { SD, CHANNEL, CLASS, KIND, OUTCOME, POLICY, SERVICE, TIME, VERSION, MEMBERS };
static const struct json_row members[MEMBERS] = {
    [SD] = {"_sd", JSON_ARRAY_BIT, true},
    [CHANNEL] = {"channel", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [CLASS] = {"class", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [KIND] = {"kind", JSON_STRING_BIT, true},
    [OUTCOME] = {"outcome", JSON_STRING_BIT, true},
    [POLICY] = {"policy", JSON_STRING_BIT, true},
    [SERVICE] = {"service", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [TIME] = {"t", JSON_STRING_BIT, true},
    [VERSION] = {"v", JSON_INTEGER_BIT, true},
};

static bool put_word(struct figure *figure, struct view word)
{
    if (word.len > FIGURE_WORD_BYTES_MAX) {
        return false;
    }
    if (word.len > 0) {
        memcpy(figure->key + figure->key_len, word.data, word.len);
    }
    figure->key_len += word.len;
    figure->key[figure->key_len++] = '\0';
    return true;
}

/* The line that an entry belongs to, without a count; false when it is no entry. */
static bool line_of(struct counting *counting, struct view entry, struct figure *ret_figure)
{
    static const enum member order[] = {KIND, CLASS, CHANNEL, SERVICE, OUTCOME};
    const struct json_limits limits = {ENTRY_BYTES_MAX, 2, ENTRY_VALUES_MAX, MEMBERS};
    const struct json_node *values[MEMBERS] = {0};
    struct json_doc doc;
    struct json_fault fault;
    char month[MONTH_LEN + 1];
    arena_reset(&counting->arena);
    if (!outcome_ok(json_parse(entry, &limits, &counting->arena, &doc, &fault)) ||
        !outcome_ok(json_take(&doc.nodes[0], members, MEMBERS, values, &fault)) ||
        json_integer_of(values[VERSION]) != 1 || !show_month(values[TIME]->text, month)) {
        return false;
    }
    ret_figure->key_len = 0;
    bool good = put_word(ret_figure, view_text(month));
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]) && good; i++) {
        const struct json_node *node = values[order[i]];
        bool absent = node->kind == JSON_KIND_NULL;
        good = absent ? put_word(ret_figure, view_of(NULL, 0))
                      : node->text.len > 0 && put_word(ret_figure, node->text);
    }
    return good;
}

/* ---- counting ---- */

static struct view key_of(const void *value)
{
    const struct figure *figure = value;
    return view_of(figure->key, figure->key_len);
}

static struct outcome count_line(struct figures *figures, const struct figure *line)
{
    struct figure *known = map_get(&figures->map, key_of(line));
    if (known == NULL) {
        TRY(map_room(&figures->map));
        known = memory_new(1, sizeof(*known));
        if (known == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "figures");
        }
        memcpy(known->key, line->key, line->key_len);
        known->key_len = line->key_len;
        struct outcome added = map_add(&figures->map, known);
        if (!outcome_ok(added)) {
            memory_free(known);
            return added;
        }
    }
    known->count++;
    figures->entries++;
    return OUTCOME_OK;
}

static struct outcome count_entry(struct counting *counting, struct view entry)
{
    struct figure line;
    struct tree_hash leaf;
    if (!line_of(counting, entry, &line)) {
        return wrong(counting, "entry %" PRIu64 " is no entry of version 1", counting->tree.size);
    }
    tree_leaf(entry, &leaf);
    tree_append(&counting->tree, &leaf);
    bool wanted = counting->month.len == 0 || view_is(counting->month, line.key);
    return wanted ? count_line(counting->figures, &line) : OUTCOME_OK;
}

static struct outcome count_bundle(struct counting *counting, struct view bundle, unsigned width)
{
    struct cursor cursor = cursor_of(bundle);
    for (unsigned i = 0; i < width; i++) {
        struct view entry = {0};
        if (!outcome_ok(bundle_next(&cursor, &entry))) {
            return wrong(counting, "the bundle of entry %" PRIu64 " is cut short",
                         counting->tree.size);
        }
        TRY(count_entry(counting, entry));
    }
    return OUTCOME_OK;
}

/* ---- reading ---- */

static struct outcome fetch(struct counting *counting, const char *path, struct buf *ret_bytes)
{
    buf_reset(ret_bytes);
    struct outcome outcome = counting->source->fetch(counting->source->context, path, ret_bytes);
    if (!outcome_ok(outcome) && counting->why[0] == '\0') {
        snprintf(counting->why, FIGURES_WHY_BYTES, "%s: %s", path, outcome.what);
    }
    return outcome;
}

static struct outcome fetch_bundle(struct counting *counting, uint64_t number, unsigned width,
                                   struct buf *ret_bytes)
{
    const struct tile_id id = {TILE_KIND_ENTRIES, 0, number, width};
    char path[TILE_PATH_BYTES_MAX];
    tile_path(&id, path);
    return fetch(counting, path, ret_bytes);
}

/* The last bundle at the checkpoint's width, or what it has become since: a partial one may go once
 * the full one is there. */
static struct outcome fetch_edge(struct counting *counting, struct buf *ret_edge)
{
    uint64_t size = counting->figures->checkpoint.size;
    unsigned width = (unsigned)(size % TILE_WIDTH);
    if (width == 0) {
        return OUTCOME_OK;
    }
    struct outcome outcome = fetch_bundle(counting, size / TILE_WIDTH, width, ret_edge);
    return outcome.fault != FAULT_NOT_FOUND
               ? outcome
               : fetch_bundle(counting, size / TILE_WIDTH, TILE_WIDTH, ret_edge);
}

/* The newest checkpoint together with its last bundle, which a running log takes away when it has
 * published the next checkpoint: then that one is read. */
static struct outcome fetch_checkpoint(struct counting *counting, const struct note_keys *keys,
                                       struct buf *ret_edge)
{
    BUF_AUTO note;
    struct outcome outcome = OUTCOME_OK;
    buf_init(&note, NOTE_BYTES_MAX);
    for (unsigned attempt = 0; attempt < CHECKPOINT_TRIES; attempt++) {
        TRY(fetch(counting, "checkpoint", &note));
        outcome = checkpoint_open_of(keys, buf_view(&note), &counting->figures->checkpoint);
        if (outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_CRYPTO) {
            return wrong(counting, "checkpoint: %s", outcome.what);
        }
        TRY(outcome);
        outcome = fetch_edge(counting, ret_edge);
        if (outcome.fault != FAULT_NOT_FOUND) {
            return outcome;
        }
    }
    return outcome;
}

static struct outcome count_all(struct counting *counting, const struct note_keys *keys)
{
    BUF_AUTO edge;
    BUF_AUTO bundle;
    struct tree_hash root;
    const struct checkpoint *checkpoint = &counting->figures->checkpoint;
    buf_init(&edge, BUNDLE_BYTES_MAX);
    buf_init(&bundle, BUNDLE_BYTES_MAX);
    TRY(fetch_checkpoint(counting, keys, &edge));
    counting->why[0] = '\0';
    for (uint64_t number = 0; number < checkpoint->size / TILE_WIDTH; number++) {
        TRY(fetch_bundle(counting, number, TILE_WIDTH, &bundle));
        TRY(count_bundle(counting, buf_view(&bundle), TILE_WIDTH));
    }
    TRY(count_bundle(counting, buf_view(&edge), (unsigned)(checkpoint->size % TILE_WIDTH)));
    tree_root(&counting->tree, &root);
    if (memcmp(root.bytes, checkpoint->root.bytes, SEAL_HASH_BYTES) != 0) { /* invariant 1 */
        return wrong(counting, "the entries do not lead to the root that is signed");
    }
    return OUTCOME_OK;
}

static int compare_lines(const void *a, const void *b)
{
    const struct figure *const *first = a;
    const struct figure *const *second = b;
    return view_compare(key_of(*first), key_of(*second));
}

static struct outcome sort_lines(struct figures *figures)
{
    size_t at = 0;
    figures->lines = memory_new(figures->map.len + 1, sizeof(struct figure *));
    if (figures->lines == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "figures");
    }
    for (size_t i = 0; i < figures->map.len; i++) {
        figures->lines[i] = map_next(&figures->map, &at);
    }
    qsort(figures->lines, figures->map.len, sizeof(struct figure *), compare_lines);
    return OUTCOME_OK;
}

static struct outcome count(struct counting *counting, struct view vkey)
{
    struct note_keys keys;
    int32_t month = 0;
    if (!outcome_ok(note_keys_get(vkey, &keys))) {
        snprintf(counting->why, FIGURES_WHY_BYTES, "the verifier key is none");
        return outcome_fail(FAULT_BAD_INPUT, "verifier key");
    }
    if (counting->month.len > 0 && !outcome_ok(fees_month_get(counting->month, &month))) {
        snprintf(counting->why, FIGURES_WHY_BYTES, "a month is written YYYY-MM");
        return outcome_fail(FAULT_BAD_INPUT, "month");
    }
    snprintf(counting->figures->origin, sizeof(keys.keys[0].origin), "%s", keys.keys[0].origin);
    TRY(arena_init(&counting->arena, ENTRY_ARENA_BYTES));
    TRY(count_all(counting, &keys));
    return sort_lines(counting->figures);
}

struct outcome figures_count(const struct figures_source *source, struct view vkey,
                             struct view month, struct figures *ret_figures,
                             char ret_why[FIGURES_WHY_BYTES])
{
    struct figures figures = {0};
    struct counting counting = {
        .source = source, .month = month, .figures = &figures, .why = ret_why};
    ret_why[0] = '\0';
    map_init(&figures.map, key_of, FIGURES_MAX);
    struct outcome outcome = count(&counting, vkey);
    arena_done(&counting.arena);
    if (!outcome_ok(outcome)) {
        if (ret_why[0] == '\0') {
            snprintf(ret_why, FIGURES_WHY_BYTES, "%s", outcome.what);
        }
        figures_done(&figures);
        return outcome;
    }
    *ret_figures = figures;
    return OUTCOME_OK;
}

void figures_done(struct figures *figures)
{
    size_t at = 0;
    for (void *line = map_next(&figures->map, &at); line != NULL;
         line = map_next(&figures->map, &at)) {
        memory_free(line);
    }
    map_done(&figures->map);
    memory_free(figures->lines);
    figures->lines = NULL;
}

/* ---- telling ---- */

static void words_of(const struct figure *figure, struct view ret_words[FIGURE_WORDS])
{
    struct cursor cursor = cursor_of(key_of(figure));
    for (unsigned i = 0; i < FIGURE_WORDS; i++) {
        ret_words[i] = cursor_until(&cursor, '\0');
    }
}

static void put_member(struct buf *buf, const char *name, struct view word)
{
    buf_printf(buf, "\"%s\":", name);
    if (word.len == 0) {
        buf_put_text(buf, "null");
    } else {
        json_put_string(buf, word);
    }
}

static void put_line(struct buf *buf, const struct figure *figure)
{
    struct view words[FIGURE_WORDS];
    words_of(figure, words);
    buf_put_text(buf, "{");
    put_member(buf, "channel", words[FIGURE_CHANNEL]);
    buf_put_text(buf, ",");
    put_member(buf, "class", words[FIGURE_CLASS]);
    buf_printf(buf, ",\"count\":%" PRIu64 ",", figure->count);
    put_member(buf, "kind", words[FIGURE_KIND]);
    buf_put_text(buf, ",");
    put_member(buf, "month", words[FIGURE_MONTH]);
    buf_put_text(buf, ",");
    put_member(buf, "outcome", words[FIGURE_OUTCOME]);
    buf_put_text(buf, ",");
    put_member(buf, "service", words[FIGURE_SERVICE]);
    buf_put_text(buf, "}");
}

void figures_put_json(const struct figures *figures, struct buf *buf)
{
    buf_printf(buf, "{\"entries\":%" PRIu64 ",\"figures\":[", figures->entries);
    for (size_t i = 0; i < figures->map.len; i++) {
        buf_put_text(buf, i > 0 ? "," : "");
        put_line(buf, figures->lines[i]);
    }
    buf_put_text(buf, "],\"origin\":");
    json_put_string(buf, view_text(figures->origin));
    buf_put_text(buf, ",\"root\":\"");
    base64std_put(buf, view_of(figures->checkpoint.root.bytes, SEAL_HASH_BYTES));
    buf_printf(buf, "\",\"size\":%" PRIu64 "}\n", figures->checkpoint.size);
}

/* Columns as wide as their widest word. */
static void put_row(struct buf *buf, const struct view words[FIGURE_WORDS],
                    const size_t widths[FIGURE_WORDS], const char *count)
{
    for (unsigned i = 0; i < FIGURE_WORDS; i++) {
        struct view word = words[i].len == 0 ? VIEW_LITERAL(ABSENT) : words[i];
        buf_printf(buf, "%.*s%*s", (int)word.len, (const char *)word.data,
                   (int)(widths[i] - word.len + 2), "");
    }
    buf_printf(buf, "%12s\n", count);
}

void figures_put_table(const struct figures *figures, struct buf *buf)
{
    static const struct view heads[FIGURE_WORDS] = {
        [FIGURE_MONTH] = VIEW_LITERAL("month"),     [FIGURE_KIND] = VIEW_LITERAL("kind"),
        [FIGURE_CLASS] = VIEW_LITERAL("class"),     [FIGURE_CHANNEL] = VIEW_LITERAL("channel"),
        [FIGURE_SERVICE] = VIEW_LITERAL("service"), [FIGURE_OUTCOME] = VIEW_LITERAL("outcome"),
    };
    struct view words[FIGURE_WORDS];
    size_t widths[FIGURE_WORDS];
    char count[24];
    for (unsigned i = 0; i < FIGURE_WORDS; i++) {
        widths[i] = heads[i].len;
    }
    for (size_t line = 0; line < figures->map.len; line++) {
        words_of(figures->lines[line], words);
        for (unsigned i = 0; i < FIGURE_WORDS; i++) {
            widths[i] = words[i].len > widths[i] ? words[i].len : widths[i];
        }
    }
    put_row(buf, heads, widths, "count");
    for (size_t line = 0; line < figures->map.len; line++) {
        words_of(figures->lines[line], words);
        snprintf(count, sizeof(count), "%" PRIu64, figures->lines[line]->count);
        put_row(buf, words, widths, count);
    }
    buf_printf(buf,
               "%" PRIu64 " entries counted; the log %s has %" PRIu64
               ", and they lead to its signed root\n",
               figures->entries, figures->origin, figures->checkpoint.size);
}
