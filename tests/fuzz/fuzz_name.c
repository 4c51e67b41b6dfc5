/*
 * Fuzzes the folding of names: whatever is accepted folds alike in both normal forms, folds to
 * itself again, and holds no control character or space.
 */
#include "base/check.h"
#include "domain/country.h"
#include "domain/fold.h"

#include <uninorm.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(uninorm_t form, struct view name, struct view folded)
{
    BUF_AUTO other;
    size_t len = 0;
    uint8_t *normal = u8_normalize(form, name.data, name.len, NULL, &len);

    CHECK(normal != NULL);
    buf_init(&other, 1u << 16);
    struct outcome outcome = country_fold_name(view_of(normal, len), &other);
    CHECK(outcome_ok(outcome) || outcome.fault == FAULT_OVER_LIMIT);
    CHECK(!outcome_ok(outcome) || view_equal(buf_view(&other), folded));
    free(normal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUF_AUTO folded;
    struct view name = view_of(data, size);
    bool nfc = false;

    buf_init(&folded, 1u << 16);
    struct outcome outcome = country_fold_name(name, &folded);
    if (!outcome_ok(outcome)) {
        CHECK(folded.len == 0);
        return 0;
    }
    CHECK(folded.len > 0 && utf8_valid(buf_view(&folded)));
    for (size_t i = 0; i < folded.len; i++) {
        CHECK(folded.data[i] > ' ' && folded.data[i] != 0x7f);
    }
    CHECK(outcome_ok(fold_nfc(name, &nfc)));
    check_form(UNINORM_NFC, name, buf_view(&folded));
    check_form(UNINORM_NFD, name, buf_view(&folded));
    check_form(UNINORM_NFD, buf_view(&folded), buf_view(&folded));
    return 0;
}
