/*
 * Objects to bytes and back.
 *
 * Invariant: x_get(x_put(o)) gives o without its counters; anything else is FAULT_CORRUPT.
 */
#include "office/object.h"

#include "base/check.h"

#include <string.h>

#define OBJECT_VERSION 1

static void get_code(struct cursor *cursor, struct code_text *ret_code)
{
    if (!outcome_ok(code_set(ret_code, cursor_block16(cursor)))) {
        cursor->failed = true;
    }
}

static void get_long(struct cursor *cursor, struct long_text *ret_text)
{
    if (!outcome_ok(long_set(ret_text, cursor_block16(cursor)))) {
        cursor->failed = true;
    }
}

static unsigned get_enum(struct cursor *cursor, unsigned count)
{
    unsigned value = cursor_u8(cursor);
    if (value >= count) {
        cursor->failed = true;
        return 0;
    }
    return value;
}

static struct party *get_party(struct cursor *cursor, const struct directory *directory)
{
    struct party *party = directory_party(directory, cursor_block16(cursor));
    cursor->failed = cursor->failed || party == NULL;
    return party;
}

static struct outcome finish(const struct cursor *cursor, const char *what)
{
    if (!outcome_ok(cursor_end(cursor, what))) {
        return outcome_fail(FAULT_CORRUPT, what);
    }
    return OUTCOME_OK;
}

void party_put(const struct party *party, struct buf *buf)
{
    buf_put_u8(buf, OBJECT_VERSION);
    buf_put_block16(buf, code_view(&party->code));
    buf_put_u8(buf, (uint8_t)party->class);
    buf_put_u8(buf, (uint8_t)party->state);
    buf_put_block16(buf, code_view(&party->kind));
    buf_put_block16(buf, long_view(&party->name));
}

struct outcome party_get(struct view bytes, struct party *ret_party)
{
    struct cursor cursor = cursor_of(bytes);
    struct party party = {0};
    cursor.failed = cursor_u8(&cursor) != OBJECT_VERSION;
    get_code(&cursor, &party.code);
    party.class = get_enum(&cursor, CLASS_COUNT);
    party.state = get_enum(&cursor, PARTY_SUSPENDED + 1);
    get_code(&cursor, &party.kind);
    get_long(&cursor, &party.name);
    TRY(finish(&cursor, "stored party does not decode"));
    *ret_party = party;
    return OUTCOME_OK;
}

void account_put(const struct account *account, struct buf *buf)
{
    buf_put_u8(buf, OBJECT_VERSION);
    buf_put_block16(buf, code_view(&account->code));
    buf_put_block16(buf, code_view(&account->party->code));
    buf_put_u8(buf, (uint8_t)account->channel);
    buf_put_u8(buf, (uint8_t)account->state);
    buf_put(buf, account->spki, sizeof(account->spki));
    buf_put_block16(buf, long_view(&account->instrument));
    buf_put_u8(buf, account->assertion_required ? 1 : 0);
}

struct outcome account_get(const struct directory *directory, struct view bytes,
                           struct account *ret_account)
{
    struct cursor cursor = cursor_of(bytes);
    struct account account = {0};
    cursor.failed = cursor_u8(&cursor) != OBJECT_VERSION;
    get_code(&cursor, &account.code);
    account.party = get_party(&cursor, directory);
    account.channel = get_enum(&cursor, CHANNEL_COUNT);
    account.state = get_enum(&cursor, ACCOUNT_REVOKED + 1);
    cursor_copy(&cursor, account.spki, sizeof(account.spki));
    get_long(&cursor, &account.instrument);
    account.assertion_required = get_enum(&cursor, 2) == 1;
    TRY(finish(&cursor, "stored account does not decode"));
    *ret_account = account;
    return OUTCOME_OK;
}

void business_put(const struct business *business, struct buf *buf)
{
    buf_put_u8(buf, OBJECT_VERSION);
    buf_put_block16(buf, code_view(&business->code));
    buf_put_block16(buf, code_view(&business->party->code));
    buf_put_u8(buf, (uint8_t)business->state);
    buf_put_u32(buf, business->version);
    buf_put_block16(buf, long_view(&business->purpose));
    buf_put_block16(buf, long_view(&business->legal_basis));
    buf_put_block16(buf, code_view(&business->procedure));
    buf_put_u32(buf, business->services);
    buf_put_u32(buf, business->channels);
    buf_put_u64(buf, business->fields);
    buf_put_u64(buf, business->sensitive);
    size_t start = buf->len;
    buf_put_u16(buf, 0);
    population_put(&business->population, buf);
    if (!buf->failed) {
        size_t len = buf->len - start - 2;
        buf->data[start] = (uint8_t)(len >> 8);
        buf->data[start + 1] = (uint8_t)len;
    }
    buf_put_u64(buf, business->quota_day_max);
    buf_put_u32(buf, business->hours);
    buf_put_u64(buf, (uint64_t)business->from_day);
    buf_put_u64(buf, (uint64_t)business->until_day);
    buf_put_u8(buf, business->clearance_protected ? 1 : 0);
    buf_put_u8(buf, business->override_lock ? 1 : 0);
}

struct outcome business_get(const struct directory *directory, struct view bytes,
                            struct business *ret_business)
{
    struct cursor cursor = cursor_of(bytes);
    struct business business = {0};
    cursor.failed = cursor_u8(&cursor) != OBJECT_VERSION;
    get_code(&cursor, &business.code);
    business.party = get_party(&cursor, directory);
    business.state = get_enum(&cursor, BUSINESS_STATE_COUNT);
    business.version = cursor_u32(&cursor);
    get_long(&cursor, &business.purpose);
    get_long(&cursor, &business.legal_basis);
    get_code(&cursor, &business.procedure);
    business.services = cursor_u32(&cursor);
    business.channels = cursor_u32(&cursor);
    business.fields = cursor_u64(&cursor);
    business.sensitive = cursor_u64(&cursor);
    struct view population = cursor_block16(&cursor);
    if (!outcome_ok(population_parse(population, &business.population))) {
        cursor.failed = true;
    }
    business.quota_day_max = cursor_u64(&cursor);
    business.hours = cursor_u32(&cursor);
    business.from_day = (int64_t)cursor_u64(&cursor);
    business.until_day = (int64_t)cursor_u64(&cursor);
    business.clearance_protected = get_enum(&cursor, 2) == 1;
    business.override_lock = get_enum(&cursor, 2) == 1;
    TRY(finish(&cursor, "stored business does not decode"));
    *ret_business = business;
    return OUTCOME_OK;
}
