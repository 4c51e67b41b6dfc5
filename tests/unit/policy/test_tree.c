/* The tree of a file, where its private functions have corners of their own. */
#include "set_help.h"

#include "policy/tree.h"

static void a_quoted_text_is_cut_between_characters_and_never_has_a_control(void **state)
{
    (void)state;
    char text[128];
    assert_string_equal(policy_quote(view_text("Đơn vị")).text, "Đơn vị");
    assert_string_equal(policy_quote((struct view){0}).text, "");
    assert_string_equal(policy_quote(view_text("a\nb\x7f\x1b")).text, "a?b??");
    memset(text, 'x', sizeof(text));
    struct policy_quoted whole = policy_quote(view_of(text, 80));
    assert_int_equal(strlen(whole.text), 80);
    struct policy_quoted cut = policy_quote(view_of(text, 81));
    assert_int_equal(strlen(cut.text), 83);
    assert_string_equal(cut.text + 80, "...");
    memcpy(text + 78, "ờ", 3); /* the 80th byte is its last but one */
    cut = policy_quote(view_of(text, 100));
    assert_string_equal(cut.text + 77, "x...");
    memset(text, 0x80, sizeof(text)); /* no character begins anywhere */
    assert_string_equal(policy_quote(view_of(text, 100)).text, "...");
}

static void freeing_no_tree_is_allowed_and_freeing_twice_too(void **state)
{
    (void)state;
    struct policy_tree tree = {0};
    policy_tree_done(NULL);
    policy_tree_done(&tree);
    policy_tree_done(&tree);
}

static void a_file_becomes_nodes_with_places_and_texts(void **state)
{
    (void)state;
    struct arena arena;
    struct policy_tree tree;
    struct policy_error error;
    struct policy_file file = {.name = "t.yaml",
                               .content =
                                   VIEW_LITERAL("a: [1, 'é', \"\"]\nb:\n  c: >-\n    x\n    y\n")};
    assert_ok(arena_init(&arena, 4096));
    assert_ok(policy_tree_parse(&file, &arena, &tree, &error));
    static const struct {
        enum policy_node_kind kind;
        unsigned line, column;
        const char *text;
        bool plain, is_key;
    } nodes[] = {
        {NODE_MAP, 1, 1, "", false, false},   {NODE_TEXT, 1, 1, "a", true, true},
        {NODE_LIST, 1, 4, "", false, false},  {NODE_TEXT, 1, 5, "1", true, false},
        {NODE_TEXT, 1, 8, "é", false, false}, {NODE_TEXT, 1, 13, "", false, false},
        {NODE_TEXT, 2, 1, "b", true, true},   {NODE_MAP, 3, 3, "", false, false},
        {NODE_TEXT, 3, 3, "c", true, true},   {NODE_TEXT, 4, 1, "x y", false, false},
    };
    assert_int_equal(tree.count, 11);
    assert_null(policy_tree_node(&tree, 0));
    for (uint32_t i = 1; i < tree.count; i++) {
        const struct policy_node *node = policy_tree_node(&tree, i);
        assert_int_equal(node->kind, nodes[i - 1].kind);
        assert_int_equal(node->place.line, nodes[i - 1].line);
        assert_int_equal(node->place.column, nodes[i - 1].column);
        assert_view(node->text, nodes[i - 1].text);
        assert_int_equal(node->plain, nodes[i - 1].plain);
        assert_int_equal(node->is_key, nodes[i - 1].is_key);
    }
    assert_int_equal(policy_tree_node(&tree, 1)->first, 2);
    assert_int_equal(policy_tree_node(&tree, 2)->next, 3);
    assert_int_equal(policy_tree_node(&tree, 3)->next, 7);
    policy_tree_done(&tree);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quoted_text_is_cut_between_characters_and_never_has_a_control),
        cmocka_unit_test(freeing_no_tree_is_allowed_and_freeing_twice_too),
        cmocka_unit_test(a_file_becomes_nodes_with_places_and_texts),
    };
    return cmocka_run_group_tests_name("policy/tree", tests, NULL, NULL);
}
