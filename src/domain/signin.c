/*
 * The words of signing in.
 */
#include "domain/signin.h"

static const char *const alg_names[] = {
#define ROW(name, text) text,
    WORDS_TOKEN_ALG(ROW)
#undef ROW
};
static const char *const code_names[] = {
#define ROW(name, text) text,
    WORDS_SIGNIN_CODE(ROW)
#undef ROW
};

const struct words words_token_alg = {alg_names, TOKEN_ALG_COUNT};
const struct words words_signin_code = {code_names, SIGNIN_CODE_COUNT};

/* What somebody can bring about by himself alone, with an old address or a closed window, is only
 * counted. */
bool signin_code_recorded(enum signin_code code)
{
    return code >= SIGNIN_BROWSER && code < SIGNIN_CODE_COUNT;
}
