/*
 * Purpose: what a letter says, as the process that draws it is told (proc/rendering.h has the
 * schema): made of the case, its office, the letter, and, of a result, what the gate gave. Pure.
 */
#ifndef DANCU_OFFICE_LETTER_CONTENT_H
#define DANCU_OFFICE_LETTER_CONTENT_H

#include "office/letter.h"

struct letter_content {
    const struct directory *directory;
    const struct policy *policy;
    const struct written_case *case_;
    const struct letter *letter;    /* it has its number */
    const struct letter_copy *copy; /* of the letter */
    struct view person;             /* of a result: as the gate gave it, as the next */
    struct view notices;
    struct view base; /* address of the public listener: https://dancu.example:8444 */
};

/* Appends canonical JSON. FAULT_CONFLICT: something that a letter must say is missing; `what` says
 * what. */
struct outcome letter_content_put(const struct letter_content *content, struct buf *buf);

#endif
