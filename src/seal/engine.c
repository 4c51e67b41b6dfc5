/*
 * One set of fetched algorithms a thread.
 *
 * Invariant 1: nothing of one call is read by the next; the set holds algorithms, not state.
 */
#include "seal/engine.h"

#include "base/check.h"

static _Thread_local struct engine thread_engine;

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

    if (engine->stream == NULL) {
        engine->stream = stream_new();
    }
    return engine;
}
