/*
 * From an answer of the core to what OSIA has for the operation.
 *
 * Invariant: nothing is told but what the answer holds, and of it what was asked for by name.
 */
#include "base/check.h"
#include "channel/osia/osia.h"

#define ANSWER_VALUES_MAX 256
#define PROOF_BYTES_MAX 65536

/* What stands in the place of one attribute's value (docs/osia.md). */
enum absence { ABSENCE_UNKNOWN = 1023, ABSENCE_NOT_HELD, ABSENCE_NO_VALUE };
static const char *const absences[][LANGUAGE_COUNT] = {
    {"Không có thuộc tính tên này", "Unknown attribute name"},
    {"Cơ sở dữ liệu không có thuộc tính này", "The register does not have this attribute"},
    {"Cơ sở dữ liệu không có giá trị", "The register has no value"},
};

/* MatchingError (the standard's codes). */
#define MISMATCH_ABSENT 0
#define MISMATCH_DIFFERS 1

/* VerifyResult (ours). */
#define VERIFIED 0
#define NOT_VERIFIED 1
static const char *const verdicts[][LANGUAGE_COUNT] = {
    [VERIFIED] = {"Mọi thuộc tính đều khớp", "All attributes match"},
    [NOT_VERIFIED] = {"Có thuộc tính không khớp hoặc không có giá trị",
                      "An attribute does not match, or has no value"},
};

struct answering {
    const struct osia_plan *plan;
    const struct answer *answer;
    const struct json_node *given; /* what the core gives: an object */
    enum language language;
    struct buf *buf;
};

/* ---- reads ---- */

static bool put_text(struct buf *buf, const struct json_node *node)
{
    bool there = node != NULL && node->kind == JSON_KIND_STRING;

    if (there) {
        json_put_string(buf, node->text);
    }
    return there;
}

/* The first word of a name, or what follows it. */
static bool put_name_part(struct buf *buf, struct view name, bool family)
{
    size_t space = view_find(name, 0, ' ');
    size_t from = space + (space < name.len);

    if (!family && from == name.len) {
        return false;
    }
    json_put_string(buf,
                    family ? view_part(name, 0, space) : view_part(name, from, name.len - from));
    return true;
}

/* `12 Lê Lợi, 26734, 760, 79, VN (2021-07-01)`: what is known, from the narrow to the wide, and the
 * list that the codes are of. */
static bool put_place(struct buf *buf, const struct json_node *address)
{
    static const char *const parts[] = {"detail", "ward", "district", "province", "country"};
    const struct json_node *list = json_member(address, "list");
    BUF_AUTO text;

    buf_init(&text, ASK_BODY_BYTES_MAX);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct json_node *part = json_member(address, parts[i]);
        if (part != NULL && part->kind == JSON_KIND_STRING) {
            buf_put_text(&text, text.len > 0 ? ", " : "");
            buf_put_view(&text, part->text);
        }
    }
    if (list != NULL && list->kind == JSON_KIND_STRING) {
        buf_printf(&text, " (%.*s)", (int)list->text.len, (const char *)list->text.data);
    }
    json_put_string(buf, buf_view(&text));
    buf->failed = buf->failed || text.failed; /* never a cut one */
    return true;
}

/* Of an object of the register. */
static bool put_of_object(struct buf *buf, const struct osia_attribute *attribute,
                          const struct json_node *object)
{
    const struct json_node *kind = json_member(object, "kind");

    switch (attribute->form) {
    case OSIA_FORM_DEATH_DATE:
        return kind != NULL && view_is(kind->text, "dead") &&
               put_text(buf, json_member(object, "date"));
    case OSIA_FORM_PLACE:
        return put_place(buf, object);
    default:
        return put_text(buf, json_member(object, attribute->part));
    }
}

/* The attribute's value as JSON; false when there is none. */
static bool put_value(const struct answering *answering, const struct osia_attribute *attribute)
{
    struct buf *buf = answering->buf;

    if (attribute->form == OSIA_FORM_NUMBER) { /* a card's number leads to none: that is id.map */
        bool number = answering->plan->ask.subject_kind == SUBJECT_ID;
        if (number) {
            json_put_string(buf, answering->plan->ask.key);
        }
        return number;
    }
    const struct json_node *value =
        json_member(answering->given, words_name(&words_field, attribute->field));
    CHECK(value != NULL); /* it was asked for */
    if (value->kind == JSON_KIND_OBJECT) {
        return put_of_object(buf, attribute, value);
    }
    if (attribute->form == OSIA_FORM_GENDER) { /* ISO 5218: 0 = not known */
        buf_put_view(buf, value->kind == JSON_KIND_STRING ? value->text : VIEW_LITERAL("0"));
        return true;
    }
    if (value->kind == JSON_KIND_STRING &&
        (attribute->form == OSIA_FORM_FAMILY || attribute->form == OSIA_FORM_GIVEN)) {
        return put_name_part(buf, value->text, attribute->form == OSIA_FORM_FAMILY);
    }
    return put_text(buf, value);
}

/* Data Access: an Error in the place of a value that is not there. */
static void put_absence(const struct answering *answering, enum absence absence)
{
    const char *message = absences[absence - ABSENCE_UNKNOWN][answering->language];

    osia_put_error(answering->buf, absence, view_text(message));
}

/* Third Party Services: what is not available is not there. */
static void put_attributes(const struct answering *answering, bool errors)
{
    const struct osia_plan *plan = answering->plan;
    struct buf *buf = answering->buf;
    bool first = true;

    buf_put_text(buf, "{");
    for (unsigned i = 0; i < plan->request.name_count; i++) {
        const struct osia_attribute *attribute = plan->reads[i];
        bool held = attribute != NULL && attribute->form != OSIA_FORM_NONE;
        size_t before = buf->len;
        buf_put_text(buf, first ? "" : ",");
        json_put_string(buf, plan->request.names[i]);
        buf_put_text(buf, ":");
        if (held && put_value(answering, attribute)) {
            first = false;
        } else if (errors) {
            put_absence(answering, attribute == NULL ? ABSENCE_UNKNOWN
                                   : held            ? ABSENCE_NO_VALUE
                                                     : ABSENCE_NOT_HELD);
            first = false;
        } else if (!buf->failed) {
            buf_cut(buf, before);
        }
    }
    buf_put_text(buf, "}");
}

static void put_read(const struct answering *answering)
{
    put_attributes(answering, true);
}

static void put_set(const struct answering *answering)
{
    buf_put_text(answering->buf, "{\"biographicData\":");
    put_attributes(answering, false);
    buf_put_text(answering->buf, "}");
}

/* ---- claims ---- */

static bool is_verified(const struct answering *answering)
{
    const struct json_node *verified = json_member(answering->given, "verified");

    CHECK(verified != NULL && verified->kind == JSON_KIND_BOOLEAN);
    return verified->truth;
}

static void put_verified(const struct answering *answering)
{
    buf_put_text(answering->buf, is_verified(answering) ? "true" : "false");
}

static void put_mismatches(const struct answering *answering)
{
    const struct osia_plan *plan = answering->plan;
    const struct json_node *claims = json_member(answering->given, "claims");
    const struct json_node *results[ASK_CLAIMS_MAX];
    unsigned count = 0;
    bool first = true;

    CHECK(claims != NULL && claims->count == plan->ask.claim_count);
    for (const struct json_node *item = json_first(claims); item != NULL;
         item = json_next(claims, item)) {
        results[count++] = item;
    }
    buf_put_text(answering->buf, "[");
    for (unsigned i = 0; i < plan->request.claim_count; i++) {
        uint8_t at = plan->claim_of[i];
        bool matches = at != OSIA_NO_CLAIM && results[at]->truth;
        bool absent = at == OSIA_NO_CLAIM || results[at]->kind == JSON_KIND_NULL;
        if (!matches) {
            osia_put_mismatch(answering->buf, first, plan->request.claims[i].name,
                              absent ? MISMATCH_ABSENT : MISMATCH_DIFFERS);
            first = false;
        }
    }
    buf_put_text(answering->buf, "]");
}

/* The proof is the whole native answer, which `dancu receipt verify` reads. */
static void put_proof(const struct answering *answering)
{
    BUF_AUTO proof;

    buf_init(&proof, PROOF_BYTES_MAX);
    answer_json_put(&proof, answering->answer);
    buf_put_text(answering->buf, ",\"verificationProof\":");
    json_put_string(answering->buf, buf_view(&proof));
    answering->buf->failed = answering->buf->failed || proof.failed; /* likewise */
}

static void put_verdict(const struct answering *answering)
{
    unsigned verdict = is_verified(answering) ? VERIFIED : NOT_VERIFIED;

    buf_put_text(answering->buf, "{\"verificationCode\":");
    buf_put_decimal(answering->buf, verdict);
    buf_put_text(answering->buf, ",\"verificationMessage\":");
    json_put_string(answering->buf, view_text(verdicts[verdict][answering->language]));
    if (verdict == VERIFIED && !answering->plan->request.proof_unwanted) {
        put_proof(answering);
    }
    buf_put_text(answering->buf, "}");
}

static void (*const rows[OSIA_OPERATION_COUNT])(const struct answering *answering) = {
    [OSIA_READ] = put_read,        [OSIA_MATCH] = put_mismatches, [OSIA_VERIFY] = put_verified,
    [OSIA_ID_CHECK] = put_verdict, [OSIA_ID_SET] = put_set,       [OSIA_ID_READ] = put_set,
};

void osia_answer_put(const struct osia_plan *plan, const struct answer *answer,
                     enum language language, struct arena *arena, struct buf *buf)
{
    static const struct json_limits limits = {
        .bytes_max = ASK_BODY_BYTES_MAX,
        .depth_max = 4,
        .values_max = ANSWER_VALUES_MAX,
        .members_max = ASK_FIELDS_MAX,
    };
    struct json_doc doc;
    struct json_fault fault;

    CHECK(answer->code == CODE_DISCLOSED);
    CHECK(outcome_ok(json_parse(answer->person, &limits, arena, &doc, &fault)));
    CHECK(doc.nodes[0].kind == JSON_KIND_OBJECT);
    const struct answering answering = {plan, answer, &doc.nodes[0], language, buf};
    rows[plan->request.operation](&answering);
}
