/*
 * Times the gate by reason; see timing.h. One line of output a measurement, tab-separated: reason,
 * person or chunk, asks, wall ns, processor ns (user and system), minor faults, major faults,
 * blocks read, pages of the registry that eviction left.
 *
 *   --home DIR --keys DIR --people FILE --mode find|warm|cold|count --seconds N [--chunk N]
 * [--rounds N] [--service citizen.lookup|citizen.verify|id.map]
 *
 * find    nothing is measured: people and the unknown numbers found for them, as a people's file
 * warm    batches of --chunk people, everything touched before
 * cold    one ask a measurement, each after the registry's pages were taken from the process and
 *         from the system's cache, so that every page of its way is a first touch
 * count   under callgrind: one dump a reason and chunk, named by both (nothing is timed)
 */
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(text) (void)(text)
#endif

enum mode { MODE_FIND, MODE_WARM, MODE_COLD, MODE_COUNT };

struct options {
    const char *home;
    const char *keys;
    const char *people;
    enum mode mode;
    unsigned seconds;
    unsigned rounds;
    unsigned chunk;
    unsigned service;
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct meter {
    int64_t wall_ns;
    int64_t cpu_ns;
    struct rusage usage;
};

static void meter_read(struct meter *meter)
{
    getrusage(RUSAGE_SELF, &meter->usage);
    meter->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    meter->wall_ns = now_ns(CLOCK_MONOTONIC);
}

static void check_answers(const struct answer *answers, unsigned count, enum reason reason)
{
    enum code expected =
        reason == REASON_CONTROL ? CODE_BUSINESS_NOT_GRANTED : CODE_SUBJECT_NOT_AVAILABLE;
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].code != expected) {
            fprintf(stderr, "timing: %s was answered %s\n", reason_words[reason],
                    words_name(&words_code, answers[i].code));
            exit(1);
        }
    }
}

static void measure(struct timing *timing, const struct options *options, enum reason reason,
                    unsigned from, unsigned count, bool told)
{
    static struct ask asks[BATCH_ASKS_MAX];
    static struct answer answers[BATCH_ASKS_MAX];
    struct meter before;
    struct meter after;
    char name[64];
    size_t left = 0;
    for (unsigned i = 0; i < count; i++) {
        asks[i] = timing_ask(timing, reason, &timing->people[from + i]);
    }
    if (options->mode == MODE_COLD) {
        left = timing_evict(timing);
    }
    meter_read(&before);
    CALLGRIND_TOGGLE_COLLECT;
    must(gate_serve(timing->house->gate, asks, count, answers), "gate");
    CALLGRIND_TOGGLE_COLLECT;
    meter_read(&after);
    snprintf(name, sizeof(name), "%s %u", reason_words[reason], from);
    if (options->mode == MODE_COUNT) {
        CALLGRIND_DUMP_STATS_AT(name);
    }
    check_answers(answers, count, reason);
    if (told) {
        printf("%s\t%u\t%u\t%lld\t%lld\t%ld\t%ld\t%ld\t%zu\n", reason_words[reason], from, count,
               (long long)(after.wall_ns - before.wall_ns),
               (long long)(after.cpu_ns - before.cpu_ns),
               after.usage.ru_minflt - before.usage.ru_minflt,
               after.usage.ru_majflt - before.usage.ru_majflt,
               after.usage.ru_inblock - before.usage.ru_inblock, left);
    }
}

static void shuffle(enum reason order[REASON_COUNT])
{
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        order[i] = (enum reason)i;
    }
    for (unsigned i = REASON_COUNT - 1; i > 0; i--) {
        unsigned j = (unsigned)random() % (i + 1);
        enum reason held = order[i];
        order[i] = order[j];
        order[j] = held;
    }
}

static void one_round(struct timing *timing, const struct options *options, bool told)
{
    if (timing->rounds == 0 || timing->rounds == BLOCK_ROUNDS_MAX) {
        timing_block(timing);
    }
    timing->rounds++;
    for (unsigned from = 0; from + options->chunk <= timing->count; from += options->chunk) {
        enum reason order[REASON_COUNT];
        shuffle(order);
        for (unsigned i = 0; i < REASON_COUNT; i++) {
            measure(timing, options, order[i], from, options->chunk, told);
        }
    }
    must(ledger_tick(timing->house->ledger, &(uint32_t){0}), "tick");
}

static void run(struct timing *timing, const struct options *options)
{
    int64_t end_ns = now_ns(CLOCK_MONOTONIC) + options->seconds * INT64_C(1000000000);
    if (options->mode != MODE_COLD) {
        one_round(timing, options, false); /* everything is touched */
    }
    for (unsigned round = 0; round < options->rounds && now_ns(CLOCK_MONOTONIC) < end_ns; round++) {
        one_round(timing, options, true);
        fflush(stdout);
    }
}

static bool take_option(struct options *options, const char *name, const char *value)
{
    static const char *const modes[] = {"find", "warm", "cold", "count"};
    if (strcmp(name, "--home") == 0) {
        options->home = value;
    } else if (strcmp(name, "--keys") == 0) {
        options->keys = value;
    } else if (strcmp(name, "--people") == 0) {
        options->people = value;
    } else if (strcmp(name, "--seconds") == 0) {
        options->seconds = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--rounds") == 0) {
        options->rounds = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--chunk") == 0) {
        options->chunk = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--service") == 0) {
        return outcome_ok(words_find(&words_service, view_text(value), &options->service));
    } else if (strcmp(name, "--mode") == 0) {
        for (unsigned i = 0; i < 4; i++) {
            if (strcmp(value, modes[i]) == 0) {
                options->mode = (enum mode)i;
                return true;
            }
        }
        return false;
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct timing timing;
    struct options options = {.seconds = 60, .rounds = 1000000, .chunk = 32};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!take_option(&options, argv[i], argv[i + 1])) {
            die("unknown option");
        }
    }
    if (options.home == NULL || options.keys == NULL || options.people == NULL ||
        options.chunk == 0 || options.chunk > BATCH_ASKS_MAX) {
        die("--home, --keys, --people and a chunk of 1 to 256 are needed");
    }
    options.chunk = options.mode == MODE_COLD ? 1 : options.chunk;
    timing.service = (enum service)options.service;
    timing_open(&timing, options.home, options.keys, options.people);
    options.chunk = options.chunk < timing.count ? options.chunk : timing.count;
    fprintf(stderr, "timing: %u people\n", timing.count);
    if (options.mode == MODE_FIND) {
        timing_people_write(&timing);
    } else {
        run(&timing, &options);
    }
    house_close(timing.house);
    return 0;
}
