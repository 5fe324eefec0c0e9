/* bucket_config.c -- One table of the plain configurations, and four handlers for all of them.
 * The model says what a document may hold and where an answer carries it; the table what S3 says
 * when there is none.
 * DIFFERS s3-config-state-1: these are state that is told back: nothing is replicated, logged,
 * inventoried or encrypted by them. */
#include "bucket_config.h"

#include <string.h>

#include "base/buf.h"
#include "checksum.h"
#include "bucket_rules.h"
#include "emulator/core/validate.h"
#include "list_token.h"

#define DOCUMENT_BYTES_MAX (4 * MIB) /* as JSON; bodies are capped below that */

struct bucket_config_kind {
    const char *name;    /* what the operations' names hold: PutBucketCors, GetBucketCors */
    const char *absent;  /* told when there is none; NULL: `error` */
    const char *initial; /* a new bucket has it */
    enum aws_error_id error;
    const char *message;
    bucket_rule_fn *check;
    bool by_id;
};
#define NO_CONFIGURATION AWS_NO_SUCH_CONFIGURATION, "The specified configuration does not exist."

/* AWS s3-config-absent-1: each configuration has its own error, or default, where none was put.
 * AWS s3-config-initial-1: a new bucket blocks public access and owns all of its objects. */
static const struct bucket_config_kind kinds[] = {
    {"Abac", "{\"Status\":\"Disabled\"}", NULL, AWS_OK, NULL, NULL, false},
    {"Accelerate", "{}", NULL, AWS_OK, NULL, bucket_rule_accelerate, false},
    {"Analytics", NULL, NULL, NO_CONFIGURATION, bucket_rule_id, true},
    {"Cors", NULL, NULL, AWS_NO_SUCH_CORS_CONFIGURATION, "The CORS configuration does not exist",
     bucket_rule_cors, false},
    {"Encryption",
     "{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"},"
     "\"BucketKeyEnabled\":false}]}",
     NULL, AWS_OK, NULL, bucket_rule_encryption, false},
    {"IntelligentTiering", NULL, NULL, NO_CONFIGURATION, bucket_rule_id, true},
    {"Inventory", NULL, NULL, NO_CONFIGURATION, bucket_rule_inventory, true},
    {"Lifecycle", NULL, NULL, AWS_NO_SUCH_LIFECYCLE_CONFIGURATION,
     "The lifecycle configuration does not exist", bucket_rule_lifecycle, false},
    {"Logging", "{}", NULL, AWS_OK, NULL, bucket_rule_logging, false},
    {"Metrics", NULL, NULL, NO_CONFIGURATION, bucket_rule_id, true},
    {"OwnershipControls", NULL, "{\"Rules\":[{\"ObjectOwnership\":\"BucketOwnerEnforced\"}]}",
     AWS_OWNERSHIP_CONTROLS_NOT_FOUND_ERROR, "The bucket ownership controls were not found",
     bucket_rule_ownership, false},
    {"PublicAccessBlock", NULL,
     "{\"BlockPublicAcls\":true,\"IgnorePublicAcls\":true,\"BlockPublicPolicy\":true,"
     "\"RestrictPublicBuckets\":true}",
     AWS_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION,
     "The public access block configuration was not found", NULL, false},
    {"Replication", NULL, NULL, AWS_REPLICATION_CONFIGURATION_NOT_FOUND_ERROR,
     "The replication configuration was not found", bucket_rule_replication, false},
    {"RequestPayment", "{\"Payer\":\"BucketOwner\"}", NULL, AWS_OK, NULL, NULL, false},
    {"Tagging", NULL, NULL, AWS_NO_SUCH_TAG_SET, "The TagSet does not exist", bucket_rule_tagging,
     false},
    {"Website", NULL, NULL, AWS_NO_SUCH_WEBSITE_CONFIGURATION,
     "The specified bucket does not have a website configuration", bucket_rule_website, false},
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static const struct bucket_config_kind *kind_of(const struct call *c)
{
    struct str operation = str_of(c->op->name);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (str_find_str(operation, str_of(kinds[i].name)) != STR_NONE) {
            return &kinds[i];
        }
    }
    ASSERT(operation.len == 0); /* s3_service.c names an operation of no kind */
    return NULL;
}

/* ---- documents in the state ---- */

struct str bucket_config_name(struct arena *a, const char *kind, struct str id)
{
    struct buf name;
    buf_init(&name, a, strlen(kind) + 1 + id.len);
    buf_add_z(&name, kind);
    buf_add_char(&name, '/');
    buf_add(&name, id);
    return buf_str(&name);
}

static void block_free(struct s3 *s3, struct str *block)
{
    if (block != NULL) {
        arena_recycle(s3->arena, block, sizeof *block + block->len);
    }
}

void bucket_config_write(struct s3 *s3, struct bucket *b, struct str name, struct str text)
{
    struct str *block = arena_alloc_raw(s3->arena, sizeof *block + text.len);
    char *to = (char *)(block + 1);
    for (size_t i = 0; i < text.len; i++) {
        to[i] = text.ptr[i];
    }
    *block = str_n(to, text.len);
    struct str *old = tree_get(b->configs, name);
    tree_put(b->configs, name, block);
    block_free(s3, old);
}

void bucket_config_drop(struct s3 *s3, struct bucket *b, struct str name)
{
    block_free(s3, tree_remove(b->configs, name));
}

struct str bucket_config_text(const struct bucket *b, struct str name)
{
    const struct str *block = tree_get(b->configs, name);
    return block == NULL ? STR_EMPTY : *block;
}

void bucket_config_new_bucket(struct s3 *s3, struct bucket *b)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].initial != NULL) {
            char name[64];
            size_t len = 0;
            for (; kinds[i].name[len] != '\0'; len++) {
                name[len] = kinds[i].name[len];
            }
            name[len++] = '/';
            bucket_config_write(s3, b, str_n(name, len), str_of(kinds[i].initial));
        }
    }
}

void bucket_config_drop_bucket(struct s3 *s3, struct bucket *b)
{
    for (const struct tree_entry *at; (at = tree_last(b->configs)) != NULL;) {
        bucket_config_drop(s3, b, at->key);
    }
}

struct str bucket_config_compact(struct arena *a, const struct json *document)
{
    struct buf out;
    buf_init(&out, a, DOCUMENT_BYTES_MAX);
    json_write(&out, document);
    return buf_str(&out);
}

static struct json *parsed(struct call *c, struct str text)
{
    struct diag d = DIAG_INIT;
    struct json *document = NULL;
    enum err e = json_parse(c->arena, str_copy(c->arena, text), &document, &d);
    ASSERT(e == ERR_OK); /* we wrote it */
    return document;
}

struct json *bucket_config_read(struct call *c, const struct bucket *b, const char *kind)
{
    struct str text = bucket_config_text(b, bucket_config_name(c->arena, kind, STR_EMPTY));
    return text.len == 0 ? NULL : parsed(c, text);
}

/* ---- put ---- */

/* Some kinds are about who may do what: access.h. */
static void note_access(struct bucket *b, const struct bucket_config_kind *kind)
{
    struct str name = str_of(kind->name);
    b->block_said = b->block_said || str_eq(name, STR("PublicAccessBlock"));
    b->access_said = b->access_said || str_eq(name, STR("OwnershipControls"));
}

static const struct shape_member *payload_member(const struct shape *structure)
{
    for (size_t i = 0; structure != NULL && i < structure->member_count; i++) {
        if (structure->members[i].payload) {
            return &structure->members[i];
        }
    }
    return NULL;
}

void s3_fail_xml(struct call *c)
{
    call_fail(c, AWS_MALFORMED_XML,
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
}

bool s3_payload_is_like_model(struct call *c)
{
    const struct shape_member *member = payload_member(c->op->input);
    const struct json *document = json_get(c->input, str_of(member->name));
    struct str message;
    return document != NULL && validate_input(member->shape, document, c->arena, &message);
}

/* AWS s3-model-1: whatever the model does not allow is MalformedXML. */
bool s3_payload_is_valid(struct call *c)
{
    if (!s3_payload_is_like_model(c)) {
        s3_fail_xml(c);
        return false;
    }
    return true;
}

const struct json *bucket_config_payload(struct call *c)
{
    struct checksum sent;
    if (!checksum_verify_request(c, &sent) || !s3_payload_is_valid(c)) {
        return NULL;
    }
    return json_get(c->input, str_of(payload_member(c->op->input)->name));
}

static size_t count_of_kind(const struct bucket *b, struct str prefix)
{
    size_t count = 0;
    const struct tree_entry *at = tree_seek(b->configs, prefix, false);
    for (; at != NULL && str_starts(at->key, prefix); at = tree_seek(b->configs, at->key, true)) {
        count++;
    }
    return count;
}

/* AWS s3-config-status-1: putting tags, or one of several configurations, is answered with 204. */
static void tell_put(struct call *c, const struct bucket_config_kind *kind)
{
    if (kind->by_id || str_eq(str_of(kind->name), STR("Tagging"))) {
        c->response.status = 204;
    }
}

/* AWS s3-tagging-2: an empty set of tags is none. */
static bool is_nothing(const struct bucket_config_kind *kind, const struct json *document)
{
    const struct json *tags = json_get(document, STR("TagSet"));
    return str_eq(str_of(kind->name), STR("Tagging")) && (tags == NULL || tags->count == 0);
}

void bucket_config_put(struct call *c)
{
    const struct bucket_config_kind *kind = kind_of(c);
    struct bucket *b = s3_bucket(c);
    const struct json *document =
        b == NULL || !bucket_rule_protocols(c) ? NULL : bucket_config_payload(c);
    if (document == NULL || (kind->check != NULL && !kind->check(c, b, document))) {
        return;
    }
    struct str prefix = bucket_config_name(c->arena, kind->name, STR_EMPTY);
    struct str name =
        bucket_config_name(c->arena, kind->name, kind->by_id ? call_str(c, "Id") : STR_EMPTY);
    struct str text = bucket_config_compact(c->arena, document);
    if (bucket_config_text(b, name).len == 0 && count_of_kind(b, prefix) >= CONFIG_IDS_MAX) {
        call_fail(c, AWS_INVALID_REQUEST, "The bucket has %d configurations of this kind already",
                  CONFIG_IDS_MAX);
        return;
    }
    if (is_nothing(kind, document)) {
        bucket_config_drop(s3_of(c), b, name);
    } else {
        bucket_config_write(s3_of(c), b, name, text);
    }
    note_access(b, kind);
    tell_put(c, kind);
}

/* ---- get, delete, list ---- */

/* An answer carries the document in its payload, or is the document. */
static void out_document(struct call *c, struct json *document)
{
    const struct shape_member *member = payload_member(c->op->output);
    if (member != NULL) {
        json_add(c->output, str_of(member->name), document);
        return;
    }
    for (struct json *at = document->first, *next; at != NULL; at = next) {
        next = at->next;
        at->next = NULL;
        json_add(c->output, at->key, at);
    }
}

void bucket_config_get(struct call *c)
{
    const struct bucket_config_kind *kind = kind_of(c);
    const struct bucket *b = s3_bucket(c);
    if (b == NULL) {
        return;
    }
    struct str text = bucket_config_text(
        b, bucket_config_name(c->arena, kind->name, kind->by_id ? call_str(c, "Id") : STR_EMPTY));
    if (text.len == 0 && kind->absent != NULL) {
        text = str_of(kind->absent);
    }
    if (text.len == 0) {
        call_fail(c, kind->error, "%s", kind->message);
        if (!kind->by_id) {
            call_fail_extra(c, "BucketName", b->name);
        }
        return;
    }
    out_document(c, parsed(c, text));
}

void bucket_config_delete(struct call *c)
{
    const struct bucket_config_kind *kind = kind_of(c);
    struct bucket *b = s3_bucket(c);
    if (b == NULL) {
        return;
    }
    struct str name =
        bucket_config_name(c->arena, kind->name, kind->by_id ? call_str(c, "Id") : STR_EMPTY);
    if (kind->by_id && bucket_config_text(b, name).len == 0) {
        call_fail(c, kind->error, "%s", kind->message);
        return;
    }
    bucket_config_drop(s3_of(c), b, name);
    note_access(b, kind);
}

#define LIST_PAGE 100 /* API reference: "up to 100 configurations at a time" */

void bucket_config_list(struct call *c)
{
    const struct bucket_config_kind *kind = kind_of(c);
    const struct bucket *b = s3_bucket(c);
    struct str after = STR_EMPTY;
    if (b == NULL || !list_token_read(c, &after)) {
        return;
    }
    struct str prefix = bucket_config_name(c->arena, kind->name, STR_EMPTY);
    struct str from = bucket_config_name(c->arena, kind->name, after);
    struct json *list = NULL;
    for (size_t i = 0; i < c->op->output->member_count && list == NULL; i++) {
        const struct shape_member *m = &c->op->output->members[i];
        list = m->shape->kind == SHAPE_LIST ? call_out(c, m->name, JSON_IS_ARRAY) : NULL;
    }
    const struct tree_entry *at = tree_seek(b->configs, from, after.len > 0);
    struct str last = STR_EMPTY;
    for (; at != NULL && list != NULL && str_starts(at->key, prefix) && list->count < LIST_PAGE;
         at = tree_seek(b->configs, at->key, true)) {
        const struct str *text = at->value;
        json_add(list, STR_EMPTY, parsed(c, *text));
        last = str_from(at->key, prefix.len);
    }
    bool more = at != NULL && str_starts(at->key, prefix);
    call_out_bool(c, "IsTruncated", more);
    if (call_has(c, "ContinuationToken")) {
        call_out_str(c, "ContinuationToken", call_str(c, "ContinuationToken"));
    }
    if (more) {
        call_out_str(c, "NextContinuationToken", list_token(c->arena, last));
    }
}
