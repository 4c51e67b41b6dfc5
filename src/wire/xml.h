/*
 * Purpose: foreign XML read strictly into a tree of elements, for messages that carry data and no
 * documents; and the escaping of text for writing. Reads no file, no network and no clock: the tree
 * lives in the caller's arena and borrows nothing from the text.
 * Source: XML 1.0 (fifth edition), Namespaces in XML 1.0; SOAP 1.1 section 3 (no document type
 * declaration, no processing instruction).
 *
 * The grammar is read by libxml2's reader (XmlTextReader). It never sees what makes XML dangerous:
 * a text with a document type declaration is refused by its bytes, before it is parsed, so there
 * are no entities but the five predefined ones, nothing external, and memory in proportion to the
 * text. Beyond that: UTF-8 only, whatever the declaration says; every prefix declared; text beside
 * elements refused; depth, elements and attributes bounded.
 */
#ifndef DANCU_WIRE_XML_H
#define DANCU_WIRE_XML_H

#include "base/bytes.h"
#include "base/memory.h"

#define XML_DEPTH_MAX 32  /* elements in each other; no limit given may be above it */
#define XML_SPACES_MAX 16 /* namespaces in one text */

struct xml_attribute {
    struct view space; /* its namespace; empty: none */
    struct view name;  /* without prefix */
    struct view value;
};

/* One element. The elements of a document stand in one array in the order of the text, each
 * directly before those in it; `span` counts an element and all in it. */
struct xml_node {
    struct view space; /* its namespace; empty: none */
    struct view name;  /* without prefix */
    struct view text;  /* of one without elements in it: its text as it is, references resolved */
    uint32_t span;     /* >= 1 */
    uint16_t count;    /* elements directly in it */
    uint16_t attribute_first;
    uint16_t attribute_count; /* declarations of namespaces are none */
};

struct xml_doc {
    const struct xml_node *nodes; /* nodes[0] is the root */
    unsigned count;
    const struct xml_attribute *attributes;
};

struct xml_limits {
    size_t bytes_max;
    unsigned depth_max;      /* <= XML_DEPTH_MAX */
    unsigned nodes_max;      /* in the whole text; <= 65535 */
    unsigned attributes_max; /* in the whole text, declarations of namespaces included; <= 65535 */
};

/* What is wrong and where; `reason` is static text and never repeats content. */
struct xml_fault {
    const char *reason;
    unsigned line; /* from 1; 0: of the text as a whole */
};

/* What xml_parse() takes of the arena at most. */
#define XML_ARENA_BYTES(bytes, nodes, attributes)                                                  \
    ((nodes) * sizeof(struct xml_node) + (attributes) * sizeof(struct xml_attribute) + (bytes) +   \
     256)

/* The whole text is one XML document. FAULT_BAD_INPUT (not such a text), FAULT_OVER_LIMIT (too
 * long, deep or many), *ret_fault filled in both cases; FAULT_NO_MEMORY. */
struct outcome xml_parse(struct view text, const struct xml_limits *limits, struct arena *arena,
                         struct xml_doc *ret_doc, struct xml_fault *ret_fault);

/* First element in an element, and the one after it; NULL when there is none. */
const struct xml_node *xml_first(const struct xml_node *parent);
const struct xml_node *xml_next(const struct xml_node *parent, const struct xml_node *node);
bool xml_is(const struct xml_node *node, struct view space, const char *name);
/* The attribute's value; data is NULL when it is not there. */
struct view xml_attribute(const struct xml_doc *doc, const struct xml_node *node, struct view space,
                          const char *name);

/* Appends text for the inside of an element (no attribute); `text` must be well-formed UTF-8. What
 * no XML can hold (control characters) becomes U+FFFD. */
void xml_put_text(struct buf *buf, struct view text);

#endif
