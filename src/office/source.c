/*
 * Source systems: stored bytes, and the acts on them.
 *
 * Invariant 1: no two sources that have not ended share a signing key, and none has that of an
 * officer: a signature is one signer's.
 */
#include "office/source.h"

#include "office/prepare.h"

#include "base/check.h"

#include <string.h>

#define SOURCE_VERSION 1

/* Which act moves a source from where to where. */
static const enum source_state source_next[SOURCE_STATE_COUNT][SOURCE_EVENT_COUNT] = {
#define NO SOURCE_STATE_COUNT
    /*                          replace                 suspend                 resume */
    [SOURCE_STATE_ACTIVE] = {SOURCE_STATE_ACTIVE, SOURCE_STATE_SUSPENDED, NO, SOURCE_STATE_ENDED},
    [SOURCE_STATE_SUSPENDED] = {SOURCE_STATE_SUSPENDED, NO, SOURCE_STATE_ACTIVE,
                                SOURCE_STATE_ENDED},
    [SOURCE_STATE_ENDED] = {NO, NO, NO, NO},
#undef NO
};

enum source_state office_source_next(enum source_state state, enum source_event event)
{
    if ((unsigned)state >= SOURCE_STATE_COUNT || (unsigned)event >= SOURCE_EVENT_COUNT) {
        return SOURCE_STATE_COUNT;
    }
    return source_next[state][event];
}

struct source *staff_source(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->sources, code);
}

void staff_sources(const struct directory *directory,
                   void (*each)(void *context, struct view code, struct view key), void *context)
{
    const struct map *sources = &directory->staff->sources;
    size_t at = 0;

    for (const struct source *source = map_next(sources, &at); source != NULL;
         source = map_next(sources, &at)) {
        if (source->state == SOURCE_STATE_ACTIVE) {
            each(context, code_view(&source->code), view_of(source->key, sizeof(source->key)));
        }
    }
}

/* ---- stored ---- */

static void put_source(const void *object, struct buf *buf)
{
    const struct source *source = object;
    buf_put_u8(buf, SOURCE_VERSION);
    buf_put_block16(buf, code_view(&source->code));
    buf_put_u32(buf, source->version);
    buf_put_block16(buf, long_view(&source->name));
    buf_put_block16(buf, long_view(&source->reason));
    buf_put_u8(buf, (uint8_t)source->kind);
    buf_put_u8(buf, (uint8_t)source->state);
    buf_put(buf, source->spki, sizeof(source->spki));
    buf_put(buf, source->key, sizeof(source->key));
}

static struct outcome get_source(const struct directory *directory, struct view bytes,
                                 void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct source *source = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != SOURCE_VERSION;
    object_get_code(&cursor, &source->code);
    source->version = cursor_u32(&cursor);
    object_get_long(&cursor, &source->name);
    object_get_long(&cursor, &source->reason);
    source->kind = object_get_enum(&cursor, SOURCE_COUNT);
    source->state = object_get_enum(&cursor, SOURCE_STATE_COUNT);
    cursor_copy(&cursor, source->spki, sizeof(source->spki));
    cursor_copy(&cursor, source->key, sizeof(source->key));
    cursor.failed = cursor.failed || !es256_key_valid(view_of(source->key, sizeof(source->key)));
    return object_get_end(&cursor, "stored source does not decode");
}

/* `verify` is told of both anew. */
static struct outcome add_source(struct directory *directory, void *object)
{
    CHECK(directory->staff != NULL);
    directory->staff->changes++;
    return map_add(&directory->staff->sources, object);
}

static struct outcome replace_source(struct directory *directory, void *old, const void *object)
{
    directory->staff->changes++;
    memcpy(old, object, sizeof(struct source));
    return OUTCOME_OK;
}

const struct object_row object_source = {
    .name = "source",
    .plural = "sources",
    OBJECT_LAYOUT(source),
    OBJECT_OF_STAFF(sources),
    .put = put_source,
    .get = get_source,
    .add = add_source,
    .replace = replace_source,
};

/* ---- acts ---- */

/* Invariant 1. */
static struct outcome key_free(struct preparing *here, const struct source *source)
{
    const struct staff *staff = here->directory->staff;
    size_t at = 0;
    bool bound = false;
    for (const struct source *other = map_next(&staff->sources, &at); other != NULL;
         other = map_next(&staff->sources, &at)) {
        bool same = view_equal(code_view(&other->code), code_view(&source->code));
        bound = bound || (!same && other->state != SOURCE_STATE_ENDED &&
                          memcmp(other->key, source->key, sizeof(other->key)) == 0);
    }
    at = 0;
    for (const struct officer *officer = map_next(&staff->officers, &at); officer != NULL;
         officer = map_next(&staff->officers, &at)) {
        bound = bound || (officer->state != OFFICER_LEFT &&
                          memcmp(officer->key, source->key, sizeof(officer->key)) == 0);
    }
    return bound ? prepare_refuse_as(here, ACT_CODE_CERTIFICATE_BOUND,
                                     "the signing key is bound to somebody already")
                 : OUTCOME_OK;
}

static struct outcome take_keys(struct preparing *here, struct source *source)
{
    BUF_AUTO key;
    buf_init(&key, SIGNED_SPKI_BYTES_MAX);
    TRY(hex_get(act_value(here->act, "spki"), source->spki, sizeof(source->spki)));
    if (!outcome_ok(base64url_get(act_value(here->act, "key"), &key)) ||
        !es256_key_valid(buf_view(&key))) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`key` is no public key of P-256 (SubjectPublicKeyInfo, base64url)");
    }
    memcpy(source->key, key.data, sizeof(source->key));
    return key_free(here, source);
}

struct outcome prepare_source_add(struct preparing *here)
{
    struct source *source = NULL;
    if (here->directory->staff == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "there is no office here");
    }
    TRY(prepare_new(here, OBJECT_SOURCE, &source));
    source->kind = act_word(here->act, "kind");
    source->state = SOURCE_STATE_ACTIVE;
    TRY(code_set(&source->code, act_value(here->act, "code")));
    TRY(long_set(&source->name, act_value(here->act, "name")));
    return take_keys(here, source);
}

static const enum source_event event_of[ACT_KIND_COUNT] = {
    [ACT_SOURCE_REPLACE] = SOURCE_EVENT_REPLACE,
    [ACT_SOURCE_SUSPEND] = SOURCE_EVENT_SUSPEND,
    [ACT_SOURCE_RESUME] = SOURCE_EVENT_RESUME,
    [ACT_SOURCE_END] = SOURCE_EVENT_END,
};

struct outcome prepare_source_move(struct preparing *here)
{
    enum act_kind kind = here->act->kind;
    struct source *old = NULL;
    struct source *source = NULL;
    TRY(prepare_find(here, OBJECT_SOURCE, "code", &old));
    enum source_state next = office_source_next(old->state, event_of[kind]);
    if (next == SOURCE_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the source's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_SOURCE, old, &source));
    source->state = next;
    TRY(long_set(&source->reason, act_value(here->act, "reason")));
    return kind == ACT_SOURCE_REPLACE ? take_keys(here, source) : OUTCOME_OK;
}
