/*
 * The policy's loader on foreign bytes. First byte: which of the eight files (low bits), and how:
 *   0x00  the rest is that file, alone (the YAML and the tables)
 *   0x40  the rest is that file within the repository's set
 *   0x80  an edit of that file: place (2 bytes), how (1), then a text. The text is read as YAML and
 *         grafted onto the file's tree at the node of that number: in its place, at the end of its
 *         children, or with what follows it cut off
 * The set is read from $DANCU_POLICY_DIR, or from policy/ below the working directory.
 *
 * To read all eight files takes a hundred times as long as one edit is worth, so the other seven
 * are trees that were read once, and only the rows are read again. One input in 256 goes the whole
 * way through policy_load(); an edit is there one of the file's text, at that place, that many
 * bytes dropped.
 *
 * What must hold: a policy is whole or not there; a failure names a file, a line and a column.
 */
#include "base/ceilings.h"
#include "base/check.h"
#include "policy/policy.h"
#include "policy/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 8
#define FILE_ROOM (2u << 20)
#define INPUT_BYTES_MAX 65536
#define WHOLE_WAY_ONE_IN 256
#define NODES_ROOM (2 * POLICY_NODES_MAX)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 keeps 2 KiB for good of some texts that are no YAML, whatever its user frees; what
 * is allocated by us is looked at as before. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

/* Seeds know them by their places; order[] is the one in which policy_load() reads them. */
static const char *const names[FILES] = {"circular-2021.yaml", "fees.yaml",     "fields.yaml",
                                         "holidays.yaml",      "refusals.yaml", "sources.yaml",
                                         "written.yaml",       "messages.yaml"};
static const struct policy_file_schema *const schemas[FILES] = {
    &policy_schema_circular, &policy_schema_fees,     &policy_schema_fields,
    &policy_schema_holidays, &policy_schema_refusals, &policy_schema_sources,
    &policy_schema_written,  &policy_schema_messages};

static const unsigned order[FILES] = {0, 2, 4, 1, 3, 5, 6, 7};

static struct policy_file set[FILES];
static struct policy_tree trees[FILES];
static struct arena set_texts; /* of the trees */
static struct arena texts;     /* of the run in hand */
static struct policy_node nodes[NODES_ROOM];

static void read_set_file(unsigned which, const char *dir)
{
    char path[4096];
    struct policy_error error;

    (void)snprintf(path, sizeof(path), "%s/%s", dir == NULL ? "policy" : dir, names[which]);
    (void)snprintf(set[which].name, sizeof(set[which].name), "%s", names[which]);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s is not there: see the top of %s\n", path, __FILE__);
        exit(1);
    }
    uint8_t *content = malloc(FILE_ROOM);
    CHECK(content != NULL);
    set[which].content = view_of(content, fread(content, 1, FILE_ROOM, file));
    (void)fclose(file);
    CHECK(outcome_ok(policy_tree_parse(&set[which], &set_texts, &trees[which], &error)));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    CHECK(outcome_ok(arena_init(&set_texts, POLICY_TEXTS_BYTES_MAX)));
    CHECK(outcome_ok(arena_init(&texts, POLICY_TEXTS_BYTES_MAX)));
    for (unsigned i = 0; i < FILES; i++) {
        read_set_file(i, getenv("DANCU_POLICY_DIR"));
    }
    return 0;
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

static void check_policy(const struct policy *policy)
{
    struct buf shown;

    buf_init(&shown, POLICY_SHOW_BYTES_MAX);
    policy_show(policy, false, &shown);
    policy_show(policy, true, &shown);
    CHECK(utf8_valid(buf_view(&shown)));
    buf_done(&shown);
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
    check_policy(policy);
    policy_free(policy);
}

/* The rows of the set with one file's tree replaced, as policy_load() reads them. */
static void try_rows(unsigned which, const struct policy_tree *tree)
{
    struct policy_error error = {.text = ""};
    struct policy *policy = memory_new(1, sizeof(*policy));
    struct policy_loader loader = {.policy = policy, .error = &error};
    struct outcome outcome = OUTCOME_OK;

    CHECK(policy != NULL);
    for (unsigned i = 0; i < FILES && outcome_ok(outcome); i++) {
        unsigned file = order[i];
        loader.tree = file == which ? *tree : trees[file];
        loader.file = names[file];
        outcome = policy_rows_read(&loader, schemas[file]);
    }
    if (!outcome_ok(outcome)) {
        check_error(&error);
    } else if (texts.used % 8 == 0) {
        check_policy(policy); /* slow, and mostly the same */
    }
    memory_free(policy);
}

/* The file's text with some bytes dropped and others put in their place. */
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

static void try_whole_way(unsigned which, bool is_edit, struct view rest)
{
    static uint8_t room[FILE_ROOM + INPUT_BYTES_MAX];
    struct policy_file files[FILES];

    memcpy(files, set, sizeof(files));
    files[which].content = is_edit ? edit(files[which].content, rest, room) : rest;
    try_load(files, FILES);
}

/* Both trees in one array: the graft's numbers move up behind the file's. */
static struct policy_tree join(const struct policy_tree *file, const struct policy_tree *graft)
{
    uint32_t up = file->count - 1; /* a tree's node 0 is nobody */

    CHECK(file->count + graft->count <= NODES_ROOM);
    memcpy(nodes, file->nodes, file->count * sizeof(nodes[0]));
    memcpy(nodes + file->count, graft->nodes + 1, (graft->count - 1) * sizeof(nodes[0]));
    for (uint32_t i = file->count; i < up + graft->count; i++) {
        nodes[i].first += nodes[i].first == 0 ? 0 : up;
        nodes[i].next += nodes[i].next == 0 ? 0 : up;
    }
    return (struct policy_tree){.nodes = nodes, .count = up + graft->count, .cap = NODES_ROOM};
}

static void put_in_place(struct policy_node *node, const struct policy_node *root)
{
    if (node->is_key && root->kind != NODE_TEXT) {
        return; /* which the reader of YAML never makes */
    }
    node->kind = root->kind;
    node->text = root->text;
    node->plain = root->plain;
    node->first = root->first;
}

static void put_at_end(struct policy_node *node, const struct policy_node *root)
{
    if (node->kind != root->kind || node->kind == NODE_TEXT) {
        return;
    }
    uint32_t *end = &node->first;
    while (*end != 0) {
        end = &nodes[*end].next;
    }
    *end = root->first;
}

static void try_graft(unsigned which, struct view how)
{
    struct policy_file file = set[which];
    struct policy_tree graft = {0};
    struct policy_error error;

    if (how.len < 3) {
        return;
    }
    file.content = view_part(how, 3, how.len - 3);
    if (!outcome_ok(policy_tree_parse(&file, &texts, &graft, &error))) {
        check_error(&error);
        return;
    }
    uint32_t own = trees[which].count;
    uint32_t at = 1 + ((uint32_t)how.data[0] << 8 | how.data[1]) % (own - 1);
    struct policy_tree tree = join(&trees[which], &graft);
    if (how.data[2] % 4 == 3 && !nodes[at].is_key) {
        nodes[at].next = 0; /* of a map a key and its value, of a list an item: both stay whole */
    } else if (how.data[2] % 4 == 2) {
        put_at_end(&nodes[at], &nodes[own]);
    } else {
        put_in_place(&nodes[at], &nodes[own]);
    }
    policy_tree_done(&graft);
    try_rows(which, &tree);
}

static void try_file(unsigned which, struct view content)
{
    struct policy_file file = set[which];
    struct policy_tree tree = {0};
    struct policy_error error;

    file.content = content;
    if (!outcome_ok(policy_tree_parse(&file, &texts, &tree, &error))) {
        check_error(&error);
        return;
    }
    try_rows(which, &tree);
    policy_tree_done(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_BYTES_MAX) {
        return 0;
    }
    unsigned which = (data[0] & 0x0f) % FILES;
    struct view rest = view_of(data + 1, size - 1);
    struct policy_file alone = set[which];

    arena_reset(&texts);
    if ((data[0] & 0xc0) == 0) {
        alone.content = rest;
        try_load(&alone, 1);
    } else if (crc32c(0, rest) % WHOLE_WAY_ONE_IN == 0) {
        try_whole_way(which, (data[0] & 0x80) != 0, rest);
    } else if ((data[0] & 0x80) != 0) {
        try_graft(which, rest);
    } else {
        try_file(which, rest);
    }
    return 0;
}
