/*
 * Messages of strangers: what is read as XML is a tree that keeps its own promises, and what is
 * opened as SOAP lies inside it; neither takes more of the arena than it says.
 */
#include "base/ceilings.h"
#include "base/check.h"
#include "wire/soap.h"

#define NODES 256
#define ATTRIBUTES 128
#define DEPTH 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const struct xml_doc *doc)
{
    CHECK(doc->count > 0 && doc->nodes[0].span == doc->count);
    for (unsigned i = 0; i < doc->count; i++) {
        const struct xml_node *node = &doc->nodes[i];
        unsigned count = 0;
        unsigned span = 1;
        CHECK(node->name.len > 0 && utf8_valid(node->name) && utf8_valid(node->text) &&
              utf8_valid(node->space));
        CHECK(node->count == 0 || node->text.len == 0);
        CHECK(node->attribute_first + node->attribute_count <= ATTRIBUTES);
        for (const struct xml_node *part = xml_first(node); part != NULL;
             part = xml_next(node, part)) {
            count++;
            span += part->span;
        }
        CHECK(count == node->count && span == node->span);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct xml_limits limits = {ASK_BODY_BYTES_MAX, DEPTH, NODES, ATTRIBUTES};
    static struct arena arena; /* made once: most of a run would be making it */
    struct soap_message message = {0};
    struct soap_fault soap_fault = {.code = SOAP_CODE_COUNT};
    struct xml_fault fault = {0};
    struct xml_doc doc = {0};

    if (arena.data == NULL) {
        CHECK(
            outcome_ok(arena_init(&arena, XML_ARENA_BYTES(ASK_BODY_BYTES_MAX, NODES, ATTRIBUTES))));
    }
    arena_reset(&arena);
    struct outcome outcome = xml_parse(view_of(data, size), &limits, &arena, &doc, &fault);
    if (!outcome_ok(outcome)) {
        CHECK(fault.reason != NULL && doc.nodes == NULL);
        return 0;
    }
    check_tree(&doc);
    if (outcome_ok(soap_open(&doc, NULL, 0, &message, &soap_fault))) {
        CHECK(message.payload > doc.nodes && message.payload < doc.nodes + doc.count);
    } else {
        CHECK(soap_fault.code < SOAP_CODE_COUNT && soap_fault.reason != NULL);
    }
    return 0;
}
