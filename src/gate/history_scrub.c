/*
 * Looks at the files of runs.
 */
#include "gate/history_scrub.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/history_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "derived"
#define NAMES_BYTES_MAX 65536u
#define ID_LEN 16

/* The run that is looked at. */
struct looking {
    const struct history_scrub *scrub;
    struct history_disk disk;
    struct history_run run;
    struct history_block block;
    uint64_t looked;
};

static bool run_name(const char *name, uint64_t *ret_id)
{
    struct view text = view_text(name);
    struct view prefix = VIEW_LITERAL("history-");
    uint8_t bytes[8];
    if (!view_starts(text, prefix) || text.len != prefix.len + ID_LEN ||
        !outcome_ok(hex_get(view_part(text, prefix.len, ID_LEN), bytes, sizeof(bytes)))) {
        return false;
    }
    struct cursor cursor = cursor_of(view_of(bytes, sizeof(bytes)));
    *ret_id = cursor_u64(&cursor);
    return true;
}

/* In their order behind `last`, and the first is what is kept of the block. */
static bool rows_right(const struct looking *looking, uint64_t number, struct history_row *last)
{
    const struct history_row *rows = looking->block.rows;
    unsigned count = history_block_rows(&looking->run, number);
    bool right = history_compare(&rows[0], &looking->run.firsts[number]) == 0;
    for (unsigned i = 0; i < count; i++) {
        right = right && history_compare(last, &rows[i]) < 0;
        *last = rows[i];
    }
    return right;
}

static struct outcome look_at_blocks(struct looking *looking)
{
    struct history_row last = {0};
    struct history_run *run = &looking->run;
    for (uint64_t number = 0; number < run->blocks; number++) {
        TRY(history_block_read(&looking->disk, run, number, &looking->block));
        if (!rows_right(looking, number, &last)) {
            return outcome_fail(FAULT_CORRUPT, "rows out of their order");
        }
        looking->looked++;
        looking->scrub->step(looking->scrub->context);
    }
    return OUTCOME_OK;
}

static struct outcome look_at_run(struct looking *looking, uint64_t id)
{
    struct history_run *run = &looking->run;
    *run = (struct history_run){.id = id, .fd = DISK_CLOSED};
    looking->block.run = 0;
    TRY(history_run_rows(&looking->disk, id, &run->rows));
    struct outcome outcome = history_run_open(&looking->disk, run);
    if (!outcome_ok(outcome)) {
        struct outcome now = history_run_rows(&looking->disk, id, &run->rows);
        return now.fault == FAULT_NOT_FOUND ? now : outcome; /* it is gone since */
    }
    outcome = look_at_blocks(looking);
    history_run_done(&looking->disk, run);
    return outcome;
}

static struct outcome look_at(struct looking *looking, const char *name)
{
    char place[128];
    uint64_t id = 0;
    if (!run_name(name, &id)) {
        return OUTCOME_OK;
    }
    struct outcome outcome = look_at_run(looking, id);
    if (outcome_ok(outcome) || outcome.fault == FAULT_NOT_FOUND || /* gone, or not finished */
        outcome.fault == FAULT_AGAIN) {
        return OUTCOME_OK;
    }
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    snprintf(place, sizeof(place), FOLDER "/history-%016" PRIx64 ": %s", id, outcome.what);
    looking->scrub->found(looking->scrub->context, place);
    return OUTCOME_OK;
}

static struct outcome look_at_all(struct looking *looking)
{
    BUF_AUTO names;
    size_t at = 0;
    struct outcome outcome = OUTCOME_OK;
    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(looking->disk.disk, looking->disk.home_fd, FOLDER, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL && outcome_ok(outcome);
         name = disk_next_name(&names, &at)) {
        outcome = look_at(looking, name);
    }
    return outcome;
}

struct outcome history_scrub(const struct history_scrub *scrub, uint64_t *ret_blocks)
{
    MEMORY_AUTO struct looking *looking = memory_new(1, sizeof(*looking));
    if (looking == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "scrub of the history");
    }
    looking->scrub = scrub;
    TRY(history_disk_init(&looking->disk, scrub->home_fd, scrub->disk, scrub->wrap_key,
                          &scrub->random));
    struct outcome outcome = look_at_all(looking);
    *ret_blocks = looking->looked;
    history_disk_done(&looking->disk);
    return outcome;
}
