/*
 * Import of people, in a streaming manner.
 *
 * Invariants
 *  1. Memory is bounded: one read buffer, one arena of people, one table of ids, whatever comes.
 *  2. A chunk is recorded before the next one is loaded, so at most one waits for its record.
 *  3. Each line that is read is loaded, told as bad, or empty; and counted once.
 *  4. When a chunk is stored, the reject file tells of every bad line before its end, durably, and
 *     how far the import has come moves with it (resume.h).
 */
#include "office/import.h"

#include "office/resume.h"

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
    uint64_t at;      /* offset in the file of bytes[0] */
    uint64_t line_at; /* ... of the line in hand: everything before it is done with */
    struct rejects rejects;
    struct resume resume;
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

static struct outcome store(struct import *import, struct registry_chunk *ret_chunk)
{
    struct registry *registry = import->config->registry;
    struct registry_intake *intake = &import->resume.intake;

    if (!import->resume.on) {
        return registry_import(registry, import->persons, import->count, ret_chunk);
    }
    intake->rejects = import->rejects.bytes;
    return registry_import_step(registry, import->persons, import->count, intake, ret_chunk);
}

static struct outcome chunk_flush(struct import *import)
{
    struct import_report *report = import->report;
    struct registry_chunk chunk = {0};

    if (import->count == 0) {
        return OUTCOME_OK;
    }
    TRY(resume_before(&import->resume, import->config, report, import->line_at));
    TRY(rejects_sync(&import->rejects)); /* invariant 4 */
    TRY(store(import, &chunk));
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

static struct outcome bad_line(struct import *import, const struct person_fault *fault)
{
    struct import_report *report = import->report;

    if (report->bad == IMPORT_BAD_LINES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many bad lines");
    }
    report->bad++;
    if (import->config->bad_line != NULL) {
        import->config->bad_line(import->config->context, report->lines, fault);
    }
    return rejects_add(&import->rejects, report->lines, fault);
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

static struct outcome person_keep(struct import *import, struct person *person, size_t arena_before)
{
    uint64_t seen = id_seen(import, person_id(person));

    if (seen == 0) {
        import->persons[import->count++] = person;
        return OUTCOME_OK;
    }
    struct person_fault fault = {.column = 1};
    (void)snprintf(fault.reason, sizeof(fault.reason), "/id: stands on line %llu already",
                   (unsigned long long)seen);
    import->arena.used = arena_before; /* nothing else came after it */
    return bad_line(import, &fault);
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

    bool full = import->count == import->chunk_max ||
                import->arena.cap - import->arena.used < PERSON_PARSE_BYTES_MAX;
    if (full && !blank(line)) {
        TRY(chunk_flush(import)); /* this line is not in it */
    }
    import->report->lines++;
    if (blank(line)) {
        return OUTCOME_OK;
    }
    size_t before = import->arena.used;
    struct outcome outcome = person_parse(line, &import->arena, &person, &fault);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (outcome_ok(outcome)) {
        return person_keep(import, person, before);
    }
    CHECK(fault.reason[0] != '\0'); /* the arena had room for any line */
    return bad_line(import, &fault);
}

static struct outcome line_too_long(struct import *import)
{
    struct person_fault fault = {.column = PERSON_BYTES_MAX + 1, .reason = "line too long"};

    import->report->lines++;
    return bad_line(import, &fault);
}

/* ---- Reading ---- */

static struct outcome read_more(struct import *import)
{
    size_t kept = import->until - import->from;

    memmove(import->bytes, import->bytes + import->from, kept);
    import->at += import->from;
    import->from = 0;
    import->until = kept;
    CHECK(kept < READ_BYTES);
    if (import->config->before_read != NULL) {
        TRY(import->config->before_read(import->config->context, import->config->fd));
    }
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
        import->line_at = import->at + import->from;
        import->from = end < all.len ? end + 1 : end;
        if (import->skipping) {
            import->skipping = false; /* the end of a line that was told already */
        } else if (line.len > PERSON_BYTES_MAX) {
            TRY(line_too_long(import));
        } else {
            TRY(take_line(import, line));
        }
    }
    return OUTCOME_OK;
}

/* An unfinished line over its ceiling is told once, and its bytes are dropped as they come. */
static struct outcome drop_long(struct import *import)
{
    size_t waiting = import->until - import->from;

    if (!import->skipping && waiting > PERSON_BYTES_MAX) {
        TRY(line_too_long(import));
        import->skipping = true;
    }
    if (import->skipping) {
        import->from = import->until;
    }
    return OUTCOME_OK;
}

/* Where a former run left off, if there was one. */
static struct outcome begin(struct import *import)
{
    const struct import_config *config = import->config;

    TRY(resume_begin(&import->resume, config, import->chunk_max, import->report));
    import->chunk_max = import->resume.on ? import->resume.intake.chunk_max : import->chunk_max;
    import->at = import->resume.intake.position;
    import->ended = import->report->finished_before;
    return import->ended
               ? OUTCOME_OK
               : rejects_open(&import->rejects, config->rejects_fd, import->resume.intake.rejects);
}

static struct outcome finish(struct import *import)
{
    if (import->report->finished_before) {
        return OUTCOME_OK;
    }
    import->line_at = import->at + import->until;
    TRY(chunk_flush(import));
    TRY(rejects_sync(&import->rejects));
    import->resume.intake.rejects = import->rejects.bytes;
    return resume_finish(&import->resume, import->config, import->report, import->line_at);
}

static struct outcome run(struct import *import)
{
    TRY(record_pending(import));
    TRY(begin(import));
    while (!import->ended) {
        TRY(read_more(import));
        TRY(take_lines(import));
        TRY(drop_long(import));
    }
    TRY(finish(import));
    progress(import);
    return OUTCOME_OK;
}

static struct outcome run_with_memory(struct import *import)
{
    MEMORY_AUTO uint8_t *bytes = memory_new(READ_BYTES, 1);
    MEMORY_AUTO struct person **persons = memory_new(REGISTRY_CHUNK_MAX, sizeof(*persons));
    MEMORY_AUTO struct id_place *ids = memory_new(ID_PLACES, sizeof(*ids));

    if (bytes == NULL || persons == NULL || ids == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "import");
    }
    TRY(arena_init(&import->arena, ARENA_BYTES));
    import->bytes = bytes;
    import->persons = persons;
    import->ids = ids;
    struct outcome outcome = run(import);
    rejects_done(&import->rejects);
    memory_wipe(bytes, READ_BYTES);
    memory_wipe(import->arena.data, import->arena.used);
    arena_done(&import->arena);
    return outcome;
}

struct outcome import_run(const struct import_config *config, struct import_report *ret_report)
{
    CHECK(config->chunk_max <= REGISTRY_CHUNK_MAX);
    CHECK(config->name.len <= IMPORT_NAME_BYTES_MAX);
    *ret_report = (struct import_report){0};
    struct import import = {
        .config = config,
        .report = ret_report,
        .chunk_max = config->chunk_max == 0 ? REGISTRY_CHUNK_MAX : config->chunk_max,
        .start_us = clock_monotonic_us(&config->clock),
    };
    return run_with_memory(&import);
}
