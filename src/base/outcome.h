/*
 * Purpose: failure as a type of its own, which a caller cannot drop without a compiler warning.
 *
 * An outcome says which family of failure it was (what a caller decides by), the errno when a
 * system call was behind it (0 otherwise) and a static text that names what failed (what an
 * operator reads). Counts and booleans are never errors: results leave through `ret_` parameters,
 * written only on success.
 */
#ifndef DANCU_BASE_OUTCOME_H
#define DANCU_BASE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_NONE = 0,
    FAULT_BAD_INPUT,  /* foreign bytes do not have the agreed shape */
    FAULT_OVER_LIMIT, /* a named ceiling was reached */
    FAULT_NOT_FOUND,  /* what was asked for is not there */
    FAULT_CONFLICT,   /* it is there already, or in another state */
    FAULT_CORRUPT,    /* our own stored bytes fail their check: refuse, never repair silently */
    FAULT_IO,         /* a system call failed; `sys` has its errno */
    FAULT_NO_SPACE,   /* ENOSPC, EDQUOT: the caller stays alive and answers 503 */
    FAULT_NO_MEMORY,
    FAULT_CRYPTO, /* the cryptographic library refused or a tag did not verify */
    FAULT_CLOSED, /* the other end is gone */
    FAULT_AGAIN,  /* nothing to do now; come back when ready */
    FAULT_BUSY,   /* another process holds the lock */
};

struct [[nodiscard]] outcome {
    const char *what; /* static text; NULL when ok */
    enum fault fault;
    int sys; /* errno or 0 */
};

#define OUTCOME_OK ((struct outcome){0})

static inline struct outcome outcome_fail(enum fault fault, const char *what)
{
    return (struct outcome){.what = what, .fault = fault};
}

/* From errno: ENOSPC and EDQUOT become FAULT_NO_SPACE, ENOMEM FAULT_NO_MEMORY, EAGAIN and
 * EWOULDBLOCK FAULT_AGAIN, ENOENT FAULT_NOT_FOUND, EPIPE and ECONNRESET FAULT_CLOSED, every other
 * FAULT_IO. */
struct outcome outcome_sys(int sys, const char *what);

static inline bool outcome_ok(struct outcome outcome)
{
    return outcome.fault == FAULT_NONE;
}

/* English word of a fault, for logs: "corrupt", "no-space"... Never NULL. */
const char *outcome_word(enum fault fault);

/* The one macro that hides a return: hand a failure up unchanged. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        struct outcome try_outcome_ = (expression);                                                \
        if (!outcome_ok(try_outcome_)) {                                                           \
            return try_outcome_;                                                                   \
        }                                                                                          \
    } while (0)

/* For the rare call whose failure truly has no consequence; the reason stands beside it. */
static inline void outcome_ignore(struct outcome outcome)
{
    (void)outcome;
}

#endif
