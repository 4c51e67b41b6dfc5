/*
 * Letters that anybody has checked: what the office's objects say of one, and no more.
 *
 * Invariant 1: a number that is not there, another code and an unknown file are one answer.
 */
#include "core/loop.h"

#include "office/letter.h"
#include "proc/checking.h"

static const enum letter_standing standings[] = {
    [LETTER_UNKNOWN] = LETTER_IS_UNKNOWN,
    [LETTER_GENUINE] = LETTER_IS_GENUINE,
    [LETTER_SUPERSEDED] = LETTER_IS_SUPERSEDED,
    [LETTER_TAKEN_BACK] = LETTER_IS_WITHDRAWN,
};

bool letter_checks_take(struct core *core, struct peer *peer, const struct frame *frame)
{
    const struct directory *directory = &core->house->directory;
    struct letter_asked asked;
    struct letter_check found = {0};

    if (!outcome_ok(checking_get_asked(frame, &asked))) {
        return false;
    }
    if (asked.number.len > 0) {
        letter_check(directory, asked.number, asked.hash, &found);
    } else {
        letter_check_file(directory, asked.hash, &found);
    }
    struct letter_told told = {.tag = asked.tag, .standing = standings[found.verdict]};
    if (told.standing != LETTER_IS_UNKNOWN) { /* invariant 1 */
        told.day = found.day;
        told.number = found.number;
        told.office = found.office;
        told.replaced_by =
            told.standing == LETTER_IS_SUPERSEDED ? found.replaced_by : (struct view){0};
    }
    checking_put_told(&peer->pipe.out, &told);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
    return true;
}
