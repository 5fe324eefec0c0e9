/* control.c -- The paths under /_aforo/: health, reset, clock, faults, ledger. They are the
 * emulator's own, so they leave no ledger line and meet no fault. Bad input is 400 with what is
 * wrong, and changes nothing. */
#include "control_parts.h"

#include "base/limits.h"
#include "base/yaml.h"
#include "journaling.h"

#define LEDGER_LINES_PER_ANSWER 100000
#define ANSWER_BYTES_MAX (64 * MIB)

/* ---- answers ---- */

void control_begin(struct control *c, struct json_out *ret_out)
{
    buf_init(&c->body, c->arena, ANSWER_BYTES_MAX);
    json_out_init(ret_out, &c->body);
    json_out_object(ret_out);
}

void control_end(struct control *c, struct json_out *out)
{
    json_out_object_end(out);
    buf_add_char(&c->body, '\n');
    c->response.body = buf_str(&c->body);
    http_headers_set(&c->response.headers, STR("Content-Type"), STR("application/json"));
}

void control_refuse(struct control *c, int status, struct str message)
{
    http_response_init(&c->response, c->arena, status);
    struct json_out out;
    control_begin(c, &out);
    json_out_kstr(&out, "error", message);
    control_end(c, &out);
}

/* The body as a tree; an empty one is an empty object. JSON by its first byte, else YAML. */
bool control_body(struct control *c, const struct json **ret_tree)
{
    struct str text = str_trim(c->request->body);
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    if (text.len == 0) {
        *ret_tree = json_new(c->arena, JSON_IS_OBJECT);
        return true;
    }
    bool is_json = text.ptr[0] == '{' || text.ptr[0] == '[';
    enum err e = is_json ? json_parse(c->arena, c->request->body, &tree, &d)
                         : yaml_parse(c->arena, c->request->body, &tree, &d);
    if (e != ERR_OK) {
        control_refuse(c, 400, str_copy(c->arena, str_of(d.msg)));
        return false;
    }
    *ret_tree = tree;
    return true;
}

bool control_number(struct control *c, const char *name, uint64_t *ret_value)
{
    struct str text;
    *ret_value = 0;
    struct diag d = DIAG_INIT;
    if (!http_query_get(c->request->query, str_of(name), c->arena, &text) ||
        str_u64(text, ret_value, &d) == ERR_OK) {
        return true;
    }
    control_refuse(c, 400, str_printf(c->arena, "%s: %s", name, d.msg));
    return false;
}

/* ---- health, reset ---- */

static void health_get(struct control *c)
{
    struct json_out out;
    control_begin(c, &out);
    json_out_kstr(&out, "status", STR("ok"));
    json_out_kstr(&out, "version", STR(AFORO_VERSION));
    json_out_key(&out, "services");
    json_out_array(&out);
    for (size_t i = 0; i < c->core->service_count; i++) {
        json_out_str(&out, str_of(c->core->services[i]->model->id));
    }
    json_out_array_end(&out);
    control_end(c, &out);
}

static void reset_post(struct control *c)
{
    const struct json *tree;
    if (!control_body(c, &tree)) {
        return;
    }
    uint64_t seed = c->core->options.seed;
    for (const struct json *item = tree->first; item != NULL; item = item->next) {
        struct diag d = DIAG_INIT;
        if (!str_eq(item->key, STR("seed")) || str_u64(json_str(item), &seed, &d) != ERR_OK) {
            control_refuse(c, 400,
                           str_printf(c->arena,
                                      "%u:%u: reset takes {\"seed\": a whole number} or nothing",
                                      item->line, item->column));
            return;
        }
    }
    core_reset(c->core, seed, c->clock_us);
    record_session(c->core, c->clock_us, true);
    struct json_out out;
    control_begin(c, &out);
    json_out_kstr(&out, "status", STR("reset"));
    json_out_key(&out, "seed");
    json_out_u64(&out, seed);
    control_end(c, &out);
}

/* ---- ledger ---- */

static void ledger_line_write(struct control *c, const struct ledger_line *line)
{
    struct json_out out;
    struct buf at;
    buf_init(&at, c->arena, 64);
    instant_iso(&at, line->at_us);
    json_out_init(&out, &c->body);
    json_out_object(&out);
    json_out_ki64(&out, "number", (int64_t)line->number);
    json_out_kstr(&out, "at", buf_str(&at));
    json_out_kstr(&out, "actor", line->actor);
    json_out_kstr(&out, "service", line->service);
    json_out_kstr(&out, "operation", line->operation);
    json_out_kstr(&out, "resource", line->resource);
    json_out_ki64(&out, "status", line->status);
    json_out_kstr(&out, "fault", str_of(fault_phase_name(line->fault)));
    json_out_kbool(&out, "applied", line->applied);
    json_out_object_end(&out);
    buf_add_char(&c->body, '\n');
}

/* NDJSON; ?after=N: lines with a larger number. A long ledger is read page by page. */
static void ledger_get(struct control *c)
{
    uint64_t after;
    if (!control_number(c, "after", &after)) {
        return;
    }
    buf_init(&c->body, c->arena, ANSWER_BYTES_MAX);
    const struct ledger_line *line = core_ledger_next(c->core, after);
    for (size_t n = 0;
         line != NULL && n < LEDGER_LINES_PER_ANSWER && c->body.len < ANSWER_BYTES_MAX / 2; n++) {
        ledger_line_write(c, line);
        line = core_ledger_next(c->core, line->number);
    }
    c->response.body = buf_str(&c->body);
    http_headers_set(&c->response.headers, STR("Content-Type"), STR("application/x-ndjson"));
}

/* ---- the table of paths ---- */

static const struct control_path {
    const char *method, *name;
    void (*handle)(struct control *c);
} control_paths[] = {
    {"GET", "health", health_get},
    {"POST", "reset", reset_post},
    {"GET", "clock", control_clock_get},
    {"POST", "clock", control_clock_post},
    {"GET", "faults", control_faults_get},
    {"POST", "faults", control_faults_post},
    {"DELETE", "faults", control_faults_delete},
    {"GET", "ledger", ledger_get},
};
#define CONTROL_PATH_COUNT (sizeof(control_paths) / sizeof(control_paths[0]))

static void refuse_path(struct control *c, bool known)
{
    struct buf list;
    buf_init(&list, c->arena, 4 * KIB);
    for (size_t i = 0; i < CONTROL_PATH_COUNT; i++) {
        buf_addf(&list, "%s%s /_aforo/%s", i == 0 ? "" : ", ", control_paths[i].method,
                 control_paths[i].name);
    }
    struct str method = str_slice(c->request->method, 0, 32);
    struct str path = str_slice(c->request->path, 0, 256);
    control_refuse(c, known ? 405 : 404,
                   str_printf(c->arena, "there is no %.*s %.*s; there is: %.*s", STR_ARG(method),
                              STR_ARG(path), STR_ARG(buf_str(&list))));
}

/* Where SNS's certificates lie; no bucket has capitals in its name. */
static bool is_certificate(const struct http_request *request)
{
    return str_starts(request->path, STR("/SimpleNotificationService-")) &&
           str_ends(request->path, STR(".pem"));
}

bool control_is(const struct http_request *request)
{
    return str_eq(request->path, STR("/_aforo")) || str_starts(request->path, STR("/_aforo/")) ||
           is_certificate(request);
}

void core_certificate(struct core *core, struct str path, struct str pem)
{
    core->certificate_path = str_copy(core->home, path);
    core->certificate_pem = str_copy(core->home, pem);
}

static void certificate_get(struct control *c)
{
    if (!str_eq(c->request->path, c->core->certificate_path)) {
        control_refuse(c, 404, STR("there is no such certificate"));
        return;
    }
    http_headers_set(&c->response.headers, STR("Content-Type"), STR("application/x-pem-file"));
    c->response.body = c->core->certificate_pem;
}

struct http_response control_handle(struct core *core, const struct http_request *request,
                                    int64_t clock_us, struct arena *a)
{
    struct control c = {.core = core, .request = request, .arena = a, .clock_us = clock_us};
    http_response_init(&c.response, a, 200);
    if (is_certificate(request)) {
        certificate_get(&c);
        return c.response;
    }
    struct str name = str_from(request->path, STR("/_aforo/").len);
    bool known = false;
    for (size_t i = 0; i < CONTROL_PATH_COUNT; i++) {
        bool same = str_eq(name, str_of(control_paths[i].name));
        known = known || same;
        if (same && str_eq(request->method, str_of(control_paths[i].method))) {
            control_paths[i].handle(&c);
            return c.response;
        }
    }
    refuse_path(&c, known);
    return c.response;
}
