/*
 * How all processes are, told once a second to the rows that hear it.
 *
 * Invariants
 *  1. As in `dancu ps`, what is told is what the supervisor knows itself or asks the kernel.
 *  2. Nobody is waited for: what a process does not take is not told.
 */
#include "base/check.h"
#include "base/log.h"
#include "proc/crew.h"
#include "proc/figures.h"
#include "proc/message.h"
#include "proc/status.h"

#include <unistd.h>

#define US_PER_MS 1000
#define CREW_SET_BYTES (2 + FIGURES_NAME_BYTES + 8 * CREW_FIGURE_COUNT)

_Static_assert(TITLE_BYTES_MAX <= FIGURES_NAME_BYTES, "a name fits");
_Static_assert(FRAME_HEADER_BYTES + CREW_SET_BYTES <= MESSAGE_BYTES_MAX, "one set fits a message");

/* One frame that is being filled; it leaves when another set would not fit. */
struct telling {
    struct crew *crew;
    struct buf buf;
    size_t start;
    unsigned count;
};

static void send_to(struct process *process, struct view frame)
{
    struct outcome outcome = message_send(process->control_fd, frame, NULL, 0);

    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN && outcome.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_WARN, "crew-not-told", outcome); /* invariant 2 */
    }
}

static void flush(struct telling *telling)
{
    struct crew *crew = telling->crew;

    if (telling->count == 0) {
        return;
    }
    frame_finish(&telling->buf, telling->start, telling->count);
    for (unsigned i = 0; i < PROC_PROCESSES_MAX && outcome_ok(buf_check(&telling->buf)); i++) {
        struct process *process = &crew->processes[i];
        bool hears = process->state == PROCESS_STARTING || process->state == PROCESS_SERVING;
        if (hears && process->slot->row->hears_crew) {
            send_to(process, buf_view(&telling->buf));
        }
    }
    telling->count = 0;
}

static void add(struct telling *telling, const char *name, const uint64_t *figures)
{
    if (telling->count == 0) {
        buf_reset(&telling->buf);
        telling->start = frame_start(&telling->buf, FRAME_CREW);
    }
    figures_put_named(&telling->buf, &crew_table, view_text(name), figures);
    telling->count++;
    if (telling->buf.len + CREW_SET_BYTES > MESSAGE_BYTES_MAX) {
        flush(telling);
    }
}

static void add_slot(struct telling *telling, const struct slot *slot, int64_t now_us)
{
    const struct crew *crew = telling->crew;
    uint64_t figures[CREW_FIGURE_COUNT] = {[CREW_RESTARTS] = slot->restarts};

    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        const struct process *process = &crew->processes[i];
        if (process->state != PROCESS_FREE && process->slot == slot) {
            figures[CREW_PROCESSES]++;
            figures[CREW_RESIDENT_BYTES] += status_resident_bytes(process->pid);
        }
    }
    if (slot->serving != NULL) {
        figures[CREW_SERVING] = slot->serving->state == PROCESS_SERVING ? 1 : 0;
        figures[CREW_UPTIME_MS] = (uint64_t)(now_us - slot->serving->started_us) / US_PER_MS;
    }
    add(telling, slot->title + sizeof("dancu: ") - 1, figures);
}

void crew_tell(struct crew *crew, int64_t supervisor_started_us)
{
    int64_t now_us = clock_monotonic_us(&crew->clock);
    struct telling telling = {.crew = crew};

    if (!crew->tells || now_us < crew->tell_us) {
        return;
    }
    crew->tell_us = now_us + CREW_TELL_US;
    buf_init(&telling.buf, MESSAGE_BYTES_MAX);
    const uint64_t own[CREW_FIGURE_COUNT] = {
        [CREW_SERVING] = 1,
        [CREW_PROCESSES] = 1,
        [CREW_UPTIME_MS] = (uint64_t)(now_us - supervisor_started_us) / US_PER_MS,
        [CREW_RESIDENT_BYTES] = status_resident_bytes(getpid()),
    };
    add(&telling, "supervisor", own);
    for (unsigned i = 0; i < crew->slot_count; i++) {
        add_slot(&telling, &crew->slots[i], now_us);
    }
    flush(&telling);
    buf_done(&telling.buf);
}
