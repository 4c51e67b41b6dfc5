/*
 * Inboxes of citizens.
 *
 * Invariants
 * 1. An inbox holds INBOX_CITIZEN_MAX items at most: the oldest goes for a new one.
 * 2. That somebody has looked is one item, however often it happens, so that it drives nothing out.
 * 3. What goes to a phone says that there is news and nothing of what it is: who holds a phone need
 *    not be whose it is.
 */
#include "core/inbox.h"

#include "base/check.h"
#include "base/log.h"
#include "core/loop.h"
#include "office/object.h"
#include "office/phone.h"
#include "policy/texts.h"
#include "wire/json.h"

#include <string.h>

#define WALK_US (3600 * INT64_C(1000000)) /* between two looks at all of them */

static const struct map *items_of(const struct core *core)
{
    return &core->house->directory.staff->inbox;
}

/* The first place of the citizen's items, which stand together in the order in which they came. */
static size_t place_of(const struct core *core, struct view person, struct code_text *ret_owner)
{
    citizen_code(&core->house->directory, BLIND_ID, person, ret_owner);
    return map_after(items_of(core), code_view(ret_owner));
}

/* NULL: behind his last. */
static const struct inbox_item *item_at(const struct core *core, const struct code_text *owner,
                                        size_t place)
{
    const struct inbox_item *item = map_at(items_of(core), place);
    bool his = item != NULL && view_starts(code_view(&item->code), code_view(owner));
    return his ? item : NULL;
}

static struct view id_of(const struct inbox_item *item)
{
    return view_part(code_view(&item->code), 2 * SEAL_BLIND_BYTES, OUTGOING_ID_DIGITS);
}

/* What goes for one of that kind: invariants 1 and 2. */
static const struct inbox_item *item_to_go(const struct core *core, const struct code_text *owner,
                                           size_t place, enum inbox_kind kind)
{
    const struct inbox_item *first = item_at(core, owner, place);
    const struct inbox_item *item = first;
    unsigned count = 0;
    for (; item != NULL; item = item_at(core, owner, ++place)) {
        count++;
        if (kind == INBOX_LOOKED && item->kind == kind) {
            return item;
        }
    }
    return count >= INBOX_CITIZEN_MAX ? first : NULL;
}

void inbox_make(struct core *core, struct view person, enum inbox_kind kind, struct view detail,
                struct inbox_item *ret_item, struct kept *ret_kept, unsigned *ret_count)
{
    struct code_text owner = {0};
    struct code_text id = {0};
    size_t place = place_of(core, person, &owner);
    const struct inbox_item *gone = item_to_go(core, &owner, place, kind);
    *ret_item = (struct inbox_item){
        .kind = kind, .version = 1, .put_us = clock_wall_us(&core->house->clock), .code = owner};
    outgoing_code(outbox_id(core), &id);
    memcpy(ret_item->code.text + owner.len, id.text, (size_t)id.len + 1);
    ret_item->code.len = (uint8_t)(owner.len + id.len);
    CHECK(outcome_ok(code_set(&ret_item->detail, detail)));
    if (gone != NULL) {
        ret_kept[(*ret_count)++] = (struct kept){OBJECT_INBOX_ITEM, NULL, code_view(&gone->code)};
    }
    ret_kept[(*ret_count)++] =
        (struct kept){OBJECT_INBOX_ITEM, ret_item, code_view(&ret_item->code)};
}

/* Invariant 3. False: he does not want to be told so, or there is no phone, or no text. */
static bool make_news(struct core *core, struct view person, struct outgoing *ret_outgoing)
{
    const struct directory *directory = &core->house->directory;
    const struct notice_wish *wish = staff_notice_wish(directory, person);
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    const struct phone *phone = staff_phone_of(directory, person, day);
    BUF_AUTO text;
    buf_init(&text, OUTBOX_TEXT_BYTES_MAX);
    if (wish == NULL || wish->way != NOTICE_BY_SMS || phone == NULL ||
        !policy_sms_text_put(office_policy(core->house->office), POLICY_SMS_NEWS, NULL, 0, &text) ||
        text.failed) {
        return false;
    }
    outbox_make(core, OUTGOING_NEWS, code_view(&phone->number), buf_view(&text), ret_outgoing);
    return true;
}

struct outcome inbox_tell(struct core *core, struct view person, enum inbox_kind kind,
                          struct view detail)
{
    struct inbox_item item;
    struct outgoing outgoing;
    struct kept kept[INBOX_KEPT_MAX + 1];
    unsigned count = 0;
    inbox_make(core, person, kind, detail, &item, kept, &count);
    if (make_news(core, person, &outgoing)) {
        kept[count++] = (struct kept){OBJECT_OUTGOING, &outgoing, code_view(&outgoing.code)};
    }
    struct outcome outcome = office_keep(core->house->office, kept, count);
    if (outbox_kept_later(outcome)) {
        core->inboxes.lost++;
        log_outcome(LOG_LEVEL_WARN, "news-lost", outcome);
        return OUTCOME_OK;
    }
    return outcome;
}

/* ---- at the next sign-in ---- */

static void put_item(const struct inbox_item *item, struct buf *json)
{
    buf_put_text(json, "{\"at\":\"");
    clock_put_second(json, item->put_us);
    buf_put_text(json, "\",\"detail\":");
    json_put_string(json, code_view(&item->detail));
    buf_put_text(json, ",\"id\":");
    json_put_string(json, id_of(item));
    buf_printf(json, ",\"kind\":\"%s\"}", words_name(&words_inbox_kind, item->kind));
}

void inbox_show(const struct core *core, struct view person, struct buf *json)
{
    struct code_text owner = {0};
    size_t first = place_of(core, person, &owner);
    size_t end = first;
    while (item_at(core, &owner, end) != NULL) {
        end++;
    }
    buf_put_text(json, "{\"news\":[");
    for (size_t place = end; place > first; place--) {
        buf_put_text(json, place == end ? "" : ",");
        put_item(item_at(core, &owner, place - 1), json);
    }
    buf_put_text(json, "]}");
}

struct outcome inbox_remove(struct core *core, struct view person, struct view id)
{
    struct code_text owner = {0};
    size_t place = place_of(core, person, &owner);
    for (const struct inbox_item *item = item_at(core, &owner, place); item != NULL;
         item = item_at(core, &owner, ++place)) {
        if (view_equal(id_of(item), id)) {
            const struct kept kept = {OBJECT_INBOX_ITEM, NULL, code_view(&item->code)};
            return office_keep(core->house->office, &kept, 1);
        }
    }
    return outcome_fail(FAULT_NOT_FOUND, "no such news");
}

/* ---- the walk ---- */

static struct outcome walk(struct core *core)
{
    struct inboxes *inboxes = &core->inboxes;
    struct kept gone[OUTBOX_STEP_MAX];
    unsigned count = 0;
    int64_t oldest_us =
        clock_wall_us(&core->house->clock) - (int64_t)INBOX_DAYS * S_PER_DAY * US_PER_S;
    size_t at = map_after(items_of(core), code_view(&inboxes->walked));
    for (unsigned step = 0; step < OUTBOX_STEP_MAX; step++) {
        const struct inbox_item *item = map_at(items_of(core), at++);
        inboxes->walking = item != NULL;
        if (item == NULL) {
            break;
        }
        inboxes->walked = item->code;
        if (item->put_us < oldest_us) {
            gone[count++] = (struct kept){OBJECT_INBOX_ITEM, NULL, code_view(&item->code)};
        }
    }
    struct outcome outcome =
        count == 0 ? OUTCOME_OK : office_keep(core->house->office, gone, count);
    return outbox_kept_later(outcome) ? OUTCOME_OK : outcome;
}

struct outcome inbox_keep(struct core *core)
{
    struct inboxes *inboxes = &core->inboxes;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (!inboxes->walking && now_us >= inboxes->walk_us) {
        inboxes->walked = (struct code_text){0};
        inboxes->walking = true;
        inboxes->walk_us = now_us + WALK_US;
    }
    return inboxes->walking ? walk(core) : OUTCOME_OK;
}

bool inbox_busy(const struct core *core)
{
    return core->inboxes.walking;
}
