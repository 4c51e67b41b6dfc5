/*
 * tests/fault/calls' first half: each call of a whole house on its disk fails once in each way.
 *   calls_house [--seed N] [--stride N] [--jobs N]
 */
#include "core/calls.h"
#include "hush.h"

#include <getopt.h>

static void print_row(const struct calls_sums *sums, enum power_call call,
                      enum calls_failure failure)
{
    const uint64_t *row = sums->table[call][failure];
    uint64_t runs = 0;
    for (unsigned i = 0; i < CALLS_OUTCOME_COUNT; i++) {
        runs += row[i];
    }
    if (runs == 0) {
        return;
    }
    printf("%-9s %-9s %6llu", calls_call_name(call), calls_failure_name(failure),
           (unsigned long long)runs);
    for (unsigned i = 0; i < CALLS_OUTCOME_COUNT; i++) {
        printf(" %9llu", (unsigned long long)row[i]);
    }
    printf("\n");
}

static void print_sums(const struct calls_sums *sums)
{
    printf("call      failure     runs");
    for (unsigned i = 0; i < CALLS_OUTCOME_COUNT; i++) {
        printf(" %9.9s", calls_outcome_name((enum calls_outcome)i));
    }
    printf("\n");
    for (unsigned call = 0; call < POWER_CALL_COUNT; call++) {
        for (unsigned failure = 0; failure < CALLS_FAILURE_COUNT; failure++) {
            print_row(sums, (enum power_call)call, (enum calls_failure)failure);
        }
    }
    printf("(");
    for (unsigned i = 0; i < CALLS_OUTCOME_COUNT; i++) {
        printf("%s%s", i == 0 ? "" : "; ", calls_outcome_name((enum calls_outcome)i));
    }
    printf(")\n%llu calls, %llu runs; looked for afterwards, as a kill leaves it and as a loss of "
           "power does: %llu answers, %llu acts, %llu chunks\n",
           (unsigned long long)sums->calls, (unsigned long long)sums->runs,
           (unsigned long long)sums->asks, (unsigned long long)sums->acts,
           (unsigned long long)sums->chunks);
    printf("looks in which something told does not hold: %llu%s%s\n",
           (unsigned long long)sums->wrong, sums->wrong > 0 ? "; " : "", sums->first_wrong);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", required_argument, NULL, 's'},
        {"stride", required_argument, NULL, 'd'},
        {"jobs", required_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    struct calls calls = {.seed = 1, .stride = 1, .jobs = 2};
    struct calls_sums sums = {0};
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        uint64_t value = optarg == NULL ? 0 : strtoull(optarg, NULL, 10);
        if (option == '?') {
            return 2;
        }
        calls.seed = option == 's' ? value : calls.seed;
        calls.stride = option == 'd' ? (unsigned)value : calls.stride;
        calls.jobs = option == 'j' ? (unsigned)value : calls.jobs;
    }
    (void)hush();
    calls_run(&calls, &sums);
    print_sums(&sums);
    return sums.wrong == 0 ? 0 : 1;
}
