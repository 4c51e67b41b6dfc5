/*
 * Fuzzes acts and stored objects as the core meets them: from the admin socket, from the log, from
 * the store. What is taken is written again the same, and preparing it never harms the directory.
 */
#include "base/check.h"
#include "office/prepare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TODAY INT64_C(20780)

static void add(struct directory *directory)
{
    struct party *party = memory_new(1, sizeof(*party));
    struct account *account = memory_new(1, sizeof(*account));
    struct business *business = memory_new(1, sizeof(*business));
    CHECK(party != NULL && account != NULL && business != NULL);
    CHECK(outcome_ok(code_set(&party->code, VIEW_LITERAL("bank"))));
    CHECK(outcome_ok(code_set(&account->code, VIEW_LITERAL("bank-1"))));
    account->party = party;
    account->certificate_count = 1;
    CHECK(outcome_ok(directory_add_party(directory, party)));
    CHECK(outcome_ok(directory_add_account(directory, account)));
    CHECK(outcome_ok(code_set(&business->code, VIEW_LITERAL("NV-1"))));
    business->party = party;
    CHECK(outcome_ok(directory_add_business(directory, business)));
}

static void check_act(const struct directory *directory, struct view bytes)
{
    struct act act = {0};
    struct change change = {0};
    char why[256] = "";
    BUF_AUTO again;
    buf_init(&again, 1u << 20);
    if (!outcome_ok(act_get(bytes, &act))) {
        return;
    }
    act_put(&act, &again);
    CHECK(view_equal(buf_view(&again), bytes));
    struct outcome outcome = change_prepare(directory, NULL, &act, TODAY, &change, why);
    CHECK(outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY || why[0] != '\0');
    CHECK(directory->parties.len == 1 && directory->accounts.len == 1);
    change_done(&change);
}

#define BUSINESS_WITHOUT_OPTIONS 2 /* the version that still is read */

/* One of before there were options is written with none of them. */
static void check_business(struct view again, struct view bytes)
{
    if (bytes.data[0] == BUSINESS_WITHOUT_OPTIONS) {
        CHECK(again.len == bytes.len + 1 && again.data[bytes.len] == 0);
        CHECK(view_equal(view_part(again, 1, bytes.len - 1), view_part(bytes, 1, bytes.len - 1)));
    } else {
        CHECK(view_equal(again, bytes));
    }
}

static void check_objects(const struct directory *directory, struct view bytes)
{
    struct party party = {0};
    struct account account = {0};
    struct business business = {0};
    struct permit permit = {0};
    BUF_AUTO again;
    buf_init(&again, 1u << 20);
    if (outcome_ok(object_party.get(NULL, bytes, &party))) {
        object_party.put(&party, &again);
        CHECK(view_equal(buf_view(&again), bytes));
    }
    buf_reset(&again);
    if (outcome_ok(object_account.get(directory, bytes, &account))) {
        object_account.put(&account, &again);
        CHECK(view_equal(buf_view(&again), bytes));
    }
    buf_reset(&again);
    if (outcome_ok(object_business.get(directory, bytes, &business))) {
        object_business.put(&business, &again);
        check_business(buf_view(&again), bytes);
    }
    buf_reset(&again);
    if (outcome_ok(object_permit.get(directory, bytes, &permit))) {
        object_permit.put(&permit, &again);
        CHECK(view_equal(buf_view(&again), bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct directory directory;
    directory_init(&directory);
    add(&directory);
    check_act(&directory, view_of(data, size));
    check_objects(&directory, view_of(data, size));
    directory_done(&directory);
    return 0;
}
