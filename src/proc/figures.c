/*
 * The tables of figures, and their codec.
 *
 * Invariants
 *  1. The rows of a table cover its places in order, each once: what is counted is shown.
 *  2. A set that was read has exactly its table's figures, each within FIGURE_MAX, so that sums of
 *     them do not wrap.
 */
#include "proc/figures.h"

#include "base/check.h"
#include "base/clock.h"

#define MS_PER_S 1000

/* Rows read better as they stand. */
/* clang-format off */
#define COUNT_OF(name, at, help) {name, FIGURE_COUNTER, at, NULL, NULL, NULL, 1, help}
#define GAUGE_OF(name, at, help) {name, FIGURE_GAUGE, at, NULL, NULL, NULL, 1, help}
#define COUNT_BY(name, at, label, value, help) {name, FIGURE_COUNTER, at, label, value, NULL, 1, help}
#define GAUGE_BY(name, at, label, value, help) {name, FIGURE_GAUGE, at, label, value, NULL, 1, help}
#define SPAN_OF(name, at, help) {name, FIGURE_HISTOGRAM, at, NULL, NULL, &histogram_span, US_PER_S, help}
#define LOST "Connections and requests ended by a ceiling or time limit of the listener, by which."
#define RESPONSES "Responses of the listener by class of their status."
#define OBJECTS "Objects on file that have a ceiling in memory. A lock counts once for each number that it is found by."
#define OBJECTS_MAX "Ceiling of dancu_objects."
#define INSPECTIONS                                                                                \
    "Parties connected or suspended whose security inspection ends within 30 days, has ended, ended "  \
    "over 30 days ago."
#define INCIDENTS "Incidents of which the authority is to be told: in time, within 24 hours, too late."
#define CASES "Written requests that are not decided: all, within their last days, behind them."
#define CERTIFICATES "Accounts' certificates, not revoked, that end within 30 days or have ended."
#define DAMAGED "Damaged places that the scrub found, by pass; `dancu scrub status` names them."
#define PIPES "Bytes waiting in the core's pipes: in, not yet taken; out, not yet written."

static const struct figure_row channel_rows[] = {
    GAUGE_OF("dancu_connections", CHANNEL_CONNECTIONS_OPEN, "Connections open."),
    GAUGE_OF("dancu_asks_pending", CHANNEL_ASKS_PENDING, "Asks that the core has not answered yet."),
    GAUGE_OF("dancu_held_bytes", CHANNEL_HELD_BYTES, "Requests and answers in memory."),
    GAUGE_OF("dancu_channel_pipe_bytes", CHANNEL_PIPE_BYTES, "Bytes waiting to be written to the core."),
    COUNT_OF("dancu_connections_accepted_total", CHANNEL_CONNECTIONS, "Connections accepted."),
    COUNT_OF("dancu_connections_evicted_total", CHANNEL_EVICTED, "Idle connections dropped for new ones."),
    COUNT_OF("dancu_tls_handshakes_total", CHANNEL_HANDSHAKES, "TLS handshakes completed."),
    COUNT_OF("dancu_tls_handshakes_failed_total", CHANNEL_HANDSHAKES_FAILED, "TLS handshakes that failed."),
    COUNT_OF("dancu_http_requests_total", CHANNEL_REQUESTS, "Requests begun."),
    COUNT_BY("dancu_http_responses_total", CHANNEL_RESPONSES_2XX, "status", "2xx", RESPONSES),
    COUNT_BY("dancu_http_responses_total", CHANNEL_RESPONSES_3XX, "status", "3xx", RESPONSES),
    COUNT_BY("dancu_http_responses_total", CHANNEL_RESPONSES_4XX, "status", "4xx", RESPONSES),
    COUNT_BY("dancu_http_responses_total", CHANNEL_RESPONSES_5XX, "status", "5xx", RESPONSES),
    COUNT_BY("dancu_http_limited_total", CHANNEL_MALFORMED, "why", "malformed", LOST),
    COUNT_BY("dancu_http_limited_total", CHANNEL_TOO_LARGE, "why", "too_large", LOST),
    COUNT_BY("dancu_http_limited_total", CHANNEL_TOO_SLOW, "why", "too_slow", LOST),
    COUNT_BY("dancu_http_limited_total", CHANNEL_BUSY, "why", "busy", LOST),
    COUNT_BY("dancu_http_limited_total", CHANNEL_PRESSED, "why", "pressed", LOST),
    COUNT_BY("dancu_http_limited_total", CHANNEL_LATE, "why", "late", LOST),
    COUNT_BY("dancu_http_limited_total", CHANNEL_FLOODS, "why", "flood", LOST),
    COUNT_OF("dancu_tiles_refused_total", CHANNEL_TILES_REFUSED,
        "Requests for a tile or checkpoint that did not verify and was not served."),
    COUNT_BY("dancu_answers_total", CHANNEL_ANSWERS, "code", NULL,
        "Answers of the listener by code: the core's, and those that it gave itself."),
    SPAN_OF("dancu_ask_duration_seconds", CHANNEL_ASK_SPAN,
        "From an ask's last byte to its whole answer handed to TLS, of asks that the core answered."),
};

#define MESSAGES "Messages to phones that have ended: the centre has them, refuses them or could not deliver them, or nobody took them in time."
#define TEXTS "Messages from phones, by what became of them: answered, brought again, not answered."
#define SEGMENTS "Segments of the log that are older than the period: shredded so far; still to be shredded, as of the last look; of those, kept because something in them is wanted."
#define SETS "Sets of changes that reached the core, by what became of them."
#define CHANGES "Changes of sets that were taken, each once, by result."
static const struct figure_row core_rows[] = {
    GAUGE_OF("dancu_core_start_time_seconds", CORE_STARTED_S, "When the core began to serve, since 1970."),
    GAUGE_OF("dancu_policy_in_force", CORE_POLICY, "1 when a policy is in force; without one nothing is answered."),
    GAUGE_OF("dancu_ledger_writable", CORE_WRITABLE, "1 when the ledger can write; else asks are answered 503."),
    GAUGE_OF("dancu_ledger_held", CORE_HELD, "1 when the home is restored and its rollback is not accepted: it signs nothing."),
    GAUGE_OF("dancu_ledger_entries", CORE_ENTRIES, "Size of the log."),
    GAUGE_OF("dancu_ledger_replayed_entries", CORE_REPLAYED, "Entries that this start replayed."),
    GAUGE_OF("dancu_ledger_unpublished_entries", CORE_UNPUBLISHED, "Entries that the public files do not show yet."),
    GAUGE_OF("dancu_ledger_segment", CORE_SEGMENT, "Number of the segment being written."),
    GAUGE_OF("dancu_ledger_segment_used_bytes", CORE_SEGMENT_USED_BYTES, "Bytes of that segment in use."),
    GAUGE_OF("dancu_ledger_segment_size_bytes", CORE_SEGMENT_BYTES, "Size of that segment."),
    GAUGE_OF("dancu_ledger_spare_ready", CORE_SPARE, "1 when the keeper has the next segment ready."),
    GAUGE_OF("dancu_snapshot_pending_entries", CORE_SNAPSHOT_ENTRIES, "Entries since the last snapshot: a start replays so many."),
    {"dancu_snapshot_age_seconds", FIGURE_GAUGE, CORE_SNAPSHOT_AGE_US, NULL, NULL, NULL, US_PER_S,
        "Since the last snapshot was taken or tried; it also grows while nothing is asked."},
    GAUGE_OF("dancu_aggregate_waiting_asks", CORE_LIMITED, "Asks answered 429 that no aggregate entry counts yet."),
    GAUGE_OF("dancu_office_late_acts", CORE_ACTS_LATE, "Acts in force that office.db has no room for."),
    GAUGE_OF("dancu_guess_keys", CORE_GUESS_KEYS, "Asked keys with misses that are remembered."),
    GAUGE_OF("dancu_guess_keys_max", CORE_GUESS_KEYS_MAX, "Ceiling of dancu_guess_keys; there, asks are refused."),
    GAUGE_OF("dancu_history_rows", CORE_HISTORY_ROWS, "Rows of who has seen whom."),
    GAUGE_OF("dancu_history_rows_waiting", CORE_HISTORY_WAITING, "Of these, rows in memory that are in no file yet."),
    GAUGE_OF("dancu_history_rows_waiting_max", CORE_HISTORY_WAITING_MAX, "Ceiling of dancu_history_rows_waiting; there, nothing is recorded."),
    GAUGE_OF("dancu_history_runs", CORE_HISTORY_RUNS, "Files that the others are in."),
    GAUGE_BY("dancu_objects", CORE_PARTIES, "kind", "party", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_ACCOUNTS, "kind", "account", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_BUSINESSES, "kind", "business", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_PHONES, "kind", "phone", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_NOTICE_WISHES, "kind", "notice_wish", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_LOCKS, "kind", "lock", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_PASSES, "kind", "one_time_code", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_COMPLAINTS, "kind", "complaint", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_NEWS, "kind", "news", OBJECTS),
    GAUGE_BY("dancu_objects", CORE_MESSAGES, "kind", "message", OBJECTS),
    GAUGE_BY("dancu_objects_max", CORE_PARTIES_MAX, "kind", "party", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_ACCOUNTS_MAX, "kind", "account", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_BUSINESSES_MAX, "kind", "business", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_PHONES_MAX, "kind", "phone", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_NOTICE_WISHES_MAX, "kind", "notice_wish", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_LOCKS_MAX, "kind", "lock", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_PASSES_MAX, "kind", "one_time_code", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_COMPLAINTS_MAX, "kind", "complaint", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_NEWS_MAX, "kind", "news", OBJECTS_MAX),
    GAUGE_BY("dancu_objects_max", CORE_MESSAGES_MAX, "kind", "message", OBJECTS_MAX),
    GAUGE_OF("dancu_core_pipes", CORE_PIPES, "Pipes of other processes to the core."),
    GAUGE_BY("dancu_core_pipe_bytes", CORE_PIPE_IN_BYTES, "direction", "in", PIPES),
    GAUGE_BY("dancu_core_pipe_bytes", CORE_PIPE_OUT_BYTES, "direction", "out", PIPES),
    {"dancu_scrub_progress_ratio", FIGURE_GAUGE, CORE_SCRUB_PROGRESS_PPM, NULL, NULL, NULL, 1000000,
        "How far the scrub's pass in hand is, 0 to 1."},
    GAUGE_OF("dancu_scrub_last_pass_time_seconds", CORE_SCRUB_ENDED_S, "When a pass of the scrub ended last, since 1970; 0: none did."),
    GAUGE_OF("dancu_scrub_looked", CORE_SCRUB_LOOKED, "Rows, records and tiles that the pass in hand, or the last, has looked at."),
    GAUGE_BY("dancu_scrub_damaged_places", CORE_SCRUB_FOUND, "pass", "current", DAMAGED),
    GAUGE_BY("dancu_scrub_damaged_places", CORE_SCRUB_FOUND_BEFORE, "pass", "previous", DAMAGED),
    COUNT_OF("dancu_frames_refused_total", CORE_FRAMES_REFUSED,
        "Frames of other processes that the core refused: one of them is broken or taken."),
    COUNT_OF("dancu_asks_repeated_total", CORE_REPEATS, "Asks that were answered again, of those of dancu_asks_total."),
    COUNT_OF("dancu_job_lines_total", CORE_JOB_LINES, "Lines of jobs that were decided, of those of dancu_asks_total."),
    COUNT_OF("dancu_job_lines_later_total", CORE_JOB_LATER, "Lines of jobs that were put off: a quota of time, or an old record to be read."),
    GAUGE_BY("dancu_inspections", CORE_INSPECTIONS_DUE, "state", "due", INSPECTIONS),
    GAUGE_BY("dancu_inspections", CORE_INSPECTIONS_LAPSED, "state", "lapsed", INSPECTIONS),
    GAUGE_BY("dancu_inspections", CORE_INSPECTIONS_OVER, "state", "over", INSPECTIONS),
    GAUGE_BY("dancu_account_certificates", CORE_CERTIFICATES_DUE, "state", "due", CERTIFICATES),
    GAUGE_BY("dancu_account_certificates", CORE_CERTIFICATES_ENDED, "state", "ended", CERTIFICATES),
    GAUGE_BY("dancu_incidents", CORE_INCIDENTS_OPEN, "state", "open", INCIDENTS),
    GAUGE_BY("dancu_incidents", CORE_INCIDENTS_DUE, "state", "due", INCIDENTS),
    GAUGE_BY("dancu_incidents", CORE_INCIDENTS_OVERDUE, "state", "overdue", INCIDENTS),
    GAUGE_BY("dancu_cases", CORE_CASES_OPEN, "state", "open", CASES),
    GAUGE_BY("dancu_cases", CORE_CASES_DUE, "state", "due", CASES),
    GAUGE_BY("dancu_cases", CORE_CASES_OVERDUE, "state", "overdue", CASES),
    GAUGE_OF("dancu_papers_loose", CORE_PAPERS_LOOSE, "Documents in the archive that no officer has signed for yet."),
    GAUGE_OF("dancu_messages_waiting", CORE_MESSAGES_WAITING, "Messages to phones that the centre does not have yet, as of the last walk."),
    GAUGE_OF("dancu_messages_kept", CORE_MESSAGES_KEPT, "Messages to phones in the outbox, with those that are done and remembered."),
    COUNT_BY("dancu_messages_total", CORE_MESSAGES_DONE, "outcome", "done", MESSAGES),
    COUNT_BY("dancu_messages_total", CORE_MESSAGES_FAILED, "outcome", "failed", MESSAGES),
    COUNT_BY("dancu_messages_total", CORE_MESSAGES_EXPIRED, "outcome", "expired", MESSAGES),
    COUNT_OF("dancu_news_lost_total", CORE_NEWS_LOST, "News for citizens that was lost for want of room."),
    GAUGE_OF("dancu_key_rotation_running", CORE_ROTATION_BEGUN, "1 while what is stored is sealed anew under another data key."),
    GAUGE_OF("dancu_key_rotation_persons", CORE_ROTATION_PERSONS, "Persons that were sealed anew so far, while it runs."),
    GAUGE_BY("dancu_retention_segments", CORE_SEGMENTS_SHREDDED, "state", "shredded", SEGMENTS),
    GAUGE_BY("dancu_retention_segments", CORE_SEGMENTS_WAITING, "state", "waiting", SEGMENTS),
    GAUGE_BY("dancu_retention_segments", CORE_SEGMENTS_KEPT, "state", "kept", SEGMENTS),
    GAUGE_OF("dancu_retention_last_day_seconds", CORE_SHREDDED_DAY_S, "When the day began (UTC+7) on which a segment was shredded last, since 1970; 0: none was."),
    COUNT_BY("dancu_texts_total", CORE_TEXTS_ANSWERED, "outcome", "answered", TEXTS),
    COUNT_BY("dancu_texts_total", CORE_TEXTS_AGAIN, "outcome", "again", TEXTS),
    COUNT_BY("dancu_texts_total", CORE_TEXTS_UNANSWERED, "outcome", "unanswered", TEXTS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_DONE, "outcome", "done", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_BAD_INPUT, "outcome", "bad_input", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_SIGNATURE_INVALID, "outcome", "signature_invalid", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_NOT_YOURS, "outcome", "not_yours", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_NUMBER_GAP, "outcome", "number_gap", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_NUMBER_CONFLICT, "outcome", "number_conflict", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_NUMBER_PAST, "outcome", "number_past", SETS),
    COUNT_BY("dancu_change_sets_total", CORE_SETS + SET_CODE_UNAVAILABLE, "outcome", "changes_unavailable", SETS),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_APPLIED, "result", "applied", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_UNCHANGED, "result", "unchanged", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_OUTRANKED, "result", "outranked", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_NOT_AUTHORISED, "result", "not_authorised", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_NOT_FOUND, "result", "not_found", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_ALREADY_THERE, "result", "already_there", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_NUMBER_TAKEN, "result", "number_taken", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_CMND_TAKEN, "result", "cmnd_taken", CHANGES),
    COUNT_BY("dancu_changes_total", CORE_CHANGES + CHANGE_RESULT_TOO_LARGE, "result", "too_large", CHANGES),
    COUNT_BY("dancu_asks_total", CORE_ASKS, "outcome", NULL, "Asks that the core answered, by outcome."),
    {"dancu_batch_asks", FIGURE_HISTOGRAM, CORE_BATCH, NULL, NULL, &histogram_batch, 1,
        "Asks decided and recorded by one commit."},
    SPAN_OF("dancu_batch_duration_seconds", CORE_SERVE_SPAN, "A batch's way through the gate, its commit included."),
    SPAN_OF("dancu_ledger_sync_duration_seconds", CORE_SYNC_SPAN, "fdatasync of one record of the log."),
};

static const struct figure_row crew_rows[] = {
    GAUGE_OF("dancu_process_serving", CREW_SERVING, "1 when the place in the process table is filled and serves."),
    GAUGE_OF("dancu_processes", CREW_PROCESSES, "Living processes of that place: who serves, who follows, who drains."),
    COUNT_OF("dancu_process_restarts_total", CREW_RESTARTS, "How often the process died and was started anew."),
    {"dancu_process_uptime_seconds", FIGURE_GAUGE, CREW_UPTIME_MS, NULL, NULL, NULL, MS_PER_S,
        "Age of the process that serves."},
    GAUGE_OF("dancu_process_resident_bytes", CREW_RESIDENT_BYTES, "Resident memory, mapped files included."),
};
/* clang-format on */

#define TABLE(rows, figures)                                                                       \
    {                                                                                              \
        rows, sizeof(rows) / sizeof(rows[0]), figures                                              \
    }
const struct figure_table channel_table = TABLE(channel_rows, CHANNEL_FIGURE_COUNT);
const struct figure_table core_table = TABLE(core_rows, CORE_FIGURE_COUNT);
const struct figure_table crew_table = TABLE(crew_rows, CREW_FIGURE_COUNT);

_Static_assert(8 * CHANNEL_FIGURE_COUNT + 64 <= FIGURES_FRAME_BYTES, "a channel's set fits");

unsigned figure_places(const struct figure_row *row)
{
    if (row->kind == FIGURE_HISTOGRAM) {
        return HISTOGRAM_PLACES(row->bounds->count);
    }
    return row->label != NULL && row->value == NULL ? CODE_COUNT : 1;
}

void figures_put(struct buf *buf, const struct figure_table *table, const uint64_t *figures)
{
    for (unsigned i = 0; i < table->figure_count; i++) {
        buf_put_u64(buf, figures[i] < FIGURE_MAX ? figures[i] : FIGURE_MAX);
    }
}

struct outcome figures_get(struct cursor *cursor, const struct figure_table *table,
                           uint64_t *ret_figures)
{
    struct cursor all = *cursor;

    for (unsigned i = 0; i < table->figure_count; i++) {
        if (cursor_u64(&all) > FIGURE_MAX) { /* invariant 2 */
            return outcome_fail(FAULT_BAD_INPUT, "figures: too large");
        }
    }
    if (all.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "figures: cut short");
    }
    for (unsigned i = 0; i < table->figure_count; i++) {
        ret_figures[i] = cursor_u64(cursor);
    }
    return OUTCOME_OK;
}

/* Invariant 1: the place's row is the last that begins there or before. */
static bool is_gauge(const struct figure_table *table, unsigned at)
{
    unsigned row = 0;

    while (row + 1 < table->row_count && table->rows[row + 1].at <= at) {
        row++;
    }
    return table->rows[row].kind == FIGURE_GAUGE;
}

bool figures_follow(const struct figure_table *table, const uint64_t *before, const uint64_t *now)
{
    for (unsigned at = 0; at < table->figure_count; at++) {
        if (now[at] < before[at] && !is_gauge(table, at)) {
            return false;
        }
    }
    return true;
}

void figures_add(const struct figure_table *table, uint64_t *sum, const uint64_t *figures,
                 bool gauges)
{
    for (unsigned at = 0; at < table->figure_count; at++) {
        if (gauges || !is_gauge(table, at)) {
            CHECK(sum[at] <= FIGURE_MAX && figures[at] <= FIGURE_MAX);
            uint64_t both = sum[at] + figures[at];
            sum[at] = both < FIGURE_MAX ? both : FIGURE_MAX;
        }
    }
}

void figures_put_named(struct buf *buf, const struct figure_table *table, struct view name,
                       const uint64_t *figures)
{
    buf_put_block16(buf, name);
    figures_put(buf, table, figures);
}

static bool is_name(struct view name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        bool letter = byte >= 'a' && byte <= 'z';
        bool digit = byte >= '0' && byte <= '9';
        if (!letter && (i == 0 || (!digit && byte != ' '))) {
            return false;
        }
    }
    return name.len > 0 && name.len < FIGURES_NAME_BYTES;
}

struct outcome figures_get_named(struct cursor *cursor, const struct figure_table *table,
                                 char ret_name[FIGURES_NAME_BYTES], uint64_t *ret_figures)
{
    struct view name = cursor_block16(cursor);

    if (!is_name(name)) {
        return outcome_fail(FAULT_BAD_INPUT, "figures: name");
    }
    TRY(figures_get(cursor, table, ret_figures));
    memcpy(ret_name, name.data, name.len);
    ret_name[name.len] = '\0';
    return OUTCOME_OK;
}
