/* bucket_event.c -- Judging who is told, writing the record, handing it to SNS as a client would.
 * DIFFERS s3-event-delivery-1: an event is published in the call that caused it; AWS tells it
 * within seconds, at least once. What SNS refuses then is lost, as the ledger shows. */
#include "bucket_event.h"
#include "base/encode.h"
#include "base/instant.h"
#include "bucket_config.h"
#include "emulator/core/service.h"
#include "version.h"

#define KIND "Notification"
#define EVENT_BYTES_MAX (16 * KIB)

/* ---- who is told ---- */

/* "s3:ObjectCreated:*" fits "ObjectCreated:Put". */
static bool names_event(const struct json *events, struct str name)
{
    for (const struct json *at = events == NULL ? NULL : events->first; at != NULL; at = at->next) {
        struct str wanted = json_str(at);
        wanted = str_from(wanted, str_starts(wanted, STR("s3:")) ? 3 : 0);
        bool all = str_ends(wanted, STR("*"));
        if (all ? str_starts(name, str_slice(wanted, 0, wanted.len - 1)) : str_eq(name, wanted)) {
            return true;
        }
    }
    return false;
}

/* AWS s3-event-filter-1: a prefix and a suffix of the key, both of which must fit. */
static bool fits_filter(const struct json *configuration, struct str key)
{
    const struct json *rules = json_at(configuration, "Filter.Key.FilterRules");
    for (const struct json *at = rules == NULL ? NULL : rules->first; at != NULL; at = at->next) {
        struct str name = json_str(json_get(at, STR("Name")));
        struct str value = json_str(json_get(at, STR("Value")));
        bool prefix = str_eq_nocase(name, STR("prefix"));
        if (!(prefix ? str_starts(key, value) : str_ends(key, value))) {
            return false;
        }
    }
    return true;
}

/* ---- the record ---- */

static struct str time_text(struct call *c)
{
    struct buf text;
    buf_init(&text, c->arena, 64);
    instant_iso_ms(&text, c->now_us);
    return buf_str(&text);
}

static void write_object(struct json_out *w, struct call *c, const struct bucket *b,
                         const struct object *o)
{
    struct buf key;
    buf_init(&key, c->arena, 3 * S3_KEY_BYTES_MAX + 1);
    encode_percent(&key, o->key, true);
    json_out_key(w, "object");
    json_out_object(w);
    json_out_kstr(w, "key", buf_str(&key));
    if (!o->is_marker) {
        json_out_ki64(w, "size", (int64_t)object_bytes(o));
    }
    json_out_kstr(w, "eTag", o->etag.len < 2 ? STR_EMPTY : str_slice(o->etag, 1, o->etag.len - 1));
    if (b->versioning != VERSIONING_OFF) {
        json_out_kstr(w, "versionId", version_told(o));
    }
    /* AWS s3-event-sequencer-1: of two events of one key the later has the greater sequencer, as
     * hexadecimal text. */
    json_out_kstr(w, "sequencer",
                  str_printf(c->arena, "%014llX%08X", (unsigned long long)c->now_us,
                             (unsigned)s3_of(c)->events++));
    json_out_object_end(w);
}

static void write_identity(struct json_out *w, struct call *c, const char *name)
{
    json_out_key(w, name);
    json_out_object(w);
    json_out_kstr(w, "principalId", s3_owner_id(c));
    json_out_object_end(w);
}

static void write_s3(struct json_out *w, struct call *c, const struct bucket *b,
                     const struct object *o, struct str id)
{
    json_out_key(w, "s3");
    json_out_object(w);
    json_out_kstr(w, "s3SchemaVersion", STR("1.0"));
    json_out_kstr(w, "configurationId", id);
    json_out_key(w, "bucket");
    json_out_object(w);
    json_out_kstr(w, "name", b->name);
    write_identity(w, c, "ownerIdentity");
    json_out_kstr(w, "arn", str_join(c->arena, STR("arn:aws:s3:::"), b->name));
    json_out_object_end(w);
    write_object(w, c, b, o);
    json_out_object_end(w);
}

static struct str record(struct call *c, const struct bucket *b, const struct object *o,
                         const char *name, struct str id)
{
    struct buf text;
    struct json_out w;
    buf_init(&text, c->arena, EVENT_BYTES_MAX);
    json_out_init(&w, &text);
    json_out_object(&w);
    json_out_key(&w, "Records");
    json_out_array(&w);
    json_out_object(&w);
    json_out_kstr(&w, "eventVersion", STR("2.1"));
    json_out_kstr(&w, "eventSource", STR("aws:s3"));
    json_out_kstr(&w, "awsRegion", b->region);
    json_out_kstr(&w, "eventTime", time_text(c));
    json_out_kstr(&w, "eventName", str_of(name));
    write_identity(&w, c, "userIdentity");
    json_out_key(&w, "requestParameters");
    json_out_object(&w);
    json_out_kstr(&w, "sourceIPAddress", STR("127.0.0.1"));
    json_out_object_end(&w);
    json_out_key(&w, "responseElements");
    json_out_object(&w);
    json_out_kstr(&w, "x-amz-request-id", c->request_id);
    json_out_object_end(&w);
    write_s3(&w, c, b, o, id);
    json_out_object_end(&w);
    json_out_array_end(&w);
    json_out_object_end(&w);
    return buf_str(&text);
}

/* ---- telling ---- */

/* Gives SNS's status. */
static int publish(struct call *c, struct str topic, struct str message)
{
    struct http_request request;
    struct buf form;
    buf_init(&form, c->arena, 4 * EVENT_BYTES_MAX);
    http_query_add(&form, STR("Action"), STR("Publish"));
    http_query_add(&form, STR("Version"), STR("2010-03-31"));
    http_query_add(&form, STR("TopicArn"), topic);
    http_query_add(&form, STR("Subject"), STR("Amazon S3 Notification"));
    http_query_add(&form, STR("Message"), message);
    http_request_init(&request, c->arena, "POST", STR("sns.localhost"), STR("/"));
    http_headers_set(&request.headers, STR("Content-Type"),
                     STR("application/x-www-form-urlencoded"));
    request.body = buf_str(&form);
    return core_inside(c->core, &request, STR("s3.amazonaws.com"), c->arena).status;
}

void bucket_event(struct call *c, const struct bucket *b, const struct object *o, const char *name)
{
    const struct json *document = bucket_config_read(c, b, KIND);
    const struct json *topics = json_get(document, STR("TopicConfigurations"));
    for (const struct json *at = topics == NULL ? NULL : topics->first; at != NULL; at = at->next) {
        if (names_event(json_get(at, STR("Events")), str_of(name)) && fits_filter(at, o->key)) {
            struct str id = json_str(json_get(at, STR("Id")));
            (void)publish(c, json_str(json_get(at, STR("TopicArn"))), record(c, b, o, name, id));
        }
    }
}

/* ---- the configuration ---- */

static bool fail_destination(struct call *c, struct str arn)
{
    call_fail(c, AWS_INVALID_ARGUMENT,
              "Unable to validate the following destination configurations");
    call_fail_extra(c, "ArgumentName1", arn);
    call_fail_extra(c, "ArgumentValue1", STR("The destination does not exist"));
    return false;
}

static bool check_filter(struct call *c, const struct json *configuration)
{
    const struct json *rules = json_at(configuration, "Filter.Key.FilterRules");
    for (const struct json *at = rules == NULL ? NULL : rules->first; at != NULL; at = at->next) {
        struct str name = json_str(json_get(at, STR("Name")));
        if (!str_eq_nocase(name, STR("prefix")) && !str_eq_nocase(name, STR("suffix"))) {
            s3_fail_argument(c, "FilterRule.Name", name,
                             "filter rule name must be either prefix or suffix");
            return false;
        }
    }
    return true;
}

/* AWS s3-event-test-1: a destination is told s3:TestEvent when it is configured, which also proves
 * that it is there. */
static bool greet_topic(struct call *c, const struct bucket *b, struct json *configuration)
{
    struct str arn = json_str(json_get(configuration, STR("TopicArn")));
    struct str message = str_printf(
        c->arena,
        "{\"Service\":\"Amazon "
        "S3\",\"Event\":\"s3:TestEvent\",\"Time\":\"%.*s\",\"Bucket\":\"%.*s\","
        "\"RequestId\":\"%.*s\",\"HostId\":\"%.*s\"}",
        STR_ARG(time_text(c)), STR_ARG(b->name), STR_ARG(c->request_id), STR_ARG(c->request_id));
    if (json_get(configuration, STR("Id")) == NULL) {
        json_set_str(c->arena, configuration, "Id", core_uuid(c->core, c->arena));
    }
    bool told = publish(c, arn, message) == 200;
    return told || call_bool(c, "SkipDestinationValidation", false) || fail_destination(c, arn);
}

/* DIFFERS s3-event-targets-1: topics are told; queues, functions and EventBridge are refused. */
static bool check_targets(struct call *c, const struct json *document)
{
    static const char *const unbuilt[][2] = {{"QueueConfigurations", "QueueArn"},
                                             {"LambdaFunctionConfigurations", "LambdaFunctionArn"}};
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        const struct json *list = json_get(document, str_of(unbuilt[i][0]));
        if (list != NULL && list->first != NULL) {
            return fail_destination(c, json_str(json_get(list->first, str_of(unbuilt[i][1]))));
        }
    }
    if (json_get(document, STR("EventBridgeConfiguration")) != NULL) {
        call_fail(c, AWS_NOT_IMPLEMENTED, "EventBridgeConfiguration is not implemented");
        return false;
    }
    return true;
}

void bucket_event_put_config(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    const struct json *document = b == NULL ? NULL : bucket_config_payload(c);
    if (document == NULL || !check_targets(c, document)) {
        return;
    }
    const struct json *topics = json_get(document, STR("TopicConfigurations"));
    for (struct json *at = topics == NULL ? NULL : topics->first; at != NULL; at = at->next) {
        if (!check_filter(c, at) || !greet_topic(c, b, at)) {
            return;
        }
    }
    struct str name = bucket_config_name(c->arena, KIND, STR_EMPTY);
    if (document->first == NULL) {
        bucket_config_drop(s3_of(c), b, name);
    } else {
        bucket_config_write(s3_of(c), b, name, bucket_config_compact(c->arena, document));
    }
}

void bucket_event_get_config(struct call *c)
{
    const struct bucket *b = s3_bucket(c);
    struct json *document = b == NULL ? NULL : bucket_config_read(c, b, KIND);
    for (struct json *at = document == NULL ? NULL : document->first, *next; at != NULL;
         at = next) {
        next = at->next;
        at->next = NULL;
        json_add(c->output, at->key, at);
    }
}
