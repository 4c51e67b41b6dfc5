/*
 * The sheet of the first officers.
 */
#include "cli/ceremony.h"

#include "base/ceilings.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "domain/letter_text.h"
#include "office/found.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define SHEET_BYTES_MAX 65536
#define SHEET_VALUES_MAX 256
#define PATH_BYTES_MAX 1024

enum { AT_CODE, AT_NAME, AT_ROLES, AT_CERT, AT_KEY, AT_COUNT };
static const struct json_row rows[AT_COUNT] = {
    [AT_CODE] = {"code", JSON_STRING_BIT, true},  [AT_NAME] = {"name", JSON_STRING_BIT, true},
    [AT_ROLES] = {"roles", JSON_ARRAY_BIT, true}, [AT_CERT] = {"cert", JSON_STRING_BIT, true},
    [AT_KEY] = {"key", JSON_STRING_BIT, true},
};

struct sheet {
    const char *path;
    struct officer officers[FOUND_OFFICERS_MAX];
    unsigned count;
};

static struct outcome no_good(const struct sheet *sheet, const char *what)
{
    cli_complain("%s: officer %u: %s", sheet->path, sheet->count + 1, what);
    return outcome_fail(FAULT_BAD_INPUT, "sheet of officers");
}

/* A file named in the sheet, beside it. */
static struct outcome beside(const struct sheet *sheet, struct view name, char ret_path[])
{
    const char *slash = strrchr(sheet->path, '/');
    int folder = name.len > 0 && name.data[0] == '/' ? 0
                 : slash == NULL                     ? 0
                                                     : (int)(slash - sheet->path) + 1;
    int len = snprintf(ret_path, PATH_BYTES_MAX, "%.*s%.*s", folder, sheet->path, (int)name.len,
                       (const char *)name.data);
    return len > 0 && len < PATH_BYTES_MAX ? OUTCOME_OK : no_good(sheet, "a path is too long");
}

static struct outcome take_roles(struct sheet *sheet, const struct json_node *array,
                                 struct officer *officer)
{
    for (const struct json_node *node = json_first(array); node != NULL;
         node = json_next(array, node)) {
        unsigned role = 0;
        if (node->kind != JSON_KIND_STRING ||
            !outcome_ok(words_find(&words_role, node->text, &role))) {
            return no_good(sheet, "a role is none of intake, decide, approve, audit, security");
        }
        officer->roles |= ROLE_BIT(role);
    }
    return officer->roles != 0 ? OUTCOME_OK : no_good(sheet, "has no role");
}

static struct outcome take_files(struct sheet *sheet, const struct json_node *const *values,
                                 struct officer *officer)
{
    char path[PATH_BYTES_MAX];
    struct files_cert cert = {0};

    TRY(beside(sheet, values[AT_CERT]->text, path));
    struct outcome outcome = files_cert(path, &cert);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", path, outcome.what);
        return outcome;
    }
    TRY(hex_get(view_text(cert.spki), officer->spki, sizeof(officer->spki)));
    TRY(beside(sheet, values[AT_KEY]->text, path));
    outcome = files_public_key(path, officer->key);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", path, outcome.what);
    }
    return outcome;
}

static struct outcome take_officer(struct sheet *sheet, const struct json_node *node)
{
    const struct json_node *values[AT_COUNT] = {0};
    struct json_fault fault = {0};

    if (sheet->count == FOUND_OFFICERS_MAX) {
        return no_good(sheet, "is one too many");
    }
    if (!outcome_ok(json_take(node, rows, AT_COUNT, values, &fault))) {
        return no_good(sheet, fault.missing != NULL ? "a member is missing" : fault.reason);
    }
    struct officer *officer = &sheet->officers[sheet->count];
    if (!outcome_ok(code_set(&officer->code, values[AT_CODE]->text)) ||
        !outcome_ok(long_set(&officer->name, values[AT_NAME]->text))) {
        return no_good(sheet, "code or name is too long");
    }
    if (letter_text_fault(values[AT_NAME]->text, DIRECTORY_NAME_BYTES_MAX) != NULL) {
        return no_good(sheet, "a name that could stand in no letter: spaces at an end, not in "
                              "Unicode normal form C, or hidden characters");
    }
    TRY(take_roles(sheet, values[AT_ROLES], officer));
    TRY(take_files(sheet, values, officer));
    sheet->count++;
    return OUTCOME_OK;
}

static struct outcome take_sheet(struct sheet *sheet, struct view text, struct arena *arena)
{
    static const struct json_limits limits = {.bytes_max = SHEET_BYTES_MAX,
                                              .depth_max = 3,
                                              .values_max = SHEET_VALUES_MAX,
                                              .members_max = AT_COUNT};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    if (!outcome_ok(json_parse(text, &limits, arena, &doc, &fault)) ||
        doc.nodes[0].kind != JSON_KIND_ARRAY) {
        cli_complain("%s: byte %zu: %s", sheet->path, fault.column,
                     fault.reason != NULL ? fault.reason : "no list of officers");
        return outcome_fail(FAULT_BAD_INPUT, "sheet of officers");
    }
    for (const struct json_node *node = json_first(&doc.nodes[0]); node != NULL;
         node = json_next(&doc.nodes[0], node)) {
        TRY(take_officer(sheet, node));
    }
    return OUTCOME_OK;
}

struct outcome ceremony_read(const char *path, struct buf *ret_officers)
{
    struct sheet sheet = {.path = path};
    struct arena arena = {0};
    BUF_AUTO text;
    buf_init(&text, SHEET_BYTES_MAX);

    struct outcome outcome = files_read(path, &text);
    if (!outcome_ok(outcome)) {
        cli_complain("%s: %s", path, outcome.what);
        return outcome;
    }
    TRY(arena_init(&arena, SHEET_VALUES_MAX * sizeof(struct json_node) + SHEET_BYTES_MAX));
    outcome = take_sheet(&sheet, buf_view(&text), &arena);
    arena_done(&arena);
    TRY(outcome);
    if (sheet.count < FOUND_OFFICERS_MIN) {
        cli_complain("%s: the first officers are two at least", path);
        return outcome_fail(FAULT_BAD_INPUT, "sheet of officers");
    }
    found_put(sheet.officers, sheet.count, ret_officers);
    return buf_check(ret_officers);
}
