/*
 * Fuzzes the opening of records: our own sealed bytes, but whatever opens must project without
 * reaching beyond itself.
 */
#include "base/check.h"
#include "domain/person.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MASK_ALL ((UINT64_C(1) << FIELD_COUNT) - 1)

static bool hidden_by_bit(void *context, const uint8_t tag[SEAL_BLIND_BYTES])
{
    (void)context;
    return (tag[0] & 1) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct person_hidden_port port = {hidden_by_bit, NULL};
    struct person_record record;
    BUF_AUTO json;

    buf_init(&json, 1u << 22);
    if (!outcome_ok(person_record_open(view_of(data, size), &record))) {
        return 0;
    }
    CHECK(outcome_ok(person_record_project(&record, MASK_ALL, &port, &json)));
    person_record_notices(&record, (1u << NOTICE_COUNT) - 1, &json);
    CHECK(outcome_ok(buf_check(&json)));
    return 0;
}
