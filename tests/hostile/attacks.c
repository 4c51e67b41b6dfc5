/* Frames that a taken front process sends the core: wrong kinds, lengths, counts and order, asks
 * that are none or beyond what they may, floods, and silence. */
#include "attacks.h"

#include "base/clock.h"
#include "base/log.h"
#include "office/act.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_MS 300 /* no answer for so long: none comes */
#define PATIENT_MS 6000
#define FLOOD_MS 2000 /* of one flood */
#define FLOOD_BYTES_MAX (64u << 20)
#define OUT_BYTES_MAX (4u << 20)

/* ---- what is sent ---- */

static void put_header(struct buf *buf, uint32_t len, unsigned kind, unsigned version,
                       unsigned count)
{
    buf_put_u32(buf, len);
    buf_put_u8(buf, (uint8_t)kind);
    buf_put_u8(buf, (uint8_t)version);
    buf_put_u16(buf, (uint16_t)count);
}

static struct ask good_ask(const struct hostile *hostile)
{
    struct ask ask = {.tag = 7,
                      .service = SERVICE_CITIZEN_LOOKUP,
                      .business = VIEW_LITERAL("NV-BANK-KYC"),
                      .case_ref = VIEW_LITERAL("HS-TAKEN"),
                      .subject_kind = SUBJECT_ID,
                      .key = view_text(hostile->seen->id),
                      .name = view_text(hostile->seen->name),
                      .birth_date = view_text(hostile->seen->birth_date),
                      .fields = {FIELD_FULL_NAME},
                      .field_count = 1};
    memcpy(ask.spki, hostile->seen->spki, sizeof(ask.spki));
    return ask;
}

static void put_asks(struct buf *buf, const struct ask *ask, unsigned really, unsigned said)
{
    size_t start = frame_start(buf, FRAME_ASKS);
    for (unsigned i = 0; i < really; i++) {
        frame_put_ask(buf, ask);
    }
    frame_finish(buf, start, said);
}

/* ---- what comes back ---- */

struct heard {
    unsigned codes[CODE_COUNT];
    unsigned answers;
};

static void hear_answers(const struct frame *frame, struct heard *heard)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct view checkpoint;
    struct answer answer;
    if (frame->kind != FRAME_ANSWERS || !outcome_ok(frame_get_checkpoint(&cursor, &checkpoint))) {
        return;
    }
    for (unsigned i = 0; i < frame->count; i++) {
        if (!outcome_ok(frame_get_answer(&cursor, checkpoint, &answer))) {
            return;
        }
        heard->codes[answer.code]++;
        heard->answers++;
    }
}

/* Until the pipe ends, so many answers have come and no more, or it has been quiet for long: what
 * is to be dropped, or answered, is on a busy machine soon enough. */
static void hear(struct hostile *hostile, struct heard *heard, unsigned wanted)
{
    struct pollfd polled = {.fd = hostile->pipe.fd, .events = POLLIN};
    struct frame frame;
    while (!hostile->dropped &&
           poll(&polled, 1, heard->answers < wanted ? PATIENT_MS : QUIET_MS) > 0) {
        struct outcome outcome = pipe_fill(&hostile->pipe);
        while (outcome_ok(pipe_next(&hostile->pipe, &frame))) {
            hear_answers(&frame, heard);
        }
        hostile->dropped = !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
    }
}

static void tell(struct hostile *hostile, const struct heard *heard, unsigned sent)
{
    int len = snprintf(hostile->met, MET_BYTES_MAX, "%s",
                       hostile->dropped ? "pipe dropped" : "pipe stands");
    if (sent > 0) {
        len += snprintf(hostile->met + len, MET_BYTES_MAX - (size_t)len, ", %u KiB taken", sent);
    }
    for (unsigned i = 0; i < CODE_COUNT && len < MET_BYTES_MAX - 40; i++) {
        if (heard->codes[i] > 0) {
            len += snprintf(hostile->met + len, MET_BYTES_MAX - (size_t)len, ", %s %u",
                            words_code.names[i], heard->codes[i]);
        }
    }
}

/* `wanted` answers, or the pipe's end. */
static void send_and_tell(struct hostile *hostile, const struct buf *buf, unsigned wanted)
{
    struct heard heard = {0};
    hear(hostile, &heard, 0); /* texts, health, what former attacks left */
    memset(&heard, 0, sizeof(heard));
    hostile->dropped =
        send(hostile->pipe.fd, buf->data, buf->len, MSG_NOSIGNAL) < 0 && errno != EAGAIN;
    hear(hostile, &heard, wanted);
    tell(hostile, &heard, 0);
}

/* ---- frames ---- */

static void put_act(struct buf *buf)
{
    struct act act = {.kind = ACT_BUSINESS_GRANT};
    act_value_set(&act, "code", VIEW_LITERAL("NV-BANK-KYC"));
    act_put(&act, buf);
}

static void wrong_kind(struct hostile *hostile, unsigned kind)
{
    BUF_AUTO payload;
    BUF_AUTO buf;
    buf_init(&payload, OUT_BYTES_MAX);
    buf_init(&buf, OUT_BYTES_MAX);
    if (kind == FRAME_ACT) {
        put_act(&payload);
    } else {
        buf_put_u8(&payload, 1);
    }
    put_header(&buf, (uint32_t)payload.len, kind, FRAME_VERSION, 1);
    buf_put_view(&buf, buf_view(&payload));
    send_and_tell(hostile, &buf, 1);
}

enum header_attack {
    VERSION,
    LENGTH_OVER,
    LENGTH_4G,
    COUNT_NONE,
    EMPTY,
    COUNT_257,
    TRAILING,
    FEWER
};

static void wrong_header(struct hostile *hostile, unsigned variant)
{
    const struct ask ask = good_ask(hostile);
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    switch ((enum header_attack)variant) {
    case VERSION:
        put_header(&buf, 0, FRAME_ASKS, 2, 0);
        break;
    case LENGTH_OVER:
        put_header(&buf, FRAME_BYTES_MAX - FRAME_HEADER_BYTES + 1, FRAME_ASKS, FRAME_VERSION, 1);
        break;
    case LENGTH_4G:
        put_header(&buf, UINT32_MAX, FRAME_ASKS, FRAME_VERSION, 1);
        break;
    case COUNT_NONE:
        put_header(&buf, 0, FRAME_ASKS, FRAME_VERSION, UINT16_MAX);
        break;
    case EMPTY:
        put_header(&buf, 0, FRAME_ASKS, FRAME_VERSION, 0);
        break;
    case COUNT_257:
        put_asks(&buf, &ask, FRAME_ASKS_MAX + 1, FRAME_ASKS_MAX + 1);
        break;
    case TRAILING:
        put_asks(&buf, &ask, 2, 1);
        break;
    case FEWER:
        put_asks(&buf, &ask, 1, 2);
        break;
    }
    send_and_tell(hostile, &buf, variant == EMPTY ? 0 : 1);
}

/* A frame that never ends: `bytes` of it, then silence. */
static void hang(struct hostile *hostile, unsigned bytes)
{
    const struct ask ask = good_ask(hostile);
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    put_asks(&buf, &ask, FRAME_ASKS_MAX, FRAME_ASKS_MAX);
    buf_cut(&buf, bytes);
    send_and_tell(hostile, &buf, 0);
    hostile->dropped = true; /* what is sent next would be taken for the rest */
}

/* ---- asks that are none ---- */

static char long_text[1024];

static struct view long_of(size_t len)
{
    memset(long_text, 'A', sizeof(long_text));
    return view_of(long_text, len);
}

static void malform(struct ask *ask, unsigned variant)
{
    switch (variant) {
    case 0:
        ask->service = (enum service)200;
        break;
    case 1:
        ask->subject_kind = (enum subject_kind)9;
        break;
    case 2:
        ask->use_kind = (enum use_kind)77;
        break;
    case 3:
        ask->fields[0] = 250;
        break;
    case 4:
        ask->field_count = ASK_FIELDS_MAX;
        break; /* the same again and again */
    case 5:
        ask->field_count = 0;
        break;
    case 6:
        ask->business = long_of(ASK_CODE_BYTES_MAX + 1);
        break;
    case 7:
        ask->business = view_of("", 0);
        break;
    case 8:
        ask->name = long_of(ASK_NAME_BYTES_MAX + 1);
        break;
    case 9:
        ask->name = view_text("\xff\xfe");
        break;
    case 10:
        ask->name = view_text("A\nB");
        break;
    case 11:
        ask->key = view_text("07909O123456");
        break;
    case 12:
        ask->key = view_text("1");
        break;
    case 13:
        ask->birth_date = view_text("2021-02-30");
        break;
    case 14:
        ask->case_ref = long_of(ASK_CASE_BYTES_MAX + 1);
        break;
    case 15:
        ask->idempotency_key = view_text("a b");
        break;
    case 16:
        ask->party = long_of(ASK_CODE_BYTES_MAX + 1);
        break;
    case 17: /* sane, but not an edge's to say, as the next */
        ask->proof.kind = PROOF_SIGNATURE;
        break;
    case 18:
        ask->proof.kind = PROOF_ASSERTION;
        ask->proof.kid = VIEW_LITERAL("portal-2026");
        ask->party = VIEW_LITERAL("bank");
        ask->officer = VIEW_LITERAL("lan");
        break;
    default:
        ask->traceparent = long_of(TRACEPARENT_BYTES_MAX + 1);
        break;
    }
}

static void malformed_ask(struct hostile *hostile, unsigned variant)
{
    struct ask ask = good_ask(hostile);
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    malform(&ask, variant);
    put_asks(&buf, &ask, 1, 1);
    send_and_tell(hostile, &buf, 1);
}

/* As only `verify` may put it. */
static void vouched_ask(struct hostile *hostile, unsigned variant)
{
    struct ask ask = good_ask(hostile);
    BUF_AUTO buf;
    (void)variant;
    buf_init(&buf, OUT_BYTES_MAX);
    malform(&ask, 18);
    size_t start = frame_start(&buf, FRAME_VOUCHED);
    frame_put_ask(&buf, &ask);
    frame_finish(&buf, start, 1);
    send_and_tell(hostile, &buf, 1);
}

/* ---- asks that say what is not an edge's to say, or not of their service ---- */

enum misplaced { LINE_OF_JOB, PERSON_KEY, CLAIM_NO_JSON, CLAIM_IN_LOOKUP };

static void misplace(struct ask *ask, unsigned what)
{
    const struct claim claim = {.what = FIELD_SEX, .value = VIEW_LITERAL("\"1\"")};
    switch (what) {
    case LINE_OF_JOB:
        ask->of_job = true;
        break;
    case PERSON_KEY:
        ask->service = SERVICE_LIST_EXTRACT;
        ask->subject_kind = SUBJECT_PERSON;
        ask->key = VIEW_LITERAL("\0\0\0\0\0\0\0\1");
        ask->name = ask->birth_date = view_of(NULL, 0);
        break;
    default:
        ask->service = what == CLAIM_NO_JSON ? SERVICE_CITIZEN_VERIFY : SERVICE_CITIZEN_LOOKUP;
        ask->claims[0] = claim;
        ask->claims[0].value = what == CLAIM_NO_JSON ? VIEW_LITERAL("\"1") : claim.value;
        ask->claim_count = 1;
        ask->fields[0] = FIELD_SEX;
        ask->field_count = 1;
        break;
    }
}

static void misplaced_ask(struct hostile *hostile, unsigned what)
{
    struct ask ask = good_ask(hostile);
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    misplace(&ask, what);
    put_asks(&buf, &ask, 1, 1);
    send_and_tell(hostile, &buf, 1);
}

/* ---- asks beyond what they may ---- */

enum beyond {
    UNKNOWN_ACCOUNT,
    BUSINESS_NOBODYS,
    BUSINESS_OTHERS,
    FIELD_BEYOND,
    FOR_ANOTHER,
    NO_CASE,
    COPY,
    NOBODY,
    QUOTA,
    WITHIN
};

static void beyond(struct hostile *hostile, unsigned variant)
{
    struct ask ask = good_ask(hostile);
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    switch ((enum beyond)variant) {
    case UNKNOWN_ACCOUNT:
        memset(ask.spki, 0xee, sizeof(ask.spki));
        break;
    case BUSINESS_NOBODYS:
        ask.business = VIEW_LITERAL("NV-NOBODY");
        break;
    case BUSINESS_OTHERS:
        ask.business = VIEW_LITERAL("NV-HCM-RESIDENCE");
        break;
    case FIELD_BEYOND:
        ask.fields[0] = FIELD_RELIGION;
        break;
    case FOR_ANOTHER:
        ask.party = VIEW_LITERAL("notary");
        break;
    case NO_CASE:
        ask.case_ref = VIEW_LITERAL(" ");
        break;
    case COPY:
        ask.use_kind = USE_COPY;
        ask.use_text = VIEW_LITERAL("2030-01-01");
        break;
    case NOBODY:
        ask.key = VIEW_LITERAL("100001910001");
        break;
    case QUOTA:
        ask.business = VIEW_LITERAL("NV-BANK-TINY");
        break; /* one a day */
    case WITHIN:
        break;
    }
    put_asks(&buf, &ask, variant == QUOTA ? 3 : 1, variant == QUOTA ? 3 : 1);
    send_and_tell(hostile, &buf, variant == QUOTA ? 3 : 1);
}

/* ---- floods ---- */

static int64_t now_ms(void)
{
    struct clock_port clock = clock_system();
    return clock_monotonic_us(&clock) / 1000;
}

static void put_flood(const struct hostile *hostile, unsigned variant, struct buf *buf)
{
    struct ask ask = good_ask(hostile);
    switch (variant) {
    case 0: /* frames with nothing in them */
        for (unsigned i = 0; i < 8192; i++) {
            put_header(buf, 0, FRAME_ASKS, FRAME_VERSION, 0);
        }
        return;
    case 1:
        memset(ask.spki, 0xee, sizeof(ask.spki));
        break;
    case 2:
        ask.business = VIEW_LITERAL("NV-NOBODY");
        break;
    default: /* good ones: as many as the quota has */
        ask.business = VIEW_LITERAL("T-FLOOD");
        break;
    }
    for (unsigned i = 0; i < 64; i++) {
        put_asks(buf, &ask, variant == 4 ? 1 : 64, variant == 4 ? 1 : 64);
    }
}

/* Sends all the time; what comes is left where it is. */
static void flood(struct hostile *hostile, unsigned variant)
{
    struct heard heard = {0};
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    put_flood(hostile, variant, &buf);
    size_t sent = 0;
    size_t at = 0;
    int64_t until = now_ms() + FLOOD_MS;
    while (now_ms() < until && sent < FLOOD_BYTES_MAX && !hostile->dropped) {
        struct pollfd polled = {.fd = hostile->pipe.fd, .events = POLLOUT};
        (void)poll(&polled, 1, 50);
        ssize_t put = send(hostile->pipe.fd, buf.data + at, buf.len - at, MSG_NOSIGNAL);
        hostile->dropped = put < 0 && errno != EAGAIN;
        at = put > 0 ? (at + (size_t)put) % buf.len : at;
        sent += put > 0 ? (size_t)put : 0;
    }
    tell(hostile, &heard, (unsigned)(sent >> 10));
    hostile->dropped = true;
}

/* ---- other ways ---- */

/* Descriptors ride along with frames: the core takes none from its pipes. */
static void send_descriptors(struct hostile *hostile, unsigned count)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char header[FRAME_HEADER_BYTES] = {0, 0, 0, 0, FRAME_ASKS, FRAME_VERSION, 0, 0};
    struct iovec part = {.iov_base = header, .iov_len = sizeof(header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct heard heard = {0};
    control.head = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(&control.head), &hostile->pipe.fd, sizeof(int));
    for (unsigned i = 0; i < count && !hostile->dropped; i++) {
        if (sendmsg(hostile->pipe.fd, &message, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
            hostile->dropped = errno != ETOOMANYREFS;
        }
    }
    hear(hostile, &heard, 0);
    tell(hostile, &heard, 0);
}

/* To the supervisor: it ends who says more than that it serves. */
static void tell_supervisor(struct hostile *hostile, unsigned variant)
{
    struct pollfd polled = {.fd = hostile->child->control_fd, .events = POLLIN};
    BUF_AUTO buf;
    buf_init(&buf, OUT_BYTES_MAX);
    put_header(&buf, 2, variant == 0 ? FRAME_PEER : FRAME_HEALTH, FRAME_VERSION, 1);
    buf_put_u16(&buf, 0);
    (void)!send(polled.fd, buf.data, buf.len, MSG_NOSIGNAL);
    (void)poll(&polled, 1, QUIET_MS);
    snprintf(hostile->met, MET_BYTES_MAX, "not listened to");
}

static void flood_log(struct hostile *hostile, unsigned lines)
{
    static const char wild[] =
        "\033[2J\033]0;taken\007 2026-01-01T00:00:00.000000Z info core act\n";
    for (unsigned i = 0; i < lines; i++) {
        (void)!write(STDERR_FILENO, wild, sizeof(wild) - 1);
    }
    (void)poll(NULL, 0, FLOOD_MS); /* what does not fit the supervisor's pipe is lost */
    snprintf(hostile->met, MET_BYTES_MAX, "lines without control characters");
}

const struct attack frame_attacks[] = {
    {"a frame of kind 0", wrong_kind, 0},
    {"a frame of answers", wrong_kind, FRAME_ANSWERS},
    {"a frame of texts", wrong_kind, FRAME_TEXTS},
    {"a frame of health", wrong_kind, FRAME_HEALTH},
    {"a log's key", wrong_kind, FRAME_LOG_KEY},
    {"an act", wrong_kind, FRAME_ACT},
    {"an act's result", wrong_kind, FRAME_ACT_RESULT},
    {"a wish to the keeper", wrong_kind, FRAME_KEEP},
    {"a word of the keeper", wrong_kind, FRAME_KEPT},
    {"a frame that brings a peer", wrong_kind, FRAME_PEER},
    {"a question for the status", wrong_kind, FRAME_STATUS},
    {"a receipt asked for that is none", wrong_kind, FRAME_RECEIPT},
    {"a frame of kind 12", wrong_kind, 12},
    {"a frame of kind 13", wrong_kind, 13},
    {"a frame of kind 14", wrong_kind, 14},
    {"a frame of kind 15", wrong_kind, 15},
    {"a frame of kind 255", wrong_kind, 255},
    {"another version", wrong_header, VERSION},
    {"a length beyond the largest", wrong_header, LENGTH_OVER},
    {"a length of 4 GiB", wrong_header, LENGTH_4G},
    {"65,535 asks in no bytes", wrong_header, COUNT_NONE},
    {"a frame of no asks", wrong_header, EMPTY},
    {"257 asks in a frame", wrong_header, COUNT_257},
    {"an ask more than said", wrong_header, TRAILING},
    {"an ask fewer than said", wrong_header, FEWER},
    {"half a header, then silence", hang, 5},
    {"half a frame, then silence", hang, 20000},
    {"an unknown service", malformed_ask, 0},
    {"an unknown kind of number", malformed_ask, 1},
    {"an unknown use", malformed_ask, 2},
    {"an unknown field", malformed_ask, 3},
    {"a field many times", malformed_ask, 4},
    {"no field", malformed_ask, 5},
    {"a business too long", malformed_ask, 6},
    {"no business", malformed_ask, 7},
    {"a name too long", malformed_ask, 8},
    {"a name that is no UTF-8", malformed_ask, 9},
    {"a name of two lines", malformed_ask, 10},
    {"a number with a letter", malformed_ask, 11},
    {"a number too short", malformed_ask, 12},
    {"a day that is none", malformed_ask, 13},
    {"a case too long", malformed_ask, 14},
    {"a key with a space", malformed_ask, 15},
    {"a party too long", malformed_ask, 16},
    {"an ask that says it was signed", malformed_ask, 17},
    {"an ask that says it was asserted", malformed_ask, 18},
    {"a trace too long", malformed_ask, 19},
    {"a frame of vouched asks", vouched_ask, 0},
    {"an ask that says it is a line of a job", misplaced_ask, LINE_OF_JOB},
    {"an ask about a person's key", misplaced_ask, PERSON_KEY},
    {"a claim that is no JSON", misplaced_ask, CLAIM_NO_JSON},
    {"a look-up with a claim", misplaced_ask, CLAIM_IN_LOOKUP},
    {"an ask of an unknown account", beyond, UNKNOWN_ACCOUNT},
    {"a business that nobody has", beyond, BUSINESS_NOBODYS},
    {"a business of another party", beyond, BUSINESS_OTHERS},
    {"a field beyond the business", beyond, FIELD_BEYOND},
    {"an ask for another party", beyond, FOR_ANOTHER},
    {"an ask without a case", beyond, NO_CASE},
    {"an ask to keep a copy", beyond, COPY},
    {"an ask about nobody", beyond, NOBODY},
    {"three asks on a quota of one", beyond, QUOTA},
    {"an ask within the account's rights", beyond, WITHIN},
    {"a flood of empty frames", flood, 0},
    {"a flood of an unknown account, unread", flood, 1},
    {"a flood of refusals, unread", flood, 2},
    {"a flood of good asks, unread", flood, 3},
    {"a flood of frames of one ask, unread", flood, 4},
    {"5,000 descriptors", send_descriptors, 5000},
    {"a peer for the supervisor", tell_supervisor, 0},
    {"a second readiness", tell_supervisor, 1},
    {"20,000 forged log lines", flood_log, 20000},
};
const unsigned frame_attack_count = sizeof(frame_attacks) / sizeof(frame_attacks[0]);
