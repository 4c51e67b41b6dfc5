/*
 * Outcome helpers: errno to fault family, and the family's word for logs.
 */
#include "base/outcome.h"

#include <errno.h>

static enum fault fault_of_errno(int sys)
{
    switch (sys) {
    case ENOSPC:
    case EDQUOT:
        return FAULT_NO_SPACE;
    case ENOMEM:
        return FAULT_NO_MEMORY;
    case EAGAIN:
        return FAULT_AGAIN;
    case ENOENT:
        return FAULT_NOT_FOUND;
    case EPIPE:
    case ECONNRESET:
        return FAULT_CLOSED;
    default:
        return FAULT_IO;
    }
}

struct outcome outcome_sys(int sys, const char *what)
{
    return (struct outcome){.what = what, .fault = fault_of_errno(sys), .sys = sys};
}

const char *outcome_word(enum fault fault)
{
    static const char *const words[] = {
        [FAULT_NONE] = "ok",
        [FAULT_BAD_INPUT] = "bad-input",
        [FAULT_OVER_LIMIT] = "over-limit",
        [FAULT_NOT_FOUND] = "not-found",
        [FAULT_CONFLICT] = "conflict",
        [FAULT_CORRUPT] = "corrupt",
        [FAULT_IO] = "io",
        [FAULT_NO_SPACE] = "no-space",
        [FAULT_NO_MEMORY] = "no-memory",
        [FAULT_CRYPTO] = "crypto",
        [FAULT_CLOSED] = "closed",
        [FAULT_AGAIN] = "again",
        [FAULT_BUSY] = "busy",
    };
    if ((unsigned)fault >= sizeof(words) / sizeof(words[0])) {
        return "unknown";
    }
    return words[fault];
}
