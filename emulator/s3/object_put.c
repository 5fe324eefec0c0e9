/* object_put.c -- PutObject: verify, decide, store. */
#include "bucket_event.h"
#include "condition.h"
#include "intake.h"
#include "lifecycle_run.h"
#include "object_put.h"
#include "s3_handlers.h"
#include "version.h"

static struct str etag_of_body(struct call *c, const struct encryption *e)
{
    uint8_t md5[16];
    intake_md5(c, md5);
    return encryption_etag(c, e, md5);
}

/* AWS s3-checksum-2: without a checksum from the client S3 computes and keeps CRC64NVME. */
static void default_checksum(struct call *c, struct object *facts)
{
    if (facts->checksum.kind == CHECKSUM_NONE) {
        facts->checksum = (struct checksum){
            .kind = CHECKSUM_CRC64NVME,
            .text = checksum_body_text(c, CHECKSUM_CRC64NVME),
        };
    }
}

bool object_put_as(struct call *c, const char *event, struct str *ret_etag)
{
    struct bucket *b = s3_bucket(c);
    struct object facts = {.body = intake_blob(c), .modified_us = c->now_us};
    if (b == NULL || !s3_key(c, &facts.key) || !s3_length_is_said(c, intake_bytes(c)) ||
        !object_metadata_read(c, &facts) || !object_notes_read(c, b, &facts) ||
        !encryption_of_write(c, b, &facts.encryption) ||
        !checksum_verify_request(c, &facts.checksum) || !s3_has_room(c, intake_bytes(c)) ||
        !condition_write(c, version_current(b, facts.key), facts.key)) {
        return false;
    }
    default_checksum(c, &facts);
    facts.etag = etag_of_body(c, &facts.encryption);
    facts.version = version_new_id(c, b);
    struct object *o = object_new(s3_of(c), &facts);
    version_store(s3_of(c), b, o);
    bucket_event(c, b, o, event);
    lifecycle_touch(c, b);
    lifecycle_out(c, b, o);
    version_out_written(c, o);
    call_out_str(c, "ETag", facts.etag);
    checksum_out(c, c->output, &facts.checksum);
    encryption_out(c, &facts.encryption);
    *ret_etag = facts.etag;
    return true;
}

void object_put(struct call *c)
{
    struct str etag;
    (void)object_put_as(c, "ObjectCreated:Put", &etag);
}
