/*
 * What acts have done, told to whose it is.
 *
 * Invariants
 * 1. What is told follows from an act that is recorded: it is noted when the act is applied, and
 * told a turn later (I9).
 * 2. Whoever has objected to a disclosure is told of the end of its review: they are looked for
 *    behind the act, NEWS_STEP_MAX complaints a turn.
 */
#include "core/news.h"

#include "base/check.h"
#include "base/log.h"
#include "core/loop.h"
#include "office/object.h"
#include "policy/texts.h"

#include <stdio.h>
#include <string.h>

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

static void saw_phone(struct core *core, const struct phone *phone, bool bound)
{
    char masked[COUNTRY_PHONE_DIGITS + 1];
    struct news_item *item = next_place(&core->news);
    if (item == NULL) {
        core->inboxes.lost++;
        return;
    }
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

/* An officer has answered it. */
static bool complaint_ends(const struct complaint *old, const struct complaint *new)
{
    return old != NULL && new != NULL &&
           old->state != new->state &&new->state == COMPLAINT_ANSWERED;
}

static bool has_ended(const struct review *review)
{
    return review->state == REVIEW_CONFIRMED || review->state == REVIEW_OBJECTED;
}

/* Invariant 2. Whoever finds no place in time can see it by a look. */
static void saw_review(struct core *core, const struct review *old, const struct review *new)
{
    struct news *news = &core->news;
    if (old == NULL || new == NULL || has_ended(old) || !has_ended(new)) {
        return;
    }
    if (news->review_count == NEWS_REVIEWS_MAX) {
        core->inboxes.lost++;
        return;
    }
    news->reviews[news->review_count++] = new->code;
}

static void put_item(struct core *core, enum inbox_kind kind, const struct code_text *person,
                     const struct code_text *detail)
{
    struct news_item *item = next_place(&core->news);
    if (item == NULL) {
        core->inboxes.lost++;
        return;
    }
    *item = (struct news_item){.kind = kind, .person = *person, .detail = *detail};
}

static void changes(void *context, uint8_t kind, const void *old, const void *object)
{
    struct core *core = context;
    const struct written_case *case_ = object;
    const struct complaint *complaint = object;
    if (kind == OBJECT_PHONE && (old == NULL || object == NULL)) {
        saw_phone(core, object != NULL ? object : old, object != NULL);
    } else if (kind == OBJECT_CASE && correction_moves(old, object)) {
        put_item(core, INBOX_CORRECTION, &case_->requester.number, &case_->code);
    } else if (kind == OBJECT_COMPLAINT && complaint_ends(old, object)) {
        put_item(core, INBOX_COMPLAINT, &complaint->person, &complaint->code);
    } else if (kind == OBJECT_REVIEW) {
        saw_review(core, old, object);
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

/* Those who objected to what the first review was of; the last step takes it out. */
static void find_objectors(struct core *core)
{
    struct news *news = &core->news;
    const struct map *complaints = &core->house->directory.staff->complaints;
    for (unsigned step = 0; step < NEWS_STEP_MAX && news->count < NEWS_MAX; step++) {
        const struct complaint *complaint = map_at(complaints, news->walked++);
        char code[32];
        if (complaint == NULL) {
            news->walked = 0;
            news->review_count--;
            memmove(news->reviews, news->reviews + 1,
                    news->review_count * sizeof(news->reviews[0]));
            return;
        }
        (void)snprintf(code, sizeof(code), "R-%llu", (unsigned long long)complaint->record);
        if (complaint->about_record && complaint->state == COMPLAINT_OPEN &&
            view_is(code_view(&news->reviews[0]), code)) {
            put_item(core, INBOX_REVIEW, &complaint->person, &complaint->code);
        }
    }
}

struct outcome news_keep(struct core *core)
{
    struct news *news = &core->news;
    if (news->review_count > 0) {
        find_objectors(core);
    }
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
    return core->news.count > 0 || core->news.review_count > 0;
}
