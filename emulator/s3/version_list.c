/* version_list.c -- ListObjectVersions: keys in byte order, the versions of each newest first.
 * AWS s3-list-versions-1: a page begins behind key-marker, or behind the version that
 * version-id-marker names of that key; versions, delete markers and common prefixes count alike. */
#include "list_page.h"
#include "list_words.h"
#include "version.h"

struct walk {
    struct call *c;
    const struct bucket *bucket;
    struct list_query query;
    struct str after_version; /* of the key query.after; empty: that key is done */
    struct json *versions, *markers, *prefixes;
    struct str last_key, last_version;
    size_t count;
    bool truncated;
};

static bool walk_read(struct call *c, struct walk *w)
{
    *w = (struct walk){.c = c, .bucket = s3_bucket(c)};
    if (w->bucket == NULL || !list_encoding_check(c) ||
        !list_max_read(c, "MaxKeys", "max-keys", &w->query.max)) {
        return false;
    }
    w->query.prefix = call_str(c, "Prefix");
    w->query.delimiter = call_str(c, "Delimiter");
    w->query.after = call_str(c, "KeyMarker");
    w->after_version = call_str(c, "VersionIdMarker");
    if (w->after_version.len > 0 && w->query.after.len == 0) {
        s3_fail_argument(c, "version-id-marker", w->after_version,
                         "A version-id marker cannot be specified without a key marker.");
        return false;
    }
    w->versions = json_new(c->arena, JSON_IS_ARRAY);
    w->markers = json_new(c->arena, JSON_IS_ARRAY);
    w->prefixes = json_new(c->arena, JSON_IS_ARRAY);
    return version_check(c, w->after_version);
}

/* Whether one more may be told. */
static bool has_place(struct walk *w)
{
    w->truncated = w->count == w->query.max;
    w->count += w->truncated ? 0 : 1;
    return !w->truncated;
}

static void out_version(struct walk *w, const struct object *o, bool latest)
{
    struct arena *a = w->c->arena;
    struct json *node =
        json_add(o->is_marker ? w->markers : w->versions, STR_EMPTY, json_new(a, JSON_IS_OBJECT));
    json_set_str(a, node, "Key", list_spelt(w->c, o->key));
    json_set_str(a, node, "VersionId", version_told(o));
    json_set_bool(a, node, "IsLatest", latest);
    json_set_i64(a, node, "LastModified", object_modified_s(o));
    s3_out_owner(w->c, node, "Owner");
    if (!o->is_marker) {
        object_list_facts(w->c, node, o);
    }
}

/* false: the page is full. */
static bool walk_key(struct walk *w, const struct object *head)
{
    const struct object *o = head;
    if (str_eq(head->key, w->query.after)) {
        o = version_get(w->bucket, head->key, w->after_version);
        o = o == NULL ? NULL : o->older;
    }
    for (; o != NULL; o = o->older) {
        if (!has_place(w)) {
            return false;
        }
        out_version(w, o, o == head);
        w->last_key = o->key;
        w->last_version = version_told(o);
    }
    return true;
}

static bool walk_prefix(struct walk *w, struct str name)
{
    if (str_cmp(name, w->query.after) <= 0 && w->query.after.len > 0) {
        return true;
    }
    if (!has_place(w)) {
        return false;
    }
    struct json *node = json_add(w->prefixes, STR_EMPTY, json_new(w->c->arena, JSON_IS_OBJECT));
    json_set_str(w->c->arena, node, "Prefix", list_spelt(w->c, name));
    w->last_key = name;
    w->last_version = STR_EMPTY;
    return true;
}

static void walk(struct walk *w)
{
    const struct tree *objects = w->bucket->objects;
    const struct list_query *q = &w->query;
    bool within = w->after_version.len > 0; /* the marker's own key may have more */
    const struct tree_entry *at = q->max == 0 ? NULL
                                  : str_cmp(q->after, q->prefix) < 0
                                      ? tree_seek(objects, q->prefix, false)
                                      : tree_seek(objects, q->after, q->after.len > 0 && !within);
    while (at != NULL && str_starts(at->key, q->prefix)) {
        bool is_prefix;
        struct str name = list_name(q, at->key, &is_prefix);
        if (!(is_prefix ? walk_prefix(w, name) : walk_key(w, at->value))) {
            return;
        }
        at = is_prefix ? list_seek_past(objects, name, w->c->arena)
                       : tree_seek(objects, at->key, true);
    }
}

static void out_page(struct walk *w)
{
    struct call *c = w->c;
    call_out_str(c, "Name", w->bucket->name);
    call_out_str(c, "Prefix", list_spelt(c, w->query.prefix));
    call_out_str(c, "KeyMarker", list_spelt(c, w->query.after));
    call_out_str(c, "VersionIdMarker", w->after_version);
    call_out_i64(c, "MaxKeys", (int64_t)w->query.max);
    call_out_bool(c, "IsTruncated", w->truncated);
    if (w->query.delimiter.len > 0) {
        call_out_str(c, "Delimiter", list_spelt(c, w->query.delimiter));
    }
    if (call_str(c, "EncodingType").len > 0) {
        call_out_str(c, "EncodingType", STR("url"));
    }
    if (w->truncated) {
        call_out_str(c, "NextKeyMarker", list_spelt(c, w->last_key));
        if (w->last_version.len > 0) {
            call_out_str(c, "NextVersionIdMarker", w->last_version);
        }
    }
    json_add(c->output, STR("Versions"), w->versions);
    json_add(c->output, STR("DeleteMarkers"), w->markers);
    json_add(c->output, STR("CommonPrefixes"), w->prefixes);
}

void version_list(struct call *c)
{
    struct walk w;
    if (walk_read(c, &w)) {
        walk(&w);
        out_page(&w);
    }
}
