/*
 * Purpose: foreign JSON read strictly into a tree whose every value knows where it stood, so that a
 * wrong member can be told by column or by JSON Pointer; and the escaping of strings for writing.
 * Pure, no heap: the tree lives in the caller's arena and borrows from the text, which must stay.
 * Source: RFC 8259 (grammar), RFC 6901 (pointers), RFC 8785 (escaping).
 *
 * Stricter than the RFC where it leaves room: well-formed UTF-8 only, no byte order mark, no member
 * twice in one object, no U+0000 and no lone surrogate in strings, depth, values and members
 * bounded.
 */
#ifndef DANCU_WIRE_JSON_H
#define DANCU_WIRE_JSON_H

#include "base/bytes.h"
#include "base/memory.h"

#define JSON_DEPTH_MAX 32    /* containers in each other; no limit given may be above it */
#define JSON_MEMBERS_MAX 256 /* members of one object; no limit given may be above it */
#define JSON_POINTER_BYTES_MAX 1024

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOLEAN,
    JSON_KIND_INTEGER, /* no fraction, no exponent, -(2^53 - 1) to 2^53 - 1 */
    JSON_KIND_NUMBER,  /* every other number: its text is well-formed, its value is not read */
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
    JSON_KIND_COUNT
};
/* Sets of kinds, for json_row. */
#define JSON_BIT(kind) (1u << (kind))
#define JSON_NULL_BIT JSON_BIT(JSON_KIND_NULL)
#define JSON_BOOLEAN_BIT JSON_BIT(JSON_KIND_BOOLEAN)
#define JSON_INTEGER_BIT JSON_BIT(JSON_KIND_INTEGER)
#define JSON_STRING_BIT JSON_BIT(JSON_KIND_STRING)
#define JSON_ARRAY_BIT JSON_BIT(JSON_KIND_ARRAY)
#define JSON_OBJECT_BIT JSON_BIT(JSON_KIND_OBJECT)
#define JSON_ANY_BITS ((1u << JSON_KIND_COUNT) - 1)

/* One value. The values of a document stand in one array in the order of the text, each container
 * directly before what it holds; `span` counts a value and all it holds. */
struct json_node {
    struct view text; /* string: its content, decoded; any other kind: its bytes in the text */
    struct view name; /* member's name, decoded; empty in an array and for the root */
    uint32_t offset;  /* of the value's first byte in the text, from 0 */
    uint32_t end;     /* one past its last byte */
    uint32_t span;    /* >= 1 */
    uint16_t count;   /* array: items; object: members */
    uint8_t kind;     /* enum json_kind */
    bool truth;       /* boolean: its value */
};

struct json_doc {
    struct view text;
    const struct json_node *nodes; /* nodes[0] is the root */
    unsigned count;
};

struct json_limits {
    size_t bytes_max;
    unsigned depth_max;   /* 1 = only a scalar or a flat container; <= JSON_DEPTH_MAX */
    unsigned values_max;  /* in the whole text; sizeof(struct json_node) each, from the arena;
                             <= 65535 */
    unsigned members_max; /* in one object; <= JSON_MEMBERS_MAX */
};

/* What is wrong and where; `reason` is static text and never repeats content. */
struct json_fault {
    const char *reason;
    size_t column;                /* byte in the text, from 1; 0 when the text is empty */
    const struct json_node *node; /* the value at fault; for a missing member its object; NULL when
                                     the text is not JSON */
    const char *missing;          /* name of the missing member, else NULL */
    bool unknown;                 /* the node is an unknown member: its name is foreign text */
};

/* The whole text is one JSON value with white space around it. FAULT_BAD_INPUT (not JSON),
 * FAULT_OVER_LIMIT (too long, deep or many; also when the arena is too small), *ret_fault filled in
 * both cases. The arena should hold values_max * sizeof(struct json_node) and once the text. */
struct outcome json_parse(struct view text, const struct json_limits *limits, struct arena *arena,
                          struct json_doc *ret_doc, struct json_fault *ret_fault);

/* First value in a container, and the one after it; NULL when there is none. */
const struct json_node *json_first(const struct json_node *container);
const struct json_node *json_next(const struct json_node *container, const struct json_node *node);
/* A member of an object by name; NULL when it is not there. */
const struct json_node *json_member(const struct json_node *object, const char *name);
/* Value of a node of kind JSON_KIND_INTEGER (asserts so). */
int64_t json_integer_of(const struct json_node *node);

/* The shape of an object as rows: what is not in a row is an unknown member. */
struct json_row {
    const char *name; /* not empty */
    unsigned kinds;   /* JSON_..._BIT, one or more */
    bool required;
};
/* Checks an object against `count` rows (at most JSON_MEMBERS_MAX) and gives each row's value in
 * ret_values[], NULL where it is absent. FAULT_BAD_INPUT: not an object, unknown member, wrong
 * type, member missing; the fault told is the first in the order of the text, missing members last.
 */
struct outcome json_take(const struct json_node *object, const struct json_row *rows,
                         unsigned count, const struct json_node **ret_values,
                         struct json_fault *ret_fault);

/* Fills a fault for a value that parsed but means nothing good; always FAULT_BAD_INPUT. */
struct outcome json_refuse(const struct json_node *node, const char *reason,
                           struct json_fault *ret_fault);
/* Appends the JSON Pointer of a value of the document ("" for the root). */
void json_pointer_put(const struct json_doc *doc, const struct json_node *node, struct buf *buf);
/* The value at a JSON Pointer; NULL when there is none. */
const struct json_node *json_locate(const struct json_doc *doc, struct view pointer);

/* Appends a quoted string escaped as RFC 8785 wants; `text` must be well-formed UTF-8. */
void json_put_string(struct buf *buf, struct view text);
/* Likewise without the quotes: a part of a string. */
void json_put_content(struct buf *buf, struct view text);
/* Likewise; `null` for an empty text. */
void json_put_string_or_null(struct buf *buf, struct view text);
/* The same for a string value of a document; faster, since most have stood there as they are
 * written. */
void json_put_text(struct buf *buf, const struct json_node *string);

#endif
