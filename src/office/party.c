/*
 * Parties: stored bytes, and the acts on them.
 */
#include "office/prepare.h"

#include "domain/country.h"

#include <string.h>

#define PARTY_VERSION 3

static void put_dossier(const struct party *party, struct buf *buf)
{
    const struct inspection *inspection = &party->inspection;
    buf_put_block16(buf, long_view(&party->legal_basis));
    buf_put_u8(buf, (uint8_t)party->security_level);
    buf_put_block16(buf, long_view(&party->security_decision));
    buf_put_u8(buf, (uint8_t)inspection->result);
    buf_put_u64(buf, (uint64_t)inspection->day);
    buf_put_u64(buf, (uint64_t)inspection->until_day);
    buf_put(buf, inspection->report, sizeof(inspection->report));
    buf_put_u8(buf, party->undertaken ? 1 : 0);
    buf_put(buf, party->undertaking, sizeof(party->undertaking));
    for (enum party_contact contact = 0; contact < CONTACT_COUNT; contact++) {
        buf_put_block16(buf, long_view(&party->contacts[contact]));
    }
    buf_put_block16(buf, long_view(&party->instrument));
}

static void get_dossier(struct cursor *cursor, struct party *party)
{
    struct inspection *inspection = &party->inspection;
    object_get_long(cursor, &party->legal_basis);
    party->security_level = object_get_enum(cursor, SECURITY_LEVEL_MAX + 1);
    object_get_long(cursor, &party->security_decision);
    inspection->result = object_get_enum(cursor, INSPECTION_COUNT);
    inspection->day = (int64_t)cursor_u64(cursor);
    inspection->until_day = (int64_t)cursor_u64(cursor);
    cursor_copy(cursor, inspection->report, sizeof(inspection->report));
    party->undertaken = object_get_enum(cursor, 2) == 1;
    cursor_copy(cursor, party->undertaking, sizeof(party->undertaking));
    for (enum party_contact contact = 0; contact < CONTACT_COUNT; contact++) {
        object_get_long(cursor, &party->contacts[contact]);
    }
    object_get_long(cursor, &party->instrument);
}

static void get_province(struct cursor *cursor, char ret_province[3])
{
    struct view province = cursor_block16(cursor);
    bool none = province.len == 0;
    if (cursor->failed || !(none || country_province_known(province, COUNTRY_LIST_2025_DAY))) {
        cursor->failed = true;
        return;
    }
    memcpy(ret_province, province.data, province.len);
}

static void put_party(const void *object, struct buf *buf)
{
    const struct party *party = object;
    buf_put_u8(buf, PARTY_VERSION);
    buf_put_block16(buf, code_view(&party->code));
    buf_put_u32(buf, party->version);
    buf_put_u8(buf, (uint8_t)party->class);
    buf_put_u8(buf, (uint8_t)party->state);
    buf_put_block16(buf, code_view(&party->kind));
    buf_put_block16(buf, long_view(&party->name));
    buf_put_block16(buf, code_view(&party->parent));
    buf_put_block16(buf, code_view(&party->identification));
    buf_put_block16(buf, view_text(party->province));
    put_dossier(party, buf);
}

static struct outcome get_party(const struct directory *directory, struct view bytes,
                                void *ret_object)
{
    (void)directory;
    struct cursor cursor = cursor_of(bytes);
    struct party party = {0};
    cursor.failed = cursor_u8(&cursor) != PARTY_VERSION;
    object_get_code(&cursor, &party.code);
    party.version = cursor_u32(&cursor);
    party.class = object_get_enum(&cursor, CLASS_COUNT);
    party.state = object_get_enum(&cursor, PARTY_STATE_COUNT);
    object_get_code(&cursor, &party.kind);
    object_get_long(&cursor, &party.name);
    object_get_code(&cursor, &party.parent);
    object_get_code(&cursor, &party.identification);
    get_province(&cursor, party.province);
    get_dossier(&cursor, &party);
    TRY(object_get_end(&cursor, "stored party does not decode"));
    memcpy(ret_object, &party, sizeof(party));
    return OUTCOME_OK;
}

static struct outcome add_party(struct directory *directory, void *object)
{
    return directory_add_party(directory, object);
}

static struct outcome replace_party(struct directory *directory, void *old, const void *object)
{
    return directory_replace_party(directory, old, object);
}

const struct object_row object_party = {
    .name = "party",
    .plural = "parties",
    OBJECT_LAYOUT(party),
    OBJECT_OF_DIRECTORY(parties),
    .put = put_party,
    .get = get_party,
    .add = add_party,
    .replace = replace_party,
};

/* A body above it that is there, and none of those below it. */
static struct outcome set_parent(struct preparing *here, struct party *party, struct view code)
{
    struct party *above = NULL;
    TRY(prepare_find(here, OBJECT_PARTY, "parent", &above));
    for (unsigned depth = 1; above != NULL; depth++) {
        if (depth == PARTY_DEPTH_MAX ||
            view_equal(code_view(&above->code), act_value(here->act, "code"))) {
            return prepare_refuse(here, FAULT_BAD_INPUT,
                                  "the parent body stands below the party, or too deep");
        }
        above = directory_party(here->directory, code_view(&above->parent));
    }
    return code_set(&party->parent, code);
}

static struct outcome set_province(struct preparing *here, struct party *party, struct view code)
{
    if (!country_province_known(code, COUNTRY_LIST_2025_DAY)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "province: not in the list of 2025-07-01");
    }
    memcpy(party->province, code.data, sizeof(party->province) - 1);
    return OUTCOME_OK;
}

static struct outcome set_identification(struct preparing *here, struct party *party,
                                         struct view code)
{
    if (code.len > IDENTIFICATION_BYTES_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "identification: too long");
    }
    const struct party *there = directory_party_by_unit(here->directory, code);
    if (there != NULL && !view_equal(code_view(&there->code), act_value(here->act, "code"))) {
        return prepare_refuse(here, FAULT_CONFLICT, "identification: another party has it");
    }
    return code_set(&party->identification, code);
}

struct outcome party_describe(struct preparing *here, struct party *party)
{
    static struct outcome (*const sets[])(struct preparing * here, struct party * party,
                                          struct view value) = {set_parent, set_province,
                                                                set_identification};
    static const char *const fields[] = {"parent", "province", "identification"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct view value = act_value(here->act, fields[i]);
        if (value.len > 0) {
            TRY(sets[i](here, party, value));
        }
    }
    struct view basis = act_value(here->act, "legal-basis");
    return basis.len > 0 ? long_set(&party->legal_basis, basis) : OUTCOME_OK;
}

struct outcome prepare_party_add(struct preparing *here)
{
    struct party *party = NULL;
    TRY(prepare_new(here, OBJECT_PARTY, &party));
    party->class = act_word(here->act, "class");
    party->state = PARTY_REGISTERED;
    TRY(party_describe(here, party));
    TRY(code_set(&party->code, act_value(here->act, "code")));
    TRY(code_set(&party->kind, act_value(here->act, "kind")));
    return long_set(&party->name, act_value(here->act, "name"));
}
