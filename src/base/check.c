/*
 * The end of a process that caught itself in a mistake.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *expression)
{
    fprintf(stderr, "dancu: internal check failed at %s:%d: %s\n", file, line, expression);
    abort();
}
