/* bucket_config.h -- What a bucket is configured with: documents that are put, told and deleted
 * whole. A document is kept as compact JSON of its tree; a kind has one, or one per id (analytics,
 * inventory ...). Not here: ACLs (acl.h), policies (policy.c), what another file makes of a
 * document. */
#ifndef AFORO_EMULATOR_S3_BUCKET_CONFIG_H
#define AFORO_EMULATOR_S3_BUCKET_CONFIG_H

#include "s3_state.h"

#define CONFIG_IDS_MAX 1000 /* of one kind in a bucket: S3's own limit for each of them */

/* The document of a kind ("Cors"), parsed into the call's arena; NULL: there is none. */
struct json *bucket_config_read(struct call *c, const struct bucket *b, const char *kind);
struct str bucket_config_text(const struct bucket *b, struct str name); /* empty: there is none */
void bucket_config_write(struct s3 *s3, struct bucket *b, struct str name, struct str text);
void bucket_config_drop(struct s3 *s3, struct bucket *b, struct str name);
void bucket_config_new_bucket(struct s3 *s3, struct bucket *b); /* what S3 gives a new bucket */
void bucket_config_drop_bucket(struct s3 *s3, struct bucket *b);
struct str bucket_config_name(struct arena *a, const char *kind, struct str id);
struct str bucket_config_compact(struct arena *a, const struct json *document);

void s3_fail_xml(struct call *c); /* MalformedXML */
bool s3_payload_is_like_model(struct call *c);
/* Whether the payload of the call's input is what the model says; false: refused. */
bool s3_payload_is_valid(struct call *c);
/* The payload of the call's input, verified against its checksum and the model; NULL: refused. */
const struct json *bucket_config_payload(struct call *c);

/* The operations: which kind is meant is in the operation's name. */
void bucket_config_put(struct call *c);
void bucket_config_get(struct call *c);
void bucket_config_delete(struct call *c);
void bucket_config_list(struct call *c);

#endif
