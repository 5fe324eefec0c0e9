/* s3_handlers.h -- The operations of S3 that are built, one function each; s3_service.c lists them
 * for the core. */
#ifndef AFORO_EMULATOR_S3_S3_HANDLERS_H
#define AFORO_EMULATOR_S3_S3_HANDLERS_H

#include "emulator/core/call.h"

/* bucket.c */
void bucket_create(struct call *c);
void bucket_head(struct call *c);
void bucket_delete(struct call *c);
void bucket_list(struct call *c);
void bucket_location(struct call *c);
void bucket_get_versioning(struct call *c);
void bucket_put_versioning(struct call *c);
void cors_preflight(struct call *c); /* cors.c */
/* policy.c */
void policy_put(struct call *c);
void policy_get(struct call *c);
void policy_delete(struct call *c);
void policy_status(struct call *c);
/* object_put.c, object_post.c, object_get.c, object_delete.c, object_copy.c, object_list.c */
void object_put(struct call *c);
void object_post(struct call *c);
void object_get(struct call *c);
void object_head(struct call *c);
void object_delete(struct call *c);
void object_delete_many(struct call *c);
void object_copy(struct call *c);
void object_restore(struct call *c); /* object_restore.c */
void object_list(struct call *c);
void object_list_v2(struct call *c);
/* object_notes.c */
void object_get_tags(struct call *c);
void object_put_tags(struct call *c);
void object_delete_tags(struct call *c);
void object_get_acl(struct call *c);
void object_put_acl(struct call *c);
void object_attributes(struct call *c);
void object_get_retention(struct call *c);
void object_put_retention(struct call *c);
void object_get_legal_hold(struct call *c);
void object_put_legal_hold(struct call *c);
/* upload.c, upload_list.c, upload_part.c, upload_complete.c */
void upload_create(struct call *c);
void upload_abort(struct call *c);
void upload_part(struct call *c);
void upload_part_copy(struct call *c);
void upload_list(struct call *c);
void upload_list_parts(struct call *c);
void upload_complete(struct call *c);

#endif
