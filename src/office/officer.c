/*
 * Officers: stored bytes, and the acts on them.
 *
 * Invariants
 * 1. No two officers who have not left share a certificate's key or a signing key, and none shares
 *    a certificate's key with an account: four eyes are two people.
 * 2. After every act the office is able (staff_able()): nobody can lock all others out.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "office/found.h"

#include <string.h>

#define OFFICER_VERSION 1

/* Which act moves an officer from where to where. */
static const enum officer_state officer_next[OFFICER_STATE_COUNT][OFFICER_EVENT_COUNT] = {
#define NO OFFICER_STATE_COUNT
    /*                   roles           replace         leave         lost */
    [OFFICER_ACTIVE] = {OFFICER_ACTIVE, OFFICER_ACTIVE, OFFICER_LEFT, OFFICER_LOST},
    [OFFICER_LEFT] = {NO, NO, NO, NO},
    [OFFICER_LOST] = {NO, OFFICER_ACTIVE, OFFICER_LEFT, NO},
#undef NO
};

enum officer_state office_officer_next(enum officer_state state, enum officer_event event)
{
    if ((unsigned)state >= OFFICER_STATE_COUNT || (unsigned)event >= OFFICER_EVENT_COUNT) {
        return OFFICER_STATE_COUNT;
    }
    return officer_next[state][event];
}

static void put_officer(const void *object, struct buf *buf)
{
    const struct officer *officer = object;
    buf_put_u8(buf, OFFICER_VERSION);
    buf_put_block16(buf, code_view(&officer->code));
    buf_put_u32(buf, officer->version);
    buf_put_block16(buf, long_view(&officer->name));
    buf_put_u32(buf, officer->roles);
    buf_put_u8(buf, (uint8_t)officer->state);
    buf_put(buf, officer->spki, sizeof(officer->spki));
    buf_put(buf, officer->key, sizeof(officer->key));
}

struct outcome officer_get(struct view bytes, struct officer *ret_officer)
{
    struct cursor cursor = cursor_of(bytes);
    struct officer officer = {0};
    cursor.failed = cursor_u8(&cursor) != OFFICER_VERSION;
    object_get_code(&cursor, &officer.code);
    officer.version = cursor_u32(&cursor);
    object_get_long(&cursor, &officer.name);
    officer.roles = cursor_u32(&cursor);
    officer.state = object_get_enum(&cursor, OFFICER_STATE_COUNT);
    cursor_copy(&cursor, officer.spki, sizeof(officer.spki));
    cursor_copy(&cursor, officer.key, sizeof(officer.key));
    cursor.failed = cursor.failed || officer.roles == 0 || (officer.roles & ~ROLES_ALL) != 0 ||
                    !es256_key_valid(view_of(officer.key, sizeof(officer.key)));
    TRY(object_get_end(&cursor, "stored officer does not decode"));
    *ret_officer = officer;
    return OUTCOME_OK;
}

static struct outcome get_officer(const struct directory *directory, struct view bytes,
                                  void *ret_object)
{
    (void)directory;
    return officer_get(bytes, ret_object);
}

static struct outcome add_officer(struct directory *directory, void *object)
{
    CHECK(directory->staff != NULL);
    directory->staff->changes++;
    return map_add(&directory->staff->officers, object);
}

static struct outcome replace_officer(struct directory *directory, void *old, const void *object)
{
    directory->staff->changes++;
    memcpy(old, object, sizeof(struct officer));
    return OUTCOME_OK;
}

const struct object_row object_officer = {
    .name = "officer",
    .plural = "officers",
    OBJECT_LAYOUT(officer),
    OBJECT_OF_STAFF(officers),
    .put = put_officer,
    .get = get_officer,
    .add = add_officer,
    .replace = replace_officer,
};

/* ---- acts ---- */

static bool shares_key(const struct officer *a, const struct officer *b)
{
    return memcmp(a->key, b->key, sizeof(a->key)) == 0 ||
           memcmp(a->spki, b->spki, sizeof(a->spki)) == 0;
}

/* Invariant 1, against those who are there and those that the same act makes. */
static struct outcome keys_free(struct preparing *here, const struct officer *officer)
{
    size_t at = 0;
    bool bound = directory_account_by_spki(here->directory, officer->spki) != NULL;
    for (const struct officer *other = map_next(&here->directory->staff->officers, &at);
         other != NULL; other = map_next(&here->directory->staff->officers, &at)) {
        bool same = view_equal(code_view(&other->code), code_view(&officer->code));
        bound = bound || (!same && other->state != OFFICER_LEFT && shares_key(other, officer));
    }
    for (unsigned i = 0; i < here->change.edit_count; i++) {
        const struct edit *edit = &here->change.edits[i];
        bound = bound || (edit->kind == OBJECT_OFFICER && edit->object != officer &&
                          edit->object != NULL && shares_key(edit->object, officer));
    }
    return bound ? prepare_refuse_as(here, ACT_CODE_CERTIFICATE_BOUND,
                                     "a key of this officer is bound to somebody already")
                 : OUTCOME_OK;
}

static struct outcome able_still(struct preparing *here, const struct officer *officer)
{
    return staff_able(here->directory, officer)
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT,
                                "no two officers with `security` and `approve` would be left");
}

/* Keys as the act's fields `spki` and `key` have them. */
static struct outcome take_keys(struct preparing *here, struct officer *officer)
{
    BUF_AUTO key;
    buf_init(&key, SIGNED_SPKI_BYTES_MAX);
    TRY(hex_get(act_value(here->act, "spki"), officer->spki, sizeof(officer->spki)));
    if (!outcome_ok(base64url_get(act_value(here->act, "key"), &key)) ||
        !es256_key_valid(buf_view(&key))) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`key` is no public key of P-256 (SubjectPublicKeyInfo, base64url)");
    }
    memcpy(officer->key, key.data, sizeof(officer->key));
    return keys_free(here, officer);
}

struct outcome prepare_officer_add(struct preparing *here)
{
    struct officer *officer = NULL;
    TRY(prepare_new(here, OBJECT_OFFICER, &officer));
    officer->roles = (unsigned)act_words_mask(here->act, "roles");
    officer->state = OFFICER_ACTIVE;
    TRY(code_set(&officer->code, act_value(here->act, "code")));
    TRY(long_set(&officer->name, act_value(here->act, "name")));
    return take_keys(here, officer);
}

static const enum officer_event event_of[ACT_KIND_COUNT] = {
    [ACT_OFFICER_ROLES] = OFFICER_EVENT_ROLES,
    [ACT_OFFICER_REPLACE] = OFFICER_EVENT_REPLACE,
    [ACT_OFFICER_LEAVE] = OFFICER_EVENT_LEAVE,
    [ACT_OFFICER_LOST] = OFFICER_EVENT_LOST,
};

struct outcome prepare_officer_move(struct preparing *here)
{
    enum act_kind kind = here->act->kind;
    struct officer *old = NULL;
    struct officer *officer = NULL;
    TRY(prepare_find(here, OBJECT_OFFICER, "code", &old));
    enum officer_state next = office_officer_next(old->state, event_of[kind]);
    if (next == OFFICER_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the officer's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_OFFICER, old, &officer));
    officer->state = next;
    if (kind == ACT_OFFICER_ROLES) {
        officer->roles = (unsigned)act_words_mask(here->act, "roles");
    }
    if (kind == ACT_OFFICER_REPLACE) {
        TRY(take_keys(here, officer));
    }
    return able_still(here, officer);
}

/* ---- the first officers ---- */

void found_put(const struct officer *officers, unsigned count, struct buf *buf)
{
    CHECK(count <= FOUND_OFFICERS_MAX);
    buf_put_u8(buf, (uint8_t)count);
    for (unsigned i = 0; i < count; i++) {
        size_t start = buf->len;
        buf_put_u32(buf, 0);
        put_officer(&officers[i], buf);
        if (!buf->failed) {
            buf_patch_u32(buf, start, (uint32_t)(buf->len - start - 4));
        }
    }
}

static struct outcome found_one(struct preparing *here, struct view bytes)
{
    struct officer founder;
    struct officer *officer = NULL;
    if (!outcome_ok(officer_get(bytes, &founder)) || founder.state != OFFICER_ACTIVE) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a first officer does not decode");
    }
    for (unsigned i = 0; i < here->change.edit_count; i++) {
        const struct officer *other = here->change.edits[i].object;
        if (view_equal(code_view(&other->code), code_view(&founder.code))) {
            return prepare_refuse(here, FAULT_CONFLICT, "two of the first officers have one code");
        }
    }
    TRY(prepare_add(here, OBJECT_OFFICER, &officer));
    founder.version = officer->version;
    *officer = founder;
    return keys_free(here, officer);
}

/* Able, of those that the act makes: nobody else is there. */
static bool able_founders(const struct preparing *here)
{
    struct staff staff = {0};
    struct directory founders = {.staff = &staff};
    bool able = false;
    staff.officers = here->directory->staff->officers;
    staff.officers.slots = NULL;
    staff.officers.cap = 0;
    staff.officers.len = 0;
    bool added = true;
    for (unsigned i = 0; i < here->change.edit_count; i++) {
        added = added && outcome_ok(map_add(&staff.officers, here->change.edits[i].object));
    }
    able = added && staff_able(&founders, NULL);
    map_done(&staff.officers);
    return able;
}

struct outcome prepare_officer_found(struct preparing *here)
{
    struct cursor cursor = cursor_of(act_value(here->act, "officers"));
    unsigned count = cursor_u8(&cursor);
    if (here->directory->staff == NULL || staff_founded(here->directory)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the first officers were made already");
    }
    if (count < FOUND_OFFICERS_MIN || count > FOUND_OFFICERS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the first officers are 2 to 8");
    }
    for (unsigned i = 0; i < count; i++) {
        TRY(found_one(here, cursor_block32(&cursor)));
    }
    if (!outcome_ok(cursor_end(&cursor, "officers"))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the first officers do not decode");
    }
    return able_founders(here)
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT,
                                "one of the first officers needs `security`, another `approve`");
}
