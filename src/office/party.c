/*
 * Parties: stored bytes, and the acts on them.
 */
#include "office/prepare.h"

#define PARTY_VERSION 2

void party_put(const struct party *party, struct buf *buf)
{
    buf_put_u8(buf, PARTY_VERSION);
    buf_put_block16(buf, code_view(&party->code));
    buf_put_u32(buf, party->version);
    buf_put_u8(buf, (uint8_t)party->class);
    buf_put_u8(buf, (uint8_t)party->state);
    buf_put_block16(buf, code_view(&party->kind));
    buf_put_block16(buf, long_view(&party->name));
}

struct outcome party_get(struct view bytes, struct party *ret_party)
{
    struct cursor cursor = cursor_of(bytes);
    struct party party = {0};
    cursor.failed = cursor_u8(&cursor) != PARTY_VERSION;
    object_get_code(&cursor, &party.code);
    party.version = cursor_u32(&cursor);
    party.class = object_get_enum(&cursor, CLASS_COUNT);
    party.state = object_get_enum(&cursor, PARTY_SUSPENDED + 1);
    object_get_code(&cursor, &party.kind);
    object_get_long(&cursor, &party.name);
    TRY(object_get_end(&cursor, "stored party does not decode"));
    *ret_party = party;
    return OUTCOME_OK;
}

static void put_party(const void *object, struct buf *buf)
{
    party_put(object, buf);
}

static struct outcome get_party(const struct directory *directory, struct view bytes,
                                void *ret_object)
{
    (void)directory;
    return party_get(bytes, ret_object);
}

static void *find_party(const struct directory *directory, struct view code)
{
    return directory_party(directory, code);
}

static bool full_party(const struct directory *directory)
{
    return directory->parties.len >= directory->parties.max;
}

static struct outcome add_party(struct directory *directory, void *object)
{
    return directory_add_party(directory, object);
}

static struct outcome replace_party(struct directory *directory, void *old, const void *object)
{
    (void)directory;
    directory_replace_party(old, object);
    return OUTCOME_OK;
}

static struct view code_of_party(const void *object)
{
    return code_view(&((const struct party *)object)->code);
}

static uint32_t *version_of_party(void *object)
{
    return &((struct party *)object)->version;
}

const struct object_row object_party = {
    .name = "party",
    .plural = "parties",
    .bytes = sizeof(struct party),
    .put = put_party,
    .get = get_party,
    .find = find_party,
    .full = full_party,
    .add = add_party,
    .replace = replace_party,
    .code = code_of_party,
    .version = version_of_party,
};

struct outcome prepare_party_add(struct preparing *here)
{
    struct party *party = NULL;
    TRY(prepare_new(here, OBJECT_PARTY, &party));
    party->class = act_word(here->act, "class");
    party->state = PARTY_ACTIVE;
    TRY(code_set(&party->code, act_value(here->act, "code")));
    TRY(code_set(&party->kind, act_value(here->act, "kind")));
    return long_set(&party->name, act_value(here->act, "name"));
}
