/*
 * Purpose: how long records are kept, and what is kept all the same (decision 0071). Private to
 * cli/.
 */
#ifndef DANCU_CLI_RETENTION_CLI_H
#define DANCU_CLI_RETENTION_CLI_H

/* `retention show | set | run`. */
int retention_cli(int argc, char **argv);
/* `hold list | put | end`. */
int hold_cli(int argc, char **argv);

#endif
