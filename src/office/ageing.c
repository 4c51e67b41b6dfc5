/*
 * What dates do: told, counted, recorded.
 *
 * Invariants
 * 1. The act comes after the effect: an ask on the day is refused by the date, not by the act. So
 * it matters to nobody when the act is recorded, nor that a full disk keeps it waiting.
 * 2. Each act of a date makes itself undue, in the log and in what a start makes of the log.
 * 3. A step looks at AGEING_STEP_MAX objects at most, and records one act at most (I9). Objects
 * that come in while a walk is under way are met by the next.
 */
#include "office/ageing.h"

#include "base/log.h"
#include "office/staff.h"

#include <stdio.h>

static const char *const told[AGEING_COUNT] = {
    [AGEING_DUE] = "inspection-due",
    [AGEING_LAPSED] = "inspection-lapsed",
    [AGEING_OVER] = "inspection-over",
};

static void day_text(int64_t day, char ret_text[16])
{
    struct date date = date_from_days(day);
    snprintf(ret_text, 16, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static void tell(const struct party *party, enum ageing ageing, struct ageing_watch *watch)
{
    char until[16];
    if (ageing == AGEING_CURRENT || watch->lines == AGEING_LINES_MAX) {
        return;
    }
    watch->lines++;
    day_text(party->inspection.until_day, until);
    log_line(LOG_LEVEL_WARN, told[ageing], "party=%.*s until=%s", (int)party->code.len,
             party->code.text, until);
}

/* Is its act due? Who is closed, or was never connected, has no inspection that could end. */
static bool look_at_party(const struct party *party, int64_t day, struct ageing_watch *watch)
{
    enum ageing ageing = inspection_ageing(&party->inspection, day);
    if (party->state != PARTY_CONNECTED && party->state != PARTY_SUSPENDED) {
        return false;
    }
    watch->walk.inspections_due += ageing == AGEING_DUE;
    watch->walk.inspections_lapsed += ageing == AGEING_LAPSED;
    watch->walk.inspections_over += ageing == AGEING_OVER;
    tell(party, ageing, watch);
    return ageing == AGEING_OVER && party->state == PARTY_CONNECTED;
}

static struct outcome lapse(struct office *office, const struct party *party, uint32_t local_user)
{
    struct act act = {.kind = ACT_PARTY_LAPSE};
    char until[16];
    char why[256] = "";
    uint64_t index = 0;
    day_text(party->inspection.until_day, until);
    act_value_set(&act, "code", code_view(&party->code));
    act_value_set(&act, "until", view_text(until));
    return office_act(office, &act, local_user, &index, why);
}

/* ---- certificates ---- */

/* Days before its end on which a certificate is told. */
static const int64_t certificate_told[] = {CERTIFICATE_DUE_DAYS, 14, 7, 3, 2, 1, 0};

static bool told_on(int64_t left)
{
    for (size_t i = 0; i < sizeof(certificate_told) / sizeof(certificate_told[0]); i++) {
        if (certificate_told[i] == left) {
            return true;
        }
    }
    return false;
}

static void look_at_certificate(const struct certificate *certificate, int64_t day,
                                struct ageing_watch *watch)
{
    if (certificate->revoked || certificate->until_s == 0) {
        return;
    }
    int64_t left = clock_day_vn(certificate->until_s * 1000000) - day;
    watch->walk.certificates_due += left >= 0 && left <= CERTIFICATE_DUE_DAYS;
    watch->walk.certificates_ended += left < 0;
    if (!told_on(left) || watch->lines == AGEING_LINES_MAX) {
        return;
    }
    watch->lines++;
    log_line(LOG_LEVEL_WARN, "certificate-due", "account=%.*s days=%lld",
             (int)certificate->account->code.len, certificate->account->code.text, (long long)left);
}

static void look_at_account(const struct account *account, int64_t day, struct ageing_watch *watch)
{
    for (unsigned i = 0; i < account->certificate_count && account->state != ACCOUNT_REVOKED; i++) {
        look_at_certificate(&account->certificates[i], day, watch);
    }
}

/* ---- reviews ---- */

/* Nobody has answered in time: the business is suspended by the act, from then on. */
static struct outcome lapse_review(struct office *office, const struct review *review,
                                   uint32_t local_user)
{
    struct act act = {.kind = ACT_REVIEW_LAPSE};
    char why[256] = "";
    uint64_t index = 0;
    act_value_set(&act, "code", code_view(&review->code));
    return office_act(office, &act, local_user, &index, why);
}

static bool overdue(const struct review *review, int64_t day)
{
    return review->state == REVIEW_ASKED && day > review->due_day;
}

/* ---- incidents ---- */

static void tell_incident(const struct incident *incident, const char *name)
{
    BUF_AUTO due;
    buf_init(&due, 32);
    clock_put_second(&due, incident->due_us);
    log_line(LOG_LEVEL_WARN, name, "incident=%.*s due=%.*s", (int)incident->code.len,
             incident->code.text, (int)due.len, (const char *)due.data);
}

/* Is its act due? Hours count: one that comes to its end is told at once, and once a day. */
static bool look_at_incident(struct incident *incident, int64_t now_us, struct ageing_watch *watch)
{
    bool lapses = incident_lapses(incident, now_us);
    bool due = incident_due(incident, now_us) && !lapses;
    bool late = incident->state == INCIDENT_OVERDUE || lapses;
    bool news = lapses || (due && !incident->warned);
    watch->walk.incidents_open += incident->state == INCIDENT_OPEN && !due && !lapses;
    watch->walk.incidents_due += due;
    watch->walk.incidents_overdue += late;
    if ((due || late) && (news || watch->lines < AGEING_LINES_MAX)) {
        watch->lines += watch->lines < AGEING_LINES_MAX;
        tell_incident(incident, due ? "incident-due" : "incident-overdue");
    }
    incident->warned = due;
    return lapses;
}

static struct outcome lapse_incident(struct office *office, const struct incident *incident,
                                     uint32_t local_user)
{
    struct act act = {.kind = ACT_INCIDENT_LAPSE};
    char why[256] = "";
    uint64_t index = 0;
    act_value_set(&act, "code", code_view(&incident->code));
    return office_act(office, &act, local_user, &index, why);
}

/* ---- the walk ---- */

/* One act is done: a step's last. */
static struct outcome acted(struct ageing_watch *watch, struct outcome outcome)
{
    watch->held = !outcome_ok(outcome);
    return outcome;
}

static void begin(struct ageing_watch *watch, int64_t day)
{
    *watch = (struct ageing_watch){.told_day = day,
                                   .counts = watch->counts,
                                   .under_way = true,
                                   .lines = watch->told_day == day ? AGEING_LINES_MAX : 0};
}

struct outcome office_age(struct office *office, const struct directory *directory, int64_t now_us,
                          uint32_t local_user, struct ageing_watch *watch)
{
    int64_t day = clock_day_vn(now_us);
    size_t parties = directory->parties.len;
    size_t accounts = directory->accounts.len;
    const struct map *reviews = &directory->staff->reviews;
    const struct map *incidents = &directory->staff->incidents;
    size_t before = parties + accounts + reviews->len;
    size_t all = before + incidents->len;
    if (!watch->under_way) {
        begin(watch, day);
    }
    for (unsigned step = 0; step < AGEING_STEP_MAX && watch->place < all; step++) {
        size_t place = watch->place++;
        if (place >= before) {
            struct incident *incident = map_at(incidents, place - before);
            if (look_at_incident(incident, now_us, watch) && !watch->held) {
                return acted(watch, lapse_incident(office, incident, local_user));
            }
            continue;
        }
        if (place >= parties + accounts) {
            const struct review *review = map_at(reviews, place - parties - accounts);
            if (overdue(review, day) && !watch->held) {
                return acted(watch, lapse_review(office, review, local_user));
            }
            continue;
        }
        if (place >= parties) {
            look_at_account(map_at(&directory->accounts, place - parties), day, watch);
            continue;
        }
        const struct party *party = map_at(&directory->parties, place);
        if (look_at_party(party, day, watch) && !watch->held) {
            return acted(watch, lapse(office, party, local_user));
        }
    }
    if (watch->place >= all) {
        watch->counts = watch->walk;
        watch->under_way = false;
    }
    return OUTCOME_OK;
}
