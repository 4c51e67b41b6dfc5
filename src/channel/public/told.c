/*
 * Lines about damaged places.
 *
 * Invariant 1: whoever asks for a damaged tile again and again writes one line.
 */
#include "channel/public/told.h"

#include "base/check.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static char *find(struct told *told, const char *place)
{
    for (unsigned i = 0; i < PUBLIC_TOLD_MAX; i++) {
        if (strcmp(told->places[i], place) == 0) {
            return told->places[i];
        }
    }
    return NULL;
}

static void tell_bad(struct told *told, const char *place, struct outcome outcome)
{
    if (find(told, place) != NULL) { /* invariant 1 */
        return;
    }
    char *free_place = find(told, "");
    if (free_place != NULL) {
        snprintf(free_place, TILE_PATH_BYTES_MAX, "%s", place);
        log_line(LOG_LEVEL_ERROR, "tile-refused", "place=\"%s\" fault=%s why=\"%s\"", place,
                 outcome_word(outcome.fault), outcome.what);
    } else if (!told->full) {
        told->full = true;
        log_line(LOG_LEVEL_ERROR, "tile-refused", "place=\"%s\" why=\"and more, not told\"", place);
    }
}

void told_place(struct told *told, const char *place, struct outcome outcome)
{
    CHECK(place[0] != '\0' && strlen(place) < TILE_PATH_BYTES_MAX);
    if (!outcome_ok(outcome)) {
        told->refused++;
        if (outcome.fault != FAULT_NO_MEMORY) {
            tell_bad(told, place, outcome);
        }
        return;
    }
    char *bad = find(told, place);
    if (bad != NULL) {
        bad[0] = '\0';
        told->full = false;
        log_line(LOG_LEVEL_INFO, "tile-sound", "place=\"%s\"", place);
    }
}
