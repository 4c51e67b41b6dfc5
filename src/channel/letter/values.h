/*
 * Purpose: a field's value, as the gate gave it, in words. Private to channel/letter/.
 */
#ifndef DANCU_CHANNEL_LETTER_VALUES_H
#define DANCU_CHANNEL_LETTER_VALUES_H

#include "channel/letter/book.h"

/* Appends the value of a person's member; several lines are parted by `\n`. FAULT_BAD_INPUT with
 * *ret_fault: the value is not of the field's shape. */
struct outcome value_put(const struct book *book, const struct content *content,
                         const struct json_node *field, struct buf *buf,
                         struct content_fault *ret_fault);

#endif
