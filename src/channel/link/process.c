/*
 * Begin and end of a channel process.
 */
#include "channel/link/process.h"

#include "base/log.h"
#include "channel/http/tls.h"

#include <stdlib.h>

int process_prepare(struct child *child, bool clients)
{
    const struct tls_files files = {
        .certificate = child->grants[GRANT_TLS_CERT],
        .key = child->grants[GRANT_TLS_KEY],
        .client_ca = clients ? child->grants[GRANT_CLIENT_CA] : -1,
        .client_crl = clients ? child->grants[GRANT_CLIENT_CRL] : -1,
    };
    struct tls_context *tls = NULL;

    /* Without it no client would be asked who it is: everybody would get 401, and nobody know why.
     */
    struct outcome outcome = clients && files.client_ca < 0
                                 ? outcome_fail(FAULT_NOT_FOUND, "client CA certificates")
                                 : tls_context_new(&files, &tls);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "tls-files", outcome);
        return PROC_EXIT_REFUSED;
    }
    child->prepared = tls;
    return EXIT_SUCCESS;
}

int process_end(struct child *child, struct outcome outcome, bool failed)
{
    tls_context_free(child->prepared);
    child->prepared = NULL;
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, child->row->name, outcome);
        return EXIT_FAILURE;
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
