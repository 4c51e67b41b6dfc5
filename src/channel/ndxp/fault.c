/*
 * Refusals as SOAP faults, with codes that the systems in use know where they have one.
 */
#include "channel/ndxp/rows.h"

#include "base/check.h"

#include <string.h>

/* MaLoi of each refusal, and whether the same message may succeed later. 004 and 005 are those of
 * the one-stop middleware in use (domain.md section 4); ours begin at 100. */
static const struct fault_row {
    const char *number;
    enum soap_code code;
} rows[CODE_COUNT] = {
    [CODE_BAD_REQUEST] = {"100", SOAP_CLIENT},
    [CODE_NOT_FOUND] = {"101", SOAP_CLIENT},
    [CODE_METHOD_NOT_ALLOWED] = {"102", SOAP_CLIENT},
    [CODE_NOT_ACCEPTABLE] = {"103", SOAP_CLIENT},
    [CODE_TOO_LARGE] = {"104", SOAP_CLIENT},
    [CODE_UNSUPPORTED_MEDIA_TYPE] = {"105", SOAP_CLIENT},
    [CODE_UNAUTHENTICATED] = {"110", SOAP_CLIENT},
    [CODE_ACCOUNT_BLOCKED] = {"005", SOAP_CLIENT},
    [CODE_OPERATOR_NOT_ALLOWED] = {"005", SOAP_CLIENT},
    [CODE_BUSINESS_NOT_GRANTED] = {"004", SOAP_CLIENT},
    [CODE_CHANNEL_NOT_OPEN] = {"111", SOAP_CLIENT},
    [CODE_SERVICE_NOT_OPEN] = {"112", SOAP_CLIENT},
    [CODE_CASE_MISSING] = {"120", SOAP_CLIENT},
    [CODE_OWN_DATA_ONLY] = {"121", SOAP_CLIENT},
    [CODE_FIELD_NOT_GRANTED] = {"122", SOAP_CLIENT},
    [CODE_PERMIT_MISSING] = {"123", SOAP_CLIENT},
    [CODE_LIST_NOT_APPROVED] = {"124", SOAP_CLIENT},
    [CODE_RATE_LIMITED] = {"130", SOAP_SERVER},
    [CODE_QUOTA_EXCEEDED] = {"131", SOAP_SERVER},
    [CODE_SUBJECT_NOT_AVAILABLE] = {"140", SOAP_CLIENT},
    [CODE_IDEMPOTENCY_CONFLICT] = {"150", SOAP_CLIENT},
    [CODE_REQUEST_CONFLICT] = {"150", SOAP_CLIENT},
    [CODE_JOB_NOT_READY] = {"151", SOAP_SERVER},
    [CODE_LEDGER_UNAVAILABLE] = {"160", SOAP_SERVER},
    [CODE_INTERNAL] = {"161", SOAP_SERVER},
};
#define NUMBER_ELSE "199" /* of a refusal that no ask of this language gets */

/* Refusals of an envelope, which have fault codes of SOAP's own. */
static const char *const envelope_names[SOAP_CODE_COUNT] = {
    [SOAP_VERSION_MISMATCH] = "soap_version_mismatch",
    [SOAP_MUST_UNDERSTAND] = "soap_must_understand",
};

const char *ndxp_refused_name(const struct ndxp_refused *refused)
{
    CHECK((unsigned)refused->code < SOAP_CODE_COUNT);
    return refused->envelope ? envelope_names[refused->code] : NULL;
}

const char *ndxp_fault_number(enum code code)
{
    CHECK((unsigned)code < CODE_COUNT);
    return rows[code].number == NULL ? NUMBER_ELSE : rows[code].number;
}

unsigned ndxp_fault_status(const struct problem *problem)
{
    switch (problem->code) {
    case CODE_NOT_FOUND: /* the address; where a parameter is at fault, a request */
        return problem->param_count > 0 ? 500 : code_status(problem->code);
    case CODE_UNAUTHENTICATED:
    case CODE_METHOD_NOT_ALLOWED:
    case CODE_NOT_ACCEPTABLE:
    case CODE_TOO_LARGE:
    case CODE_UNSUPPORTED_MEDIA_TYPE:
        return code_status(problem->code);
    default:
        return 500; /* SOAP 1.1, section 6.2 */
    }
}

static enum soap_code code_of(const struct problem *problem)
{
    for (unsigned i = 0; problem->name != NULL && i < SOAP_CODE_COUNT; i++) {
        if (envelope_names[i] != NULL && strcmp(problem->name, envelope_names[i]) == 0) {
            return (enum soap_code)i;
        }
    }
    return rows[problem->code].number == NULL ? SOAP_SERVER : rows[problem->code].code;
}

static void put_element(struct buf *buf, const char *name, struct view text)
{
    if (text.len == 0) {
        return;
    }
    buf_printf(buf, "<d:%s>", name);
    xml_put_text(buf, text);
    buf_printf(buf, "</d:%s>", name);
}

static void put_receipt(struct buf *buf, const struct answer *answer)
{
    struct answer receipt = *answer;
    BUF_AUTO json;

    receipt.receipt_only = true;
    buf_init(&json, HTTP_RESPONSE_BYTES_MAX);
    receipt_json_put(&json, &receipt);
    put_element(buf, "BienNhan", buf_view(&json));
    buf->failed = buf->failed || json.failed;
}

void ndxp_fault_put(struct buf *buf, const struct problem *problem)
{
    const struct answer *answer = problem->answer;

    soap_put_start(buf);
    soap_put_body(buf);
    soap_put_fault_start(buf, code_of(problem), problem->title);
    buf_put_text(buf, "<d:Loi xmlns:d=\"" NDXP_OWN_URI "\">");
    put_element(buf, "MaLoi", view_text(ndxp_fault_number(problem->code)));
    put_element(buf, "TuChoi", view_text(words_name(&words_code, problem->code)));
    put_element(buf, "MoTa", problem->detail);
    put_element(buf, "DieuKhoan", problem->clause);
    for (unsigned i = 0; i < problem->param_count; i++) {
        buf_put_text(buf, "<d:ThamSo><d:Ten>");
        xml_put_text(buf, problem->params[i].name);
        buf_put_text(buf, "</d:Ten>");
        put_element(buf, "LyDo", problem->params[i].reason);
        buf_put_text(buf, "</d:ThamSo>");
    }
    if (answer != NULL && code_has_receipt(problem->code)) {
        put_receipt(buf, answer);
    }
    buf_put_text(buf, "</d:Loi>");
    soap_put_fault_end(buf);
    soap_put_end(buf);
}
