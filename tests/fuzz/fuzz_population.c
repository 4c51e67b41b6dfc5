/*
 * Fuzzes conditions on people: what is taken is within every ceiling, keeps its text, is read again
 * the same, and has a truth for whoever is looked at; what is refused says where. `not` in front of
 * it mirrors that truth.
 */
#include "base/check.h"
#include "domain/country.h"
#include "domain/population.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const births[] = {"1990-01-02", "2008", "2030-12-31", ""};

static enum truth listed(void *context, struct view code)
{
    (void)context;
    CHECK(code.len >= 1 && code.len <= ASK_CODE_BYTES_MAX);
    return code.data[0] % (TRUTH_YES + 1);
}

static void check_truths(const struct population *population, const struct population *mirrored)
{
    for (unsigned i = 0; i < 24; i++) {
        struct population_subject subject = {
            .province = "79",
            .province_list_day = i % 2 == 0 ? COUNTRY_LIST_2021_DAY : COUNTRY_LIST_2025_DAY,
            .birth_date = view_text(births[i / 2 % 4]),
            .sex = (uint8_t)(i / 8),
            .today = 20780,
            .lists = {listed, NULL},
        };
        enum truth truth = population_holds(population, &subject);
        CHECK(truth == TRUTH_NO || truth == TRUTH_UNKNOWN || truth == TRUTH_YES);
        CHECK(mirrored == NULL || population_holds(mirrored, &subject) == TRUTH_YES - truth);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct population population = {0};
    struct population again = {0};
    struct population mirrored = {0};
    struct population_fault fault = {0};
    BUF_AUTO text;
    buf_init(&text, POPULATION_TEXT_BYTES_MAX + 16);
    struct outcome outcome = population_parse(view_of(data, size), &population, &fault);
    if (!outcome_ok(outcome)) {
        CHECK(outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_OVER_LIMIT);
        CHECK(fault.reason != NULL && fault.position >= 1 && fault.position <= size + 1);
        CHECK(population.count == 0 && population.text_len == 0);
        return 0;
    }
    CHECK(population.count <= POPULATION_NODES_MAX && (population.count > 0) == (size > 0));
    CHECK(view_equal(population_text(&population), view_of(data, size)));
    CHECK(outcome_ok(population_parse(population_text(&population), &again, NULL)));
    CHECK(memcmp(&population, &again, sizeof(again)) == 0);
    buf_put_text(&text, "not (");
    buf_put_view(&text, view_of(data, size));
    buf_put_text(&text, ")");
    bool room = size > 0 && outcome_ok(population_parse(buf_view(&text), &mirrored, NULL));
    check_truths(&population, room ? &mirrored : NULL);
    return 0;
}
