/*
 * Purpose: the last lines of each job that were recorded, so that a line that is asked again, since
 * its answer was lost, is given again and not done again (decision 0042). The process `jobs` asks
 * lines in their order, keeps answers durably, and never owes more than JOB_RECENT_MAX of them.
 * Derived from the log. Private to gate/.
 */
#ifndef DANCU_GATE_JOBS_H
#define DANCU_GATE_JOBS_H

#include "base/bytes.h"
#include "base/ceilings.h"

#define JOB_ID_LEN 16

struct job_line {
    uint32_t line;
    uint64_t index; /* of its record in the log */
};

struct job_track {
    uint8_t id[JOB_ID_LEN];
    uint32_t count;  /* lines that are known; 0: a free place */
    uint32_t oldest; /* where the next one goes once there are JOB_RECENT_MAX */
    uint32_t last;   /* the highest line */
    uint64_t used;   /* index of the last record: the least is given up for another job */
    struct job_line lines[JOB_RECENT_MAX];
};

struct job_tracks {
    struct job_track *places; /* JOB_TRACKS_MAX */
    uint32_t save_at;         /* while a snapshot is made: the place that is next */
};

/* What is known of a line. */
enum job_known_line {
    JOB_LINE_NEW,      /* it has no record */
    JOB_LINE_RECORDED, /* at *ret_index */
    JOB_LINE_OLD,      /* it is from before those that are known: nobody can say */
};

struct outcome job_tracks_init(struct job_tracks *tracks);
void job_tracks_done(struct job_tracks *tracks);
enum job_known_line job_tracks_find(const struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN],
                                    uint32_t line, uint64_t *ret_index);
/* The highest line that is known; 0: none is. */
uint32_t job_tracks_last(const struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN]);
/* The line's record is there; once more changes nothing. */
void job_tracks_put(struct job_tracks *tracks, const uint8_t id[JOB_ID_LEN], uint32_t line,
                    uint64_t index);

/* For snapshots, one place a step: a line that comes meanwhile may be copied, and replay puts it
 * again. Appends, and says when it was the last. */
void job_tracks_save_begin(struct job_tracks *tracks);
void job_tracks_save_step(struct job_tracks *tracks, struct buf *buf, bool *ret_last);
struct outcome job_tracks_restore(struct job_tracks *tracks, struct cursor *cursor);

#endif
