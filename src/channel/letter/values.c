/*
 * Values in words: one row a field says which writer it has.
 *
 * Invariants
 *  1. Nothing is left out silently: a member that a shape does not have refuses the letter, and a
 *     code without words is told as it stands.
 */
#include "channel/letter/values.h"

#include "channel/letter/units.h"

#include "base/check.h"
#include "domain/words.h"

struct writing {
    const struct book *book;
    const struct content *content;
    struct buf *buf;
    struct content_fault *fault;
};

typedef struct outcome (*put_fn)(struct writing *writing, const struct json_node *node);

static struct outcome refuse(struct writing *writing, const struct json_node *node,
                             const char *reason)
{
    return content_refuse(writing->content, node, reason, writing->fault);
}

static struct outcome take(struct writing *writing, const struct json_node *node,
                           const struct json_row *rows, unsigned count,
                           const struct json_node **ret_values)
{
    struct json_fault fault = {0};

    if (!outcome_ok(json_take(node, rows, count, ret_values, &fault))) { /* invariant 1 */
        return refuse(writing, node, "the value does not have the shape of its field");
    }
    for (unsigned i = 0; i < count; i++) {
        if (ret_values[i] != NULL && ret_values[i]->kind == JSON_KIND_NULL) {
            ret_values[i] = NULL;
        }
    }
    return OUTCOME_OK;
}

static void put_phrase(struct writing *writing, enum book_phrase phrase)
{
    buf_put_view(writing->buf, writing->book->phrases[phrase]);
}

static void put_code(struct writing *writing, enum book_list list, const struct json_node *node)
{
    struct view text = book_word(writing->book, list, node->text);

    buf_put_view(writing->buf, text.len > 0 ? text : node->text);
}

static struct outcome text_only(struct writing *writing, const struct json_node *node)
{
    return node->kind == JSON_KIND_STRING ? OUTCOME_OK : refuse(writing, node, "not a text");
}

/* ", phrase value" when there is one. */
static void put_more(struct writing *writing, enum book_phrase phrase, const struct json_node *node)
{
    if (node != NULL) {
        buf_put_text(writing->buf, ", ");
        put_phrase(writing, phrase);
        buf_put_u8(writing->buf, ' ');
        buf_put_view(writing->buf, node->text);
    }
}

/* ---- writers ---- */

static struct outcome put_plain(struct writing *writing, const struct json_node *node)
{
    TRY(text_only(writing, node));
    buf_put_view(writing->buf, node->text);
    return OUTCOME_OK;
}

static struct outcome put_date(struct writing *writing, const struct json_node *node)
{
    TRY(text_only(writing, node));
    book_put_date(writing->buf, node->text);
    return OUTCOME_OK;
}

#define PUT_CODE(name, list)                                                                       \
    static struct outcome name(struct writing *writing, const struct json_node *node)              \
    {                                                                                              \
        TRY(text_only(writing, node));                                                             \
        put_code(writing, list, node);                                                             \
        return OUTCOME_OK;                                                                         \
    }
PUT_CODE(put_sex, BOOK_LIST_SEX)
PUT_CODE(put_ethnicity, BOOK_LIST_ETHNICITY)
PUT_CODE(put_religion, BOOK_LIST_RELIGION)
PUT_CODE(put_marital_status, BOOK_LIST_MARITAL_STATUS)
PUT_CODE(put_blood_group, BOOK_LIST_BLOOD_GROUP)
PUT_CODE(put_relation_to_head, BOOK_LIST_RELATION_TO_HEAD)
PUT_CODE(put_country, BOOK_LIST_COUNTRY)

enum { AT_COUNTRY, AT_DETAIL, AT_DISTRICT, AT_LIST, AT_PROVINCE, AT_WARD, AT_COUNT };

static void put_comma(struct writing *writing, size_t start)
{
    if (writing->buf->len > start) {
        buf_put_text(writing->buf, ", ");
    }
}

/* From the house to the country; the country only when it is another. */
static struct outcome put_address(struct writing *writing, const struct json_node *node)
{
    static const struct json_row rows[AT_COUNT] = {
        [AT_COUNTRY] = {"country", JSON_STRING_BIT | JSON_NULL_BIT, false},
        [AT_DETAIL] = {"detail", JSON_STRING_BIT | JSON_NULL_BIT, false},
        [AT_DISTRICT] = {"district", JSON_STRING_BIT | JSON_NULL_BIT, false},
        [AT_LIST] = {"list", JSON_STRING_BIT | JSON_NULL_BIT, false},
        [AT_PROVINCE] = {"province", JSON_STRING_BIT | JSON_NULL_BIT, false},
        [AT_WARD] = {"ward", JSON_STRING_BIT | JSON_NULL_BIT, false},
    };
    static const struct {
        unsigned member;
        enum unit_level level;
    } units[] = {{AT_WARD, UNIT_WARD}, {AT_DISTRICT, UNIT_DISTRICT}, {AT_PROVINCE, UNIT_PROVINCE}};
    const struct json_node *values[AT_COUNT];
    size_t start = writing->buf->len;

    TRY(take(writing, node, rows, AT_COUNT, values));
    if (values[AT_DETAIL] != NULL) {
        buf_put_view(writing->buf, values[AT_DETAIL]->text);
    }
    for (unsigned i = 0; i < 3; i++) {
        const struct json_node *code = values[units[i].member];
        if (code != NULL) {
            struct view list = values[AT_LIST] == NULL ? (struct view){0} : values[AT_LIST]->text;
            struct view name = unit_name(list, units[i].level, code->text);
            put_comma(writing, start);
            buf_put_view(writing->buf, name.len > 0 ? name : code->text);
        }
    }
    if (values[AT_COUNTRY] != NULL && !view_is(values[AT_COUNTRY]->text, "VN")) {
        put_comma(writing, start);
        put_code(writing, BOOK_LIST_COUNTRY, values[AT_COUNTRY]);
    }
    if (writing->buf->len == start) {
        put_phrase(writing, BOOK_PHRASE_NONE);
    }
    return OUTCOME_OK;
}

static struct outcome put_absence(struct writing *writing, const struct json_node *node)
{
    static const struct json_row rows[] = {
        {"from", JSON_STRING_BIT | JSON_NULL_BIT, false},
        {"to", JSON_STRING_BIT | JSON_NULL_BIT, false},
        {"place", JSON_OBJECT_BIT | JSON_NULL_BIT, false},
    };
    static const enum book_phrase phrases[] = {BOOK_PHRASE_FROM, BOOK_PHRASE_UNTIL,
                                               BOOK_PHRASE_PLACE};
    const struct json_node *values[3];
    size_t start = writing->buf->len;

    TRY(take(writing, node, rows, 3, values));
    for (unsigned i = 0; i < 3; i++) {
        if (values[i] == NULL) {
            continue;
        }
        put_comma(writing, start);
        put_phrase(writing, phrases[i]);
        buf_put_u8(writing->buf, ' ');
        TRY(i < 2 ? put_date(writing, values[i]) : put_address(writing, values[i]));
    }
    return OUTCOME_OK;
}

static struct outcome put_death(struct writing *writing, const struct json_node *node)
{
    static const struct json_row rows[] = {
        {"kind", JSON_STRING_BIT, true},
        {"date", JSON_STRING_BIT | JSON_NULL_BIT, false},
    };
    const struct json_node *values[2];

    TRY(take(writing, node, rows, 2, values));
    put_code(writing, BOOK_LIST_DEATH, values[0]);
    if (values[1] != NULL) {
        buf_put_text(writing->buf, ", ");
        put_phrase(writing, BOOK_PHRASE_DAY);
        buf_put_u8(writing->buf, ' ');
        book_put_date(writing->buf, values[1]->text);
    }
    return OUTCOME_OK;
}

enum { WHO_CMND, WHO_NAME, WHO_ID, WHO_NATIONALITY, WHO_RELATION, WHO_TO_HEAD, WHO_COUNT };

static const struct json_row who_rows[WHO_COUNT] = {
    [WHO_CMND] = {"cmnd", JSON_STRING_BIT | JSON_NULL_BIT, false},
    [WHO_NAME] = {"full_name", JSON_STRING_BIT | JSON_NULL_BIT, false},
    [WHO_ID] = {"id", JSON_STRING_BIT | JSON_NULL_BIT, false},
    [WHO_NATIONALITY] = {"nationality", JSON_STRING_BIT | JSON_NULL_BIT, false},
    [WHO_RELATION] = {"relation", JSON_STRING_BIT | JSON_NULL_BIT, false},
    [WHO_TO_HEAD] = {"relation_to_head", JSON_STRING_BIT | JSON_NULL_BIT, false},
};

/* "Cha: Nguyễn Văn B, số định danh cá nhân 0...": one line. */
static struct outcome put_who(struct writing *writing, const struct json_node *node, bool head)
{
    const struct json_node *values[WHO_COUNT];
    const struct json_node **const value = values;

    TRY(take(writing, node, who_rows, WHO_COUNT, values));
    if (head) {
        put_phrase(writing, BOOK_PHRASE_HEAD);
        buf_put_text(writing->buf, ": ");
    } else if (value[WHO_RELATION] != NULL) {
        put_code(writing, BOOK_LIST_RELATIVE, value[WHO_RELATION]);
        buf_put_text(writing->buf, ": ");
    } else if (value[WHO_TO_HEAD] != NULL) {
        put_code(writing, BOOK_LIST_RELATION_TO_HEAD, value[WHO_TO_HEAD]);
        buf_put_text(writing->buf, ": ");
    }
    if (value[WHO_NAME] != NULL) {
        buf_put_view(writing->buf, value[WHO_NAME]->text);
    } else {
        put_phrase(writing, BOOK_PHRASE_NONE);
    }
    put_more(writing, BOOK_PHRASE_NUMBER, value[WHO_ID]);
    put_more(writing, BOOK_PHRASE_CARD, value[WHO_CMND]);
    if (value[WHO_NATIONALITY] != NULL) {
        buf_put_text(writing->buf, ", ");
        put_phrase(writing, BOOK_PHRASE_NATIONALITY);
        buf_put_u8(writing->buf, ' ');
        put_code(writing, BOOK_LIST_COUNTRY, value[WHO_NATIONALITY]);
    }
    return OUTCOME_OK;
}

static struct outcome put_relatives(struct writing *writing, const struct json_node *node)
{
    if (node->kind != JSON_KIND_ARRAY || node->count == 0) {
        return refuse(writing, node, "the value does not have the shape of its field");
    }
    for (const struct json_node *item = json_first(node); item != NULL;
         item = json_next(node, item)) {
        if (item != json_first(node)) {
            buf_put_u8(writing->buf, '\n');
        }
        TRY(put_who(writing, item, false));
    }
    return OUTCOME_OK;
}

static struct outcome put_household(struct writing *writing, const struct json_node *node)
{
    static const struct json_row rows[] = {
        {"number", JSON_STRING_BIT | JSON_NULL_BIT, false},
        {"head", JSON_OBJECT_BIT | JSON_NULL_BIT, false},
        {"members", JSON_ARRAY_BIT | JSON_NULL_BIT, false},
    };
    const struct json_node *values[3];

    TRY(take(writing, node, rows, 3, values));
    put_phrase(writing, BOOK_PHRASE_HOUSEHOLD);
    buf_put_text(writing->buf, ": ");
    if (values[0] != NULL) {
        buf_put_view(writing->buf, values[0]->text);
    } else {
        put_phrase(writing, BOOK_PHRASE_NONE);
    }
    if (values[1] != NULL) {
        buf_put_u8(writing->buf, '\n');
        TRY(put_who(writing, values[1], true));
    }
    if (values[2] != NULL && values[2]->count > 0) {
        buf_put_u8(writing->buf, '\n');
        return put_relatives(writing, values[2]);
    }
    return OUTCOME_OK;
}

static const put_fn writers[FIELD_COUNT] = {
    [FIELD_BIRTH_DATE] = put_date,
    [FIELD_BIRTH_REGISTRATION_PLACE] = put_address,
    [FIELD_BLOOD_GROUP] = put_blood_group,
    [FIELD_CURRENT_RESIDENCE] = put_address,
    [FIELD_DEATH_OR_MISSING] = put_death,
    [FIELD_ETHNICITY] = put_ethnicity,
    [FIELD_FULL_NAME] = put_plain,
    [FIELD_HOUSEHOLD] = put_household,
    [FIELD_MARITAL_STATUS] = put_marital_status,
    [FIELD_NATIONALITY] = put_country,
    [FIELD_NATIVE_PLACE] = put_address,
    [FIELD_PERMANENT_RESIDENCE] = put_address,
    [FIELD_RELATION_TO_HEAD] = put_relation_to_head,
    [FIELD_RELATIVES] = put_relatives,
    [FIELD_RELIGION] = put_religion,
    [FIELD_SEX] = put_sex,
    [FIELD_TEMPORARY_ABSENCE] = put_absence,
    [FIELD_TEMPORARY_RESIDENCE] = put_address,
};

struct outcome value_put(const struct book *book, const struct content *content,
                         const struct json_node *field, struct buf *buf,
                         struct content_fault *ret_fault)
{
    struct writing writing = {.book = book, .content = content, .buf = buf, .fault = ret_fault};
    unsigned word = 0;

    if (field->kind == JSON_KIND_NULL) {
        put_phrase(&writing, BOOK_PHRASE_NONE);
        return OUTCOME_OK;
    }
    TRY(words_find(&words_field, field->name, &word)); /* content_read() has looked */
    CHECK(word < FIELD_COUNT && writers[word] != NULL);
    return writers[word](&writing, field);
}
