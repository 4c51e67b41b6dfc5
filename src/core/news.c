/*
 * What acts have done, told to whose it is.
 *
 * Invariant 1: what is told follows from an act that is recorded: it is noted when the act is
 * applied, and told a turn later (I9).
 */
#include "core/news.h"

#include "base/check.h"
#include "base/log.h"
#include "core/loop.h"
#include "office/object.h"
#include "policy/texts.h"

/* ---- what acts change ---- */

/* NULL: there is no place for one more. */
static struct news_item *next_place(struct news *news)
{
    if (news->count == NEWS_MAX) {
        return NULL;
    }
    struct news_item *item = &news->items[(news->first + news->count++) % NEWS_MAX];
    *item = (struct news_item){0};
    return item;
}

static void saw_phone(const struct phone *phone, bool bound, struct news_item *item)
{
    char masked[COUNTRY_PHONE_DIGITS + 1];
    phones_mask(code_view(&phone->number), masked);
    item->kind = bound ? INBOX_PHONE_BOUND : INBOX_PHONE_UNBOUND;
    item->person = phone->person;
    outcome_ignore(code_set(&item->detail, view_text(masked))); /* it is no longer than a code */
    item->welcome = bound && !phone->confirmed ? phone->number : (struct code_text){0};
}

/* Whether a citizen has asked for it over a session, and it has moved since. */
static bool correction_moves(const struct written_case *old, const struct written_case *new)
{
    return old != NULL && new != NULL && old->intake == INTAKE_PORTAL && old->state != new->state;
}

static void changes(void *context, uint8_t kind, const void *old, const void *object)
{
    struct core *core = context;
    const struct written_case *case_ = object;
    bool phone = kind == OBJECT_PHONE && (old == NULL || object == NULL);
    bool correction = kind == OBJECT_CASE && correction_moves(old, object);
    struct news_item *item = phone || correction ? next_place(&core->news) : NULL;
    if (item == NULL) {
        core->inboxes.lost += phone || correction;
    } else if (phone) {
        saw_phone(object != NULL ? object : old, object != NULL, item);
    } else {
        item->kind = INBOX_CORRECTION;
        item->person = case_->requester.number;
        item->detail = case_->code;
    }
}

void news_begin(struct core *core)
{
    const struct watch_port watch = {changes, core};
    office_watch(core->house->office, watch);
}

/* ---- told ---- */

/* To a phone that officers have bound, so that whoever has it learns of it. */
static struct outcome welcome(struct core *core, const struct news_item *item)
{
    uint64_t id = 0;
    BUF_AUTO text;
    buf_init(&text, OUTBOX_TEXT_BYTES_MAX);
    if (item->welcome.len == 0 ||
        !policy_sms_text_put(office_policy(core->house->office), POLICY_SMS_BOUND, NULL, 0,
                             &text) ||
        text.failed) {
        return OUTCOME_OK;
    }
    struct outcome outcome =
        outbox_put(core, OUTGOING_NEWS, code_view(&item->welcome), buf_view(&text), NULL, &id);
    return outbox_kept_later(outcome) ? OUTCOME_OK : outcome;
}

struct outcome news_keep(struct core *core)
{
    struct news *news = &core->news;
    if (news->count == 0) {
        return OUTCOME_OK;
    }
    const struct news_item item = news->items[news->first];
    news->first = (news->first + 1) % NEWS_MAX;
    news->count--;
    TRY(inbox_tell(core, code_view(&item.person), item.kind, code_view(&item.detail)));
    return welcome(core, &item);
}

bool news_busy(const struct core *core)
{
    return core->news.count > 0;
}
