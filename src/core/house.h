/*
 * Purpose: everything the core holds, opened and recovered as one: keys, registry, office, ledger,
 * gate. The core process owns one; a command that works while no server runs owns one for its
 * moment. The ledger's lock lets only one exist for a home.
 */
#ifndef DANCU_CORE_HOUSE_H
#define DANCU_CORE_HOUSE_H

#include "gate/gate.h"
#include "office/office.h"

#define HOUSE_ORIGIN_BYTES_MAX 255
#define HOUSE_WHY_BYTES 512

/* Key files of the keys' folder, each for one use (invariant I7). */
struct house_keys {
    struct secret data;      /* seals persons and office objects */
    struct secret data_next; /* takes over from it, or has */
    bool has_next;
    struct index_keys index; /* blind index */
    struct secret wrap;      /* wraps the subkeys of the ledger's segments */
    struct secret sign;      /* seed of the ledger's Ed25519 key */
    struct secret sign_next; /* likewise: takes over from it, or has */
    bool has_sign_next;
};
void house_keys_done(struct house_keys *keys);
/* NULL: there is none. */
const struct secret *house_data_next(const struct house_keys *keys);
const struct secret *house_sign_next(const struct house_keys *keys);
struct outcome house_keys_read(int keys_fd, struct house_keys *ret_keys);
struct outcome house_keys_make(int keys_fd, const struct random_port *random,
                               struct house_keys *ret_keys);

/* What a house stands on. A test brings its own; SQLite's files it reaches by a VFS. */
struct house_ports {
    struct clock_port clock;
    struct random_port random;
    const struct disk_port *disk; /* the ledger's */
    uint32_t segment_bytes;
};
struct house_ports house_ports_system(void);

struct house {
    struct house_keys keys; /* the house's own copy */
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1];
    struct clock_port clock;
    struct random_port random;
    const struct disk_port *disk;
    uint32_t segment_bytes;
    struct directory directory;
    struct registry *registry;
    struct hidden_set *hidden;
    struct office *office;
    struct gate *gate;
    struct ledger *ledger;
    bool office_saved; /* of the snapshot that is being made, the office's part is */
    uint64_t replayed; /* entries that this opening replayed */
};

/* Makes home (folders, stores, empty log, file `origin`) and records the act home.init. The folder
 * must be empty or absent. */
struct outcome house_create(const char *home, const struct house_keys *keys, const char *origin,
                            char ret_why[HOUSE_WHY_BYTES]);
/* Opens and recovers. `home_fd` is borrowed. On failure ret_why says what cannot be trusted or
 * reached, with the place. */
struct outcome house_open(const char *home, int home_fd, const struct house_keys *keys,
                          enum registry_mode mode, struct house **ret_house,
                          char ret_why[HOUSE_WHY_BYTES]);
/* Both on other ports than the machine's. */
struct outcome house_create_on(const struct house_ports *ports, const char *home,
                               const struct house_keys *keys, const char *origin,
                               char ret_why[HOUSE_WHY_BYTES]);
struct outcome house_open_on(const struct house_ports *ports, const char *home, int home_fd,
                             const struct house_keys *keys, enum registry_mode mode,
                             struct house **ret_house, char ret_why[HOUSE_WHY_BYTES]);
void house_close(struct house *house);

/* The log's origin, as `dancu init` fixed it. */
struct outcome house_origin_read(int home_fd, char ret_origin[HOUSE_ORIGIN_BYTES_MAX + 1]);

/* The verifier key of a log that was just made, one line without line end. */
struct outcome house_vkey(const struct house_keys *keys, const char *origin, struct buf *ret_line);

/* Makes a part of a chunk an act, and the last one the chunk itself, once: what is recorded already
 * is well and changes nothing. Parts come in order; locks of people follow their numbers first,
 * one a call: FAULT_AGAIN, and nothing else is done.
 * FAULT_CONFLICT: another chunk was recorded in its place or after it (a registry that was put
 * back). Failures otherwise as office_act(). */
struct outcome house_chunk_act(struct house *house, const struct registry_chunk *chunk,
                               const struct registry_part *part, uint32_t local_user);
/* Makes all of it acts and marks it recorded; for a house that is open for writing. */
struct outcome house_record_chunk(struct house *house, const struct registry_chunk *chunk,
                                  uint32_t local_user);

#endif
