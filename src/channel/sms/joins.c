/*
 * Parts of messages.
 *
 * Invariant 1: a part that is here stays as it came first; one that contradicts the others (another
 * count or coding) begins anew.
 */
#include "channel/sms/joins.h"

#include "base/check.h"

#include <string.h>

static bool is_of(const struct join *join, const struct smpp_message *message,
                  const struct sms_part *part)
{
    return join->used && join->reference == part->reference &&
           view_is(message->source, join->source);
}

static void begin(struct join *join, const struct smpp_message *message,
                  const struct sms_part *part, int64_t now_us)
{
    *join = (struct join){.used = true,
                          .reference = part->reference,
                          .count = part->count,
                          .coding = message->coding,
                          .since_us = now_us};
    memcpy(join->source, message->source.data, message->source.len);
}

/* The place of the message that this is a part of. */
static struct join *place_of(struct joins *joins, const struct smpp_message *message,
                             const struct sms_part *part, int64_t now_us)
{
    struct join *oldest = &joins->places[0];

    for (unsigned i = 0; i < SMS_JOINS_MAX; i++) {
        struct join *join = &joins->places[i];
        if (is_of(join, message, part)) {
            if (join->count != part->count || join->coding != message->coding) {
                begin(join, message, part, now_us); /* invariant 1 */
            }
            return join;
        }
        bool older = oldest->used && (!join->used || join->since_us < oldest->since_us);
        oldest = older ? join : oldest;
    }
    begin(oldest, message, part, now_us);
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
                const struct sms_part *part, int64_t now_us, struct buf *ret_text)
{
    CHECK(part->count > 1 && part->count <= SMS_PARTS_MAX);
    CHECK(part->number >= 1 && part->number <= part->count);
    unsigned bit = 1u << (part->number - 1);

    if (part->text.len > JOIN_PART_BYTES_MAX || message->source.len > SMPP_ADDRESS_BYTES_MAX) {
        return false;
    }
    struct join *join = place_of(joins, message, part, now_us);
    if ((join->here & bit) == 0) {
        join->lens[part->number - 1] = (uint8_t)part->text.len;
        if (part->text.len > 0) {
            memcpy(join->bytes[part->number - 1], part->text.data, part->text.len);
        }
        join->here |= bit;
    }
    if (join->here != (1u << join->count) - 1) {
        return false;
    }
    join->used = false;
    return put_whole(join, ret_text);
}

void joins_sweep(struct joins *joins, int64_t now_us)
{
    for (unsigned i = 0; i < SMS_JOINS_MAX; i++) {
        struct join *join = &joins->places[i];
        join->used = join->used && now_us - join->since_us < (int64_t)SMS_JOIN_S_MAX * US_PER_S;
    }
}
