/*
 * Lines of NDJSON.
 *
 * Invariants:
 *  1. Members stand in the order of their names: the order of the calls is the order of the bytes.
 *  2. No text needs escaping: names, places and codes are ours (a test holds them to it).
 *  3. What two lines say about the same person, tie or household is written from the same draft.
 */
#include "demo/line.h"

#include "base/check.h"
#include "base/clock.h"

static void put_string(struct buf *buf, const char *text)
{
    PUT(buf, "\"");
    buf_put_text(buf, text);
    PUT(buf, "\"");
}

/* NULL and empty are null. */
static void put_optional(struct buf *buf, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        PUT(buf, "null");
    } else {
        put_string(buf, text);
    }
}

static void put_name(struct buf *buf, const struct someone *someone)
{
    PUT(buf, "\"");
    buf_put(buf, someone->name.text, someone->name.len);
    PUT(buf, "\"");
}

static void put_bool(struct buf *buf, bool value)
{
    if (value) {
        PUT(buf, "true");
    } else {
        PUT(buf, "false");
    }
}

static void put_two(uint8_t *text, int value)
{
    text[0] = (uint8_t)('0' + value / 10 % 10);
    text[1] = (uint8_t)('0' + value % 10);
}

static void put_date(struct buf *buf, int day, bool year_only)
{
    struct date date = date_from_days(day);
    uint8_t text[12] = "\"yyyy-mm-dd\"";
    CHECK(date.year >= 1900 && date.year <= 2099);
    put_two(text + 1, date.year / 100);
    put_two(text + 3, date.year);
    put_two(text + 6, date.month);
    put_two(text + 9, date.day);
    if (year_only) {
        text[5] = '"';
    }
    buf_put(buf, text, year_only ? 6 : sizeof text);
}

static bool knows(const struct someone *someone, enum unknown what)
{
    return (someone->unknown & (unsigned)what) == 0;
}

static const char *nationality_of(const struct someone *someone)
{
    if (!knows(someone, UNKNOWN_NATIONALITY)) {
        return NULL;
    }
    return someone->foreign == NULL ? "VN" : someone->foreign->code;
}

/* Name and numbers, as they stand in other people's lines. */
static void put_reference(struct buf *buf, const struct someone *someone)
{
    PUT(buf, "{\"cmnd\":");
    put_optional(buf, someone->cmnd);
    PUT(buf, ",\"full_name\":");
    put_name(buf, someone);
    PUT(buf, ",\"id\":");
    put_optional(buf, someone->id);
}

/* ---- Household: the same bytes in each member's line ---- */

static void put_household(struct buf *buf, const struct family *family, int which)
{
    const struct household *house = &family->households[which];
    CHECK(house->head != NOBODY);
    PUT(buf, "{\"head\":");
    put_reference(buf, &family->people[house->head]);
    PUT(buf, "},\"members\":[");
    bool first = true;
    for (int i = 0; i < family->count; i++) {
        const struct someone *someone = &family->people[i];
        if (someone->household != which || i == house->head) {
            continue;
        }
        if (!first) {
            PUT(buf, ",");
        }
        first = false;
        put_reference(buf, someone);
        PUT(buf, ",\"relation_to_head\":");
        put_optional(buf, someone->relation);
        PUT(buf, "}");
    }
    PUT(buf, "],\"number\":");
    put_string(buf, house->number);
    PUT(buf, "}");
}

/* ---- Relatives ---- */

/* Appends one, if there is one; returns how many there are now. */
static int put_relative(struct buf *buf, const struct family *family, int who, const char *relation,
                        int before)
{
    if (who == NOBODY) {
        return before;
    }
    if (before == 0) {
        PUT(buf, "[");
    } else {
        PUT(buf, ",");
    }
    put_reference(buf, &family->people[who]);
    PUT(buf, ",\"nationality\":");
    put_optional(buf, nationality_of(&family->people[who]));
    PUT(buf, ",\"relation\":");
    put_string(buf, relation);
    PUT(buf, "}");
    return before + 1;
}

static void put_relatives(struct buf *buf, const struct family *family, int who)
{
    const struct someone *someone = &family->people[who];
    int count = put_relative(buf, family, someone->father, "father", 0);
    count = put_relative(buf, family, someone->mother, "mother", count);
    count = put_relative(buf, family, someone->spouse, "spouse", count);
    for (int i = who + 1; i < family->count; i++) {
        bool child = family->people[i].father == who || family->people[i].mother == who;
        count = put_relative(buf, family, child ? i : NOBODY, "child", count);
    }
    count = put_relative(buf, family, someone->guardian, "representative", count);
    if (count == 0) {
        PUT(buf, "null");
    } else {
        PUT(buf, "]");
    }
}

/* ---- The line ---- */

static void put_absence(struct buf *buf, const struct someone *someone)
{
    if (!demo_place_known(&someone->absence)) {
        PUT(buf, "null");
        return;
    }
    PUT(buf, "{\"from\":");
    put_date(buf, someone->absence_from, false);
    PUT(buf, ",\"place\":");
    demo_place_put(buf, &someone->absence);
    PUT(buf, ",\"to\":");
    put_date(buf, someone->absence_to, false);
    PUT(buf, "}");
}

static void put_fate(struct buf *buf, const struct someone *someone)
{
    if (someone->fate == FATE_LIVING) {
        PUT(buf, "null");
        return;
    }
    PUT(buf, "{\"date\":");
    put_date(buf, someone->fate_day, false);
    PUT(buf, ",\"kind\":");
    put_string(buf, someone->fate == FATE_DEAD ? "dead" : "missing");
    PUT(buf, "}");
}

static void put_place(struct buf *buf, const struct address *address, bool known)
{
    if (known) {
        demo_place_put(buf, address);
    } else {
        PUT(buf, "null");
    }
}

static void put_ethnicity(struct buf *buf, const struct someone *someone)
{
    char code[3] = {0};
    if (someone->people != NULL) {
        put_two((uint8_t *)code, (int)someone->people->code);
    }
    const char *text = someone->ethnicity != NULL ? someone->ethnicity : code;
    put_optional(buf, knows(someone, UNKNOWN_ETHNICITY) ? text : NULL);
}

/* From birth_date to id. */
static void put_first_half(struct buf *buf, const struct someone *someone, struct view household)
{
    PUT(buf, "{\"birth_date\":");
    put_date(buf, someone->birth_day, someone->year_only);
    PUT(buf, ",\"birth_registration_place\":");
    put_place(buf, &someone->birth_place, knows(someone, UNKNOWN_BIRTH_PLACE));
    PUT(buf, ",\"blood_group\":");
    put_optional(buf, someone->blood);
    PUT(buf, ",\"cmnd\":");
    put_optional(buf, someone->cmnd);
    PUT(buf, ",\"current_residence\":");
    put_place(buf, &someone->current, knows(someone, UNKNOWN_CURRENT));
    PUT(buf, ",\"death_or_missing\":");
    put_fate(buf, someone);
    PUT(buf, ",\"ethnicity\":");
    put_ethnicity(buf, someone);
    PUT(buf, ",\"full_name\":");
    put_name(buf, someone);
    PUT(buf, ",\"household\":");
    buf_put_view(buf, household);
    PUT(buf, ",\"id\":");
    put_string(buf, someone->id);
}

/* From locked to temporary_residence. */
static void put_second_half(struct buf *buf, const struct family *family, int who)
{
    const struct someone *someone = &family->people[who];
    static const char *const marital[] = {NULL, "1", "2", "3"};
    PUT(buf, ",\"locked\":");
    put_bool(buf, someone->locked);
    PUT(buf, ",\"marital_status\":");
    put_optional(buf, knows(someone, UNKNOWN_MARITAL) ? marital[someone->marital] : NULL);
    PUT(buf, ",\"nationality\":");
    put_optional(buf, nationality_of(someone));
    PUT(buf, ",\"native_place\":");
    put_place(buf, &someone->native_place, knows(someone, UNKNOWN_NATIVE));
    PUT(buf, ",\"permanent_residence\":");
    put_place(buf, &family->households[someone->lived_in].home, knows(someone, UNKNOWN_PERMANENT));
    PUT(buf, ",\"protected\":");
    put_bool(buf, someone->protected_person);
    PUT(buf, ",\"relation_to_head\":");
    put_optional(buf, someone->relation);
    PUT(buf, ",\"relatives\":");
    put_relatives(buf, family, who);
    PUT(buf, ",\"religion\":");
    put_optional(buf, knows(someone, UNKNOWN_RELIGION) ? someone->religion : NULL);
    PUT(buf, ",\"sex\":");
    const char *sex = someone->sex == SEX_MALE ? "1" : "2";
    put_optional(buf, knows(someone, UNKNOWN_SEX) ? sex : NULL);
    PUT(buf, ",\"temporary_absence\":");
    put_absence(buf, someone);
    PUT(buf, ",\"temporary_residence\":");
    demo_place_put(buf, &someone->temporary);
    PUT(buf, "}\n");
}

static void put_line(struct buf *buf, const struct family *family, int who, struct view household)
{
    const struct someone *someone = &family->people[who];
    CHECK(!someone->absent && someone->lived_in != NOBODY && someone->id[0] != '\0');
    put_first_half(buf, someone, household);
    put_second_half(buf, family, who);
}

/* Everybody who lives in a household, the head first. */
static struct outcome put_household_lines(struct buf *buf, const struct family *family, int house,
                                          struct buf *scratch)
{
    int head = family->households[house].head;
    buf_reset(scratch);
    if (family->households[house].unknown) {
        PUT(scratch, "null");
    } else {
        put_household(scratch, family, house);
    }
    TRY(buf_check(scratch));
    put_line(buf, family, head, buf_view(scratch));
    for (int i = 0; i < family->count; i++) {
        if (family->people[i].household == house && i != head) {
            put_line(buf, family, i, buf_view(scratch));
        }
    }
    return OUTCOME_OK;
}

struct outcome demo_line_put_family(struct buf *buf, const struct family *family,
                                    struct buf *scratch)
{
    for (int house = 0; house < family->household_count; house++) {
        if (family->households[house].head != NOBODY) {
            TRY(put_household_lines(buf, family, house, scratch));
        }
    }
    for (int i = 0; i < family->count; i++) {
        if (!family->people[i].absent && family->people[i].household == NOBODY) {
            put_line(buf, family, i, VIEW_LITERAL("null"));
        }
    }
    return buf_check(buf);
}
