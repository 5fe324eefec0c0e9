#include "shard_note.h"

#include <inttypes.h>
#include "aws/s3.h"
#include "base/instant.h"

#define META_UNTIL "read-until-ms"

static struct str note_key(const struct pipeline *p, struct str shard_id, struct arena *a)
{
    return str_printf(a, "landing/%.*s/%.*s", STR_ARG(p->def->name), STR_ARG(shard_id));
}

enum err shard_note_read(struct pipeline *p, struct str shard_id, struct arena *scratch,
                         int64_t *ret_until_us, struct diag *d)
{
    struct s3_object object;
    struct diag ignored = DIAG_INIT;
    int64_t until_ms;
    enum err err =
        s3_head(&p->aws, p->def->bucket, note_key(p, shard_id, scratch), scratch, &object, d);
    if (err == ERR_NOT_FOUND || err == ERR_DENIED) {
        diag_clear(d); /* denied: who may not list a bucket is not told what it does not have */
        *ret_until_us = 0;
        return ERR_OK;
    }
    TRY(err);
    bool told = str_i64(http_header(&object.metadata, META_UNTIL), &until_ms, &ignored) == ERR_OK;
    *ret_until_us = told ? until_ms * US_PER_MS : 0;
    return ERR_OK;
}

enum err shard_note_write(struct pipeline *p, struct str shard_id, int64_t until_us,
                          struct arena *scratch, struct diag *d)
{
    struct buf text;
    buf_init(&text, scratch, KIB);
    buf_add_z(&text, "all that arrived here has landed until ");
    instant_iso(&text, until_us);
    buf_add_char(&text, '\n');
    struct http_header metadata = {STR(META_UNTIL),
                                   str_printf(scratch, "%" PRId64, until_us / US_PER_MS)};
    struct s3_put_options options = {
        .content_type = STR("text/plain"), .metadata = &metadata, .metadata_count = 1};
    struct s3_object stored;
    return s3_put(&p->aws, p->def->bucket, note_key(p, shard_id, scratch), buf_str(&text), &options,
                  scratch, &stored, d);
}
