/*
 * The envelope of SOAP 1.1.
 *
 * Invariant 1: what is opened has one envelope, at most one header before its one body, and one
 * element in that; nothing else is looked for anywhere.
 */
#include "wire/soap.h"

#include "base/check.h"

#define ENVELOPE_URI "http://schemas.xmlsoap.org/soap/envelope/"
#define ENVELOPE VIEW_LITERAL(ENVELOPE_URI)
#define NEXT "http://schemas.xmlsoap.org/soap/actor/next"

static struct outcome refuse(enum soap_code code, const char *reason, struct soap_fault *ret_fault)
{
    *ret_fault = (struct soap_fault){.code = code, .reason = reason};
    return outcome_fail(FAULT_BAD_INPUT, reason);
}

static struct outcome refuse_shape(const char *reason, struct soap_fault *ret_fault)
{
    return refuse(SOAP_CLIENT, reason, ret_fault);
}

static bool is_understood(const struct xml_node *block, const struct soap_block *understood,
                          unsigned count)
{
    bool found = false;

    for (unsigned i = 0; i < count; i++) {
        found = found || (view_equal(block->space, understood[i].space) &&
                          view_equal(block->name, understood[i].name));
    }
    return found;
}

/* Is the block for whoever reads the message next, which are we? (section 4.2.2) */
static bool is_ours(const struct xml_doc *doc, const struct xml_node *block)
{
    struct view actor = xml_attribute(doc, block, ENVELOPE, "actor");

    return actor.len == 0 || view_is(actor, NEXT);
}

/* Section 4.2.3. */
static struct outcome check_header(const struct xml_doc *doc, const struct xml_node *header,
                                   const struct soap_block *understood, unsigned count,
                                   struct soap_fault *ret_fault)
{
    for (const struct xml_node *block = xml_first(header); block != NULL;
         block = xml_next(header, block)) {
        struct view must = xml_attribute(doc, block, ENVELOPE, "mustUnderstand");
        bool demanded = view_is(must, "1") || view_is(must, "true");
        if (!demanded && must.data != NULL && !view_is(must, "0") && !view_is(must, "false")) {
            return refuse_shape("mustUnderstand is neither 0 nor 1", ret_fault);
        }
        if (demanded && is_ours(doc, block) && !is_understood(block, understood, count)) {
            return refuse(SOAP_MUST_UNDERSTAND, "a header block that is not understood here",
                          ret_fault);
        }
    }
    return OUTCOME_OK;
}

static struct outcome check_envelope(const struct xml_node *root, struct soap_fault *ret_fault)
{
    if (!view_is(root->name, "Envelope")) {
        return refuse_shape("not a SOAP envelope", ret_fault);
    }
    if (!view_equal(root->space, ENVELOPE)) { /* SOAP 1.2 among them (its appendix A) */
        return refuse(SOAP_VERSION_MISMATCH, "the envelope is not of SOAP 1.1", ret_fault);
    }
    return OUTCOME_OK;
}

struct outcome soap_open(const struct xml_doc *doc, const struct soap_block *understood,
                         unsigned count, struct soap_message *ret_message,
                         struct soap_fault *ret_fault)
{
    const struct xml_node *root = doc->nodes;
    struct soap_message message = {0};

    TRY(check_envelope(root, ret_fault));
    const struct xml_node *part = xml_first(root);
    if (part != NULL && xml_is(part, ENVELOPE, "Header")) {
        TRY(check_header(doc, part, understood, count, ret_fault));
        message.header = part;
        part = xml_next(root, part);
    }
    if (part == NULL || !xml_is(part, ENVELOPE, "Body")) {
        return refuse_shape("the envelope has no body", ret_fault);
    }
    if (xml_next(root, part) != NULL) {
        return refuse_shape("something stands behind the body", ret_fault);
    }
    if (part->count != 1) {
        return refuse_shape("the body must hold exactly one element", ret_fault);
    }
    message.payload = xml_first(part);
    *ret_message = message;
    return OUTCOME_OK;
}

void soap_put_start(struct buf *buf)
{
    buf_put_text(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<soapenv:Envelope xmlns:soapenv=\"" ENVELOPE_URI "\"><soapenv:Header>");
}

void soap_put_body(struct buf *buf)
{
    buf_put_text(buf, "</soapenv:Header><soapenv:Body>");
}

void soap_put_end(struct buf *buf)
{
    buf_put_text(buf, "</soapenv:Body></soapenv:Envelope>\n");
}

void soap_put_fault_start(struct buf *buf, enum soap_code code, struct view text)
{
    static const char *const codes[SOAP_CODE_COUNT] = {
        [SOAP_VERSION_MISMATCH] = "VersionMismatch",
        [SOAP_MUST_UNDERSTAND] = "MustUnderstand",
        [SOAP_CLIENT] = "Client",
        [SOAP_SERVER] = "Server",
    };

    CHECK((unsigned)code < SOAP_CODE_COUNT);
    /* The children of a fault have no namespace (section 4.4). */
    buf_printf(buf, "<soapenv:Fault><faultcode>soapenv:%s</faultcode><faultstring>", codes[code]);
    xml_put_text(buf, text);
    buf_put_text(buf, "</faultstring><detail>");
}

void soap_put_fault_end(struct buf *buf)
{
    buf_put_text(buf, "</detail></soapenv:Fault>");
}
