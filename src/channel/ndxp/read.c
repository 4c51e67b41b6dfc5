/*
 * Values and faults of a message.
 */
#include "channel/ndxp/read.h"

#include <stdio.h>
#include <string.h>

#define NAME_KEPT_BYTES_MAX 64 /* a longer name is foreign chatter: the message's is told */

static const char *const reasons[][LANGUAGE_COUNT] = {
#define ROW(name, vi, en) {vi, en},
    REASONS(ROW)
#undef ROW
};

const char *reading_reason(enum reason reason, enum language language)
{
    return reasons[reason][language];
}

void reading_refuse(struct reading *reading, struct view name, enum reason reason)
{
    char text[NAME_KEPT_BYTES_MAX + 1] = {0};

    name = name.len <= NAME_KEPT_BYTES_MAX ? name : reading->payload->name;
    name = name.len <= NAME_KEPT_BYTES_MAX ? name : VIEW_LITERAL("soap:Body");
    memcpy(text, name.data, name.len);
    ask_faults_add(reading->faults, text, reading_reason(reason, reading->language));
}

void reading_refuse_node(struct reading *reading, const struct xml_node *node, enum reason reason)
{
    reading_refuse(reading, node->name, reason);
}

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* An element's text as a value: who writes XML for people to read puts white space around it. */
struct view reading_text(const struct xml_node *node)
{
    struct view text = node->text;

    while (text.len > 0 && is_white(text.data[0])) {
        text = view_part(text, 1, text.len - 1);
    }
    while (text.len > 0 && is_white(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* Invariant 1. */
bool reading_empty(const struct xml_node *node)
{
    bool empty = reading_text(node).len == 0;

    for (const struct xml_node *part = xml_first(node); part != NULL; part = xml_next(node, part)) {
        empty = empty && part->count == 0 && reading_text(part).len == 0;
    }
    return empty;
}

static bool has_control(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] == 127) {
            return true;
        }
    }
    return false;
}

/* A copy in the arena. */
struct view reading_keep(struct reading *reading, struct view text)
{
    struct view kept = {0};

    reading->starved = !outcome_ok(arena_copy(reading->arena, text, &kept)) || reading->starved;
    return kept;
}

struct view reading_take_text(struct reading *reading, const struct xml_node *node, size_t max,
                              enum reason reason)
{
    struct view text = reading_text(node);

    if (text.len == 0 || text.len > max || node->count > 0) {
        reading_refuse_node(reading, node, reason);
    } else if (has_control(text)) {
        reading_refuse_node(reading, node, REASON_CONTROL);
    }
    return text;
}

/* The next name of a list with commas; false: there is none. */
bool reading_next_name(struct view list, size_t *at, struct view *ret_name)
{
    if (*at >= list.len) {
        return false;
    }
    size_t end = view_find(list, *at, ',');
    *ret_name = view_part(list, *at, end - *at);
    *at = end + 1;
    return true;
}

static const struct xml_limits limits = {
    .bytes_max = ASK_BODY_BYTES_MAX,
    .depth_max = 8,
    .nodes_max = NDXP_NODES_MAX,
    .attributes_max = NDXP_ATTRIBUTES_MAX,
};

struct outcome reading_open(struct view body, struct view cases, struct arena *arena,
                            struct soap_message *ret_message, struct xml_fault *ret_xml,
                            struct soap_fault *ret_soap)
{
    struct soap_block blocks[NDXP_CASES_MAX];
    struct xml_doc doc = {0};
    unsigned count = 0;

    for (size_t at = 0;
         count < NDXP_CASES_MAX && reading_next_name(cases, &at, &blocks[count].name);) {
        blocks[count++].space = NDXP_ASK_SPACE;
    }
    arena_reset(arena);
    TRY(xml_parse(body, &limits, arena, &doc, ret_xml));
    return soap_open(&doc, blocks, count, ret_message, ret_soap);
}

/* The message as a whole, for a reason that another reader gave. */
static struct outcome refuse_message(struct ask_faults *faults, enum language language,
                                     enum reason reason, const char *why, unsigned line)
{
    char text[256];

    if (line > 0) {
        snprintf(text, sizeof(text), "%s%s (%s %u)", reading_reason(reason, language), why,
                 language == LANGUAGE_VI ? "dòng" : "line", line);
    } else {
        snprintf(text, sizeof(text), "%s%s", reading_reason(reason, language), why);
    }
    ask_faults_add(faults, "soap:Envelope", text);
    return outcome_fail(FAULT_BAD_INPUT, "message of no ask");
}

struct outcome reading_begin(struct reading *reading, struct view body,
                             struct soap_message *ret_message, struct ndxp_refused *ret_refused)
{
    struct soap_fault soap = {0};
    struct xml_fault xml = {0};

    *ret_refused = (struct ndxp_refused){0};
    struct outcome opened =
        reading_open(body, reading->cases, reading->arena, ret_message, &xml, &soap);
    if (opened.fault == FAULT_NO_MEMORY) {
        return opened;
    }
    if (xml.reason != NULL) {
        return refuse_message(reading->faults, reading->language, REASON_NOT_READ, xml.reason,
                              xml.line);
    }
    if (!outcome_ok(opened)) {
        *ret_refused = (struct ndxp_refused){.envelope = true, .code = soap.code};
        return refuse_message(reading->faults, reading->language, REASON_ENVELOPE, soap.reason, 0);
    }
    reading->payload = ret_message->payload;
    return OUTCOME_OK;
}
