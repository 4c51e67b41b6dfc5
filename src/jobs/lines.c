/*
 * The lines of a list.
 *
 * Invariant 1: however long a line is, ASK_BODY_BYTES_MAX + 1 bytes of it are kept.
 */
#include "jobs/lines.h"

#define JOINED_BYTES_MAX (ASK_BODY_BYTES_MAX + 1)

struct outcome lines_open(struct lines *lines, const struct job_store *store,
                          const uint8_t id[JOB_ID_BYTES])
{
    *lines = (struct lines){0};
    buf_init(&lines->block, JOB_BLOCK_BYTES_MAX);
    buf_init(&lines->joined, JOINED_BYTES_MAX);
    return blocks_open(&lines->blocks, store, id, JOB_FILE_LIST, false);
}

void lines_done(struct lines *lines)
{
    blocks_done(&lines->blocks);
    buf_done(&lines->block);
    buf_done(&lines->joined);
}

void lines_seek(struct lines *lines, const struct lines_place *place)
{
    lines->place = *place;
    lines->loaded = false;
}

static struct outcome load(struct lines *lines)
{
    if (lines->loaded) {
        return OUTCOME_OK;
    }
    blocks_seek(&lines->blocks, lines->place.number, lines->place.offset);
    buf_reset(&lines->block);
    TRY(blocks_read(&lines->blocks, &lines->block));
    lines->loaded = true;
    return lines->place.at <= lines->block.len ? OUTCOME_OK
                                               : outcome_fail(FAULT_CORRUPT, "a place in a list");
}

static void go_on(struct lines *lines)
{
    lines->place =
        (struct lines_place){.number = lines->blocks.number, .offset = lines->blocks.offset};
    lines->loaded = false;
}

/* Invariant 1. */
static void join(struct lines *lines, struct view part)
{
    size_t room = JOINED_BYTES_MAX - lines->joined.len;

    buf_put_view(&lines->joined, part.len < room ? part : view_part(part, 0, room));
}

struct outcome lines_next(struct lines *lines, struct view *ret_line)
{
    bool begun = false;

    buf_reset(&lines->joined);
    for (;;) {
        struct outcome loaded = load(lines);
        if (loaded.fault == FAULT_NOT_FOUND && begun) { /* the last one needs no end */
            *ret_line = buf_view(&lines->joined);
            return buf_check(&lines->joined);
        }
        TRY(loaded);
        struct view text = buf_view(&lines->block);
        size_t end = view_find(text, lines->place.at, '\n');
        struct view part = view_part(text, lines->place.at, end - lines->place.at);
        if (end < text.len) {
            lines->place.at = (uint32_t)end + 1;
            if (begun || part.len > JOINED_BYTES_MAX) {
                join(lines, part);
                part = buf_view(&lines->joined);
            }
            *ret_line = part;
            return buf_check(&lines->joined);
        }
        begun = begun || part.len > 0;
        join(lines, part);
        go_on(lines);
    }
}
