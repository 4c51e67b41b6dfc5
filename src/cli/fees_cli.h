/*
 * Purpose: `dancu fees`: a party's statement of any month, counted from the log's records. Private
 * to cli/.
 */
#ifndef DANCU_CLI_FEES_CLI_H
#define DANCU_CLI_FEES_CLI_H

int fees_cli(int argc, char **argv);

#endif
