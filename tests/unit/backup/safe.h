/*
 * Purpose: a real home and a folder of its backups, for tests of backup/.
 */
#ifndef DANCU_TESTS_UNIT_BACKUP_SAFE_H
#define DANCU_TESTS_UNIT_BACKUP_SAFE_H

#include "core/home.h"

#include "backup/backup.h"

struct safe {
    struct home *home;
    char target[96];
    int home_fd;
    struct ledger_config ledger; /* of the home */
    struct backup_config config; /* takes and verifies */
    struct backup_report report;
    char why[BACKUP_WHY_BYTES];
    struct home restored;               /* made by safe_restore() */
    const struct note_keys *known_keys; /* by which what is known is verified; NULL: the home's */
};

int safe_setup(void **state);
int safe_teardown(void **state);
/* Asks about An so many times. */
void safe_ask(struct safe *safe, unsigned times);
/* One more generation, of the home as a server leaves it behind a second: all is published. */
struct outcome safe_take(struct safe *safe);
struct outcome safe_verify(struct safe *safe, uint64_t generation);
/* Into a new folder beside the home; safe->restored is that home, closed. `known` may be empty. */
struct outcome safe_restore(struct safe *safe, uint64_t generation, struct view known);
/* Opens it as a command does. */
void safe_open_restored(struct safe *safe);
/* The act that says that it goes on; with officers it would be two. */
struct outcome safe_accept(struct safe *safe, uint64_t size, uint64_t later, char ret_why[256]);

#endif
