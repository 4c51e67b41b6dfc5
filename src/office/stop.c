/*
 * Emergency stops: an account that one officer stops at once, to be confirmed by another.
 *
 * Invariants
 * 1. The account is stopped from the record on; nothing but account.resume, which takes two
 *    officers, lifts that. A stop that nobody confirms shows as overdue and stays.
 * 2. Who stopped it does not confirm it.
 */
#include "office/prepare.h"

#define STOP_VERSION 1

static void put_stop(const void *object, struct buf *buf)
{
    const struct stop *stop = object;
    buf_put_u8(buf, STOP_VERSION);
    buf_put_block16(buf, code_view(&stop->code));
    buf_put_u32(buf, stop->version);
    buf_put_block16(buf, code_view(&stop->by));
    buf_put_block16(buf, code_view(&stop->confirmed_by));
    buf_put_u64(buf, (uint64_t)stop->day);
    buf_put_u64(buf, (uint64_t)stop->due_day);
}

static struct outcome get_stop(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct stop *stop = ret_object;
    cursor.failed = cursor_u8(&cursor) != STOP_VERSION;
    object_get_code(&cursor, &stop->code);
    stop->version = cursor_u32(&cursor);
    object_get_code(&cursor, &stop->by);
    object_get_code(&cursor, &stop->confirmed_by);
    stop->day = (int64_t)cursor_u64(&cursor);
    stop->due_day = (int64_t)cursor_u64(&cursor);
    cursor.failed = cursor.failed || stop->by.len == 0 ||
                    directory_account(directory, code_view(&stop->code)) == NULL;
    return object_get_end(&cursor, "stored stop does not decode");
}

const struct object_row object_stop = {
    .name = "stop",
    .plural = "stops",
    OBJECT_LAYOUT(stop),
    OBJECT_OF_STAFF(stops),
    .removable = true,
    .put = put_stop,
    .get = get_stop,
};

static struct outcome doer_code(struct preparing *here, struct code_text *ret_code)
{
    if (here->doer == NULL || here->doer->kind != SIGNER_OFFICER) {
        return prepare_refuse_as(here, ACT_CODE_ROLE_MISSING, "officers alone stop accounts");
    }
    return code_set(ret_code, here->doer->code);
}

struct outcome prepare_account_stop(struct preparing *here)
{
    struct account *old = NULL;
    struct account *account = NULL;
    struct stop *stop = NULL;
    TRY(prepare_find(here, OBJECT_ACCOUNT, "code", &old));
    enum account_state next = office_account_next(old->state, ACCOUNT_EVENT_SUSPEND);
    if (next == ACCOUNT_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account's state does not allow this");
    }
    TRY(prepare_edit(here, account_kind(old), old, &account));
    account->state = next;
    TRY(prepare_new(here, OBJECT_STOP, &stop));
    stop->code = old->code;
    stop->day = here->today;
    stop->due_day = here->today + STOP_CONFIRM_DAYS;
    return doer_code(here, &stop->by);
}

struct outcome prepare_account_stop_confirm(struct preparing *here)
{
    struct stop *old = NULL;
    struct stop *stop = NULL;
    TRY(prepare_find(here, OBJECT_STOP, "code", &old));
    if (old->confirmed_by.len > 0) {
        return prepare_refuse(here, FAULT_CONFLICT, "the stop is confirmed already");
    }
    TRY(prepare_edit(here, OBJECT_STOP, old, &stop));
    TRY(doer_code(here, &stop->confirmed_by));
    if (view_equal(code_view(&stop->by), code_view(&stop->confirmed_by))) { /* invariant 2 */
        return prepare_refuse_as(here, ACT_CODE_OWN_PROPOSAL,
                                 "who stopped the account does not confirm it");
    }
    return OUTCOME_OK;
}

void prepare_stop_end(struct preparing *here)
{
    struct stop *old = staff_stop(here->directory, act_value(here->act, "code"));
    if (old != NULL) {
        prepare_remove(here, OBJECT_STOP, old);
    }
}
