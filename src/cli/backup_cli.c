/*
 * Backups on the command line: one more generation, what a folder holds, whether it is good, and a
 * home made of one.
 */
#include "backup/backup.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/ledger_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NICENESS 10
#define KNOWN_BYTES_MAX (1u << 20)

/* ---- What is told ---- */

static void put_time(int64_t time_us, char ret_text[CLOCK_MICRO_LEN + 1])
{
    clock_write_micro(ret_text, time_us);
    ret_text[CLOCK_MICRO_LEN] = '\0';
}

static void print_json(const struct backup_report *report, bool good)
{
    char time[CLOCK_MICRO_LEN + 1];
    char root[2 * SEAL_HASH_BYTES + 1] = "";

    put_time(report->time_us, time);
    hex_write(root, view_of(report->checkpoint.root.bytes, SEAL_HASH_BYTES));
    printf("{\"blocks\":%" PRIu64 ",\"blocks_bad\":%" PRIu64 ",\"blocks_new\":%" PRIu64
           ",\"bytes\":%" PRIu64 ",\"bytes_new\":%" PRIu64 ",\"entries\":%" PRIu64
           ",\"files\":%" PRIu64 ",\"generation\":%" PRIu64 ",\"generations\":%" PRIu64
           ",\"generations_bad\":%" PRIu64
           ",\"good\":%s,\"root\":\"%s\",\"same_disk\":%s,\"time\":\"%s\"}\n",
           report->blocks, report->blocks_bad, report->blocks_new, report->bytes, report->bytes_new,
           report->checkpoint.size, report->files, report->generation, report->generations,
           report->generations_bad, good ? "true" : "false", root,
           report->same_disk ? "true" : "false", time);
}

static void print_taken(const struct backup_report *report)
{
    printf("generation %" PRIu64 ": %" PRIu64 " files, %" PRIu64 " bytes in %" PRIu64
           " blocks, %" PRIu64 " of them new (%" PRIu64 " bytes); the log up to entry %" PRIu64
           "; %" PRIu64 " generations\n",
           report->generation, report->files, report->bytes, report->blocks, report->blocks_new,
           report->bytes_new, report->checkpoint.size, report->generations);
    if (report->blocks_bad > 0) {
        printf("%" PRIu64 " blocks that were there were damaged, and are written anew\n",
               report->blocks_bad);
    }
    if (report->same_disk) {
        cli_complain("backup: the folder lies where the home lies: whatever takes that file system "
                     "takes both");
    }
}

static int fail(const char *command, struct outcome outcome, const char *why)
{
    cli_complain("%s: %s", command, why[0] != '\0' ? why : outcome.what);
    return EXIT_BAD;
}

/* ---- What it needs ---- */

static bool number_option(const struct cli_option *option, uint64_t usual, uint64_t max,
                          uint64_t *ret_number)
{
    *ret_number = usual;
    if (option->value == NULL) {
        return true;
    }
    bool good = outcome_ok(decimal_get(view_text(option->value), max, ret_number));
    if (!good) {
        cli_complain("--%s: a number up to %" PRIu64, option->name, max);
    }
    return good;
}

/* Keys, and the log's name as the folder says it. */
struct opened {
    char origin[NOTE_ORIGIN_BYTES_MAX + 1];
    struct house_keys keys;
    struct ledger_config ledger;
};

static struct outcome open_target(const char *target, const char *keys, struct opened *ret_opened)
{
    char why[BACKUP_WHY_BYTES] = "";
    struct outcome outcome = backup_origin(target, ret_opened->origin, why);

    if (!outcome_ok(outcome)) {
        cli_complain("%s", why);
        return outcome;
    }
    int keys_fd = open(cli_keys(keys), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keys_fd < 0) {
        outcome = outcome_sys(errno, "folder of keys");
        cli_complain("%s: %s", cli_keys(keys), strerror(errno));
        return outcome;
    }
    outcome = house_keys_read(keys_fd, &ret_opened->keys);
    close(keys_fd);
    ret_opened->ledger = cli_ledger(-1, ret_opened->origin, &ret_opened->keys);
    return outcome;
}

/* ---- dancu backup --to DIR ---- */

enum { TAKE_HOME, TAKE_KEYS, TAKE_TO, TAKE_KEEP, TAKE_RATE, TAKE_CHECK, TAKE_JSON, TAKE_OPTIONS };

static int take(const struct cli_option *options, const struct backup_config *numbers)
{
    struct opened opened = {.origin = ""};
    struct backup_config config = *numbers;
    struct backup_report report = {0};
    char why[BACKUP_WHY_BYTES] = "";
    int home_fd = -1;

    (void)setpriority(PRIO_PROCESS, 0, NICENESS); /* where it is not allowed, the rate has to do */
    config.home = cli_home(options[TAKE_HOME].value);
    config.target = options[TAKE_TO].value;
    config.check = options[TAKE_CHECK].value != NULL;
    if (!outcome_ok(cli_home_open(config.home, cli_keys(options[TAKE_KEYS].value), &home_fd,
                                  opened.origin, &opened.keys))) {
        return EXIT_BAD;
    }
    opened.ledger = cli_ledger(home_fd, opened.origin, &opened.keys);
    config.ledger = &opened.ledger;
    struct outcome outcome = backup_take(&config, &report, why);
    house_keys_done(&opened.keys);
    close(home_fd);
    if (!outcome_ok(outcome)) {
        return fail("backup", outcome, why);
    }
    if (options[TAKE_JSON].value != NULL) {
        print_json(&report, true);
    } else {
        print_taken(&report);
    }
    return EXIT_GOOD;
}

static int take_cli(int argc, char **argv)
{
    struct cli_option options[TAKE_OPTIONS] = {
        [TAKE_HOME] = {.name = "home"},
        [TAKE_KEYS] = {.name = "keys"},
        [TAKE_TO] = {.name = "to"},
        [TAKE_KEEP] = {.name = "keep"},
        [TAKE_RATE] = {.name = "rate"},
        [TAKE_CHECK] = {.name = "check", .flag = true},
        [TAKE_JSON] = {.name = "json", .flag = true},
    };
    struct backup_config numbers = {.home = NULL};
    uint64_t keep = 0;
    uint64_t rate = 0;
    unsigned words = 0;

    if (!cli_options(argc, argv, options, TAKE_OPTIONS, NULL, 0, &words) ||
        options[TAKE_TO].value == NULL) {
        cli_complain("usage: dancu backup --to DIR [--home DIR] [--keys DIR] [--keep GENERATIONS] "
                     "[--rate MIB] [--check] [--json] | backup verify DIR | backup list DIR");
        return EXIT_USAGE;
    }
    if (!number_option(&options[TAKE_KEEP], BACKUP_GENERATIONS_USUAL, BACKUP_GENERATIONS_MAX - 1,
                       &keep) ||
        !number_option(&options[TAKE_RATE], BACKUP_RATE_MIB_USUAL, BACKUP_RATE_MIB_MAX, &rate) ||
        keep == 0) {
        return EXIT_USAGE;
    }
    numbers.kept = (unsigned)keep;
    numbers.rate_mib = (uint32_t)rate;
    return take(options, &numbers);
}

/* ---- dancu backup verify DIR, dancu backup list DIR ---- */

static void damage_found(uint64_t generation, const char *why)
{
    cli_complain("backup verify: generation %" PRIu64 ": %s", generation, why);
}

static void list_one(const struct backup_report *generation, const char *why)
{
    char time[CLOCK_MICRO_LEN + 1];

    put_time(generation->time_us, time);
    printf("%" PRIu64 "\t%s\t", generation->generation, time);
    if (why != NULL) {
        printf("%s\n", why);
        return;
    }
    printf("%" PRIu64 " entries\t%" PRIu64 " files\t%" PRIu64 " bytes\n",
           generation->checkpoint.size, generation->files, generation->bytes);
}

enum { LOOK_KEYS, LOOK_GENERATION, LOOK_RATE, LOOK_JSON, LOOK_OPTIONS };

static int verify(const struct backup_config *config, uint64_t generation, bool json)
{
    struct backup_report report = {0};
    char why[BACKUP_WHY_BYTES] = "";
    struct outcome outcome = backup_verify(config, generation, damage_found, &report, why);
    bool good = outcome_ok(outcome);

    if (!good && outcome.fault != FAULT_CORRUPT) {
        return fail("backup verify", outcome, why);
    }
    if (json) {
        print_json(&report, good);
    } else {
        if (report.generations_other > 0) {
            printf("%" PRIu64 " generations are sealed under another wrap key: not looked at\n",
                   report.generations_other);
        }
        printf("%" PRIu64 " generations %s; the last one: %" PRIu64 " files, %" PRIu64
               " blocks, the log up to entry %" PRIu64 "\n",
               report.generations, good ? "good" : "looked at", report.files, report.blocks,
               report.checkpoint.size);
    }
    return good ? EXIT_GOOD : EXIT_BAD;
}

static int look_cli(int argc, char **argv, bool verifies)
{
    struct cli_option options[LOOK_OPTIONS] = {
        [LOOK_KEYS] = {.name = "keys"},
        [LOOK_GENERATION] = {.name = "generation"},
        [LOOK_RATE] = {.name = "rate"},
        [LOOK_JSON] = {.name = "json", .flag = true},
    };
    struct opened opened = {.origin = ""};
    const char *target = NULL;
    unsigned words = 0;
    uint64_t generation = 0;
    uint64_t rate = 0;

    if (!cli_options(argc, argv, options, LOOK_OPTIONS, &target, 1, &words) || words != 1 ||
        !number_option(&options[LOOK_GENERATION], 0, UINT32_MAX, &generation) ||
        !number_option(&options[LOOK_RATE], 0, BACKUP_RATE_MIB_MAX, &rate)) {
        cli_complain("usage: dancu backup verify DIR [--keys DIR] [--generation N] [--rate MIB] "
                     "[--json] | backup list DIR [--keys DIR]");
        return EXIT_USAGE;
    }
    if (!outcome_ok(open_target(target, options[LOOK_KEYS].value, &opened))) {
        return EXIT_BAD;
    }
    struct backup_config config = {
        .target = target, .ledger = &opened.ledger, .rate_mib = (uint32_t)rate};
    char why[BACKUP_WHY_BYTES] = "";
    int status = EXIT_GOOD;
    if (verifies) {
        status = verify(&config, generation, options[LOOK_JSON].value != NULL);
    } else {
        struct outcome outcome = backup_list(&config, list_one, why);
        status = outcome_ok(outcome) ? EXIT_GOOD : fail("backup list", outcome, why);
    }
    house_keys_done(&opened.keys);
    return status;
}

int backup_cli(int argc, char **argv)
{
    if (argc >= 1 && strcmp(argv[0], "verify") == 0) {
        return look_cli(argc - 1, argv + 1, true);
    }
    if (argc >= 1 && strcmp(argv[0], "list") == 0) {
        return look_cli(argc - 1, argv + 1, false);
    }
    return take_cli(argc, argv);
}

/* ---- dancu restore ---- */

enum {
    RESTORE_FROM,
    RESTORE_HOME,
    RESTORE_KEYS,
    RESTORE_GENERATION,
    RESTORE_AS_OF,
    RESTORE_KNOWN,
    RESTORE_VKEY,
    RESTORE_RATE,
    RESTORE_JSON,
    RESTORE_OPTIONS
};

/* A moment, or a day in Vietnam up to its end. */
static bool as_of_option(const char *text, int64_t *ret_us)
{
    struct date day;

    *ret_us = 0;
    if (text == NULL || outcome_ok(clock_get_second(view_text(text), ret_us))) {
        return true;
    }
    if (!outcome_ok(date_get(view_text(text), &day))) {
        cli_complain("--as-of: a day, YYYY-MM-DD, or a moment, YYYY-MM-DDTHH:MM:SSZ");
        return false;
    }
    *ret_us = clock_day_start_vn(date_to_days(day) + 1) - 1;
    return true;
}

static void print_restored(const struct backup_report *report, const char *home)
{
    printf("%s: generation %" PRIu64 ", %" PRIu64 " files, %" PRIu64
           " bytes; its log ends at entry %" PRIu64 "\n",
           home, report->generation, report->files, report->bytes, report->checkpoint.size);
    puts("It signs nothing until `dancu ledger accept-rollback` says that its log goes on from "
         "there.");
}

/* What a generation's log was signed by is one of the keys that are here. */
static struct outcome add_key(const char *origin, const struct secret *seed,
                              struct note_keys *note_keys)
{
    struct note_key key;
    struct signer *signer = NULL;
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES];

    TRY(signer_new(seed, &signer));
    signer_public(signer, public_key);
    signer_free(signer);
    TRY(note_key_make(origin, public_key, &key));
    return note_keys_add(note_keys, &key, 0);
}

/* A generation of before a hand-over brings the former key back. */
static void warn_of_keys(const struct note_keys *published, const struct note_keys *ours)
{
    const struct note_key *last = &published->keys[published->count - 1];

    for (unsigned i = 0; i < ours->count; i++) {
        if (memcmp(ours->keys[i].key, last->key, sizeof(last->key)) == 0) {
            return;
        }
    }
    cli_complain("restore: another key has taken over the log at entry %" PRIu64
                 "; this home signs by the former one until it is rotated again",
                 published->from[published->count - 1]);
}

static int restore(const struct cli_option *options, struct opened *opened,
                   struct restore_config *config)
{
    struct backup_report report = {0};
    struct note_keys note_keys = {.count = 0};
    char why[BACKUP_WHY_BYTES] = "";

    struct outcome outcome = add_key(opened->origin, &opened->keys.sign, &note_keys);
    if (outcome_ok(outcome) && opened->keys.has_sign_next) {
        outcome = add_key(opened->origin, &opened->keys.sign_next, &note_keys);
    }
    config->note_keys = &note_keys;
    if (outcome_ok(outcome)) {
        outcome = backup_restore(config, &report, why);
    }
    if (!outcome_ok(outcome)) {
        if (outcome.fault != FAULT_CONFLICT && outcome.fault != FAULT_NOT_FOUND) {
            cli_complain("restore: what was written of %s is no home, and can be removed",
                         config->backup.home);
        }
        return fail("restore", outcome, why);
    }
    if (options[RESTORE_JSON].value != NULL) {
        print_json(&report, true);
    } else {
        print_restored(&report, config->backup.home);
    }
    if (config->known_keys != NULL) {
        warn_of_keys(config->known_keys, &note_keys);
    }
    return EXIT_GOOD;
}

/* The log's keys as they are published, of which a later one may have signed what is known. */
static bool known_keys(const char *file, struct note_keys *ret_keys)
{
    BUF_AUTO text;

    buf_init(&text, KNOWN_BYTES_MAX);
    if (!outcome_ok(ledger_file_read(file, &text))) {
        return false;
    }
    struct outcome outcome = note_keys_get(ledger_file_line(&text), ret_keys);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", file, outcome.what);
    }
    return outcome_ok(outcome);
}

static int open_home(const char *home, int *ret_fd)
{
    if (mkdir(home, 0750) != 0 && errno != EEXIST) {
        cli_complain("%s: %s", home, strerror(errno));
        return EXIT_BAD;
    }
    *ret_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_fd < 0) {
        cli_complain("%s: %s", home, strerror(errno));
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

/* A signed note as it is published, or the proof of a receipt, which ends with one. */
static struct view known_note(const struct buf *known)
{
    struct proof_text proof;
    return outcome_ok(proof_read(buf_view(known), &proof)) ? proof.checkpoint : buf_view(known);
}

static int restore_from(const struct cli_option *options, struct restore_config *config)
{
    struct opened opened = {.origin = ""};
    BUF_AUTO known;
    struct note_keys published;
    int home_fd = -1;

    buf_init(&known, KNOWN_BYTES_MAX);
    if (options[RESTORE_VKEY].value != NULL) {
        if (!known_keys(options[RESTORE_VKEY].value, &published)) {
            return EXIT_USAGE;
        }
        config->known_keys = &published;
    }
    if (options[RESTORE_KNOWN].value != NULL &&
        !outcome_ok(ledger_file_read(options[RESTORE_KNOWN].value, &known))) {
        return EXIT_USAGE;
    }
    config->known = known_note(&known);
    if (!outcome_ok(open_target(config->backup.target, options[RESTORE_KEYS].value, &opened)) ||
        open_home(config->backup.home, &home_fd) != EXIT_GOOD) {
        house_keys_done(&opened.keys);
        return EXIT_BAD;
    }
    opened.ledger.home_fd = home_fd;
    config->backup.ledger = &opened.ledger;
    int status = restore(options, &opened, config);
    house_keys_done(&opened.keys);
    close(home_fd);
    return status;
}

int restore_cli(int argc, char **argv)
{
    struct cli_option options[RESTORE_OPTIONS] = {
        [RESTORE_FROM] = {.name = "from"},
        [RESTORE_HOME] = {.name = "home"},
        [RESTORE_KEYS] = {.name = "keys"},
        [RESTORE_GENERATION] = {.name = "generation"},
        [RESTORE_AS_OF] = {.name = "as-of"},
        [RESTORE_KNOWN] = {.name = "known"},
        [RESTORE_VKEY] = {.name = "vkey"},
        [RESTORE_RATE] = {.name = "rate"},
        [RESTORE_JSON] = {.name = "json", .flag = true},
    };
    struct restore_config config = {.generation = 0};
    uint64_t rate = 0;
    unsigned words = 0;

    if (!cli_options(argc, argv, options, RESTORE_OPTIONS, NULL, 0, &words) ||
        options[RESTORE_FROM].value == NULL || options[RESTORE_HOME].value == NULL ||
        !number_option(&options[RESTORE_GENERATION], 0, UINT32_MAX, &config.generation) ||
        !number_option(&options[RESTORE_RATE], 0, BACKUP_RATE_MIB_MAX, &rate) ||
        !as_of_option(options[RESTORE_AS_OF].value, &config.as_of_us)) {
        cli_complain("usage: dancu restore --from DIR --home NEW [--keys DIR] [--generation N | "
                     "--as-of DAY|TIME] [--known CHECKPOINT [--vkey FILE]] [--rate MIB] [--json]");
        return EXIT_USAGE;
    }
    config.backup.target = options[RESTORE_FROM].value;
    config.backup.home = options[RESTORE_HOME].value;
    config.backup.rate_mib = (uint32_t)rate;
    return restore_from(options, &config);
}
