/*
 * How one person is related to the head of the household, as a code.
 *
 * Invariants:
 *  1. Exactly one code for each pair; the rows are tried in order, the last one always holds.
 *  2. The codes are those of policy/fields.yaml, list relation_to_head. CH13 (guardian of the head)
 *     does not occur: heads are of age.
 */
#include "demo/family.h"

#include "base/check.h"

struct pair {
    const struct family *family;
    int who;
    int head;
};

static bool parent_of(const struct family *family, int parent, int child)
{
    const struct someone *someone = &family->people[child];
    return parent != NOBODY && (someone->father == parent || someone->mother == parent);
}

static bool grandparent_of(const struct family *family, int elder, int child)
{
    const struct someone *someone = &family->people[child];
    return (someone->father != NOBODY && parent_of(family, elder, someone->father)) ||
           (someone->mother != NOBODY && parent_of(family, elder, someone->mother));
}

static bool siblings(const struct family *family, int one, int other)
{
    const struct someone *a = &family->people[one];
    const struct someone *b = &family->people[other];
    return one != other && ((a->father != NOBODY && a->father == b->father) ||
                            (a->mother != NOBODY && a->mother == b->mother));
}

/* A brother or sister of one of the younger's parents. */
static bool aunt_or_uncle_of(const struct family *family, int elder, int younger)
{
    const struct someone *someone = &family->people[younger];
    return (someone->father != NOBODY && siblings(family, elder, someone->father)) ||
           (someone->mother != NOBODY && siblings(family, elder, someone->mother));
}

static int spouse_of(const struct family *family, int who)
{
    return family->people[who].spouse;
}

static bool is_self(const struct pair *pair)
{
    return pair->who == pair->head;
}

static bool is_spouse(const struct pair *pair)
{
    return spouse_of(pair->family, pair->head) == pair->who;
}

static bool is_adopted(const struct pair *pair)
{
    return pair->family->people[pair->who].adopted &&
           parent_of(pair->family, pair->head, pair->who);
}

static bool is_child(const struct pair *pair)
{
    return parent_of(pair->family, pair->head, pair->who);
}

static bool is_parent(const struct pair *pair)
{
    return parent_of(pair->family, pair->who, pair->head);
}

static bool is_parent_in_law(const struct pair *pair)
{
    int spouse = spouse_of(pair->family, pair->head);
    return spouse != NOBODY && parent_of(pair->family, pair->who, spouse);
}

static bool is_grandparent(const struct pair *pair)
{
    return grandparent_of(pair->family, pair->who, pair->head);
}

static bool is_grandchild(const struct pair *pair)
{
    return grandparent_of(pair->family, pair->head, pair->who);
}

static bool is_sibling(const struct pair *pair)
{
    return siblings(pair->family, pair->who, pair->head);
}

static bool is_child_in_law(const struct pair *pair)
{
    int spouse = spouse_of(pair->family, pair->who);
    return spouse != NOBODY && parent_of(pair->family, pair->head, spouse);
}

static bool is_aunt_or_uncle(const struct pair *pair)
{
    return aunt_or_uncle_of(pair->family, pair->who, pair->head);
}

static bool is_nephew_or_niece(const struct pair *pair)
{
    return aunt_or_uncle_of(pair->family, pair->head, pair->who);
}

static bool is_ward(const struct pair *pair)
{
    return pair->family->people[pair->who].guardian == pair->head;
}

static bool is_lodger(const struct pair *pair)
{
    return pair->family->people[pair->who].lodger || pair->family->people[pair->head].lodger;
}

static bool is_other(const struct pair *pair)
{
    return pair->family != NULL;
}

struct relation_row {
    bool (*holds)(const struct pair *pair);
    const char *code;
};

static const struct relation_row rows[] = {
    {is_self, "CH01"},         {is_spouse, "CH02"},        {is_adopted, "CH04"},
    {is_child, "CH03"},        {is_parent, "CH05"},        {is_parent_in_law, "CH06"},
    {is_grandparent, "CH07"},  {is_grandchild, "CH08"},    {is_sibling, "CH09"},
    {is_child_in_law, "CH10"}, {is_aunt_or_uncle, "CH11"}, {is_nephew_or_niece, "CH12"},
    {is_ward, "CH14"},         {is_lodger, "CH15"},        {is_other, "CH99"},
};

const char *demo_family_relation(const struct family *family, int who, int head)
{
    CHECK(who >= 0 && who < family->count && head >= 0 && head < family->count);
    struct pair pair = {family, who, head};
    const struct relation_row *row = rows;
    while (!row->holds(&pair)) {
        row++;
    }
    return row->code;
}
