/*
 * The process table (design.md section 2), `dancu serve` and `dancu ps`.
 *
 * A row tells what a process may do; the supervisor and the core hold it to that.
 */
#include "cli/cli.h"

#include "archive/archive.h"
#include "channel/desk/desk.h"
#include "channel/edge/edge.h"
#include "channel/letter/letter.h"
#include "channel/letter/press.h"
#include "channel/metrics/metrics.h"
#include "channel/ndxp/ndxp.h"
#include "channel/public/public.h"
#include "channel/signin/signin.h"
#include "channel/sms/sms.h"
#include "core/core.h"
#include "core/loader.h"
#include "jobs/jobs.h"
#include "proc/keeper.h"
#include "proc/proc.h"
#include "verify/verify.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BIT(value) (UINT32_C(1) << (value))
#define MIB (UINT64_C(1) << 20)
#define NDXP_CASE_USUAL "MaHoSo" /* nobody's yet: ours */
/* Every channel: the texts of the policy in force, and whether the ledger can write. */
#define CHANNEL_TAKES (FRAME_BIT(FRAME_TEXTS) | FRAME_BIT(FRAME_HEALTH))

/* The core stands first: core/core.h counts from it. */
static const struct proc_row rows[] = {
    {
        .name = "core",
        .prepare = core_prepare,
        .main = core_main,
        .user = PROC_USER_CORE,
        .root = PROC_ROOT_HOME,
        .count = 1,
        .grants = BIT(GRANT_HOME_DIR) | BIT(GRANT_KEYS_DIR) | BIT(GRANT_ADMIN_LISTENER),
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_ADMIN | CALLS_READ | CALLS_WRITE | CALLS_STORE,
        .files_max = 512,
        .may_write_files = true,
        .rights = "files: home read-write; keys: data, index, wrap, the log's signing key and that "
                  "of letters (read before the rights are dropped); sockets: pipes, admin; no "
                  "network",
    },
    {
        .name = "keeper",
        .main = keeper_main,
        .user = PROC_USER_CORE,
        .root = PROC_ROOT_HOME,
        .count = 1,
        .grants = BIT(GRANT_HOME_DIR),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_KEPT),
        .takes = FRAME_BIT(FRAME_KEEP),
        .memory_bytes_max = 512 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_READ | CALLS_WRITE,
        .files_max = 64,
        .may_write_files = true,
        .rights = "files: home read-write (empty segments, sync of tiles, removal of derived "
                  "files); keys: none; sockets: pipe to the core; no network",
    },
    {
        .name = "loader",
        .prepare = loader_prepare,
        .main = loader_main,
        .user = PROC_USER_CORE,
        .root = PROC_ROOT_HOME,
        .count = 1,
        .grants = BIT(GRANT_HOME_DIR) | BIT(GRANT_KEYS_DIR) | BIT(GRANT_LOADER_LISTENER),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_CHUNK) | FRAME_BIT(FRAME_CHANGED) | FRAME_BIT(FRAME_ROTATED),
        .takes = FRAME_BIT(FRAME_CHANGES_ORDER) | FRAME_BIT(FRAME_ROTATE),
        .memory_bytes_max = 4096 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_ADMIN | CALLS_READ | CALLS_WRITE | CALLS_STORE,
        .files_max = 64,
        .may_write_files = true,
        .rights =
            "files: home read-write, what an import hands it; keys: data, index (read before "
            "the rights are dropped); sockets: import, pipe to the core (chunks, what became of "
            "changes, how far sealing anew is); no network",
    },
    {
        .name = "edge",
        .prepare = edge_prepare,
        .main = edge_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 0,
        .grants = BIT(GRANT_MACHINE_LISTENER) | BIT(GRANT_TLS_CERT) | BIT(GRANT_TLS_KEY) |
                  BIT(GRANT_CLIENT_CA) | BIT(GRANT_CLIENT_CRL),
        .core_pipe = true,
        .pipes_to = {"jobs", "verify"},
        .frames = FRAME_BIT(FRAME_ASKS) | FRAME_BIT(FRAME_RECEIPT) | FRAME_BIT(FRAME_GRANTS) |
                  FRAME_BIT(FRAME_STATEMENT) | FRAME_BIT(FRAME_STATS),
        .takes = CHANNEL_TAKES,
        .memory_bytes_max = 8192 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_LISTEN,
        .files_max = 20480,
        .rights =
            "files: none; keys: its TLS key; sockets: machine listener, pipes to the core "
            "(asks, receipts asked for, figures), to jobs (lists) and to verify (signed asks)",
    },
    {
        .name = "public",
        .prepare = public_prepare,
        .main = public_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_TILES,
        .count = 1,
        .grants = BIT(GRANT_PUBLIC_LISTENER) | BIT(GRANT_TLS_CERT) | BIT(GRANT_TLS_KEY) |
                  BIT(GRANT_TILES_DIR),
        .core_pipe = true,
        .pipes_to = {"signin"},
        .frames = FRAME_BIT(FRAME_STATS) | FRAME_BIT(FRAME_LETTER_CHECK) | FRAME_BIT(FRAME_OWN) |
                  FRAME_BIT(FRAME_SIGNIN),
        .takes = CHANNEL_TAKES | FRAME_BIT(FRAME_LOG_KEY) | FRAME_BIT(FRAME_SIGNIN),
        .memory_bytes_max = 4096 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_LISTEN | CALLS_TILES,
        .files_max = 20480,
        .rights = "files: public tiles, read only; keys: its TLS key; sockets: public listener, "
                  "pipes to the core (letters to be checked, what citizens do, sessions, figures) "
                  "and to signin (steps of sign-ins)",
    },
    {
        .name = "desk",
        .prepare = desk_prepare,
        .main = desk_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 1,
        .grants = BIT(GRANT_DESK_LISTENER) | BIT(GRANT_TLS_CERT) | BIT(GRANT_TLS_KEY) |
                  BIT(GRANT_CLIENT_CA) | BIT(GRANT_CLIENT_CRL),
        .core_pipe = true,
        .pipes_to = {"verify", "archive"},
        .frames = FRAME_BIT(FRAME_LOOK) | FRAME_BIT(FRAME_EXPLAIN) | FRAME_BIT(FRAME_STATS),
        .takes = CHANNEL_TAKES,
        .memory_bytes_max = 2048 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_LISTEN,
        .files_max = 2560,
        .rights =
            "files: none; keys: its TLS key; sockets: desk listener, pipes to the core (what "
            "is to be shown, figures), to verify (signed acts and changes) and to the archive "
            "(documents of cases)",
    },
    {
        .name = "metrics",
        .main = metrics_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 1,
        .grants = BIT(GRANT_METRICS_LISTENER),
        .core_pipe = true,
        .frames = 0,
        .takes = FRAME_BIT(FRAME_METRICS),
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_LISTEN,
        .hears_crew = true,
        .memory_bytes_max = 512 * MIB,
        .files_max = 64,
        .rights = "files: none; keys: none; sockets: metrics listener (127.0.0.1), pipe to the "
                  "core (sends nothing)",
    },
    {
        .name = "verify",
        .main = verify_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 1,
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_STAMPED) | FRAME_BIT(FRAME_CHANGES_STAMPED) |
                  FRAME_BIT(FRAME_VOUCHED) | FRAME_BIT(FRAME_SIGNED_IN),
        .takes = FRAME_BIT(FRAME_SIGNERS) | FRAME_BIT(FRAME_SIGNED_DONE) |
                 FRAME_BIT(FRAME_SOURCES) | FRAME_BIT(FRAME_CHANGED) | FRAME_BIT(FRAME_ASK_KEYS) |
                 FRAME_BIT(FRAME_SIGNIN),
        .calls = CALLS_BASE | CALLS_PIPES,
        .memory_bytes_max = 512 * MIB,
        .files_max = 256,
        .rights =
            "files: none; keys: officers', sources', accounts' and providers' public keys; "
            "sockets: pipes from the desk, the edges and signin and to the core (rightly signed "
            "acts, changes, asks and ID tokens; of other acts, two hashes); no network",
    },
    {
        .name = "jobs",
        .prepare = jobs_prepare,
        .main = jobs_main,
        .user = PROC_USER_CORE,
        .root = PROC_ROOT_JOBS,
        .count = 1,
        .grants = BIT(GRANT_JOBS_DIR) | BIT(GRANT_KEYS_DIR),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_JOB_WHO) | FRAME_BIT(FRAME_JOB_LINES) | FRAME_BIT(FRAME_WISH) |
                  FRAME_BIT(FRAME_EXTRACTED),
        .takes = FRAME_BIT(FRAME_EXTRACTED),
        .memory_bytes_max = 1024 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_READ | CALLS_WRITE,
        .files_max = 384,
        .may_write_files = true,
        .rights = "files: home/jobs read-write; keys: its own (derived from wrap, which is read "
                  "before the rights are dropped); sockets: pipes from the edges and to the core "
                  "(lines of jobs); no network",
    },
    {
        .name = "archive",
        .prepare = archive_prepare,
        .main = archive_main,
        .user = PROC_USER_CORE,
        .root = PROC_ROOT_ARCHIVE,
        .count = 1,
        .grants = BIT(GRANT_ARCHIVE_DIR) | BIT(GRANT_KEYS_DIR),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_ARCHIVED),
        .takes = FRAME_BIT(FRAME_ARCHIVE),
        .memory_bytes_max = 1024 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_READ | CALLS_WRITE,
        .files_max = 128,
        .may_write_files = true,
        .rights =
            "files: home/archive read-write; keys: its own (derived from wrap) and the "
            "authorities of documents.pem (both read before the rights are dropped); sockets: "
            "pipes from the desk and to the core (who asks, what is here); no network",
    },
    {
        .name = "letter",
        .prepare = letter_prepare,
        .main = letter_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 1,
        .grants = BIT(GRANT_LETTERS_DIR) | BIT(GRANT_FONTS_DIR),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_RENDERED),
        .takes = FRAME_BIT(FRAME_RENDER),
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_ALARM,
        .memory_bytes_max = 512 * MIB,
        .files_max = 64,
        .rights = "files: none (fonts and templates are read before the rights are dropped); keys: "
                  "none; sockets: pipe to the core (letters that it draws); no network",
    },
    {
        .name = "sms",
        .prepare = sms_prepare,
        .main = sms_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 1,
        .grants = BIT(GRANT_SMS_DIR),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_SMS) | FRAME_BIT(FRAME_SMS_OUT),
        .takes = FRAME_BIT(FRAME_SMS_OUT),
        .calls = CALLS_BASE | CALLS_PIPES,
        .dials = BIT(DIAL_MESSAGE_CENTRE),
        .memory_bytes_max = 512 * MIB,
        .files_max = 64,
        .rights =
            "files: none (settings are read before the rights are dropped); keys: the message "
            "centre's password; sockets: a connection to the message centre from the "
            "supervisor, pipe to the core (what phones write, what became of messages)",
    },
    {
        .name = "signin",
        .prepare = signin_prepare,
        .main = signin_main,
        .user = PROC_USER_FRONT,
        .root = PROC_ROOT_EMPTY,
        .count = 1,
        .grants = BIT(GRANT_SIGNIN_DIR),
        .core_pipe = true,
        .pipes_to = {"verify"},
        .frames = FRAME_BIT(FRAME_TOKEN),
        .takes = FRAME_BIT(FRAME_SIGNIN),
        .calls = CALLS_BASE | CALLS_PIPES,
        .dials = BIT(DIAL_NATIONAL_PORTAL) | BIT(DIAL_MPS_PORTAL),
        .memory_bytes_max = 512 * MIB,
        .files_max = 128,
        .rights = "files: none; keys: its client keys at the portals' providers (read before the "
                  "rights are dropped); sockets: those that the supervisor connects to a provider, "
                  "pipes from public, to verify (ID tokens) and to the core (that somebody was "
                  "refused)",
    },
    {
        .name = "worker",
        .prepare = worker_prepare,
        .main = worker_main,
        .user = PROC_USER_CORE,
        .root = PROC_ROOT_HOME,
        .count = 1,
        .grants = BIT(GRANT_HOME_DIR) | BIT(GRANT_KEYS_DIR),
        .core_pipe = true,
        .frames = FRAME_BIT(FRAME_SCRUB) | FRAME_BIT(FRAME_FOUND) | FRAME_BIT(FRAME_EXTRACTED) |
                  FRAME_BIT(FRAME_MAP) | FRAME_BIT(FRAME_ROTATED),
        .takes = FRAME_BIT(FRAME_SEARCH) | FRAME_BIT(FRAME_EXTRACT) | FRAME_BIT(FRAME_MAP) |
                 FRAME_BIT(FRAME_ROTATE),
        .memory_bytes_max = 2048 * MIB,
        .calls = CALLS_BASE | CALLS_PIPES | CALLS_READ | CALLS_STORE | CALLS_LOOK,
        .files_max = 64,
        .rights =
            "files: home, read only; keys: data, index, wrap (read before the rights are "
            "dropped); sockets: pipe to the core (the scrub's findings, what searches ordered by "
            "officers found, keys of whom approved lists are of, the day's map, sealed); no "
            "network",
    },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct proc_row *serve_rows(unsigned *ret_count)
{
    *ret_count = ROWS;
    return rows;
}

void serve_child_enter(int argc, char **argv)
{
    proc_child_enter(rows, ROWS, argc, argv);
}

enum serve_option {
    OPTION_HOME,
    OPTION_KEYS,
    OPTION_PORT,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_CLIENT_CA,
    OPTION_CLIENT_CRL,
    OPTION_EDGES,
    OPTION_ADDRESS,
    OPTION_SCRUB_S,
    OPTION_NDXP_CASE,
    OPTION_LETTERS,
    OPTION_FONTS,
    OPTION_PUBLIC_URL,
    OPTION_MAP_S,
    OPTION_SMS,
    OPTION_SMS_CENTRE,
    OPTION_SIGNIN,
    OPTION_NATIONAL_PORTAL,
    OPTION_MPS_PORTAL,
    OPTION_COUNT
};

static int usage(void)
{
    cli_complain("usage: dancu serve [--home DIR] [--keys DIR] [--port N] --cert FILE --key FILE "
                 "--client-ca FILE [--client-crl FILE] [--edges N] [--address IP] "
                 "[--scrub-s N] [--ndxp-case ELEMENT,...] [--letters DIR] [--fonts DIR] "
                 "[--public-url URL] [--map-s N] [--sms DIR --sms-centre IP:PORT] "
                 "[--signin DIR [--national-portal IP:PORT] [--mps-portal IP:PORT]]");
    return EXIT_USAGE;
}

static bool number_of(const char *text, uint64_t max, uint64_t *ret_number)
{
    return text == NULL || outcome_ok(decimal_get(view_text(text), max, ret_number));
}

/* Where whoever holds a letter asks about it: without the last slash, and with nothing that an
 * address or JSON would escape. */
static bool public_url_take(const char *value, unsigned port, char ret_url[256])
{
    int len = value == NULL ? snprintf(ret_url, 256, "https://localhost:%u", port + 1)
                            : snprintf(ret_url, 256, "%s", value);
    bool good = len > 0 && len < 256 && view_starts(view_text(ret_url), VIEW_LITERAL("https://"));
    for (int i = 0; good && i < len; i++) {
        char c = ret_url[i];
        good = c > ' ' && c < 0x7f && strchr("\"\\<>?#%&{}|^`", c) == NULL;
    }
    return good && ret_url[len - 1] != '/';
}

static bool origin_read(const char *home, char ret_origin[256])
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/origin", home);
    FILE *file = fopen(path, "re");
    bool read = file != NULL && fgets(ret_origin, 256, file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    ret_origin[strcspn(ret_origin, "\n")] = '\0';
    return read;
}

/* What must be said is, what belongs together is, and the numbers are in their ranges. */
static bool take_numbers(const struct cli_option *options, struct serve_settings *ret_settings)
{
    uint64_t port = 8443;
    uint64_t edges = 0;
    uint64_t scrub_s = SCRUB_PASS_S_USUAL;
    uint64_t map_s = 0;
    bool needed = options[OPTION_CERT].value != NULL && options[OPTION_KEY].value != NULL &&
                  options[OPTION_CLIENT_CA].value != NULL;
    bool message_centre =
        (options[OPTION_SMS].value == NULL) == (options[OPTION_SMS_CENTRE].value == NULL);
    bool portals =
        options[OPTION_SIGNIN].value != NULL ||
        (options[OPTION_NATIONAL_PORTAL].value == NULL && options[OPTION_MPS_PORTAL].value == NULL);
    if (!needed || !message_centre || !portals ||
        !number_of(options[OPTION_PORT].value, 65532, &port) || port == 0 ||
        !number_of(options[OPTION_EDGES].value, 64, &edges) ||
        !number_of(options[OPTION_SCRUB_S].value, SCRUB_PASS_S_MAX, &scrub_s) || scrub_s == 0 ||
        !number_of(options[OPTION_MAP_S].value, SCRUB_PASS_S_MAX, &map_s)) {
        return false;
    }
    ret_settings->port = (uint16_t)port;
    ret_settings->edges = (uint32_t)edges;
    ret_settings->scrub_s = (uint32_t)scrub_s;
    ret_settings->map_s = (uint32_t)map_s;
    return true;
}

static bool take_words(const struct cli_option *options, struct serve_settings *ret_settings)
{
    const char *cases = options[OPTION_NDXP_CASE].value;
    cases = cases == NULL ? NDXP_CASE_USUAL : cases;
    if (!ndxp_cases_valid(view_text(cases)) || strlen(cases) >= sizeof(ret_settings->ndxp_cases)) {
        return false;
    }
    snprintf(ret_settings->ndxp_cases, sizeof(ret_settings->ndxp_cases), "%s", cases);
    return public_url_take(options[OPTION_PUBLIC_URL].value, ret_settings->port,
                           ret_settings->public_url);
}

static void take_paths(const struct cli_option *options, struct supervisor_config *config)
{
    const char *letters = options[OPTION_LETTERS].value;
    const char *fonts = options[OPTION_FONTS].value;
    config->listen_address = options[OPTION_ADDRESS].value;
    config->paths[GRANT_TLS_CERT] = options[OPTION_CERT].value;
    config->paths[GRANT_TLS_KEY] = options[OPTION_KEY].value;
    config->paths[GRANT_CLIENT_CA] = options[OPTION_CLIENT_CA].value;
    config->paths[GRANT_CLIENT_CRL] = options[OPTION_CLIENT_CRL].value;
    config->paths[GRANT_LETTERS_DIR] = letters == NULL ? PRESS_LETTERS_USUAL : letters;
    config->paths[GRANT_FONTS_DIR] = fonts == NULL ? PRESS_FONTS_USUAL : fonts;
    config->paths[GRANT_SMS_DIR] = options[OPTION_SMS].value;
    config->paths[GRANT_SIGNIN_DIR] = options[OPTION_SIGNIN].value;
    config->paths[GRANT_KEYS_DIR] = cli_keys(options[OPTION_KEYS].value);
    config->dials[DIAL_MESSAGE_CENTRE] = options[OPTION_SMS_CENTRE].value;
    config->dials[DIAL_NATIONAL_PORTAL] = options[OPTION_NATIONAL_PORTAL].value;
    config->dials[DIAL_MPS_PORTAL] = options[OPTION_MPS_PORTAL].value;
}

int serve_with(const struct proc_row *table, unsigned count, int argc, char **argv)
{
    struct cli_option options[OPTION_COUNT] = {
        [OPTION_HOME] = {.name = "home"},
        [OPTION_KEYS] = {.name = "keys"},
        [OPTION_PORT] = {.name = "port"},
        [OPTION_CERT] = {.name = "cert"},
        [OPTION_KEY] = {.name = "key"},
        [OPTION_CLIENT_CA] = {.name = "client-ca"},
        [OPTION_CLIENT_CRL] = {.name = "client-crl"},
        [OPTION_EDGES] = {.name = "edges"},
        [OPTION_ADDRESS] = {.name = "address"},
        [OPTION_SCRUB_S] = {.name = "scrub-s"},
        [OPTION_NDXP_CASE] = {.name = "ndxp-case"},
        [OPTION_LETTERS] = {.name = "letters"},
        [OPTION_FONTS] = {.name = "fonts"},
        [OPTION_PUBLIC_URL] = {.name = "public-url"},
        [OPTION_MAP_S] = {.name = "map-s"},
        [OPTION_SMS] = {.name = "sms"},
        [OPTION_SMS_CENTRE] = {.name = "sms-centre"},
        [OPTION_SIGNIN] = {.name = "signin"},
        [OPTION_NATIONAL_PORTAL] = {.name = "national-portal"},
        [OPTION_MPS_PORTAL] = {.name = "mps-portal"},
    };
    struct supervisor_config config = {.rows = table, .row_count = count, .core_row = 0};
    unsigned words = 0;
    if (!cli_options(argc, argv, options, OPTION_COUNT, NULL, 0, &words) ||
        !take_numbers(options, &config.settings) || !take_words(options, &config.settings)) {
        return usage();
    }
    const char *home = cli_home(options[OPTION_HOME].value);
    snprintf(config.settings.home, sizeof(config.settings.home), "%s", home);
    if (!origin_read(home, config.settings.origin)) {
        cli_complain("serve: %s is no home of dancu (make one with `dancu init`)", home);
        return EXIT_BAD;
    }
    take_paths(options, &config);
    return supervisor_run(&config);
}

int serve_cli(int argc, char **argv)
{
    return serve_with(rows, ROWS, argc, argv);
}

int ps_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"}, {.name = "json", .flag = true}, {.name = "rights", .flag = true}};
    unsigned words = 0;
    if (!cli_options(argc, argv, options, 3, NULL, 0, &words)) {
        cli_complain("usage: dancu ps [--home DIR] [--json] [--rights]");
        return EXIT_USAGE;
    }
    const char *home = cli_home(options[0].value);
    struct outcome outcome =
        proc_status_print(home, options[1].value != NULL, options[2].value != NULL);
    if (!outcome_ok(outcome)) {
        cli_complain(outcome.fault == FAULT_NOT_FOUND ? "ps: no server runs on %s"
                                                      : "ps: %s: cannot be asked",
                     home);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}
