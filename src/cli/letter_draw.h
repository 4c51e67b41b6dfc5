/*
 * Purpose: `dancu letter check` and `dancu letter draw`. Private to cli/.
 */
#ifndef DANCU_CLI_LETTER_DRAW_H
#define DANCU_CLI_LETTER_DRAW_H

/* Arguments after the verb; exit status. */
int letter_check_cli(int argc, char **argv);
int letter_draw_cli(int argc, char **argv);

#endif
