/*
 * Purpose: what the subcommands share: options, messages, exit statuses. Private to cli/.
 * Data goes to stdout, progress and complaints to stderr (formats.md "Command line").
 */
#ifndef DANCU_CLI_CLI_H
#define DANCU_CLI_CLI_H

#include "base/bytes.h"
#include "core/house.h"
#include "proc/proc.h"

#define EXIT_GOOD 0
#define EXIT_BAD 1   /* a line on stderr says what */
#define EXIT_USAGE 2 /* the command's words are off */

struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* of the command line; NULL = absent */
    bool flag;         /* takes no value; value = "true" when given */
};

/* Reads `--name VALUE`, `--name=VALUE` and flags into the rows; bare words go to `words`. Complains
 * and gives false on an unknown or doubled option, a missing value, or too many words. */
bool cli_options(int argc, char **argv, struct cli_option *options, unsigned option_count,
                 const char **words, unsigned words_max, unsigned *ret_words);
/* `dancu: message` to stderr. */
__attribute__((format(printf, 1, 2))) void cli_complain(const char *format, ...);

/* Home and keys folders: the options, then DANCU_HOME and DANCU_KEYS, then var/demo/home and
 * var/demo/keys. */
const char *cli_home(const char *option);
const char *cli_keys(const char *option);

/* Home's folder, its origin and its keys, for commands that only read; complains itself. */
struct outcome cli_home_open(const char *home, const char *keys, int *ret_home_fd,
                             char ret_origin[HOUSE_ORIGIN_BYTES_MAX + 1],
                             struct house_keys *ret_keys);

/* The log of that home, to be read. Borrows all three. */
struct ledger_config cli_ledger(int home_fd, const char *origin, const struct house_keys *keys);

/* A house of one's own while no server runs. FAULT_BUSY: one does. */
struct cli_house {
    int home_fd;
    struct house *house;
};
struct outcome cli_house_open(const char *home, const char *keys, enum registry_mode mode,
                              struct cli_house *ret_house, char ret_why[HOUSE_WHY_BYTES]);
void cli_house_close(struct cli_house *house);

/* Sends what waits in `pipe` to a server and takes the one frame that comes back; it borrows from
 * the pipe. FAULT_CLOSED: no answer. */
struct outcome cli_ask(struct pipe_end *pipe, struct frame *ret_frame);
/* The same of what is answered as an act: the server's fault, with its reason; else the entry. */
#define CLI_WHY_BYTES 256
struct outcome cli_ask_act(struct pipe_end *pipe, uint64_t *ret_index, char ret_why[CLI_WHY_BYTES]);

/* Subcommands: arguments after the subcommand's name; exit status. */
int init_cli(int argc, char **argv);
int backup_cli(int argc, char **argv);
int restore_cli(int argc, char **argv);
int serve_cli(int argc, char **argv);
int ps_cli(int argc, char **argv);
int registry_cli(int argc, char **argv);
int scrub_cli(int argc, char **argv);
/* `party add ...`: the noun, then the rest. */
int act_cli(const char *noun, int argc, char **argv);
/* `party list ...`: the noun, then the rest. */
int list_cli(const char *noun, int argc, char **argv);
/* `key rotate`, `key status`, `key retire`: the rest. */
int key_cli(int argc, char **argv);
/* `account enrol ...`, `account certificate ...`: the rest. */
int enrol_cli(int argc, char **argv);
int certificate_cli(int argc, char **argv);
int leak_cli(int argc, char **argv);
int document_cli(int argc, char **argv);
int job_cli(int argc, char **argv);
int record_cli(int argc, char **argv);
int statement_cli(int argc, char **argv);
int letter_cli(int argc, char **argv);
int ask_cli(int argc, char **argv);
int feed_cli(int argc, char **argv);
int policy_cli(int argc, char **argv);
/* `policy propose` and `policy publish`. */
int policy_act_cli(enum act_kind kind, int argc, char **argv);
/* `policy explain`: why a hypothetical ask is decided as it is. */
int explain_cli(int argc, char **argv);
/* `policy show --policy HASH`: a version that was published or proposed. */
int policy_show_home(const char *home, const char *keys, const char *hash, bool json);

/* The office of a home for reading, also beside a server that runs: what its acts have made and
 * applied. Complains itself. */
struct cli_office {
    struct house_keys keys;
    struct directory directory;
    struct office *office;
};
struct outcome cli_office_open(const char *home, const char *keys, struct cli_office *ret_office);
void cli_office_close(struct cli_office *office);

/* The process table; the server with a table given (tests have others); entry of a child (see
 * proc/proc.h). */
const struct proc_row *serve_rows(unsigned *ret_count);
int serve_with(const struct proc_row *table, unsigned count, int argc, char **argv);
void serve_child_enter(int argc, char **argv);

#endif
