/*
 * Sheets: a statement as people read it.
 *
 * Invariants
 * 1. A sheet is of an open statement, whose first part was recorded before (I2): of its rows and no
 *    others, to whoever may have its parts.
 * 2. It names what the statement proves: the map's root and entry, his count and chain there. Both
 *    are of one map, or there is no sheet.
 * 3. A step looks once into the index, or reads one old record (I9).
 */
#include "gate/work.h"

#include "base/check.h"
#include "gate/statement.h"
#include "wire/json.h"

#define SHEET_COUNTS 3 /* steps; then the map's */

static void put_hash(const char *name, const struct tree_hash *hash, struct buf *json)
{
    buf_printf(json, "\"%s\":\"", name);
    base64url_put(json, view_of(hash->bytes, SEAL_HASH_BYTES));
    buf_put_text(json, "\"");
}

/* Of a signed note the second line is the log's size, and the third its root, in base64. */
static void put_checkpoint(struct view note, struct buf *json)
{
    struct cursor cursor = cursor_of(note);
    (void)cursor_until(&cursor, '\n');
    struct view size = cursor_until(&cursor, '\n');
    struct view root = cursor_until(&cursor, '\n');
    buf_put_text(json, "\"checkpoint\":{\"root\":");
    json_put_string(json, root);
    buf_put_text(json, ",\"size\":");
    json_put_string(json, size);
    buf_put_text(json, "}");
}

static struct outcome put_map(struct gate *gate, uint64_t index, const struct keymap_head *head,
                              const struct keymap_path *path, struct buf *json)
{
    struct ledger_receipt receipt = {0};
    char day[DATE_LEN + 1];
    TRY(ledger_reread(gate->ledger, index, &gate->again, &receipt));
    date_write(day, head->day);
    buf_put_text(json, "{");
    if (path->count > 0) {
        put_hash("chain", &path->chain, json);
    } else {
        buf_put_text(json, "\"chain\":null");
    }
    buf_put_text(json, ",");
    put_checkpoint(receipt.checkpoint, json);
    buf_put_text(json, ",\"count\":");
    buf_put_decimal(json, path->count);
    buf_printf(json, ",\"day\":\"%s\",\"entry\":", day);
    buf_put_decimal(json, index);
    buf_put_text(json, ",");
    put_hash("root", &head->root, json);
    buf_put_text(json, ",\"size\":");
    buf_put_decimal(json, head->size);
    buf_put_text(json, "}");
    return buf_check(json);
}

/* Invariant 2. */
static struct outcome put_map_of(struct gate *gate, const struct open_statement *open,
                                 struct buf *json)
{
    struct keymap_head head = {0};
    struct keymap_path path;
    uint64_t index = 0;
    if (open->map_end == 0) {
        buf_put_text(json, "null");
        return OUTCOME_OK;
    }
    if (gate->maps.path == NULL ||
        !gate->maps.path(gate->maps.context, open->person, &index, &head, &path) ||
        history_end(head.day, head.size) != open->map_end) {
        return outcome_fail(FAULT_NOT_FOUND, "the statement's map is not the last one");
    }
    return put_map(gate, index, &head, &path, json);
}

/* The first place of that year. */
static uint64_t begin_of(unsigned year)
{
    return history_end((uint32_t)date_to_days((struct date){(int)year, 1, 1}), 0);
}

/* How many rows there are, in all and of the year: a count a step. */
static struct outcome count(struct gate *gate, const struct open_statement *open,
                            struct gate_sheet *sheet, struct buf *json)
{
    switch (sheet->step) {
    case 0:
        return history_count(gate->history, open->person, open->end, &sheet->all);
    case 1:
        return history_count(gate->history, open->person, sheet->from, &sheet->older);
    default:
        TRY(history_count(gate->history, open->person, sheet->next.below, &sheet->rows));
    }
    sheet->rows = sheet->rows > sheet->older ? sheet->rows - sheet->older : 0;
    sheet->skip = (uint64_t)(sheet->sheet - 1) * STATEMENT_PAPER_ROWS_MAX;
    buf_put_text(json, "\"count\":");
    buf_put_decimal(json, sheet->all);
    return sheet->sheet > 1 && sheet->skip >= sheet->rows
               ? outcome_fail(FAULT_BAD_INPUT, "there is no such sheet")
               : OUTCOME_OK;
}

struct outcome gate_sheet_begin(struct gate *gate, const struct statement_asker *asker,
                                struct gate_sheet *sheet)
{
    const struct open_statement *open = statement_of(gate, asker, &sheet->next);
    CHECK(sheet->sheet > 0);
    if (open == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "no statement is open");
    }
    sheet->next.below = open->end;
    if (sheet->year != 0) {
        uint64_t end = begin_of(sheet->year + 1);
        sheet->from = begin_of(sheet->year);
        sheet->next.below = end < open->end ? end : open->end;
    }
    return OUTCOME_OK;
}

/* What stands before the rows. */
static struct outcome put_head(struct gate *gate, const struct open_statement *open,
                               struct gate_sheet *sheet, struct buf *json)
{
    if (sheet->step < SHEET_COUNTS) {
        TRY(count(gate, open, sheet, json));
    } else {
        buf_put_text(json, ",\"map\":");
        TRY(put_map_of(gate, open, json));
        buf_put_text(json, ",\"person\":\"");
        buf_put_decimal(json, open->person);
        buf_put_text(json, "\",\"rows\":[");
    }
    sheet->step++;
    return buf_check(json);
}

/* The next rows that are to be read, if there are any. */
static struct outcome look(struct gate *gate, const struct open_statement *open,
                           struct gate_sheet *sheet, bool *ret_more)
{
    struct history_row rows[HISTORY_PAGE_ROWS_MAX];
    uint64_t below = 0;
    const struct history_wish wish = {.person = open->person,
                                      .below = sheet->next.below,
                                      .from = sheet->from,
                                      .channel = RECORD_WORD_NULL,
                                      .service = RECORD_WORD_NULL};
    *ret_more = false;
    sheet->at = 0;
    sheet->count = 0;
    if (sheet->next.below <= sheet->from) {
        return OUTCOME_OK;
    }
    TRY(history_find(gate->history, &wish, rows, HISTORY_PAGE_ROWS_MAX, &sheet->count, &below,
                     ret_more));
    for (unsigned i = 0; i < sheet->count; i++) {
        sheet->places[i] = rows[i].place;
    }
    sheet->next.below = below;
    *ret_more = *ret_more || sheet->count > 0;
    unsigned skipped = sheet->skip < sheet->count ? (unsigned)sheet->skip : sheet->count;
    sheet->skip -= skipped;
    sheet->at = skipped;
    return OUTCOME_OK;
}

static struct outcome put_row(struct gate *gate, const struct open_statement *open,
                              struct gate_sheet *sheet, struct buf *json)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    const struct page_row row = {
        .person = open->person,
        .fields = policy_field_ceiling(gate->policy, CLASS_CITIZEN, SERVICE_OWN_HISTORY),
        .place = sheet->places[sheet->at],
    };
    TRY(statement_read_row(gate, open, row.place, &receipt, &record));
    buf_put_text(json, sheet->put > 0 ? "," : "");
    page_put_row(gate, &row, &record, json);
    sheet->at++;
    sheet->put++;
    return buf_check(json);
}

struct outcome gate_sheet_step(struct gate *gate, const struct statement_asker *asker,
                               struct gate_sheet *sheet, struct buf *json, bool *ret_done)
{
    struct statement_next next = sheet->next;
    bool more = true;
    next.below = 1; /* it went on; the token is what counts */
    const struct open_statement *open = statement_of(gate, asker, &next);
    if (open == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "no statement is open");
    }
    if (sheet->step <= SHEET_COUNTS) {
        return put_head(gate, open, sheet, json);
    }
    if (sheet->at < sheet->count) {
        TRY(put_row(gate, open, sheet, json));
    } else {
        TRY(look(gate, open, sheet, &more));
    }
    *ret_done = !more || sheet->put == STATEMENT_PAPER_ROWS_MAX;
    buf_put_text(json, *ret_done ? "]" : "");
    return buf_check(json);
}
