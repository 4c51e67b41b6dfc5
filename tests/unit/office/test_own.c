/*
 * What an organisation may do by itself: every act by every signer about every object, against a
 * table written by hand.
 */
#include "acts.h"

#include "office/own.h"

#define NOW_US (ACTS_TODAY * INT64_C(86400000000))

/* Whom an act may be about, as seen by A-active. */
enum object { SELF, OWN_SUB, SIBLING, SIBLINGS_SUB, STRANGERS_SUB, NOBODY, OBJECTS };
static const char *const objects[OBJECTS] = {
    [SELF] = "A-active",       [OWN_SUB] = "A-active.sub",
    [SIBLING] = "A-sibling",   [SIBLINGS_SUB] = "A-sibling.sub",
    [STRANGERS_SUB] = "S.sub", [NOBODY] = "A-active.nobody",
};

/* What A-active may: a bit an object. All other acts: nothing. */
static const struct {
    enum act_kind kind;
    unsigned about;
} allowed[] = {
    {ACT_ACCOUNT_SUB_ADD, 1u << SELF}, /* by `parent` */
    {ACT_ACCOUNT_SUB_BUSINESSES, 1u << OWN_SUB},
    {ACT_ACCOUNT_SUB_LOCK, 1u << OWN_SUB},
    {ACT_ACCOUNT_SUB_UNLOCK, 1u << OWN_SUB},
    {ACT_ACCOUNT_REVOKE, 1u << OWN_SUB},
    {ACT_ACCOUNT_CERTIFICATE_ADD, 1u << OWN_SUB},
    {ACT_ACCOUNT_CERTIFICATE_REVOKE, 1u << OWN_SUB | 1u << SELF},
};

static unsigned allowed_about(enum act_kind kind)
{
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (allowed[i].kind == kind) {
            return allowed[i].about;
        }
    }
    return 0;
}

static struct account *add_sub(struct directory *directory, struct account *parent,
                               const char *code, uint8_t spki)
{
    struct account *sub = memory_new(1, sizeof(*sub));
    assert_non_null(sub);
    assert_ok(code_set(&sub->code, view_text(code)));
    sub->party = parent->party;
    sub->parent = parent;
    sub->holder = HOLDER_SYSTEM;
    memset(sub->certificates[0].spki, spki, SEAL_HASH_BYTES);
    sub->certificate_count = 1;
    assert_ok(directory_add_account(directory, sub));
    return sub;
}

struct here {
    struct directory directory;
    struct account *own;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    struct directory *directory = &here->directory;
    acts_directory(directory);
    here->own = directory_account(directory, VIEW_LITERAL("A-active"));
    struct account *sibling = acts_account(directory, here->own->party, "A-sibling", 0x61);
    struct party *stranger = acts_party(directory, "stranger", CLASS_OTHER);
    struct account *other = acts_account(directory, stranger, "S", 0x62);
    add_sub(directory, here->own, "A-active.sub", 0x63);
    add_sub(directory, sibling, "A-sibling.sub", 0x64);
    add_sub(directory, other, "S.sub", 0x65);
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    directory_done(&here->directory);
    free(here);
    return 0;
}

static bool may(struct here *here, const struct account *signer, enum act_kind kind,
                const char *object)
{
    struct act act = {.kind = kind};
    unsigned field = 0;
    static const char *const names[] = {"code", "parent", "party"};
    for (size_t i = 0; i < 3; i++) { /* wherever an act names an object, it names this one */
        if (outcome_ok(act_field_find(kind, view_text(names[i]), &field))) {
            act.values[field] = view_text(object);
        }
    }
    return own_may(&here->directory, signer == NULL ? NULL : &signer->certificates[0], &act,
                   NOW_US);
}

static void an_account_does_what_the_table_says_about_its_own_and_nothing_else(void **state)
{
    struct here *here = *state;
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        for (enum object object = 0; object < OBJECTS; object++) {
            bool want = (allowed_about(kind) & 1u << object) != 0;
            if (may(here, here->own, kind, objects[object]) != want) {
                fail_msg("%s about %s", act_rows[kind].name, objects[object]);
            }
        }
    }
}

static void check_may_nothing(struct here *here, const struct account *signer)
{
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        for (enum object object = 0; object < OBJECTS; object++) {
            assert_false(may(here, signer, kind, objects[object]));
        }
    }
}

static void who_may_not_ask_may_not_act(void **state)
{
    struct here *here = *state;
    struct account *own = here->own;
    struct account saved = *own;
    struct party party = *own->party;
    check_may_nothing(here, NULL);
    check_may_nothing(here, directory_account(&here->directory, VIEW_LITERAL("A-active.sub")));
    for (enum account_state of = ACCOUNT_ACTIVE + 1; of < ACCOUNT_STATE_COUNT; of++) {
        own->state = of;
        check_may_nothing(here, own);
    }
    own->state = saved.state;
    own->certificates[0].revoked = true;
    check_may_nothing(here, own);
    own->certificates[0].revoked = false;
    own->certificates[0].until_s = NOW_US / 1000000 - 1;
    check_may_nothing(here, own);
    own->certificates[0].until_s = 0;
    for (enum party_state of = PARTY_CONNECTED + 1; of < PARTY_STATE_COUNT; of++) {
        own->party->state = of;
        check_may_nothing(here, own);
    }
    own->party->state = party.state;
    own->party->inspection =
        (struct inspection){.result = INSPECTION_PASSED, .until_day = ACTS_TODAY - 31};
    check_may_nothing(here, own);
    *own->party = party;
    assert_true(may(here, own, ACT_ACCOUNT_SUB_LOCK, objects[OWN_SUB]));
}

static void an_act_of_no_kind_is_nobodys(void **state)
{
    (void)state;
    assert_int_equal(own_reach_of(ACT_KIND_COUNT), OWN_NOTHING);
    assert_int_equal(own_reach_of((enum act_kind) - 1), OWN_NOTHING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_account_does_what_the_table_says_about_its_own_and_nothing_else),
        TEST(who_may_not_ask_may_not_act),
        cmocka_unit_test(an_act_of_no_kind_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
