/*
 * Purpose: the protocol data units of SMPP that a client of a message centre needs, between bytes
 * and structs. Pure. Source: Short Message Peer to Peer Protocol Specification v3.4, Issue 1.2
 * (sections cited are of it).
 *
 * A unit is read through a cursor in the order of the specification, and what lies after its fields
 * must be optional parameters (section 3.2.4) to its last byte, SMPP_TLVS_MAX at most. Unknown
 * parameters are passed over (section 3.3); of those that count, the first is taken, and one of a
 * wrong length is refused. Nothing is written out of what was read: a long unit is refused whole.
 */
#ifndef DANCU_WIRE_SMPP_H
#define DANCU_WIRE_SMPP_H

#include "base/bytes.h"
#include "base/ceilings.h"

#define SMPP_HEADER_BYTES 16
#define SMPP_VERSION 0x34

/* Section 5.1.2.1. Bit 31 is a response. */
enum smpp_command {
    SMPP_GENERIC_NACK = 0x80000000,
    SMPP_SUBMIT = 0x00000004,
    SMPP_SUBMIT_RESP = 0x80000004,
    SMPP_DELIVER = 0x00000005,
    SMPP_DELIVER_RESP = 0x80000005,
    SMPP_UNBIND = 0x00000006,
    SMPP_UNBIND_RESP = 0x80000006,
    SMPP_BIND_TRANSCEIVER = 0x00000009,
    SMPP_BIND_TRANSCEIVER_RESP = 0x80000009,
    SMPP_ENQUIRE = 0x00000015,
    SMPP_ENQUIRE_RESP = 0x80000015,
};

/* Section 5.1.3; those that we send or tell apart. */
enum smpp_status {
    SMPP_OK = 0x00,
    SMPP_BAD_LENGTH = 0x02,  /* ESME_RINVCMDLEN */
    SMPP_BAD_COMMAND = 0x03, /* ESME_RINVCMDID */
    SMPP_BAD_STATE = 0x04,   /* ESME_RINVBNDSTS */
    SMPP_ALREADY_BOUND = 0x05,
    SMPP_SYSTEM_ERROR = 0x08, /* ESME_RSYSERR */
    SMPP_QUEUE_FULL = 0x14,   /* ESME_RMSGQFUL */
    SMPP_THROTTLED = 0x58,    /* ESME_RTHROTTLED */
    SMPP_TEMPORARY = 0x64,    /* ESME_RX_T_APPN: the centre shall try again */
};

struct smpp_header {
    uint32_t bytes; /* of the whole unit */
    uint32_t command;
    uint32_t status;
    uint32_t sequence;
};

/* Looks at the front of received bytes. FAULT_AGAIN: the unit is not whole yet; FAULT_BAD_INPUT:
 * its length cannot be, and nothing after it can be told apart. */
struct outcome smpp_peek(struct view received, struct smpp_header *ret_header);

/* submit_sm and deliver_sm have one body (sections 4.4.1, 4.6.1). */
struct smpp_message {
    struct view source; /* without its end */
    struct view destination;
    uint8_t source_ton; /* 1 international, 2 national, 5 alphanumeric: section 5.2.5 */
    uint8_t source_npi;
    uint8_t destination_ton;
    uint8_t destination_npi;
    uint8_t esm_class;
    struct view validity; /* relative, section 7.1.1.2; empty = the centre's */
    uint8_t registered;   /* 1 = a receipt, whatever becomes of it */
    bool replace;         /* replace_if_present_flag */
    uint8_t coding;       /* data_coding, section 5.2.19 */
    struct view text;     /* of short_message, or of message_payload in its stead */
    bool has_reference;
    uint16_t reference; /* user_message_reference */
    /* Read only. */
    struct view receipted_id; /* receipted_message_id; empty = none */
    bool has_state;
    uint8_t state;  /* message_state, section 5.2.28 */
    bool has_parts; /* sar_ parameters, section 5.3.2.22 on */
    uint16_t part_reference;
    uint8_t part_count;
    uint8_t part;
};

#define SMPP_CLASS_RECEIPT 0x04 /* of esm_class, bits 5-2: 0001; section 5.2.12 */
#define SMPP_CLASS_TYPES 0x3c
#define SMPP_CLASS_HEADER 0x40 /* the text begins with a user data header */

#define SMPP_TON_INTERNATIONAL 1
#define SMPP_TON_ALPHANUMERIC 5
#define SMPP_NPI_ISDN 1

#define SMPP_STATE_DELIVERED 2
#define SMPP_STATE_ACCEPTED 6
#define SMPP_STATE_ENROUTE 1

/* The body that follows a header of SMPP_SUBMIT or SMPP_DELIVER. Views borrow. FAULT_BAD_INPUT. */
struct outcome smpp_get_message(struct view body, struct smpp_message *ret_message);
/* Of a bind response the system's name, of a submit response the message's: one C string, then
 * optional parameters; both may be missing when the status is an error. FAULT_BAD_INPUT. */
struct outcome smpp_get_name(struct view body, size_t bytes_max, struct view *ret_name);
/* Of enquire_link, unbind, their responses and generic_nack: nothing. FAULT_BAD_INPUT. */
struct outcome smpp_get_nothing(struct view body);

struct smpp_bind {
    struct view system_id;   /* 1..SMPP_SYSTEM_ID_BYTES_MAX */
    struct view password;    /* 0..SMPP_PASSWORD_BYTES_MAX */
    struct view system_type; /* may be empty */
};
void smpp_put_bind(struct buf *buf, uint32_t sequence, const struct smpp_bind *bind);
/* As SMPP_SUBMIT (client) or, for tests and fuzzing, SMPP_DELIVER. */
void smpp_put_message(struct buf *buf, enum smpp_command command, uint32_t sequence,
                      const struct smpp_message *message);
/* A unit without body, or a deliver response, whose message id is empty (section 4.6.2). */
void smpp_put_plain(struct buf *buf, enum smpp_command command, enum smpp_status status,
                    uint32_t sequence);

/* What a receipt says as text, where optional parameters do not (appendix B): the value behind
 * `key` ("id:", "stat:"), up to a blank; empty when it is not there. */
struct view smpp_receipt_value(struct view text, const char *key);

#endif
