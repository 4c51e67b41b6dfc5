/*
 * Purpose: standard error into nowhere until speak(), while what a test makes fail would complain
 * there (DANCU_LOUD=1: not).
 */
#ifndef DANCU_TESTS_UNIT_HUSH_H
#define DANCU_TESTS_UNIT_HUSH_H

#include "help.h"

#include <fcntl.h>
#include <stdlib.h>

static inline int hush(void)
{
    int speech = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(speech >= 0 && nowhere >= 0);
    if (getenv("DANCU_LOUD") == NULL) {
        assert_true(dup2(nowhere, STDERR_FILENO) >= 0);
    }
    close(nowhere);
    return speech;
}

static inline void speak(int speech)
{
    assert_true(dup2(speech, STDERR_FILENO) >= 0);
    close(speech);
}

#endif
