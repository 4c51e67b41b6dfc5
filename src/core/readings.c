/*
 * Case files that officers have signed to read (act `review.read`).
 *
 * Invariants
 * 1. Nothing of a case file is given before an officer's act to read it is recorded (I2, I8), and
 *    then that file to that officer for CASE_FILE_READ_S, however often the desk asks.
 * 2. What is granted is here alone and in no file: after a start the officer signs again.
 * 3. An officer who has left, or has no such role any more, reads nothing.
 */
#include "core/loop.h"

#include "base/check.h"
#include "office/four_eyes.h"
#include "office/staff.h"

static bool is_of(const struct reading *reading, struct view officer, struct view code)
{
    return view_equal(code_view(&reading->officer), officer) &&
           view_equal(code_view(&reading->code), code);
}

/* The same one's place, else the one that is, or will be, over first; free ones are over. */
static struct reading *place_for(struct readings *readings, struct view officer, struct view code)
{
    struct reading *first = &readings->places[0];
    for (unsigned i = 0; i < CASE_FILE_READINGS_MAX; i++) {
        struct reading *reading = &readings->places[i];
        if (is_of(reading, officer, code)) {
            return reading;
        }
        first = reading->until_us < first->until_us ? reading : first;
    }
    return first;
}

void readings_grant(struct core *core, struct view officer, struct view code)
{
    struct reading *reading = place_for(&core->readings, officer, code);
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    *reading = (struct reading){.until_us = now_us + CASE_FILE_READ_S * INT64_C(1000000)};
    CHECK(outcome_ok(code_set(&reading->officer, officer)));
    CHECK(outcome_ok(code_set(&reading->code, code)));
}

bool readings_allow(const struct core *core, const struct look *look)
{
    const struct officer *officer = staff_officer_by_spki(&core->house->directory, look->spki);
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (look->code.len == 0 || officer == NULL || officer->state != OFFICER_ACTIVE ||
        (officer->roles & four_eyes_of(ACT_REVIEW_READ)->roles) == 0) { /* invariant 3 */
        return false;
    }
    for (unsigned i = 0; i < CASE_FILE_READINGS_MAX; i++) {
        const struct reading *reading = &core->readings.places[i];
        if (is_of(reading, code_view(&officer->code), look->code) && now_us < reading->until_us) {
            return true;
        }
    }
    return false;
}
