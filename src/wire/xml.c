/*
 * Strict reading of XML by libxml2's reader into an array of elements, and its escaping.
 *
 * Invariants
 *  1. What reaches libxml2 is UTF-8 without a document type declaration: it has no entity to expand
 *     and no reason to open anything. What its reader reports beyond elements, text and comments is
 *     refused all the same.
 *  2. nodes[open[i]] is an element, for every i < depth, each inside the one before; count <= room.
 *  3. Everything kept lies in the pool: each byte of it stood in the text, but for one namespace
 *     that needs no declaration.
 *  4. A tree is given out only when the whole text was read to its end: the reader hands out what
 *     stands before a fault as if there were none.
 */
#include "wire/xml.h"

#include "base/check.h"
#include "wire/xml_check.h"

#define SPACE_BUILT_IN_BYTES 64 /* of the prefix `xml`, which stands in no text */
/* No network, and nothing said on the standards. Not among them, and never: NOENT (which means
 * "substitute entities"), DTDLOAD, DTDATTR, DTDVALID, XINCLUDE, and HUGE, which lifts the library's
 * own ceilings. */
#define PARSE_OPTIONS                                                                              \
    (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC)

/* What one reading works on. */
struct reading {
    xmlTextReaderPtr reader;
    const struct xml_limits *limits;
    struct xml_node *nodes;
    struct xml_attribute *attributes;
    unsigned count;
    unsigned attribute_count;
    uint32_t open[XML_DEPTH_MAX];
    unsigned depth;
    struct view spaces[XML_SPACES_MAX];
    unsigned space_count;
    uint8_t *pool;
    size_t pool_used;
    size_t pool_bytes;
    struct xml_fault *fault;
    bool starved; /* the library had too little memory */
    bool faulty;  /* or something to complain of */
};

static struct outcome refuse_here(struct reading *reading, enum fault kind, const char *reason)
{
    int line = xmlTextReaderGetParserLineNumber(reading->reader);

    return xml_refuse(reading->fault, kind, line > 0 ? (unsigned)line : 0, reason);
}

/* ---- the tree ---- */

/* The next bytes of the pool (invariant 3). */
static struct outcome keep(struct reading *reading, struct view bytes, struct view *ret_kept)
{
    if (bytes.len > reading->pool_bytes - reading->pool_used) {
        return refuse_here(reading, FAULT_OVER_LIMIT, "it is too long");
    }
    uint8_t *at = reading->pool + reading->pool_used;
    if (bytes.len > 0) {
        memcpy(at, bytes.data, bytes.len);
    }
    reading->pool_used += bytes.len;
    *ret_kept = view_of(at, bytes.len);
    return OUTCOME_OK;
}

static struct view view_xml(const xmlChar *text)
{
    return view_text((const char *)text);
}

/* A namespace is kept once, however many elements are in it. */
static struct outcome keep_space(struct reading *reading, struct view *ret_space)
{
    struct view space = view_xml(xmlTextReaderConstNamespaceUri(reading->reader));

    for (unsigned i = 0; i < reading->space_count; i++) {
        if (view_equal(reading->spaces[i], space)) {
            *ret_space = reading->spaces[i];
            return OUTCOME_OK;
        }
    }
    if (reading->space_count == XML_SPACES_MAX) {
        return refuse_here(reading, FAULT_OVER_LIMIT, "it has too many namespaces");
    }
    TRY(keep(reading, space, ret_space));
    reading->spaces[reading->space_count++] = *ret_space;
    return OUTCOME_OK;
}

/* The name that the reader stands at. A prefix that is not declared is no error to the library,
 * which gives the name with it then. */
static struct outcome keep_name(struct reading *reading, struct view *ret_name)
{
    struct view name = view_xml(xmlTextReaderConstLocalName(reading->reader));

    if (name.len == 0 || view_find(name, 0, ':') < name.len) {
        return refuse_here(reading, FAULT_BAD_INPUT, "a prefix is not declared");
    }
    return keep(reading, name, ret_name);
}

static struct outcome take_attribute(struct reading *reading)
{
    if (xmlTextReaderIsNamespaceDecl(reading->reader) == 1) {
        return OUTCOME_OK;
    }
    if (reading->attribute_count == reading->limits->attributes_max) {
        return refuse_here(reading, FAULT_OVER_LIMIT, XML_TOO_MANY_ATTRIBUTES);
    }
    struct xml_attribute *attribute = &reading->attributes[reading->attribute_count];
    TRY(keep_space(reading, &attribute->space));
    TRY(keep_name(reading, &attribute->name));
    TRY(keep(reading, view_xml(xmlTextReaderConstValue(reading->reader)), &attribute->value));
    reading->attribute_count++;
    return OUTCOME_OK;
}

static struct outcome take_attributes(struct reading *reading, struct xml_node *node)
{
    int moved = xmlTextReaderMoveToFirstAttribute(reading->reader);

    node->attribute_first = (uint16_t)reading->attribute_count;
    while (moved == 1) {
        TRY(take_attribute(reading));
        moved = xmlTextReaderMoveToNextAttribute(reading->reader);
    }
    if (moved < 0 || xmlTextReaderMoveToElement(reading->reader) < 0) {
        return refuse_here(reading, FAULT_BAD_INPUT, "its attributes cannot be read");
    }
    node->attribute_count = (uint16_t)(reading->attribute_count - node->attribute_first);
    return OUTCOME_OK;
}

static struct xml_node *innermost(struct reading *reading)
{
    return reading->depth == 0 ? NULL : &reading->nodes[reading->open[reading->depth - 1]];
}

static void close_element(struct reading *reading)
{
    struct xml_node *node = innermost(reading);

    CHECK(node != NULL);
    node->span = reading->count - reading->open[reading->depth - 1];
    reading->depth--;
}

static struct outcome refuse_mixed(struct reading *reading)
{
    return refuse_here(reading, FAULT_BAD_INPUT, "text stands beside elements");
}

static struct outcome open_element(struct reading *reading)
{
    struct xml_node *parent = innermost(reading);

    if (reading->depth == reading->limits->depth_max) {
        return refuse_here(reading, FAULT_OVER_LIMIT, "its elements are nested too deep");
    }
    if (reading->count == reading->limits->nodes_max) {
        return refuse_here(reading, FAULT_OVER_LIMIT, "it has too many elements");
    }
    if (parent != NULL) {
        if (xml_without_white(parent->text).len > 0) {
            return refuse_mixed(reading);
        }
        parent->text = view_of(NULL, 0);
        parent->count++;
    }
    struct xml_node *node = &reading->nodes[reading->count];
    *node = (struct xml_node){0};
    TRY(keep_space(reading, &node->space));
    TRY(keep_name(reading, &node->name));
    bool empty = xmlTextReaderIsEmptyElement(reading->reader) == 1;
    TRY(take_attributes(reading, node));
    reading->open[reading->depth++] = reading->count++;
    if (empty) {
        close_element(reading);
    }
    return OUTCOME_OK;
}

/* Text comes in pieces, with comments between them; no element comes between two of one leaf's, so
 * they lie side by side in the pool. */
static struct outcome take_text(struct reading *reading)
{
    struct view piece = view_xml(xmlTextReaderConstValue(reading->reader));
    struct xml_node *node = innermost(reading);
    struct view kept = {0};

    if (node == NULL || node->count > 0) {
        return xml_without_white(piece).len == 0 ? OUTCOME_OK : refuse_mixed(reading);
    }
    TRY(keep(reading, piece, &kept));
    if (node->text.len == 0) {
        node->text = kept;
    } else {
        CHECK(node->text.data + node->text.len == kept.data);
        node->text.len += kept.len;
    }
    return OUTCOME_OK;
}

static struct outcome take_one(struct reading *reading)
{
    switch (xmlTextReaderNodeType(reading->reader)) {
    case XML_READER_TYPE_ELEMENT:
        return open_element(reading);
    case XML_READER_TYPE_END_ELEMENT:
        close_element(reading);
        return OUTCOME_OK;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        return take_text(reading);
    case XML_READER_TYPE_COMMENT:
        return OUTCOME_OK;
    default:
        return refuse_here(reading, FAULT_BAD_INPUT, "it has what no message has");
    }
}

static struct outcome take_all(struct reading *reading)
{
    int read = xmlTextReaderRead(reading->reader);

    while (read == 1) {
        TRY(take_one(reading));
        read = xmlTextReaderRead(reading->reader);
    }
    if (reading->starved) {
        return outcome_fail(FAULT_NO_MEMORY, "no memory to read XML in");
    }
    if (read < 0 || reading->faulty) { /* invariant 4 */
        return refuse_here(reading, FAULT_BAD_INPUT, "it is not well-formed XML");
    }
    CHECK(reading->depth == 0 && reading->count > 0);
    return OUTCOME_OK;
}

static struct outcome take_room(struct reading *reading, struct view text, struct arena *arena)
{
    const struct xml_limits *limits = reading->limits;

    reading->pool_bytes = text.len + SPACE_BUILT_IN_BYTES;
    reading->nodes = arena_take(arena, limits->nodes_max * sizeof(*reading->nodes));
    reading->attributes = arena_take(arena, limits->attributes_max * sizeof(*reading->attributes));
    reading->pool = arena_take(arena, reading->pool_bytes);
    if (reading->nodes == NULL || reading->attributes == NULL || reading->pool == NULL) {
        return xml_refuse(reading->fault, FAULT_OVER_LIMIT, 0, "it is too long");
    }
    return OUTCOME_OK;
}

/* What the library complains of, whether or not its reader goes on: faults of namespaces are none
 * to that, and memory that it lacked may not be. Left to itself it would print the line that it was
 * reading on standard error, and the line has people in it. */
static void note_error(void *context, xmlErrorPtr error)
{
    struct reading *reading = context;

    reading->starved = reading->starved || error->code == XML_ERR_NO_MEMORY;
    reading->faulty = reading->faulty || error->level >= XML_ERR_ERROR;
}

__attribute__((format(printf, 2, 3))) static void say_nothing(void *context, const char *format,
                                                              ...)
{
    (void)context;
    (void)format;
}

static void stop_listening(struct reading **reading)
{
    (void)reading;
    xmlSetStructuredErrorFunc(NULL, NULL);
}

static void free_reader(xmlTextReaderPtr *reader)
{
    if (*reader != NULL) {
        xmlFreeTextReader(*reader);
    }
}

struct outcome xml_parse(struct view text, const struct xml_limits *limits, struct arena *arena,
                         struct xml_doc *ret_doc, struct xml_fault *ret_fault)
{
    struct reading reading = {.limits = limits, .fault = ret_fault};
    struct view shown = {0};

    CHECK(limits->depth_max <= XML_DEPTH_MAX && limits->nodes_max <= UINT16_MAX &&
          limits->attributes_max <= UINT16_MAX && limits->bytes_max <= INT32_MAX);
    TRY(xml_check(text, limits, ret_fault, &shown));
    TRY(take_room(&reading, shown, arena));
    xmlSetGenericErrorFunc(NULL, say_nothing);
    xmlSetStructuredErrorFunc(&reading, note_error);
    __attribute__((cleanup(stop_listening))) struct reading *listening = &reading;
    __attribute__((cleanup(free_reader))) xmlTextReaderPtr reader =
        xmlReaderForMemory((const char *)shown.data, (int)shown.len, NULL, "UTF-8", PARSE_OPTIONS);
    if (reader == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "no reader of XML");
    }
    listening->reader = reader;
    TRY(take_all(&reading));
    *ret_doc = (struct xml_doc){
        .nodes = reading.nodes, .count = reading.count, .attributes = reading.attributes};
    return OUTCOME_OK;
}

const struct xml_node *xml_first(const struct xml_node *parent)
{
    return parent->count == 0 ? NULL : parent + 1;
}

const struct xml_node *xml_next(const struct xml_node *parent, const struct xml_node *node)
{
    const struct xml_node *next = node + node->span;

    CHECK(node > parent && next <= parent + parent->span);
    return next == parent + parent->span ? NULL : next;
}

bool xml_is(const struct xml_node *node, struct view space, const char *name)
{
    return view_equal(node->space, space) && view_is(node->name, name);
}

struct view xml_attribute(const struct xml_doc *doc, const struct xml_node *node, struct view space,
                          const char *name)
{
    for (unsigned i = 0; i < node->attribute_count; i++) {
        const struct xml_attribute *attribute = &doc->attributes[node->attribute_first + i];
        if (view_equal(attribute->space, space) && view_is(attribute->name, name)) {
            return attribute->value;
        }
    }
    return view_of(NULL, 0);
}

/* ---- writing ---- */

/* NULL: the byte stands as it is. `rest` begins with it. */
static const char *escape_of(struct view rest)
{
    static const char replacement[] = "\xef\xbf\xbd";
    uint8_t byte = rest.data[0];

    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\t':
    case '\n':
        return NULL;
    case '\r':
        return "&#13;"; /* else a reader makes a line feed of it */
    case 0xef:          /* U+FFFE and U+FFFF are no characters */
        return rest.len >= 3 && rest.data[1] == 0xbf && rest.data[2] >= 0xbe ? replacement : NULL;
    default:
        return byte < ' ' ? replacement : NULL;
    }
}

void xml_put_text(struct buf *buf, struct view text)
{
    size_t clean = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *escape = escape_of(view_part(text, i, text.len - i));
        if (escape != NULL) {
            buf_put_view(buf, view_part(text, clean, i - clean));
            buf_put_text(buf, escape);
            clean = i + (text.data[i] == 0xef ? 3 : 1);
        }
    }
    buf_put_view(buf, view_part(text, clean, text.len - clean));
}
