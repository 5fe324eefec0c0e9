/* object_list.c -- ListObjects and ListObjectsV2 over one page of list_page.h. */
#include "list_page.h"
#include "list_token.h"
#include "list_words.h"
#include "s3_handlers.h"

struct listing { /* what both spellings share */
    struct call *c;
    const struct bucket *bucket;
    struct list_query query;
    struct list_page page;
    bool with_owner;
};

static bool listing_read(struct call *c, struct listing *l)
{
    *l = (struct listing){.c = c, .bucket = s3_bucket(c)};
    if (l->bucket == NULL || !list_encoding_check(c) ||
        !list_max_read(c, "MaxKeys", "max-keys", &l->query.max)) {
        return false;
    }
    l->query.prefix = call_str(c, "Prefix");
    l->query.delimiter = call_str(c, "Delimiter");
    return true;
}

void object_list_facts(struct call *c, struct json *node, const struct object *o)
{
    struct arena *a = c->arena;
    json_set_str(a, node, "ETag", o->etag);
    if (o->checksum.kind != CHECKSUM_NONE) {
        json_add(json_set(a, node, "ChecksumAlgorithm", JSON_IS_ARRAY), STR_EMPTY,
                 json_new_str(a, str_of(checksum_algorithm(o->checksum.kind))));
        json_set_str(a, node, "ChecksumType", checksum_type(o->checksum.composite));
    }
    json_set_i64(a, node, "Size", (int64_t)object_bytes(o));
    json_set_str(a, node, "StorageClass", storage_class_name(o->storage));
}

static void out_object(const struct listing *l, struct json *contents, const struct list_item *item)
{
    struct arena *a = l->c->arena;
    const struct object *o = item->object;
    struct json *node = json_add(contents, STR_EMPTY, json_new(a, JSON_IS_OBJECT));
    json_set_str(a, node, "Key", list_spelt(l->c, item->name));
    json_set_i64(a, node, "LastModified", object_modified_s(o));
    object_list_facts(l->c, node, o);
    if (l->with_owner) {
        s3_out_owner(l->c, node, "Owner");
    }
}

/* Reads the page and tells it; texts that are copied out of the state live in the request's arena.
 */
static void listing_out(struct listing *l)
{
    struct call *c = l->c;
    list_page_read(l->bucket->objects, &l->query, c->arena, &l->page);
    struct json *contents = json_new(c->arena, JSON_IS_ARRAY);
    struct json *prefixes = json_new(c->arena, JSON_IS_ARRAY);
    for (size_t i = 0; i < l->page.count; i++) {
        const struct list_item *item = &l->page.items[i];
        if (item->object != NULL) {
            out_object(l, contents, item);
        } else {
            struct json *node = json_add(prefixes, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
            json_set_str(c->arena, node, "Prefix", list_spelt(l->c, item->name));
        }
    }
    http_headers_set(&c->response.headers, STR("x-amz-bucket-region"),
                     str_copy(c->arena, l->bucket->region));
    call_out_str(c, "Name", l->bucket->name);
    call_out_str(c, "Prefix", list_spelt(l->c, l->query.prefix));
    if (l->query.delimiter.len > 0) {
        call_out_str(c, "Delimiter", list_spelt(l->c, l->query.delimiter));
    }
    if (call_str(c, "EncodingType").len > 0) {
        call_out_str(c, "EncodingType", STR("url"));
    }
    call_out_i64(c, "MaxKeys", (int64_t)l->query.max);
    call_out_bool(c, "IsTruncated", l->page.truncated);
    json_add(c->output, STR("Contents"), contents);
    json_add(c->output, STR("CommonPrefixes"), prefixes);
}

static struct str last_name(const struct listing *l)
{
    return l->page.items[l->page.count - 1].name;
}

/* AWS s3-list-4: version 1 names the next marker only where there is a delimiter. */
void object_list(struct call *c)
{
    struct listing l;
    if (!listing_read(c, &l)) {
        return;
    }
    l.query.after = call_str(c, "Marker");
    l.with_owner = true;
    listing_out(&l);
    call_out_str(c, "Marker", list_spelt(c, l.query.after));
    if (l.page.truncated && l.query.delimiter.len > 0) {
        call_out_str(c, "NextMarker", list_spelt(c, last_name(&l)));
    }
}

void object_list_v2(struct call *c)
{
    struct listing l;
    if (!listing_read(c, &l)) {
        return;
    }
    struct str start = call_str(c, "StartAfter");
    l.query.after = start;
    l.with_owner = call_bool(c, "FetchOwner", false);
    if (!list_token_read(c, &l.query.after)) {
        return;
    }
    listing_out(&l);
    call_out_i64(c, "KeyCount", (int64_t)l.page.count);
    if (start.len > 0) {
        call_out_str(c, "StartAfter", list_spelt(c, start));
    }
    if (call_has(c, "ContinuationToken")) {
        call_out_str(c, "ContinuationToken", call_str(c, "ContinuationToken"));
    }
    if (l.page.truncated) {
        call_out_str(c, "NextContinuationToken", list_token(c->arena, last_name(&l)));
    }
}
