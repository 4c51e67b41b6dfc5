/*
 * Accounts: stored bytes, and the acts on them.
 */
#include "office/prepare.h"

#include <string.h>

#define ACCOUNT_VERSION 2

void account_put(const struct account *account, struct buf *buf)
{
    buf_put_u8(buf, ACCOUNT_VERSION);
    buf_put_block16(buf, code_view(&account->code));
    buf_put_u32(buf, account->version);
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
    cursor.failed = cursor_u8(&cursor) != ACCOUNT_VERSION;
    object_get_code(&cursor, &account.code);
    account.version = cursor_u32(&cursor);
    account.party = object_get_party(&cursor, directory);
    account.channel = object_get_enum(&cursor, CHANNEL_COUNT);
    account.state = object_get_enum(&cursor, ACCOUNT_REVOKED + 1);
    cursor_copy(&cursor, account.spki, sizeof(account.spki));
    object_get_long(&cursor, &account.instrument);
    account.assertion_required = object_get_enum(&cursor, 2) == 1;
    TRY(object_get_end(&cursor, "stored account does not decode"));
    *ret_account = account;
    return OUTCOME_OK;
}

static void put_account(const void *object, struct buf *buf)
{
    account_put(object, buf);
}

static struct outcome get_account(const struct directory *directory, struct view bytes,
                                  void *ret_object)
{
    return account_get(directory, bytes, ret_object);
}

static void *find_account(const struct directory *directory, struct view code)
{
    return directory_account(directory, code);
}

static bool full_account(const struct directory *directory)
{
    return directory->accounts.len >= directory->accounts.max;
}

static struct outcome add_account(struct directory *directory, void *object)
{
    return directory_add_account(directory, object);
}

static struct outcome replace_account(struct directory *directory, void *old, const void *object)
{
    return directory_replace_account(directory, old, object);
}

static struct view code_of_account(const void *object)
{
    return code_view(&((const struct account *)object)->code);
}

static uint32_t *version_of_account(void *object)
{
    return &((struct account *)object)->version;
}

const struct object_row object_account = {
    .name = "account",
    .plural = "accounts",
    .bytes = sizeof(struct account),
    .put = put_account,
    .get = get_account,
    .find = find_account,
    .full = full_account,
    .add = add_account,
    .replace = replace_account,
    .code = code_of_account,
    .version = version_of_account,
};

struct outcome prepare_account_add(struct preparing *here)
{
    const struct act *act = here->act;
    uint8_t spki[SEAL_HASH_BYTES];
    struct party *party = NULL;
    struct account *account = NULL;
    TRY(prepare_find(here, OBJECT_PARTY, "party", &party));
    TRY(hex_get(act_value(act, "spki"), spki, sizeof(spki)));
    if (directory_account_by_spki(here->directory, spki) != NULL) {
        return prepare_refuse_as(here, ACT_CODE_CERTIFICATE_BOUND,
                                 "this certificate's key is bound to an account");
    }
    if (staff_officer_by_spki(here->directory, spki) != NULL) {
        return prepare_refuse_as(here, ACT_CODE_CERTIFICATE_BOUND,
                                 "this certificate's key is bound to an officer");
    }
    TRY(prepare_new(here, OBJECT_ACCOUNT, &account));
    account->party = party;
    account->channel = act_word(act, "channel");
    account->state = ACCOUNT_ACTIVE;
    account->assertion_required = act_value(act, "assertion-required").len > 0;
    memcpy(account->spki, spki, sizeof(spki));
    TRY(code_set(&account->code, act_value(act, "code")));
    return long_set(&account->instrument, act_value(act, "instrument"));
}

/* Which act moves an account from where to where. */
static const struct {
    enum act_kind kind;
    enum account_state from;
    enum account_state to;
} account_moves[] = {
    {ACT_ACCOUNT_SUSPEND, ACCOUNT_ACTIVE, ACCOUNT_SUSPENDED},
    {ACT_ACCOUNT_RESUME, ACCOUNT_SUSPENDED, ACCOUNT_ACTIVE},
};

struct outcome prepare_account_move(struct preparing *here)
{
    struct account *old = NULL;
    struct account *account = NULL;
    TRY(prepare_find(here, OBJECT_ACCOUNT, "code", &old));
    for (size_t i = 0; i < sizeof(account_moves) / sizeof(account_moves[0]); i++) {
        if (account_moves[i].kind == here->act->kind && account_moves[i].from == old->state) {
            TRY(prepare_edit(here, OBJECT_ACCOUNT, old, &account));
            account->state = account_moves[i].to;
            if (account->state == ACCOUNT_ACTIVE) {
                prepare_stop_end(here);
            }
            return OUTCOME_OK;
        }
    }
    return prepare_refuse(here, FAULT_CONFLICT, "the account's state does not allow this");
}
