/*
 * From what is disclosed, as canonical JSON, to the elements that the systems in use read.
 *
 * Invariants
 *  1. Nothing is written that is not in the answer or was not asked by: what is granted and empty
 * is an empty element, what is not granted is none.
 *  2. Elements stand in the order of the rows, which is that of the schema.
 *  3. A value of another kind than its element's is as none: of a result that is kept the process
 *     `jobs` tells, which may have been taken.
 *  4. The whole answer stands in the header as the JSON that it is, with its receipt: what the
 *     record's digest is of can be checked by who was answered.
 */
#include "channel/ndxp/read.h"

#include "base/check.h"
#include "domain/country.h"
#include "wire/canonical.h"

#define COLLECTION                                                                                 \
    "<ns1:CongdanCollection xmlns:ns1=\"" NDXP_PERSON_URI "\" xmlns:d=\"" NDXP_OWN_URI             \
    "\" SoCongDan=\"1\"><ns1:CongDan>"
#define COLLECTION_END "</ns1:CongDan></ns1:CongdanCollection>"
#define THEIRS "ns1"
#define OWN "d"

struct writing {
    struct buf *buf;
    struct view person; /* canonical JSON */
    uint8_t *scratch;   /* as long as it */
};

/* Invariant 3. */
static bool is_object(struct view value)
{
    return value.len > 0 && value.data[0] == '{';
}

struct view answer_member(struct view object, const char *name)
{
    return is_object(object) ? canonical_member(object, name) : view_of(NULL, 0);
}

bool answer_next_item(struct view array, size_t *at, struct view *ret_item)
{
    return array.len > 0 && array.data[0] == '[' && canonical_next_item(array, at, ret_item);
}

static void put_tag(struct writing *writing, const char *before, const char *prefix,
                    const char *name, const char *after)
{
    buf_printf(writing->buf, "%s%s:%s%s", before, prefix, name, after);
}

/* An element with a text; one that is empty for null. */
static void put_text(struct writing *writing, const char *prefix, const char *name,
                     struct view value)
{
    if (!canonical_is_text(value)) {
        put_tag(writing, "<", prefix, name, "/>");
        return;
    }
    put_tag(writing, "<", prefix, name, ">");
    xml_put_text(writing->buf, canonical_text(value, writing->scratch));
    put_tag(writing, "</", prefix, name, ">");
}

/* The register keeps a name as one text; where it would be divided is not known. */
static void put_name(struct writing *writing, struct view value)
{
    put_text(writing, THEIRS, "Ho", view_of(NULL, 0));
    put_text(writing, THEIRS, "ChuDem", view_of(NULL, 0));
    put_text(writing, THEIRS, "Ten", value);
}

/* YYYY-MM-DD as yyyyMMdd, or the year. */
static void put_birth(struct writing *writing, struct view value)
{
    struct view date =
        canonical_is_text(value) ? canonical_text(value, writing->scratch) : view_of(NULL, 0);
    date = country_birth_date_valid(date) ? date : view_of(NULL, 0);
    bool day = date.len == 10;

    buf_put_text(writing->buf, "<ns1:Nam>");
    buf_put_view(writing->buf, day ? view_part(date, 0, 4) : date);
    buf_put_text(writing->buf, "</ns1:Nam>");
    if (day) {
        buf_put_text(writing->buf, "<ns1:NgayThangNam>");
        buf_put_view(writing->buf, view_part(date, 0, 4));
        buf_put_view(writing->buf, view_part(date, 5, 2));
        buf_put_view(writing->buf, view_part(date, 8, 2));
        buf_put_text(writing->buf, "</ns1:NgayThangNam>");
    }
}

static void put_members(struct writing *writing, const char *prefix, struct view object,
                        const struct ndxp_member *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_text(writing, prefix, rows[i].element, answer_member(object, rows[i].member));
    }
}

static void put_address(struct writing *writing, const char *prefix, const char *name,
                        struct view value)
{
    if (!is_object(value)) {
        put_tag(writing, "<", prefix, name, "/>");
        return;
    }
    put_tag(writing, "<", prefix, name, ">");
    put_members(writing, prefix, value, ndxp_address, NDXP_ADDRESS_MEMBERS);
    put_tag(writing, "</", prefix, name, ">");
}

static void put_field(struct writing *writing, const struct ndxp_field *row)
{
    struct view value = answer_member(writing->person, words_name(&words_field, row->field));

    if (value.len == 0) {
        return; /* invariant 1 */
    }
    if (row->shape == NDXP_ADDRESS) {
        put_address(writing, THEIRS, row->element, value);
        return;
    }
    if (row->shape == NDXP_TEXT) {
        put_text(writing, THEIRS, row->element, value);
        return;
    }
    put_tag(writing, "<", THEIRS, row->element, ">");
    if (row->shape == NDXP_NAME) {
        put_name(writing, value);
    } else {
        put_birth(writing, value);
    }
    put_tag(writing, "</", THEIRS, row->element, ">");
}

static const struct ndxp_member relative_members[] = {{"HoVaTen", "full_name"},
                                                      {"QuocTich", "nationality"},
                                                      {"SoDinhDanh", "id"},
                                                      {"SoCMND", "cmnd"}};
#define RELATIVE_MEMBERS (sizeof(relative_members) / sizeof(relative_members[0]))

static bool is_relation(struct writing *writing, struct view relative, const char *relation)
{
    struct view value = answer_member(relative, "relation");

    return canonical_is_text(value) && view_is(canonical_text(value, writing->scratch), relation);
}

/* All of one relation, in the order of the register. */
static void put_relatives(struct writing *writing, const struct ndxp_relation *row)
{
    struct view relatives = answer_member(writing->person, "relatives");
    const char *prefix = row->own ? OWN : THEIRS;
    struct view relative = {0};

    for (size_t at = 0; answer_next_item(relatives, &at, &relative);) {
        if (is_relation(writing, relative, row->relation)) {
            put_tag(writing, "<", prefix, row->element, ">");
            put_members(writing, prefix, relative, relative_members, RELATIVE_MEMBERS);
            put_tag(writing, "</", prefix, row->element, ">");
        }
    }
}

/* The head, and what the subject is to him. */
static void put_head(struct writing *writing)
{
    struct view household = answer_member(writing->person, "household");
    struct view relation = answer_member(writing->person, "relation_to_head");
    struct view head = answer_member(household, "head");

    if (household.len == 0 && relation.len == 0) {
        return;
    }
    buf_put_text(writing->buf, "<ns1:ChuHo>");
    if (relation.len > 0) {
        put_text(writing, THEIRS, "QuanHe", relation);
    }
    if (is_object(head)) {
        put_text(writing, THEIRS, "SoDinhDanh", answer_member(head, "id"));
        put_text(writing, THEIRS, "SoCMND", answer_member(head, "cmnd"));
        put_text(writing, THEIRS, "HoVaTen", answer_member(head, "full_name"));
    }
    buf_put_text(writing->buf, "</ns1:ChuHo>");
    if (is_object(household)) {
        put_text(writing, THEIRS, "SoSoHoKhau", answer_member(household, "number"));
    }
}

/* ---- what nobody else has a word for ---- */

static void put_household(struct writing *writing)
{
    static const struct ndxp_member members[] = {{"HoVaTen", "full_name"},
                                                 {"SoDinhDanh", "id"},
                                                 {"SoCMND", "cmnd"},
                                                 {"QuanHe", "relation_to_head"}};
    struct view household = answer_member(writing->person, "household");
    struct view list = answer_member(household, "members");
    struct view member = {0};

    for (size_t at = 0; answer_next_item(list, &at, &member);) {
        buf_put_text(writing->buf, "<d:ThanhVien>");
        put_members(writing, OWN, member, members, sizeof(members) / sizeof(members[0]));
        buf_put_text(writing->buf, "</d:ThanhVien>");
    }
}

static void put_absence(struct writing *writing)
{
    static const struct ndxp_member days[] = {{"TuNgay", "from"}, {"DenNgay", "to"}};
    struct view value = answer_member(writing->person, "temporary_absence");

    if (!is_object(value)) {
        buf_put_text(writing->buf, value.len > 0 ? "<d:TamVang/>" : "");
        return;
    }
    buf_put_text(writing->buf, "<d:TamVang>");
    put_members(writing, OWN, value, days, 2);
    put_address(writing, OWN, "Noi", answer_member(value, "place"));
    buf_put_text(writing->buf, "</d:TamVang>");
}

static void put_death(struct writing *writing)
{
    static const struct ndxp_member members[] = {{"TinhTrang", "kind"}, {"Ngay", "date"}};
    struct view value = answer_member(writing->person, "death_or_missing");

    if (!is_object(value)) {
        buf_put_text(writing->buf, value.len > 0 ? "<d:ChetMatTich/>" : "");
        return;
    }
    buf_put_text(writing->buf, "<d:ChetMatTich>");
    put_members(writing, OWN, value, members, 2);
    buf_put_text(writing->buf, "</d:ChetMatTich>");
}

static void put_own(struct writing *writing, struct view notices)
{
    struct view stay = answer_member(writing->person, "temporary_residence");
    struct view notice = {0};

    if (stay.len > 0) {
        put_address(writing, OWN, "NoiTamTru", stay);
    }
    put_absence(writing);
    put_death(writing);
    put_household(writing);
    for (size_t at = 0; answer_next_item(notices, &at, &notice);) {
        put_text(writing, OWN, "ThongBao", notice);
    }
}

/* ---- the message ---- */

static void put_keys(struct writing *writing, const struct xml_node *payload)
{
    for (const struct xml_node *node = xml_first(payload); node != NULL;
         node = xml_next(payload, node)) {
        bool id = view_is(node->name, "SoDinhDanh");
        if ((id || view_is(node->name, "SoCMND")) && !reading_empty(node)) {
            const char *name = id ? "SoDinhDanh" : "SoCMND";
            put_tag(writing, "<", THEIRS, name, ">");
            xml_put_text(writing->buf, reading_text(node));
            put_tag(writing, "</", THEIRS, name, ">");
        }
    }
}

/* `payload`: NULL where nobody has asked by a key. */
static void put_record(struct writing *writing, const struct xml_node *payload, struct view notices)
{
    buf_put_text(writing->buf, COLLECTION);
    if (payload != NULL) {
        put_keys(writing, payload);
    }
    for (unsigned i = 0; i < ndxp_field_count; i++) {
        put_field(writing, &ndxp_fields[i]);
    }
    for (unsigned pass = 0; pass < 2; pass++) { /* theirs stand before ours */
        for (unsigned i = 0; i < NDXP_RELATIONS; i++) {
            if (ndxp_relations[i].own == (pass == 1)) {
                put_relatives(writing, &ndxp_relations[i]);
            }
        }
        if (pass == 0) {
            put_head(writing);
        }
    }
    put_own(writing, notices);
    buf_put_text(writing->buf, COLLECTION_END);
}

struct outcome answer_put_collection(struct view person, struct view notices, struct arena *arena,
                                     struct buf *buf)
{
    struct writing writing = {.buf = buf, .person = person};

    writing.scratch = arena_take(arena, person.len + notices.len + 1);
    if (writing.scratch == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "record: too long to be written");
    }
    put_record(&writing, NULL, notices);
    return buf_check(buf);
}

void answer_put_truth(struct buf *buf, bool truth)
{
    buf_printf(buf,
               "<dan:KetQuaXacThuc xmlns:dan=\"" NDXP_ASK_URI "\"><dan:TonTai>%s</dan:TonTai>"
               "</dan:KetQuaXacThuc>",
               truth ? "true" : "false");
}

/* Invariant 3; of a miss, what a refusal has. */
static void put_receipt(struct buf *buf, const struct answer *answer)
{
    struct answer receipt = *answer;
    BUF_AUTO json;

    buf_init(&json, HTTP_RESPONSE_BYTES_MAX);
    if (answer->code == CODE_DISCLOSED) {
        answer_json_put(&json, answer);
    } else {
        receipt.receipt_only = true;
        receipt_json_put(&json, &receipt);
    }
    buf_put_text(buf, "<d:BienNhan xmlns:d=\"" NDXP_OWN_URI "\">");
    xml_put_text(buf, buf_view(&json));
    buf_put_text(buf, "</d:BienNhan>");
    buf->failed = buf->failed || json.failed;
}

/* The operation that a body asks for, once more: it was read before, so it can be. */
static struct outcome open_again(struct view body, struct arena *arena,
                                 const struct xml_node **ret_payload,
                                 const struct ndxp_operation **ret_operation)
{
    struct soap_message message = {0};
    struct soap_fault soap = {0};
    struct xml_fault xml = {0};

    TRY(reading_open(body, view_of(NULL, 0), arena, &message, &xml, &soap));
    *ret_payload = message.payload;
    *ret_operation = ndxp_operation_of(message.payload);
    return *ret_operation == NULL ? outcome_fail(FAULT_BAD_INPUT, "no operation") : OUTCOME_OK;
}

bool ndxp_tells_misses(struct view body, struct arena *arena)
{
    const struct ndxp_operation *operation = NULL;
    const struct xml_node *payload = NULL;

    return outcome_ok(open_again(body, arena, &payload, &operation)) &&
           operation->answer != NDXP_RECORD;
}

struct outcome ndxp_answer_put(struct view body, const struct answer *answer, struct arena *arena,
                               struct buf *buf)
{
    const struct ndxp_operation *operation = NULL;
    const struct xml_node *payload = NULL;
    struct writing writing = {.buf = buf, .person = answer->person};

    TRY(open_again(body, arena, &payload, &operation));
    writing.scratch = arena_take(arena, answer->person.len + 1);
    if (writing.scratch == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "answer: too long to be written");
    }
    soap_put_start(buf);
    put_receipt(buf, answer);
    soap_put_body(buf);
    if (operation->answer == NDXP_RECORD) {
        CHECK(answer->code == CODE_DISCLOSED);
        put_record(&writing, payload, answer->notices);
    } else {
        bool verified = answer->code == CODE_DISCLOSED &&
                        view_is(answer_member(answer->person, "verified"), "true");
        bool untrue = answer->code == CODE_DISCLOSED && operation->answer == NDXP_UNTRUTH;
        answer_put_truth(buf, untrue ? !verified : verified);
    }
    soap_put_end(buf);
    return buf_check(buf);
}
