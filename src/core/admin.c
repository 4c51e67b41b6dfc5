/*
 * The local admin socket: acts from root or from the service's own user, one frame each, one
 * answer each, the question how the scrub is, and looks at objects of the office. Once there are
 * officers, who sign their acts, it takes no act any more: the office refuses them (office_act()).
 */
#include "core/look.h"
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static struct admin *free_place(struct core *core)
{
    for (unsigned i = 0; i < CORE_ADMINS_MAX; i++) {
        if (core->admins[i].pipe.fd < 0) {
            return &core->admins[i];
        }
    }
    return NULL;
}

void admin_accept(struct core *core)
{
    int fd = accept4(core->child->grants[GRANT_ADMIN_LISTENER], NULL, NULL,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);
    if (fd < 0) {
        return;
    }
    struct admin *admin = free_place(core);
    bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
                 (peer.uid == 0 || peer.uid == getuid());
    if (admin == NULL || !known) {
        log_line(LOG_LEVEL_WARN, "admin-refused", "uid=%u", peer.uid);
        close(fd);
        return;
    }
    *admin = (struct admin){.user = peer.uid};
    pipe_init(&admin->pipe, fd);
}

static void reply(struct admin *admin, struct outcome outcome, uint64_t index, const char *reason)
{
    struct buf *out = &admin->pipe.out;
    size_t start = frame_start(out, FRAME_ACT_RESULT);
    buf_put_u8(out, (uint8_t)outcome.fault);
    buf_put_u64(out, index);
    buf_put_block16(out, view_text(reason));
    frame_finish(out, start, 1);
    admin->broken = !outcome_ok(pipe_flush(&admin->pipe));
}

/* A refused act changed nothing and the core goes on; after any other failure it must not. */
bool core_survives(struct outcome outcome)
{
    return outcome_ok(outcome) || outcome.fault == FAULT_BAD_INPUT ||
           outcome.fault == FAULT_NOT_FOUND || outcome.fault == FAULT_CONFLICT ||
           outcome.fault == FAULT_OVER_LIMIT || outcome.fault == FAULT_NO_SPACE ||
           outcome.fault == FAULT_NO_MEMORY;
}

/* The question how the scrub is: an empty frame, answered with what the worker told last. */
static void tell_scrub(const struct core *core, struct admin *admin)
{
    struct buf *out = &admin->pipe.out;
    size_t start = frame_start(out, FRAME_SCRUB);
    scrub_put_status(&core->scrub, out);
    frame_finish(out, start, core->scrub.place_count);
    admin->broken = !outcome_ok(pipe_flush(&admin->pipe));
}

static void tell_look(const struct core *core, struct admin *admin, const struct look *look)
{
    struct outcome outcome = look_local(core, look, &admin->pipe.out);
    admin->broken = !outcome_ok(outcome) || !outcome_ok(pipe_flush(&admin->pipe));
}

/* The key that takes over: it stays in no buffer. */
static void take_key(struct core *core, struct admin *admin, const struct frame *frame)
{
    SECRET_AUTO key = {{0}};
    struct view which = {0};
    struct outcome outcome = rotating_get_key(frame, &which, &key);
    if (outcome_ok(outcome)) {
        outcome = rotations_offer(core, which, &key);
    }
    memory_wipe((void *)(uintptr_t)frame->payload.data, frame->payload.len);
    log_line(LOG_LEVEL_INFO, "key-offered", "uid=%u outcome=%s", admin->user,
             outcome_word(outcome.fault));
    reply(admin, outcome, 0, outcome_ok(outcome) ? "" : outcome.what);
}

static struct outcome take_act(struct core *core, struct admin *admin, const struct frame *frame)
{
    struct act act = {0};
    uint64_t index = 0;
    char reason[256] = "";
    if (frame->kind != FRAME_ACT || !outcome_ok(act_get(frame->payload, &act)) ||
        !act_rows[act.kind].by_hand) {
        core->frames_refused++;
        admin->broken = true;
        return OUTCOME_OK;
    }
    if (!rotations_may(core, &act)) {
        reply(admin, outcome_fail(FAULT_CONFLICT, "key"), 0, "bring the key: dancu key rotate");
        return OUTCOME_OK;
    }
    uint64_t officers = office_officer_changes(core->house->office);
    struct outcome outcome = office_act(core->house->office, &act, admin->user, &index, reason);
    log_line(LOG_LEVEL_INFO, "act", "name=%s uid=%u outcome=%s", act_rows[act.kind].name,
             admin->user, outcome_word(outcome.fault));
    if (!core_survives(outcome)) {
        return outcome;
    }
    reply(admin, outcome, index, reason);
    if (office_officer_changes(core->house->office) != officers) {
        signers_tell(core);
    }
    return OUTCOME_OK;
}

struct outcome admins_take(struct core *core, struct admin *admin)
{
    struct outcome filled = pipe_fill(&admin->pipe);
    while (!admin->broken) {
        struct frame frame = {0};
        struct look look;
        struct outcome outcome = pipe_next(&admin->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            break;
        }
        if (!outcome_ok(outcome)) {
            admin->broken = true;
            break;
        }
        if (frame.kind == FRAME_SCRUB && frame.count == 0 && frame.payload.len == 0) {
            tell_scrub(core, admin);
            continue;
        }
        if (frame.kind == FRAME_KEY) {
            take_key(core, admin, &frame);
            continue;
        }
        if (outcome_ok(looking_get(&frame, &look))) {
            tell_look(core, admin, &look);
            continue;
        }
        TRY(take_act(core, admin, &frame));
    }
    if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
        admin->broken = true;
    }
    return OUTCOME_OK;
}

void admins_sweep(struct core *core)
{
    for (unsigned i = 0; i < CORE_ADMINS_MAX; i++) {
        struct admin *admin = &core->admins[i];
        if (admin->pipe.fd >= 0 && admin->broken) {
            pipe_done(&admin->pipe);
            *admin = (struct admin){.pipe.fd = -1};
        }
    }
}
