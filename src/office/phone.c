/*
 * Phones and wishes for notices: stored bytes, maps, and what others ask about them.
 *
 * Invariants
 * 1. A number is one citizen's and a citizen has one number: both maps hold each phone.
 * 2. Codes are blind tags: no number and no person stands in one.
 */
#include "office/phone.h"

#include "office/staff.h"

#include "base/check.h"
#include "base/memory.h"
#include "office/object.h"

#include <string.h>

#define PHONE_VERSION 1 /* of both forms */

static const char *const pace_names[NOTICE_PACE_COUNT] = {
    [NOTICE_NEVER] = "never",
    [NOTICE_AT_ONCE] = "at_once",
    [NOTICE_DAILY] = "daily",
};
const struct words words_notice_pace = {pace_names, NOTICE_PACE_COUNT};

static const char *const way_names[NOTICE_WAY_COUNT] = {
    [NOTICE_BY_INBOX] = "inbox",
    [NOTICE_BY_SMS] = "sms",
};
const struct words words_notice_way = {way_names, NOTICE_WAY_COUNT};

/* ---- maps ---- */

static struct view phone_key(const void *phone)
{
    return code_view(&((const struct phone *)phone)->code);
}

static struct view phone_person(const void *phone)
{
    return code_view(&((const struct phone *)phone)->person);
}

static struct view wish_code(const void *wish)
{
    return code_view(&((const struct notice_wish *)wish)->code);
}

static struct view wish_key(const void *wish)
{
    return view_of(&((const struct notice_wish *)wish)->key, sizeof(uint64_t));
}

void phones_init(struct staff *staff)
{
    map_init_ordered(&staff->phones, phone_key, CITIZENS_MAX);
    map_init(&staff->phones_of, phone_person, CITIZENS_MAX);
    map_init_ordered(&staff->notice_wishes, wish_code, CITIZENS_MAX);
    map_init(&staff->notice_keys, wish_key, CITIZENS_MAX);
}

void phones_done(struct staff *staff)
{
    map_done(&staff->phones_of);
    map_done(&staff->notice_keys);
    map_free_all(&staff->phones);
    map_free_all(&staff->notice_wishes);
}

/* To both or to none. */
static struct outcome add_to_both(struct map *map, struct map *other, void *object)
{
    if (map_get(other, other->key(object)) != NULL) {
        return outcome_fail(FAULT_CONFLICT, "a citizen's object is there already");
    }
    TRY(map_room(other));
    TRY(map_add(map, object));
    CHECK(outcome_ok(map_add(other, object)));
    return OUTCOME_OK;
}

static struct outcome add_phone(struct directory *directory, void *object)
{
    CHECK(directory->staff != NULL);
    return add_to_both(&directory->staff->phones, &directory->staff->phones_of, object);
}

static void remove_phone(struct directory *directory, void *object)
{
    CHECK(map_remove(&directory->staff->phones_of, phone_person(object)) == object);
}

static struct outcome add_wish(struct directory *directory, void *object)
{
    CHECK(directory->staff != NULL);
    return add_to_both(&directory->staff->notice_wishes, &directory->staff->notice_keys, object);
}

static void remove_wish(struct directory *directory, void *object)
{
    CHECK(map_remove(&directory->staff->notice_keys, wish_key(object)) == object);
}

/* A citizen's key may change: a register that was imported anew. */
static struct outcome replace_wish(struct directory *directory, void *old, const void *object)
{
    struct map *keys = &directory->staff->notice_keys;
    const void *other = map_get(keys, wish_key(object));
    if (other != NULL && other != old) {
        return outcome_fail(FAULT_CONFLICT, "the person's key is another's");
    }
    CHECK(map_remove(keys, wish_key(old)) == old);
    memcpy(old, object, sizeof(struct notice_wish));
    return map_add(keys, old);
}

/* ---- stored bytes ---- */

static void put_phone(const void *object, struct buf *buf)
{
    const struct phone *phone = object;
    buf_put_u8(buf, PHONE_VERSION);
    buf_put_block16(buf, code_view(&phone->code));
    buf_put_u32(buf, phone->version);
    buf_put_block16(buf, code_view(&phone->number));
    buf_put_block16(buf, code_view(&phone->person));
    buf_put_u64(buf, (uint64_t)phone->bound_day);
    buf_put_u64(buf, (uint64_t)phone->until_day);
    buf_put_u8(buf, phone->confirmed);
    buf_put_u8(buf, phone->has_pin);
    buf_put(buf, phone->pin_salt, sizeof(phone->pin_salt));
    buf_put(buf, phone->pin, sizeof(phone->pin));
    buf_put_u8(buf, (uint8_t)phone->pin_misses);
}

static bool phone_sane(const struct phone *phone)
{
    char number[COUNTRY_PHONE_DIGITS + 1];
    return phone->code.len == 2 * SEAL_BLIND_BYTES &&
           outcome_ok(country_phone_get(code_view(&phone->number), number)) &&
           view_is(code_view(&phone->number), number) &&
           country_id_valid(code_view(&phone->person)) && phone->until_day >= phone->bound_day &&
           phone->pin_misses <= PHONE_PIN_MISSES_MAX && (phone->has_pin || phone->pin_misses == 0);
}

static struct outcome get_phone(const struct directory *directory, struct view bytes,
                                void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct phone *phone = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != PHONE_VERSION;
    object_get_code(&cursor, &phone->code);
    phone->version = cursor_u32(&cursor);
    object_get_code(&cursor, &phone->number);
    object_get_code(&cursor, &phone->person);
    phone->bound_day = (int64_t)cursor_u64(&cursor);
    phone->until_day = (int64_t)cursor_u64(&cursor);
    phone->confirmed = object_get_enum(&cursor, 2) != 0;
    phone->has_pin = object_get_enum(&cursor, 2) != 0;
    cursor_copy(&cursor, phone->pin_salt, sizeof(phone->pin_salt));
    cursor_copy(&cursor, phone->pin, sizeof(phone->pin));
    phone->pin_misses = cursor_u8(&cursor);
    cursor.failed = cursor.failed || !phone_sane(phone);
    return object_get_end(&cursor, "stored phone does not decode");
}

const struct object_row object_phone = {
    .name = "phone",
    .plural = "phones",
    OBJECT_LAYOUT(phone),
    OBJECT_OF_STAFF(phones),
    .removable = true,
    .put = put_phone,
    .get = get_phone,
    .add = add_phone,
    .remove = remove_phone,
};

static void put_wish(const void *object, struct buf *buf)
{
    const struct notice_wish *wish = object;
    buf_put_u8(buf, PHONE_VERSION);
    buf_put_block16(buf, code_view(&wish->code));
    buf_put_u32(buf, wish->version);
    buf_put_block16(buf, code_view(&wish->person));
    buf_put_u64(buf, wish->key);
    buf_put_u8(buf, (uint8_t)wish->pace);
    buf_put_u8(buf, (uint8_t)wish->way);
}

static struct outcome get_wish(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct notice_wish *wish = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != PHONE_VERSION;
    object_get_code(&cursor, &wish->code);
    wish->version = cursor_u32(&cursor);
    object_get_code(&cursor, &wish->person);
    wish->key = cursor_u64(&cursor);
    wish->pace = object_get_enum(&cursor, NOTICE_PACE_COUNT);
    wish->way = object_get_enum(&cursor, NOTICE_WAY_COUNT);
    cursor.failed =
        cursor.failed || !country_id_valid(code_view(&wish->person)) || wish->pace == NOTICE_NEVER;
    return object_get_end(&cursor, "stored wish for notices does not decode");
}

const struct object_row object_notice_wish = {
    .name = "notice wish",
    .plural = "notice wishes",
    OBJECT_LAYOUT(notice_wish),
    OBJECT_OF_STAFF(notice_wishes),
    .removable = true,
    .put = put_wish,
    .get = get_wish,
    .add = add_wish,
    .replace = replace_wish,
    .remove = remove_wish,
};

/* ---- what others ask ---- */

void citizen_code(const struct directory *directory, uint8_t kind, struct view text,
                  struct code_text *ret_code)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    CHECK(directory->blinder != NULL);
    blinder_tag(directory->blinder, kind, text, tag);
    hex_write(ret_code->text, view_of(tag, sizeof(tag)));
    ret_code->len = 2 * sizeof(tag);
}

const struct phone *staff_phone(const struct directory *directory, struct view number, int64_t day)
{
    struct code_text code = {0};
    if (directory->staff == NULL) {
        return NULL;
    }
    citizen_code(directory, BLIND_PHONE, number, &code);
    const struct phone *phone = map_get(&directory->staff->phones, code_view(&code));
    return phone != NULL && phone->until_day >= day ? phone : NULL;
}

const struct phone *staff_phone_of(const struct directory *directory, struct view person,
                                   int64_t day)
{
    const struct phone *phone =
        directory->staff == NULL ? NULL : map_get(&directory->staff->phones_of, person);
    return phone != NULL && phone->until_day >= day ? phone : NULL;
}

const struct notice_wish *staff_notice_wish(const struct directory *directory, struct view person)
{
    struct code_text code = {0};
    if (directory->staff == NULL) {
        return NULL;
    }
    citizen_code(directory, BLIND_ID, person, &code);
    return map_get(&directory->staff->notice_wishes, code_view(&code));
}

const struct notice_wish *staff_notice_wish_by_key(const struct directory *directory, uint64_t key)
{
    return directory->staff == NULL
               ? NULL
               : map_get(&directory->staff->notice_keys, view_of(&key, sizeof(key)));
}

/* ---- PINs ---- */

bool phone_pin_shaped(struct view pin)
{
    for (size_t i = 0; i < pin.len; i++) {
        if (pin.data[i] < '0' || pin.data[i] > '9') {
            return false;
        }
    }
    return pin.len == PHONE_PIN_DIGITS;
}

void phone_pin_tag(const struct directory *directory, const struct phone *phone,
                   const uint8_t salt[PHONE_PIN_SALT_BYTES], struct view pin,
                   uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t bound[PHONE_PIN_SALT_BYTES + CODE_TEXT_BYTES_MAX];
    memcpy(bound, salt, PHONE_PIN_SALT_BYTES);
    memcpy(bound + PHONE_PIN_SALT_BYTES, phone->code.text, phone->code.len);
    blinder_tag_pair(directory->blinder, BLIND_PIN,
                     view_of(bound, PHONE_PIN_SALT_BYTES + (size_t)phone->code.len), pin, ret_tag);
}

enum pin_verdict phone_pin_check(const struct directory *directory, const struct phone *phone,
                                 struct view pin)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    if (!phone->has_pin) {
        return PIN_NOT_SET;
    }
    if (phone->pin_misses == PHONE_PIN_MISSES_MAX) {
        return PIN_BLOCKED;
    }
    phone_pin_tag(directory, phone, phone->pin_salt, pin, tag);
    return phone_pin_shaped(pin) && seal_equal(tag, phone->pin, sizeof(tag)) ? PIN_RIGHT
                                                                             : PIN_WRONG;
}
