/*
 * The folder's files.
 *
 * Invariants
 *  1. What no row names is refused, and so is a value that a unit of the protocol could not hold.
 *  2. Each command has its own word.
 */
#include "channel/sms/settings.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/memory.h"
#include "channel/yaml/yaml.h"
#include "domain/country.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#define SETTINGS_FILE "sms.yaml"
#define SETTINGS_BYTES_MAX 65536
#define NODES_BYTES_MAX 65536

/* Reading in hand. */
struct reading {
    int folder_fd;
    struct yaml yaml;
    struct arena texts;
    struct sms_settings *settings;
};

enum top_key { TOP_CENTRE, TOP_NUMBER, TOP_WINDOW, TOP_PER_SECOND, TOP_ACCENTS, TOP_SYNTAX };
static const struct yaml_key top_keys[] = {
    [TOP_CENTRE] = {"centre", NODE_MAP, true},
    [TOP_NUMBER] = {"number", NODE_TEXT, true},
    [TOP_WINDOW] = {"window", NODE_TEXT, false},
    [TOP_PER_SECOND] = {"per_second", NODE_TEXT, false},
    [TOP_ACCENTS] = {"accents", NODE_TEXT, false},
    [TOP_SYNTAX] = {"syntax", NODE_MAP, false},
};
#define TOP_KEYS (sizeof(top_keys) / sizeof(top_keys[0]))

enum centre_key { CENTRE_SYSTEM_ID, CENTRE_PASSWORD, CENTRE_TYPE, CENTRE_TLS_NAME, CENTRE_TLS_CA };
static const struct yaml_key centre_keys[] = {
    [CENTRE_SYSTEM_ID] = {"system_id", NODE_TEXT, true},
    [CENTRE_PASSWORD] = {"password", NODE_TEXT, true},
    [CENTRE_TYPE] = {"system_type", NODE_TEXT, false},
    [CENTRE_TLS_NAME] = {"tls_name", NODE_TEXT, false},
    [CENTRE_TLS_CA] = {"tls_ca", NODE_TEXT, false},
};
#define CENTRE_KEYS (sizeof(centre_keys) / sizeof(centre_keys[0]))

/* The prefix stands in the place of TEXTING_UNKNOWN, which has no word. */
static const struct yaml_key syntax_keys[TEXTING_VERB_COUNT] = {
    [TEXTING_UNKNOWN] = {"prefix", NODE_TEXT, true},  [TEXTING_VIEW] = {"view", NODE_TEXT, true},
    [TEXTING_HISTORY] = {"history", NODE_TEXT, true}, [TEXTING_LOCK] = {"lock", NODE_TEXT, true},
    [TEXTING_UNLOCK] = {"unlock", NODE_TEXT, true},   [TEXTING_CHECK] = {"check", NODE_TEXT, true},
    [TEXTING_HELP] = {"help", NODE_TEXT, true},
};
static const char *const usual_words[TEXTING_VERB_COUNT] = {"DC", "TT", "LS", "KHOA",
                                                            "MO", "XN", "HD"};

/* Invariant 1: printable ASCII, with its end. */
static struct outcome take_text(struct reading *reading, const struct policy_node *node,
                                size_t bytes_max, char *ret_text)
{
    if (node->text.len > bytes_max) {
        return yaml_refuse(&reading->yaml, node->place, "more than %zu characters", bytes_max);
    }
    for (size_t i = 0; i < node->text.len; i++) {
        if (node->text.data[i] <= ' ' || node->text.data[i] > '~') {
            return yaml_refuse(&reading->yaml, node->place, "only letters, digits and signs");
        }
    }
    memcpy(ret_text, node->text.data, node->text.len);
    ret_text[node->text.len] = '\0';
    return OUTCOME_OK;
}

static struct outcome take_number(struct reading *reading, const struct policy_node *node,
                                  unsigned max, unsigned *ret_number)
{
    uint64_t number = 0;

    if (node == NULL) { /* what is usual stands there */
        return OUTCOME_OK;
    }
    if (!outcome_ok(decimal_get(node->text, max, &number)) || number == 0) {
        return yaml_refuse(&reading->yaml, node->place, "a number from 1 to %u", max);
    }
    *ret_number = (unsigned)number;
    return OUTCOME_OK;
}

static struct outcome take_flag(struct reading *reading, const struct policy_node *node,
                                bool *ret_flag)
{
    if (node == NULL) {
        return OUTCOME_OK;
    }
    if (!view_is(node->text, "yes") && !view_is(node->text, "no")) {
        return yaml_refuse(&reading->yaml, node->place, "\"yes\" or \"no\"");
    }
    *ret_flag = view_is(node->text, "yes");
    return OUTCOME_OK;
}

/* The whole of a file beside sms.yaml. */
static struct outcome read_beside(const struct reading *reading, const char *name, size_t bytes_max,
                                  struct buf *ret_bytes)
{
    int fd = openat(reading->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    uint8_t *room = fd < 0 ? NULL : buf_claim(ret_bytes, bytes_max + 1);
    size_t len = 0;

    struct outcome outcome = fd < 0 ? outcome_fail(FAULT_NOT_FOUND, "no such file") : OUTCOME_OK;
    if (outcome_ok(outcome)) {
        outcome = room == NULL ? outcome_fail(FAULT_NO_MEMORY, "file")
                               : disk_read(disk_system(), fd, 0, room, bytes_max + 1, &len);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    TRY(outcome);
    buf_cut(ret_bytes, len);
    return len <= bytes_max ? OUTCOME_OK : outcome_fail(FAULT_OVER_LIMIT, "file too long");
}

static bool is_name(struct view name)
{
    return name.len > 0 && name.len < NAME_MAX && name.data[0] != '.' &&
           view_find(name, 0, '/') == name.len;
}

static struct outcome read_named(struct reading *reading, const struct policy_node *node,
                                 size_t bytes_max, struct buf *ret_bytes)
{
    struct outcome outcome = outcome_fail(FAULT_BAD_INPUT, "no name of a file in this folder");

    if (is_name(node->text)) { /* a terminator follows the text of a node */
        outcome = read_beside(reading, (const char *)node->text.data, bytes_max, ret_bytes);
    }
    return outcome_ok(outcome) ? OUTCOME_OK
                               : yaml_refuse(&reading->yaml, node->place, "`%s`: %s",
                                             policy_quote(node->text).text, outcome.what);
}

/* One line. */
static struct outcome read_password(struct reading *reading, const struct policy_node *node)
{
    struct sms_settings *settings = reading->settings;
    BUF_AUTO bytes;
    buf_init(&bytes, SMPP_PASSWORD_BYTES_MAX + 3);

    TRY(read_named(reading, node, SMPP_PASSWORD_BYTES_MAX + 1, &bytes));
    struct view text = buf_view(&bytes);
    text.len -= text.len > 0 && text.data[text.len - 1] == '\n' ? 1 : 0;
    bool fits = text.len <= SMPP_PASSWORD_BYTES_MAX && view_find(text, 0, 0) == text.len;
    if (fits) {
        memcpy(settings->password, text.data, text.len);
        settings->password[text.len] = '\0';
    }
    memory_wipe(bytes.data, bytes.cap);
    return fits ? OUTCOME_OK
                : yaml_refuse(&reading->yaml, node->place, "a password has at most %u characters",
                              SMPP_PASSWORD_BYTES_MAX);
}

static struct outcome read_tls(struct reading *reading, const struct policy_node *name,
                               const struct policy_node *ca)
{
    BUF_AUTO bytes;
    buf_init(&bytes, TLS_CHAIN_BYTES_MAX * 4 + 2);

    if (name == NULL && ca == NULL) {
        return OUTCOME_OK;
    }
    if (name == NULL || ca == NULL) {
        return yaml_refuse(&reading->yaml, (name == NULL ? ca : name)->place,
                           "`tls_name` and `tls_ca` go together");
    }
    TRY(read_named(reading, ca, TLS_CHAIN_BYTES_MAX * 4, &bytes));
    struct outcome outcome =
        dialed_tls_new((const char *)name->text.data, buf_view(&bytes), &reading->settings->tls);
    return outcome_ok(outcome) ? OUTCOME_OK
                               : yaml_refuse(&reading->yaml, ca->place, "%s", outcome.what);
}

static struct outcome read_centre(struct reading *reading, const struct policy_node *map)
{
    const struct policy_node *values[CENTRE_KEYS];
    struct sms_settings *settings = reading->settings;

    TRY(yaml_take(&reading->yaml, map, centre_keys, CENTRE_KEYS, values));
    TRY(take_text(reading, values[CENTRE_SYSTEM_ID], SMPP_SYSTEM_ID_BYTES_MAX,
                  settings->system_id));
    if (values[CENTRE_TYPE] != NULL) {
        TRY(take_text(reading, values[CENTRE_TYPE], SMPP_SYSTEM_TYPE_BYTES_MAX,
                      settings->system_type));
    }
    TRY(read_password(reading, values[CENTRE_PASSWORD]));
    return read_tls(reading, values[CENTRE_TLS_NAME], values[CENTRE_TLS_CA]);
}

/* A word as it is compared (syntax.c). */
static bool set_word(struct sms_word *word, struct view text)
{
    BUF_AUTO folded;
    buf_init(&folded, SMS_WORD_BYTES_MAX);

    if (text.len > SMS_WORD_BYTES_MAX || view_find(text, 0, ' ') != text.len ||
        !outcome_ok(country_fold_name(text, &folded))) {
        return false;
    }
    word->len = folded.len;
    memcpy(word->text, folded.data, folded.len);
    return true;
}

/* Invariant 2. */
static bool is_new(const struct sms_syntax *syntax, unsigned verb)
{
    const struct sms_word *word = &syntax->verbs[verb];
    bool new = true;

    for (unsigned i = TEXTING_UNKNOWN + 1; i < verb; i++) {
        const struct sms_word *other = &syntax->verbs[i];
        new = new && !view_equal(view_of(word->text, word->len), view_of(other->text, other->len));
    }
    return new;
}

static struct outcome read_syntax(struct reading *reading, const struct policy_node *map)
{
    const struct policy_node *values[TEXTING_VERB_COUNT] = {0};
    struct sms_syntax *syntax = &reading->settings->syntax;

    if (map != NULL) {
        TRY(yaml_take(&reading->yaml, map, syntax_keys, TEXTING_VERB_COUNT, values));
    }
    for (unsigned verb = 0; verb < TEXTING_VERB_COUNT; verb++) {
        struct sms_word *word = verb == TEXTING_UNKNOWN ? &syntax->prefix : &syntax->verbs[verb];
        struct view text = map == NULL ? view_text(usual_words[verb]) : values[verb]->text;
        bool good = set_word(word, text) && (verb == TEXTING_UNKNOWN || is_new(syntax, verb));
        CHECK(good || map != NULL);
        if (!good) {
            return yaml_refuse(&reading->yaml, values[verb]->place,
                               "one word of its own, at most %u bytes", SMS_WORD_BYTES_MAX);
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_top(struct reading *reading)
{
    const struct policy_node *values[TOP_KEYS];
    struct sms_settings *settings = reading->settings;
    struct yaml *yaml = &reading->yaml;

    TRY(yaml_take(yaml, yaml_root(yaml), top_keys, TOP_KEYS, values));
    TRY(take_text(reading, values[TOP_NUMBER], SMPP_ADDRESS_BYTES_MAX, settings->number));
    TRY(take_number(reading, values[TOP_WINDOW], SMS_WINDOW_MAX, &settings->window));
    TRY(take_number(reading, values[TOP_PER_SECOND], SETTINGS_PER_SECOND_MAX,
                    &settings->per_second));
    TRY(take_flag(reading, values[TOP_ACCENTS], &settings->accents));
    TRY(read_syntax(reading, values[TOP_SYNTAX]));
    return read_centre(reading, values[TOP_CENTRE]);
}

static struct outcome read_file(struct reading *reading, struct policy_error *ret_error)
{
    struct policy_file file = {.name = SETTINGS_FILE};
    BUF_AUTO bytes;
    buf_init(&bytes, SETTINGS_BYTES_MAX + 1);

    struct outcome outcome = read_beside(reading, SETTINGS_FILE, SETTINGS_BYTES_MAX, &bytes);
    if (!outcome_ok(outcome)) {
        (void)snprintf(ret_error->text, sizeof(ret_error->text), SETTINGS_FILE ":1:1: %s",
                       outcome.what);
        return outcome_fail(FAULT_BAD_INPUT, "settings file");
    }
    file.content = buf_view(&bytes);
    reading->yaml = (struct yaml){.file = &file, .error = ret_error};
    TRY(policy_tree_parse(&file, &reading->texts, &reading->yaml.tree, ret_error));
    outcome = read_top(reading);
    policy_tree_done(&reading->yaml.tree);
    return outcome;
}

struct outcome sms_settings_read(int folder_fd, struct sms_settings *ret_settings,
                                 struct policy_error *ret_error)
{
    struct sms_settings settings = {.window = SETTINGS_WINDOW_USUAL,
                                    .per_second = SETTINGS_PER_SECOND_USUAL};
    struct reading reading = {.folder_fd = folder_fd, .settings = &settings};

    ret_error->text[0] = '\0';
    TRY(arena_init(&reading.texts, NODES_BYTES_MAX));
    struct outcome outcome = read_file(&reading, ret_error);
    arena_done(&reading.texts);
    if (!outcome_ok(outcome)) {
        sms_settings_done(&settings);
        return outcome;
    }
    *ret_settings = settings;
    memory_wipe(&settings, sizeof(settings));
    return OUTCOME_OK;
}

void sms_settings_done(struct sms_settings *settings)
{
    dialed_tls_free(settings->tls);
    memory_wipe(settings, sizeof(*settings));
}
