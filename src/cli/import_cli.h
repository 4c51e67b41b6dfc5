/*
 * Purpose: an import as the command line has it: its files, what it is called, what it told so far.
 * Shared by registry_cli.c and import_cli.c; private to cli/.
 */
#ifndef DANCU_CLI_IMPORT_CLI_H
#define DANCU_CLI_IMPORT_CLI_H

#include "cli/cli.h"
#include "office/import.h"
#include "proc/loading.h"

#define IMPORT_BAD_LINES_SHOWN_MAX 1000 /* the rest is in the reject file */
#define EXIT_UNFINISHED 3               /* cut off: the same command goes on */

struct import_desk {
    struct house *house; /* NULL while a server does it */
    struct import_meter meter;
    struct import_report report;
    int file_fd;
    int rejects_fd;
    bool json;
    bool restart;
    char name[IMPORT_NAME_BYTES_MAX + 1]; /* empty: it cannot be taken up again */
    char rejects_path[4096];              /* empty: a scratch file */
};

/* Tells how it ended; exit status. */
int import_tell(struct import_desk *desk, struct outcome outcome);
/* Has the loader do it over this connection, which is closed; exit status. */
int import_by_server(struct import_desk *desk, int fd);

#endif
