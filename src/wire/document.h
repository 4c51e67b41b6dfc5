/*
 * Purpose: a strict look at files of strangers before they are kept (decision 0055): is it what it
 * says, is it whole, does it hold nothing that runs, and does it claim no size that would burst
 * whoever draws it? Nothing is decompressed, drawn or run.
 * Who calls: `archive`, with the whole file. Pure; memory is bounded by DOCUMENT_OBJECTS_MAX.
 * Source: ISO 32000-1 section 7 (PDF 1.x); RFC 2083 and ISO/IEC 15948 (PNG); ITU-T T.81 (JPEG).
 *
 * FAULT_BAD_INPUT: it is not taken; `what` says why in words for who handed it in. FAULT_NO_MEMORY.
 */
#ifndef DANCU_WIRE_DOCUMENT_H
#define DANCU_WIRE_DOCUMENT_H

#include "base/bytes.h"
#include "base/ceilings.h"

/*
 * A PDF is taken when all that a reader can find in it by its cross-references was read here:
 * tables in the classic form, each leading to an object that stands in the open, not encrypted.
 * Object streams and cross-reference streams are refused with that: what they hold cannot be seen
 * without decompressing it. (PDF/A-1 has none.) Of what was read no name may be that of active
 * content.
 */
struct outcome document_look_pdf(struct view file);
struct outcome document_look_png(struct view file);
/* Baseline, extended sequential or progressive, by Huffman's code. */
struct outcome document_look_jpeg(struct view file);
/* Whether its first bytes are those of a PDF, PNG, JPEG: enough to turn away what is not, before
 * all of it has come. Of fewer than DOCUMENT_START_BYTES it says what can be said. */
#define DOCUMENT_START_BYTES 8
bool document_starts_pdf(struct view start);
bool document_starts_png(struct view start);
bool document_starts_jpeg(struct view start);

#endif
