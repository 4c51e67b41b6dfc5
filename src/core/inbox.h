/*
 * Purpose: what waits for a citizen at the next sign-in: that somebody has looked at him, that his
 * phone has changed hands, how what he asked for has ended. Private to core/. Source: issue
 * "Citizens", items 4 to 6; decision 0063.
 *
 * An inbox is no record: what it tells of is recorded elsewhere and found there. So news for which
 * there is no room is lost, and counted.
 */
#ifndef DANCU_CORE_INBOX_H
#define DANCU_CORE_INBOX_H

#include "office/office.h"
#include "office/outgoing.h"

struct core;

struct inboxes {
    bool walking;
    struct code_text walked;
    int64_t walk_us; /* monotonic: when the next walk begins */
    uint64_t lost;   /* figure */
};

/* Puts news there, and tells the phone that there is some, if that is how the citizen wants to be
 * told. `detail` is a code, or empty. A failure ends the process; without room it is lost. */
struct outcome inbox_tell(struct core *core, struct view person, enum inbox_kind kind,
                          struct view detail);
/* The same as objects, for whoever keeps others with them: that somebody has looked takes the place
 * of what said so before. Up to INBOX_KEPT_MAX of ret_kept are filled and counted. */
#define INBOX_KEPT_MAX 2
void inbox_make(struct core *core, struct view person, enum inbox_kind kind, struct view detail,
                struct inbox_item *ret_item, struct kept *ret_kept, unsigned *ret_count);

/* A citizen's, the newest first, as canonical JSON: {"news":[{"at":...,"detail":...,"id":...,
 * "kind":...}]}. */
void inbox_show(const struct core *core, struct view person, struct buf *json);
/* FAULT_NOT_FOUND: he has none of that id. */
struct outcome inbox_remove(struct core *core, struct view person, struct view id);

/* Of the core's loop: takes out what is INBOX_DAYS old, a few a turn. */
struct outcome inbox_keep(struct core *core);
bool inbox_busy(const struct core *core);

#endif
