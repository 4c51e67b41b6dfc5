/*
 * Folding of Latin letters as a table: how a letter with marks, strokes or hooks is written when
 * names are compared. Letters that have no plain counterpart fold to their capital.
 * Made from the Unicode Character Database 14.0 (canonical decomposition, upper case, and the
 * letter before WITH in a name); tests/unit/domain/test_fold.c holds every row against
 * libunistring.
 */
#include "domain/fold.h"

/* U+00C0 to U+024F. */
const char fold_latin[FOLD_LATIN_END - FOLD_LATIN_FIRST][FOLD_ROW_BYTES] = {
    "A", "A",  "A",  "A",  "A",  "A",  "AE", "C",  "E",  "E",  "E",  "E",  "I",  "I",  "I",  "I",
    "D", "N",  "O",  "O",  "O",  "O",  "O",  "×",  "O",  "U",  "U",  "U",  "U",  "Y",  "TH", "SS",
    "A", "A",  "A",  "A",  "A",  "A",  "AE", "C",  "E",  "E",  "E",  "E",  "I",  "I",  "I",  "I",
    "D", "N",  "O",  "O",  "O",  "O",  "O",  "÷",  "O",  "U",  "U",  "U",  "U",  "Y",  "TH", "Y",
    "A", "A",  "A",  "A",  "A",  "A",  "C",  "C",  "C",  "C",  "C",  "C",  "C",  "C",  "D",  "D",
    "D", "D",  "E",  "E",  "E",  "E",  "E",  "E",  "E",  "E",  "E",  "E",  "G",  "G",  "G",  "G",
    "G", "G",  "G",  "G",  "H",  "H",  "H",  "H",  "I",  "I",  "I",  "I",  "I",  "I",  "I",  "I",
    "I", "I",  "IJ", "IJ", "J",  "J",  "K",  "K",  "ĸ",  "L",  "L",  "L",  "L",  "L",  "L",  "L",
    "L", "L",  "L",  "N",  "N",  "N",  "N",  "N",  "N",  "'N", "Ŋ",  "Ŋ",  "O",  "O",  "O",  "O",
    "O", "O",  "OE", "OE", "R",  "R",  "R",  "R",  "R",  "R",  "S",  "S",  "S",  "S",  "S",  "S",
    "S", "S",  "T",  "T",  "T",  "T",  "T",  "T",  "U",  "U",  "U",  "U",  "U",  "U",  "U",  "U",
    "U", "U",  "U",  "U",  "W",  "W",  "Y",  "Y",  "Y",  "Z",  "Z",  "Z",  "Z",  "Z",  "Z",  "S",
    "B", "B",  "B",  "B",  "Ƅ",  "Ƅ",  "Ɔ",  "C",  "C",  "D",  "D",  "D",  "D",  "ƍ",  "Ǝ",  "Ə",
    "Ɛ", "F",  "F",  "G",  "Ɣ",  "Ƕ",  "Ɩ",  "I",  "K",  "K",  "L",  "ƛ",  "Ɯ",  "N",  "N",  "O",
    "O", "O",  "Ƣ",  "Ƣ",  "P",  "P",  "Ʀ",  "Ƨ",  "Ƨ",  "Ʃ",  "ƪ",  "T",  "T",  "T",  "T",  "U",
    "U", "Ʊ",  "V",  "Y",  "Y",  "Z",  "Z",  "Ʒ",  "Ƹ",  "Ƹ",  "ƺ",  "ƻ",  "Ƽ",  "Ƽ",  "ƾ",  "Ƿ",
    "ǀ", "ǁ",  "ǂ",  "ǃ",  "DZ", "DZ", "DZ", "LJ", "LJ", "LJ", "NJ", "NJ", "NJ", "A",  "A",  "I",
    "I", "O",  "O",  "U",  "U",  "U",  "U",  "U",  "U",  "U",  "U",  "U",  "U",  "Ǝ",  "A",  "A",
    "A", "A",  "AE", "AE", "G",  "G",  "G",  "G",  "K",  "K",  "O",  "O",  "O",  "O",  "Ʒ",  "Ʒ",
    "J", "DZ", "DZ", "DZ", "G",  "G",  "Ƕ",  "Ƿ",  "N",  "N",  "A",  "A",  "AE", "AE", "O",  "O",
    "A", "A",  "A",  "A",  "E",  "E",  "E",  "E",  "I",  "I",  "I",  "I",  "O",  "O",  "O",  "O",
    "R", "R",  "R",  "R",  "U",  "U",  "U",  "U",  "S",  "S",  "T",  "T",  "Ȝ",  "Ȝ",  "H",  "H",
    "N", "D",  "Ȣ",  "Ȣ",  "Z",  "Z",  "A",  "A",  "E",  "E",  "O",  "O",  "O",  "O",  "O",  "O",
    "O", "O",  "Y",  "Y",  "L",  "N",  "T",  "ȷ",  "ȸ",  "ȹ",  "A",  "C",  "C",  "L",  "T",  "Ȿ",
    "Ɀ", "Ɂ",  "Ɂ",  "B",  "Ʉ",  "Ʌ",  "E",  "E",  "J",  "J",  "Ɋ",  "Ɋ",  "R",  "R",  "Y",  "Y",
};

/* U+1E00 to U+1EFF: where the Vietnamese letters with two marks are. */
const char fold_additional[FOLD_ADDITIONAL_END - FOLD_ADDITIONAL_FIRST][FOLD_ROW_BYTES] = {
    "A", "A", "B",  "B", "B", "B", "B",  "B", "C", "C", "D", "D", "D", "D", "D", "D", "D", "D", "D",
    "D", "E", "E",  "E", "E", "E", "E",  "E", "E", "E", "E", "F", "F", "G", "G", "H", "H", "H", "H",
    "H", "H", "H",  "H", "H", "H", "I",  "I", "I", "I", "K", "K", "K", "K", "K", "K", "L", "L", "L",
    "L", "L", "L",  "L", "L", "M", "M",  "M", "M", "M", "M", "N", "N", "N", "N", "N", "N", "N", "N",
    "O", "O", "O",  "O", "O", "O", "O",  "O", "P", "P", "P", "P", "R", "R", "R", "R", "R", "R", "R",
    "R", "S", "S",  "S", "S", "S", "S",  "S", "S", "S", "S", "T", "T", "T", "T", "T", "T", "T", "T",
    "U", "U", "U",  "U", "U", "U", "U",  "U", "U", "U", "V", "V", "V", "V", "W", "W", "W", "W", "W",
    "W", "W", "W",  "W", "W", "X", "X",  "X", "X", "Y", "Y", "Z", "Z", "Z", "Z", "Z", "Z", "H", "T",
    "W", "Y", "A'", "S", "ẜ", "ẝ", "SS", "ẟ", "A", "A", "A", "A", "A", "A", "A", "A", "A", "A", "A",
    "A", "A", "A",  "A", "A", "A", "A",  "A", "A", "A", "A", "A", "A", "E", "E", "E", "E", "E", "E",
    "E", "E", "E",  "E", "E", "E", "E",  "E", "E", "E", "I", "I", "I", "I", "O", "O", "O", "O", "O",
    "O", "O", "O",  "O", "O", "O", "O",  "O", "O", "O", "O", "O", "O", "O", "O", "O", "O", "O", "O",
    "U", "U", "U",  "U", "U", "U", "U",  "U", "U", "U", "U", "U", "U", "U", "Y", "Y", "Y", "Y", "Y",
    "Y", "Y", "Y",  "Ỻ", "Ỻ", "Ỽ", "Ỽ",  "Y", "Y",
};
