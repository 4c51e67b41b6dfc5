/*
 * tests/fault/power's program: a whole house's life, power lost after every operation of its disk.
 *   power_house [--seed N] [--states N] [--stride N] [--point N] [--jobs N] [--no-controls]
 */
#include "core/replay.h"
#include "hush.h"

#include <getopt.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define JOBS_MAX 16

struct options {
    struct replay replay;
    unsigned jobs;
    bool controls;
};

static void add_reasons(struct replay_sums *sums, const struct replay_sums *more)
{
    for (unsigned i = 0; i < REPLAY_REASONS && more->reasons[i][0] != '\0'; i++) {
        for (unsigned j = 0; j < REPLAY_REASONS; j++) {
            if (sums->reasons[j][0] == '\0' || strcmp(sums->reasons[j], more->reasons[i]) == 0) {
                memcpy(sums->reasons[j], more->reasons[i], HOUSE_WHY_BYTES);
                sums->reason_counts[j] += more->reason_counts[i];
                break;
            }
        }
    }
}

static void add_sums(struct replay_sums *sums, const struct replay_sums *more)
{
    sums->points += more->points;
    sums->states += more->states;
    sums->again += more->again;
    sums->asks += more->asks;
    sums->acts += more->acts;
    sums->chunks += more->chunks;
    sums->checkpoints += more->checkpoints;
    sums->refused += more->refused;
    sums->wrong += more->wrong;
    if (sums->first_wrong[0] == '\0') {
        memcpy(sums->first_wrong, more->first_wrong, sizeof(sums->first_wrong));
    }
    add_reasons(sums, more);
}

/* The points dealt out to as many processes. */
static struct replay_sums run(struct story *story, const struct power *past,
                              const struct options *options, enum replay_lie lie)
{
    struct replay_sums *shared = mmap(NULL, JOBS_MAX * sizeof(*shared), PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct replay_sums sums = {0};
    pid_t children[JOBS_MAX];
    assert_true(shared != MAP_FAILED);
    fflush(NULL);
    for (unsigned job = 0; job < options->jobs; job++) {
        children[job] = fork();
        assert_true(children[job] >= 0);
        if (children[job] == 0) {
            struct replay replay = options->replay;
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            replay.first += job * replay.stride;
            replay.stride *= options->jobs;
            replay.lie = lie;
            replay_run(story, past, &replay, &shared[job]);
            _exit(0);
        }
    }
    for (unsigned job = 0; job < options->jobs; job++) {
        int status = 0;
        assert_int_equal(waitpid(children[job], &status, 0), children[job]);
        assert_int_equal(status, 0);
        add_sums(&sums, &shared[job]);
    }
    (void)munmap(shared, JOBS_MAX * sizeof(*shared));
    return sums;
}

static void print_reasons(const struct replay_sums *sums)
{
    for (unsigned i = 0; i < REPLAY_REASONS && sums->reasons[i][0] != '\0'; i++) {
        printf("    %llu x %s\n", (unsigned long long)sums->reason_counts[i], sums->reasons[i]);
    }
}

static void print_sums(const struct story *story, const struct replay_sums *sums)
{
    printf("%zu operations on disk, %u answers, %u witnesses in all\n", story->tape.count,
           story->sums.answered, story->tape.witness_count);
    printf("%llu crash points, %llu states, %llu of them lost power again while recovering\n",
           (unsigned long long)sums->points, (unsigned long long)sums->states,
           (unsigned long long)sums->again);
    printf("answered asks looked for: %llu; acts: %llu; import chunks: %llu; published "
           "checkpoints: %llu\n",
           (unsigned long long)sums->asks, (unsigned long long)sums->acts,
           (unsigned long long)sums->chunks, (unsigned long long)sums->checkpoints);
    printf("refusals to start: %llu\n", (unsigned long long)sums->refused);
    print_reasons(sums);
    printf("states in which something told does not hold: %llu%s%s\n",
           (unsigned long long)sums->wrong, sums->wrong > 0 ? ": " : "", sums->first_wrong);
}

/* Each kind of sync left out must be found out: else the oracle is blind to it. */
static unsigned run_controls(struct story *story, const struct power *past,
                             const struct options *options)
{
    unsigned blind = 0;
    printf("a disk that only pretends to sync:\n");
    for (enum replay_lie lie = REPLAY_ALL; lie < REPLAY_LIE_COUNT; lie++) {
        struct options few = *options;
        few.replay.stride = 1 + story->tape.count / 200;
        few.replay.states = POWER_LOSS_COUNT;
        few.replay.twice = false;
        struct replay_sums sums = run(story, past, &few, lie);
        printf("    %-22s %llu states: %llu wrong, %llu refused%s%s\n", replay_lie_name(lie),
               (unsigned long long)sums.states, (unsigned long long)sums.wrong,
               (unsigned long long)sums.refused, sums.wrong > 0 ? "; " : "", sums.first_wrong);
        blind += sums.wrong + sums.refused == 0;
    }
    return blind;
}

static bool take_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        {"seed", required_argument, NULL, 's'},
        {"states", required_argument, NULL, 'n'},
        {"stride", required_argument, NULL, 'd'},
        {"point", required_argument, NULL, 'p'},
        {"jobs", required_argument, NULL, 'j'},
        {"no-controls", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        uint64_t value = optarg == NULL ? 0 : strtoull(optarg, NULL, 10);
        switch (option) {
        case 's':
            options->replay.seed = value;
            break;
        case 'n':
            options->replay.states = (unsigned)value;
            break;
        case 'd':
            options->replay.stride = value;
            break;
        case 'p': /* this one only */
            options->replay.first = value;
            options->replay.stride = SIZE_MAX / JOBS_MAX;
            options->jobs = 1;
            options->controls = false;
            break;
        case 'j':
            options->jobs = (unsigned)value;
            break;
        case 'c':
            options->controls = false;
            break;
        default:
            return false;
        }
    }
    return options->replay.states > 0 && options->replay.stride > 0 && options->jobs > 0 &&
           options->jobs <= JOBS_MAX;
}

int main(int argc, char **argv)
{
    struct options options = {
        .replay = {.seed = 1, .states = 12, .stride = 1, .twice = true},
        .jobs = 2,
        .controls = true,
    };
    if (!take_options(argc, argv, &options)) {
        fprintf(stderr, "usage: power [--seed N] [--states N] [--stride N] [--point N] [--jobs N] "
                        "[--no-controls]\n");
        return 2;
    }
    (void)hush();
    struct story *story = story_new(options.replay.seed);
    struct power *past = power_copy_of(story->power);
    story_live(story, 0);
    struct replay_sums sums = run(story, past, &options, REPLAY_HONEST);
    print_sums(story, &sums);
    unsigned blind = options.controls ? run_controls(story, past, &options) : 0;
    power_free(past);
    story_free(story);
    return sums.wrong == 0 && sums.refused == 0 && blind == 0 ? 0 : 1;
}
