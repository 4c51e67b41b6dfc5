/*
 * Purpose: the frames by which the core has the process `letter` draw a letter, and the content of
 * one, which is all that the process is ever told. The receiver relies on no promise of the sender.
 * Source: issue "Written requests", item 4; Decree 30/2020/ND-CP, Art. 8; decision 0058.
 *
 * Whoever asks sends one letter, waits for its answer, then sends the next: so the end of the pipe
 * is the failure of that one letter. The process ends itself when it has drawn one letter for
 * LETTER_DRAW_S_MAX; the supervisor starts another. Who waits gives up LETTER_WAIT_S_MAX after it
 * has sent, when its clock says so: then nothing was drawn, and the letter may be sent again.
 * The same content, drawn by the same templates, fonts and libraries, is the same file to the byte.
 *
 * Content: one JSON object, members in any order, none besides these; texts are UTF-8 in NFC, one
 * line each, without control, formatting or private characters, at most LETTER_TEXT_BYTES_MAX, not
 * empty (null where it says so). Dates `YYYY-MM-DD`.
 *
 *   v           1
 *   kind        "result" | "grant" | "refusal" | "slip" | "supplement"
 *   office      {"name":text, "parent":text|null, "place":text}    issuing body, who stands above
 *               it, where it is ("Hà Nội"); names as they stand in a sentence: heads are drawn in
 *               capitals, and so are the signer's authority and title
 *   number      text: number and sign without the word before it, "05/TB-C06"
 *   time        "2026-11-26T09:30:00+07:00", always at +07:00: its day is the letter's date
 *   to          {"address":text|null, "name":text}                 whose copy it is
 *   request     {"date":date, "number":text, "reference":text|null}  the case's number and the day
 *               it came; number and date of the requester's own letter in words
 *   signer      {"authority":text|null, "name":text, "title":text}
 *               {"KT. Cục trưởng", "Nguyễn Văn An", "Phó Cục trưởng"}
 *               (this name, and the office's place, at most PDF_TEXT_BYTES_MAX: they stand in the
 *               signature too)
 *   recipients  [text, ...]   1 to LETTER_ITEMS_MAX lines of "Nơi nhận", without dash and full stop
 *   verify      {"code":text, "page":text, "url":text}   the copy's code; the address at which a
 *               person types it in; the address in the QR code (ASCII, LETTER_URL_BYTES_MAX)
 *   matter      what only this kind has:
 *     result      {"notices":[word, ...], "person":{...}, "purpose":text, "subject":text|null}
 *                 notices and person exactly as the gate gave them (at least one field); `subject`
 *                 is who was asked about, in words
 *     grant       {"business":text, "channel":word, "fields":[word, ...], "from":date,
 *                 "purpose":text, "quota":integer|null, "service":word, "until":date|null}
 *     refusal     {"appeal":text, "clause":text, "reason":text}
 *     slip        {"documents":[text, ...]|null, "due":date|null, "fee":integer|null,
 *                  "place":text}    fee in đồng
 *     supplement  {"due":date|null, "missing":[text, ...]}
 * Words are those of domain/words.h. What is null is left out of the letter, with the paragraph of
 * the template that names it.
 */
#ifndef DANCU_PROC_RENDERING_H
#define DANCU_PROC_RENDERING_H

#include "base/ceilings.h"
#include "proc/frame.h"

/* A sheet of a citizen's statement (decision 0068) has a content of its own, one JSON object:
 *
 *   count, map, person, rows   as gate_sheet_begin() has them; rows as own.history gives them
 *   id         text: whose it is, his personal number
 *   kind       "statement"
 *   origin     text: the log's name
 *   sheet      integer, from 1; total: integer, rows on all sheets; year: text|null
 *   signed     boolean: the file will be signed; the core prepares it for that
 *   time       as a letter's
 *   v          1
 */
enum render_what { RENDER_LETTER, RENDER_STATEMENT, RENDER_WHAT_COUNT };

/* FRAME_RENDER, core -> letter: u64 tag, u8 what, block32 content. */
struct render_order {
    uint64_t tag; /* the asker's, given back */
    enum render_what what;
    struct view content; /* 1..LETTER_CONTENT_BYTES_MAX; of a statement STATEMENT_PAPER_BYTES_MAX */
};
void rendering_put_order(struct buf *buf, const struct render_order *order);
struct outcome rendering_get_order(const struct frame *frame, struct render_order *ret_order);

enum render_code {
    RENDER_DONE,        /* `pdf` is the letter, prepared for its signature */
    RENDER_BAD_CONTENT, /* `why` has JSON Pointer and reason: it will never be drawn */
    RENDER_TOO_LONG,    /* likewise: over LETTER_PAGES_MAX or LETTER_BYTES_MAX */
    RENDER_FAILED,      /* no memory, or a library failed: may go well another time */
    RENDER_CODE_COUNT
};

/* FRAME_RENDERED, letter -> core: u64 tag, u8 code, u16 pages, block16 why, block32 pdf. */
struct render_done {
    uint64_t tag;
    enum render_code code;
    unsigned pages;  /* RENDER_DONE: 1..LETTER_PAGES_MAX; else 0 */
    struct view why; /* our own words and names of members, never content; empty when done, else
                        1..LETTER_WHY_BYTES_MAX */
    struct view pdf; /* RENDER_DONE: 1..LETTER_BYTES_MAX; else empty */
};
void rendering_put_done(struct buf *buf, const struct render_done *done);
struct outcome rendering_get_done(const struct frame *frame, struct render_done *ret_done);

#endif
