/*
 * The supervisor's side of `dancu ps`.
 *
 * Invariants
 *  1. What is told is what the supervisor knows itself (pid, state, times) or asks the kernel
 *     (memory); no process is asked, so a broken one cannot lie.
 */
#include "proc/status.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define US_PER_MS 1000
#define SUPERVISOR_RIGHTS                                                                          \
    "opens sockets and files, starts and restarts the rest; reads no key and no foreign byte"

void status_put_row(struct buf *buf, const struct status_row *row)
{
    CHECK(row->state < STATUS_STATE_COUNT);
    buf_put_block16(buf, row->process);
    buf_put_u32(buf, row->pid);
    buf_put_block16(buf, row->user);
    buf_put_u8(buf, (uint8_t)row->state);
    buf_put_u64(buf, row->uptime_ms);
    buf_put_u32(buf, row->restarts);
    buf_put_u64(buf, row->resident_bytes);
    buf_put_block16(buf, row->rights);
    status_rights_put(buf, &row->held);
}

struct outcome status_get_row(struct cursor *cursor, struct status_row *ret_row)
{
    struct status_row row = {.process = cursor_block16(cursor)};

    row.pid = cursor_u32(cursor);
    row.user = cursor_block16(cursor);
    unsigned state = cursor_u8(cursor);
    row.uptime_ms = cursor_u64(cursor);
    row.restarts = cursor_u32(cursor);
    row.resident_bytes = cursor_u64(cursor);
    row.rights = cursor_block16(cursor);
    if (cursor->failed || state >= STATUS_STATE_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "status row");
    }
    row.state = (enum status_state)state;
    TRY(status_rights_get(cursor, &row.held));
    *ret_row = row;
    return OUTCOME_OK;
}

uint64_t status_resident_bytes(pid_t pid)
{
    char path[32];
    char text[128];
    uint64_t pages = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t got = read(fd, text, sizeof(text));
    (void)close(fd);
    if (got <= 0) {
        return 0;
    }
    /* Two numbers of pages: the whole address space, then what is resident. */
    struct view line = view_of(text, (size_t)got);
    size_t from = view_find(line, 0, ' ');
    size_t until = from < line.len ? view_find(line, from + 1, ' ') : line.len;
    if (until == line.len || !outcome_ok(decimal_get(view_part(line, from + 1, until - from - 1),
                                                     UINT64_MAX >> 16, &pages))) {
        return 0;
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct view short_title(const char *title)
{
    struct view all = view_text(title);
    size_t prefix = sizeof("dancu: ") - 1;

    CHECK(all.len > prefix);
    return view_part(all, prefix, all.len - prefix);
}

static void put_process(struct buf *buf, const struct process *process, const char *user,
                        int64_t now_us)
{
    static const enum status_state states[PROCESS_STATE_COUNT] = {
        [PROCESS_FREE] = STATUS_WAITING,    [PROCESS_STARTING] = STATUS_STARTING,
        [PROCESS_SERVING] = STATUS_SERVING, [PROCESS_DRAINING] = STATUS_DRAINING,
        [PROCESS_KILLED] = STATUS_KILLED,
    };
    const struct slot *slot = process->slot;
    struct status_row row = {
        .process = short_title(slot->title),
        .pid = (uint32_t)process->pid,
        .user = view_text(user),
        .state = states[process->state],
        .uptime_ms = (uint64_t)((now_us - process->started_us) / US_PER_MS),
        .restarts = slot->restarts,
        .resident_bytes = status_resident_bytes(process->pid),
        .rights = view_text(slot->row->rights),
        .held = status_rights_of(slot->row, process->pid, paths_abi()),
    };
    status_put_row(buf, &row);
}

static void put_waiting(struct buf *buf, const struct slot *slot, const char *user)
{
    struct status_row row = {
        .process = short_title(slot->title),
        .user = view_text(user),
        .state = STATUS_WAITING,
        .restarts = slot->restarts,
        .rights = view_text(slot->row->rights),
        .held = status_rights_of(slot->row, 0, paths_abi()),
    };
    status_put_row(buf, &row);
}

static void put_supervisor(struct buf *buf, const char *user, int64_t uptime_us)
{
    struct status_row row = {
        .process = VIEW_LITERAL("supervisor"),
        .pid = (uint32_t)getpid(),
        .user = view_text(user),
        .state = STATUS_SERVING,
        .uptime_ms = (uint64_t)(uptime_us / US_PER_MS),
        .resident_bytes = status_resident_bytes(getpid()),
        .rights = view_text(SUPERVISOR_RIGHTS),
        .held = status_rights_none(),
    };
    status_put_row(buf, &row);
}

/* All processes of a slot: who serves, who comes, who drains. */
static unsigned put_slot(struct buf *buf, const struct crew *crew, const struct slot *slot,
                         const char *user)
{
    int64_t now_us = clock_monotonic_us(&crew->clock);
    unsigned count = 0;

    if (slot->serving == NULL) {
        put_waiting(buf, slot, user);
        count++;
    }
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        const struct process *process = &crew->processes[i];
        if (process->state != PROCESS_FREE && process->slot == slot) {
            put_process(buf, process, user, now_us);
            count++;
        }
    }
    return count;
}

struct outcome status_put_frame(struct buf *buf, const struct crew *crew,
                                const char *const users[PROC_USER_COUNT],
                                int64_t supervisor_started_us)
{
    size_t start = frame_start(buf, FRAME_STATUS);
    unsigned count = 1;

    put_supervisor(buf, users[PROC_USER_SELF],
                   clock_monotonic_us(&crew->clock) - supervisor_started_us);
    for (unsigned i = 0; i < crew->slot_count; i++) {
        const struct slot *slot = &crew->slots[i];
        count += put_slot(buf, crew, slot, users[slot->row->user]);
    }
    frame_finish(buf, start, count);
    return buf_check(buf);
}
