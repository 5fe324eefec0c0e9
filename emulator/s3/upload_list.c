/* upload_list.c -- ListMultipartUploads: what was begun and neither completed nor aborted.
 * AWS s3-list-uploads-1: in the order of keys, those of one key by the time they began; a page
 * begins behind KeyMarker, or with an UploadIdMarker behind that upload of this very key. Upload
 * ids begin with that time, so their order is the same. */
#include "base/instant.h"
#include "list_words.h"
#include "s3_handlers.h"
#include "upload.h"

struct upload_listing {
    struct call *c;
    const struct bucket *bucket;
    struct str prefix, delimiter, key_marker, id_marker;
    size_t max, count;
    struct json *uploads, *prefixes;
    struct str last_key, last_id; /* of what was told last; no id: a common prefix */
};

/* Where a page may begin: at the prefix, or at the first upload that the markers do not pass. */
static const struct tree_entry *first_entry(const struct upload_listing *l)
{
    struct str from =
        l->key_marker.len == 0 ? STR_EMPTY : upload_name(l->c->arena, l->key_marker, l->id_marker);
    from = str_cmp(from, l->prefix) < 0 ? l->prefix : from;
    return tree_seek(l->bucket->uploads, from, false);
}

static bool is_before(const struct upload_listing *l, const struct upload *u)
{
    int order = str_cmp(u->facts->key, l->key_marker);
    if (l->key_marker.len == 0 || order != 0) {
        return order < 0;
    }
    return l->id_marker.len == 0 || str_cmp(u->id, l->id_marker) <= 0;
}

static void out_upload(struct upload_listing *l, const struct upload *u)
{
    struct arena *a = l->c->arena;
    struct json *node = json_add(l->uploads, STR_EMPTY, json_new(a, JSON_IS_OBJECT));
    json_set_str(a, node, "UploadId", u->id);
    json_set_str(a, node, "Key", list_spelt(l->c, u->facts->key));
    json_set_i64(a, node, "Initiated", instant_floor(u->created_us, US_PER_S));
    json_set_str(a, node, "StorageClass", storage_class_name(u->facts->storage));
    s3_out_owner(l->c, node, "Owner");
    s3_out_owner(l->c, node, "Initiator");
    if (u->announced) {
        json_set_str(a, node, "ChecksumAlgorithm", str_of(checksum_algorithm(u->kind)));
        json_set_str(a, node, "ChecksumType", checksum_type(u->composite));
    }
}

/* Tells one upload, or the common prefix it falls under unless that was told; false: the page is
 * full. */
static bool tell(struct upload_listing *l, const struct upload *u)
{
    struct str key = u->facts->key, name = key;
    size_t at =
        l->delimiter.len == 0 ? STR_NONE : str_find_str(str_from(key, l->prefix.len), l->delimiter);
    if (at != STR_NONE) {
        name = str_slice(key, 0, l->prefix.len + at + l->delimiter.len);
        bool told = (l->last_id.len == 0 && str_eq(name, l->last_key)) ||
                    (l->key_marker.len > 0 && str_cmp(name, l->key_marker) <= 0);
        if (told) {
            return true;
        }
    }
    if (l->count == l->max) {
        return false;
    }
    l->count++;
    l->last_key = name;
    l->last_id = at == STR_NONE ? u->id : STR_EMPTY;
    if (at == STR_NONE) {
        out_upload(l, u);
    } else {
        struct json *node = json_add(l->prefixes, STR_EMPTY, json_new(l->c->arena, JSON_IS_OBJECT));
        json_set_str(l->c->arena, node, "Prefix", list_spelt(l->c, name));
    }
    return true;
}

static bool listing_read(struct call *c, struct upload_listing *l)
{
    *l = (struct upload_listing){.c = c,
                                 .bucket = s3_bucket(c),
                                 .prefix = call_str(c, "Prefix"),
                                 .delimiter = call_str(c, "Delimiter"),
                                 .key_marker = call_str(c, "KeyMarker"),
                                 .id_marker = call_str(c, "UploadIdMarker")};
    return l->bucket != NULL && list_encoding_check(c) &&
           list_max_read(c, "MaxUploads", "max-uploads", &l->max);
}

static void listing_echo(struct upload_listing *l)
{
    struct call *c = l->c;
    call_out_str(c, "Bucket", l->bucket->name);
    call_out_str(c, "KeyMarker", list_spelt(c, l->key_marker));
    call_out_str(c, "UploadIdMarker", l->key_marker.len > 0 ? l->id_marker : STR_EMPTY);
    if (l->prefix.len > 0) {
        call_out_str(c, "Prefix", list_spelt(c, l->prefix));
    }
    if (l->delimiter.len > 0) {
        call_out_str(c, "Delimiter", list_spelt(c, l->delimiter));
    }
    if (call_str(c, "EncodingType").len > 0) {
        call_out_str(c, "EncodingType", STR("url"));
    }
    call_out_i64(c, "MaxUploads", (int64_t)l->max);
}

void upload_list(struct call *c)
{
    struct upload_listing l;
    if (!listing_read(c, &l)) {
        return;
    }
    l.uploads = json_new(c->arena, JSON_IS_ARRAY);
    l.prefixes = json_new(c->arena, JSON_IS_ARRAY);
    const struct tree_entry *at = first_entry(&l);
    while (at != NULL && str_starts(at->key, l.prefix) &&
           (is_before(&l, at->value) || tell(&l, at->value))) {
        at = tree_seek(l.bucket->uploads, at->key, true);
    }
    listing_echo(&l);
    bool more = at != NULL && str_starts(at->key, l.prefix) && l.max > 0;
    call_out_bool(c, "IsTruncated", more);
    /* AWS s3-list-uploads-2: where the page ended is told of the last page too. */
    call_out_str(c, "NextKeyMarker", list_spelt(c, l.last_key));
    call_out_str(c, "NextUploadIdMarker", l.last_id);
    json_add(c->output, STR("Uploads"), l.uploads);
    json_add(c->output, STR("CommonPrefixes"), l.prefixes);
}
