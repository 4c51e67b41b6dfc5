/*
 * Purpose: `dancu ledger verify | show | figures | map` and `dancu receipt verify`. Private to
 * cli/. Exits (formats.md "Command line"): 0 good, 1 bad (a line says what), 2 usage.
 */
#ifndef DANCU_CLI_LEDGER_CLI_H
#define DANCU_CLI_LEDGER_CLI_H

#include "base/bytes.h"

int ledger_cli(int argc, char **argv);
int ledger_figures_cli(int argc, char **argv); /* figures_cli.c */
int ledger_map_cli(int argc, char **argv);     /* map_cli.c */
int receipt_cli(int argc, char **argv);

/* A file's bytes, `-` is standard input; complains itself. */
struct outcome ledger_file_read(const char *path, struct buf *ret_content);
/* The same without the line end behind them. */
struct view ledger_file_line(const struct buf *content);

#endif
