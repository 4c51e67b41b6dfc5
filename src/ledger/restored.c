/*
 * What a home that was made of a backup says of that, as a file: lines of a name and a value.
 */
#include "base/check.h"
#include "base/disk.h"
#include "ledger/context.h"

#include <stdio.h>
#include <string.h>

#define FIRST_LINE "restored 1\n"
#define RESTORED_BYTES_MAX 1024

static void put_checkpoint(struct buf *buf, const char *name, const struct checkpoint *checkpoint)
{
    buf_printf(buf, "%s %llu ", name, (unsigned long long)checkpoint->size);
    buf_put_hex(buf, view_of(checkpoint->root.bytes, sizeof(checkpoint->root.bytes)));
    buf_put_u8(buf, '\n');
}

void ledger_restored_put(struct buf *buf, const struct ledger_restored *restored)
{
    buf_put_text(buf, FIRST_LINE "id ");
    buf_put_hex(buf, view_of(restored->id, sizeof(restored->id)));
    buf_printf(buf, "\ngeneration %llu\n", (unsigned long long)restored->generation);
    put_checkpoint(buf, "at", &restored->at);
    if (restored->later.size > 0) {
        put_checkpoint(buf, "later", &restored->later);
    }
}

/* The value behind that name, up to its line's end. */
static struct view take_line(struct cursor *cursor, const char *name)
{
    struct view line = cursor_until(cursor, '\n');
    size_t len = strlen(name);

    if (line.len <= len || line.data[len] != ' ' || !view_is(view_part(line, 0, len), name)) {
        cursor->failed = true;
        return view_of(NULL, 0);
    }
    return view_part(line, len + 1, line.len - len - 1);
}

static void take_number(struct cursor *cursor, struct view text, uint64_t *ret_number)
{
    cursor->failed = cursor->failed || !outcome_ok(decimal_get(text, INT64_MAX, ret_number));
}

static void take_checkpoint(struct cursor *cursor, const char *name,
                            struct checkpoint *ret_checkpoint)
{
    struct view line = take_line(cursor, name);
    size_t space = view_find(line, 0, ' ');

    if (space == line.len) {
        cursor->failed = true;
        return;
    }
    struct view root = view_part(line, space + 1, line.len - space - 1);
    take_number(cursor, view_part(line, 0, space), &ret_checkpoint->size);
    cursor->failed =
        cursor->failed || !outcome_ok(hex_get(root, ret_checkpoint->root.bytes, SEAL_HASH_BYTES));
}

struct outcome ledger_restored_get(struct view text, struct ledger_restored *ret_restored)
{
    struct ledger_restored restored = {.generation = 0};
    struct cursor cursor = cursor_of(text);

    struct view first = cursor_view(&cursor, strlen(FIRST_LINE));
    cursor.failed = cursor.failed || !view_is(first, FIRST_LINE);
    struct view id = take_line(&cursor, "id");
    cursor.failed = cursor.failed || !outcome_ok(hex_get(id, restored.id, sizeof(restored.id)));
    take_number(&cursor, take_line(&cursor, "generation"), &restored.generation);
    take_checkpoint(&cursor, "at", &restored.at);
    if (!cursor.failed && cursor_left(&cursor) > 0) {
        take_checkpoint(&cursor, "later", &restored.later);
    }
    if (!outcome_ok(cursor_end(&cursor, LEDGER_RESTORED)) || restored.at.size == 0) {
        return outcome_fail(FAULT_CORRUPT, "home: file `" LEDGER_RESTORED "`");
    }
    *ret_restored = restored;
    return OUTCOME_OK;
}

struct outcome ledger_restored_read(const struct disk_port *disk, int home_fd,
                                    struct ledger_restored *ret_restored)
{
    BUF_AUTO text;

    buf_init(&text, RESTORED_BYTES_MAX);
    TRY(disk_load(disk, home_fd, LEDGER_RESTORED, &text));
    return ledger_restored_get(buf_view(&text), ret_restored);
}
