/*
 * Statements, part by part.
 *
 * Invariants
 * 1. The first part is the answer of an ask that was recorded before it left (I2): it says how many
 *    rows there are, as of which size of the log. What follows is these rows and nothing else, for
 *    the citizen who asked, and for a while.
 * 2. A row that is not to be seen yet is behind `end`, and is in no part.
 * 3. A call reads one old record (I9).
 */
#include "gate/statement.h"
#include "gate/work.h"

#include "base/check.h"

#include <inttypes.h>

void gate_maps_set(struct gate *gate, const struct gate_maps *maps)
{
    gate->maps = *maps;
}

/* ---- the first part ---- */

static struct outcome put_with_map(struct gate *gate, uint64_t person, uint64_t index,
                                   const struct keymap_path *path, struct buf *json)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    TRY(ledger_reread(gate->ledger, index, &gate->again, &receipt));
    TRY(record_get_opening(receipt.item.opening, &record));
    const struct statement_map map = {&record, index, &receipt, path};
    return statement_put_head(person, &map, json);
}

struct outcome statements_put_first(struct gate *gate, struct page *page)
{
    struct keymap_head head = {0};
    struct keymap_path path;
    uint64_t index = 0;
    bool map = gate->maps.path != NULL &&
               gate->maps.path(gate->maps.context, page->person, &index, &head, &path);
    page->below = map ? history_end(head.day, head.size) : 0; /* of the map, kept for the others */
    buf_put_text(&page->json, "{\"count\":");
    buf_put_decimal(&page->json, page->visible);
    buf_put_text(&page->json, ",\"lines\":[");
    TRY(map ? put_with_map(gate, page->person, index, &path, &page->json)
            : statement_put_head(page->person, NULL, &page->json));
    buf_printf(&page->json, "],\"next\":\"%016" PRIx64 "\",\"size\":", page->end);
    buf_put_decimal(&page->json, page->size);
    buf_put_text(&page->json, "}");
    return buf_check(&page->json);
}

/* ---- the others ---- */

static bool is_of(const struct open_statement *open, struct view asker, struct view citizen)
{
    return view_equal(code_view(&open->asker), asker) &&
           view_equal(code_view(&open->citizen), citizen);
}

static struct open_statement *statement_of(struct gate *gate, struct view asker,
                                           struct view citizen)
{
    int64_t now_us = clock_monotonic_us(&gate->clock);
    for (unsigned i = 0; i < STATEMENTS_OPEN_MAX && asker.len > 0; i++) {
        struct open_statement *open = &gate->statements[i];
        if (is_of(open, asker, citizen) && now_us < open->until_us) {
            return open;
        }
    }
    return NULL;
}

/* Its own, which the new one replaces; else that which ends first. */
static struct open_statement *place_for(struct gate *gate, const struct page *page)
{
    struct open_statement *oldest = &gate->statements[0];
    for (unsigned i = 0; i < STATEMENTS_OPEN_MAX; i++) {
        struct open_statement *open = &gate->statements[i];
        if (is_of(open, code_view(&page->asker), code_view(&page->citizen))) {
            return open;
        }
        oldest = open->until_us < oldest->until_us ? open : oldest;
    }
    return oldest;
}

void gate_statement_open(struct gate *gate)
{
    const struct page *page = &gate->page;
    CHECK(page->state == PAGE_READY && page->stated && page->person != 0);
    *place_for(gate, page) = (struct open_statement){
        .asker = page->asker,
        .citizen = page->citizen,
        .person = page->person,
        .end = page->end,
        .map_end = page->below,
        .until_us = clock_monotonic_us(&gate->clock) + (int64_t)STATEMENT_S_MAX * US_PER_S,
    };
}

static struct outcome put_row(struct gate *gate, const struct open_statement *open, uint64_t place,
                              struct buf *lines)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    uint64_t index = history_place_index(place);
    TRY(ledger_reread(gate->ledger, index, &gate->again, &receipt));
    TRY(record_get_opening(receipt.item.opening, &record));
    bool about = record_find_person(&record, open->person) != RECORD_NOBODY;
    return about ? statement_put_row(&record, index, &receipt, open->person, place >= open->map_end,
                                     lines)
                 : outcome_fail(FAULT_CORRUPT, "a row is not one of whom it is kept for");
}

static struct outcome put_end(struct gate *gate, const struct open_statement *open,
                              struct buf *lines)
{
    uint64_t all = 0;
    uint64_t rows = 0;
    TRY(history_count(gate->history, open->person, open->end, &all));
    TRY(history_count(gate->history, open->person, open->map_end, &rows));
    return statement_put_end(rows, all - rows, lines);
}

struct outcome gate_statement_line(struct gate *gate, struct view asker, struct view citizen,
                                   uint64_t *below, struct buf *lines, bool *ret_more)
{
    const struct open_statement *open = statement_of(gate, asker, citizen);
    struct history_row row;
    unsigned count = 0;
    uint64_t next = 0;
    bool more = false;
    if (open == NULL || *below == 0 || *below > open->end) { /* invariants 1 and 2 */
        return outcome_fail(FAULT_NOT_FOUND, "no statement is open");
    }
    const struct history_wish wish = {.person = open->person,
                                      .below = *below,
                                      .channel = RECORD_WORD_NULL,
                                      .service = RECORD_WORD_NULL};
    TRY(history_find(gate->history, &wish, &row, 1, &count, &next, &more));
    *ret_more = count == 1 || more;
    if (count == 0 && more) { /* much was looked at */
        *below = next;
        return OUTCOME_OK;
    }
    if (count == 0) {
        return put_end(gate, open, lines);
    }
    TRY(put_row(gate, open, row.place, lines));
    *below = row.place;
    return OUTCOME_OK;
}
