/*
 * Maps and lists of a YAML file by rows.
 *
 * Invariants
 *  1. What no row names is refused: a word that is misspelt is never a part left out.
 */
#include "channel/yaml/yaml.h"

#include "base/check.h"

#include <stdarg.h>

struct outcome yaml_refuse(struct yaml *yaml, struct policy_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    policy_error_write(yaml->error, yaml->file->name, place, format, arguments);
    va_end(arguments);
    return outcome_fail(FAULT_BAD_INPUT, "settings file");
}

const struct policy_node *yaml_root(const struct yaml *yaml)
{
    return policy_tree_node(&yaml->tree, 1);
}

const struct policy_node *yaml_first(const struct yaml *yaml, const struct policy_node *list)
{
    return policy_tree_node(&yaml->tree, list->first);
}

const struct policy_node *yaml_next(const struct yaml *yaml, const struct policy_node *node)
{
    return policy_tree_node(&yaml->tree, node->next);
}

static const char *kind_word(enum policy_node_kind kind)
{
    static const char *const words[] = {
        [NODE_TEXT] = "a text", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};

    return words[kind];
}

static struct outcome take_value(struct yaml *yaml, const struct policy_node *key,
                                 const struct policy_node *value, const struct yaml_key *row,
                                 const struct policy_node **ret_value)
{
    if (*ret_value != NULL) {
        return yaml_refuse(yaml, key->place, "`%s` stands twice", row->name);
    }
    if (value->kind != row->kind) {
        return yaml_refuse(yaml, value->place, "`%s` is not %s", row->name, kind_word(row->kind));
    }
    if (value->kind == NODE_TEXT && value->text.len == 0) {
        return yaml_refuse(yaml, value->place, "`%s` is empty", row->name);
    }
    *ret_value = value;
    return OUTCOME_OK;
}

struct outcome yaml_take(struct yaml *yaml, const struct policy_node *map,
                         const struct yaml_key *keys, unsigned count,
                         const struct policy_node **ret_values)
{
    CHECK(count <= YAML_KEYS_MAX);
    if (map->kind != NODE_MAP) {
        return yaml_refuse(yaml, map->place, "this is not a map");
    }
    for (unsigned i = 0; i < count; i++) {
        ret_values[i] = NULL;
    }
    const struct policy_node *key = yaml_first(yaml, map);
    while (key != NULL) {
        const struct policy_node *value = yaml_next(yaml, key);
        unsigned row = 0;
        while (row < count && !view_is(key->text, keys[row].name)) {
            row++;
        }
        if (row == count) { /* invariant 1 */
            return yaml_refuse(yaml, key->place, "unknown key `%s`", policy_quote(key->text).text);
        }
        CHECK(value != NULL); /* children of a map alternate */
        TRY(take_value(yaml, key, value, &keys[row], &ret_values[row]));
        key = yaml_next(yaml, value);
    }
    for (unsigned i = 0; i < count; i++) {
        if (keys[i].required && ret_values[i] == NULL) {
            return yaml_refuse(yaml, map->place, "`%s` is missing", keys[i].name);
        }
    }
    return OUTCOME_OK;
}
