/*
 * Purpose: the envelope of SOAP 1.1: opened down to the one element that is asked, and written
 * around an answer or a fault. Pure, but for what wire/xml.h does.
 * Source: SOAP 1.1 (W3C Note of 2000-05-08) sections 4, 6.2; WS-I Basic Profile 1.1 sections 3 and
 * 4 where the Note leaves room (one element in the body, nothing behind it).
 */
#ifndef DANCU_WIRE_SOAP_H
#define DANCU_WIRE_SOAP_H

#include "wire/xml.h"

/* The fault codes of section 4.4.1, as they are written. */
enum soap_code {
    SOAP_VERSION_MISMATCH,
    SOAP_MUST_UNDERSTAND,
    SOAP_CLIENT, /* the same message will fail again */
    SOAP_SERVER, /* it may succeed later */
    SOAP_CODE_COUNT
};

struct soap_fault {
    enum soap_code code;
    const char *reason; /* static text */
};

struct soap_message {
    const struct xml_node *header; /* NULL: there is none */
    const struct xml_node *payload;
};

/* A header block, by name. */
struct soap_block {
    struct view space;
    struct view name;
};

/* `understood`: the header blocks that may be demanded (mustUnderstand) of who reads this message.
 * FAULT_BAD_INPUT: no message of SOAP 1.1, or one that demands more; *ret_fault filled. */
struct outcome soap_open(const struct xml_doc *doc, const struct soap_block *understood,
                         unsigned count, struct soap_message *ret_message,
                         struct soap_fault *ret_fault);

/* An envelope is written from start to end: what is written after the start is header blocks, until
 * the body begins. */
void soap_put_start(struct buf *buf);
void soap_put_body(struct buf *buf);
void soap_put_end(struct buf *buf);
/* Within the body: a fault, in whose detail the caller writes elements until it ends. */
void soap_put_fault_start(struct buf *buf, enum soap_code code, struct view text);
void soap_put_fault_end(struct buf *buf);

#endif
