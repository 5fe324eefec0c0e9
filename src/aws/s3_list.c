/* ListObjectsV2, all pages. A page's answer and tree live in an arena that is reset page by page,
 * so that what a long listing holds is its keys. Keys come URL-encoded, since XML cannot carry
 * every byte that a key may have. */
#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "s3_request.h"
#include "wire/xml.h"

struct listing {
    struct s3_listing all;
    size_t object_cap, prefix_cap;
    struct arena *arena;
};
struct query {
    struct str bucket, prefix, start_after;
    char delimiter;
};

static struct aws_call page_call(const struct query *q, struct str token, struct arena *a)
{
    struct aws_call call = s3_call_init("ListObjectsV2", "GET", q->bucket, STR_EMPTY, a);
    struct buf query;
    buf_init(&query, a, 3 * (q->prefix.len + q->start_after.len + token.len) + 256);
    http_query_add(&query, STR("list-type"), STR("2"));
    http_query_add(&query, STR("encoding-type"), STR("url"));
    if (q->prefix.len > 0) {
        http_query_add(&query, STR("prefix"), q->prefix);
    }
    if (q->delimiter != '\0') {
        http_query_add(&query, STR("delimiter"), str_n(&q->delimiter, 1));
    }
    if (q->start_after.len > 0) {
        http_query_add(&query, STR("start-after"), q->start_after);
    }
    if (token.len > 0) {
        http_query_add(&query, STR("continuation-token"), token);
    }
    call.request.query = buf_str(&query);
    return call;
}

/* The parsed answer is the check's product. */
static enum err check_page(const struct http_response *response, struct arena *a, void *ctx,
                           struct diag *d)
{
    struct xml **ret_root = ctx;
    struct diag why = DIAG_INIT;
    TRY(s3_check_length(response, d));
    if (xml_parse(a, response->body, ret_root, &why) != ERR_OK) {
        return fail(d, ERR_CORRUPT, "%s", why.msg);
    }
    if (!str_eq((*ret_root)->name, STR("ListBucketResult"))) {
        return fail(d, ERR_CORRUPT, "the answer is <%.*s>", STR_ARG((*ret_root)->name));
    }
    return ERR_OK;
}

/* AWS s3-list-encoding-1: with encoding-type=url a space may come as '+', a plus never does */
static struct str decoded(struct str text, bool encoded, struct arena *a)
{
    if (!encoded) {
        return str_copy(a, text);
    }
    struct buf out;
    buf_init(&out, a, text.len + 1);
    decode_percent(&out, text, true);
    return buf_str(&out);
}

static enum err add_object(struct listing *l, const struct xml *node, bool encoded, struct diag *d)
{
    struct s3_listing *all = &l->all;
    if (all->count == S3_LIST_OBJECTS_MAX) {
        return fail(d, ERR_LIMIT, "over %d objects: list by a longer prefix", S3_LIST_OBJECTS_MAX);
    }
    if (all->count == l->object_cap) {
        size_t cap = l->object_cap == 0 ? 64 : l->object_cap * 2;
        all->objects = arena_grow(l->arena, all->objects, l->object_cap * sizeof(*all->objects),
                                  cap * sizeof(*all->objects));
        l->object_cap = cap;
    }
    struct diag why = DIAG_INIT;
    struct s3_object object = {.key = decoded(xml_text(node, "Key"), encoded, l->arena),
                               .etag = str_copy(l->arena, s3_etag(xml_text(node, "ETag")))};
    if (str_i64(xml_text(node, "Size"), &object.size, &why) != ERR_OK ||
        instant_parse(xml_text(node, "LastModified"), &object.modified_us, &why) != ERR_OK) {
        return fail(d, ERR_CORRUPT, "key '%.*s': %s", STR_ARG(object.key), why.msg);
    }
    if (all->count > 0 && str_cmp(all->objects[all->count - 1].key, object.key) >= 0) {
        return fail(d, ERR_CORRUPT, "key '%.*s' is not after the one before it",
                    STR_ARG(object.key));
    }
    http_headers_init(&object.metadata, l->arena);
    all->objects[all->count++] = object;
    return ERR_OK;
}

static enum err add_prefix(struct listing *l, struct str prefix, struct diag *d)
{
    struct s3_listing *all = &l->all;
    if (all->prefix_count == S3_LIST_OBJECTS_MAX) {
        return fail(d, ERR_LIMIT, "over %d common prefixes", S3_LIST_OBJECTS_MAX);
    }
    if (all->prefix_count == l->prefix_cap) {
        size_t cap = l->prefix_cap == 0 ? 16 : l->prefix_cap * 2;
        all->prefixes = arena_grow(l->arena, all->prefixes, l->prefix_cap * sizeof(*all->prefixes),
                                   cap * sizeof(*all->prefixes));
        l->prefix_cap = cap;
    }
    all->prefixes[all->prefix_count++] = prefix;
    return ERR_OK;
}

static enum err add_page(struct listing *l, const struct xml *root, struct diag *d)
{
    bool encoded = str_eq(xml_text(root, "EncodingType"), STR("url"));
    for (const struct xml *node = xml_child(root, "Contents"); node != NULL;
         node = xml_next(node, "Contents")) {
        TRY(add_object(l, node, encoded, d));
    }
    for (const struct xml *node = xml_child(root, "CommonPrefixes"); node != NULL;
         node = xml_next(node, "CommonPrefixes")) {
        TRY(add_prefix(l, decoded(xml_text(node, "Prefix"), encoded, l->arena), d));
    }
    return ERR_OK;
}

/* Reads one page; *token becomes that of the next one, empty after the last. */
static enum err read_page(struct aws_client *c, const struct query *q, struct listing *l,
                          struct str *token, struct arena *page, struct diag *d)
{
    struct aws_call call = page_call(q, *token, page);
    struct http_response response;
    struct xml *root = NULL;
    TRY(s3_read(c, &call, page, check_page, &root, &response, d));
    if (add_page(l, root, d) != ERR_OK) {
        return diag_context(d, "s3 ListObjectsV2 of %.*s", STR_ARG(q->bucket));
    }
    struct str next = STR_EMPTY;
    if (str_eq(xml_text(root, "IsTruncated"), STR("true"))) {
        next = xml_text(root, "NextContinuationToken");
        if (next.len == 0 || str_eq(next, *token)) {
            return fail(d, ERR_CORRUPT, "s3 ListObjectsV2 of %.*s: truncated, and no new token",
                        STR_ARG(q->bucket));
        }
    }
    *token = str_copy(l->arena, next);
    return ERR_OK;
}

enum err s3_list(struct aws_client *c, struct str bucket, struct str prefix, char delimiter,
                 struct str start_after, struct arena *a, struct s3_listing *ret_listing,
                 struct diag *d)
{
    struct query q = {
        .bucket = bucket, .prefix = prefix, .start_after = start_after, .delimiter = delimiter};
    struct listing l = {.arena = a};
    struct arena *page = arena_child(a, "s3 page", ARENA_TASK_BYTES_MAX);
    struct str token = STR_EMPTY;
    enum err code;
    do {
        code = read_page(c, &q, &l, &token, page, d);
        arena_reset(page);
    } while (code == ERR_OK && token.len > 0);
    arena_free(page);
    if (code == ERR_OK) {
        *ret_listing = l.all;
    }
    return code;
}
