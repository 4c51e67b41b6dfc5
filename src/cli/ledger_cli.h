/*
 * Purpose: `dancu ledger verify | show` and `dancu receipt verify`. Private to cli/.
 * Exits (formats.md "Command line"): 0 good, 1 bad (a line says what), 2 usage.
 */
#ifndef DANCU_CLI_LEDGER_CLI_H
#define DANCU_CLI_LEDGER_CLI_H

int ledger_cli(int argc, char **argv);
int receipt_cli(int argc, char **argv);

#endif
