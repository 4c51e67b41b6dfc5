/*
 * Numbers of errors, as docs/osia.md publishes them (the standard has none). The house's codes are
 * never renumbered, so neither are these.
 */
#include "base/check.h"
#include "channel/osia/osia.h"

#define HOUSE_FIRST 1100

/* Refusals of this interface alone. 1023 to 1025 stand in the place of one attribute's value
 * (answer.c); the first of them is the number in the standard's own example. */
static const struct {
    const char *name;
    unsigned number;
} own[] = {
    {OSIA_LIST_REFUSED, 1026},
    {OSIA_NO_DOCUMENTS, 1027},
};

unsigned osia_code_of(const struct problem *problem)
{
    size_t i = 0;

    if (problem->name == NULL) {
        return HOUSE_FIRST + problem->code;
    }
    while (strcmp(own[i].name, problem->name) != 0) {
        i++;
        CHECK(i < sizeof(own) / sizeof(own[0])); /* no other name is given here */
    }
    return own[i].number;
}

void osia_problem_put(struct buf *buf, const struct problem *problem)
{
    BUF_AUTO message;

    buf_init(&message, ASK_BODY_BYTES_MAX);
    buf_put_view(&message, problem->title);
    for (unsigned i = 0; i < problem->param_count; i++) {
        buf_put_text(&message, i == 0 ? ": " : "; ");
        buf_put_view(&message, problem->params[i].name);
        buf_put_text(&message, " ");
        buf_put_view(&message, problem->params[i].reason);
    }
    buf_put_text(&message, ".");
    if (problem->param_count == 0) { /* else it speaks of a list that is not here */
        buf_put_text(&message, " ");
        buf_put_view(&message, problem->detail);
    }
    osia_put_error(buf, osia_code_of(problem), buf_view(&message));
    buf->failed = buf->failed || message.failed; /* never a cut one */
}
