/* The record of somebody who is not there takes the steps of one who is (I5). */
#include "help.h"

#include "gate/record.h"

static unsigned hashed;
static unsigned written;

void __real_seal_sha256(struct view data, uint8_t ret_hash[SEAL_HASH_BYTES]);
void __wrap_seal_sha256(struct view data, uint8_t ret_hash[SEAL_HASH_BYTES]);
void __wrap_seal_sha256(struct view data, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    hashed++;
    __real_seal_sha256(data, ret_hash);
}

void __real_base64url_write(char *ret_text, struct view bytes);
void __wrap_base64url_write(char *ret_text, struct view bytes);
void __wrap_base64url_write(char *ret_text, struct view bytes)
{
    written++;
    __real_base64url_write(ret_text, bytes);
}

/* How often was hashed and encoded for a record of so many persons. */
static void take_steps(unsigned persons, unsigned looked, uint64_t seed, unsigned *ret_hashed,
                       unsigned *ret_written)
{
    struct random_port random = random_seeded(&seed);
    struct record_text text = {0};
    struct record record = {
        .kind = KIND_UNAVAILABLE,
        .outcome = VIEW_LITERAL("subject_not_available"),
        .service = SERVICE_CITIZEN_LOOKUP,
        .person_count = persons,
        .persons = {4711, 4712, 4713, 4714},
        .hashed = looked,
    };
    BUF_AUTO texts;
    buf_init(&texts, record_texts_room());
    assert_non_null(buf_claim(&texts, record_texts_room()));
    buf_cut(&texts, 0);
    memset(record.policy_hash, 'a', 64);
    random_fill(&random, record.secret, sizeof(record.secret));
    hashed = written = 0;
    assert_ok(record_write(&record, &texts, &text));
    *ret_hashed = hashed;
    *ret_written = written;
}

static void a_record_of_nobody_is_hashed_and_encoded_as_often_as_one_of_somebody(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) { /* the first place is another each time */
        unsigned nobody[2];
        unsigned somebody[2];
        take_steps(0, 1, seed, &nobody[0], &nobody[1]);
        take_steps(1, 1, seed, &somebody[0], &somebody[1]);
        assert_int_equal(nobody[0], somebody[0]);
        assert_int_equal(nobody[1], somebody[1]);
        assert_int_equal(nobody[0], RECORD_NAME_COUNT + 1);
    }
}

static void a_record_is_hashed_for_all_who_were_looked_for_whoever_of_them_is_in_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        unsigned nobody[2];
        unsigned all[2];
        take_steps(0, 4, seed, &nobody[0], &nobody[1]);
        take_steps(4, 4, seed, &all[0], &all[1]);
        assert_int_equal(nobody[0], all[0]);
        assert_int_equal(nobody[1], all[1]);
        assert_int_equal(nobody[0], RECORD_NAME_COUNT + 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_nobody_is_hashed_and_encoded_as_often_as_one_of_somebody),
        cmocka_unit_test(a_record_is_hashed_for_all_who_were_looked_for_whoever_of_them_is_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
