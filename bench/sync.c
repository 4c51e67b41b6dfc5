/*
 * The yardstick of a lock-step look-up: appends 4 kB and calls fdatasync, again and again, in a
 * file of the folder given. Prints microseconds: median and 99th percentile. sync FOLDER ROUNDS
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BYTES 4096
#define ROUNDS_MAX 100000

static double took[ROUNDS_MAX];

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a;
    double two = *(const double *)b;
    return (one > two) - (one < two);
}

int main(int argc, char **argv)
{
    static char bytes[BYTES];
    char path[4096];
    int rounds = argc == 3 ? atoi(argv[2]) : 0;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fputs("usage: sync FOLDER ROUNDS\n", stderr);
        return 2;
    }
    snprintf(path, sizeof(path), "%s/sync-XXXXXX", argv[1]);
    int fd = mkstemp(path);
    if (fd < 0 || unlink(path) != 0) {
        perror(path);
        return 1;
    }
    memset(bytes, 'x', sizeof(bytes));
    for (int i = 0; i < rounds; i++) {
        double begun = now_us();
        if (write(fd, bytes, sizeof(bytes)) != BYTES || fdatasync(fd) != 0) {
            perror("write");
            return 1;
        }
        took[i] = now_us() - begun;
    }
    qsort(took, (size_t)rounds, sizeof(took[0]), compare);
    printf("{\"p50\":%.1f,\"p99\":%.1f}\n", took[rounds / 2], took[rounds * 99 / 100]);
    return 0;
}
