/*
 * Purpose: lines of NDJSON about a family's people, in the form that `dancu registry import` reads.
 * Source: formats.md "Person". Canonical JSON (RFC 8785): members in the order of their names, no
 * white space.
 */
#ifndef DANCU_DEMO_LINE_H
#define DANCU_DEMO_LINE_H

#include "demo/family.h"

/* Appends one line for everybody who is not absent: by household, the head first, then the dead and
 * the missing. `scratch` is emptied and used. FAULT_OVER_LIMIT, FAULT_NO_MEMORY: of either buf. */
struct outcome demo_line_put_family(struct buf *buf, const struct family *family,
                                    struct buf *scratch);

#endif
