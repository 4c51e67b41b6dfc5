/*
 * The office's store in memory.
 */
#include "shelf.h"

#define SHELF_KINDS 64
#define SHELF_REMOVED 255 /* its place is used again */

static struct office_store *the_store; /* office_store_open() has no other way to find it */

struct outcome office_store_open(const char *home, const struct secret *data_key,
                                 const struct secret *data_next, const struct random_port *random,
                                 struct office_store **ret_store)
{
    (void)home;
    (void)data_key;
    (void)data_next;
    (void)random;
    *ret_store = the_store;
    return OUTCOME_OK;
}

struct outcome office_store_open_read(const char *home, const struct secret *data_key,
                                      const struct secret *data_next,
                                      const struct random_port *random,
                                      struct office_store **ret_store)
{
    return office_store_open(home, data_key, data_next, random, ret_store);
}

void office_store_close(struct office_store *store)
{
    (void)store;
}

struct outcome office_store_applied(struct office_store *store, uint64_t *ret_upto)
{
    *ret_upto = store->applied;
    return OUTCOME_OK;
}

void shelf_put(struct office_store *store, const struct office_object *object)
{
    struct shelf_object *row = NULL;
    for (unsigned i = 0; i < store->count && row == NULL; i++) {
        bool same =
            store->objects[i].kind == object->kind && view_is(object->code, store->objects[i].code);
        row = same ? &store->objects[i] : NULL;
    }
    for (unsigned i = 0; i < store->count && row == NULL; i++) {
        row = store->objects[i].kind == SHELF_REMOVED ? &store->objects[i] : NULL;
    }
    if (row == NULL) {
        assert_true(store->count < OBJECTS_MAX);
        row = &store->objects[store->count];
        store->count++;
        buf_init(&row->content, ACT_BYTES_MAX + 4096);
    }
    row->kind = object->content.len == 0 ? SHELF_REMOVED : object->kind;
    memset(row->code, 0, sizeof(row->code));
    memcpy(row->code, object->code.data, object->code.len);
    buf_reset(&row->content);
    buf_put_view(&row->content, object->content);
    assert_ok(buf_check(&row->content));
}

struct outcome office_store_apply(struct office_store *store, uint64_t index,
                                  const struct office_object *objects, unsigned count)
{
    if (store->apply_fault != FAULT_NONE) {
        return outcome_fail(store->apply_fault, "apply");
    }
    for (unsigned i = 0; i < count; i++) {
        shelf_put(store, &objects[i]);
    }
    assert_true(index + 1 > store->applied);
    store->applied = index + 1;
    return OUTCOME_OK;
}

struct outcome office_store_keep(struct office_store *store, const struct office_object *objects,
                                 unsigned count)
{
    if (store->apply_fault != FAULT_NONE) {
        return outcome_fail(store->apply_fault, "keep");
    }
    for (unsigned i = 0; i < count; i++) {
        shelf_put(store, &objects[i]);
    }
    return OUTCOME_OK;
}

struct outcome office_store_load(struct office_store *store,
                                 struct outcome (*each)(void *context,
                                                        const struct office_object *object),
                                 void *context)
{
    if (store->load_fault != FAULT_NONE) {
        return outcome_fail(store->load_fault, "load");
    }
    for (uint8_t kind = 0; kind < SHELF_KINDS; kind++) { /* kinds in order */
        for (unsigned i = 0; i < store->count; i++) {
            const struct shelf_object *row = &store->objects[i];
            struct office_object object = {row->kind, view_text(row->code),
                                           buf_view(&row->content)};
            if (row->kind == kind && row->content.len > 0) { /* empty: removed */
                TRY(each(context, &object));
            }
        }
    }
    return OUTCOME_OK;
}

/* Another key, and sealing anew under it, are the real store's: here all is plain. */
struct outcome office_store_key_offer(struct office_store *store, const struct secret *next)
{
    (void)store;
    (void)next;
    return OUTCOME_OK;
}

bool office_store_key_held(const struct office_store *store, const uint8_t hash[SEAL_HASH_BYTES])
{
    (void)store;
    (void)hash;
    return true;
}

bool office_store_key_written(const struct office_store *store, const uint8_t hash[SEAL_HASH_BYTES])
{
    (void)store;
    (void)hash;
    return false;
}

struct outcome office_store_rotation_read(struct office_store *store,
                                          struct office_rotation *ret_rotation)
{
    (void)store;
    *ret_rotation = (struct office_rotation){.recorded = true};
    return OUTCOME_OK;
}

struct outcome office_store_rotation_recorded(struct office_store *store)
{
    (void)store;
    return OUTCOME_OK;
}

struct outcome office_store_rotation_begin(struct office_store *store)
{
    (void)store;
    return OUTCOME_OK;
}

struct outcome office_store_rotation_step(struct office_store *store, unsigned objects,
                                          struct office_rotation *ret_rotation)
{
    (void)objects;
    *ret_rotation = (struct office_rotation){.any = true, .objects = store->count};
    return OUTCOME_OK;
}

void shelf_use(struct office_store *store)
{
    the_store = store;
}

void shelf_done(struct office_store *store)
{
    for (unsigned i = 0; i < store->count; i++) {
        buf_done(&store->objects[i].content);
    }
    *store = (struct office_store){0};
}
