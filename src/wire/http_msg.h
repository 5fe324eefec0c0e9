/* http_msg.h -- An HTTP request and response as values: what the pipeline sends and the emulator
 * answers. Everything is borrowed from the arena in which the message was made. No sockets here. */
#ifndef AFORO_WIRE_HTTP_MSG_H
#define AFORO_WIRE_HTTP_MSG_H

#include "base/buf.h"
#include "base/str.h"

struct http_header {
    struct str name, value; /* names keep their spelling; compared without case */
};
struct http_headers {
    struct arena *arena;
    struct http_header *items;
    size_t count, cap;
};
struct http_request {
    struct str method; /* "GET", upper case */
    struct str scheme; /* "http" or "https"; empty where nobody asks */
    struct str host;   /* host[:port]; also in the Host header once sent */
    struct str path;   /* as on the wire, percent-encoded, begins with '/' */
    struct str query;  /* as on the wire, without '?' */
    struct http_headers headers;
    struct str body;
};
struct http_response {
    int status; /* 200, 404 ...; 0: none came */
    struct http_headers headers;
    struct str body; /* after transfer decoding */
};

void http_headers_init(struct http_headers *h, struct arena *a);
/* Adds (keeps an earlier one of the same name). Borrows name and value. */
void http_headers_add(struct http_headers *h, struct str name, struct str value);
/* replaces all of that name */
void http_headers_set(struct http_headers *h, struct str name, struct str value);
void http_headers_remove(struct http_headers *h, struct str name);
/* The first of that name, trimmed; empty when absent. */
struct str http_header(const struct http_headers *h, const char *name);
bool http_has_header(const struct http_headers *h, const char *name);

void http_request_init(struct http_request *r, struct arena *a, const char *method, struct str host,
                       struct str path);
void http_response_init(struct http_response *r, struct arena *a, int status);

/* The decoded value of a query parameter; "?acl" has the empty value. false when absent. */
bool http_query_get(struct str query, struct str name, struct arena *a, struct str *ret_value);
bool http_query_has(struct str query, struct str name);
/* Walks the raw query: for (struct str rest = q, name, value; http_query_next(&rest, a, &name,
 * &value);) decoded. */
bool http_query_next(struct str *rest, struct arena *a, struct str *ret_name,
                     struct str *ret_value);
/* Appends name=value, percent-encoded, with '&' where needed. */
void http_query_add(struct buf *query, struct str name, struct str value);

/* A URL's parts: scheme://host[:port][/path][?query]. ERR_INVALID names the text. */
MUST_USE enum err http_url_parse(struct str url, struct str *ret_scheme, struct str *ret_host,
                                 struct str *ret_path, struct str *ret_query, struct diag *d);
const char *http_reason(int status); /* "Not Found"; "" when unknown */

#endif
