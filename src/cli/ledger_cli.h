/* Placeholder of the lead so that the executable links: the ledger room's author replaces both files. */
#ifndef DANCU_CLI_LEDGER_CLI_H
#define DANCU_CLI_LEDGER_CLI_H
int ledger_cli(int argc, char **argv);
int receipt_cli(int argc, char **argv);
#endif
