/*
 * Purpose: what the tests of letters share: the tree's own templates, and the sample contents of
 * tests/letters with a text in them replaced.
 */
#ifndef DANCU_TESTS_UNIT_CHANNEL_LETTERS_H
#define DANCU_TESTS_UNIT_CHANNEL_LETTERS_H

#include "help.h"

#include "base/disk.h"
#include "channel/letter/press.h"

#include <fcntl.h>

#define LETTERS_DIR SOURCE_DIR "/letters"
#define SAMPLE_BYTES_MAX (4 * LETTER_CONTENT_BYTES_MAX)

/* A whole file below the tree. */
static inline void letters_read(const char *folder, const char *name, struct buf *ret_bytes)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY);

    assert_true(fd >= 0);
    buf_init(ret_bytes, SAMPLE_BYTES_MAX);
    assert_ok(disk_load(disk_system(), fd, name, ret_bytes));
    close(fd);
}

/* `bytes` with the first `from` replaced; fails when it is not there. */
static inline void letters_replace(struct buf *bytes, const char *from, const char *to)
{
    struct buf made;
    struct view old = view_text(from);
    size_t at = 0;

    while (at + old.len <= bytes->len &&
           !view_starts(view_part(buf_view(bytes), at, bytes->len - at), old)) {
        at++;
    }
    assert_true(at + old.len <= bytes->len);
    buf_init(&made, SAMPLE_BYTES_MAX);
    buf_put(&made, bytes->data, at);
    buf_put_text(&made, to);
    buf_put(&made, bytes->data + at + old.len, bytes->len - at - old.len);
    assert_ok(buf_check(&made));
    buf_done(bytes);
    *bytes = made;
}

static inline struct press *letters_press(void)
{
    struct press *press = NULL;
    struct press_error error;
    struct outcome outcome = press_new(LETTERS_DIR, PRESS_FONTS_USUAL, &press, &error);

    if (!outcome_ok(outcome)) {
        fail_msg("%s (%s)", error.text, outcome.what);
    }
    return press;
}

#endif
