/*
 * Purpose: what a text must be before the library of XML sees it. Private to wire/xml.c.
 */
#ifndef DANCU_WIRE_XML_CHECK_H
#define DANCU_WIRE_XML_CHECK_H

#include "wire/xml.h"

#define XML_TOO_MANY_ATTRIBUTES "it has more attributes than a message may have"

/* Fills a fault; always a failure of that kind. */
struct outcome xml_refuse(struct xml_fault *fault, enum fault kind, unsigned line,
                          const char *reason);
/* The text without white space at its ends. */
struct view xml_without_white(struct view text);
/* UTF-8, declared so or not at all, without document type and processing instructions, within the
 * limits. ret_text: without a byte order mark. */
struct outcome xml_check(struct view text, const struct xml_limits *limits, struct xml_fault *fault,
                         struct view *ret_text);

#endif
