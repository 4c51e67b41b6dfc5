/*
 * One paper's file.
 *
 * Invariants
 *  1. Head and blocks are sealed with the file's own bytes and their number as place: moved,
 *     doubled, left out, or of another file, they do not open.
 *  2. The head says how long the paper is: one that was cut is found.
 *  3. A name tells nothing: it is a keyed hash of case and content.
 */
#include "archive/paper.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define KEY_LABEL "dancu archive"
#define NAMES_LABEL "dancu archive names"
#define NAME_KIND 1
#define MAGIC "dancupap"
#define MAGIC_BYTES 8
#define VERSION 1
#define HEAD_PLAIN_BYTES 1536 /* padded, so that heads are of one length */
#define HEAD_NUMBER UINT32_MAX
#define FRONT_BYTES (MAGIC_BYTES + PAPER_ID_BYTES)
#define HEAD_BYTES (HEAD_PLAIN_BYTES + SEAL_OVERHEAD_BYTES)
#define BLOCK_BYTES (ARCHIVE_BLOCK_BYTES + SEAL_OVERHEAD_BYTES)
#define PLACE_BYTES (FRONT_BYTES + 4)

_Static_assert(HEAD_PLAIN_BYTES > 1 + 2 + ASK_CODE_BYTES_MAX + SEAL_HASH_BYTES + 1 + 4 + 8 + 2 +
                                      DOCUMENT_FACTS_BYTES_MAX,
               "a head fits");
_Static_assert(DOCUMENT_BYTES_MAX / ARCHIVE_BLOCK_BYTES < HEAD_NUMBER, "a block is no head");

bool paper_code_set(struct paper_code *code, struct view text)
{
    if (text.len == 0 || text.len > sizeof(code->text)) {
        return false;
    }
    memcpy(code->text, text.data, text.len);
    code->len = (uint8_t)text.len;
    return true;
}

struct view paper_code_view(const struct paper_code *code)
{
    return view_of(code->text, code->len);
}

/* ---- the shelf ---- */

struct outcome shelf_key(const struct secret *wrap_key, struct secret *ret_key)
{
    return seal_derive(wrap_key, KEY_LABEL, ret_key);
}

struct outcome shelf_open(struct shelf *shelf, const struct disk_port *disk, int folder_fd,
                          const struct secret *key, const struct random_port *random)
{
    SECRET_AUTO names = {{0}};

    *shelf = (struct shelf){.disk = disk, .folder_fd = folder_fd};
    TRY(seal_derive(key, NAMES_LABEL, &names));
    TRY(blinder_new(&names, &shelf->blinder));
    return sealer_new(key, random, &shelf->sealer);
}

void shelf_close(struct shelf *shelf)
{
    blinder_free(shelf->blinder);
    sealer_free(shelf->sealer);
    *shelf = (struct shelf){.sealer = NULL};
}

/* ---- names ---- */

static const char *const endings[PAPER_PLACE_COUNT] = {
    [PAPER_NEW] = ".new",
    [PAPER_LOOSE] = ".loose",
    [PAPER_KEPT] = "",
};

/* Kept ones lie in 256 folders, by their first two digits. */
static void write_name(const uint8_t tag[SEAL_BLIND_BYTES], enum paper_place place,
                       char ret_name[PAPER_NAME_BYTES])
{
    char digits[2 * SEAL_BLIND_BYTES + 1] = {0};

    hex_write(digits, view_of(tag, SEAL_BLIND_BYTES));
    int folder = place == PAPER_KEPT ? 2 : 0;
    int said = snprintf(ret_name, PAPER_NAME_BYTES, "%.*s%s%s%s", folder, digits,
                        place == PAPER_KEPT ? "/" : "", digits, endings[place]);
    CHECK(said > 0 && said < PAPER_NAME_BYTES);
}

void paper_name(const struct shelf *shelf, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                enum paper_place place, char ret_name[PAPER_NAME_BYTES])
{
    uint8_t tag[SEAL_BLIND_BYTES];

    blinder_tag_pair(shelf->blinder, NAME_KIND, code, view_of(hash, SEAL_HASH_BYTES), tag);
    write_name(tag, place, ret_name);
}

void paper_new_name(const uint8_t id[PAPER_ID_BYTES], char ret_name[PAPER_NAME_BYTES])
{
    write_name(id, PAPER_NEW, ret_name);
}

bool paper_place_of(const char *name, enum paper_place *ret_place)
{
    struct view text = view_text(name);
    size_t digits = (size_t)2 * SEAL_BLIND_BYTES;
    uint8_t tag[SEAL_BLIND_BYTES];

    if (text.len < digits || !outcome_ok(hex_get(view_part(text, 0, digits), tag, sizeof(tag)))) {
        return false;
    }
    struct view ending = view_part(text, digits, text.len - digits);
    for (enum paper_place place = 0; place < PAPER_PLACE_COUNT; place++) {
        if (view_is(ending, endings[place])) {
            *ret_place = place;
            return true;
        }
    }
    return false;
}

/* ---- the file ---- */

/* Invariant 1; borrows from ret_place. */
static struct view place_of(const struct paper_file *file, uint32_t number,
                            uint8_t ret_place[PLACE_BYTES])
{
    memcpy(ret_place, MAGIC, MAGIC_BYTES);
    memcpy(ret_place + MAGIC_BYTES, file->id, PAPER_ID_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        ret_place[FRONT_BYTES + i] = (uint8_t)(number >> (24 - 8 * i));
    }
    return view_of(ret_place, PLACE_BYTES);
}

static uint64_t offset_of(uint32_t number)
{
    return FRONT_BYTES + HEAD_BYTES + (uint64_t)number * BLOCK_BYTES;
}

static struct outcome open_at(struct paper_file *file, const struct shelf *shelf, const char *name,
                              enum disk_open how)
{
    *file = (struct paper_file){.shelf = shelf, .fd = DISK_CLOSED};
    buf_init(&file->sealed, BLOCK_BYTES);
    return disk_open(shelf->disk, shelf->folder_fd, name, how, DISK_PRIVATE, &file->fd);
}

struct outcome paper_create(struct paper_file *file, const struct shelf *shelf,
                            const struct random_port *random)
{
    char name[PAPER_NAME_BYTES];
    uint8_t id[PAPER_ID_BYTES];

    random_fill(random, id, sizeof(id));
    paper_new_name(id, name);
    TRY(open_at(file, shelf, name, DISK_OPEN_CREATE));
    memcpy(file->id, id, sizeof(id));
    return OUTCOME_OK;
}

void paper_close(struct paper_file *file)
{
    if (file->shelf != NULL && file->fd != DISK_CLOSED) {
        /* What had to last was synced before. */
        struct outcome closed = disk_close(file->shelf->disk, &file->fd);
        (void)closed;
    }
    buf_done(&file->sealed);
    *file = (struct paper_file){.fd = DISK_CLOSED};
}

static struct outcome write_sealed(struct paper_file *file, uint32_t number, uint64_t offset,
                                   struct view plain)
{
    uint8_t place[PLACE_BYTES];
    size_t written = 0;

    buf_reset(&file->sealed);
    TRY(sealer_seal(file->shelf->sealer, place_of(file, number, place), plain, &file->sealed));
    TRY(buf_check(&file->sealed));
    return disk_write(file->shelf->disk, file->fd, offset, buf_view(&file->sealed), &written);
}

struct outcome paper_append(struct paper_file *file, struct view plain)
{
    CHECK(plain.len > 0 && plain.len <= ARCHIVE_BLOCK_BYTES);
    TRY(write_sealed(file, file->number, offset_of(file->number), plain));
    file->number++;
    return OUTCOME_OK;
}

struct outcome paper_finish(struct paper_file *file, const struct paper *paper)
{
    uint8_t front[PLACE_BYTES];
    size_t written = 0;
    BUF_AUTO head;

    buf_init(&head, HEAD_PLAIN_BYTES);
    buf_put_u8(&head, VERSION);
    buf_put_block16(&head, paper_code_view(&paper->code));
    buf_put(&head, paper->hash, sizeof(paper->hash));
    buf_put_u8(&head, (uint8_t)paper->type);
    buf_put_u32(&head, paper->bytes);
    buf_put_u64(&head, (uint64_t)paper->put_us);
    buf_put_block16(&head, view_of(paper->facts, paper->facts_len));
    buf_put_zeros(&head, HEAD_PLAIN_BYTES - head.len);
    TRY(buf_check(&head));
    TRY(write_sealed(file, HEAD_NUMBER, FRONT_BYTES, buf_view(&head)));
    struct view place = place_of(file, HEAD_NUMBER, front);
    TRY(disk_write(file->shelf->disk, file->fd, 0, view_part(place, 0, FRONT_BYTES), &written));
    return disk_sync(file->shelf->disk, file->fd, true);
}

void paper_rewind(struct paper_file *file)
{
    file->number = 0;
}

/* Of so many sealed bytes at most; *ret_len = what the file has there. */
static struct outcome read_sealed(struct paper_file *file, uint32_t number, uint64_t offset,
                                  size_t len, struct buf *ret_plain)
{
    uint8_t place[PLACE_BYTES];
    size_t got = 0;

    buf_reset(&file->sealed);
    uint8_t *sealed = buf_claim(&file->sealed, len);
    if (sealed == NULL) {
        return buf_check(&file->sealed);
    }
    TRY(disk_read(file->shelf->disk, file->fd, offset, sealed, len, &got));
    if (got == 0) {
        return outcome_fail(FAULT_NOT_FOUND, "a block of a paper");
    }
    if (got <= SEAL_OVERHEAD_BYTES) {
        return outcome_fail(FAULT_CORRUPT, "a block of a paper is cut off");
    }
    return sealer_open(file->shelf->sealer, place_of(file, number, place), view_of(sealed, got),
                       ret_plain);
}

static struct outcome head_get(struct view head, struct paper *ret_paper)
{
    struct cursor cursor = cursor_of(head);
    unsigned version = cursor_u8(&cursor);
    struct view code = cursor_block16(&cursor);

    cursor_copy(&cursor, ret_paper->hash, sizeof(ret_paper->hash));
    unsigned type = cursor_u8(&cursor);
    ret_paper->bytes = cursor_u32(&cursor);
    ret_paper->put_us = (int64_t)cursor_u64(&cursor);
    struct view facts = cursor_block16(&cursor);
    if (cursor.failed || version != VERSION || type >= FILE_TYPE_COUNT ||
        facts.len > sizeof(ret_paper->facts) || ret_paper->bytes == 0 ||
        ret_paper->bytes > DOCUMENT_BYTES_MAX || !paper_code_set(&ret_paper->code, code)) {
        return outcome_fail(FAULT_CORRUPT, "a paper's head");
    }
    ret_paper->type = (enum file_type)type;
    ret_paper->facts_len = (uint16_t)facts.len;
    if (facts.len > 0) {
        memcpy(ret_paper->facts, facts.data, facts.len);
    }
    return OUTCOME_OK;
}

/* Invariant 2. */
static struct outcome check_length(const struct paper_file *file, const struct paper *paper)
{
    uint64_t size = 0;
    uint32_t whole = paper->bytes / ARCHIVE_BLOCK_BYTES;
    uint32_t rest = paper->bytes % ARCHIVE_BLOCK_BYTES;
    uint64_t expected = offset_of(whole) + (rest > 0 ? rest + SEAL_OVERHEAD_BYTES : 0);

    TRY(disk_size(file->shelf->disk, file->fd, &size));
    return size == expected ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, "a paper's length");
}

static struct outcome read_front(struct paper_file *file, struct paper *ret_paper)
{
    uint8_t front[FRONT_BYTES] = {0};
    size_t got = 0;
    BUF_AUTO head;

    buf_init(&head, HEAD_PLAIN_BYTES);
    TRY(disk_read(file->shelf->disk, file->fd, 0, front, sizeof(front), &got));
    if (got != sizeof(front) || memcmp(front, MAGIC, MAGIC_BYTES) != 0) {
        return outcome_fail(FAULT_CORRUPT, "not a paper's file");
    }
    memcpy(file->id, front + MAGIC_BYTES, PAPER_ID_BYTES);
    struct outcome read = read_sealed(file, HEAD_NUMBER, FRONT_BYTES, HEAD_BYTES, &head);
    if (read.fault == FAULT_NOT_FOUND) {
        return outcome_fail(FAULT_CORRUPT, "a paper without a head");
    }
    TRY(read);
    TRY(head_get(buf_view(&head), ret_paper));
    return check_length(file, ret_paper);
}

struct outcome paper_open(struct paper_file *file, const struct shelf *shelf, const char *name,
                          struct paper *ret_paper)
{
    *ret_paper = (struct paper){.bytes = 0};
    TRY(open_at(file, shelf, name, DISK_OPEN_READ));
    return read_front(file, ret_paper);
}

struct outcome paper_read(struct paper_file *file, struct buf *ret_plain)
{
    TRY(read_sealed(file, file->number, offset_of(file->number), BLOCK_BYTES, ret_plain));
    file->number++;
    return OUTCOME_OK;
}
