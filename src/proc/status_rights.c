/*
 * Rights as lines and as JSON.
 *
 * Invariants
 *  1. Nothing here is written by hand about a row: every word stands for a bit of it, and a bit
 *     without a word is shown by its number.
 */
#include "proc/status_rights.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STATUS_FILE_BYTES_MAX 4096
#define MIB (UINT64_C(1) << 20)

static const char *const grant_words[] = {
    [GRANT_MACHINE_LISTENER] = "machine-listener",
    [GRANT_PUBLIC_LISTENER] = "public-listener",
    [GRANT_ADMIN_LISTENER] = "admin-listener",
    [GRANT_TLS_CERT] = "tls-certificate",
    [GRANT_TLS_KEY] = "tls-key",
    [GRANT_CLIENT_CA] = "client-ca",
    [GRANT_CLIENT_CRL] = "client-crl",
    [GRANT_TILES_DIR] = "tiles",
    [GRANT_JOBS_DIR] = "jobs",
    [GRANT_ARCHIVE_DIR] = "archive",
    [GRANT_LETTERS_DIR] = "letters",
    [GRANT_FONTS_DIR] = "fonts",
    [GRANT_SMS_DIR] = "sms",
    [GRANT_SIGNIN_DIR] = "signin",
    [GRANT_HOME_DIR] = "home",
    [GRANT_KEYS_DIR] = "keys",
    [GRANT_LOADER_LISTENER] = "loader-listener",
    [GRANT_METRICS_LISTENER] = "metrics-listener",
    [GRANT_DESK_LISTENER] = "desk-listener",
};

static const char *const dial_words[] = {
    [DIAL_MESSAGE_CENTRE] = "message-centre",
    [DIAL_NATIONAL_PORTAL] = "national-portal",
    [DIAL_MPS_PORTAL] = "mps-portal",
};

static const char *const frame_words[] = {
    [FRAME_ASKS] = "asks",
    [FRAME_ANSWERS] = "answers",
    [FRAME_TEXTS] = "texts",
    [FRAME_HEALTH] = "health",
    [FRAME_ACT] = "act",
    [FRAME_ACT_RESULT] = "act-result",
    [FRAME_KEEP] = "keep",
    [FRAME_KEPT] = "kept",
    [FRAME_PEER] = "peer",
    [FRAME_STATUS] = "status",
    [FRAME_RECEIPT] = "receipt",
    [FRAME_SCRUB] = "scrub",
    [FRAME_CHUNK] = "chunk",
    [FRAME_CHUNK_DONE] = "chunk-done",
    [FRAME_IMPORT] = "import",
    [FRAME_IMPORT_STATE] = "import-state",
    [FRAME_STATS] = "stats",
    [FRAME_METRICS] = "metrics",
    [FRAME_CREW] = "crew",
    [FRAME_LOG_KEY] = "log-key",
    [FRAME_SIGNED] = "signed",
    [FRAME_STAMPED] = "stamped",
    [FRAME_LOOK] = "look",
    [FRAME_SEEN] = "seen",
    [FRAME_SIGNERS] = "signers",
    [FRAME_SIGNED_DONE] = "signed-done",
    [FRAME_GRANTS] = "grants",
    [FRAME_GRANTED] = "granted",
    [FRAME_EXPLAIN] = "explain",
    [FRAME_SEARCH] = "search",
    [FRAME_FOUND] = "found",
    [FRAME_JOB_ASKED] = "job-asked",
    [FRAME_JOB_TOLD] = "job-told",
    [FRAME_JOB_WHO] = "job-who",
    [FRAME_JOB_KNOWN] = "job-known",
    [FRAME_JOB_LINES] = "job-lines",
    [FRAME_WISH] = "wish",
    [FRAME_ASKED] = "asked",
    [FRAME_VOUCHED] = "vouched",
    [FRAME_EXTRACT] = "extract",
    [FRAME_EXTRACTED] = "extracted",
    [FRAME_SOURCES] = "sources",
    [FRAME_CHANGES] = "changes",
    [FRAME_CHANGES_STAMPED] = "changes-stamped",
    [FRAME_CHANGED] = "changed",
    [FRAME_CHANGES_ORDER] = "changes-order",
    [FRAME_ASK_KEYS] = "ask-keys",
    [FRAME_PAPER_ASKED] = "paper-asked",
    [FRAME_PAPER_TOLD] = "paper-told",
    [FRAME_ARCHIVE] = "archive",
    [FRAME_ARCHIVED] = "archived",
    [FRAME_RENDER] = "render",
    [FRAME_RENDERED] = "rendered",
    [FRAME_LETTER_CHECK] = "letter-check",
    [FRAME_LETTER_CHECKED] = "letter-checked",
    [FRAME_OWN] = "own",
    [FRAME_OWN_TOLD] = "own-told",
    [FRAME_SIGNIN] = "signin",
    [FRAME_TOKEN] = "token",
    [FRAME_SIGNED_IN] = "signed-in",
    [FRAME_SMS] = "sms",
    [FRAME_SMS_OUT] = "sms-out",
    [FRAME_MAP] = "map",
    [FRAME_KEY] = "key",
    [FRAME_ROTATE] = "rotate",
    [FRAME_ROTATED] = "rotated",
    [FRAME_STATEMENT] = "statement",
};

static const char *const call_words[CALLS_GROUP_COUNT] = CALLS_WORDS;

static const char *const root_words[] = {
    [PROC_ROOT_EMPTY] = "empty", [PROC_ROOT_HOME] = "home",       [PROC_ROOT_TILES] = "tiles",
    [PROC_ROOT_JOBS] = "jobs",   [PROC_ROOT_ARCHIVE] = "archive", [PROC_ROOT_NONE] = "none",
};
#define ROOTS (sizeof(root_words) / sizeof(root_words[0]))

static const char *const path_words[] = {
    [PATHS_NOTHING] = "nothing",
    [PATHS_READ] = "read beneath its root",
    [PATHS_READ_WRITE] = "read and write beneath its root",
};

/* The kernel's word for whether a filter is on. */
static unsigned filter_mode_of(pid_t pid)
{
    static const struct view key = VIEW_LITERAL("\nSeccomp:\t");
    char path[32];
    char text[STATUS_FILE_BYTES_MAX];

    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
    int fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return RIGHTS_FILTER_UNKNOWN;
    }
    ssize_t got = read(fd, text, sizeof(text));
    (void)close(fd);
    struct view all = view_of(text, got > 0 ? (size_t)got : 0);
    for (size_t at = 0; at + key.len < all.len; at++) {
        if (view_equal(view_part(all, at, key.len), key)) {
            return (unsigned)(all.data[at + key.len] - '0');
        }
    }
    return RIGHTS_FILTER_UNKNOWN;
}

struct status_rights status_rights_none(void)
{
    return (struct status_rights){.root = PROC_ROOT_NONE,
                                  .may_write_files = true,
                                  .calls = CALLS_UNFILTERED,
                                  .filter_mode = filter_mode_of(getpid())};
}

struct status_rights status_rights_of(const struct proc_row *row, pid_t pid, unsigned landlock_abi)
{
    return (struct status_rights){.root = row->root,
                                  .may_write_files = row->may_write_files,
                                  .calls = row->calls,
                                  .call_count = calls_count(row->calls),
                                  .grants = row->grants,
                                  .dials = row->dials,
                                  .frames = row->frames,
                                  .takes = row->takes,
                                  .memory_bytes_max = row->memory_bytes_max,
                                  .files_max = row->files_max,
                                  .filter_mode = filter_mode_of(pid),
                                  .landlock_abi = landlock_abi};
}

static void put_set(struct buf *buf, frame_set set)
{
    buf_put_u64(buf, (uint64_t)set);
    buf_put_u64(buf, (uint64_t)(set >> 64));
}

static frame_set get_set(struct cursor *cursor)
{
    frame_set low = cursor_u64(cursor);

    return low | (frame_set)cursor_u64(cursor) << 64;
}

void status_rights_put(struct buf *buf, const struct status_rights *rights)
{
    buf_put_u8(buf, (uint8_t)rights->root);
    buf_put_u8(buf, rights->may_write_files ? 1 : 0);
    buf_put_u32(buf, rights->calls);
    buf_put_u16(buf, (uint16_t)rights->call_count);
    buf_put_u32(buf, rights->grants);
    buf_put_u32(buf, rights->dials);
    put_set(buf, rights->frames);
    put_set(buf, rights->takes);
    buf_put_u64(buf, rights->memory_bytes_max);
    buf_put_u32(buf, rights->files_max);
    buf_put_u8(buf, (uint8_t)rights->filter_mode);
    buf_put_u8(buf, (uint8_t)rights->landlock_abi);
}

struct outcome status_rights_get(struct cursor *cursor, struct status_rights *ret_rights)
{
    struct status_rights rights = {0};
    unsigned root = cursor_u8(cursor);

    rights.may_write_files = cursor_u8(cursor) != 0;
    rights.calls = cursor_u32(cursor);
    rights.call_count = cursor_u16(cursor);
    rights.grants = cursor_u32(cursor);
    rights.dials = cursor_u32(cursor);
    rights.frames = get_set(cursor);
    rights.takes = get_set(cursor);
    rights.memory_bytes_max = cursor_u64(cursor);
    rights.files_max = cursor_u32(cursor);
    rights.filter_mode = cursor_u8(cursor);
    rights.landlock_abi = cursor_u8(cursor);
    if (cursor->failed || root >= ROOTS) {
        return outcome_fail(FAULT_BAD_INPUT, "rights of a status row");
    }
    rights.root = (enum proc_root)root;
    *ret_rights = rights;
    return OUTCOME_OK;
}

/* How a list of bits is written. */
struct list {
    const char *const *words;
    size_t count;
    const char *quote;
    const char *between;
};

/* Invariant 1. */
static void put_list(struct buf *buf, frame_set bits, const struct list *list)
{
    bool some = false;

    for (unsigned i = 0; i < 128; i++) {
        if ((bits & FRAME_BIT(i)) == 0) {
            continue;
        }
        const char *word = i < list->count ? list->words[i] : NULL;
        buf_put_text(buf, some ? list->between : "");
        if (word != NULL) {
            buf_printf(buf, "%s%s%s", list->quote, word, list->quote);
        } else {
            buf_printf(buf, "%s%u%s", list->quote, i, list->quote);
        }
        some = true;
    }
}

#define LIST(words) words, sizeof(words) / sizeof((words)[0])

static void put_line(struct buf *buf, const char *what, frame_set bits, const char *const *words,
                     size_t count)
{
    const struct list list = {words, count, "", " "};

    buf_printf(buf, "  %-9s ", what);
    if (bits == 0) {
        buf_put_u8(buf, '-');
    }
    put_list(buf, bits, &list);
    buf_put_u8(buf, '\n');
}

static void put_calls(struct buf *buf, const struct status_rights *rights)
{
    const struct list list = {LIST(call_words), "", " "};

    buf_put_text(buf, "  calls     ");
    if ((rights->calls & CALLS_UNFILTERED) != 0) {
        buf_put_text(buf, "all");
    } else {
        put_list(buf, rights->calls, &list);
        buf_printf(buf, ": %u system calls", rights->call_count);
    }
    buf_printf(buf, "; filter %s\n",
               rights->filter_mode == 2                       ? "on"
               : rights->filter_mode == RIGHTS_FILTER_UNKNOWN ? "not known"
                                                              : "off");
}

static enum paths_right right_of(const struct status_rights *rights)
{
    const struct proc_row row = {.root = rights->root, .may_write_files = rights->may_write_files};

    return paths_right(&row);
}

void status_rights_print(struct buf *buf, const struct status_rights *rights)
{
    put_calls(buf, rights);
    if (rights->files_max == 0) { /* it forks, executes, and opens for all: no row holds it */
        return;
    }
    buf_printf(buf, "  root      %s\n", root_words[rights->root]);
    if (rights->landlock_abi == 0) {
        buf_put_text(buf, "  landlock  not there\n");
    } else {
        buf_printf(buf, "  landlock  %s; ABI %u\n", path_words[right_of(rights)],
                   rights->landlock_abi);
    }
    put_line(buf, "granted", rights->grants & ~GRANTS_OF_PREPARE, LIST(grant_words));
    put_line(buf, "read once", rights->grants & GRANTS_OF_PREPARE, LIST(grant_words));
    put_line(buf, "reaches", rights->dials, LIST(dial_words));
    put_line(buf, "sends", rights->frames, LIST(frame_words));
    put_line(buf, "is sent", rights->takes, LIST(frame_words));
    buf_printf(buf, "  limits    descriptors %u, processes 0, core files 0, ", rights->files_max);
    buf_printf(buf, "file size %s, memory ", rights->may_write_files ? "any" : "0");
    if (rights->memory_bytes_max == 0) {
        buf_put_text(buf, "any\n");
    } else {
        buf_printf(buf, "%llu MiB\n", (unsigned long long)(rights->memory_bytes_max / MIB));
    }
}

static void put_json_list(struct buf *buf, const char *name, frame_set bits,
                          const char *const *words, size_t count)
{
    const struct list list = {words, count, "\"", ","};

    buf_printf(buf, ",\"%s\":[", name);
    put_list(buf, bits, &list);
    buf_put_u8(buf, ']');
}

void status_rights_print_json(struct buf *buf, const struct status_rights *rights)
{
    bool rowless = rights->files_max == 0;

    buf_printf(buf, "{\"filter_mode\":%u,\"call_count\":%u,\"landlock_abi\":%u",
               rights->filter_mode, rights->call_count, rights->landlock_abi);
    put_json_list(buf, "calls", rights->calls & ~CALLS_UNFILTERED, LIST(call_words));
    buf_printf(buf, ",\"root\":\"%s\",\"landlock\":\"%s\"", root_words[rights->root],
               rowless || rights->landlock_abi == 0 ? "none" : path_words[right_of(rights)]);
    put_json_list(buf, "granted", rights->grants & ~GRANTS_OF_PREPARE, LIST(grant_words));
    put_json_list(buf, "read_once", rights->grants & GRANTS_OF_PREPARE, LIST(grant_words));
    put_json_list(buf, "reaches", rights->dials, LIST(dial_words));
    put_json_list(buf, "sends", rights->frames, LIST(frame_words));
    put_json_list(buf, "is_sent", rights->takes, LIST(frame_words));
    buf_printf(buf, ",\"files_max\":%u,\"memory_bytes_max\":%llu,\"may_write_files\":%s}",
               rights->files_max, (unsigned long long)rights->memory_bytes_max,
               rights->may_write_files ? "true" : "false");
}
