/* Randomness: nothing is handed out twice, not even across a fork; seeds repeat. */
#include "help.h"

#include "seal/seal.h"

#define DRAWS 3000

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void the_system_never_gives_the_same_16_bytes_twice(void **state)
{
    (void)state;
    static uint8_t drawn[DRAWS][16]; /* many times the pool */
    struct random_port random = random_system();
    for (size_t i = 0; i < DRAWS; i++) {
        random_fill(&random, drawn[i], 16);
    }
    qsort(drawn, DRAWS, 16, compare);
    for (size_t i = 1; i < DRAWS; i++) {
        assert_memory_not_equal(drawn[i - 1], drawn[i], 16);
    }
}

static void every_length_is_filled_to_its_last_byte(void **state)
{
    (void)state;
    static const size_t lens[] = {1, 31, 1023, 1024, 4091, 4092, 4093, 10000};
    struct random_port random = random_system();
    static uint8_t bytes[10001];
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        bool last_changed = false;
        for (int attempt = 0; attempt < 20 && !last_changed; attempt++) {
            memset(bytes, 0, sizeof(bytes));
            random_fill(&random, bytes, lens[i]);
            last_changed = bytes[lens[i] - 1] != 0;
        }
        assert_true(last_changed);
        assert_int_equal(bytes[lens[i]], 0);
    }
    random_fill(&random, NULL, 0);
}

static void a_child_does_not_repeat_its_parent(void **state)
{
    (void)state;
    struct random_port random = random_system();
    uint8_t ours[32];
    uint8_t theirs[32];
    int ends[2];
    random_fill(&random, ours, sizeof(ours)); /* fills the pool that the child inherits */
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        random_fill(&random, ours, sizeof(ours));
        _exit(write(ends[1], ours, sizeof(ours)) == sizeof(ours) ? 0 : 1);
    }
    random_fill(&random, ours, sizeof(ours));
    assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_memory_not_equal(ours, theirs, sizeof(ours));
    close(ends[0]);
    close(ends[1]);
}

static void a_seed_repeats_its_bytes_and_another_seed_does_not(void **state)
{
    (void)state;
    uint64_t seeds[3] = {7, 7, 8};
    uint8_t bytes[3][45];
    for (int i = 0; i < 3; i++) {
        struct random_port random = random_seeded(&seeds[i]);
        random_fill(&random, bytes[i], sizeof(bytes[i]));
    }
    assert_memory_equal(bytes[0], bytes[1], sizeof(bytes[0]));
    assert_memory_not_equal(bytes[0], bytes[2], sizeof(bytes[0]));
}

static void the_seeded_stream_is_splitmix64(void **state)
{
    (void)state;
    uint64_t seed = 1234567; /* published with the algorithm's reference code */
    static const uint64_t expected[] = {UINT64_C(6457827717110365317),
                                        UINT64_C(3203168211198807973),
                                        UINT64_C(9817491932198370423)};
    struct random_port random = random_seeded(&seed);
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[8];
        uint64_t value = 0;
        random_fill(&random, bytes, sizeof(bytes));
        for (size_t j = 8; j > 0; j--) {
            value = value << 8 | bytes[j - 1];
        }
        assert_true(value == expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_never_gives_the_same_16_bytes_twice),
        cmocka_unit_test(every_length_is_filled_to_its_last_byte),
        cmocka_unit_test(a_child_does_not_repeat_its_parent),
        cmocka_unit_test(a_seed_repeats_its_bytes_and_another_seed_does_not),
        cmocka_unit_test(the_seeded_stream_is_splitmix64),
    };
    return cmocka_run_group_tests_name("seal/random", tests, NULL, NULL);
}
