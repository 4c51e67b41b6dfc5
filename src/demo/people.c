/*
 * The population: family after family until the number is reached.
 *
 * Invariants:
 *  1. A family depends on the seed and its own number only; the numbers given out and the namesakes
 *     also on those before it.
 *  2. The last families are families of one, so that nobody is left out whom another line names.
 *  3. Memory: one family, one chunk of lines, the counts of numbers.
 */
#include "demo/demo.h"

#include "base/check.h"
#include "base/memory.h"
#include "demo/line.h"
#include "demo/numbers.h"

#define NAMESAKES 64
#define NAMESAKE_MILLIONTHS 25000 /* of families */
#define SCRATCH_BYTES_MAX 32768
#define FAMILY_BYTES_MAX (FAMILY_PEOPLE_MAX * 32768)

struct making {
    struct demo_settings settings;
    struct numbers numbers;
    struct family *family;
    struct buf lines;
    struct buf scratch;
    struct namesake namesakes[NAMESAKES]; /* of ancestors seen lately, by family number */
    bool known[NAMESAKES];
};

static void making_done(struct making *making)
{
    memory_free(making->family);
    demo_numbers_done(&making->numbers);
    buf_done(&making->lines);
    buf_done(&making->scratch);
}

static struct outcome making_init(struct making *making)
{
    TRY(demo_numbers_init(&making->numbers, making->settings.seed));
    making->family = memory_new(1, sizeof *making->family);
    if (making->family == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "a synthetic family");
    }
    buf_init(&making->lines, DEMO_CHUNK_BYTES + FAMILY_BYTES_MAX);
    buf_init(&making->scratch, SCRATCH_BYTES_MAX);
    return OUTCOME_OK;
}

/* Numbers, in the order of the family. */
static struct outcome number_everybody(struct numbers *numbers, struct family *family)
{
    for (int i = 0; i < family->count; i++) {
        struct someone *someone = &family->people[i];
        if (someone->absent) {
            continue;
        }
        unsigned sex =
            (unsigned)(someone->sex_corrected ? 3 - (int)someone->sex : (int)someone->sex);
        TRY(demo_numbers_id(numbers, someone->prefix, sex, demo_day_year(someone->birth_day),
                            someone->id));
        if (someone->has_cmnd) {
            TRY(demo_numbers_card(numbers, someone->cmnd));
        }
    }
    for (int i = 0; i < family->household_count; i++) {
        struct household *house = &family->households[i];
        if (house->head != NOBODY) {
            TRY(demo_numbers_household(numbers, house->province, house->number));
        }
    }
    return OUTCOME_OK;
}

/* An adult of the Kinh seen lately, now and then. */
static const struct namesake *namesake_find(struct making *making, struct rng *rng)
{
    unsigned at = rng_below(rng, NAMESAKES);
    bool wanted = rng_chance(rng, NAMESAKE_MILLIONTHS);
    return wanted && making->known[at] ? &making->namesakes[at] : NULL;
}

static void namesake_keep(struct making *making, uint64_t family_number)
{
    const struct someone *someone = &making->family->people[0];
    if (someone->people == PEOPLE_KINH && !someone->single) {
        unsigned at = (unsigned)(family_number % NAMESAKES);
        making->known[at] = true;
        making->namesakes[at] = (struct namesake){someone->name, someone->sex, someone->birth_day};
    }
}

/* One family of at most `left` people, with lines; returns how many people. */
static struct outcome family_make(struct making *making, uint64_t number, uint64_t left,
                                  int *ret_size)
{
    struct family *family = making->family;
    struct rng rng;
    demo_rng_start(&rng, making->settings.seed, number);
    demo_family_grow(family, &rng, namesake_find(making, &rng), false);
    demo_family_house(family);
    if ((uint64_t)demo_family_size(family) > left) {
        demo_family_grow(family, &rng, NULL, true);
        demo_family_house(family);
    }
    if ((uint64_t)demo_family_size(family) > left) {
        return outcome_fail(FAULT_AGAIN, "no room for a lodger");
    }
    demo_family_detail(family, making->settings.protected_permille);
    namesake_keep(making, number);
    TRY(number_everybody(&making->numbers, family));
    TRY(demo_line_put_family(&making->lines, family, &making->scratch));
    *ret_size = demo_family_size(family);
    return OUTCOME_OK;
}

static struct outcome hand_over(struct making *making, const struct demo_sink *sink,
                                uint64_t persons)
{
    struct outcome outcome = sink->take(sink->context, buf_view(&making->lines), persons);
    buf_reset(&making->lines);
    return outcome;
}

static struct outcome make_all(struct making *making, const struct demo_sink *sink)
{
    uint64_t persons = 0;
    for (uint64_t number = 0; persons < making->settings.persons; number++) {
        int size = 0;
        struct outcome outcome =
            family_make(making, number, making->settings.persons - persons, &size);
        if (outcome.fault == FAULT_AGAIN) {
            continue;
        }
        TRY(outcome);
        CHECK(size > 0);
        persons += (uint64_t)size;
        if (making->lines.len >= DEMO_CHUNK_BYTES || persons == making->settings.persons) {
            TRY(hand_over(making, sink, persons));
        }
    }
    CHECK(persons == making->settings.persons);
    return OUTCOME_OK;
}

struct outcome demo_people_write(const struct demo_settings *settings, const struct demo_sink *sink)
{
    if (settings->persons == 0 || settings->persons > DEMO_PERSONS_MAX ||
        settings->protected_permille > 1000) {
        return outcome_fail(FAULT_BAD_INPUT, "settings of a synthetic population");
    }
    __attribute__((cleanup(making_done))) struct making making = {.settings = *settings};
    TRY(making_init(&making));
    return make_all(&making, sink);
}
