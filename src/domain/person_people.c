/*
 * Other people in an import line: relatives, head and members of the household. Where each stands
 * in the canonical JSON is noted, so that whoever is hidden can be left out later by copying around
 * it.
 *
 * Invariants
 *  1. References stand in the order relatives, head, members, each in the order of the text.
 *  2. A reference's key is the personal id, else the CMND, else nothing; whoever is the person
 *     himself has no key (he is never left out of his own record).
 */
#include "domain/person_parse.h"

#include "base/check.h"

static struct view span_view(const struct parsing *parsing, struct person_span span)
{
    return view_part(buf_view(&parsing->out), span.at, span.len);
}

/* Writes the digits and tells where they stand, without the quotes. */
static struct outcome take_key(struct parsing *parsing, const struct json_node *node,
                               struct outcome (*take)(struct parsing *parsing,
                                                      const struct json_node *node),
                               struct person_span *ret_key)
{
    uint16_t from = out_at(parsing);

    TRY(take(parsing, node));
    *ret_key = (struct person_span){0, 0};
    if (node->kind == JSON_KIND_STRING && !parsing->out.failed) {
        *ret_key = (struct person_span){(uint16_t)(from + 1), (uint16_t)node->text.len};
    }
    return OUTCOME_OK;
}

static void reference_add(struct parsing *parsing, enum person_reference_kind kind, uint16_t from,
                          struct person_span id, struct person_span cmnd)
{
    const struct person *person = parsing->person;
    struct person_span key = id.len > 0 ? id : cmnd;

    CHECK(parsing->reference_count < PERSON_REFERENCES_MAX);
    if (parsing->out.failed) {
        return; /* told as a whole at the end */
    }
    if (view_equal(span_view(parsing, key), span_view(parsing, person->id)) ||
        view_equal(span_view(parsing, key), span_view(parsing, person->cmnd))) {
        key.len = 0; /* invariant 2 */
    }
    parsing->references[parsing->reference_count++] = (struct person_reference){
        .json = out_span(parsing, from), .key = key, .kind = (uint8_t)kind};
}

static struct outcome check_list(struct parsing *parsing, const struct json_node *node,
                                 unsigned max)
{
    return node->count <= max ? OUTCOME_OK : refuse(parsing, node, "too many people");
}

/* ---- Relatives ---- */

static bool relation_known(struct view text)
{
    static const char *const relations[] = {"father", "mother", "spouse", "child",
                                            "representative"};

    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
        if (view_is(text, relations[i])) {
            return true;
        }
    }
    return false;
}

enum {
    RELATIVE_RELATION,
    RELATIVE_NAME,
    RELATIVE_ID,
    RELATIVE_CMND,
    RELATIVE_NATIONALITY,
    RELATIVE_MEMBERS
};

static struct outcome take_relative(struct parsing *parsing, const struct json_node *node)
{
    static const struct json_row rows[RELATIVE_MEMBERS] = {
        [RELATIVE_RELATION] = {"relation", JSON_STRING_BIT, true},
        [RELATIVE_NAME] = {"full_name", JSON_STRING_BIT, true},
        [RELATIVE_ID] = {"id", JSON_STRING_BIT | JSON_NULL_BIT, true},
        [RELATIVE_CMND] = {"cmnd", JSON_STRING_BIT | JSON_NULL_BIT, true},
        [RELATIVE_NATIONALITY] = {"nationality", JSON_STRING_BIT | JSON_NULL_BIT, true},
    };
    const struct json_node *values[RELATIVE_MEMBERS];
    struct person_span id;
    struct person_span cmnd;
    uint16_t from = out_at(parsing);

    TRY(json_take(node, rows, RELATIVE_MEMBERS, values, &parsing->fault));
    if (!relation_known(values[RELATIVE_RELATION]->text)) {
        return refuse(parsing, values[RELATIVE_RELATION], "not a code of the list");
    }
    put_name(parsing, VIEW_LITERAL("{\"cmnd\":"));
    TRY(take_key(parsing, values[RELATIVE_CMND], take_cmnd, &cmnd));
    put_name(parsing, VIEW_LITERAL(",\"full_name\":"));
    TRY(take_name(parsing, values[RELATIVE_NAME]));
    put_name(parsing, VIEW_LITERAL(",\"id\":"));
    TRY(take_key(parsing, values[RELATIVE_ID], take_id, &id));
    put_name(parsing, VIEW_LITERAL(",\"nationality\":"));
    TRY(take_country(parsing, values[RELATIVE_NATIONALITY]));
    put_name(parsing, VIEW_LITERAL(",\"relation\":"));
    put_text(parsing, values[RELATIVE_RELATION]);
    buf_put_u8(&parsing->out, '}');
    reference_add(parsing, REFERENCE_RELATIVE, from, id, cmnd);
    return OUTCOME_OK;
}

struct outcome take_relatives(struct parsing *parsing, const struct json_node *node)
{
    if (node->kind == JSON_KIND_NULL) {
        put_text(parsing, node);
        return OUTCOME_OK;
    }
    if (node->count == 0) {
        return refuse(parsing, node, "no relatives are null, not an empty list");
    }
    TRY(check_list(parsing, node, PERSON_RELATIVES_MAX));
    const char *before = "[";
    for (const struct json_node *item = json_first(node); item != NULL;
         item = json_next(node, item)) {
        buf_put_text(&parsing->out, before);
        TRY(take_relative(parsing, item));
        before = ",";
    }
    buf_put_u8(&parsing->out, ']');
    return OUTCOME_OK;
}

/* ---- Household ---- */

enum { PERSON_NAME, PERSON_ID, PERSON_CMND, PERSON_RELATION };

/* Head (without relation) or member (with). */
static struct outcome take_householder(struct parsing *parsing, const struct json_node *node,
                                       enum person_reference_kind kind)
{
    static const struct json_row rows[] = {
        [PERSON_NAME] = {"full_name", JSON_STRING_BIT, true},
        [PERSON_ID] = {"id", JSON_STRING_BIT | JSON_NULL_BIT, true},
        [PERSON_CMND] = {"cmnd", JSON_STRING_BIT | JSON_NULL_BIT, true},
        [PERSON_RELATION] = {"relation_to_head", JSON_STRING_BIT | JSON_NULL_BIT, true},
    };
    const struct json_node *values[4];
    struct person_span id;
    struct person_span cmnd;
    uint16_t from = out_at(parsing);
    unsigned count = kind == REFERENCE_HEAD ? PERSON_RELATION : PERSON_RELATION + 1;

    TRY(json_take(node, rows, count, values, &parsing->fault));
    put_name(parsing, VIEW_LITERAL("{\"cmnd\":"));
    TRY(take_key(parsing, values[PERSON_CMND], take_cmnd, &cmnd));
    put_name(parsing, VIEW_LITERAL(",\"full_name\":"));
    TRY(take_name(parsing, values[PERSON_NAME]));
    put_name(parsing, VIEW_LITERAL(",\"id\":"));
    TRY(take_key(parsing, values[PERSON_ID], take_id, &id));
    if (kind == REFERENCE_MEMBER) {
        put_name(parsing, VIEW_LITERAL(",\"relation_to_head\":"));
        TRY(take_relation_to_head(parsing, values[PERSON_RELATION]));
    }
    buf_put_u8(&parsing->out, '}');
    reference_add(parsing, kind, from, id, cmnd);
    return OUTCOME_OK;
}

static struct outcome take_members(struct parsing *parsing, const struct json_node *node)
{
    const char *before = "";

    TRY(check_list(parsing, node, PERSON_HOUSEHOLD_MEMBERS_MAX));
    buf_put_u8(&parsing->out, '[');
    for (const struct json_node *item = json_first(node); item != NULL;
         item = json_next(node, item)) {
        buf_put_text(&parsing->out, before);
        TRY(take_householder(parsing, item, REFERENCE_MEMBER));
        before = ",";
    }
    buf_put_u8(&parsing->out, ']');
    return OUTCOME_OK;
}

struct outcome take_household(struct parsing *parsing, const struct json_node *node)
{
    static const struct json_row rows[] = {
        {"number", JSON_STRING_BIT | JSON_NULL_BIT, true},
        {"head", JSON_OBJECT_BIT | JSON_NULL_BIT, true},
        {"members", JSON_ARRAY_BIT, true},
    };
    const struct json_node *values[3];

    if (node->kind == JSON_KIND_NULL) {
        put_text(parsing, node);
        return OUTCOME_OK;
    }
    TRY(json_take(node, rows, 3, values, &parsing->fault));
    put_name(parsing, VIEW_LITERAL("{\"head\":"));
    if (values[1]->kind == JSON_KIND_NULL) {
        put_text(parsing, values[1]);
    } else {
        TRY(take_householder(parsing, values[1], REFERENCE_HEAD));
    }
    put_name(parsing, VIEW_LITERAL(",\"members\":"));
    TRY(take_members(parsing, values[2]));
    parsing->person->household_tail = out_at(parsing);
    put_name(parsing, VIEW_LITERAL(",\"number\":"));
    TRY(take_household_number(parsing, values[0]));
    buf_put_u8(&parsing->out, '}');
    return OUTCOME_OK;
}
