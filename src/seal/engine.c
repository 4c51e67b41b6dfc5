/*
 * One set of fetched algorithms a thread.
 *
 * Invariant 1: nothing of one call is read by the next; the set holds algorithms, not state.
 */
#include "seal/engine.h"

#include "base/check.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

static _Thread_local struct engine thread_engine;

static EVP_MAC_CTX *hmac_new(void)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    CHECK(mac != NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac); /* the context keeps its own reference */
    CHECK(context != NULL && EVP_MAC_CTX_set_params(context, params) == 1);
    return context;
}

static EVP_CIPHER_CTX *stream_new(void)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    CHECK(cipher != NULL && context != NULL);
    CHECK(EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL) == 1);
    EVP_CIPHER_free(cipher);
    return context;
}

struct engine *seal_engine(void)
{
    struct engine *engine = &thread_engine;

    if (engine->digest == NULL) {
        engine->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        engine->hmac = hmac_new();
        engine->stream = stream_new();
        engine->digest = EVP_MD_CTX_new();
        CHECK(engine->sha256 != NULL && engine->digest != NULL);
    }
    return engine;
}
