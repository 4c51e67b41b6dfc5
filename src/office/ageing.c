/*
 * What dates do: told, counted, recorded.
 *
 * Invariants
 * 1. The act comes after the effect: an ask on the day is refused by the date, not by the act. So
 * it matters to nobody when the act is recorded, nor that a full disk keeps it waiting.
 * 2. Each act of a date makes itself undue, in the log and in what a start makes of the log.
 */
#include "office/ageing.h"

#include "base/log.h"

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

static void tell(const struct party *party, enum ageing ageing, unsigned *lines)
{
    char until[16];
    if (ageing == AGEING_CURRENT || *lines == AGEING_LINES_MAX) {
        return;
    }
    *lines += 1;
    day_text(party->inspection.until_day, until);
    log_line(LOG_LEVEL_WARN, told[ageing], "party=%.*s until=%s", (int)party->code.len,
             party->code.text, until);
}

/* A party that asks or may ask again without more ado: who is closed or lacks an inspection has
 * none that could end. */
static bool ages(const struct party *party)
{
    return party->state == PARTY_CONNECTED || party->state == PARTY_SUSPENDED;
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

static void count(struct ageing_counts *counts, enum ageing ageing)
{
    counts->inspections_due += ageing == AGEING_DUE;
    counts->inspections_lapsed += ageing == AGEING_LAPSED;
    counts->inspections_over += ageing == AGEING_OVER;
}

struct outcome office_age(struct office *office, const struct directory *directory, int64_t now_us,
                          uint32_t local_user, struct ageing_watch *watch, bool *ret_more)
{
    int64_t day = clock_day_vn(now_us);
    struct ageing_counts counts = {0};
    unsigned lines = watch->told_day == day ? AGEING_LINES_MAX : 0;
    unsigned acts = 0;
    size_t at = 0;
    *ret_more = false;
    for (const struct party *party = map_next(&directory->parties, &at); party != NULL;
         party = map_next(&directory->parties, &at)) {
        enum ageing ageing = inspection_ageing(&party->inspection, day);
        if (!ages(party)) {
            continue;
        }
        count(&counts, ageing);
        tell(party, ageing, &lines);
        if (ageing != AGEING_OVER || party->state != PARTY_CONNECTED) {
            continue;
        }
        if (acts == LAPSES_PER_TURN_MAX) {
            *ret_more = true;
            continue;
        }
        TRY(lapse(office, party, local_user));
        acts++;
    }
    watch->told_day = day;
    watch->counts = counts;
    return OUTCOME_OK;
}
