/*
 * How all stop: channels finish what they have in hand, then the keeper, then the core.
 *
 * Invariants
 *  1. The core lives as long as a channel may still bring it an ask, the keeper as long as the core
 *     may be asked by one, each within its bound from the signal on.
 *  2. Nobody is started once a stop has begun.
 */
#include "proc/crew.h"

#include "base/check.h"
#include "base/log.h"

static const int64_t step_bounds_s[STOP_STEP_COUNT] = {
    [STOP_CHANNELS] = PROC_STOP_CHANNELS_S_MAX,
    [STOP_KEEPER] = PROC_STOP_KEEPER_S_MAX,
    [STOP_CORE] = PROC_STOP_CORE_S_MAX,
};

static enum stop_step step_of(const struct crew *crew, const struct process *process)
{
    if (slot_is_core(crew, process->slot)) {
        return STOP_CORE;
    }
    return process->slot->row->user == PROC_USER_FRONT ? STOP_CHANNELS : STOP_KEEPER;
}

/* Asks those of the present step to end; false when none of them is left. */
static bool stop_members(struct crew *crew)
{
    int64_t deadline_us = crew->stop_started_us + step_bounds_s[crew->stop_step] * US_PER_S;
    bool some = false;

    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        struct process *process = &crew->processes[i];
        if (process->state == PROCESS_FREE || step_of(crew, process) != crew->stop_step) {
            continue;
        }
        some = true;
        if (process->deadline_us == 0 || process->deadline_us > deadline_us) {
            process->deadline_us = deadline_us;
        }
        process_signal(process, PROCESS_TERM); /* once: the table refuses a second */
    }
    return some;
}

void crew_stop_turn(struct crew *crew)
{
    CHECK(crew->stop_step != STOP_NONE);
    while (!stop_members(crew) && crew->stop_step != STOP_CORE) {
        crew->stop_step++;
    }
}

void crew_stop(struct crew *crew)
{
    if (crew->stop_step != STOP_NONE) {
        return;
    }
    log_line(LOG_LEVEL_INFO, "stopping", "within_s=%d", PROC_STOP_CORE_S_MAX);
    crew->stop_step = STOP_CHANNELS;
    crew->stop_started_us = clock_monotonic_us(&crew->clock);
}
