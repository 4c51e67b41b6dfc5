/*
 * Documents of strangers: whatever comes, looking stays inside it, says why it refuses, and says
 * the same of the same bytes; what is taken cannot be cut short, nor have anything behind it.
 */
#include "base/check.h"
#include "base/memory.h"
#include "wire/document.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct outcome look(struct view file)
{
    struct outcome outcome = document_starts_pdf(file)   ? document_look_pdf(file)
                             : document_starts_png(file) ? document_look_png(file)
                                                         : document_look_jpeg(file);

    CHECK(outcome_ok(outcome) || (outcome.fault == FAULT_BAD_INPUT && outcome.what != NULL &&
                                  strlen(outcome.what) <= DOCUMENT_WHY_BYTES_MAX));
    return outcome;
}

static bool ends_white(struct view file)
{
    return file.len > 0 && strchr(" \n\r\t\f", file.data[file.len - 1]) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view file = view_of(data, size);

    if (outcome_ok(look(file)) && size > 0) {
        MEMORY_AUTO uint8_t *longer = memory_new(size + 1, 1);
        CHECK(longer != NULL);
        memcpy(longer, data, size);
        longer[size] = 'x';
        CHECK(!outcome_ok(look(view_of(longer, size + 1))));
        CHECK(ends_white(file) || data[size - 1] == 0 ||
              !outcome_ok(look(view_of(data, size - 1))));
    }
    return 0;
}
