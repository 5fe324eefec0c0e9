/* object_get.c -- GetObject and HeadObject: find, judge the conditions, cut the
 * range, tell. The body is held by the call: the object may be overwritten before the answer has
 * left. */
#include "base/instant.h"
#include "byte_range.h"
#include "condition.h"
#include "lifecycle_run.h"
#include "object_lock.h"
#include "object_restore.h"
#include "s3_handlers.h"
#include "version.h"

static bool fail_range(struct call *c, const struct object *o)
{
    call_fail(c, AWS_INVALID_RANGE, "The requested range is not satisfiable");
    call_fail_extra(c, "RangeRequested", call_str(c, "Range"));
    call_fail_extra(c, "ActualObjectSize",
                    str_printf(c->arena, "%llu", (unsigned long long)object_bytes(o)));
    return false;
}

/* AWS s3-part-number-1: partNumber reads the range of one part; an object written by one PUT has
 * part 1 alone. */
static bool part_range(struct call *c, const struct object *o, struct byte_range *ret_range)
{
    size_t parts = o->part_count > 0 ? o->part_count : 1;
    int64_t number = call_i64(c, "PartNumber", 0);
    if (number < 1 || (uint64_t)number > parts) {
        call_fail(c, AWS_INVALID_PART_NUMBER, "The requested partnumber is not satisfiable");
        call_fail_extra(c, "PartNumberRequested", str_printf(c->arena, "%lld", (long long)number));
        call_fail_extra(c, "ActualPartCount", str_printf(c->arena, "%zu", parts));
        return false;
    }
    *ret_range = (struct byte_range){.count = object_bytes(o)};
    if (o->part_count > 0) {
        size_t index = (size_t)number - 1;
        ret_range->first = index == 0 ? 0 : o->part_ends[index - 1];
        ret_range->count = o->part_ends[index] - ret_range->first;
        call_out_i64(c, "PartsCount", (int64_t)o->part_count);
    }
    return true;
}

/* What of the body is asked for; *ret_partial: with 206. */
static bool read_range(struct call *c, const struct object *o, struct byte_range *ret_range,
                       bool *ret_partial)
{
    *ret_range = (struct byte_range){.count = object_bytes(o)};
    *ret_partial = true;
    if (call_has(c, "PartNumber") && call_has(c, "Range")) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "Cannot specify both Range header and partNumber query parameter");
        return false;
    }
    if (call_has(c, "PartNumber")) {
        return part_range(c, o, ret_range);
    }
    switch (byte_range_parse(call_str(c, "Range"), object_bytes(o), ret_range)) {
    case RANGE_OK:
        return true;
    case RANGE_UNSATISFIABLE:
        return fail_range(c, o);
    case RANGE_NONE:
        break;
    }
    *ret_partial = false;
    return true;
}

/* AWS s3-override-1: response-* parameters replace the headers of this one answer. */
static void override_headers(struct call *c)
{
    static const char *const members[][2] = {
        {"ResponseContentType", "ContentType"},
        {"ResponseCacheControl", "CacheControl"},
        {"ResponseContentDisposition", "ContentDisposition"},
        {"ResponseContentEncoding", "ContentEncoding"},
        {"ResponseContentLanguage", "ContentLanguage"},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (call_has(c, members[i][0])) {
            call_out_str(c, members[i][1], call_str(c, members[i][0]));
        }
    }
    if (call_has(c, "ResponseExpires")) {
        struct buf date;
        buf_init(&date, c->arena, 64);
        instant_http(&date, call_i64(c, "ResponseExpires", 0));
        call_out_str(c, "Expires", buf_str(&date));
    }
}

static void out_range(struct call *c, const struct object *o, const struct byte_range *range)
{
    if (range->count > 0) {
        call_out_str(c, "ContentRange",
                     str_printf(c->arena, "bytes %llu-%llu/%llu", (unsigned long long)range->first,
                                (unsigned long long)(range->first + range->count - 1),
                                (unsigned long long)object_bytes(o)));
    }
    c->response.status = 206;
}

/* AWS s3-checksum-part-1: a part of a composite object is told its own checksum; the checksum of
 * the whole says nothing of a range that is not all of it. */
static void out_checksum(struct call *c, const struct object *o, bool partial,
                         const struct byte_range *range)
{
    bool part = call_has(c, "PartNumber");
    bool whole = !part && range->count == object_bytes(o);
    if (!partial || whole || (part && o->part_count == 0)) {
        checksum_out(c, c->output, &o->checksum);
    } else if (part && o->part_sums != NULL && o->checksum.composite) {
        object_part_sum_out(c, c->output, o, (size_t)call_i64(c, "PartNumber", 1) - 1);
        call_out_str(c, "ChecksumType", STR("COMPOSITE"));
    }
}

/* The object of the call, and everything but the body; NULL: the call has failed. */
static const struct object *read_head(struct call *c, struct byte_range *ret_range)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    bool partial;
    if (b == NULL || !s3_key(c, &key)) {
        return NULL;
    }
    const struct object *o = version_find(c, b, key, call_str(c, "VersionId"));
    if (o == NULL || !encryption_opens(c, &o->encryption) || !condition_read(c, o) ||
        !read_range(c, o, ret_range, &partial)) {
        return NULL;
    }
    override_headers(c); /* before the object's own: the first one set stands */
    object_metadata_out(c, o);
    object_lock_out(c, o);
    object_restore_out(c, o);
    lifecycle_out(c, b, o);
    version_out(c, b, o);
    if (o->tag_count > 0) {
        call_out_i64(c, "TagCount", o->tag_count);
    }
    call_out_str(c, "AcceptRanges", STR("bytes"));
    call_out_i64(c, "ContentLength", (int64_t)ret_range->count);
    if (partial) {
        out_range(c, o, ret_range);
    }
    if (checksum_is_wanted(c)) {
        out_checksum(c, o, partial, ret_range);
    }
    return o;
}

void object_get(struct call *c)
{
    struct byte_range range;
    const struct object *o = read_head(c, &range);
    if (o != NULL && object_is_readable(c, o)) {
        call_body(c, o->body, range.first, range.count);
    }
}

void object_head(struct call *c)
{
    struct byte_range range;
    (void)read_head(c, &range);
}
