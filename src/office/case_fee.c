/*
 * What a case costs, and who has paid.
 *
 * Invariants
 * 1. A receipt counts once, of all the cases that its office has.
 * 2. Nobody pays more than is owed.
 */
#include "office/prepare.h"

#include "office/unit.h"

#include <stdio.h>

/* A number of set bits. */
static unsigned count_fields(uint64_t fields)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        count += (fields & FIELD_BIT(i)) != 0;
    }
    return count;
}

uint64_t case_fee(const struct policy *policy, enum party_class class, uint64_t fields, int64_t day)
{
    struct policy_fee fee = policy_fee(policy, class, SERVICE_NOTICE_EXTRACT, CHANNEL_WRITTEN, day);
    return fee.vnd_per_field * count_fields(fields);
}

uint64_t case_fee_of(const struct policy *policy, const struct written_case *case_, uint64_t fields,
                     int64_t day)
{
    return case_->intake == INTAKE_PORTAL ? 0
                                          : case_fee(policy, case_->requester.class, fields, day);
}

bool case_paid(const struct written_case *case_)
{
    return case_->fee_paid >= case_->fee_due;
}

bool case_has_receipt(const struct written_case *case_, struct view receipt)
{
    bool has = false;
    for (unsigned i = 0; i < case_->receipt_count; i++) {
        has = has || view_equal(code_view(&case_->receipts[i]), receipt);
    }
    return has;
}

/* ---- stored bytes ---- */

void case_fee_put(const struct written_case *case_, struct buf *buf)
{
    buf_put_u64(buf, case_->fee_due);
    buf_put_u64(buf, case_->fee_paid);
    buf_put_u8(buf, (uint8_t)case_->receipt_count);
    for (unsigned i = 0; i < case_->receipt_count; i++) {
        buf_put_block16(buf, code_view(&case_->receipts[i]));
    }
}

/* Each receipt has a number, and none is there twice. */
void case_fee_get(struct cursor *cursor, struct written_case *case_)
{
    case_->fee_due = cursor_u64(cursor);
    case_->fee_paid = cursor_u64(cursor);
    unsigned count = object_get_enum(cursor, CASE_RECEIPTS_MAX + 1);
    for (unsigned i = 0; i < count; i++) {
        object_get_code(cursor, &case_->receipts[i]);
        struct view number = code_view(&case_->receipts[i]);
        cursor->failed = cursor->failed || number.len == 0 || case_has_receipt(case_, number);
        case_->receipt_count = i + 1;
    }
    cursor->failed = cursor->failed || (case_->fee_paid > 0) != (count > 0);
}

/* ---- a payment ---- */

/* Another case that the same office has, as far as cases are kept: an office numbers its receipts.
 */
static const struct written_case *receipt_elsewhere(const struct preparing *here,
                                                    const struct written_case *case_,
                                                    struct view receipt)
{
    const struct map *cases = &here->directory->staff->cases;
    for (size_t i = 0; i < cases->len; i++) {
        const struct written_case *other = map_at(cases, i);
        if (other->receipt_count > 0 && other->unit == case_->unit &&
            case_has_receipt(other, receipt) &&
            !view_equal(code_view(&other->code), code_view(&case_->code))) {
            return other;
        }
    }
    return NULL;
}

/* Invariant 1. */
static struct outcome check_receipt(struct preparing *here, const struct written_case *case_,
                                    struct view receipt)
{
    char why[128];
    if (case_has_receipt(case_, receipt)) {
        return prepare_refuse(here, FAULT_CONFLICT, "this receipt is recorded already");
    }
    const struct written_case *other = receipt_elsewhere(here, case_, receipt);
    if (other != NULL) {
        snprintf(why, sizeof(why), "this receipt is recorded already, for %s", other->code.text);
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    return case_->receipt_count < CASE_RECEIPTS_MAX
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_OVER_LIMIT, "the case has too many payments");
}

struct outcome prepare_case_pay(struct preparing *here)
{
    struct written_case *case_ = NULL;
    struct view receipt = act_value(here->act, "receipt");
    uint64_t vnd = act_number(here->act, "vnd", 0);
    char why[96];
    TRY(case_step_by_member(here, CASE_EVENT_PAY, &case_));
    if (vnd == 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "nothing was paid");
    }
    TRY(check_receipt(here, case_, receipt));
    uint64_t owed = case_paid(case_) ? 0 : case_->fee_due - case_->fee_paid;
    if (vnd > owed) { /* invariant 2 */
        snprintf(why, sizeof(why), "more than is owed: that is %llu dong",
                 (unsigned long long)owed);
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    case_->fee_paid += vnd;
    return code_set(&case_->receipts[case_->receipt_count++], receipt);
}
