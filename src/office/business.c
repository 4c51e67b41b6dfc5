/*
 * Businesses: stored bytes, with the moves that made them what they are.
 */
#include "office/object.h"

#include "base/check.h"

#include <string.h>

#define BUSINESS_VERSION 3 /* 2 had no options; else they are the same */
#define BUSINESS_VERSION_FIRST 2
/* Options, one bit each. */
#define OPTION_VERIFY_PER_CLAIM 1u
#define OPTION_BIRTH_YEAR_ALONE 2u
#define OPTIONS (OPTION_VERIFY_PER_CLAIM | OPTION_BIRTH_YEAR_ALONE)

static void put_move(const struct business_move *move, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)move->state);
    buf_put_u32(buf, move->version);
    buf_put_u64(buf, move->index);
    buf_put_u64(buf, (uint64_t)move->time_us);
    buf_put_block16(buf, long_view(&move->agent));
    buf_put_block16(buf, code_view(&move->clause));
    buf_put_block16(buf, long_view(&move->reason));
}

static void get_move(struct cursor *cursor, struct business_move *ret_move)
{
    ret_move->state = object_get_enum(cursor, BUSINESS_STATE_COUNT);
    ret_move->version = cursor_u32(cursor);
    ret_move->index = cursor_u64(cursor);
    ret_move->time_us = (int64_t)cursor_u64(cursor);
    object_get_long(cursor, &ret_move->agent);
    object_get_code(cursor, &ret_move->clause);
    object_get_long(cursor, &ret_move->reason);
}

static void put_business(const void *object, struct buf *buf)
{
    const struct business *business = object;
    buf_put_u8(buf, BUSINESS_VERSION);
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
    buf_put_block16(buf, population_text(&business->population));
    buf_put_u64(buf, business->quota_day_max);
    buf_put_u64(buf, business->quota_second_max);
    buf_put_u64(buf, business->quota_total_max);
    buf_put_u64(buf, business->bulk_max);
    buf_put_u32(buf, business->hours);
    buf_put_u64(buf, (uint64_t)business->from_day);
    buf_put_u64(buf, (uint64_t)business->until_day);
    buf_put_u8(buf, business->clearance_protected ? 1 : 0);
    buf_put_u8(buf, business->override_lock ? 1 : 0);
    buf_put_u64(buf, (uint64_t)business->sealed_until_day);
    buf_put_u8(buf, (uint8_t)business->move_count);
    for (unsigned i = 0; i < business->move_count; i++) {
        put_move(&business->moves[i], buf);
    }
    buf_put_u8(buf, (uint8_t)((business->verify_per_claim ? OPTION_VERIFY_PER_CLAIM : 0) |
                              (business->birth_year_alone ? OPTION_BIRTH_YEAR_ALONE : 0)));
}

static struct outcome get_business(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct business business = {0};
    uint8_t version = cursor_u8(&cursor);
    cursor.failed = version < BUSINESS_VERSION_FIRST || version > BUSINESS_VERSION;
    object_get_code(&cursor, &business.code);
    business.party = object_get_party(&cursor, directory);
    business.state = object_get_enum(&cursor, BUSINESS_STATE_COUNT);
    business.version = cursor_u32(&cursor);
    object_get_long(&cursor, &business.purpose);
    object_get_long(&cursor, &business.legal_basis);
    object_get_code(&cursor, &business.procedure);
    business.services = cursor_u32(&cursor);
    business.channels = cursor_u32(&cursor);
    business.fields = cursor_u64(&cursor);
    business.sensitive = cursor_u64(&cursor);
    struct view population = cursor_block16(&cursor);
    if (!outcome_ok(population_parse(population, &business.population, NULL))) {
        cursor.failed = true;
    }
    business.quota_day_max = cursor_u64(&cursor);
    business.quota_second_max = cursor_u64(&cursor);
    business.quota_total_max = cursor_u64(&cursor);
    business.bulk_max = cursor_u64(&cursor);
    business.hours = cursor_u32(&cursor);
    business.from_day = (int64_t)cursor_u64(&cursor);
    business.until_day = (int64_t)cursor_u64(&cursor);
    business.clearance_protected = object_get_enum(&cursor, 2) == 1;
    business.override_lock = object_get_enum(&cursor, 2) == 1;
    business.sealed_until_day = (int64_t)cursor_u64(&cursor);
    business.move_count = object_get_enum(&cursor, BUSINESS_MOVES_MAX + 1);
    for (unsigned i = 0; i < business.move_count; i++) {
        get_move(&cursor, &business.moves[i]);
    }
    unsigned options = version > BUSINESS_VERSION_FIRST ? cursor_u8(&cursor) : 0;
    cursor.failed = cursor.failed || (options & ~OPTIONS) != 0;
    business.verify_per_claim = (options & OPTION_VERIFY_PER_CLAIM) != 0;
    business.birth_year_alone = (options & OPTION_BIRTH_YEAR_ALONE) != 0;
    TRY(object_get_end(&cursor, "stored business does not decode"));
    memcpy(ret_object, &business, sizeof(business));
    return OUTCOME_OK;
}

static struct outcome add_business(struct directory *directory, void *object)
{
    return directory_add_business(directory, object);
}

static struct outcome replace_business(struct directory *directory, void *old, const void *object)
{
    return directory_replace_business(directory, old, object);
}

/* The move that the act is was put last. */
static void stamp_business(void *object, const struct object_stamp *stamp)
{
    struct business *business = object;
    CHECK(business->move_count > 0);
    struct business_move *move = &business->moves[business->move_count - 1];
    move->index = stamp->index;
    move->time_us = stamp->time_us;
    move->agent = stamp->agent;
}

const struct object_row object_business = {
    .name = "business",
    .plural = "businesses",
    OBJECT_LAYOUT(business),
    OBJECT_OF_DIRECTORY(businesses),
    .put = put_business,
    .get = get_business,
    .add = add_business,
    .replace = replace_business,
    .stamp = stamp_business,
};
