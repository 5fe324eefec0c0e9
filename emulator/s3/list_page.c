/* list_page.c -- Walking the tree by seeks: a common prefix costs one, whatever it holds.
 * AWS s3-list-1: names (keys and common prefixes alike) come in the order of their UTF-8 bytes;
 * each counts one. AWS s3-list-2: a common prefix that is not greater than the start is not told,
 * so a page ends where the next begins. */
#include "list_page.h"

struct str list_name(const struct list_query *q, struct str key, bool *ret_is_prefix)
{
    *ret_is_prefix = false;
    if (q->delimiter.len == 0) {
        return key;
    }
    size_t at = str_find_str(str_from(key, q->prefix.len), q->delimiter);
    if (at == STR_NONE) {
        return key;
    }
    *ret_is_prefix = true;
    return str_slice(key, 0, q->prefix.len + at + q->delimiter.len);
}

const struct tree_entry *list_seek_past(const struct tree *t, struct str prefix, struct arena *a)
{
    struct str bound = str_copy(a, prefix);
    while (bound.len > 0 && (unsigned char)bound.ptr[bound.len - 1] == 0xff) {
        bound.len--;
    }
    if (bound.len == 0) {
        return NULL;
    }
    ((char *)(uintptr_t)bound.ptr)[bound.len - 1]++;
    return tree_seek(t, bound, false);
}

static const struct tree_entry *first_entry(const struct tree *t, const struct list_query *q)
{
    if (str_cmp(q->after, q->prefix) < 0 || q->after.len == 0) {
        return tree_seek(t, q->prefix, false);
    }
    return tree_seek(t, q->after, true);
}

void list_page_read(const struct tree *objects, const struct list_query *q, struct arena *a,
                    struct list_page *ret_page)
{
    *ret_page = (struct list_page){.items = NEW_ARRAY(a, struct list_item, q->max)};
    const struct tree_entry *at = q->max == 0 ? NULL : first_entry(objects, q);
    while (at != NULL && str_starts(at->key, q->prefix)) {
        const struct object *head = at->value;
        if (head->is_marker) {
            at = tree_seek(objects, at->key, true);
            continue;
        }
        bool is_prefix;
        struct str name = list_name(q, at->key, &is_prefix);
        bool told = q->after.len > 0 && str_cmp(name, q->after) <= 0;
        if (!told && ret_page->count == q->max) {
            ret_page->truncated = true;
            return;
        }
        if (!told) {
            ret_page->items[ret_page->count++] =
                (struct list_item){.name = name, .object = is_prefix ? NULL : head};
        }
        at = is_prefix ? list_seek_past(objects, name, a) : tree_seek(objects, at->key, true);
    }
}
