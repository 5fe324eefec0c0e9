/* object_post.c -- PostObject: the upload of an HTML form. The file goes through an intake as any
 * body does; the form's fields then become the headers of a PutObject, which does the rest.
 * AWS s3-post-fields-2: fields behind the file are ignored; ${filename} in the key is the file's
 * own name. */
#include "base/encode.h"
#include "emulator/core/service.h"
#include "form_policy.h"
#include "intake.h"
#include "object_put.h"
#include "s3_handlers.h"
#include "s3_model.h"
#include "s3_state.h"
#include "wire/codec.h"
#include "wire/xml.h"

#define TEXT_BYTES_MAX (16 * KIB)

struct post { /* c->taken: an intake first, so that whoever asks for the body finds it */
    struct intake file;
    struct call *call;
    struct form_reader form;
    struct str key;
    struct form_policy *policy;
};

/* ---- the form on its way in ---- */

/* A field as the header that PutObject has for it; empty: none. */
static struct str header_of(struct str name)
{
    static const char *const plain[] = {"Cache-Control",    "Content-Type", "Content-Disposition",
                                        "Content-Encoding", "Expires",      "Content-Language",
                                        "Content-MD5"};
    static const char *const others[] = {"x-amz-algorithm", "x-amz-credential", "x-amz-date",
                                         "x-amz-signature", "x-amz-security-token"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (str_eq_nocase(name, str_of(others[i]))) {
            return STR_EMPTY;
        }
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (str_eq_nocase(name, str_of(plain[i]))) {
            return name;
        }
    }
    return str_eq_nocase(name, STR("acl"))          ? STR("x-amz-acl")
           : str_starts_nocase(name, STR("x-amz-")) ? name
                                                    : STR_EMPTY;
}

static void add_headers(struct http_headers *headers, const struct form_reader *form)
{
    for (size_t i = 0; i < form->field_count; i++) {
        struct str name = header_of(form->fields[i].name);
        if (name.len > 0) {
            http_headers_add(headers, name, form->fields[i].value);
        }
    }
}

static void file_begin(void *self)
{
    struct post *p = self;
    struct http_headers headers;
    http_headers_init(&headers, p->call->arena);
    add_headers(&headers, &p->form);
    intake_begin(&p->file, p->call, blob_new(0), &headers);
}

static void file_bytes(void *self, struct str bytes)
{
    struct post *p = self;
    intake_add(&p->file, p->call, bytes);
}

static void *post_open(struct call *c)
{
    struct post *p = NEW(c->arena, struct post);
    struct form_sink sink = {.begin = file_begin, .bytes = file_bytes, .self = p};
    struct str boundary;
    p->call = c;
    if (!form_boundary(http_header(&c->request->headers, "Content-Type"), &boundary)) {
        call_fail(c, AWS_PRECONDITION_FAILED,
                  "At least one of the pre-conditions you specified did not hold");
        call_fail_extra(c, "Condition",
                        STR("Bucket POST must be of the enclosure-type multipart/form-data"));
        return p;
    }
    form_reader_init(&p->form, boundary, &sink, c->arena);
    return p;
}

static void post_take(struct call *c, struct str bytes)
{
    struct post *p = c->taken;
    form_reader_feed(&p->form, bytes);
}

const struct body_taker post_taker = {.open = post_open, .take = post_take};

/* ---- the form as a PutObject ---- */

static bool form_is_whole(struct call *c, const struct post *p)
{
    if (p->form.state == FORM_TOO_LARGE) {
        call_fail(c, AWS_MAX_POST_PRE_DATA_LENGTH_EXCEEDED,
                  "Your POST request fields preceding the upload file were too large.");
    } else if (!form_reader_ended(&p->form)) {
        call_fail(c, AWS_MALFORMED_POST_REQUEST,
                  "The body of your POST request is not well-formed multipart/form-data.");
    } else if (!form_has(&p->form, "key")) {
        s3_fail_argument(c, "key", STR_EMPTY,
                         "Bucket POST must contain a field named 'key'.  If it is specified, "
                         "please check the order of the fields.");
    } else if (!p->form.has_file) {
        s3_fail_argument(c, "file", STR("0"), "POST requires exactly one file upload per request.");
    } else if (form_value(&p->form, "key").len == 0) {
        s3_fail_argument(c, "key", STR_EMPTY, "User key must have a length greater than 0.");
    }
    return !call_failed(c);
}

/* Browsers of old sent the whole path of the file. */
static struct str base_name(struct str path)
{
    size_t slash = str_find_last(path, '/'), backslash = str_find_last(path, '\\');
    path = str_from(path, slash == STR_NONE ? 0 : slash + 1);
    return backslash == STR_NONE || slash != STR_NONE ? path : str_from(path, backslash + 1);
}

static struct str final_key(struct call *c, const struct form_reader *form)
{
    struct str key = form_value(form, "key"), word = STR("${filename}");
    size_t at = str_find_str(key, word);
    return at == STR_NONE ? key
                          : str_printf(c->arena, "%.*s%.*s%.*s", STR_ARG(str_slice(key, 0, at)),
                                       STR_ARG(base_name(form->file_name)),
                                       STR_ARG(str_from(key, at + word.len)));
}

/* <Tagging><TagSet><Tag> as x-amz-tagging spells it. AWS s3-post-tagging-1: another root is no
 * tags. */
static bool add_tagging(struct call *c, const struct form_reader *form,
                        struct http_headers *headers)
{
    struct xml *root;
    struct diag d = DIAG_INIT;
    struct buf out;
    if (!form_has(form, "tagging")) {
        return true;
    }
    if (xml_parse(c->arena, form_value(form, "tagging"), &root, &d) != ERR_OK) {
        call_fail(c, AWS_MALFORMED_XML,
                  "The XML you provided was not well-formed or did not validate against our "
                  "published schema");
        return false;
    }
    buf_init(&out, c->arena, 4 * FORM_FIELD_BYTES_MAX);
    const struct xml *set = str_eq(root->name, STR("Tagging")) ? xml_child(root, "TagSet") : NULL;
    for (const struct xml *tag = set == NULL ? NULL : xml_child(set, "Tag"); tag != NULL;
         tag = xml_next(tag, "Tag")) {
        buf_add_z(&out, out.len > 0 ? "&" : "");
        encode_percent(&out, xml_text(tag, "Key"), false);
        buf_add_char(&out, '=');
        encode_percent(&out, xml_text(tag, "Value"), false);
    }
    http_headers_add(headers, STR("x-amz-tagging"), buf_str(&out));
    return true;
}

static bool become_put(struct call *c, const struct post *p)
{
    struct http_request *put = NEW(c->arena, struct http_request);
    struct buf path;
    struct diag d = DIAG_INIT;
    struct json *input;
    buf_init(&path, c->arena, TEXT_BYTES_MAX + 3 * FORM_FIELD_BYTES_MAX);
    buf_addf(&path, "/%.*s/", STR_ARG(call_str(c, "Bucket")));
    encode_percent(&path, p->key, true);
    http_request_init(put, c->arena, "PUT", c->request->host, buf_str(&path));
    struct str origin = http_header(&c->request->headers, "Origin");
    if (origin.len > 0) {
        http_headers_add(&put->headers, STR("Origin"), origin);
    }
    add_headers(&put->headers, &p->form);
    http_headers_add(&put->headers, STR("Content-Length"),
                     str_printf(c->arena, "%llu", (unsigned long long)intake_bytes(c)));
    if (!add_tagging(c, &p->form, &put->headers)) {
        return false;
    }
    c->op = service_operation(&s3_model, "PutObject", 9);
    if (codec_read_request(&s3_model, c->op, put, c->arena, &input, &d) != ERR_OK) {
        call_fail(c, AWS_INVALID_REQUEST, "%s", d.msg);
        return false;
    }
    c->request = put;
    c->input = input;
    return true;
}

/* In whose name: the account that an access key of 12 digits says. */
static void take_account(struct call *c, const struct form_reader *form)
{
    struct str credential = form_value(form, "x-amz-credential");
    struct str key = str_slice(credential, 0, str_find(credential, '/'));
    bool digits = key.len == 12;
    for (size_t i = 0; i < key.len; i++) {
        digits = digits && key.ptr[i] >= '0' && key.ptr[i] <= '9';
    }
    c->account = digits ? key : c->account;
    c->anonymous = !form_has(form, "policy");
}

void post_prepare(struct call *c)
{
    struct post *p = c->taken;
    if (!form_is_whole(c, p) || !form_policy_read(c, &p->form, &p->policy) ||
        (core_options(c->core)->verify_signatures &&
         !form_policy_verify(c, &p->form, STR("test")))) {
        return;
    }
    p->key = final_key(c, &p->form);
    take_account(c, &p->form);
    if (become_put(c, p)) {
        intake_end(c);
    }
}

/* ---- answers ---- */

static void out_created(struct call *c, struct str location, struct str key, struct str etag)
{
    struct buf body;
    buf_init(&body, c->arena, 8 * TEXT_BYTES_MAX);
    xml_declaration(&body);
    xml_open(&body, "PostResponse");
    xml_element(&body, "Location", location);
    xml_element(&body, "Bucket", call_str(c, "Bucket"));
    xml_element(&body, "Key", key);
    xml_element(&body, "ETag", etag);
    xml_close(&body, "PostResponse");
    http_headers_set(&c->response.headers, STR("Content-Type"), STR("application/xml"));
    c->response.body = buf_str(&body);
}

static bool is_url(struct str text)
{
    struct str scheme, host, path, query;
    struct diag d = DIAG_INIT;
    return http_url_parse(text, &scheme, &host, &path, &query, &d) == ERR_OK &&
           str_find(text, '\r') == STR_NONE && str_find(text, '\n') == STR_NONE;
}

static struct str redirect_of(struct call *c, struct str url, struct str key, struct str etag)
{
    struct buf out;
    buf_init(&out, c->arena, 8 * TEXT_BYTES_MAX);
    buf_add(&out, url);
    buf_add_z(&out, str_contains(url, STR("?")) ? "&bucket=" : "?bucket=");
    encode_percent(&out, call_str(c, "Bucket"), false);
    buf_add_z(&out, "&key=");
    encode_percent(&out, key, false);
    buf_add_z(&out, "&etag=");
    encode_percent(&out, etag, false);
    return buf_str(&out);
}

/* AWS s3-post-answer-1: 204, or by success_action_status 200 or 201 (with a body), or by
 * success_action_redirect 303; another status counts as 204. */
static void answer(struct call *c, const struct post *p, struct str etag)
{
    struct str location = s3_location(c, call_str(c, "Bucket"), p->key);
    struct str url = form_value(&p->form, "success_action_redirect");
    struct str status = form_value(&p->form, "success_action_status");
    url = url.len > 0 ? url : form_value(&p->form, "redirect");
    c->response.status = 204;
    if (url.len > 0 && is_url(url)) {
        c->response.status = 303;
        location = redirect_of(c, url, p->key, etag);
    } else if (str_eq(status, STR("200"))) {
        c->response.status = 200;
    } else if (str_eq(status, STR("201"))) {
        c->response.status = 201;
        out_created(c, location, p->key, etag);
    }
    http_headers_set(&c->response.headers, STR("Location"), location);
}

void object_post(struct call *c)
{
    const struct post *p = c->taken;
    struct str etag;
    if (p->policy != NULL && !form_policy_check(c, p->policy, &p->form, p->key, intake_bytes(c))) {
        return;
    }
    if (object_put_as(c, "ObjectCreated:Post", &etag)) {
        answer(c, p, etag);
    }
}
