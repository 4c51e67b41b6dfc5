/*
 * Purpose: the content of a letter (proc/rendering.h has its shape), read strictly into parts that
 * templates name. Private to channel/letter/. Pure; borrows from the text and the arena.
 */
#ifndef DANCU_CHANNEL_LETTER_CONTENT_H
#define DANCU_CHANNEL_LETTER_CONTENT_H

#include "base/ceilings.h"
#include "base/clock.h"
#include "domain/written.h"
#include "wire/json.h"

/* What a part is made of, and so where a template may name it. */
enum part_shape {
    SHAPE_TEXT, /* within a text, down to SHAPE_CHANNEL */
    SHAPE_DATE,
    SHAPE_NUMBER,
    SHAPE_SERVICE,
    SHAPE_CHANNEL,
    SHAPE_TEXTS, /* as a list, down to SHAPE_NOTICES */
    SHAPE_FIELDS,
    SHAPE_NOTICES,
    SHAPE_PERSON, /* as a table */
    SHAPE_COUNT
};
static inline bool shape_is_text(enum part_shape shape)
{
    return shape <= SHAPE_CHANNEL;
}
static inline bool shape_is_list(enum part_shape shape)
{
    return shape >= SHAPE_TEXTS && shape <= SHAPE_NOTICES;
}

enum part {
    PART_NUMBER,
    PART_RECIPIENTS,
    PART_OFFICE_NAME,
    PART_OFFICE_PARENT,
    PART_OFFICE_PLACE,
    PART_TO_ADDRESS,
    PART_TO_NAME,
    PART_REQUEST_DATE,
    PART_REQUEST_NUMBER,
    PART_REQUEST_REFERENCE,
    PART_SIGNER_AUTHORITY,
    PART_SIGNER_NAME,
    PART_SIGNER_TITLE,
    PART_VERIFY_CODE,
    PART_VERIFY_PAGE,
    PART_VERIFY_URL,
    /* of the matter */
    PART_NOTICES,
    PART_PERSON,
    PART_PURPOSE,
    PART_SUBJECT,
    PART_BUSINESS,
    PART_CHANNEL,
    PART_FIELDS,
    PART_FROM,
    PART_QUOTA,
    PART_SERVICE,
    PART_UNTIL,
    PART_APPEAL,
    PART_CLAUSE,
    PART_REASON,
    PART_DOCUMENTS,
    PART_DUE,
    PART_FEE,
    PART_PLACE,
    PART_MISSING,
    PART_COUNT
};

struct part_row {
    const char *name;   /* as templates write it: "office.name"; of the matter, "purpose" */
    const char *object; /* the member that holds it; "" = the content itself */
    const char *member;
    enum part_shape shape;
    bool may_be_null; /* a list: also empty */
    unsigned kinds;   /* bit per kind of letter that has it */
    unsigned needed;  /* likewise, of those whose template must show it */
};
const struct part_row *part_row(enum part part);
/* FAULT_NOT_FOUND. */
struct outcome part_find(struct view name, enum part *ret_part);

struct content {
    enum letter_kind kind;
    int64_t time_s; /* since 1970 */
    struct date day;
    const struct json_node *parts[PART_COUNT]; /* NULL: null, or not of this kind */
    struct json_doc doc;
};

struct content_fault {
    char why[LETTER_WHY_BYTES_MAX + 1]; /* "/to/name: empty text" */
};

/* Room that reading takes. */
#define CONTENT_VALUES_MAX 4096
#define CONTENT_ARENA_BYTES                                                                        \
    (CONTENT_VALUES_MAX * sizeof(struct json_node) + 2 * (size_t)LETTER_CONTENT_BYTES_MAX)

/* FAULT_BAD_INPUT with *ret_fault filled. */
struct outcome content_read(struct view text, struct arena *arena, struct content *ret_content,
                            struct content_fault *ret_fault);
/* Writes "pointer: reason"; always FAULT_BAD_INPUT. */
struct outcome content_refuse(const struct content *content, const struct json_node *node,
                              const char *reason, struct content_fault *ret_fault);

/* A time at +07:00 into time_s and day; likewise. */
struct outcome content_take_time(struct content *content, const struct json_node *node,
                                 struct content_fault *ret_fault);

#endif
