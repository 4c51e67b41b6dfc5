/*
 * What a message claims about its subject: values of fields, relatives.
 *
 * Invariant: a claim that stands in the ask is sane, and its field is among the ask's in the order
 * of the claims (ask_sane()).
 */
#include "channel/ndxp/read.h"

#include "base/check.h"
#include "wire/json.h"

#define JSON_BYTES_MAX (2 * ASK_BODY_BYTES_MAX)

/* A JSON string in the arena. */
static struct view keep_json(struct reading *reading, struct view text)
{
    BUF_AUTO buf;

    buf_init(&buf, JSON_BYTES_MAX);
    json_put_string(&buf, text);
    if (!outcome_ok(buf_check(&buf))) {
        reading->starved = true;
        return view_of(NULL, 0);
    }
    return reading_keep(reading, buf_view(&buf));
}

/* The claim is sane in itself, and the ask has room for it and the field that it is of. */
static void add_claim(struct reading *reading, const struct xml_node *node,
                      const struct claim *claim)
{
    struct ask *ask = &reading->ask;
    bool named = false;

    if (reading->starved) {
        return;
    }
    if (!claim_sane(claim)) {
        reading_refuse_node(reading, node, REASON_NOT_A_VALUE);
        return;
    }
    reading->claim_bytes += claim->member.len + claim->value.len;
    if (ask->claim_count == ASK_CLAIMS_MAX || reading->claim_bytes > ASK_CLAIMS_BYTES_MAX) {
        reading_refuse_node(reading, node, REASON_TOO_MANY);
        return;
    }
    ask->claims[ask->claim_count++] = *claim;
    for (unsigned i = 0; i < ask->field_count; i++) {
        named = named || ask->fields[i] == claim_field(claim);
    }
    if (!named) {
        ask->fields[ask->field_count++] = (uint8_t)claim_field(claim);
    }
}

static void claim_text(struct reading *reading, const struct xml_node *node, enum field field,
                       const char *member)
{
    struct view text = reading_take_text(reading, node, ASK_NAME_BYTES_MAX, REASON_TEXT_LENGTH);
    struct claim claim = {
        .kind = CLAIM_FIELD,
        .what = (uint8_t)field,
        .member = view_text(member),
        .value = keep_json(reading, text),
    };

    add_claim(reading, node, &claim);
}

/* Each part of an address that is not empty is a claim of its own. */
static void claim_address(struct reading *reading, const struct xml_node *node, enum field field)
{
    for (const struct xml_node *part = xml_first(node); part != NULL; part = xml_next(node, part)) {
        unsigned i = 0;
        while (i < NDXP_ADDRESS_MEMBERS && !xml_is(part, NDXP_ASK_SPACE, ndxp_address[i].element)) {
            i++;
        }
        if (i == NDXP_ADDRESS_MEMBERS) {
            reading_refuse_node(reading, part, REASON_UNKNOWN_ELEMENT);
        } else if (!reading_empty(part)) {
            claim_text(reading, part, field, ndxp_address[i].member);
        }
    }
    if (node->count == 0) {
        reading_refuse_node(reading, node, REASON_NOT_A_VALUE);
    }
}

static void claim_field_of(struct reading *reading, const struct xml_node *node,
                           const struct ndxp_field *row)
{
    if (row->shape == NDXP_ADDRESS) {
        claim_address(reading, node, row->field);
    } else {
        claim_text(reading, node, row->field, NULL);
    }
}

/* One member of the object that a relation claims, in the order of their names. */
static const struct ndxp_member relative_members[] = {
    {"SoCMND", "cmnd"}, {"SoDinhDanh", "id"}, {"HoVaTen", "name"}};
#define RELATIVE_MEMBERS (sizeof(relative_members) / sizeof(relative_members[0]))

static void put_relative(struct reading *reading, const struct xml_node *node, struct buf *buf)
{
    struct view values[RELATIVE_MEMBERS] = {{0}};
    const char *between = "{\"";

    for (const struct xml_node *part = xml_first(node); part != NULL; part = xml_next(node, part)) {
        unsigned i = 0;
        while (i < RELATIVE_MEMBERS && !xml_is(part, NDXP_ASK_SPACE, relative_members[i].element)) {
            i++;
        }
        if (i == RELATIVE_MEMBERS || part->count > 0) {
            reading_refuse_node(reading, part, REASON_UNKNOWN_ELEMENT);
        } else if (values[i].len > 0) {
            reading_refuse_node(reading, part, REASON_TWICE);
        } else {
            values[i] = reading_text(part);
        }
    }
    for (unsigned i = 0; i < RELATIVE_MEMBERS; i++) {
        if (values[i].len > 0) {
            buf_put_text(buf, between);
            buf_put_text(buf, relative_members[i].member);
            buf_put_text(buf, "\":");
            json_put_string(buf, values[i]);
            between = ",\"";
        }
    }
    buf_put_text(buf, "}");
}

static void claim_relative(struct reading *reading, const struct xml_node *node,
                           const char *relation)
{
    unsigned what = 0;
    BUF_AUTO buf;

    buf_init(&buf, JSON_BYTES_MAX);
    put_relative(reading, node, &buf);
    reading->starved = reading->starved || !outcome_ok(buf_check(&buf));
    struct outcome found = words_find(&words_relation, view_text(relation), &what);
    CHECK(outcome_ok(found));
    struct claim claim = {
        .kind = CLAIM_RELATION,
        .what = (uint8_t)what,
        .value = reading_keep(reading, buf_view(&buf)),
    };
    add_claim(reading, node, &claim);
}

bool reading_take_claim(struct reading *reading, const struct xml_node *node)
{
    enum ndxp_takes takes = reading->operation->takes;

    for (unsigned i = 0; i < ndxp_field_count; i++) {
        const struct ndxp_field *row = &ndxp_fields[i];
        if (ndxp_takes_field(reading->operation, row) && view_is(node->name, row->element)) {
            claim_field_of(reading, node, row);
            return true;
        }
    }
    for (unsigned i = 0; takes == NDXP_TAKES_RELATIVES && i < NDXP_RELATIONS; i++) {
        if (view_is(node->name, ndxp_relations[i].element)) {
            claim_relative(reading, node, ndxp_relations[i].relation);
            return true;
        }
    }
    if (takes == NDXP_TAKES_GUARDIAN &&
        (view_is(node->name, "NguoiGiamHo") || view_is(node->name, "NguoiDaiDien"))) {
        claim_relative(reading, node, "representative");
        return true;
    }
    if (takes == NDXP_TAKES_HEAD && view_is(node->name, "ChuHo")) {
        claim_relative(reading, node, "head");
        return true;
    }
    return false;
}

void reading_claim_by_itself(struct reading *reading)
{
    static const char *const wanted[] = {
        [NDXP_TAKES_MARITAL] = "TinhTrangHonNhan",
        [NDXP_TAKES_RESIDENCE] = "NoiOHienTai",
        [NDXP_TAKES_RELATIVES] = "Cha, Me, VoChong, Con, NguoiDaiDien",
        [NDXP_TAKES_GUARDIAN] = "NguoiGiamHo",
        [NDXP_TAKES_HEAD] = "ChuHo",
    };
    enum ndxp_takes takes = reading->operation->takes;
    struct claim claim = {.kind = CLAIM_FIELD, .what = FIELD_FULL_NAME};

    if (takes == NDXP_TAKES_VALUES) {
        claim.value = keep_json(reading, reading->ask.name);
        add_claim(reading, reading->payload, &claim);
    } else if (takes == NDXP_TAKES_NO_DEATH) {
        claim.what = FIELD_DEATH_OR_MISSING;
        claim.value = VIEW_LITERAL("null");
        add_claim(reading, reading->payload, &claim);
    } else if (reading->ask.claim_count == 0) {
        reading_refuse(reading, view_text(wanted[takes]), REASON_MISSING);
    }
}
