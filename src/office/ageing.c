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

static const char *const told[AGEING_COUNT] = {
    [AGEING_DUE] = "inspection-due",
    [AGEING_LAPSED] = "inspection-lapsed",
    [AGEING_OVER] = "inspection-over",
};

static void tell(const struct party *party, enum ageing ageing, struct ageing_watch *watch)
{
    char until[DATE_LEN + 1];
    if (ageing == AGEING_CURRENT || watch->lines == AGEING_LINES_MAX) {
        return;
    }
    watch->lines++;
    date_write(until, party->inspection.until_day);
    log_line(LOG_LEVEL_WARN, told[ageing], "party=%.*s until=%s", (int)party->code.len,
             party->code.text, until);
}

/* Is its act due? Who is closed, or was never connected, has no inspection that could end. */
static bool look_at_party(void *object, int64_t now_us, struct ageing_watch *watch)
{
    const struct party *party = object;
    enum ageing ageing = inspection_ageing(&party->inspection, clock_day_vn(now_us));
    if (party->state != PARTY_CONNECTED && party->state != PARTY_SUSPENDED) {
        return false;
    }
    watch->walk.inspections_due += ageing == AGEING_DUE;
    watch->walk.inspections_lapsed += ageing == AGEING_LAPSED;
    watch->walk.inspections_over += ageing == AGEING_OVER;
    tell(party, ageing, watch);
    return ageing == AGEING_OVER && party->state == PARTY_CONNECTED;
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

/* No act is due of it. */
static bool look_at_account(void *object, int64_t now_us, struct ageing_watch *watch)
{
    const struct account *account = object;
    int64_t day = clock_day_vn(now_us);
    for (unsigned i = 0; i < account->certificate_count && account->state != ACCOUNT_REVOKED; i++) {
        look_at_certificate(&account->certificates[i], day, watch);
    }
    return false;
}

/* ---- reviews ---- */

/* Nobody has answered in time: the business is suspended by the act, from then on. */
static bool look_at_review(void *object, int64_t now_us, struct ageing_watch *watch)
{
    const struct review *review = object;
    (void)watch;
    return review->state == REVIEW_ASKED && clock_day_vn(now_us) > review->due_day;
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
static bool look_at_incident(void *object, int64_t now_us, struct ageing_watch *watch)
{
    struct incident *incident = object;
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

/* ---- cases ---- */

/* Its act is due when it has ended long ago. */
static bool look_at_case(void *object, int64_t now_us, struct ageing_watch *watch)
{
    const struct written_case *case_ = object;
    int64_t day = clock_day_vn(now_us);
    bool due = case_due_soon(case_, day);
    bool overdue = case_overdue(case_, day);
    char text[DATE_LEN + 1];
    watch->walk.cases_open += case_open(case_);
    watch->walk.cases_due += due;
    watch->walk.cases_overdue += overdue;
    case_count(case_, day);
    if ((due || overdue) && watch->lines < AGEING_LINES_MAX) {
        watch->lines++;
        date_write(text, case_->due_day);
        log_line(LOG_LEVEL_WARN, due ? "case-due" : "case-overdue", "case=%.*s due=%s",
                 (int)case_->code.len, case_->code.text, text);
    }
    return case_leaves(case_, day);
}

/* Behind its cases: all of them are counted. */
static bool look_at_unit(void *object, int64_t now_us, struct ageing_watch *watch)
{
    (void)now_us;
    (void)watch;
    case_counted(object);
    return false;
}

/* ---- phones ---- */

/* It is nobody's by the date already; the act takes it out. */
static bool look_at_phone(void *object, int64_t now_us, struct ageing_watch *watch)
{
    const struct phone *phone = object;
    (void)watch;
    return clock_day_vn(now_us) > phone->until_day;
}

/* ---- complaints, and one-time codes ---- */

static bool look_at_complaint(void *object, int64_t now_us, struct ageing_watch *watch)
{
    return complaint_leaves(watch->staff, object, clock_day_vn(now_us));
}

static bool look_at_pass(void *object, int64_t now_us, struct ageing_watch *watch)
{
    (void)watch;
    return pass_leaves(object, clock_day_vn(now_us));
}

/* ---- the walk ---- */

/* Objects of one kind: tells and counts what is coming, true when an act is due; and which act. */
struct walk {
    const struct map *map;
    bool (*look)(void *object, int64_t now_us, struct ageing_watch *watch);
    enum act_kind act;
};

enum { WALKS = 9 };

/* In the order of the places. */
static void walks_of(const struct directory *directory, struct walk ret_walks[WALKS])
{
    const struct staff *staff = directory->staff;
    ret_walks[0] = (struct walk){&directory->parties, look_at_party, ACT_PARTY_LAPSE};
    ret_walks[1] = (struct walk){&directory->accounts, look_at_account, ACT_KIND_COUNT};
    ret_walks[2] = (struct walk){&staff->reviews, look_at_review, ACT_REVIEW_LAPSE};
    ret_walks[3] = (struct walk){&staff->incidents, look_at_incident, ACT_INCIDENT_LAPSE};
    ret_walks[4] = (struct walk){&staff->cases, look_at_case, ACT_CASE_LEAVE};
    ret_walks[5] = (struct walk){&staff->units, look_at_unit, ACT_KIND_COUNT};
    ret_walks[6] = (struct walk){&staff->phones, look_at_phone, ACT_PHONE_LAPSE};
    ret_walks[7] = (struct walk){&staff->complaints, look_at_complaint, ACT_COMPLAINT_LEAVE};
    ret_walks[8] = (struct walk){&directory->passes, look_at_pass, ACT_PASS_LEAVE};
}

/* NULL: that place is behind the last. */
static void *object_at(const struct walk walks[WALKS], size_t place, const struct walk **ret_walk)
{
    for (unsigned i = 0; i < WALKS; i++) {
        if (place < walks[i].map->len) {
            *ret_walk = &walks[i];
            return map_at(walks[i].map, place);
        }
        place -= walks[i].map->len;
    }
    return NULL;
}

/* One act is done: a step's last. */
static struct outcome lapse(struct office *office, const struct walk *walk, const void *object,
                            uint32_t local_user, struct ageing_watch *watch)
{
    struct act act = {.kind = walk->act};
    char until[DATE_LEN + 1];
    char why[256] = "";
    uint64_t index = 0;
    act_value_set(&act, "code", walk->map->key(object));
    if (walk->act == ACT_PARTY_LAPSE) {
        date_write(until, ((const struct party *)object)->inspection.until_day);
        act_value_set(&act, "until", view_text(until));
    }
    struct outcome outcome = office_act(office, &act, local_user, &index, why);
    watch->held = !outcome_ok(outcome);
    return outcome;
}

static void begin(struct ageing_watch *watch, const struct directory *directory, int64_t day)
{
    *watch = (struct ageing_watch){.staff = directory->staff,
                                   .told_day = day,
                                   .counts = watch->counts,
                                   .under_way = true,
                                   .lines = watch->told_day == day ? AGEING_LINES_MAX : 0};
}

struct outcome office_age(struct office *office, const struct directory *directory, int64_t now_us,
                          uint32_t local_user, struct ageing_watch *watch)
{
    struct walk walks[WALKS];
    const struct walk *walk = NULL;
    walks_of(directory, walks);
    if (!watch->under_way) {
        begin(watch, directory, clock_day_vn(now_us));
    }
    for (unsigned step = 0; step < AGEING_STEP_MAX; step++) {
        void *object = object_at(walks, watch->place, &walk);
        if (object == NULL) {
            break;
        }
        watch->place++;
        if (walk->look(object, now_us, watch) && !watch->held) {
            return lapse(office, walk, object, local_user, watch);
        }
    }
    if (object_at(walks, watch->place, &walk) == NULL) {
        watch->counts = watch->walk;
        watch->under_way = false;
    }
    return OUTCOME_OK;
}
