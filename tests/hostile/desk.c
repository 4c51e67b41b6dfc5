/* A desk that is taken: it has seen officers' acts and their certificates, and forges what it can.
 */
#include "desk.h"

#include "base/log.h"
#include "office/act.h"
#include "proc/signed.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_BYTES_MAX 8192
#define ANSWER_MS 8000
#define PEER_MS 20000
#define FLOOD 20000

/* The lines of desk.txt: certificates' keys in hex, then JWS. */
enum line { KEY_LAN, KEY_MINH, KEY_BANK, PROPOSAL, APPROVAL, BANK_ACT, TEXT_PROPOSAL, LINES };

static struct {
    char lines[LINES][LINE_BYTES_MAX];
    struct es256 *key; /* the attacker's own */
    uint8_t spki[ES256_SPKI_BYTES];
    struct pipe_end verify;
} desk;

static struct es256 *own_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    struct es256 *es256 = NULL;
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(bio, &text);
    outcome_ignore(es256_new(view_of(text, (size_t)len), &es256));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return es256;
}

int desk_seen_prepare(struct child *child)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/../desk.txt", child->settings.home);
    FILE *file = fopen(path, "re");
    if (file == NULL) { /* a test without a desk: it only serves */
        return 0;
    }
    for (unsigned i = 0; i < LINES; i++) {
        if (fgets(desk.lines[i], LINE_BYTES_MAX, file) == NULL) {
            fclose(file);
            return PROC_EXIT_REFUSED;
        }
        desk.lines[i][strcspn(desk.lines[i], "\n")] = '\0';
    }
    fclose(file);
    desk.key = own_key();
    BUF_AUTO spki;
    buf_init(&spki, SIGNED_SPKI_BYTES_MAX);
    es256_spki_put(desk.key, &spki);
    memcpy(desk.spki, spki.data, sizeof(desk.spki));
    return 0;
}

bool desk_to_verify(const struct child *child, const struct proc_peer *peer)
{
    const struct proc_row *rows = child->row - child->row_number;
    return view_is(view_text(rows[peer->row].name), "verify");
}

bool desk_begin(struct hostile *hostile)
{
    const struct child *child = hostile->child;
    struct pollfd polled = {.fd = child->control_fd, .events = POLLIN};
    for (;;) { /* the one to the archive may come first */
        struct proc_peer peer = {.fd = -1};
        if (poll(&polled, 1, PEER_MS) != 1 || !outcome_ok(proc_receive_peer(polled.fd, &peer)) ||
            peer.row == child->row_number) {
            return false;
        }
        if (desk_to_verify(child, &peer)) {
            pipe_init(&desk.verify, peer.fd);
            return true;
        }
        close(peer.fd);
    }
}

/* ---- what is sent, and what comes back ---- */

static void key_of(enum line line, struct buf *ret_key)
{
    buf_init(ret_key, SIGNED_SPKI_BYTES_MAX);
    size_t len = strlen(desk.lines[line]) / 2;
    uint8_t *bytes = buf_claim(ret_key, len);
    outcome_ignore(hex_get(view_text(desk.lines[line]), bytes, len));
}

static void hear(struct hostile *hostile)
{
    struct pollfd polled = {.fd = desk.verify.fd, .events = POLLIN};
    struct frame frame;
    struct signed_done done;
    while (poll(&polled, 1, ANSWER_MS) > 0) {
        struct outcome filled = pipe_fill(&desk.verify);
        if (outcome_ok(pipe_next(&desk.verify, &frame)) &&
            outcome_ok(signed_get_done(&frame, &done))) {
            snprintf(hostile->met, MET_BYTES_MAX, "%s%s%.*s",
                     words_name(&words_act_code, done.code), done.object.len > 0 ? " " : "",
                     (int)(done.object.len > 16 ? 16 : done.object.len),
                     done.object.len > 0 ? (const char *)done.object.data : "");
            return;
        }
        if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
            snprintf(hostile->met, MET_BYTES_MAX, "pipe dropped");
            hostile->dropped = true; /* its successor gets a new one */
            return;
        }
    }
    snprintf(hostile->met, MET_BYTES_MAX, "no answer");
}

static void ask(struct hostile *hostile, struct view key, struct view jws)
{
    const struct signed_asked asked = {.tag = 1, .spki = key, .jws = jws};
    signed_put_asked(&desk.verify.out, &asked);
    outcome_ignore(pipe_flush(&desk.verify));
    hear(hostile);
}

/* What passed through here once, sent as it was. */
static void relay(struct hostile *hostile, unsigned line)
{
    BUF_AUTO key;
    key_of(line == APPROVAL ? KEY_MINH : line == BANK_ACT ? KEY_BANK : KEY_LAN, &key);
    ask(hostile, buf_view(&key), view_text(desk.lines[line]));
}

static void sign(struct buf *jws)
{
    uint8_t signature[SEAL_SIGNATURE_BYTES] = {0};
    outcome_ignore(es256_sign(desk.key, buf_view(jws), signature));
    buf_put_u8(jws, '.');
    base64url_put(jws, view_of(signature, sizeof(signature)));
}

static struct view part(enum line line, unsigned number)
{
    struct view text = view_text(desk.lines[line]);
    size_t first = view_find(text, 0, '.');
    size_t second = view_find(text, first + 1, '.');
    return number == 0   ? view_part(text, 0, first)
           : number == 1 ? view_part(text, first + 1, second - first - 1)
                         : view_part(text, second + 1, text.len - second - 1);
}

/* ---- forgeries ---- */

enum forgery {
    OWN_KEY,      /* MINH's approval, signed by the attacker */
    OWN_KEY_TOLD, /* the same, with the attacker's key told as the certificate's */
    ALG_NONE,
    WITH_JWK,
    PAYLOAD_SWAPPED, /* LAN's signature over the approval's payload */
    HEADER_SWAPPED,  /* MINH's name over LAN's proposal */
    ACCOUNT_OWN_KEY, /* an account's act by the attacker's key */
    ACCOUNT_OTHER,   /* the bank's act, another's name, the bank's key */
    ACCOUNT_AS_OFFICER,
    NO_SIGNATURE,
    NEGATED, /* the other signature that ECDSA has for the same bytes */
};

static void put_header(struct buf *jws, const char *header)
{
    base64url_put(jws, view_text(header));
    buf_put_u8(jws, '.');
}

/* (R, N - S) verifies where (R, S) does. */
static void put_negated(struct buf *jws, enum line line)
{
    BUF_AUTO raw;
    uint8_t half[32];
    BIGNUM *order = NULL;
    buf_init(&raw, SEAL_SIGNATURE_BYTES);
    outcome_ignore(base64url_get(part(line, 2), &raw));
    BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    BIGNUM *s = BN_bin2bn(raw.data + 32, 32, NULL);
    BN_sub(s, order, s);
    BN_bn2binpad(s, half, 32);
    memcpy(raw.data + 32, half, 32);
    buf_put_u8(jws, '.');
    base64url_put(jws, buf_view(&raw));
    BN_free(s);
    BN_free(order);
}

static void put_part(struct buf *jws, struct view text, bool dot)
{
    buf_put_view(jws, text);
    if (dot) {
        buf_put_u8(jws, '.');
    }
}

static void put_forged(struct buf *jws, enum forgery forgery)
{
    enum line line = forgery == HEADER_SWAPPED || forgery == NEGATED ? PROPOSAL : APPROVAL;
    switch (forgery) {
    case OWN_KEY:
    case OWN_KEY_TOLD:
        put_part(jws, part(APPROVAL, 0), true);
        break;
    case ALG_NONE:
        put_header(jws, "{\"alg\":\"none\",\"kid\":\"MINH\",\"typ\":\"dancu-act+json\"}");
        break;
    case WITH_JWK:
        put_header(jws, "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\"},"
                        "\"kid\":\"MINH\",\"typ\":\"dancu-act+json\"}");
        break;
    case PAYLOAD_SWAPPED:
        put_part(jws, part(PROPOSAL, 0), true);
        break;
    case HEADER_SWAPPED:
        put_part(jws, part(APPROVAL, 0), true);
        break;
    case ACCOUNT_OWN_KEY:
        put_part(jws, part(BANK_ACT, 0), true);
        line = BANK_ACT;
        break;
    case ACCOUNT_OTHER:
        put_header(jws, "{\"alg\":\"ES256\",\"kid\":\"notary\",\"typ\":\"dancu-act+json\"}");
        line = BANK_ACT;
        break;
    case ACCOUNT_AS_OFFICER:
        put_header(jws, "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}");
        line = BANK_ACT;
        break;
    case NO_SIGNATURE:
        put_part(jws, part(APPROVAL, 0), true);
        put_part(jws, part(APPROVAL, 1), true);
        return;
    case NEGATED:
        put_part(jws, part(PROPOSAL, 0), true);
        break;
    }
    put_part(jws, part(line, 1), false);
    if (forgery == PAYLOAD_SWAPPED || forgery == HEADER_SWAPPED) {
        buf_put_u8(jws, '.');
        put_part(jws, part(PROPOSAL, 2), false);
    } else if (forgery == ACCOUNT_OTHER || forgery == ACCOUNT_AS_OFFICER) {
        buf_put_u8(jws, '.');
        put_part(jws, part(BANK_ACT, 2), false);
    } else if (forgery == NEGATED) {
        put_negated(jws, PROPOSAL);
    } else {
        sign(jws);
    }
}

static void forge(struct hostile *hostile, unsigned forgery)
{
    BUF_AUTO jws;
    BUF_AUTO key;
    buf_init(&jws, SIGNED_JWS_BYTES_MAX);
    bool account =
        forgery == ACCOUNT_OTHER || forgery == ACCOUNT_AS_OFFICER || forgery == ACCOUNT_OWN_KEY;
    key_of(account                                           ? KEY_BANK
           : forgery == HEADER_SWAPPED || forgery == OWN_KEY ? KEY_MINH
                                                             : KEY_LAN,
           &key);
    put_forged(&jws, (enum forgery)forgery);
    struct view own = view_of(desk.spki, sizeof(desk.spki));
    bool told = forgery == OWN_KEY_TOLD || forgery == ACCOUNT_OWN_KEY;
    ask(hostile, told ? own : buf_view(&key), buf_view(&jws));
}

/* An officer's own act, said to have come over another's certificate. */
static void other_certificate(struct hostile *hostile, unsigned line)
{
    BUF_AUTO key;
    key_of(KEY_BANK, &key);
    ask(hostile, buf_view(&key), view_text(desk.lines[line]));
}

/* ---- frames ---- */

static void put_grant(struct buf *bytes)
{
    struct act act = {.kind = ACT_BUSINESS_GRANT};
    act_value_set(&act, "code", VIEW_LITERAL("T-DESK"));
    act_put(&act, bytes);
}

static void put_stamped(struct buf *buf)
{
    BUF_AUTO act;
    buf_init(&act, 4096);
    put_grant(&act);
    const struct signed_stamped stamped = {.tag = 1,
                                           .signer = SIGNER_OFFICER,
                                           .kid = VIEW_LITERAL("MINH"),
                                           .code = ACT_CODE_DONE,
                                           .act = buf_view(&act),
                                           .jti = VIEW_LITERAL("forged"),
                                           .iat_s = 1,
                                           .jws = VIEW_LITERAL("a.b.c")};
    signed_put_stamped(buf, &stamped);
}

static void put_frame(struct buf *buf, enum frame_kind kind)
{
    size_t start = 0;
    const struct signed_done done = {.tag = 1, .code = ACT_CODE_DONE};
    const struct signed_signer signer = {VIEW_LITERAL("MINH"),
                                         view_of(desk.spki, sizeof(desk.spki))};
    switch (kind) {
    case FRAME_STAMPED:
        put_stamped(buf);
        return;
    case FRAME_SIGNED_DONE:
        signed_put_done(buf, &done);
        return;
    case FRAME_SIGNERS:
        start = frame_start(buf, kind);
        signed_put_signer(buf, &signer);
        frame_finish(buf, start, 1);
        return;
    default:
        start = frame_start(buf, kind);
        put_grant(buf);
        frame_finish(buf, start, 1);
        return;
    }
}

/* As if it were somebody else, to the core. */
static void frame_to_core(struct hostile *hostile, unsigned kind)
{
    struct pollfd polled = {.fd = hostile->pipe.fd, .events = POLLIN};
    put_frame(&hostile->pipe.out, (enum frame_kind)kind);
    outcome_ignore(pipe_flush(&hostile->pipe));
    snprintf(hostile->met, MET_BYTES_MAX, "pipe stands");
    while (poll(&polled, 1, ANSWER_MS) > 0) {
        struct outcome filled = pipe_fill(&hostile->pipe);
        struct frame frame;
        while (outcome_ok(pipe_next(&hostile->pipe, &frame))) {
            /* texts and health: nothing to it */
        }
        if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
            snprintf(hostile->met, MET_BYTES_MAX, "pipe dropped");
            hostile->dropped = true;
            return;
        }
    }
}

static void frame_to_verify(struct hostile *hostile, unsigned kind)
{
    put_frame(&desk.verify.out, (enum frame_kind)kind);
    outcome_ignore(pipe_flush(&desk.verify));
    hear(hostile);
}

/* So many forgeries, then one honest act. */
static void flood(struct hostile *hostile, unsigned count)
{
    BUF_AUTO key;
    BUF_AUTO jws;
    unsigned refused = 0;
    buf_init(&jws, SIGNED_JWS_BYTES_MAX);
    key_of(KEY_MINH, &key);
    put_forged(&jws, OWN_KEY);
    for (unsigned i = 0; i < count && !hostile->dropped; i++) {
        ask(hostile, buf_view(&key), buf_view(&jws));
        refused += strcmp(hostile->met, "signature_invalid") == 0 ? 1 : 0;
    }
    snprintf(hostile->met, MET_BYTES_MAX, "%s",
             refused == count ? "all refused" : "not all refused");
}

const struct attack desk_attacks[] = {
    {"LAN's proposal, as it came", relay, PROPOSAL},
    {"the same again", relay, PROPOSAL},
    {"LAN's proposal over another certificate", other_certificate, TEXT_PROPOSAL},
    {"its other signature", forge, NEGATED},
    {"an approval by a key of its own", forge, OWN_KEY},
    {"the same, with that key told as the certificate's", forge, OWN_KEY_TOLD},
    {"an approval without an algorithm", forge, ALG_NONE},
    {"an approval that brings its key", forge, WITH_JWK},
    {"an approval under LAN's signature", forge, PAYLOAD_SWAPPED},
    {"LAN's proposal in MINH's name", forge, HEADER_SWAPPED},
    {"an approval without a signature", forge, NO_SIGNATURE},
    {"the bank's act by a key of its own", forge, ACCOUNT_OWN_KEY},
    {"the bank's act in the notary's name", forge, ACCOUNT_OTHER},
    {"the bank's act in an officer's name", forge, ACCOUNT_AS_OFFICER},
    {"a flood of forgeries", flood, FLOOD / 10},
    {"a stamp of its own, to the core", frame_to_core, FRAME_STAMPED},
    {"an act, to the core", frame_to_core, FRAME_ACT},
    {"signers, to the core", frame_to_core, FRAME_SIGNERS},
    {"a signed act, to the core", frame_to_core, FRAME_SIGNED},
    {"signers of its own, to verify", frame_to_verify, FRAME_SIGNERS},
    {"an answer, to verify", frame_to_verify, FRAME_SIGNED_DONE},
    {"a stamp of its own, to verify", frame_to_verify, FRAME_STAMPED},
    {"the bank's act, as it came", relay, BANK_ACT},
    {"MINH's approval, as it came", relay, APPROVAL},
    {"MINH's approval again", relay, APPROVAL},
};
const unsigned desk_attack_count = sizeof(desk_attacks) / sizeof(desk_attacks[0]);
