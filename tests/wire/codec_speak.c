/* codec_speak.c -- The codec as a filter, so that codec_oracle.py can hold it against botocore: one
 * JSON object a line.
 *   {"service","op","write":TREE}                         -> {"status","headers":{},"body"}
 *   {"service","op","method","path","query","headers":{},"body"} -> {"input":TREE} or
 * {"error","message"} Bodies pass as text: the oracle sends valid UTF-8 only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "kinesis_model.h"
#include "s3_model.h"
#include "sns_model.h"
#include "sts_model.h"
#include "wire/codec.h"

static const struct service_model *service_of(struct str id)
{
    static const struct service_model *const services[] = {&kinesis_model, &s3_model, &sns_model,
                                                           &sts_model};
    for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
        if (str_eq(id, str_of(services[i]->id))) {
            return services[i];
        }
    }
    return NULL;
}

static void say_response(struct json_out *w, const struct http_response *response)
{
    json_out_ki64(w, "status", response->status);
    json_out_key(w, "headers");
    json_out_object(w);
    for (size_t i = 0; i < response->headers.count; i++) {
        json_out_key_str(w, response->headers.items[i].name);
        json_out_str(w, response->headers.items[i].value);
    }
    json_out_object_end(w);
    json_out_kstr(w, "body", response->body);
}

static void say_input(struct arena *a, const struct service_model *service,
                      const struct operation_model *op, const struct json *line, struct json_out *w)
{
    struct json *input;
    struct buf text;
    struct diag d = DIAG_INIT;
    struct http_request request;
    http_request_init(&request, a, str_z(a, json_str(json_get(line, STR("method")))), STR("host"),
                      json_str(json_get(line, STR("path"))));
    request.query = json_str(json_get(line, STR("query")));
    request.body = json_str(json_get(line, STR("body")));
    const struct json *header = json_get(line, STR("headers"))->first;
    for (; header != NULL; header = header->next) {
        http_headers_add(&request.headers, header->key, header->text);
    }
    if (codec_read_request(service, op, &request, a, &input, &d) != ERR_OK) {
        json_out_kstr(w, "error", str_of(d.name));
        json_out_kstr(w, "message", str_of(d.msg));
        return;
    }
    buf_init(&text, a, 16 * MIB);
    json_write(&text, input);
    json_out_key(w, "input");
    json_out_raw(w, buf_str(&text));
}

static void answer(struct arena *a, const struct json *line, struct buf *out)
{
    struct json_out w;
    struct str name = json_str(json_get(line, STR("op")));
    const struct service_model *service = service_of(json_str(json_get(line, STR("service"))));
    const struct operation_model *op =
        service == NULL ? NULL : service_operation(service, name.ptr, name.len);
    const struct json *tree = json_get(line, STR("write"));
    json_out_init(&w, out);
    json_out_object(&w);
    if (op == NULL) {
        json_out_kstr(&w, "error", STR("no such operation"));
    } else if (tree != NULL) {
        struct http_response response;
        codec_write_response(service, op, tree, STR("request-1"), a, &response);
        say_response(&w, &response);
    } else {
        say_input(a, service, op, line, &w);
    }
    json_out_object_end(&w);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    struct arena *a = arena_new("speak", 256 * MIB);
    for (ssize_t len; (len = getline(&line, &cap, stdin)) > 0; arena_reset(a)) {
        struct json *tree;
        struct buf out;
        struct diag d = DIAG_INIT;
        buf_init(&out, a, 16 * MIB);
        if (json_parse(a, str_n(line, (size_t)len), &tree, &d) != ERR_OK) {
            fprintf(stderr, "%s\n", d.msg);
            return 1;
        }
        answer(a, tree, &out);
        printf("%.*s\n", STR_ARG(buf_str(&out)));
        (void)fflush(stdout);
    }
    free(line);
    arena_free(a);
    return 0;
}
