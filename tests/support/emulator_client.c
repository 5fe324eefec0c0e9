/* emulator_client.c -- Building, signing and reading the messages. */
#include "emulator_client.h"
#include <string.h>
#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"
#include "wire/sigv4.h"
#include "wire/xml.h"

#define HOST "127.0.0.1:4566"

struct emulator_client client_new_with(const struct emulator_options *options)
{
    struct emulator_client c = {.arena = arena_new("test client", 4 * GIB),
                                .now_us = instant_of(2026, 3, 28, 0, 0, 0),
                                .region = STR("us-east-1"),
                                .key = STR("test")};
    struct emulator_options filled = *options;
    filled.start_us = c.now_us;
    c.emulator = emulator_new(c.arena, &filled);
    return c;
}

struct emulator_client client_new(void)
{
    struct emulator_options options = {.seed = 1};
    return client_new_with(&options);
}

void client_free(struct emulator_client *c)
{
    arena_free(c->arena);
}

static void split_target(struct emulator_client *c, struct http_request *r, const char *target)
{
    struct str whole = str_copy(c->arena, str_of(target));
    size_t mark = str_find(whole, '?');
    r->path = mark == STR_NONE ? whole : str_slice(whole, 0, mark);
    r->query = mark == STR_NONE ? STR_EMPTY : str_from(whole, mark + 1);
}

static int dispatch(struct emulator_client *c, const struct http_request *r)
{
    struct http_response *response = NEW(c->arena, struct http_response);
    c->out = emulator_dispatch(c->emulator, r, STR_EMPTY, c->now_us, c->arena);
    *response = c->out.response;
    c->response = response;
    c->root = NULL;
    return response->status;
}

static void sign(struct emulator_client *c, struct http_request *r, const char *service)
{
    bool s3 = strcmp(service, "s3") == 0;
    struct sigv4_options options = {
        .credentials = {.access_key = c->key, .secret_key = STR("test")},
        .region = c->region,
        .service = str_of(service),
        .now_us = c->now_us,
        .double_encode_path = !s3,
        .normalize_path = !s3,
        .sign_body_header = s3};
    sigv4_sign(r, &options, c->arena);
}

int client_s3(struct emulator_client *c, const char *method, const char *target,
              const char *headers, struct str body)
{
    struct http_request r;
    http_request_init(&r, c->arena, method, STR(HOST), STR("/"));
    split_target(c, &r, target);
    r.body = body;
    sign(c, &r, "s3");
    for (struct str rest = str_copy(c->arena, str_of(headers)), line, name, value;
         str_cut(&rest, '\n', &line);) {
        if (str_split(line, ':', &name, &value) && str_eq_nocase(name, STR("Host"))) {
            r.host = str_trim(value);
        }
        http_headers_set(&r.headers, name, str_trim(value));
    }
    return dispatch(c, &r);
}

int client_sns(struct emulator_client *c, const char *form)
{
    struct http_request r;
    http_request_init(&r, c->arena, "POST", STR(HOST), STR("/"));
    http_headers_add(&r.headers, STR("Content-Type"),
                     STR("application/x-www-form-urlencoded; charset=utf-8"));
    r.body = str_join(c->arena, str_of(form), STR("&Version=2010-03-31"));
    sign(c, &r, "sns");
    return dispatch(c, &r);
}

int client_get(struct emulator_client *c, const char *target)
{
    struct http_request r;
    http_request_init(&r, c->arena, "GET", STR(HOST), STR("/"));
    split_target(c, &r, target);
    return dispatch(c, &r);
}

const char *client_header(struct emulator_client *c, const char *name)
{
    return str_z(c->arena, http_header(&c->response->headers, name));
}

static const struct xml *root_of(struct emulator_client *c)
{
    struct xml *root = NULL;
    struct diag d = DIAG_INIT;
    if (c->root == NULL && c->response->body.len > 0 &&
        xml_parse(c->arena, c->response->body, &root, &d) == ERR_OK) {
        c->root = root;
    }
    return c->root;
}

static const struct xml *descend(struct emulator_client *c, const struct xml *node,
                                 const char *path)
{
    for (struct str rest = str_of(path), name; node != NULL && str_cut(&rest, '.', &name);) {
        node = xml_child(node, str_z(c->arena, name));
    }
    return node;
}

const char *client_text(struct emulator_client *c, const char *path)
{
    const struct xml *node = descend(c, root_of(c), path);
    return node == NULL ? "" : str_z(c->arena, node->text);
}

/* The first element of a list: "Contents", or "ListTopicsResult.Topics.member" by its path. */
static const struct xml *first_of(struct emulator_client *c, const char *element,
                                  const char **ret_name)
{
    const char *dot = strrchr(element, '.');
    *ret_name = dot == NULL ? element : dot + 1;
    return descend(c, root_of(c), element);
}

size_t client_count(struct emulator_client *c, const char *element)
{
    const char *name;
    size_t count = 0;
    for (const struct xml *at = first_of(c, element, &name); at != NULL; at = xml_next(at, name)) {
        count++;
    }
    return count;
}

const char *client_nth(struct emulator_client *c, const char *element, size_t n, const char *child)
{
    const char *name;
    const struct xml *at = first_of(c, element, &name);
    for (size_t i = 0; i < n && at != NULL; i++) {
        at = xml_next(at, name);
    }
    const struct xml *node = at == NULL || child == NULL ? at : descend(c, at, child);
    return node == NULL ? "" : str_z(c->arena, node->text);
}

const char *client_body(struct emulator_client *c)
{
    return str_z(c->arena, c->response->body);
}

struct str client_pattern(struct emulator_client *c, size_t bytes, uint64_t seed)
{
    char *ptr = arena_alloc_raw(c->arena, bytes + 8);
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = rng_u64(seed, 1, at, 0);
        memcpy(ptr + at, &word, 8);
    }
    return str_n(ptr, bytes);
}
