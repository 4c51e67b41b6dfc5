/*
 * Purpose: unsafe calls do not compile. Included by the build on every source file
 * (-include base/banned.h) except base/ itself for the heap.
 */
#ifndef DANCU_BASE_BANNED_H
#define DANCU_BASE_BANNED_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Headers that name the heap's functions themselves (struct members, parameters) are read before
 * the words are banned. The build defines these where the library is used (dep_* in meson.build).
 */
#ifdef DANCU_WITH_NGHTTP2
#include <nghttp2/nghttp2.h>
#endif
#ifdef DANCU_WITH_FYAML
#include <libfyaml.h>
#endif
#ifdef DANCU_WITH_XML
#include <libxml/xmlreader.h>
#endif
#ifdef DANCU_WITH_PANGO
#include <cairo-ft.h>
#include <cairo-pdf.h>
#include <hb.h>
#include <pango/pango.h>
#include <qrencode.h>
#endif
#ifdef DANCU_WITH_UNISTRING
#include <unistring/cdefs.h>
#endif

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets strncpy strncat
#pragma GCC poison gmtime localtime asctime ctime
#ifndef DANCU_HEAP_ALLOWED
#pragma GCC poison malloc calloc realloc free strdup strndup
#endif

#endif
