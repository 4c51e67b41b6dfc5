/*
 * Purpose: reading a channel's YAML files by rows of keys, every fault with file, line and
 * column. Used by `letter` and `sms`. Source: policy/tree.h (which part of YAML is let through).
 */
#ifndef DANCU_CHANNEL_YAML_H
#define DANCU_CHANNEL_YAML_H

#include "policy/tree.h"

struct yaml {
    const struct policy_file *file;
    struct policy_tree tree;
    struct policy_error *error;
};

/* FAULT_BAD_INPUT with the file's name and the place before the sentence. */
__attribute__((format(printf, 3, 4))) struct outcome
yaml_refuse(struct yaml *yaml, struct policy_place place, const char *format, ...);

/* One key of a map. */
struct yaml_key {
    const char *name;
    enum policy_node_kind kind;
    bool required;
};
#define YAML_KEYS_MAX 32
/* The values of a map by rows; NULL where an optional one is absent. Not a map, an unknown or
 * doubled key, a wrong kind, an empty text, a missing key: FAULT_BAD_INPUT. */
struct outcome yaml_take(struct yaml *yaml, const struct policy_node *map,
                         const struct yaml_key *keys, unsigned count,
                         const struct policy_node **ret_values);
const struct policy_node *yaml_root(const struct yaml *yaml);
/* Children of a list, one after the other; NULL at the end. */
const struct policy_node *yaml_first(const struct yaml *yaml, const struct policy_node *list);
const struct policy_node *yaml_next(const struct yaml *yaml, const struct policy_node *node);

#endif
