/*
 * One-time codes of citizens (decision 0065): stored bytes and acts.
 *
 * Invariants
 * 1. A pass is made by whom it is about, for one party of the class that the law lets ask by
 *    itself, and for no more than that class may be told and he may see himself.
 * 2. The code is nobody's to read here: what is kept is what its hash gives.
 * 3. What was used, withdrawn or has ended never gives again.
 * 4. Nobody has more than PASSES_OPEN_MAX that may be used, or PASSES_KEPT_MAX in all: what he
 *    takes back is kept as long, and the table is everybody's.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <stdio.h>

#define PASS_VERSION 1

/* ---- stored bytes ---- */

static void put_pass(const void *object, struct buf *buf)
{
    const struct pass *pass = object;
    buf_put_u8(buf, PASS_VERSION);
    buf_put_block16(buf, code_view(&pass->code));
    buf_put_u32(buf, pass->version);
    buf_put_u8(buf, (uint8_t)pass->state);
    buf_put_block16(buf, code_view(&pass->business));
    buf_put_block16(buf, code_view(&pass->party->code));
    buf_put(buf, pass->person_tag, SEAL_BLIND_BYTES);
    buf_put_u32(buf, pass->services);
    buf_put_u64(buf, pass->fields);
    buf_put_block16(buf, long_view(&pass->purpose));
    buf_put_u64(buf, (uint64_t)pass->from_day);
    buf_put_u64(buf, (uint64_t)pass->until_day);
    buf_put_u64(buf, pass->record);
}

static struct outcome get_pass(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct pass *pass = ret_object;
    cursor.failed = cursor_u8(&cursor) != PASS_VERSION;
    object_get_code(&cursor, &pass->code);
    pass->version = cursor_u32(&cursor);
    pass->state = object_get_enum(&cursor, PASS_STATE_COUNT);
    object_get_code(&cursor, &pass->business);
    pass->party = object_get_party(&cursor, directory);
    cursor_copy(&cursor, pass->person_tag, SEAL_BLIND_BYTES);
    pass->services = cursor_u32(&cursor);
    pass->fields = cursor_u64(&cursor);
    object_get_long(&cursor, &pass->purpose);
    pass->from_day = (int64_t)cursor_u64(&cursor);
    pass->until_day = (int64_t)cursor_u64(&cursor);
    pass->record = cursor_u64(&cursor);
    cursor.failed = cursor.failed || pass->services == 0 || pass->services >> SERVICE_COUNT != 0 ||
                    pass->fields == 0 || pass->fields >> FIELD_COUNT != 0;
    return object_get_end(&cursor, "stored pass does not decode");
}

static struct outcome add_pass(struct directory *directory, void *object)
{
    return directory_add_pass(directory, object);
}

static void remove_pass(struct directory *directory, void *object)
{
    directory_forget_pass(directory, object);
}

const struct object_row object_pass = {
    .name = "pass",
    .plural = "passes",
    OBJECT_LAYOUT(pass),
    OBJECT_OF_DIRECTORY(passes),
    .removable = true,
    .put = put_pass,
    .get = get_pass,
    .add = add_pass,
    .remove = remove_pass,
};

enum pass_state office_pass_next(enum pass_state state, enum pass_event event)
{
#define NO PASS_STATE_COUNT
    static const enum pass_state next[PASS_STATE_COUNT][PASS_EVENT_COUNT] = {
        /*              use        withdraw */
        [PASS_GIVEN] = {PASS_USED, PASS_WITHDRAWN},
        [PASS_USED] = {NO, NO},
        [PASS_WITHDRAWN] = {PASS_USED, NO}, /* it was on its way */
    };
#undef NO
    bool known = (unsigned)state < PASS_STATE_COUNT && (unsigned)event < PASS_EVENT_COUNT;
    return known ? next[state][event] : PASS_STATE_COUNT;
}

/* ---- acts ---- */

uint64_t pass_fields_max(const struct policy *policy, enum party_class class)
{
    return policy_field_ceiling(policy, class, SERVICE_CITIZEN_LOOKUP) &
           policy_field_ceiling(policy, class, SERVICE_CITIZEN_VERIFY) &
           policy_field_ceiling(policy, CLASS_CITIZEN, SERVICE_OWN_VIEW);
}

/* Invariant 1. */
static struct outcome check_party(struct preparing *here, const struct party *party,
                                  uint64_t fields)
{
    if (party->class != CLASS_ORGANISATION || party->state == PARTY_CLOSED ||
        here->policy == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "party: is no organisation that may ask");
    }
    return fields != 0 && (fields & ~pass_fields_max(here->policy, party->class)) == 0
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "fields: one is not given by a code");
}

/* Invariant 4. */
static struct outcome check_count(struct preparing *here, struct view code)
{
    struct view person = view_part(code, 0, view_find(code, 0, '.'));
    struct view at = {0};
    unsigned open = 0;
    unsigned kept = 0;
    for (const struct pass *pass = directory_pass_next(here->directory, person, at); pass != NULL;
         pass = directory_pass_next(here->directory, person, code_view(&pass->code))) {
        open += pass->state == PASS_GIVEN && pass->until_day >= here->today;
        kept++;
    }
    if (kept >= PASSES_KEPT_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "too many codes are kept already");
    }
    return open < PASSES_OPEN_MAX
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_OVER_LIMIT, "too many codes are given already");
}

static struct outcome set_days(struct preparing *here, struct pass *pass)
{
    uint64_t days = act_number(here->act, "days", PASS_DAYS_USUAL);
    if (days == 0 || days > PASS_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "days: 1 to 30");
    }
    pass->from_day = here->today;
    pass->until_day = here->today + (int64_t)days;
    return OUTCOME_OK;
}

static struct outcome set_business(struct preparing *here, struct pass *pass)
{
    uint8_t hash[SEAL_BLIND_BYTES];
    struct view hex = act_value(here->act, "hash");
    char text[CODE_TEXT_BYTES_MAX + 1];
    if (!outcome_ok(hex_get(hex, hash, sizeof(hash)))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "hash: is none");
    }
    int len =
        snprintf(text, sizeof(text), "%s%.*s", PASS_BUSINESS, (int)hex.len, (const char *)hex.data);
    CHECK(len > 0 && (size_t)len < sizeof(text));
    TRY(code_set(&pass->business, view_text(text)));
    return directory_pass(here->directory, code_view(&pass->business)) == NULL
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "hash: is another code's");
}

struct outcome prepare_pass_make(struct preparing *here)
{
    struct party *party = NULL;
    struct pass *pass = NULL;
    uint64_t fields = act_words_mask(here->act, "fields");
    TRY(prepare_find(here, OBJECT_PARTY, "party", &party));
    TRY(check_party(here, party, fields));
    TRY(check_count(here, act_value(here->act, "code")));
    TRY(prepare_new(here, OBJECT_PASS, &pass));
    pass->state = PASS_GIVEN;
    pass->party = party;
    pass->services = 1u << SERVICE_CITIZEN_LOOKUP | 1u << SERVICE_CITIZEN_VERIFY;
    pass->fields = fields;
    TRY(set_days(here, pass));
    TRY(set_business(here, pass));
    TRY(code_set(&pass->code, act_value(here->act, "code")));
    struct view tag =
        view_part(code_view(&pass->code), 0, view_find(code_view(&pass->code), 0, '.'));
    if (!outcome_ok(hex_get(tag, pass->person_tag, SEAL_BLIND_BYTES))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "code: begins with a person's tag");
    }
    return long_set(&pass->purpose, act_value(here->act, "purpose"));
}

static struct outcome pass_edit(struct preparing *here, struct pass *old, enum pass_event event,
                                struct pass **ret_pass)
{
    enum pass_state next = office_pass_next(old->state, event);
    if (next == PASS_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the code's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_PASS, old, ret_pass));
    (*ret_pass)->state = next;
    return OUTCOME_OK;
}

struct outcome prepare_pass_withdraw(struct preparing *here)
{
    struct pass *old = NULL;
    struct pass *pass = NULL;
    TRY(prepare_find(here, OBJECT_PASS, "code", &old));
    return pass_edit(here, old, PASS_EVENT_WITHDRAW, &pass);
}

struct outcome prepare_pass_used(struct preparing *here)
{
    struct pass *old = NULL;
    struct pass *pass = NULL;
    TRY(prepare_find(here, OBJECT_PASS, "code", &old));
    TRY(pass_edit(here, old, PASS_EVENT_USE, &pass));
    pass->record = act_number(here->act, "record", 0);
    return OUTCOME_OK;
}

bool pass_leaves(const struct pass *pass, int64_t day)
{
    return day > pass->until_day + PASS_KEPT_DAYS;
}

struct outcome prepare_pass_leave(struct preparing *here)
{
    struct pass *pass = NULL;
    TRY(prepare_find(here, OBJECT_PASS, "code", &pass));
    if (!pass_leaves(pass, here->today)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the code is kept");
    }
    prepare_remove(here, OBJECT_PASS, pass);
    return OUTCOME_OK;
}
