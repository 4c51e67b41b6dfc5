/*
 * Purpose: loads people from NDJSON (formats.md "Person") into the registry, chunk by chunk, each
 * chunk one transaction and one act. Good lines are loaded, bad ones are told by number, column and
 * reason, never by content. Used by the process `loader` while a server runs, and by `dancu
 * registry import` under the home's lock while none does.
 *
 * An import of a plain file that was given a name can be taken up again, whatever cut it off: how
 * far it has come moves in the transaction of each chunk, and the reject file is written first. So
 * the same import run again goes on behind the last chunk, cuts chunks where they would have been
 * cut, and leaves the registry and the reject file that an import in one go would have left.
 */
#ifndef DANCU_OFFICE_IMPORT_H
#define DANCU_OFFICE_IMPORT_H

#include "base/clock.h"
#include "store/store.h"

struct import_report {
    uint64_t lines; /* read, empty ones included; like all that follows with former runs */
    uint64_t bytes;
    uint64_t bad; /* lines refused */
    uint64_t added;
    uint64_t changed;
    uint64_t unchanged;
    uint64_t cmnd_taken; /* CMNDs that are another person's already: loaded, not found by them */
    uint64_t chunks;
    int64_t elapsed_us;     /* this run */
    uint64_t loaded_before; /* persons loaded by former runs */
    bool finished_before;   /* a former run did it all, and nobody was told */
};

struct import_config {
    int fd;                    /* read to its end in a streaming manner; stays open */
    struct registry *registry; /* open for writing */
    struct clock_port clock;
    void *context; /* of the three below */
    /* Writes the chunk's act into the ledger. The chunk is marked as recorded after it returned
     * well (it may have done so itself). A failure ends the import; the chunk stays pending. */
    struct outcome (*record)(void *context, const struct registry_chunk *chunk);
    /* Line numbers count from 1. */
    void (*bad_line)(void *context, uint64_t line, const struct person_fault *fault);
    /* After each chunk, and at the end; may be NULL. */
    void (*progress)(void *context, const struct import_report *so_far);
    unsigned chunk_max; /* persons in one chunk, 1 to REGISTRY_CHUNK_MAX; 0 = that. What is taken
                           up again keeps its own. */
    /* Before each read, and now and then while a file is looked through; may be NULL. A failure
     * ends the import: what is not in a chunk yet is read again by the next run. */
    struct outcome (*before_read)(void *context, int fd);
    struct view name; /* up to IMPORT_NAME_BYTES_MAX; empty: it cannot be taken up again */
    bool restart;     /* forget how far an import of that name has come */
    uint32_t user;    /* local user who asked for it */
    int rejects_fd;   /* plain file, for reading and writing; 0 = none */
};

/* Reads all lines. What an interrupted import left pending is recorded first. A line may be as long
 * as PERSON_BYTES_MAX; a longer one is a bad line. An id that stood in the same chunk already makes
 * the later line bad; in an earlier chunk, it makes a new version of the person.
 * FAULT_IO, FAULT_NO_SPACE, FAULT_NO_MEMORY, FAULT_CORRUPT, or what `record` failed with: chunks
 * before it are loaded and recorded, the one at hand is not loaded or stays pending.
 * FAULT_CONFLICT: the file is not the one that an import of this name was begun with, the reject
 * file is not its, or the file changed meanwhile. FAULT_OVER_LIMIT: too many bad lines, too many
 * unfinished imports, or too many hidden persons.
 * A finished import of a name stays known as such until registry_intake_remove(): its caller has
 * told the operator then.
 * *ret_report is filled in any case: what was done until then. */
struct outcome import_run(const struct import_config *config, struct import_report *ret_report);

/* How far an import has come, for a person: on a terminal a bar that moves, else a line now and
 * then. Writes to `fd` (stderr) only; a failed write is passed over. */
struct import_meter {
    int fd;
    bool terminal;
    uint64_t bytes_total; /* 0 = unknown, a pipe */
    int64_t shown_us;     /* elapsed_us when it was shown last */
};
#define IMPORT_METER_LINES_S 5 /* seconds between lines where there is no terminal */
/* `from` is what is imported: its size is asked for when it is a file. */
struct import_meter import_meter_of(int fd, int from);
/* Fits import_config.progress with the meter as context. */
void import_meter_show(void *meter, const struct import_report *so_far);
/* The last word: ends the bar's line and sums up. */
void import_meter_end(struct import_meter *meter, const struct import_report *report);

#endif
