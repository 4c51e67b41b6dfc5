/*
 * What a text of letters is.
 */
#include "domain/letter_text.h"

#include "domain/fold.h"

#include <unictype.h>

const char *letter_text_fault(struct view text, size_t bytes_max)
{
    const uc_general_category_t hidden = uc_general_category_or(
        uc_general_category_or(UC_CATEGORY_C, UC_CATEGORY_Zl), UC_CATEGORY_Zp);
    bool nfc = false;

    if (text.len == 0) {
        return "empty text";
    }
    if (text.len > bytes_max) {
        return "text too long";
    }
    for (size_t at = 0; at < text.len;) {
        if (uc_is_general_category(fold_point(text, &at), hidden)) {
            return "a control, formatting, private or unassigned character";
        }
    }
    if (!outcome_ok(fold_nfc(text, &nfc)) || !nfc) {
        return "not in Unicode normal form C";
    }
    return text.data[0] == ' ' || text.data[text.len - 1] == ' ' ? "space where none belongs"
                                                                 : NULL;
}
