/*
 * The last lines of each job.
 *
 * Invariants
 *  1. A track has the JOB_RECENT_MAX lines that were put last, each once.
 *  2. Of a job that is asked there is a track: there are more tracks than jobs that run, and the
 * one that has been still for longest is given up.
 */
#include "gate/jobs.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/save.h"

#include <string.h>

struct outcome job_tracks_init(struct job_tracks *tracks)
{
    *tracks = (struct job_tracks){.places = memory_new(JOB_TRACKS_MAX, sizeof(struct job_track))};
    return tracks->places != NULL ? OUTCOME_OK : outcome_fail(FAULT_NO_MEMORY, "tracks of jobs");
}

void job_tracks_done(struct job_tracks *tracks)
{
    memory_free(tracks->places);
    *tracks = (struct job_tracks){0};
}

static struct job_track *find(const struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN])
{
    for (unsigned i = 0; i < JOB_TRACKS_MAX; i++) {
        struct job_track *track = &tracks->places[i];
        if (track->count > 0 && memcmp(track->id, id, JOB_ID_LEN) == 0) {
            return track;
        }
    }
    return NULL;
}

static struct job_line *find_line(struct job_track *track, uint32_t line)
{
    for (uint32_t i = 0; i < track->count; i++) {
        if (track->lines[i].line == line) {
            return &track->lines[i];
        }
    }
    return NULL;
}

static uint32_t lowest(const struct job_track *track)
{
    uint32_t line = UINT32_MAX;

    for (uint32_t i = 0; i < track->count; i++) {
        line = track->lines[i].line < line ? track->lines[i].line : line;
    }
    return line;
}

enum job_known_line job_tracks_find(const struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN],
                                    uint32_t line, uint64_t *ret_index)
{
    struct job_track *track = find(tracks, id);

    if (track == NULL || line > track->last) {
        return JOB_LINE_NEW;
    }
    const struct job_line *found = find_line(track, line);
    if (found != NULL) {
        *ret_index = found->index;
        return JOB_LINE_RECORDED;
    }
    return track->count == JOB_RECENT_MAX && line < lowest(track) ? JOB_LINE_OLD : JOB_LINE_NEW;
}

uint32_t job_tracks_last(const struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN])
{
    const struct job_track *track = find(tracks, id);

    return track == NULL ? 0 : track->last;
}

/* Invariant 2. */
static struct job_track *make_room(struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN])
{
    struct job_track *stillest = &tracks->places[0];

    for (unsigned i = 0; i < JOB_TRACKS_MAX && stillest->count > 0; i++) {
        struct job_track *track = &tracks->places[i];
        if (track->count == 0 || track->used < stillest->used) {
            stillest = track;
        }
    }
    stillest->count = 0;
    stillest->oldest = 0;
    stillest->last = 0;
    stillest->used = 0;
    memcpy(stillest->id, id, JOB_ID_LEN);
    return stillest;
}

void job_tracks_put(struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN], uint32_t line,
                    uint64_t index)
{
    struct job_track *track = find(tracks, id);

    if (track == NULL) {
        track = make_room(tracks, id);
    }
    struct job_line *place = line > track->last ? NULL : find_line(track, line);
    if (place == NULL && track->count < JOB_RECENT_MAX) {
        place = &track->lines[track->count++];
    } else if (place == NULL) { /* invariant 1 */
        place = &track->lines[track->oldest];
        track->oldest = (track->oldest + 1) % JOB_RECENT_MAX;
    }
    *place = (struct job_line){.line = line, .index = index};
    track->last = line > track->last ? line : track->last;
    track->used = index > track->used ? index : track->used;
}

/* ---- snapshots ---- */

void job_tracks_save_begin(struct job_tracks *tracks)
{
    tracks->save_at = 0;
}

void job_tracks_save_step(struct job_tracks *tracks, struct buf *buf, bool *ret_last)
{
    const struct job_track *track = &tracks->places[tracks->save_at];

    if (track->count > 0) {
        buf_put_u8(buf, SAVE_ROW);
        buf_put(buf, track->id, JOB_ID_LEN);
        buf_put_u32(buf, track->count);
        for (uint32_t i = 0; i < track->count; i++) { /* the oldest first */
            const struct job_line *line = &track->lines[(track->oldest + i) % track->count];
            buf_put_u32(buf, line->line);
            buf_put_u64(buf, line->index);
        }
    }
    tracks->save_at++;
    *ret_last = tracks->save_at == JOB_TRACKS_MAX;
    if (*ret_last) {
        buf_put_u8(buf, SAVE_END);
    }
}

struct outcome job_tracks_restore(struct job_tracks *tracks, struct cursor *cursor)
{
    uint8_t id[JOB_ID_LEN];
    uint8_t kind = cursor_u8(cursor);

    for (; kind == SAVE_ROW && !cursor->failed; kind = cursor_u8(cursor)) {
        cursor_copy(cursor, id, sizeof(id));
        uint32_t count = cursor_u32(cursor);
        cursor->failed = cursor->failed || count > JOB_RECENT_MAX;
        for (uint32_t i = 0; i < count && !cursor->failed; i++) {
            uint32_t line = cursor_u32(cursor);
            uint64_t index = cursor_u64(cursor);
            if (!cursor->failed) {
                job_tracks_put(tracks, id, line, index);
            }
        }
    }
    return cursor->failed || kind != SAVE_END ? outcome_fail(FAULT_CORRUPT, "snapshot: jobs")
                                              : OUTCOME_OK;
}
