/*
 * Statements, part by part.
 *
 * Invariants
 * 1. The first part is the answer of an ask that was recorded before it left (I2): it says how many
 *    rows there are, as of which size of the log. What follows is these rows and nothing else, for
 *    whoever has that answer and comes the same way, and for a while.
 * 2. A row that is not to be seen yet is behind `end`, and is in no part.
 * 3. A call reads one old record (I9).
 * 4. Nobody's statement takes the place of one that is being fetched: who finds none is turned
 * away.
 */
#include "gate/statement.h"
#include "gate/work.h"

#include "base/check.h"

#include <string.h>

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
    struct statement_next next = {.below = page->end};
    memcpy(next.token, page->token, sizeof(next.token));
    buf_put_text(&page->json, "],\"next\":\"");
    statement_next_put(&next, &page->json);
    buf_put_text(&page->json, "\",\"size\":");
    buf_put_decimal(&page->json, page->size);
    buf_put_text(&page->json, "}");
    return buf_check(&page->json);
}

/* ---- the others ---- */

struct open_statement *statement_of(struct gate *gate, const struct statement_asker *asker,
                                    const struct statement_next *next)
{
    int64_t now_us = clock_monotonic_us(&gate->clock);
    for (unsigned i = 0; i < STATEMENTS_OPEN_MAX; i++) {
        struct open_statement *open = &gate->statements[i];
        bool good = open->account.len > 0 && now_us < open->until_us && now_us < open->last_us &&
                    next->below <= open->end;
        if (good && seal_equal(open->token, next->token, STATEMENT_TOKEN_BYTES) &&
            view_equal(code_view(&open->account), asker->account) &&
            view_equal(code_view(&open->asker), asker->citizen)) {
            return open;
        }
    }
    return NULL;
}

bool gate_statement_find(struct gate *gate, const struct statement_asker *asker,
                         const struct statement_next *next, struct code_text *ret_citizen)
{
    const struct open_statement *open = statement_of(gate, asker, next);
    if (open != NULL) {
        *ret_citizen = open->citizen;
    }
    return open != NULL;
}

static bool is_same(const struct open_statement *open, struct view account, struct view asker,
                    struct view citizen)
{
    return view_equal(code_view(&open->account), account) &&
           view_equal(code_view(&open->asker), asker) &&
           view_equal(code_view(&open->citizen), citizen);
}

/* Its own, which the new one replaces; else that which was used least lately. */
static const struct open_statement *place_for(const struct gate *gate, struct view account,
                                              struct view asker, struct view citizen)
{
    const struct open_statement *oldest = &gate->statements[0];
    for (unsigned i = 0; i < STATEMENTS_OPEN_MAX; i++) {
        const struct open_statement *open = &gate->statements[i];
        if (is_same(open, account, asker, citizen)) {
            return open;
        }
        oldest = open->used_us < oldest->used_us ? open : oldest;
    }
    return oldest;
}

/* Invariant 4. */
bool statements_room(const struct gate *gate, struct view account, struct view asker,
                     struct view citizen)
{
    const struct open_statement *place = place_for(gate, account, asker, citizen);
    int64_t now_us = clock_monotonic_us(&gate->clock);
    return is_same(place, account, asker, citizen) || place->account.len == 0 ||
           now_us - place->used_us >= (int64_t)STATEMENT_HELD_S_MAX * US_PER_S;
}

bool gate_statement_goes_on(struct gate *gate, const struct statement_asker *asker,
                            const struct statement_next *next)
{
    struct open_statement *open = statement_of(gate, asker, next);
    if (open == NULL || next->below > open->asked ||
        (next->below == open->asked && open->again == STATEMENT_AGAIN_MAX)) {
        return false;
    }
    open->again = next->below == open->asked ? open->again + 1 : 0;
    open->asked = next->below;
    return true;
}

void gate_statement_open(struct gate *gate)
{
    const struct page *page = &gate->page;
    int64_t now_us = clock_monotonic_us(&gate->clock);
    CHECK(page->state == PAGE_READY && page->stated && page->person != 0);
    const struct open_statement *place = place_for(
        gate, code_view(&page->account), code_view(&page->asker), code_view(&page->citizen));
    struct open_statement *open = &gate->statements[place - gate->statements];
    *open = (struct open_statement){
        .account = page->account,
        .asker = page->asker,
        .citizen = page->citizen,
        .person = page->person,
        .end = page->end,
        .map_end = page->below,
        .until_us = now_us + (int64_t)STATEMENT_S_MAX * US_PER_S,
        .last_us = now_us + (int64_t)STATEMENT_WHOLE_S_MAX * US_PER_S,
        .used_us = now_us,
        .asked = UINT64_MAX,
    };
    memcpy(open->token, page->token, sizeof(open->token));
}

struct outcome statement_read_row(struct gate *gate, const struct open_statement *open,
                                  uint64_t place, struct ledger_receipt *ret_receipt,
                                  struct record *ret_record)
{
    TRY(ledger_reread(gate->ledger, history_place_index(place), &gate->again, ret_receipt));
    TRY(record_get_opening(ret_receipt->item.opening, ret_record));
    return record_find_person(ret_record, open->person) != RECORD_NOBODY
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a row is not one of whom it is kept for");
}

static struct outcome put_row(struct gate *gate, const struct open_statement *open, uint64_t place,
                              struct buf *lines)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    TRY(statement_read_row(gate, open, place, &receipt, &record));
    return statement_put_row(&record, history_place_index(place), &receipt, open->person,
                             place >= open->map_end, lines);
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

/* The places of the rows below that one, unless they are known. *ret_below: where to look on, when
 * none was found and there are more. */
static struct outcome look_ahead(struct gate *gate, struct open_statement *open, uint64_t below,
                                 uint64_t *ret_below, bool *ret_more)
{
    struct history_row rows[HISTORY_PAGE_ROWS_MAX];
    const struct history_wish wish = {.person = open->person,
                                      .below = below,
                                      .channel = RECORD_WORD_NULL,
                                      .service = RECORD_WORD_NULL};
    *ret_more = true;
    if (open->at < open->count && open->given == below) {
        return OUTCOME_OK;
    }
    open->at = 0;
    open->count = 0;
    TRY(history_find(gate->history, &wish, rows, HISTORY_PAGE_ROWS_MAX, &open->count, ret_below,
                     ret_more));
    for (unsigned i = 0; i < open->count; i++) {
        open->places[i] = rows[i].place;
    }
    return OUTCOME_OK;
}

/* The line of the newest row below *below, which goes on. */
static struct outcome put_line(struct gate *gate, struct open_statement *open, uint64_t *below,
                               struct buf *lines, bool *ret_more)
{
    uint64_t next = 0;
    bool more = false;
    TRY(look_ahead(gate, open, *below, &next, &more));
    *ret_more = open->count > 0 || more;
    if (open->count == 0 && more) { /* much was looked at */
        *below = next;
        return OUTCOME_OK;
    }
    if (open->count == 0) {
        open->used_us = 0; /* its place may go, and its end may be asked for again for a while */
        open->until_us =
            clock_monotonic_us(&gate->clock) + (int64_t)STATEMENT_HELD_S_MAX * US_PER_S;
        return put_end(gate, open, lines);
    }
    open->given = open->places[open->at];
    TRY(put_row(gate, open, open->given, lines));
    open->at++;
    *below = open->given;
    return OUTCOME_OK;
}

struct outcome gate_statement_line(struct gate *gate, const struct statement_asker *asker,
                                   struct statement_next *next, struct buf *lines, bool *ret_more)
{
    struct open_statement *open = statement_of(gate, asker, next);
    if (open == NULL || next->below == 0) { /* invariants 1 and 2 */
        return outcome_fail(FAULT_NOT_FOUND, "no statement is open");
    }
    open->used_us = clock_monotonic_us(&gate->clock);
    open->until_us = open->used_us + (int64_t)STATEMENT_S_MAX * US_PER_S;
    return put_line(gate, open, &next->below, lines, ret_more);
}
