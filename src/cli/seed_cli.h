/*
 * Purpose: `dancu seed`: a synthetic population as NDJSON (stdout or --out FILE), and
 * `dancu seed pick`: whom of it a demonstration asks about. Private to cli/.
 */
#ifndef DANCU_CLI_SEED_CLI_H
#define DANCU_CLI_SEED_CLI_H

/* Arguments after `seed`; exit status. */
int seed_cli(int argc, char **argv);

#endif
