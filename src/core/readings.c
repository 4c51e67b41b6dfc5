/*
 * Case files, cases and complaints that officers have signed to read (acts `review.read`,
 * `case.read`, `complaint.read`).
 *
 * Invariants
 * 1. Nothing of a case file is given before an officer's act to read it is recorded (I2, I8), and
 *    then that file to that officer for CASE_FILE_READ_S, however often the desk asks. So it is
 * with what a case says of people, and with its documents.
 * 2. What is granted is here alone and in no file: after a start the officer signs again.
 * 3. An officer who has left, or has no such role any more, or no part in the case, reads nothing.
 */
#include "core/loop.h"

#include "base/check.h"
#include "office/four_eyes.h"
#include "office/staff.h"

static bool is_of(const struct reading *reading, struct view officer, enum act_kind kind,
                  struct view code)
{
    return view_equal(code_view(&reading->officer), officer) && reading->kind == kind &&
           view_equal(code_view(&reading->code), code);
}

/* The same one's place, else the one that is, or will be, over first; free ones are over. */
static struct reading *place_for(struct readings *readings, struct view officer, enum act_kind kind,
                                 struct view code)
{
    struct reading *first = &readings->places[0];
    for (unsigned i = 0; i < CASE_FILE_READINGS_MAX; i++) {
        struct reading *reading = &readings->places[i];
        if (is_of(reading, officer, kind, code)) {
            return reading;
        }
        first = reading->until_us < first->until_us ? reading : first;
    }
    return first;
}

void readings_grant(struct core *core, struct view officer, enum act_kind kind, struct view code)
{
    struct reading *reading = place_for(&core->readings, officer, kind, code);
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    *reading =
        (struct reading){.kind = kind, .until_us = now_us + CASE_FILE_READ_S * INT64_C(1000000)};
    CHECK(outcome_ok(code_set(&reading->officer, officer)));
    CHECK(outcome_ok(code_set(&reading->code, code)));
}

/* Invariant 3. */
static bool may_read(const struct core *core, const struct officer *officer, enum act_kind kind,
                     struct view code)
{
    const struct directory *directory = &core->house->directory;
    const struct written_case *case_ = kind == ACT_CASE_READ ? staff_case(directory, code) : NULL;
    return officer != NULL && officer->state == OFFICER_ACTIVE &&
           (officer->roles & four_eyes_of(kind)->roles) != 0 &&
           (kind != ACT_CASE_READ ||
            (case_ != NULL && case_may_read(directory, case_, code_view(&officer->code))));
}

bool readings_allow(const struct core *core, const uint8_t spki[SEAL_HASH_BYTES],
                    enum act_kind kind, struct view code)
{
    const struct officer *officer = staff_officer_by_spki(&core->house->directory, spki);
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (code.len == 0 || !may_read(core, officer, kind, code)) {
        return false;
    }
    for (unsigned i = 0; i < CASE_FILE_READINGS_MAX; i++) {
        const struct reading *reading = &core->readings.places[i];
        if (is_of(reading, code_view(&officer->code), kind, code) && now_us < reading->until_us) {
            return true;
        }
    }
    return false;
}
