/*
 * The policy's loader on foreign bytes. First byte: which of the five files (low bits), and how:
 *   0x00  the rest is that file, alone (fast: the YAML and the tables)
 *   0x40  the rest is that file within the repository's set
 *   0x80  an edit of that file within the set: offset (2 bytes), length to drop (1), text to put in
 * The set is read from $DANCU_POLICY_DIR, or from policy/ below the working directory.
 *
 * What must hold: a policy is whole or not there; a failure names a file, a line and a column.
 */
#include "base/ceilings.h"
#include "base/check.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 5
#define FILE_ROOM (2u << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[FILES] = {"circular-2021.yaml", "fees.yaml", "fields.yaml",
                                         "holidays.yaml", "refusals.yaml"};
static struct policy_file set[FILES];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *dir = getenv("DANCU_POLICY_DIR");

    (void)argc, (void)argv;
    for (unsigned i = 0; i < FILES; i++) {
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", dir == NULL ? "policy" : dir, names[i]);
        (void)snprintf(set[i].name, sizeof(set[i].name), "%s", names[i]);
        FILE *file = fopen(path, "rb");
        if (file == NULL) {
            fprintf(stderr, "%s is not there: only single files are tried\n", path);
            continue;
        }
        uint8_t *content = malloc(FILE_ROOM);
        CHECK(content != NULL);
        set[i].content = view_of(content, fread(content, 1, FILE_ROOM, file));
        (void)fclose(file);
    }
    return 0;
}

/* The file with some bytes dropped and others put in their place. */
static struct view edit(struct view content, struct view how, uint8_t *room)
{
    if (how.len < 3 || content.len == 0) {
        return content;
    }
    size_t at = ((size_t)how.data[0] << 8 | how.data[1]) % content.len;
    size_t drop = how.data[2] < content.len - at ? how.data[2] : content.len - at;
    struct view text = view_part(how, 3, how.len - 3);

    memcpy(room, content.data, at);
    memcpy(room + at, text.data, text.len);
    memcpy(room + at + text.len, content.data + at + drop, content.len - at - drop);
    return view_of(room, content.len - drop + text.len);
}

static void check_error(const struct policy_error *error)
{
    unsigned line = 0;
    unsigned column = 0;
    char sentence[512];

    CHECK(memchr(error->text, '\0', sizeof(error->text)) != NULL);
    const char *colon = strchr(error->text, ':');
    CHECK(colon != NULL);
    CHECK(sscanf(colon, ":%u:%u: %511[^\n]", &line, &column, sentence) == 3);
    CHECK(line >= 1 && column >= 1);
}

static void try_load(const struct policy_file *files, unsigned count)
{
    struct policy *policy = NULL;
    struct policy_error error;
    struct outcome outcome = policy_load(files, count, &policy, &error);

    if (!outcome_ok(outcome)) {
        CHECK(policy == NULL);
        check_error(&error);
        return;
    }
    CHECK(policy != NULL && strlen(policy_hash(policy)) == 64);
    struct buf shown;
    buf_init(&shown, POLICY_SHOW_BYTES_MAX);
    policy_show(policy, false, &shown);
    policy_show(policy, true, &shown);
    CHECK(utf8_valid(buf_view(&shown)));
    buf_done(&shown);
    policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[FILE_ROOM + 65536];

    if (size < 1 || size > 65536) {
        return 0;
    }
    unsigned which = (data[0] & 0x0f) % FILES;
    struct view rest = view_of(data + 1, size - 1);
    struct policy_file files[FILES];
    memcpy(files, set, sizeof(files));
    if ((data[0] & 0xc0) == 0) {
        files[which].content = rest;
        snprintf(files[which].name, sizeof(files[which].name), "%s", names[which]);
        try_load(&files[which], 1);
        return 0;
    }
    files[which].content = (data[0] & 0x80) != 0 ? edit(files[which].content, rest, room) : rest;
    try_load(files, FILES);
    return 0;
}
