/* s3_route.c -- The model's URIs carry the sub-resources as literals ("?acl", "?list-type=2"): the
 * operation whose method, depth and literals all agree is meant. What is left has no literal and is
 * told apart by parameters that are not in the URI (uploadId, partNumber) and one header
 * (x-amz-copy-source). */
#include "s3_route.h"
#include "base/instant.h"
#include "browser_model.h"
#include "s3_model.h"

enum depth { DEPTH_SERVICE, DEPTH_BUCKET, DEPTH_OBJECT };

static enum depth depth_of(struct str path)
{
    size_t slash = str_find(str_from(path, 1), '/');
    if (path.len <= 1) {
        return DEPTH_SERVICE;
    }
    return slash == STR_NONE || slash + 2 == path.len ? DEPTH_BUCKET : DEPTH_OBJECT;
}

/* How many required parameters of the query there are: what tells reading one configuration from
 * listing all. -1: not all of them. */
static int required_met(const struct shape *input, struct str query)
{
    int met = 0;
    for (size_t i = 0; input != NULL && i < input->member_count; i++) {
        const struct shape_member *m = &input->members[i];
        if (m->required && m->place == PLACE_QUERY) {
            if (!http_query_has(query, str_of(m->wire_name != NULL ? m->wire_name : m->name))) {
                return -1;
            }
            met++;
        }
    }
    return met;
}

/* How many literals of an operation's URI the query has; -1: not all of them. 0: the URI has none.
 */
static int literals_met(struct str literals, struct str query, struct arena *a)
{
    int met = 0;
    for (struct str rest = literals, pair, name, value; str_cut(&rest, '&', &pair); met++) {
        struct str said = STR_EMPTY;
        bool has_value = str_split(pair, '=', &name, &value);
        if (!has_value) {
            name = pair;
        }
        if (!http_query_has(query, name) ||
            (has_value && (!http_query_get(query, name, a, &said) || !str_eq(said, value)))) {
            return -1;
        }
    }
    return met;
}

static const struct operation_model *find_by_literals(const struct http_request *r,
                                                      enum depth depth)
{
    const struct operation_model *best = NULL;
    int best_met = 0;
    for (size_t i = 0; i < s3_model.operation_count; i++) {
        const struct operation_model *op = &s3_model.operations[i];
        struct str path, literals;
        if (!str_eq(r->method, str_of(op->method))) {
            continue;
        }
        str_split(str_of(op->uri), '?', &path, &literals);
        if (literals.len == 0 || depth_of(path) != depth) {
            continue;
        }
        int met = literals_met(literals, r->query, r->headers.arena);
        int required = required_met(op->input, r->query);
        /* Of two by one URI the later is meant: GetBucketLifecycle was renamed ...Configuration. */
        if (met > 0 && required >= 0 && met + required >= best_met) {
            best_met = met + required;
            best = op;
        }
    }
    return best;
}

/* Whether the query names a sub-resource of any operation: then it must not fall through to the
 * plain ones. */
static bool names_subresource(struct str query)
{
    for (size_t i = 0; i < s3_model.operation_count; i++) {
        struct str path, literals, name, value;
        str_split(str_of(s3_model.operations[i].uri), '?', &path, &literals);
        str_split(literals, '=', &name, &value);
        name = name.len > 0 ? name : literals;
        /* list-type is a parameter of the plain listing too: another value than 2 is version 1 */
        if (name.len > 0 && !str_contains(name, STR("&")) && !str_eq(name, STR("list-type")) &&
            http_query_has(query, name)) {
            return true;
        }
    }
    return false;
}

static const char *plain_bucket(struct str method)
{
    static const char *const names[][2] = {{"GET", "ListObjects"},
                                           {"PUT", "CreateBucket"},
                                           {"HEAD", "HeadBucket"},
                                           {"DELETE", "DeleteBucket"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq(method, str_of(names[i][0]))) {
            return names[i][1];
        }
    }
    return NULL;
}

static const char *plain_object(const struct http_request *r)
{
    bool upload = http_query_has(r->query, STR("uploadId"));
    if (str_eq(r->method, STR("PUT"))) {
        bool copy = http_has_header(&r->headers, "x-amz-copy-source");
        bool part = upload || http_query_has(r->query, STR("partNumber"));
        return part ? (copy ? "UploadPartCopy" : "UploadPart")
                    : (copy ? "CopyObject" : "PutObject");
    }
    if (str_eq(r->method, STR("GET"))) {
        return upload ? "ListParts" : "GetObject";
    }
    if (str_eq(r->method, STR("HEAD"))) {
        return "HeadObject";
    }
    if (str_eq(r->method, STR("DELETE"))) {
        return upload ? "AbortMultipartUpload" : "DeleteObject";
    }
    return str_eq(r->method, STR("POST")) && upload ? "CompleteMultipartUpload" : NULL;
}

/* DIFFERS s3-website-2: bucket.s3-website-us-east-1.amazonaws.com, bucket.s3-website.localhost. */
static bool is_website(const struct http_request *r)
{
    struct str host = r->host.len > 0 ? r->host : http_header(&r->headers, "Host");
    return str_contains(host, STR(".s3-website")) || str_starts(host, STR("s3-website"));
}

const struct operation_model *s3_route(const struct http_request *r)
{
    enum depth depth = depth_of(r->path);
    if (is_website(r)) {
        return &browser_website;
    }
    if (str_eq(r->method, STR("OPTIONS"))) {
        return depth == DEPTH_SERVICE  ? NULL
               : depth == DEPTH_BUCKET ? &browser_preflight_bucket
                                       : &browser_preflight;
    }
    bool asks = r->query.len > 0; /* most requests have no query: there is nothing to look for */
    const struct operation_model *op = asks ? find_by_literals(r, depth) : NULL;
    const char *name = NULL;
    if (op != NULL) {
        return op;
    }
    if (depth == DEPTH_SERVICE) {
        name = str_eq(r->method, STR("GET")) ? "ListBuckets" : NULL;
    } else if (!asks || !names_subresource(r->query)) {
        if (depth == DEPTH_BUCKET && str_eq(r->method, STR("POST"))) {
            return &browser_post;
        }
        name = depth == DEPTH_BUCKET ? plain_bucket(r->method) : plain_object(r);
    }
    return name == NULL ? NULL : service_operation(&s3_model, name, str_of(name).len);
}

/* AWS s3-virtual-host-1: what stands before ".s3." or ".s3-" of the host name is the bucket, dots
 * and all. */
struct str s3_bucket_in_host(struct str host)
{
    struct str name = host, port;
    if (str_starts(host, STR("["))) {
        return STR_EMPTY; /* an IPv6 address */
    }
    (void)str_split(host, ':', &name, &port);
    size_t best = STR_NONE;
    for (size_t i = 0; i + 4 <= name.len; i++) {
        struct str here = str_slice(name, i, i + 4);
        if (str_eq_nocase(here, STR(".s3.")) || str_eq_nocase(here, STR(".s3-"))) {
            best = i;
        }
    }
    if (best != STR_NONE) {
        return str_slice(name, 0, best);
    }
    struct str suffix = STR(".localhost");
    bool local =
        name.len > suffix.len && str_eq_nocase(str_from(name, name.len - suffix.len), suffix);
    struct str bucket = local ? str_slice(name, 0, name.len - suffix.len) : STR_EMPTY;
    return str_eq_nocase(bucket, STR("s3")) ? STR_EMPTY : bucket;
}

/* A date that cannot be read is no condition (RFC 9110, 13.1.3 and 13.1.4). */
static void drop_bad_dates(struct http_headers *headers)
{
    static const struct str names[] = {STR_INIT("If-Modified-Since"),
                                       STR_INIT("If-Unmodified-Since")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t us;
        struct diag d = DIAG_INIT;
        if (http_has_header(headers, names[i].ptr) &&
            instant_parse_http(http_header(headers, names[i].ptr), &us, &d) != ERR_OK) {
            http_headers_remove(headers, names[i]);
        }
    }
}

void s3_rewrite(struct http_request *request, struct arena *a)
{
    drop_bad_dates(&request->headers);
    struct str host =
        request->host.len > 0 ? request->host : http_header(&request->headers, "Host");
    struct str bucket = s3_bucket_in_host(host);
    if (bucket.len > 0) {
        struct str path = request->path.len == 0 ? STR("/") : request->path;
        request->path = str_printf(a, "/%.*s%.*s", STR_ARG(bucket), STR_ARG(path));
    }
    /* "/bucket/" is the bucket itself */
    if (depth_of(request->path) == DEPTH_BUCKET && str_ends(request->path, STR("/"))) {
        request->path = str_slice(request->path, 0, request->path.len - 1);
    }
}
