/* codec_vectors.c -- One case at a time in a fresh arena; a failure names the case. */
#include "codec_vectors.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "vector_model.h"
#include "wire/codec.h"
#include "wire/xml.h"

struct vector {
    struct arena *arena;
    const char *id;
    const struct json *test; /* the case */
    struct vector_model *model;
};
typedef void vector_fn(struct vector *v);

/* ---- comparing by meaning ---- */

static bool same_instant(struct str left, struct str right)
{
    int64_t l, r;
    struct diag d = DIAG_INIT;
    return instant_parse(left, &l, &d) == ERR_OK && instant_parse(right, &r, &d) == ERR_OK &&
           l == r;
}

static bool same_text(struct str left, struct str right)
{
    return str_eq(left, right) || same_instant(left, right);
}

/* 123456789.5 and 1.234567895E8 are one number. */
static bool same_number(struct str left, struct str right)
{
    char l[64], r[64];
    (void)snprintf(l, sizeof(l), "%.*s", STR_ARG(left));
    (void)snprintf(r, sizeof(r), "%.*s", STR_ARG(right));
    return str_eq(left, right) || strtold(l, NULL) == strtold(r, NULL);
}

static bool same_json(const struct json *got, const struct json *want);

/* Every member that is wanted is there, and no other; null counts as missing, "__type" says
 * nothing. */
static bool same_object(const struct json *got, const struct json *want)
{
    size_t count = 0;
    for (const struct json *child = want->first; child != NULL; child = child->next) {
        if (child->kind == JSON_IS_NULL || str_eq(child->key, STR("__type"))) {
            continue;
        }
        count++;
        const struct json *other = json_get(got, child->key);
        if (other == NULL || !same_json(other, child)) {
            return false;
        }
    }
    return count == got->count;
}

static bool same_json(const struct json *got, const struct json *want)
{
    if (got->kind != want->kind) {
        return false;
    }
    if (got->kind == JSON_IS_OBJECT) {
        return same_object(got, want);
    }
    if (got->kind == JSON_IS_ARRAY) {
        const struct json *l = got->first, *r = want->first;
        while (l != NULL && r != NULL && same_json(l, r)) {
            l = l->next;
            r = r->next;
        }
        return l == NULL && r == NULL;
    }
    return got->kind == JSON_IS_STRING ? same_text(got->text, want->text)
                                       : same_number(got->text, want->text);
}

/* The child of that name with `index` others of it before; NULL when there are fewer. */
static const struct xml *nth(const struct xml *parent, struct str name, size_t index)
{
    const struct xml *child = parent->first;
    while (child != NULL && (!str_eq(child->name, name) || index-- > 0)) {
        child = child->next;
    }
    return child;
}

static size_t index_of(const struct xml *parent, const struct xml *wanted)
{
    size_t index = 0;
    for (const struct xml *child = parent->first; child != wanted; child = child->next) {
        index += str_eq(child->name, wanted->name);
    }
    return index;
}

static bool has_attribute(const struct xml *element, const struct xml_attribute *wanted)
{
    for (const struct xml_attribute *at = element->attributes; at != NULL; at = at->next) {
        if (str_eq(at->name, wanted->name)) {
            return str_eq(at->value, wanted->value);
        }
    }
    return false;
}

static bool same_xml_text(const struct xml *got, const struct xml *want)
{
    bool layout = str_trim(want->text).len == 0 && str_find(want->text, '\n') != STR_NONE;
    return want->first != NULL || (layout && got->text.len == 0) ||
           same_text(got->text, want->text);
}

/* Children of one name keep their order; names among each other need not. */
static bool same_xml(const struct xml *got, const struct xml *want, bool attributes)
{
    const struct xml_attribute *at = attributes ? want->attributes : NULL;
    for (; at != NULL; at = at->next) {
        if (!has_attribute(got, at)) {
            return false;
        }
    }
    for (const struct xml *child = got->first; child != NULL; child = child->next) {
        bool ours = str_eq(child->name, STR("ResponseMetadata"));
        if (!ours && nth(want, child->name, index_of(got, child)) == NULL) {
            return false;
        }
    }
    for (const struct xml *child = want->first; child != NULL; child = child->next) {
        const struct xml *other = nth(got, child->name, index_of(want, child));
        if (other == NULL || !same_xml(other, child, attributes)) {
            return false;
        }
    }
    return same_xml_text(got, want);
}

/* ---- files ---- */

static struct str file_text(struct arena *a, const char *path)
{
    struct buf text;
    buf_init(&text, a, 8 * MIB);
    FILE *f = fopen(path, "rb");
    cr_assert(f != NULL, "%s cannot be read", path);
    for (size_t n = 1; n > 0;) {
        char *room = buf_reserve(&text, 64 * KIB);
        n = fread(room, 1, 64 * KIB, f);
        buf_commit(&text, n);
    }
    fclose(f);
    return buf_str(&text);
}

static const struct json *suites_of(struct arena *a, const char *folder, const char *file)
{
    const char *data = getenv("AFORO_DATA");
    if (data == NULL) {
        cr_skip_test("AFORO_DATA is not set: the published vectors were not run");
    }
    struct json *tree;
    struct diag d = DIAG_INIT;
    const char *path =
        str_z(a, str_printf(a, "%s/vectors/protocols/%s/%s.json", data, folder, file));
    cr_assert_eq(json_parse(a, file_text(a, path), &tree, &d), ERR_OK, "%s: %s", path, d.msg);
    return tree;
}

static bool is_skipped(const struct vector_skip *skips, struct str id)
{
    for (; skips->id != NULL; skips++) {
        if (str_eq(str_of(skips->id), id)) {
            cr_assert(skips->reason[0] != '\0');
            return true;
        }
    }
    return false;
}

static void run_case(const struct json *suite, const struct json *test, vector_fn *fn)
{
    struct arena *a = arena_new("vector", 64 * MIB);
    struct vector v = {.arena = a, .test = test};
    v.id = str_z(a, json_str(json_get(test, STR("id"))));
    v.model = vector_model_new(a, suite, json_get(test, STR("given")));
    fn(&v);
    arena_free(a);
}

static void run_vectors(const char *folder, const char *file, const struct vector_skip *skips,
                        vector_fn *fn)
{
    struct arena *a = arena_new("vectors", 64 * MIB);
    size_t total = 0, passed = 0, named = 0;
    const struct json *suites = suites_of(a, folder, file);
    for (const struct json *suite = suites->first; suite != NULL; suite = suite->next) {
        const struct json *cases = json_get(suite, STR("cases"));
        for (const struct json *test = cases->first; test != NULL; test = test->next) {
            total++;
            if (!is_skipped(skips, json_str(json_get(test, STR("id"))))) {
                run_case(suite, test, fn);
                passed++;
            }
        }
    }
    while (skips[named].id != NULL) {
        named++;
    }
    cr_assert_gt(total, 0);
    cr_assert_eq(passed, total - named, "%s/%s: a skipped id is not in the file, or twice", folder,
                 file);
    arena_free(a);
}

/* ---- input: message -> value ---- */

/* A message's body: CBOR stands in the vectors in base64. */
static struct str body_of(const struct vector *v, const struct json *message)
{
    struct str text = json_str(json_get(message, STR("body")));
    struct diag d = DIAG_INIT;
    struct buf bytes;
    if (v->model->service.form == FORM_MODEL) {
        return text;
    }
    buf_init(&bytes, v->arena, MIB);
    cr_assert_eq(decode_base64(&bytes, text, &d), ERR_OK, "%s: %s", v->id, d.msg);
    return buf_str(&bytes);
}

static void make_request(struct vector *v, struct http_request *r)
{
    const struct json *message = json_get(v->test, STR("serialized"));
    struct str path, query;
    (void)str_split(json_str(json_get(message, STR("uri"))), '?', &path, &query);
    http_request_init(r, v->arena, str_z(v->arena, json_str(json_get(message, STR("method")))),
                      STR("example.com"), path);
    r->query = query;
    r->body = body_of(v, message);
    const struct json *headers = json_get(message, STR("headers"));
    const struct json *header = headers == NULL ? NULL : headers->first;
    for (; header != NULL; header = header->next) {
        http_headers_add(&r->headers, header->key, header->text);
    }
}

static void check_input(struct vector *v)
{
    struct diag d = DIAG_INIT;
    struct http_request request;
    struct json *got;
    struct buf text;
    make_request(v, &request);
    enum err e =
        codec_read_request(&v->model->service, &v->model->operation, &request, v->arena, &got, &d);
    cr_assert_eq(e, ERR_OK, "%s: %s %s", v->id, d.name, d.msg);
    const struct json *want =
        vector_value(v->arena, v->model->operation.input, json_get(v->test, STR("params")));
    buf_init(&text, v->arena, MIB);
    json_write(&text, got);
    cr_assert(same_json(got, want), "%s: decoded to %.*s", v->id, STR_ARG(buf_str(&text)));
}

void run_input_vectors(const char *file, const struct vector_skip *skips)
{
    run_vectors("input", file, skips, check_input);
}

/* ---- output: value -> message ---- */

static const struct json *response_of(const struct vector *v)
{
    return json_get(v->test, STR("response"));
}

static void check_headers(const struct vector *v, const struct http_response *response)
{
    const struct json *headers = json_get(response_of(v), STR("headers"));
    bool empty = json_str(json_get(response_of(v), STR("body"))).len == 0;
    const struct json *header = headers == NULL ? NULL : headers->first;
    for (; header != NULL; header = header->next) {
        bool type = str_eq_nocase(header->key, STR("Content-Type"));
        bool no_codec = str_eq_nocase(header->key, STR("Content-Length")) ||
                        str_eq_nocase(header->key, STR("X-Amz-Target"));
        if (no_codec || (type && empty)) {
            continue;
        }
        struct str got = http_header(&response->headers, str_z(v->arena, header->key));
        cr_assert(str_eq(got, header->text), "%s: %.*s is '%.*s'", v->id, STR_ARG(header->key),
                  STR_ARG(got));
    }
}

static struct xml *parsed_xml(const struct vector *v, struct str text)
{
    struct xml *root;
    struct diag d = DIAG_INIT;
    cr_assert_eq(xml_parse(v->arena, text, &root, &d), ERR_OK, "%s: %s", v->id, d.msg);
    return root;
}

static struct json *parsed_json(const struct vector *v, struct str text)
{
    struct json *tree;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(v->arena, text, &tree, &d), ERR_OK, "%s: %s in %.*s", v->id, d.msg,
                 STR_ARG(text));
    return tree;
}

/* Both the vector's bytes and ours are read to the value: CBOR has many spellings. */
static bool same_cbor(const struct vector *v, struct str body)
{
    struct operation_model op = v->model->operation;
    struct http_request request = {.body = body};
    struct json *tree;
    struct diag d = DIAG_INIT;
    op.input = op.output;
    cr_assert_eq(codec_read_request(&v->model->service, &op, &request, v->arena, &tree, &d), ERR_OK,
                 "%s: %s", v->id, d.msg);
    return same_json(tree, vector_value(v->arena, op.output, json_get(v->test, STR("result"))));
}

static void check_body(const struct vector *v, struct str got)
{
    if (v->model->service.form != FORM_MODEL) {
        cr_assert(same_cbor(v, got), "%s: what was written reads back to another value", v->id);
        cr_assert(same_cbor(v, body_of(v, response_of(v))), "%s: read to another value", v->id);
        return;
    }
    struct str want = json_str(json_get(response_of(v), STR("body")));
    bool same = str_eq(got, want);
    if (v->model->service.protocol == PROTOCOL_JSON) {
        same = want.len == 0 ? got.len == 0 : same_json(parsed_json(v, got), parsed_json(v, want));
    } else if (str_starts(str_trim(want), STR("<"))) {
        bool rest = v->model->service.protocol == PROTOCOL_REST_XML;
        const struct xml *l = parsed_xml(v, got), *r = parsed_xml(v, want);
        same = str_eq(l->name, r->name) && same_xml(l, r, rest);
    } else if (v->model->service.protocol == PROTOCOL_QUERY) {
        same = want.len == 0; /* the vector leaves the body open */
    }
    cr_assert(same, "%s: wrote %.*s", v->id, STR_ARG(got));
}

static void check_answer(struct vector *v)
{
    struct http_response response;
    const struct json *value =
        vector_value(v->arena, v->model->operation.output, json_get(v->test, STR("result")));
    struct str request_id = json_str(json_at(response_of(v), "headers.X-Amzn-Requestid"));
    codec_write_response(&v->model->service, &v->model->operation, value, request_id, v->arena,
                         &response);
    int64_t status;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_i64(json_get(response_of(v), STR("status_code")), &status, &d), ERR_OK);
    cr_assert_eq(response.status, (int)status, "%s: status %d", v->id, response.status);
    check_headers(v, &response);
    check_body(v, response.body);
}

/* What a client reads out of the answer is the vector's code and message. */
static void check_read_error(const struct vector *v, const struct http_response *response)
{
    struct str code, message;
    struct str want = json_str(json_get(v->test, STR("errorMessage")));
    codec_read_error(response, v->arena, &code, &message);
    cr_assert(str_eq(code, json_str(json_get(v->test, STR("errorCode")))), "%s: read %.*s", v->id,
              STR_ARG(code));
    cr_assert(want.len == 0 || str_eq(message, want), "%s: read %.*s", v->id, STR_ARG(message));
}

static struct json *error_extra(const struct vector *v)
{
    struct json *extra = json_new(v->arena, JSON_IS_OBJECT);
    const struct json *error = json_get(v->test, STR("error"));
    for (const struct json *child = error->first; child != NULL; child = child->next) {
        if (!str_eq_nocase(child->key, STR("message"))) {
            struct json *copy = json_new(v->arena, child->kind);
            *copy = *child;
            copy->next = NULL;
            json_add(extra, child->key, copy);
        }
    }
    return extra;
}

/* The vector's answer is read right; ours is read right too and says all that the vector's says.
 * REST-XML is S3 here, whose envelope has no <ErrorResponse> around it, so there the bodies
 * themselves are not compared. */
static void check_error(struct vector *v)
{
    int64_t status;
    struct diag d = DIAG_INIT;
    struct http_response response;
    cr_assert_eq(json_i64(json_get(response_of(v), STR("status_code")), &status, &d), ERR_OK);
    http_response_init(&response, v->arena, (int)status);
    response.body = body_of(v, response_of(v));
    const struct json *headers = json_get(response_of(v), STR("headers"));
    for (const struct json *h = headers->first; h != NULL; h = h->next) {
        http_headers_add(&response.headers, h->key, h->text);
    }
    check_read_error(v, &response);
    struct codec_error error = {.code = json_str(json_get(v->test, STR("errorCode"))),
                                .message = json_str(json_get(v->test, STR("errorMessage"))),
                                .status = (int)status,
                                .sender = true,
                                .extra = error_extra(v)};
    struct service_model asked = v->model->service;
    asked.query_mode = asked.query_compatible;
    codec_write_error(&asked, NULL, &error, STR("foo-id"), v->arena, &response);
    cr_assert_eq(response.status, (int)status, "%s", v->id);
    check_read_error(v, &response);
    if (v->model->service.protocol == PROTOCOL_JSON && v->model->service.form == FORM_MODEL) {
        const struct json *tree = parsed_json(v, response.body);
        for (const struct json *want = error.extra->first; want != NULL; want = want->next) {
            const struct json *got = json_get(tree, want->key);
            cr_assert(got != NULL && same_json(got, want), "%s: %.*s", v->id,
                      STR_ARG(response.body));
        }
    } else if (v->model->service.protocol == PROTOCOL_QUERY) {
        check_body(v, response.body);
    }
}

static void check_output(struct vector *v)
{
    if (json_get(v->test, STR("errorCode")) != NULL) {
        check_error(v);
    } else {
        check_answer(v);
    }
}

void run_output_vectors(const char *file, const struct vector_skip *skips)
{
    run_vectors("output", file, skips, check_output);
}
