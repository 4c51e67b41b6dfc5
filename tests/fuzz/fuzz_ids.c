/*
 * Fuzzes the shapes of numbers, dates, codes and provinces: each answer is stable, and agrees with
 * what a second, plainer reading says.
 */
#include "base/check.h"
#include "domain/country.h"

#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool digits(struct view text, size_t count)
{
    size_t seen = 0;

    while (seen < text.len && isdigit(text.data[seen])) {
        seen++;
    }
    return seen == text.len && seen == count;
}

static void check_provinces(struct view text)
{
    static const int32_t lists[] = {COUNTRY_LIST_2021_DAY, COUNTRY_LIST_2025_DAY, 0};
    char is[3] = {(char)text.data[0], (char)text.data[1], 0};
    char want[3] = {(char)text.data[2], (char)text.data[3], 0};

    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < 3; k++) {
            enum truth truth = country_province_is(is, lists[i], want, lists[k]);
            bool known = country_province_known(view_of(is, 2), lists[i]) &&
                         country_province_known(view_of(want, 2), lists[k]);
            CHECK(known || truth == TRUTH_UNKNOWN);
            CHECK(!known || i != k || (truth == TRUTH_YES) == view_is(view_of(is, 2), want));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = view_of(data, size);

    CHECK(country_id_valid(text) == digits(text, 12));
    CHECK(country_cmnd_valid(text) == digits(text, 9));
    CHECK(!country_birth_date_valid(text) || text.len == 4 || text.len == 10);
    for (unsigned codes = 0; codes < COUNTRY_CODES_COUNT; codes++) {
        CHECK(!country_code_valid((enum country_codes)codes, text) || text.len <= 4);
    }
    if (size >= 4) {
        check_provinces(text);
    }
    return 0;
}
