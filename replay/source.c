#include "source_parts.h"

#include "aws/s3.h"
#include "base/limits.h"
#include "base/map.h"
#include "disk.h"
#include "key_time.h"

/* ---- folders and files ---- */

static enum err found_file(void *ctx, struct str relative, int64_t size, struct diag *d)
{
    struct source_object object = {.key = relative, .size = size, .records = -1, .raw_bytes = -1};
    return object_list_add(ctx, &object, d);
}

static struct str folder_of(struct str path)
{
    size_t slash = str_find_last(path, '/');
    return slash == STR_NONE ? STR("./") : str_slice(path, 0, slash + 1);
}

static enum err open_manifest(struct arena *a, struct source *s, struct str path,
                              struct object_list *list, struct diag *d)
{
    struct str text;
    TRY(disk_read(a, path, MANIFEST_BYTES_MAX, &text, d));
    TRY(manifest_read(text, path, list, d));
    s->root = folder_of(path);
    struct str objects = str_join(a, s->root, STR("objects/"));
    if (!manifest_names_objects(list) && disk_kind(objects, a) == DISK_FOLDER) {
        s->root = objects;
    }
    return ERR_OK;
}

static enum err open_folder(struct arena *a, struct source *s, struct object_list *list,
                            struct diag *d)
{
    static const char *const manifests[] = {"manifest.tsv", "manifest.json"};
    s->root = str_ends(s->where, STR("/")) ? s->where : str_join(a, s->where, STR("/"));
    for (size_t i = 0; i < sizeof(manifests) / sizeof(manifests[0]); i++) {
        struct str path = str_join(a, s->root, str_of(manifests[i]));
        if (disk_kind(path, a) == DISK_FILE) {
            return open_manifest(a, s, path, list, d);
        }
    }
    TRY(disk_walk(a, s->root, found_file, list, d));
    return list->count > 0 ? ERR_OK
                           : fail(d, ERR_NOT_FOUND, "%.*s: no objects in it", STR_ARG(s->where));
}

static enum err open_path(struct arena *a, struct source *s, struct object_list *list,
                          struct diag *d)
{
    switch (disk_kind(s->where, a)) {
    case DISK_FOLDER:
        return open_folder(a, s, list, d);
    case DISK_FILE:
        if (manifest_is(s->where)) {
            return open_manifest(a, s, s->where, list, d);
        }
        s->root = folder_of(s->where);
        struct str name = str_from(s->where, str_starts(s->where, s->root) ? s->root.len : 0);
        return found_file(list, name, -1, d);
    case DISK_NOTHING:
        break;
    }
    return fail(d, ERR_NOT_FOUND, "%.*s: no such file or folder", STR_ARG(s->where));
}

/* ---- the whole ---- */

static enum err take_list(struct source *s, struct object_list *list, struct diag *d)
{
    TRY(object_list_sort(list, d));
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].place = i;
    }
    key_times(list->items, list->count, list->arena);
    s->objects = list->items;
    s->count = list->count;
    return ERR_OK;
}

enum err source_open(struct arena *a, struct str where, struct aws_client *s3,
                     struct source *ret_source, struct diag *d)
{
    struct object_list list = {.arena = a};
    struct source s = {.where = str_copy(a, where), .s3 = s3};
    bool remote = str_starts(where, STR("s3://"));
    TRY(remote ? source_s3_open(a, &s, &list, d) : open_path(a, &s, &list, d));
    if (take_list(&s, &list, d) != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(where));
    }
    *ret_source = s;
    return ERR_OK;
}

enum err source_hold(struct arena *a, struct source *source, struct str text, struct str name,
                     struct diag *d)
{
    struct object_list list = {.arena = a};
    struct map *listed = map_new(a);
    size_t all = source->count, named = 0;
    TRY(manifest_read(text, name, &list, d));
    for (size_t i = 0; i < all; i++) {
        map_put(listed, source->objects[i].key, &source->objects[i]);
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct source_object *object = map_get(listed, list.items[i].key);
        list.items[i].size = object == NULL ? -1 : object->size;
        named += object != NULL;
    }
    if (named == 0 && all > 0 && list.count > 0) {
        return fail(d, ERR_INVALID, "%.*s: it names none of the %zu objects of %.*s", STR_ARG(name),
                    all, STR_ARG(source->where));
    }
    if (take_list(source, &list, d) != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(name));
    }
    source->passed_over += all - named;
    return ERR_OK;
}

enum err source_fetch(const struct source *s, const struct source_object *object, struct arena *a,
                      struct str *ret_bytes, struct diag *d)
{
    struct str path = str_join(a, s->root, object->key);
    if (s->bucket.len == 0) {
        return disk_read(a, path, CAPTURE_BYTES_MAX, ret_bytes, d);
    }
    struct s3_object stored;
    TRY(s3_get(s->s3, s->bucket, path, a, &stored, d));
    *ret_bytes = stored.body;
    return ERR_OK;
}
