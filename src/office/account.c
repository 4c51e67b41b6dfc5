/*
 * Accounts of both tiers: stored bytes. The organisation's and its sub-accounts are one struct and
 * one codec; they are two kinds of stored objects, since a sub-account points to its parent and to
 * businesses, which must have been read before it.
 */
#include "office/prepare.h"

#include <string.h>

#define ACCOUNT_VERSION 4

static void put_certificates(const struct account *account, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)account->certificate_count);
    for (unsigned i = 0; i < account->certificate_count; i++) {
        const struct certificate *certificate = &account->certificates[i];
        buf_put(buf, certificate->spki, sizeof(certificate->spki));
        buf_put_u64(buf, (uint64_t)certificate->until_s);
        buf_put_u8(buf, certificate->revoked ? 1 : 0);
    }
}

static void get_certificates(struct cursor *cursor, struct account *account)
{
    unsigned count = object_get_enum(cursor, ACCOUNT_CERTIFICATES_KEPT_MAX + 1);
    for (unsigned i = 0; i < count; i++) {
        struct certificate *certificate = &account->certificates[i];
        cursor_copy(cursor, certificate->spki, sizeof(certificate->spki));
        uint64_t until_s = cursor_u64(cursor);
        cursor->failed = cursor->failed || until_s > CERTIFICATE_UNTIL_S_MAX;
        certificate->until_s = (int64_t)until_s;
        certificate->revoked = object_get_enum(cursor, 2) == 1;
    }
    account->certificate_count = count;
}

static void put_businesses(const struct account *account, struct buf *buf)
{
    buf_put_u8(buf, (uint8_t)account->business_count);
    for (unsigned i = 0; i < account->business_count; i++) {
        buf_put_block16(buf, code_view(&account->businesses[i]->code));
    }
}

static void get_businesses(struct cursor *cursor, const struct directory *directory,
                           struct account *account)
{
    unsigned count = object_get_enum(cursor, SUB_ACCOUNT_BUSINESSES_MAX + 1);
    for (unsigned i = 0; i < count; i++) {
        account->businesses[i] = directory_business(directory, cursor_block16(cursor));
        cursor->failed = cursor->failed || account->businesses[i] == NULL;
    }
    account->business_count = count;
}

static void put_account(const void *object, struct buf *buf)
{
    const struct account *account = object;
    buf_put_u8(buf, ACCOUNT_VERSION);
    buf_put_block16(buf, code_view(&account->code));
    buf_put_u32(buf, account->version);
    buf_put_block16(buf, code_view(&account->party->code));
    buf_put_u8(buf, (uint8_t)account->channel);
    buf_put_u8(buf, (uint8_t)account->state);
    buf_put_block16(buf, long_view(&account->instrument));
    buf_put_u8(buf, account->assertion_required ? 1 : 0);
    buf_put_u8(buf, account->signature_required ? 1 : 0);
    put_certificates(account, buf);
    buf_put_u8(buf, (uint8_t)account->holder);
    if (account->parent != NULL) {
        buf_put_block16(buf, code_view(&account->parent->code));
        buf_put_block16(buf, long_view(&account->holder_name));
        put_businesses(account, buf);
    }
}

/* What a sub-account has besides. */
static void get_sub(struct cursor *cursor, const struct directory *directory,
                    struct account *account)
{
    account->parent = directory_account(directory, cursor_block16(cursor));
    if (account->parent == NULL || account->parent->parent != NULL ||
        account->parent->party != account->party) {
        cursor->failed = true;
        return;
    }
    object_get_long(cursor, &account->holder_name);
    get_businesses(cursor, directory, account);
}

static struct outcome get_account(const struct directory *directory, struct view bytes,
                                  void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct account account = {0};
    cursor.failed = cursor_u8(&cursor) != ACCOUNT_VERSION;
    object_get_code(&cursor, &account.code);
    account.version = cursor_u32(&cursor);
    account.party = object_get_party(&cursor, directory);
    account.channel = object_get_enum(&cursor, CHANNEL_COUNT);
    account.state = object_get_enum(&cursor, ACCOUNT_STATE_COUNT);
    object_get_long(&cursor, &account.instrument);
    account.assertion_required = object_get_enum(&cursor, 2) == 1;
    account.signature_required = object_get_enum(&cursor, 2) == 1;
    get_certificates(&cursor, &account);
    account.holder = object_get_enum(&cursor, HOLDER_COUNT);
    if (account.holder != HOLDER_ORGANISATION) {
        get_sub(&cursor, directory, &account);
    }
    TRY(object_get_end(&cursor, "stored account does not decode"));
    memcpy(ret_object, &account, sizeof(account));
    return OUTCOME_OK;
}

static struct outcome add_account(struct directory *directory, void *object)
{
    return directory_add_account(directory, object);
}

static struct outcome replace_account(struct directory *directory, void *old, const void *object)
{
    return directory_replace_account(directory, old, object);
}

#define ACCOUNT_ROW                                                                                \
    {                                                                                              \
        .name = "account", .plural = "accounts", OBJECT_LAYOUT(account),                           \
        OBJECT_OF_DIRECTORY(accounts), .put = put_account, .get = get_account, .add = add_account, \
        .replace = replace_account,                                                                \
    }

const struct object_row object_account = ACCOUNT_ROW;
const struct object_row object_sub_account = ACCOUNT_ROW;
