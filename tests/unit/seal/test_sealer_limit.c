/* How many records one key seals: the sealer's source stands here, since nobody can wait for 2^32.
 */
#include "help.h"

#include "../../../src/seal/sealer.c"

static void one_key_seals_no_more_records_than_random_nonces_allow(void **state)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct random_port random = random_system();
    struct sealer *sealer = NULL;
    BUF_AUTO sealed;
    (void)state;
    buf_init(&sealed, 1000);
    assert_ok(sealer_new(&key, &random, &sealer));
    sealer->sealed = SEALED_RECORDS_MAX - 1;
    assert_ok(sealer_seal(sealer, VIEW_LITERAL("a"), VIEW_LITERAL("b"), &sealed));
    size_t before = sealed.len;
    assert_fault(sealer_seal(sealer, VIEW_LITERAL("a"), VIEW_LITERAL("b"), &sealed),
                 FAULT_OVER_LIMIT);
    assert_int_equal(sealed.len, before);
    sealer_free(sealer);
}

static void what_is_longer_than_the_library_can_take_is_refused(void **state)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct random_port random = random_system();
    struct sealer *sealer = NULL;
    BUF_AUTO plain;
    (void)state;
    buf_init(&plain, 1000);
    assert_ok(sealer_new(&key, &random, &sealer));
    assert_fault(sealer_open(sealer, VIEW_LITERAL("a"), view_of(&key, (size_t)INT_MAX + 1), &plain),
                 FAULT_CORRUPT); /* by its length alone: nothing of it is read */
    sealer_free(sealer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_seals_no_more_records_than_random_nonces_allow),
        cmocka_unit_test(what_is_longer_than_the_library_can_take_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
