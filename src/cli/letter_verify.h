/*
 * Purpose: `dancu letter verify`. Private to cli/.
 */
#ifndef DANCU_CLI_LETTER_VERIFY_H
#define DANCU_CLI_LETTER_VERIFY_H

/* What stands behind `letter verify`; exit status. */
int letter_verify_cli(int argc, char **argv);

#endif
