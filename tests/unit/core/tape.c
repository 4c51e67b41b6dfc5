/* The tape grows and is never cut. */
#include "tape.h"

void tape_take(void *context, const struct power_op *op)
{
    struct tape *tape = context;
    if (tape->count == tape->cap) {
        tape->cap = tape->cap == 0 ? 4096 : tape->cap * 2;
        tape->ops = realloc(tape->ops, tape->cap * sizeof(*tape->ops));
        assert_non_null(tape->ops);
    }
    struct power_op *kept = &tape->ops[tape->count++];
    *kept = *op;
    if (op->len > 0) {
        uint8_t *bytes = malloc(op->len);
        assert_non_null(bytes);
        memcpy(bytes, op->bytes, op->len);
        kept->bytes = bytes;
    }
}

struct witness *tape_witness(struct tape *tape, enum witness_kind kind)
{
    assert_true(tape->witness_count < WITNESSES_MAX);
    struct witness *witness = &tape->witnesses[tape->witness_count++];
    *witness = (struct witness){.kind = kind, .begun = tape->count, .told = TAPE_NEVER};
    return witness;
}

void tape_done(struct tape *tape)
{
    for (size_t i = 0; i < tape->count; i++) {
        free((void *)(uintptr_t)tape->ops[i].bytes);
    }
    free(tape->ops);
    *tape = (struct tape){0};
}
