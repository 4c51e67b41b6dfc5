/*
 * Fuzzes requests for certificates as an organisation hands them in. What is taken has a key of a
 * kind that we certify, and is taken again the same.
 */
#include "base/check.h"
#include "cli/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY *again = NULL;
    struct outcome outcome = request_read(view_of(data, size), &key);
    if (outcome_ok(outcome)) {
        CHECK(outcome_ok(request_look_at_key(key)));
        CHECK(outcome_ok(request_read(view_of(data, size), &again)));
        CHECK(EVP_PKEY_eq(key, again) == 1);
    } else {
        CHECK(outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_OVER_LIMIT);
        CHECK(key == NULL);
    }
    EVP_PKEY_free(key);
    EVP_PKEY_free(again);
    return 0;
}
