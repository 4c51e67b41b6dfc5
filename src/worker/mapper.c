/*
 * The worker's side of the day's keyed map.
 *
 * Invariants
 *  1. What was begun for a core that is gone goes to no other.
 *  2. No more waits in the pipe than one piece: the core takes it, or the work stands still.
 */
#include "worker/mapper.h"

#include "base/log.h"
#include "worker/mapping.h"

#define WAIT_US 1000000
#define LOOK_US 50000 /* between two looks around, in work that goes on without waiting */

struct making {
    const struct mapper *mapper;
    unsigned core; /* for which it was begun */
    int64_t looked_us;
    struct buf piece; /* of the file, not told yet */
};

static bool is_there(const struct making *making)
{
    return *making->mapper->cores == making->core && pipe_is_open(making->mapper->pipe);
}

static struct outcome tell(struct making *making, const struct keymapping *said)
{
    const struct mapper *mapper = making->mapper;

    while (is_there(making) && pipe_pending(mapper->pipe) > 0) { /* invariant 2 */
        mapper->wait(mapper->context, WAIT_US);
    }
    if (!is_there(making)) { /* invariant 1 */
        return outcome_fail(FAULT_CLOSED, "the core that ordered it is gone");
    }
    keymapping_put(&mapper->pipe->out, said);
    return pipe_flush(mapper->pipe);
}

static struct outcome tell_piece(struct making *making)
{
    const struct keymapping said = {.saying = KEYMAPPING_PIECE, .piece = buf_view(&making->piece)};

    TRY(buf_check(&making->piece));
    if (making->piece.len > 0) {
        TRY(tell(making, &said));
    }
    buf_reset(&making->piece);
    return OUTCOME_OK;
}

static struct outcome put(void *context, struct view bytes)
{
    struct making *making = context;

    for (size_t at = 0; at < bytes.len;) {
        size_t room = KEYMAPPING_PIECE_BYTES_MAX - making->piece.len;
        size_t len = bytes.len - at < room ? bytes.len - at : room;
        buf_put_view(&making->piece, view_part(bytes, at, len));
        at += len;
        if (making->piece.failed || making->piece.len == KEYMAPPING_PIECE_BYTES_MAX) {
            TRY(tell_piece(making));
        }
    }
    return OUTCOME_OK;
}

static struct outcome part(void *context, const char **ret_path)
{
    struct making *making = context;
    const struct mapper *mapper = making->mapper;
    const struct keymapping said = {.saying = KEYMAPPING_PART};

    *mapper->named = false;
    TRY(tell_piece(making));
    TRY(tell(making, &said));
    while (!*mapper->named && is_there(making)) {
        mapper->wait(mapper->context, WAIT_US);
    }
    *ret_path = KEYMAP_PART;
    return is_there(making) ? OUTCOME_OK
                            : outcome_fail(FAULT_CLOSED, "the core that ordered it is gone");
}

static void step(void *context, uint64_t done)
{
    struct making *making = context;
    const struct mapper *mapper = making->mapper;
    int64_t now_us = clock_monotonic_us(&mapper->clock);

    (void)done;
    if (now_us - making->looked_us >= LOOK_US) {
        making->looked_us = now_us;
        mapper->wait(mapper->context, 0);
    }
}

static struct outcome run(struct making *making, const struct keymapping *order, char ret_why[256],
                          struct keymap_head *ret_head)
{
    const struct mapper *mapper = making->mapper;
    char from[KEYMAP_PATH_BYTES_MAX] = "";
    struct mapping_config config = {
        .home_fd = mapper->home_fd,
        .maps_fd = mapper->home_fd,
        .origin = mapper->origin,
        .keys = mapper->keys,
        .clock = mapper->clock,
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
        .rows_max = MAPPING_ROWS_MAX,
        .put = put,
        .part = part,
        .step = step,
        .context = making,
    };

    if (order->from != KEYMAP_NONE) {
        keymap_path(order->from, from);
        config.from = from;
    }
    TRY(mapping_run(&config, order->size, ret_why, ret_head));
    return tell_piece(making);
}

void mapper_run(const struct mapper *mapper, const struct keymapping *order)
{
    struct making making = {.mapper = mapper, .core = *mapper->cores};
    struct keymapping said = {.saying = KEYMAPPING_MADE};
    char why[256] = "";

    buf_init(&making.piece, KEYMAPPING_PIECE_BYTES_MAX);
    struct outcome outcome = run(&making, order, why, &said.head);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_WARN, "map-not-made", "why=\"%s\"", why[0] != '\0' ? why : outcome.what);
        said = (struct keymapping){.saying = KEYMAPPING_FAILED};
    }
    outcome_ignore(tell(&making, &said)); /* a core that is gone is told nothing */
    buf_done(&making.piece);
}
