/*
 * Lists of people that are approved: what an ask for one of their persons is held against.
 *
 * Invariant 1: an approved list covers what it says and nothing else: its job, account, business,
 * case and fields as they are, its days, and so many lines as it may have people.
 */
#include "gate/directory.h"

static bool in_force(const struct extract *extract, int64_t day)
{
    bool approved = extract->state == EXTRACT_APPROVED || extract->state == EXTRACT_COLLECTED;
    return approved && day <= extract->until_day;
}

const struct extract *extract_of_line(const struct directory *directory,
                                      const struct extract_line *line)
{
    const struct extract *extract =
        line->job_id == NULL ? NULL : directory_extract_by_job(directory, line->job_id);
    if (extract == NULL || !in_force(extract, line->day) || extract->account != line->account ||
        extract->business != line->business || extract->fields != line->fields ||
        !view_equal(long_view(&extract->case_ref), line->case_ref) || line->line == 0 ||
        line->line > extract->cap) {
        return NULL;
    }
    return extract;
}
