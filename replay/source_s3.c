/* source_s3.c -- Objects below an s3:// prefix. The prefix is S3's: "s3://b/raw/2001-0" has all
 * keys that begin so, and keys are relative to its last '/'. */
#include "source_parts.h"

#include "aws/s3.h"
#include "base/limits.h"

static enum err parse_where(struct source *s, struct str *ret_prefix, struct diag *d)
{
    struct str rest = str_from(s->where, STR("s3://").len);
    size_t slash = str_find(rest, '/');
    s->bucket = str_slice(rest, 0, slash);
    *ret_prefix = slash == STR_NONE ? STR_EMPTY : str_from(rest, slash + 1);
    size_t last = str_find_last(*ret_prefix, '/');
    s->root = last == STR_NONE ? STR_EMPTY : str_slice(*ret_prefix, 0, last + 1);
    return s->bucket.len > 0 ? ERR_OK
                             : fail(d, ERR_INVALID, "%.*s: s3://bucket/prefix", STR_ARG(s->where));
}

static bool is_hidden(struct str key)
{
    for (struct str rest = key, part; str_cut(&rest, '/', &part);) {
        if (part.len > 0 && (part.ptr[0] == '.' || part.ptr[0] == '_')) {
            return true;
        }
    }
    return str_ends(key, STR("/")); /* what consoles make for a folder */
}

static enum err add_listed(struct source *s, const struct s3_listing *listing,
                           struct object_list *list, struct diag *d)
{
    for (size_t i = 0; i < listing->count; i++) {
        struct source_object object = {.key = str_from(listing->objects[i].key, s->root.len),
                                       .size = listing->objects[i].size,
                                       .records = -1,
                                       .raw_bytes = -1};
        if (object.key.len > 0 && !is_hidden(object.key)) {
            TRY(object_list_add(list, &object, d));
        }
    }
    return ERR_OK;
}

static const struct s3_object *find_key(const struct s3_listing *listing, struct str key)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (str_eq(listing->objects[i].key, key)) {
            return &listing->objects[i];
        }
    }
    return NULL;
}

/* A manifest right below the prefix; NULL: none. */
static const struct s3_object *find_manifest(struct source *s, struct arena *a,
                                             const struct s3_listing *listing)
{
    const struct s3_object *tsv = find_key(listing, str_join(a, s->root, STR("manifest.tsv")));
    return tsv != NULL ? tsv : find_key(listing, str_join(a, s->root, STR("manifest.json")));
}

static bool has_objects_folder(const struct source *s, struct arena *a,
                               const struct s3_listing *listing)
{
    struct str folder = str_join(a, s->root, STR("objects/"));
    for (size_t i = 0; i < listing->count; i++) {
        if (str_starts(listing->objects[i].key, folder)) {
            return true;
        }
    }
    return false;
}

enum err source_s3_open(struct arena *a, struct source *s, struct object_list *list, struct diag *d)
{
    struct str prefix;
    struct s3_listing listing;
    if (s->s3 == NULL) {
        return fail(d, ERR_INVALID, "%.*s: no client for S3 was given", STR_ARG(s->where));
    }
    TRY(parse_where(s, &prefix, d));
    TRY(s3_list(s->s3, s->bucket, prefix, 0, STR_EMPTY, a, &listing, d));
    const struct s3_object *manifest =
        prefix.len == s->root.len ? find_manifest(s, a, &listing) : NULL;
    if (manifest != NULL) {
        struct s3_object object;
        TRY(s3_get(s->s3, s->bucket, manifest->key, a, &object, d));
        TRY(manifest_read(object.body, manifest->key, list, d));
        if (!manifest_names_objects(list) && has_objects_folder(s, a, &listing)) {
            s->root = str_join(a, s->root, STR("objects/"));
        }
        return ERR_OK;
    }
    TRY(add_listed(s, &listing, list, d));
    return list->count > 0 ? ERR_OK
                           : fail(d, ERR_NOT_FOUND, "%.*s: no objects there", STR_ARG(s->where));
}
