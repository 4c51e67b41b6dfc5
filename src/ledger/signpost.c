/*
 * Where records begin: some of them, so that one is found without searching a segment.
 *
 * Invariant: a post is the place of a committed record, which never moves but when its segment is
 * shredded; then its posts are forgotten.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/private.h"

#include <string.h>

#define POSTS_FIRST 1024u

struct outcome signposts_init(struct signposts *signposts)
{
    signposts->posts = memory_new(POSTS_FIRST, sizeof(*signposts->posts));
    signposts->count = 0;
    signposts->cap = POSTS_FIRST;
    return signposts->posts == NULL ? outcome_fail(FAULT_NO_MEMORY, "signposts") : OUTCOME_OK;
}

/* The first post behind the index. */
static size_t post_after(const struct signposts *signposts, uint64_t index)
{
    size_t low = 0;
    size_t high = signposts->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (signposts->posts[middle].first_index <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool post_near(const struct signpost *a, const struct signpost *b)
{
    uint64_t apart = a->offset < b->offset ? b->offset - a->offset : a->offset - b->offset;

    return a->segment == b->segment && apart < SIGNPOST_BYTES;
}

static bool has_room(struct signposts *signposts)
{
    if (signposts->count < signposts->cap) {
        return true;
    }
    size_t wider = 2 * signposts->cap;
    struct signpost *posts =
        wider > SIGNPOSTS_MAX ? NULL : memory_resize(signposts->posts, wider, sizeof(*posts));
    if (posts == NULL) {
        return false;
    }
    signposts->posts = posts;
    signposts->cap = wider;
    return true;
}

void signposts_add(struct signposts *signposts, const struct signpost *post)
{
    size_t at = post_after(signposts, post->first_index);

    if ((at > 0 && post_near(&signposts->posts[at - 1], post)) ||
        (at < signposts->count && post_near(&signposts->posts[at], post)) || !has_room(signposts)) {
        return;
    }
    memmove(signposts->posts + at + 1, signposts->posts + at,
            (signposts->count - at) * sizeof(signposts->posts[0]));
    signposts->posts[at] = *post;
    signposts->count++;
}

void signposts_narrow(const struct signposts *signposts, uint64_t segment, uint64_t index,
                      struct stretch *stretch)
{
    size_t at = post_after(signposts, index);

    if (at > 0 && signposts->posts[at - 1].segment == segment &&
        signposts->posts[at - 1].offset < stretch->until) {
        stretch->from = signposts->posts[at - 1].offset;
        stretch->first = signposts->posts[at - 1].first_index;
    }
    if (at < signposts->count && signposts->posts[at].segment == segment) {
        stretch->until = signposts->posts[at].offset;
        stretch->end = signposts->posts[at].first_index;
    }
    CHECK(stretch->first <= index);
}

void signposts_forget(struct signposts *signposts, uint64_t segment)
{
    size_t kept = 0;

    for (size_t i = 0; i < signposts->count; i++) {
        if (signposts->posts[i].segment != segment) {
            signposts->posts[kept++] = signposts->posts[i];
        }
    }
    signposts->count = kept;
}

void signposts_done(struct signposts *signposts)
{
    memory_free(signposts->posts);
    *signposts = (struct signposts){0};
}
