/* xml.h -- The XML that AWS speaks: a small writer, and a reader into a tree.
 * The reader takes elements, attributes, text, CDATA, comments and the five entities plus character
 * references; no DTD (refused by name: no entity expansion), no processing beyond the declaration.
 * Depth is capped. */
#ifndef AFORO_WIRE_XML_H
#define AFORO_WIRE_XML_H

#include "base/buf.h"

#define XML_DEPTH_MAX 100

struct xml {
    struct str name;          /* without namespace prefix */
    struct str text;          /* all text directly inside, entities resolved */
    struct xml *first, *next; /* child elements */
    struct xml_attribute *attributes;
};
struct xml_attribute {
    struct str name, value; /* name with its prefix */
    struct xml_attribute *next;
};
MUST_USE enum err xml_parse(struct arena *a, struct str text, struct xml **ret_root,
                            struct diag *d);
/* first of that name, or NULL */
const struct xml *xml_child(const struct xml *parent, const char *name);
const struct xml *xml_next(const struct xml *sibling, const char *name); /* next of that name */
struct str xml_text(const struct xml *parent, const char *child);        /* empty when missing */

/* Writing: xml_open/xml_close must pair up; the writer keeps no state. */
void xml_declaration(struct buf *out);
void xml_open(struct buf *out, const char *name);
void xml_open_ns(struct buf *out, const char *name, const char *xml_namespace);
void xml_close(struct buf *out, const char *name);
void xml_element(struct buf *out, const char *name, struct str text); /* escaped */
void xml_element_i64(struct buf *out, const char *name, int64_t value);

#endif
