/*
 * Purpose: assertions that stay on in release builds. They state our own invariants; foreign
 * input can never reach one (rule: assert our own mistakes, report the world's).
 * A failed check prints the place and aborts: the supervisor restarts the process.
 */
#ifndef DANCU_BASE_CHECK_H
#define DANCU_BASE_CHECK_H

_Noreturn void check_failed(const char *file, int line, const char *expression);

#define CHECK(expression)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!(expression), 0)) {                                                  \
            check_failed(__FILE__, __LINE__, #expression);                                         \
        }                                                                                          \
    } while (0)

#endif
