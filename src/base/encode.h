/* encode.h -- Bytes as text and back: base64 (RFC 4648), hex, percent-encoding as AWS signs it, XML
 * and HTML. */
#ifndef AFORO_BASE_ENCODE_H
#define AFORO_BASE_ENCODE_H

#include "base/buf.h"

void encode_base64(struct buf *out, struct str bytes);
/* Strict: padding required, no white space. ERR_INVALID names the byte. Appends to out. */
MUST_USE enum err decode_base64(struct buf *out, struct str text, struct diag *d);
size_t decode_base64_size(struct str text); /* upper bound of the decoded length */

void encode_hex(struct buf *out, struct str bytes); /* lower case */
MUST_USE enum err decode_hex(struct buf *out, struct str text, struct diag *d);

/* Percent-encoding: all but A-Z a-z 0-9 - . _ ~ (and '/' when keep_slash); upper-case hex (SigV4,
 * RFC 3986). */
void encode_percent(struct buf *out, struct str text, bool keep_slash);
/* Lenient as servers are: a bad escape stays as it is. plus_is_space: form encoding. */
void decode_percent(struct buf *out, struct str text, bool plus_is_space);

/* & < > " and control characters as entities */
void encode_xml(struct buf *out, struct str text);
void encode_html(struct buf *out, struct str text); /* & < > " ' */
/* no overlong forms, surrogates, or past U+10FFFF */
bool utf8_is_valid(struct str text);

#endif
