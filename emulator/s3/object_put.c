/* object_put.c -- PutObject: verify, decide, store. */
#include "base/hash.h"
#include "condition.h"
#include "s3_handlers.h"

static struct str quoted_md5(struct arena *a, struct str body)
{
    return str_printf(a, "\"%.*s\"", STR_ARG(hash_md5_hex(a, body)));
}

/* AWS s3-checksum-2: without a checksum from the client S3 computes and keeps CRC64NVME. */
static void default_checksum(struct call *c, struct object *facts)
{
    if (facts->checksum.kind == CHECKSUM_NONE) {
        facts->checksum = (struct checksum){
            .kind = CHECKSUM_CRC64NVME,
            .text = checksum_text(c->arena, CHECKSUM_CRC64NVME, facts->body),
        };
    }
}

void object_put(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct object facts = {.body = c->request->body, .modified_us = c->now_us};
    if (b == NULL || !s3_key(c, &facts.key) || !s3_length_is_said(c) ||
        !object_metadata_read(c, &facts) || !checksum_verify_request(c, &facts.checksum) ||
        !s3_has_room(c, facts.body.len) ||
        !condition_write(c, tree_get(b->objects, facts.key), facts.key)) {
        return;
    }
    default_checksum(c, &facts);
    facts.etag = quoted_md5(c->arena, facts.body);
    object_store(s3_of(c), b, object_new(s3_of(c), &facts, false));
    call_out_str(c, "ETag", facts.etag);
    checksum_out(c, c->output, &facts.checksum);
    s3_out_encryption(c);
}
