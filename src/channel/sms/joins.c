/*
 * Parts of messages.
 *
 * Invariants
 *  1. A part that contradicts what is here (another count or coding, or other bytes in its place)
 *     begins anew: a phone counts its references to 255 and begins again.
 *  2. What is whole is there until it is ended.
 */
#include "channel/sms/joins.h"

#include "base/check.h"

#include <string.h>

static bool is_of(const struct join *join, const struct smpp_message *message,
                  const struct sms_part *part)
{
    return join->used && join->reference == part->reference &&
           view_is(message->source, join->source) &&
           view_is(message->destination, join->destination);
}

static void set_address(char ret_address[SMPP_ADDRESS_BYTES_MAX + 1], struct view address)
{
    memset(ret_address, 0, SMPP_ADDRESS_BYTES_MAX + 1);
    if (address.len > 0) {
        memcpy(ret_address, address.data, address.len);
    }
}

static void begin(struct joins *joins, struct join *join, const struct smpp_message *message,
                  const struct sms_part *part, int64_t now_us)
{
    *join = (struct join){.used = true,
                          .serial = ++joins->serial,
                          .reference = part->reference,
                          .count = part->count,
                          .coding = message->coding,
                          .since_us = now_us};
    set_address(join->source, message->source);
    set_address(join->destination, message->destination);
}

/* Invariant 1. */
static bool contradicts(const struct join *join, const struct smpp_message *message,
                        const struct sms_part *part)
{
    unsigned at = part->number - 1;

    if (join->count != part->count || join->coding != message->coding) {
        return true;
    }
    return (join->here >> at & 1) != 0 &&
           !view_equal(view_of(join->bytes[at], join->lens[at]), part->text);
}

/* The place of the message that this is a part of. */
static struct join *place_of(struct joins *joins, const struct smpp_message *message,
                             const struct sms_part *part, int64_t now_us)
{
    struct join *oldest = &joins->places[0];

    for (unsigned i = 0; i < SMS_JOINS_MAX; i++) {
        struct join *join = &joins->places[i];
        if (is_of(join, message, part)) {
            if (contradicts(join, message, part)) {
                begin(joins, join, message, part, now_us);
            }
            return join;
        }
        bool older = oldest->used && (!join->used || join->since_us < oldest->since_us);
        oldest = older ? join : oldest;
    }
    begin(joins, oldest, message, part, now_us);
    return oldest;
}

static bool put_whole(const struct join *join, struct buf *ret_text)
{
    for (unsigned i = 0; i < join->count; i++) {
        struct view bytes = view_of(join->bytes[i], join->lens[i]);
        if (!outcome_ok(sms_text_get(bytes, join->coding, ret_text))) {
            return false;
        }
    }
    return true;
}

bool joins_take(struct joins *joins, const struct smpp_message *message,
                const struct sms_part *part, int64_t now_us, struct buf *ret_text,
                struct join_mark *ret_mark)
{
    CHECK(part->count > 1 && part->count <= SMS_PARTS_MAX);
    CHECK(part->number >= 1 && part->number <= part->count);
    unsigned at = part->number - 1;

    if (part->text.len > JOIN_PART_BYTES_MAX || message->source.len > SMPP_ADDRESS_BYTES_MAX ||
        message->destination.len > SMPP_ADDRESS_BYTES_MAX) {
        return false;
    }
    struct join *join = place_of(joins, message, part, now_us);
    join->lens[at] = (uint8_t)part->text.len;
    if (part->text.len > 0) {
        memcpy(join->bytes[at], part->text.data, part->text.len);
    }
    join->here |= 1u << at;
    if (join->here != (1u << join->count) - 1) {
        return false;
    }
    if (!put_whole(join, ret_text)) {
        join->used = false;
        return false;
    }
    *ret_mark =
        (struct join_mark){.place = (unsigned)(join - joins->places), .serial = join->serial};
    return true;
}

void joins_end(struct joins *joins, struct join_mark mark)
{
    if (mark.serial != 0 && joins->places[mark.place].serial == mark.serial) {
        joins->places[mark.place].used = false;
    }
}

void joins_sweep(struct joins *joins, int64_t now_us)
{
    for (unsigned i = 0; i < SMS_JOINS_MAX; i++) {
        struct join *join = &joins->places[i];
        join->used = join->used && now_us - join->since_us < (int64_t)SMS_JOIN_S_MAX * US_PER_S;
    }
}
