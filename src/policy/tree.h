/*
 * Purpose: one YAML file of the policy as a small tree of nodes, each with its place in the file.
 * Owner: whoever parsed it; texts live in the arena handed in, NUL-terminated.
 *
 * Only plain data is let through: UTF-8 without control characters, one document, no directives,
 * anchors, aliases or tags. What is refused never reaches the library.
 * Source: YAML 1.2.2, the part of it that a table needs.
 */
#ifndef DANCU_POLICY_TREE_H
#define DANCU_POLICY_TREE_H

#include "base/ceilings.h"
#include "base/memory.h"
#include "policy/policy.h"

/* Line and column from 1; columns count characters. */
struct policy_place {
    uint32_t line;
    uint32_t column;
};

enum policy_node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct policy_node {
    enum policy_node_kind kind;
    bool plain;  /* a text without quotes or block mark */
    bool is_key; /* of a map */
    struct policy_place place;
    struct view text; /* NODE_TEXT only; a terminator follows */
    uint32_t first; /* index of the first child, 0 = none; a map's children alternate key, value */
    uint32_t next;  /* index of the next sibling, 0 = none */
};

struct policy_tree {
    struct policy_node *nodes; /* nodes[0] is nobody, nodes[1] the root */
    uint32_t count;
    uint32_t cap;
};

/* FAULT_BAD_INPUT, or FAULT_OVER_LIMIT over a ceiling, with *ret_error "name:line:column: ...". */
struct outcome policy_tree_parse(const struct policy_file *file, struct arena *texts,
                                 struct policy_tree *ret_tree, struct policy_error *ret_error);
void policy_tree_done(struct policy_tree *tree);
/* NULL for index 0. */
const struct policy_node *policy_tree_node(const struct policy_tree *tree, uint32_t index);

/* Foreign text for a message: at most 80 bytes of it, never a control character. */
struct policy_quoted {
    char text[88];
};
struct policy_quoted policy_quote(struct view foreign);

/* Writes "file:line:column: sentence" and gives the outcome to return. */
__attribute__((format(printf, 4, 0))) void
policy_error_write(struct policy_error *ret_error, const char *file, struct policy_place place,
                   const char *format, va_list arguments);

#endif
