/*
 * Purpose: `dancu review drawn`: which disclosures of a month a seed draws, from the public log
 * alone. Private to cli/.
 */
#ifndef DANCU_CLI_DRAWN_H
#define DANCU_CLI_DRAWN_H

int drawn_cli(int argc, char **argv);

#endif
