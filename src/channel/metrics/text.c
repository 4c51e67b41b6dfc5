/*
 * Figures as Prometheus' text, version 0.0.4.
 *
 * Invariants
 *  1. All samples of a metric stand together, behind one HELP and one TYPE line.
 *  2. A metric's name and labels make a sample once: processes are told apart by their names, which
 *     are unique in each set.
 *  3. What the core told is left out once it is old: a dead core's figures do not look alive.
 */
#include "channel/metrics/private.h"

#include "base/check.h"
#include "base/version.h"

/* One whose figures a table is written for. */
struct subject {
    const char *label; /* of its name; NULL: there is one subject only */
    const char *name;
    const uint64_t *figures;
};

static void put_value(struct buf *text, uint64_t figure, uint32_t per_unit)
{
    uint64_t part = figure % per_unit;
    char digits[16];

    buf_put_decimal(text, figure / per_unit);
    if (part == 0) {
        return;
    }
    /* Without the zeros behind: 0.0005, not 0.000500. */
    unsigned len = 0;
    for (uint32_t scale = per_unit / 10; part > 0; scale /= 10) {
        digits[len++] = (char)('0' + part / scale);
        part %= scale;
    }
    buf_put_u8(text, '.');
    buf_put(text, digits, len);
}

static void put_labels(struct buf *text, const struct subject *subject, const char *label,
                       const char *value)
{
    bool both = subject->label != NULL && label != NULL;

    if (subject->label == NULL && label == NULL) {
        return;
    }
    buf_put_u8(text, '{');
    if (subject->label != NULL) { /* names need no escapes: figures_get_named() */
        buf_printf(text, "%s=\"%s\"", subject->label, subject->name);
    }
    if (label != NULL) {
        buf_printf(text, "%s%s=\"%s\"", both ? "," : "", label, value);
    }
    buf_put_u8(text, '}');
}

static void put_sample(struct buf *text, const struct figure_row *row, const char *suffix,
                       const struct subject *subject, const char *label, const char *value)
{
    buf_put_text(text, row->name);
    buf_put_text(text, suffix);
    put_labels(text, subject, label, value);
    buf_put_u8(text, ' ');
}

static void put_histogram(struct buf *text, const struct figure_row *row,
                          const struct subject *subject)
{
    const uint64_t *places = subject->figures + row->at;
    uint64_t count = 0;
    char bound[32];

    for (unsigned i = 0; i <= row->bounds->count; i++) {
        struct buf le;
        buf_init(&le, sizeof(bound));
        if (i < row->bounds->count) {
            put_value(&le, row->bounds->upper[i], row->per_unit);
        } else {
            buf_put_text(&le, "+Inf");
        }
        (void)snprintf(bound, sizeof(bound), "%.*s", (int)le.len, (const char *)le.data);
        buf_done(&le);
        count += places[i];
        put_sample(text, row, "_bucket", subject, "le", bound);
        buf_put_decimal(text, count);
        buf_put_u8(text, '\n');
    }
    put_sample(text, row, "_sum", subject, NULL, NULL);
    put_value(text, places[row->bounds->count + 1], row->per_unit);
    buf_put_u8(text, '\n');
    put_sample(text, row, "_count", subject, NULL, NULL);
    buf_put_decimal(text, count);
    buf_put_u8(text, '\n');
}

static void put_row(struct buf *text, const struct figure_row *row, const struct subject *subject)
{
    unsigned places = figure_places(row);

    if (row->kind == FIGURE_HISTOGRAM) {
        put_histogram(text, row, subject);
        return;
    }
    for (unsigned i = 0; i < places; i++) {
        const char *value =
            row->value != NULL || row->label == NULL ? row->value : words_name(&words_code, i);
        put_sample(text, row, "", subject, row->label, value);
        put_value(text, subject->figures[row->at + i], row->per_unit);
        buf_put_u8(text, '\n');
    }
}

static void put_head(struct buf *text, const char *name, const char *type, const char *help)
{
    buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_table(struct buf *text, const struct figure_table *table,
                      const struct subject *subjects, unsigned subject_count)
{
    static const char *const types[] = {
        [FIGURE_COUNTER] = "counter", [FIGURE_GAUGE] = "gauge", [FIGURE_HISTOGRAM] = "histogram"};
    unsigned end = 0;

    for (unsigned row = 0; row < table->row_count && subject_count > 0; row = end) {
        const struct figure_row *first = &table->rows[row];
        for (end = row + 1;
             end < table->row_count && strcmp(table->rows[end].name, first->name) == 0;) {
            end++; /* invariant 1 */
        }
        put_head(text, first->name, types[first->kind], first->help);
        for (unsigned i = 0; i < subject_count; i++) {
            for (unsigned of = row; of < end; of++) {
                put_row(text, &table->rows[of], &subjects[i]);
            }
        }
    }
}

static void put_core(struct buf *text, const struct told_state *state)
{
    struct subject subjects[FIGURES_CHANNELS_MAX];
    const struct subject core = {.figures = state->core};

    put_table(text, &core_table, &core, 1);
    for (unsigned i = 0; i < state->channel_count; i++) {
        subjects[i] =
            (struct subject){"process", state->channels[i].name, state->channels[i].figures};
    }
    put_table(text, &channel_table, subjects, state->channel_count);
}

static void put_crew(struct buf *text, const struct told_state *state)
{
    struct subject subjects[CREW_NAMES_MAX];

    for (unsigned i = 0; i < state->crew_count; i++) {
        subjects[i] = (struct subject){"process", state->crew[i].name, state->crew[i].figures};
    }
    put_table(text, &crew_table, subjects, state->crew_count);
}

void metrics_text_put(struct buf *text, const struct told_state *state, int64_t now_us)
{
    int64_t age_us = state->core_told ? now_us - state->core_us : 0;
    bool up = state->core_told && age_us <= FRESH_US_MAX;

    put_head(text, "dancu_build_info", "gauge", "Version of this program.");
    buf_put_text(text, "dancu_build_info{version=\"" DANCU_VERSION "\"} 1\n");
    put_head(text, "dancu_core_up", "gauge",
             "1 while the core tells its figures; else they are left out.");
    buf_printf(text, "dancu_core_up %u\n", up ? 1 : 0);
    if (up) { /* invariant 3 */
        put_core(text, state);
    }
    put_crew(text, state);
}
