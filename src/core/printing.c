/*
 * Sheets of statements for people: rows are read, the process `letter` draws them, the letters' key
 * signs what was drawn, and who waits is given the file.
 *
 * Invariants
 *  1. A sheet is of a statement whose first part was recorded, for whoever may fetch its parts
 *     (statements.c); nothing else stands on it than what these parts prove.
 *  2. One is in hand at a time. A turn reads rows for HISTORY_TURN_US_MAX, and one more (I9);
 * others come again.
 *  3. What is signed says in its signature that it is a sheet, whatever was drawn: no letter comes
 *     of a citizen's asking. Without a key the file has no place for a signature.
 */
#include "core/citizens.h"
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "domain/letter_file.h"
#include "proc/owning.h"
#include "proc/rendering.h"
#include "wire/canonical.h"
#include "wire/json.h"

#include <stdio.h>

#define FILE_JSON_BYTES_MAX (LETTER_BYTES_MAX / 3 * 4 + 256)
#define YEAR_FIRST 2000
#define YEAR_LAST 9998
#define SHEETS_MAX 99999
_Static_assert(FILE_JSON_BYTES_MAX + 512 < FRAME_BYTES_MAX, "a file fits");

static int64_t now_us(const struct core *core)
{
    return clock_monotonic_us(&core->house->clock);
}

static void reset(struct printing *printing)
{
    if (printing->content.len > 0) {
        memory_wipe(printing->content.data, printing->content.len);
    }
    buf_done(&printing->content);
    *printing = (struct printing){.order = printing->order};
}

void printing_close(struct printing *printing)
{
    reset(printing);
}

static void refuse(struct core *core, enum code code, const char *why)
{
    struct printing *printing = &core->printing;
    struct own_reply reply;
    own_reply_init(&reply);
    own_refuse(&reply, code, why);
    reply.retry_after_s = code == CODE_RATE_LIMITED ? 1 : 0;
    if (printing->peer != NULL && !printing->peer->broken) {
        own_tell(printing->peer, printing->tag, &reply);
    }
    own_reply_done(&reply);
    reset(printing);
}

void printing_forget(struct printing *printing, const struct peer *peer)
{
    if (printing->peer == peer) {
        reset(printing);
    }
}

void printing_lost(struct core *core)
{
    if (core->printing.phase == PRINTING_DRAWS) {
        refuse(core, CODE_LEDGER_UNAVAILABLE, "");
    }
}

/* ---- what is drawn ---- */

/* At +07:00, to the second. */
static void put_time(struct core *core, struct buf *json)
{
    int64_t local_us = clock_wall_us(&core->house->clock) + (int64_t)VIETNAM_OFFSET_S * US_PER_S;
    size_t from = json->len;
    clock_put_second(json, local_us);
    CHECK(json->failed || json->data[json->len - 1] == 'Z');
    buf_cut(json, json->failed ? from : json->len - 1);
    buf_put_text(json, "+07:00");
}

static struct outcome begin(struct core *core)
{
    struct printing *printing = &core->printing;
    const struct gate_sheet *sheet = &printing->sheet;
    struct buf *json = &printing->content;
    const struct statement_asker asker = {code_view(&printing->account),
                                          code_view(&printing->citizen)};
    buf_init(json, STATEMENT_PAPER_BYTES_MAX);
    buf_put_text(json, "{\"id\":");
    json_put_string(json, code_view(&printing->id));
    buf_put_text(json, ",\"kind\":\"statement\",\"origin\":");
    json_put_string(json, view_text(core->house->origin));
    buf_printf(json, ",\"sheet\":%u,\"signed\":%s,\"time\":\"", sheet->sheet,
               core_letter_signer(core) != NULL ? "true" : "false");
    put_time(core, json);
    buf_printf(json, sheet->year != 0 ? "\",\"v\":1,\"year\":\"%u\"," : "\",\"v\":1,\"year\":null,",
               sheet->year);
    TRY(gate_sheet_begin(core->house->gate, &asker, &printing->sheet));
    return buf_check(json);
}

static struct outcome send_content(struct core *core)
{
    struct printing *printing = &core->printing;
    struct peer *peer = letters_drawer(core);
    buf_printf(&printing->content, ",\"total\":%llu}", (unsigned long long)printing->sheet.rows);
    TRY(buf_check(&printing->content));
    if (peer == NULL) {
        return outcome_fail(FAULT_BUSY, "nobody draws");
    }
    printing->phase = PRINTING_DRAWS;
    printing->order++;
    printing->until_us = now_us(core) + LETTER_WAIT_S_MAX * US_PER_S;
    const struct render_order order = {.tag = PRINTING_TAG | printing->order,
                                       .what = RENDER_STATEMENT,
                                       .content = buf_view(&printing->content)};
    rendering_put_order(&peer->pipe.out, &order);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}

static enum code code_of(struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_NOT_FOUND:
        return CODE_NOT_FOUND;
    case FAULT_BAD_INPUT:
        return CODE_BAD_REQUEST;
    case FAULT_BUSY:
    case FAULT_NO_MEMORY:
        return CODE_LEDGER_UNAVAILABLE;
    default:
        return CODE_INTERNAL;
    }
}

static struct outcome step(struct core *core, bool *ret_done)
{
    struct printing *printing = &core->printing;
    const struct statement_asker asker = {code_view(&printing->account),
                                          code_view(&printing->citizen)};
    TRY(gate_sheet_step(core->house->gate, &asker, &printing->sheet, &printing->content, ret_done));
    return *ret_done ? send_content(core) : OUTCOME_OK;
}

struct outcome printing_keep(struct core *core)
{
    struct printing *printing = &core->printing;
    int64_t until_us = now_us(core) + HISTORY_TURN_US_MAX;
    struct outcome outcome = OUTCOME_OK;
    bool done = false;
    if (printing->phase != PRINTING_READS) {
        return OUTCOME_OK;
    }
    do {
        outcome = step(core, &done);
    } while (outcome_ok(outcome) && !done && now_us(core) < until_us);
    if (outcome.fault == FAULT_CRYPTO) {
        return outcome;
    }
    if (outcome.fault == FAULT_NOT_FOUND || outcome.fault == FAULT_BAD_INPUT) {
        refuse(core, code_of(outcome), outcome.what);
    } else if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "sheet-not-made", outcome);
        refuse(core, code_of(outcome), "");
    }
    return OUTCOME_OK;
}

void printing_watch(struct core *core)
{
    if (core->printing.phase == PRINTING_DRAWS && now_us(core) >= core->printing.until_us) {
        refuse(core, CODE_LEDGER_UNAVAILABLE, "");
    }
}

bool printing_busy(const struct core *core)
{
    return core->printing.phase == PRINTING_READS;
}

/* ---- what was drawn ---- */

static struct outcome put_file(struct core *core, const struct render_done *done, struct buf *json)
{
    const struct gate_sheet *sheet = &core->printing.sheet;
    uint64_t sheets = (sheet->rows + STATEMENT_PAPER_ROWS_MAX - 1) / STATEMENT_PAPER_ROWS_MAX;
    int64_t now_s = clock_wall_us(&core->house->clock) / US_PER_S;
    BUF_AUTO pdf;
    buf_init(&pdf, LETTER_BYTES_MAX);
    if (core_letter_signer(core) != NULL) { /* invariant 3 */
        TRY(letter_file_sign_sheet(done->pdf, core_letter_signer(core), now_s, &pdf));
    } else {
        buf_put_view(&pdf, done->pdf);
        TRY(buf_check(&pdf));
    }
    buf_put_text(json, "{\"file\":\"");
    base64url_put(json, buf_view(&pdf));
    buf_printf(json, "\",\"pages\":%u,\"sheet\":%u,\"sheets\":%llu}", done->pages, sheet->sheet,
               (unsigned long long)(sheets > 0 ? sheets : 1));
    memory_wipe(pdf.data, pdf.len);
    return buf_check(json);
}

void printing_drawn(struct core *core, const struct render_done *done)
{
    struct printing *printing = &core->printing;
    struct peer *peer = printing->peer;
    BUF_AUTO json;
    buf_init(&json, FILE_JSON_BYTES_MAX);
    if (printing->phase != PRINTING_DRAWS || done->tag != (PRINTING_TAG | printing->order)) {
        return; /* of one that was given up */
    }
    const struct statement_asker asker = {code_view(&printing->account),
                                          code_view(&printing->citizen)};
    if (!statements_may_see(core, &asker, code_view(&printing->id))) {
        refuse(core, CODE_NOT_FOUND, "/next: no statement is open");
        return;
    }
    struct outcome outcome = done->code == RENDER_DONE
                                 ? put_file(core, done, &json)
                                 : outcome_fail(FAULT_IO, "it could not be drawn");
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "sheet-not-drawn", "what=\"%s\" why=\"%.*s\"", outcome.what,
                 (int)done->why.len, (const char *)done->why.data);
        refuse(core, done->code == RENDER_TOO_LONG ? CODE_TOO_LARGE : CODE_INTERNAL, "");
        return;
    }
    const struct own_told told = {
        .tag = printing->tag, .code = CODE_DISCLOSED, .json = buf_view(&json)};
    owning_put_told(&peer->pipe.out, &told);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
    memory_wipe(json.data, json.len);
    reset(printing);
}

/* ---- the verb ---- */

/* A member that is a number, from first to last; absent it is `usual`. */
static bool number_of(struct view body, const char *name, uint64_t first, uint64_t last,
                      unsigned usual, unsigned *ret_number)
{
    struct view value = canonical_member(body, name);
    uint64_t number = usual;
    bool good =
        value.len == 0 || (outcome_ok(decimal_get(value, last, &number)) && number >= first);
    *ret_number = (unsigned)number;
    return good;
}

struct outcome printing_show(struct core *core, const struct own_call *call,
                             struct own_reply *reply)
{
    struct printing *printing = &core->printing;
    const struct statement_asker asker = {call->asker.account, call->asker.citizen};
    struct gate_sheet sheet = {0};
    struct code_text id;
    if (!statements_next_of(call->body, &sheet.next) ||
        !number_of(call->body, "year", YEAR_FIRST, YEAR_LAST, 0, &sheet.year) ||
        !number_of(call->body, "sheet", 1, SHEETS_MAX, 1, &sheet.sheet)) {
        own_refuse(reply, CODE_BAD_REQUEST, "/next, /year or /sheet");
        return OUTCOME_OK;
    }
    if (!statements_find(core, &asker, &sheet.next, &id)) {
        own_refuse(reply, CODE_NOT_FOUND, "/next: no statement is open");
        return OUTCOME_OK;
    }
    if (printing->phase != PRINTING_IDLE) { /* invariant 2 */
        own_refuse(reply, CODE_RATE_LIMITED, "");
        reply->retry_after_s = 1;
        return OUTCOME_OK;
    }
    printing->phase = PRINTING_READS;
    printing->peer = call->peer;
    printing->tag = call->tag;
    printing->sheet = sheet;
    TRY(code_set(&printing->account, asker.account));
    TRY(code_set(&printing->citizen, asker.citizen));
    printing->id = id;
    struct outcome outcome = begin(core);
    if (outcome.fault == FAULT_CRYPTO) {
        return outcome;
    }
    if (!outcome_ok(outcome)) {
        own_refuse(reply, code_of(outcome), outcome.what);
        reset(printing);
        return OUTCOME_OK;
    }
    reply->later = true;
    return OUTCOME_OK;
}
