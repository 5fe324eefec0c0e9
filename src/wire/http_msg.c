#include "wire/http_msg.h"

#include "base/encode.h"

void http_headers_init(struct http_headers *h, struct arena *a)
{
    *h = (struct http_headers){.arena = a};
}

void http_headers_add(struct http_headers *h, struct str name, struct str value)
{
    if (h->count == h->cap) {
        size_t cap = h->cap == 0 ? 12 : h->cap * 2;
        struct http_header *items = NEW_ARRAY(h->arena, struct http_header, cap);
        for (size_t i = 0; i < h->count; i++) {
            items[i] = h->items[i];
        }
        h->items = items;
        h->cap = cap;
    }
    h->items[h->count++] = (struct http_header){.name = name, .value = value};
}

void http_headers_remove(struct http_headers *h, struct str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (!str_eq_nocase(h->items[i].name, name)) {
            h->items[kept++] = h->items[i];
        }
    }
    h->count = kept;
}

void http_headers_set(struct http_headers *h, struct str name, struct str value)
{
    http_headers_remove(h, name);
    http_headers_add(h, name, value);
}

static const struct http_header *find_header(const struct http_headers *h, struct str name)
{
    for (size_t i = 0; i < h->count; i++) {
        if (str_eq_nocase(h->items[i].name, name)) {
            return &h->items[i];
        }
    }
    return NULL;
}

struct str http_header(const struct http_headers *h, const char *name)
{
    const struct http_header *found = find_header(h, str_of(name));
    return found == NULL ? STR_EMPTY : str_trim(found->value);
}

bool http_has_header(const struct http_headers *h, const char *name)
{
    return find_header(h, str_of(name)) != NULL;
}

void http_request_init(struct http_request *r, struct arena *a, const char *method, struct str host,
                       struct str path)
{
    *r = (struct http_request){.method = str_of(method),
                               .scheme = STR_EMPTY,
                               .host = host,
                               .path = path,
                               .query = STR_EMPTY,
                               .body = STR_EMPTY};
    http_headers_init(&r->headers, a);
}

void http_response_init(struct http_response *r, struct arena *a, int status)
{
    *r = (struct http_response){.status = status, .body = STR_EMPTY};
    http_headers_init(&r->headers, a);
}

/* Most parameters have nothing to decode: those are borrowed. */
static struct str decode_parameter(struct arena *a, struct str raw)
{
    if (str_find(raw, '%') == STR_NONE && str_find(raw, '+') == STR_NONE) {
        return raw;
    }
    struct buf decoded;
    buf_init(&decoded, a, raw.len + 1);
    decode_percent(&decoded, raw, true);
    return buf_str(&decoded);
}

/* Takes the next non-empty "name[=value]" off the raw query. */
static bool cut_parameter(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    struct str item;
    while (str_cut(rest, '&', &item)) {
        if (item.len > 0) {
            (void)str_split(item, '=', ret_name, ret_value);
            return true;
        }
    }
    return false;
}

bool http_query_next(struct str *rest, struct arena *a, struct str *ret_name, struct str *ret_value)
{
    struct str name, value;
    if (!cut_parameter(rest, &name, &value)) {
        return false;
    }
    *ret_name = decode_parameter(a, name);
    *ret_value = decode_parameter(a, value);
    return true;
}

bool http_query_get(struct str query, struct str name, struct arena *a, struct str *ret_value)
{
    struct str found, value;
    for (struct str rest = query; cut_parameter(&rest, &found, &value);) {
        if (str_eq(decode_parameter(a, found), name)) {
            *ret_value = decode_parameter(a, value);
            return true;
        }
    }
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Takes one decoded byte off an encoded text; a bad escape stands for itself. */
static char cut_decoded(struct str *raw)
{
    char c = raw->ptr[0];
    if (c == '%' && raw->len >= 3 && hex_digit(raw->ptr[1]) >= 0 && hex_digit(raw->ptr[2]) >= 0) {
        c = (char)(hex_digit(raw->ptr[1]) * 16 + hex_digit(raw->ptr[2]));
        *raw = str_from(*raw, 3);
        return c;
    }
    *raw = str_from(*raw, 1);
    return c == '+' ? ' ' : c;
}

/* Compares an encoded name with a plain one; needs no arena. */
static bool parameter_is(struct str raw, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (raw.len == 0 || cut_decoded(&raw) != name.ptr[i]) {
            return false;
        }
    }
    return raw.len == 0;
}

bool http_query_has(struct str query, struct str name)
{
    struct str found, value;
    for (struct str rest = query; cut_parameter(&rest, &found, &value);) {
        if (parameter_is(found, name)) {
            return true;
        }
    }
    return false;
}

void http_query_add(struct buf *query, struct str name, struct str value)
{
    if (query->len > 0) {
        buf_add_char(query, '&');
    }
    encode_percent(query, name, false);
    buf_add_char(query, '=');
    encode_percent(query, value, false);
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

static bool is_scheme(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_token_char(s.ptr[i])) {
            return false;
        }
    }
    return s.len > 0;
}

/* No user, no white space or control characters; the port, if any, is 1 to 65535. */
static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= 0x20 || c == 0x7f || c == '@' || c == '\\') {
            return false;
        }
    }
    size_t colon = str_find_last(host, ':');
    if (colon == STR_NONE || str_ends(host, STR("]"))) {
        return host.len > 0;
    }
    struct diag ignored = DIAG_INIT;
    int64_t port = 0;
    return colon > 0 && str_i64(str_from(host, colon + 1), &port, &ignored) == ERR_OK &&
           port >= 1 && port <= 65535;
}

enum err http_url_parse(struct str url, struct str *ret_scheme, struct str *ret_host,
                        struct str *ret_path, struct str *ret_query, struct diag *d)
{
    size_t mark = str_find_str(url, STR("://"));
    struct str scheme = str_slice(url, 0, mark == STR_NONE ? 0 : mark);
    if (!is_scheme(scheme)) {
        return fail(d, ERR_INVALID, "not a URL with a scheme such as http://: '%.*s'",
                    STR_ARG(url));
    }
    if (str_find(url, '#') != STR_NONE) {
        return fail(d, ERR_INVALID, "URL with a fragment: '%.*s'", STR_ARG(url));
    }
    struct str rest = str_from(url, mark + 3);
    struct str location, query;
    (void)str_split(rest, '?', &location, &query);
    size_t slash = str_find(location, '/');
    struct str host = slash == STR_NONE ? location : str_slice(location, 0, slash);
    if (!is_host(host)) {
        return fail(d, ERR_INVALID, "URL without a valid host[:port]: '%.*s'", STR_ARG(url));
    }
    *ret_scheme = scheme;
    *ret_host = host;
    *ret_path = slash == STR_NONE ? STR("/") : str_from(location, slash);
    *ret_query = query;
    return ERR_OK;
}

struct reason {
    int status;
    const char *text;
};
/* RFC 9110, section 15: those that AWS services and HTTP servers answer with. */
static const struct reason REASONS[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++) {
        if (REASONS[i].status == status) {
            return REASONS[i].text;
        }
    }
    return "";
}
