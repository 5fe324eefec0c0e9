/* A signature is made in three steps: the request written canonically, a string to sign over its
 * hash, and an HMAC with a key derived from secret, date, region and service: five HMACs a
 * signature and no cache, so that signing stays a pure function. Signing and verifying share every
 * step; they differ in where the facts come from.
 *
 *  1. The date and the token are part of the message before it is written canonically.
 *  2. Repeated headers are joined by ',' in the order in which they stand.
 *  3. The query is decoded and encoded again, so that a client's own spelling of it does not
 * matter. */
#include "wire/sigv4.h"

#include <stdlib.h>
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include <string.h>
#include "sigv4_steps.h"

struct pair {
    struct str name, value;
};
struct pairs {
    struct pair *items;
    size_t count;
};

/* ---- canonical request ---- */

/* Drops "." and empty segments, resolves "..", keeps a trailing '/'. */
static struct str normalize_path(struct str path, struct arena *a)
{
    struct buf out;
    buf_init(&out, a, path.len + 2);
    bool slash = true;
    for (struct str rest = str_from(path, 1), segment; str_cut(&rest, '/', &segment);) {
        slash = segment.len == 0 || str_eq(segment, STR("."));
        if (str_eq(segment, STR(".."))) {
            size_t parent = str_find_last(buf_str(&out), '/');
            buf_truncate(&out, parent == STR_NONE ? 0 : parent);
            slash = true;
        } else if (!slash) {
            buf_add_char(&out, '/');
            buf_add(&out, segment);
        }
    }
    if (slash || out.len == 0) {
        buf_add_char(&out, '/');
    }
    return buf_str(&out);
}

static void add_path(struct buf *out, const struct sigv4_signing *s, struct arena *a)
{
    struct str path = s->request->path.len == 0 ? STR("/") : s->request->path;
    if (s->normalize_path) {
        path = normalize_path(path, a);
    }
    if (!s->encode_path) { /* AWS s3-sigv4-path-1: the key is encoded once, so '%2F' and '/' are one
                              here */
        struct buf plain;
        buf_init(&plain, a, path.len + 1);
        decode_percent(&plain, path, false);
        path = buf_str(&plain);
    }
    encode_percent(out, path, true);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *l = left;
    const struct pair *r = right;
    int by_name = str_cmp(l->name, r->name);
    return by_name != 0 ? by_name : str_cmp(l->value, r->value);
}

static struct str recoded(struct str raw, struct arena *a)
{
    struct buf plain, out;
    buf_init(&plain, a, raw.len + 1);
    decode_percent(&plain, raw, false);
    buf_init(&out, a, 3 * raw.len + 1);
    encode_percent(&out, buf_str(&plain), false);
    return buf_str(&out);
}

static size_t count_char(struct str s, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += s.ptr[i] == c ? 1 : 0;
    }
    return count;
}

static struct pairs query_pairs(struct str query, struct arena *a)
{
    struct pairs pairs = {.items = NEW_ARRAY(a, struct pair, count_char(query, '&') + 1)};
    for (struct str rest = query, item; str_cut(&rest, '&', &item);) {
        if (item.len == 0) {
            continue;
        }
        struct str name, value;
        (void)str_split(item, '=', &name, &value);
        pairs.items[pairs.count++] =
            (struct pair){.name = recoded(name, a), .value = recoded(value, a)};
    }
    qsort(pairs.items, pairs.count, sizeof(struct pair), compare_pairs);
    return pairs;
}

static void add_query(struct buf *out, const struct sigv4_signing *s, struct arena *a)
{
    struct pairs pairs = query_pairs(s->request->query, a);
    bool first = true;
    for (size_t i = 0; i < pairs.count; i++) {
        if (s->in_query && str_eq(pairs.items[i].name, STR("X-Amz-Signature"))) {
            continue;
        }
        if (!first) {
            buf_add_char(out, '&');
        }
        first = false;
        buf_add(out, pairs.items[i].name);
        buf_add_char(out, '=');
        buf_add(out, pairs.items[i].value);
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Trims, and makes one space of every run of white space (folded lines too). */
static void add_header_value(struct buf *out, struct str value)
{
    struct str trimmed = str_trim(value);
    bool blank = false;
    for (size_t i = 0; i < trimmed.len; i++) {
        bool now = is_blank(trimmed.ptr[i]);
        if (!now || !blank) {
            buf_add_char(out, now ? ' ' : trimmed.ptr[i]);
        }
        blank = now;
    }
}

/* "name:value[,value]" of one signed header; Host falls back on the request's own host. */
static void add_header_line(struct buf *out, const struct http_request *request, struct str name)
{
    buf_add(out, name);
    buf_add_char(out, ':');
    bool found = false;
    for (size_t i = 0; i < request->headers.count; i++) {
        if (str_eq_nocase(request->headers.items[i].name, name)) {
            if (found) {
                buf_add_char(out, ',');
            }
            add_header_value(out, request->headers.items[i].value);
            found = true;
        }
    }
    if (!found && str_eq(name, STR("host"))) {
        add_header_value(out, request->host);
    }
    buf_add_char(out, '\n');
}

static size_t headers_bytes(const struct http_request *request)
{
    size_t bytes = request->host.len + 64;
    for (size_t i = 0; i < request->headers.count; i++) {
        bytes += request->headers.items[i].name.len + request->headers.items[i].value.len + 4;
    }
    return bytes;
}

static struct str canonical_request(const struct sigv4_signing *s, struct arena *a)
{
    const struct http_request *r = s->request;
    struct buf out;
    size_t bytes = r->method.len + 3 * (r->path.len + r->query.len) + headers_bytes(r);
    buf_init(&out, a, bytes + 3 * s->signed_headers.len + s->payload_hash.len + 64);
    buf_add(&out, r->method);
    buf_add_char(&out, '\n');
    add_path(&out, s, a);
    buf_add_char(&out, '\n');
    add_query(&out, s, a);
    buf_add_char(&out, '\n');
    for (struct str rest = s->signed_headers, name; str_cut(&rest, ';', &name);) {
        add_header_line(&out, r, name);
    }
    buf_add_char(&out, '\n');
    buf_add(&out, s->signed_headers);
    buf_add_char(&out, '\n');
    buf_add(&out, s->payload_hash);
    return buf_str(&out);
}

/* ---- string to sign, signature ---- */

/* Not by printf: four texts are joined for every request, and formatting them took a quarter of the
 * whole. */
static struct str joined(struct arena *a, char separator, const struct str parts[], size_t count)
{
    struct buf out;
    size_t bytes = count;
    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    buf_init(&out, a, bytes);
    (void)buf_reserve(&out, bytes);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_char(&out, separator);
        }
        buf_add(&out, parts[i]);
    }
    return buf_str(&out);
}

static struct str scope_of(const struct sigv4_signing *s, struct arena *a)
{
    const struct str parts[] = {s->date, s->region, s->service, STR("aws4_request")};
    return joined(a, '/', parts, 4);
}

static struct str string_to_sign(const struct sigv4_signing *s, struct str canonical,
                                 struct arena *a)
{
    const struct str parts[] = {STR(SIGV4_ALGORITHM), s->amz_date, scope_of(s, a),
                                hash_sha256_hex(a, canonical)};
    return joined(a, '\n', parts, 4);
}

void sigv4_key(struct str secret, struct str date, struct str region, struct str service,
               struct arena *a, uint8_t ret_key[32])
{
    const struct str steps[] = {date, region, service, STR("aws4_request")};
    uint8_t digest[32];
    struct str key = str_join(a, STR("AWS4"), secret);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        hash_hmac_sha256(key, steps[i], digest);
        memcpy(ret_key, digest, sizeof(digest));
        key = str_n((const char *)ret_key, sizeof(digest));
    }
}

static struct str signature_of(const struct sigv4_signing *s, struct str text, struct arena *a)
{
    uint8_t key[32];
    uint8_t mac[32];
    sigv4_key(s->secret, s->date, s->region, s->service, a, key);
    hash_hmac_sha256(str_n((const char *)key, sizeof(key)), text, mac);
    struct buf hex;
    buf_init(&hex, a, 65);
    encode_hex(&hex, str_n((const char *)mac, sizeof(mac)));
    return buf_str(&hex);
}

struct sigv4_stages sigv4_run(const struct sigv4_signing *s, struct arena *a)
{
    struct sigv4_stages stages = {.canonical_request = canonical_request(s, a)};
    stages.string_to_sign = string_to_sign(s, stages.canonical_request, a);
    stages.signature = signature_of(s, stages.string_to_sign, a);
    return stages;
}

/* ---- signing ---- */

/* Headers that proxies and HTTP libraries change, or that are ours alone. */
static bool is_signed_header(struct str lower_name, bool omit_token)
{
    static const struct str never[] = {STR_INIT("authorization"),  STR_INIT("connection"),
                                       STR_INIT("expect"),         STR_INIT("transfer-encoding"),
                                       STR_INIT("user-agent"),     STR_INIT("upgrade"),
                                       STR_INIT("x-amzn-trace-id")};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (str_eq(lower_name, never[i])) {
            return false;
        }
    }
    if (omit_token && str_eq(lower_name, STR("x-amz-security-token"))) {
        return false;
    }
    return !str_starts(lower_name, STR("amz-sdk-"));
}

/* "a;b;c" of all that will be signed, sorted, each once. */
static struct str signed_headers_of(const struct http_request *request, bool omit_token,
                                    struct arena *a)
{
    size_t count = 0;
    struct pair *names = NEW_ARRAY(a, struct pair, request->headers.count + 1);
    for (size_t i = 0; i < request->headers.count; i++) {
        struct str lower = str_lower(a, str_trim(request->headers.items[i].name));
        if (is_signed_header(lower, omit_token)) {
            names[count++].name = lower;
        }
    }
    if (!http_has_header(&request->headers, "Host")) {
        names[count++].name = STR("host");
    }
    qsort(names, count, sizeof(struct pair), compare_pairs);
    struct buf out;
    buf_init(&out, a, headers_bytes(request));
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_eq(names[i].name, names[i - 1].name)) {
            continue;
        }
        if (i > 0) {
            buf_add_char(&out, ';');
        }
        buf_add(&out, names[i].name);
    }
    return buf_str(&out);
}

static struct str payload_hash_of(const struct http_request *request, const struct sigv4_options *o,
                                  struct arena *a)
{
    if (o->payload_hash.len > 0) {
        return o->payload_hash;
    }
    struct str given = http_header(&request->headers, "X-Amz-Content-Sha256");
    return given.len > 0 ? given : hash_sha256_hex(a, request->body);
}

static struct sigv4_signing signing_of(const struct http_request *request,
                                       const struct sigv4_options *o, struct arena *a)
{
    struct buf stamp;
    buf_init(&stamp, a, 32);
    instant_amz(&stamp, o->now_us);
    struct sigv4_signing s = {.request = request,
                              .secret = o->credentials.secret_key,
                              .amz_date = buf_str(&stamp),
                              .region = o->region,
                              .service = o->service,
                              .payload_hash = payload_hash_of(request, o, a),
                              .encode_path = o->double_encode_path,
                              .normalize_path = o->normalize_path};
    s.date = str_slice(s.amz_date, 0, 8);
    return s;
}

/* Everything but the signature goes into the headers. */
static struct sigv4_signing prepare_headers(struct http_request *request,
                                            const struct sigv4_options *o, struct arena *a)
{
    struct sigv4_signing s = signing_of(request, o, a);
    http_headers_remove(&request->headers, STR("Authorization"));
    if (o->credentials.session_token.len > 0) {
        http_headers_set(&request->headers, STR("X-Amz-Security-Token"),
                         o->credentials.session_token);
    }
    http_headers_set(&request->headers, STR("X-Amz-Date"), s.amz_date);
    if (o->sign_body_header) {
        http_headers_set(&request->headers, STR("X-Amz-Content-Sha256"), s.payload_hash);
    }
    s.signed_headers = signed_headers_of(request, o->omit_session_token, a);
    return s;
}

static struct str credential_of(const struct sigv4_signing *s, struct str access_key,
                                struct arena *a)
{
    const struct str parts[] = {access_key, scope_of(s, a)};
    return joined(a, '/', parts, 2);
}

static void add_token(struct buf *query, const struct sigv4_options *o)
{
    if (o->credentials.session_token.len > 0) {
        http_query_add(query, STR("X-Amz-Security-Token"), o->credentials.session_token);
    }
}

static struct buf query_copy(const struct http_request *request, struct arena *a)
{
    struct buf query;
    buf_init(&query, a, 4 * HTTP_HEADER_BYTES_MAX + request->query.len);
    buf_add(&query, request->query);
    return query;
}

/* Everything but the signature goes into the query; the token comes later when it is not to be
 * signed. */
static struct sigv4_signing prepare_query(struct http_request *request,
                                          const struct sigv4_options *o, struct arena *a)
{
    struct sigv4_signing s = signing_of(request, o, a);
    s.in_query = true;
    s.signed_headers = signed_headers_of(request, o->omit_session_token, a);
    struct buf query = query_copy(request, a);
    http_query_add(&query, STR("X-Amz-Algorithm"), STR(SIGV4_ALGORITHM));
    http_query_add(&query, STR("X-Amz-Credential"),
                   credential_of(&s, o->credentials.access_key, a));
    http_query_add(&query, STR("X-Amz-Date"), s.amz_date);
    http_query_add(&query, STR("X-Amz-SignedHeaders"), s.signed_headers);
    http_query_add(&query, STR("X-Amz-Expires"), str_printf(a, "%lld", (long long)o->expires_s));
    if (!o->omit_session_token) {
        add_token(&query, o);
    }
    request->query = buf_str(&query);
    return s;
}

void sigv4_sign(struct http_request *request, const struct sigv4_options *options, struct arena *a)
{
    struct sigv4_signing s = prepare_headers(request, options, a);
    struct sigv4_stages stages = sigv4_run(&s, a);
    struct str credential = credential_of(&s, options->credentials.access_key, a);
    struct buf out;
    buf_init(&out, a, credential.len + s.signed_headers.len + 256);
    buf_add_z(&out, SIGV4_ALGORITHM " Credential=");
    buf_add(&out, credential);
    buf_add_z(&out, ", SignedHeaders=");
    buf_add(&out, s.signed_headers);
    buf_add_z(&out, ", Signature=");
    buf_add(&out, stages.signature);
    http_headers_add(&request->headers, STR("Authorization"), buf_str(&out));
}

void sigv4_presign(struct http_request *request, const struct sigv4_options *options,
                   struct arena *a)
{
    struct sigv4_signing s = prepare_query(request, options, a);
    struct sigv4_stages stages = sigv4_run(&s, a);
    struct buf query = query_copy(request, a);
    if (options->omit_session_token) {
        add_token(&query, options);
    }
    http_query_add(&query, STR("X-Amz-Signature"), stages.signature);
    request->query = buf_str(&query);
}

struct sigv4_stages sigv4_stages_of(const struct http_request *request,
                                    const struct sigv4_options *options, bool in_query,
                                    struct arena *a)
{
    struct http_request copy = *request;
    http_headers_init(&copy.headers, a);
    for (size_t i = 0; i < request->headers.count; i++) {
        http_headers_add(&copy.headers, request->headers.items[i].name,
                         request->headers.items[i].value);
    }
    struct sigv4_signing s =
        in_query ? prepare_query(&copy, options, a) : prepare_headers(&copy, options, a);
    return sigv4_run(&s, a);
}
