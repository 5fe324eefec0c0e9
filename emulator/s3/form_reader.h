/* form_reader.h -- multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it comes, in pieces of
 * any size: small fields are kept, the part named "file" is passed on. What comes behind it is
 * ignored, as S3 ignores it. Knows nothing of S3's fields. */
#ifndef AFORO_EMULATOR_S3_FORM_READER_H
#define AFORO_EMULATOR_S3_FORM_READER_H

#include "base/buf.h"

#define FORM_FIELD_BYTES_MAX ((size_t)20 * 1024) /* all that comes before the file */
#define FORM_HEAD_BYTES_MAX ((size_t)8 * 1024)   /* headers of one part */
#define FORM_FIELDS_MAX 100
#define FORM_BOUNDARY_BYTES_MAX 70 /* RFC 2046 */

enum form_state { FORM_BODY, FORM_DELIMITER, FORM_HEAD, FORM_END, FORM_BROKEN, FORM_TOO_LARGE };
struct form_field {
    struct str name, value;
};
struct form_sink {
    void (*begin)(void *self); /* the file's head is there, and all fields before it */
    void (*bytes)(void *self, struct str bytes);
    void *self;
};
struct form_reader {
    struct arena *arena;
    struct form_sink sink;
    struct buf delimiter; /* CR LF "--" boundary */
    size_t matched;       /* of the delimiter, at the end of what came */
    size_t pretended;     /* of these, how many did not come */
    enum form_state state;
    struct buf head, value; /* of the part that is being read */
    size_t held_bytes;      /* of fields */
    struct str name;
    bool in_part, in_file, has_file;
    struct str file_name, file_type;
    struct form_field fields[FORM_FIELDS_MAX];
    size_t field_count;
};
/* The boundary that a Content-Type says; false: it is no form. */
bool form_boundary(struct str content_type, struct str *ret_boundary);
void form_reader_init(struct form_reader *r, struct str boundary, const struct form_sink *sink,
                      struct arena *a);
void form_reader_feed(struct form_reader *r, struct str bytes);
/* After the last piece: whether it was whole; else see `state`. */
bool form_reader_ended(const struct form_reader *r);
/* The first field of that name, whatever its case; empty: none, or an empty one. */
struct str form_value(const struct form_reader *r, const char *name);
bool form_has(const struct form_reader *r, const char *name);

#endif
