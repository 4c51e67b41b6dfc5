/*
 * Import of people, in a streaming manner.
 *
 * Invariants
 *  1. Memory is bounded: one read buffer, one arena of people, one table of ids, whatever comes.
 *  2. A chunk is recorded before the next one is loaded, so at most one waits for its record.
 *  3. Each line that is read is loaded, told as bad, or empty; and counted once.
 */
#include "office/import.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A whole line at its ceiling, its end, and enough more that reads are large. */
#define READ_BYTES (4u * PERSON_BYTES_MAX)
/* People of one chunk: about 2 KiB each. When less is left than one line may need, the chunk ends.
 */
#define ARENA_BYTES (64u << 20)
/* Places for ids of one chunk: a power of two, at least twice as many. */
#define ID_PLACES 65536u
_Static_assert(ID_PLACES >= 2 * REGISTRY_CHUNK_MAX, "a search ends at a free place");

struct id_place {
    uint64_t id;   /* the number + 1; 0 = free */
    uint64_t line; /* where it stood */
};

struct import {
    const struct import_config *config;
    struct import_report *report;
    unsigned chunk_max;
    int64_t start_us;
    uint8_t *bytes; /* READ_BYTES: what was read and not yet used stands at from..until */
    size_t from;
    size_t until;
    bool ended;    /* the descriptor has no more */
    bool skipping; /* inside a line over its ceiling */
    struct arena arena;
    struct person **persons;
    unsigned count;
    struct id_place *ids;
};

/* ---- Chunks ---- */

static void progress(struct import *import)
{
    const struct import_config *config = import->config;

    import->report->elapsed_us = clock_monotonic_us(&config->clock) - import->start_us;
    if (config->progress != NULL) {
        config->progress(config->context, import->report);
    }
}

static struct outcome record(struct import *import, const struct registry_chunk *chunk)
{
    const struct import_config *config = import->config;

    TRY(config->record(config->context, chunk));
    struct outcome marked = registry_chunk_recorded(config->registry, chunk->number);
    return marked.fault == FAULT_NOT_FOUND ? OUTCOME_OK : marked; /* `record` did it itself */
}

/* What an import that was interrupted left (invariant 2). */
static struct outcome record_pending(struct import *import)
{
    struct registry_chunk chunk = {0};
    struct outcome pending = registry_chunk_pending(import->config->registry, &chunk);

    if (pending.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(pending);
    return record(import, &chunk);
}

static struct outcome chunk_flush(struct import *import)
{
    struct import_report *report = import->report;
    struct registry_chunk chunk = {0};

    if (import->count == 0) {
        return OUTCOME_OK;
    }
    TRY(registry_import(import->config->registry, import->persons, import->count, &chunk));
    TRY(record(import, &chunk));
    report->added += chunk.added;
    report->changed += chunk.changed;
    report->unchanged += chunk.unchanged;
    report->cmnd_taken += chunk.cmnd_taken;
    report->chunks++;
    import->count = 0;
    arena_reset(&import->arena);
    memset(import->ids, 0, ID_PLACES * sizeof(*import->ids));
    progress(import);
    return OUTCOME_OK;
}

/* ---- Lines ---- */

static void bad_line(struct import *import, const struct person_fault *fault)
{
    import->report->bad++;
    import->config->bad_line(import->config->context, import->report->lines, fault);
}

/* The line where the id stood already in this chunk; 0 when it is new, and noted. */
static uint64_t id_seen(struct import *import, struct view id)
{
    uint64_t number = 0;

    CHECK(id.len == 12 && import->count < REGISTRY_CHUNK_MAX);
    for (size_t i = 0; i < id.len; i++) {
        number = number * 10 + (id.data[i] - '0');
    }
    number++;
    /* Numbers of one file are close to each other: spread by a multiplication (Fibonacci). */
    uint64_t place = number * UINT64_C(0x9e3779b97f4a7c15) >> 40 & (ID_PLACES - 1);
    while (import->ids[place].id != 0 && import->ids[place].id != number) {
        place = (place + 1) & (ID_PLACES - 1);
    }
    if (import->ids[place].id == number) {
        return import->ids[place].line;
    }
    import->ids[place] = (struct id_place){number, import->report->lines};
    return 0;
}

static void person_keep(struct import *import, struct person *person, size_t arena_before)
{
    uint64_t seen = id_seen(import, person_id(person));

    if (seen == 0) {
        import->persons[import->count++] = person;
        return;
    }
    struct person_fault fault = {.column = 1};
    (void)snprintf(fault.reason, sizeof(fault.reason), "/id: stands on line %llu already",
                   (unsigned long long)seen);
    bad_line(import, &fault);
    import->arena.used = arena_before; /* nothing else came after it */
}

static bool blank(struct view line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

static struct outcome take_line(struct import *import, struct view line)
{
    struct person_fault fault;
    struct person *person = NULL;

    import->report->lines++;
    if (blank(line)) {
        return OUTCOME_OK;
    }
    bool full = import->count == import->chunk_max ||
                import->arena.cap - import->arena.used < PERSON_PARSE_BYTES_MAX;
    if (full) {
        TRY(chunk_flush(import));
    }
    size_t before = import->arena.used;
    struct outcome outcome = person_parse(line, &import->arena, &person, &fault);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (outcome_ok(outcome)) {
        person_keep(import, person, before);
    } else {
        CHECK(fault.reason[0] != '\0'); /* the arena had room for any line */
        bad_line(import, &fault);
    }
    return OUTCOME_OK;
}

static void line_too_long(struct import *import)
{
    struct person_fault fault = {.column = PERSON_BYTES_MAX + 1, .reason = "line too long"};

    import->report->lines++;
    bad_line(import, &fault);
}

/* ---- Reading ---- */

static struct outcome read_more(struct import *import)
{
    size_t kept = import->until - import->from;

    memmove(import->bytes, import->bytes + import->from, kept);
    import->from = 0;
    import->until = kept;
    CHECK(kept < READ_BYTES);
    ssize_t len = 0;
    do {
        len = read(import->config->fd, import->bytes + kept, READ_BYTES - kept);
    } while (len < 0 && errno == EINTR);
    if (len < 0) {
        return outcome_sys(errno, "read of the people to import");
    }
    import->ended = len == 0;
    import->until += (size_t)len;
    import->report->bytes += (uint64_t)len;
    return OUTCOME_OK;
}

/* Uses up what is at hand, but for an unfinished line. */
static struct outcome take_lines(struct import *import)
{
    struct view all = view_of(import->bytes, import->until);

    while (import->from < import->until) {
        size_t end = view_find(all, import->from, '\n');
        if (end == all.len && !import->ended) {
            return OUTCOME_OK;
        }
        struct view line = view_part(all, import->from, end - import->from);
        import->from = end < all.len ? end + 1 : end;
        if (import->skipping) {
            import->skipping = false; /* the end of a line that was told already */
        } else if (line.len > PERSON_BYTES_MAX) {
            line_too_long(import);
        } else {
            TRY(take_line(import, line));
        }
    }
    return OUTCOME_OK;
}

/* An unfinished line over its ceiling is told once, and its bytes are dropped as they come. */
static void drop_long(struct import *import)
{
    size_t waiting = import->until - import->from;

    if (!import->skipping && waiting > PERSON_BYTES_MAX) {
        line_too_long(import);
        import->skipping = true;
    }
    if (import->skipping) {
        import->from = import->until;
    }
}

static struct outcome run(struct import *import)
{
    TRY(record_pending(import));
    while (!import->ended) {
        TRY(read_more(import));
        TRY(take_lines(import));
        drop_long(import);
    }
    TRY(chunk_flush(import));
    progress(import);
    return OUTCOME_OK;
}

static struct outcome run_with_memory(struct import *import)
{
    MEMORY_AUTO uint8_t *bytes = memory_new(READ_BYTES, 1);
    MEMORY_AUTO struct person **persons = memory_new(import->chunk_max, sizeof(*persons));
    MEMORY_AUTO struct id_place *ids = memory_new(ID_PLACES, sizeof(*ids));

    if (bytes == NULL || persons == NULL || ids == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "import");
    }
    TRY(arena_init(&import->arena, ARENA_BYTES));
    import->bytes = bytes;
    import->persons = persons;
    import->ids = ids;
    struct outcome outcome = run(import);
    memory_wipe(bytes, READ_BYTES);
    memory_wipe(import->arena.data, import->arena.used);
    arena_done(&import->arena);
    return outcome;
}

struct outcome import_run(const struct import_config *config, struct import_report *ret_report)
{
    CHECK(config->chunk_max <= REGISTRY_CHUNK_MAX);
    *ret_report = (struct import_report){0};
    struct import import = {
        .config = config,
        .report = ret_report,
        .chunk_max = config->chunk_max == 0 ? REGISTRY_CHUNK_MAX : config->chunk_max,
        .start_us = clock_monotonic_us(&config->clock),
    };
    return run_with_memory(&import);
}
