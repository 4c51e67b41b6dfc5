/*
 * Whom an approved list is of.
 *
 * Invariants
 *  1. One more than the cap, and nobody is told.
 *  2. What it collects is where asking begins: each of them is decided anew by the gate.
 */
#include "worker/collect.h"

#include "base/log.h"
#include "base/memory.h"
#include "gate/directory.h"
#include "office/object.h"
#include "store/collect.h"
#include "store/scrub.h"

#include <string.h>

struct collecting {
    const struct collect_config *config;
    const struct extract_order *order;
    struct population criteria;
    struct population population;
    struct directory lists; /* of persons alone */
    struct buf *keys;
    uint32_t count;
    bool over;
};

/* ---- lists of persons that a condition names ---- */

static struct outcome take_object(void *context, const struct office_object *object)
{
    struct collecting *collecting = context;

    return object->kind == OBJECT_LIST
               ? object_load(&collecting->lists, object_row(OBJECT_LIST), object->content)
               : OUTCOME_OK;
}

static void place_found(void *context, const char *place)
{
    (void)context;
    log_line(LOG_LEVEL_WARN, "lists-not-read", "place=\"%s\"", place);
}

/* A list that is not there makes its condition unknown of everybody, so that nobody is in it. */
static struct outcome load_lists(struct collecting *collecting)
{
    const struct collect_config *config = collecting->config;
    const struct scrub_watch watch = {.found = place_found};
    uint64_t applied = 0;
    uint64_t looked = 0;

    if (!collecting->criteria.names_lists && !collecting->population.names_lists) {
        return OUTCOME_OK;
    }
    return office_store_scrub(config->home, &config->keys->data, scrub_data_next(config->keys),
                              &config->random, &watch, take_object, collecting, &applied, &looked);
}

static enum truth listed(void *context, struct view code, const uint8_t tag[SEAL_BLIND_BYTES])
{
    const struct collecting *collecting = context;

    return directory_listed(&collecting->lists, code, tag);
}

/* ---- the register ---- */

/* Invariant 1. */
static bool take_key(void *context, uint64_t key)
{
    struct collecting *collecting = context;

    collecting->over = collecting->count == collecting->order->cap;
    if (!collecting->over) {
        buf_put_u64(collecting->keys, key);
        collecting->count++;
    }
    return !collecting->over && !collecting->keys->failed;
}

static void step(void *context)
{
    struct collecting *collecting = context;

    collecting->config->step(collecting->config->context);
}

static struct outcome run(struct collecting *collecting)
{
    const struct collect_config *config = collecting->config;
    const struct extract_order *order = collecting->order;
    const struct registry_config registry = {
        .home = config->home,
        .data_key = &config->keys->data,
        .data_next = scrub_data_next(config->keys),
        .index_key = &config->keys->index.key,
        .index_next = index_keys_next(&config->keys->index),
        .identity_key = &config->keys->index.identity,
        .random = config->random,
    };
    const struct collect_wish wish = {
        .criteria = &collecting->criteria,
        .population = &collecting->population,
        .hidden = order->hidden,
        .today = order->today,
        .listed = listed,
        .context = collecting,
    };
    const struct collect_watch watch = {.context = collecting, .fits = take_key, .step = step};

    TRY(population_parse(order->criteria, &collecting->criteria, NULL));
    TRY(population_parse(order->population, &collecting->population, NULL));
    TRY(load_lists(collecting));
    TRY(registry_collect(&registry, &wish, &watch));
    return buf_check(collecting->keys);
}

void collect_run(const struct collect_config *config, const struct extract_order *order,
                 struct buf *keys, struct extracted *ret_found)
{
    struct collecting *collecting = memory_new(1, sizeof(*collecting));
    struct extracted found = {.saying = EXTRACT_UNREAD};
    struct outcome outcome = outcome_fail(FAULT_NO_MEMORY, "list of people");

    buf_reset(keys);
    memcpy(found.id, order->id, sizeof(found.id));
    if (collecting != NULL) {
        *collecting = (struct collecting){.config = config, .order = order, .keys = keys};
        directory_init(&collecting->lists);
        outcome = run(collecting);
        directory_done(&collecting->lists);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "list-not-collected", outcome);
        buf_reset(keys);
    } else if (collecting->over) {
        found.saying = EXTRACT_TOO_MANY;
        buf_reset(keys);
    } else {
        found.saying = EXTRACT_FOUND;
        found.keys = buf_view(keys);
    }
    memory_free(collecting);
    *ret_found = found;
}
