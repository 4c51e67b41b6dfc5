/* A child a failure; the parent lives the undisturbed life and waits. */
#include "calls.h"

#include <sys/mman.h>
#include <sys/prctl.h>

#define CALLS_STEP_MAX 8192 /* of one step */
#define JOBS_MAX 16

static const char *const failure_names[CALLS_FAILURE_COUNT] = {
    [CALLS_EIO] = "EIO",     [CALLS_ENOSPC] = "ENOSPC", [CALLS_EINTR] = "EINTR",
    [CALLS_SHORT] = "short", [CALLS_LATE] = "late EIO", [CALLS_FULL] = "full",
    [CALLS_KILL] = "kill",
};
static const char *const call_names[POWER_CALL_COUNT] = {
    [POWER_CALL_OPEN] = "open",         [POWER_CALL_CLOSE] = "close",
    [POWER_CALL_READ] = "read",         [POWER_CALL_WRITE] = "write",
    [POWER_CALL_TRUNCATE] = "truncate", [POWER_CALL_SYNC] = "sync",
    [POWER_CALL_SYNC_ALL] = "sync all", [POWER_CALL_WRITE_OUT] = "write out",
    [POWER_CALL_SIZE] = "size",         [POWER_CALL_RENAME] = "rename",
    [POWER_CALL_UNLINK] = "unlink",     [POWER_CALL_MKDIR] = "mkdir",
    [POWER_CALL_LIST] = "list",
};
static const char *const outcome_names[CALLS_OUTCOME_COUNT] = {
    [CALLS_UNSEEN] = "answered",     [CALLS_NOT_TAKEN] = "503 or told as failed",
    [CALLS_RESTARTED] = "restarted", [CALLS_REFUSED] = "refused a start, then served",
    [CALLS_LOST] = "lost",
};

const char *calls_failure_name(enum calls_failure failure)
{
    return failure_names[failure];
}

const char *calls_call_name(enum power_call call)
{
    return call_names[call];
}

const char *calls_outcome_name(enum calls_outcome outcome)
{
    return outcome_names[outcome];
}

/* What children tell, in memory that all share. */
struct shared {
    uint64_t step_calls; /* by the scout */
    uint8_t trace[CALLS_STEP_MAX];
    struct {
        bool done;
        enum calls_outcome outcome;
        unsigned answered;
        struct finding found[2];
    } results[JOBS_MAX];
};

static void strike(struct power *power, uint64_t at, enum calls_failure failure)
{
    static const struct {
        enum power_way way;
        int sys;
    } ways[CALLS_FAILURE_COUNT] = {
        [CALLS_EIO] = {POWER_ERROR, EIO},     [CALLS_ENOSPC] = {POWER_ERROR, ENOSPC},
        [CALLS_EINTR] = {POWER_ERROR, EINTR}, [CALLS_SHORT] = {POWER_SHORT, 0},
        [CALLS_LATE] = {POWER_LATE, EIO},
    };
    if (failure == CALLS_KILL) {
        power->death_at = at;
        return;
    }
    if (failure == CALLS_FULL) {
        power->full_at = at;
        return;
    }
    power->fail_at = at;
    power->fail_way = ways[failure].way;
    power->fail_sys = ways[failure].sys;
}

static enum calls_outcome outcome_of(const struct story *story, enum calls_failure failure)
{
    const struct story_sums *sums = &story->sums;
    if (story->lost) {
        return CALLS_LOST;
    }
    if (sums->refusals > 0) { /* who is killed while it starts does not refuse */
        return failure == CALLS_KILL ? CALLS_RESTARTED : CALLS_REFUSED;
    }
    if (sums->restarts > 0) {
        return CALLS_RESTARTED;
    }
    return sums->unavailable + sums->not_taken > 0 ? CALLS_NOT_TAKEN : CALLS_UNSEEN;
}

/* The whole of one run, in a child. */
static _Noreturn void be_run(struct story *story, unsigned step, uint64_t at,
                             enum calls_failure failure, struct shared *shared, unsigned job)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    story->sums = (struct story_sums){0};
    strike(story->power, story->power->calls + at, failure);
    story_step(story, step);
    story->power->full_at = 0;
    story->lost = false; /* where there was no room for a start, there is now */
    if (step + 1 < story_steps()) {
        story_step(story, step + 1);
    }
    if (story->house != NULL) {
        story_die(story);
    }
    shared->results[job].outcome = outcome_of(story, failure);
    shared->results[job].answered = story->sums.answered;
    /* What a kill leaves, and what a loss of power. */
    story->power->watch = NULL;
    struct power *left = power_fall(story->power, POWER_LOSS_NONE);
    oracle_look(story, left, TAPE_NEVER - 1, &shared->results[job].found[0]);
    story->power->seed = at * 31 + failure;
    left = power_fall(story->power, POWER_LOSS_ANY);
    oracle_look(story, left, TAPE_NEVER - 1, &shared->results[job].found[1]);
    shared->results[job].done = true;
    _exit(0);
}

/* How many calls the step makes, and which. */
static void scout(struct story *story, unsigned step, struct shared *shared)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        uint64_t before = story->power->calls;
        story->power->trace = shared->trace;
        story->power->trace_from = before;
        story->power->trace_max = CALLS_STEP_MAX;
        story_step(story, step);
        shared->step_calls = story->power->calls - before;
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(shared->step_calls < CALLS_STEP_MAX);
}

struct run {
    pid_t child;
    uint64_t at;
    enum calls_failure failure;
};

static void take_result(const struct run *run, struct shared *shared, unsigned job, unsigned step,
                        struct calls_sums *sums)
{
    int status = 0;
    assert_int_equal(waitpid(run->child, &status, 0), run->child);
    enum power_call call = (enum power_call)shared->trace[run->at - 1];
    sums->runs++;
    sums->table[call][run->failure][shared->results[job].outcome]++;
    sums->answered += shared->results[job].answered;
    for (unsigned i = 0; i < 2; i++) {
        const struct finding *found = &shared->results[job].found[i];
        const char *wrong = !shared->results[job].done ? "the run itself died"
                            : found->wrong[0] != '\0'  ? found->wrong
                            : found->refused           ? found->why
                                                       : "";
        sums->asks += found->asks;
        sums->acts += found->acts;
        sums->chunks += found->chunks;
        if (wrong[0] == '\0') {
            continue;
        }
        sums->wrong++;
        if (sums->first_wrong[0] == '\0') {
            snprintf(sums->first_wrong, sizeof(sums->first_wrong),
                     "step %u (%s), call %llu (%s), %s%s: %.200s", step, story_step_name(step),
                     (unsigned long long)run->at, call_names[call], failure_names[run->failure],
                     i == 0 ? "" : ", then no power", wrong);
        }
    }
}

static bool applies(enum power_call call, enum calls_failure failure)
{
    bool grows = call == POWER_CALL_WRITE || call == POWER_CALL_OPEN || call == POWER_CALL_MKDIR;
    bool moves = call == POWER_CALL_WRITE || call == POWER_CALL_READ;
    return (failure != CALLS_SHORT || moves) && (failure != CALLS_FULL || grows);
}

/* All failures of one call; as many at once as there are jobs. */
static void try_call(struct story *story, unsigned step, uint64_t at, const struct calls *calls,
                     struct shared *shared, struct calls_sums *sums)
{
    struct run runs[JOBS_MAX];
    unsigned count = 0;
    for (enum calls_failure failure = 0; failure <= CALLS_FAILURE_COUNT; failure++) {
        if (failure == CALLS_FAILURE_COUNT || count == calls->jobs) {
            for (unsigned job = 0; job < count; job++) {
                take_result(&runs[job], shared, job, step, sums);
            }
            count = 0;
        }
        if (failure == CALLS_FAILURE_COUNT ||
            !applies((enum power_call)shared->trace[at - 1], failure)) {
            continue;
        }
        memset(&shared->results[count], 0, sizeof(shared->results[count]));
        runs[count] = (struct run){.child = fork(), .at = at, .failure = failure};
        assert_true(runs[count].child >= 0);
        if (runs[count].child == 0) {
            be_run(story, step, at, failure, shared, count);
        }
        count++;
    }
    sums->calls++;
}

void calls_run(const struct calls *calls, struct calls_sums *ret_sums)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED && calls->jobs > 0 && calls->jobs <= JOBS_MAX);
    struct story *story = story_new(calls->seed);
    uint64_t number = 0;
    fflush(NULL);
    for (unsigned step = 0; step < story_steps(); step++) {
        scout(story, step, shared);
        for (uint64_t at = 1; at <= shared->step_calls; at++) {
            if (number++ % calls->stride == 0) {
                try_call(story, step, at, calls, shared, ret_sums);
            }
        }
        story_step(story, step);
        assert_false(story->lost);
        if (calls->tell != NULL) {
            calls->tell(step, ret_sums->runs);
        }
    }
    story_free(story);
    (void)munmap(shared, sizeof(*shared));
}
