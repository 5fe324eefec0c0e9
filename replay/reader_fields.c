/* reader_fields.c -- Logs of AWS as lines of fields: VPC flow logs, access logs of Application Load
 * Balancers and of S3. A field is a word, "quoted" or [in brackets]; "-" is none. A line that is
 * not what its format says is a record with a problem.
 *
 * Names are those of AWS's documentation, in its order; both access logs may have grown by fields
 * behind the last (AWS asks readers to pass over them) and are shorter in old objects. */
#include "reader_parts.h"

#include "base/instant.h"

/* AWS vpc-flow-log-1: without a header these are the fields of version 2, in this order. */
static const struct str vpc_names[] = {
    STR_INIT("version"), STR_INIT("account-id"), STR_INIT("interface-id"), STR_INIT("srcaddr"),
    STR_INIT("dstaddr"), STR_INIT("srcport"),    STR_INIT("dstport"),      STR_INIT("protocol"),
    STR_INIT("packets"), STR_INIT("bytes"),      STR_INIT("start"),        STR_INIT("end"),
    STR_INIT("action"),  STR_INIT("log-status"),
};
/* Fields of versions 3 to 10, by which a header is known. */
static const struct str vpc_more[] = {
    STR_INIT("vpc-id"),
    STR_INIT("subnet-id"),
    STR_INIT("instance-id"),
    STR_INIT("tcp-flags"),
    STR_INIT("type"),
    STR_INIT("pkt-srcaddr"),
    STR_INIT("pkt-dstaddr"),
    STR_INIT("region"),
    STR_INIT("az-id"),
    STR_INIT("sublocation-type"),
    STR_INIT("sublocation-id"),
    STR_INIT("pkt-src-aws-service"),
    STR_INIT("pkt-dst-aws-service"),
    STR_INIT("flow-direction"),
    STR_INIT("traffic-path"),
    STR_INIT("reject-reason"),
    STR_INIT("resource-id"),
    STR_INIT("encryption-status"),
};
/* AWS alb-access-log-1: in this order, words or quoted. */
static const struct str alb_names[] = {
    STR_INIT("type"),
    STR_INIT("time"),
    STR_INIT("elb"),
    STR_INIT("client:port"),
    STR_INIT("target:port"),
    STR_INIT("request_processing_time"),
    STR_INIT("target_processing_time"),
    STR_INIT("response_processing_time"),
    STR_INIT("elb_status_code"),
    STR_INIT("target_status_code"),
    STR_INIT("received_bytes"),
    STR_INIT("sent_bytes"),
    STR_INIT("request"),
    STR_INIT("user_agent"),
    STR_INIT("ssl_cipher"),
    STR_INIT("ssl_protocol"),
    STR_INIT("target_group_arn"),
    STR_INIT("trace_id"),
    STR_INIT("domain_name"),
    STR_INIT("chosen_cert_arn"),
    STR_INIT("matched_rule_priority"),
    STR_INIT("request_creation_time"),
    STR_INIT("actions_executed"),
    STR_INIT("redirect_url"),
    STR_INIT("error_reason"),
    STR_INIT("target:port_list"),
    STR_INIT("target_status_code_list"),
    STR_INIT("classification"),
    STR_INIT("classification_reason"),
    STR_INIT("conn_trace_id"),
    STR_INIT("transformed_host"),
    STR_INIT("transformed_uri"),
    STR_INIT("request_transform_status"),
};
#define ALB_FIELDS_MIN 17
/* AWS s3-access-log-1: in this order; names as the documentation's headings, in small letters with
 * _ */
static const struct str s3_names[] = {
    STR_INIT("bucket_owner"),
    STR_INIT("bucket"),
    STR_INIT("time"),
    STR_INIT("remote_ip"),
    STR_INIT("requester"),
    STR_INIT("request_id"),
    STR_INIT("operation"),
    STR_INIT("key"),
    STR_INIT("request_uri"),
    STR_INIT("http_status"),
    STR_INIT("error_code"),
    STR_INIT("bytes_sent"),
    STR_INIT("object_size"),
    STR_INIT("total_time"),
    STR_INIT("turn_around_time"),
    STR_INIT("referer"),
    STR_INIT("user_agent"),
    STR_INIT("version_id"),
    STR_INIT("host_id"),
    STR_INIT("signature_version"),
    STR_INIT("cipher_suite"),
    STR_INIT("authentication_type"),
    STR_INIT("host_header"),
    STR_INIT("tls_version"),
    STR_INIT("access_point_arn"),
    STR_INIT("acl_required"),
    STR_INIT("source_region"),
};
#define S3_FIELDS_MIN 17

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

/* ---- one line ---- */

static bool is_end(struct str line, size_t at)
{
    return at >= line.len || line.ptr[at] == ' ';
}

/* Behind the closing mark of a field that began with `open`; STR_NONE: there is none. User agents
 * may hold quotes of their own, so one closes only before a blank or the end. */
static size_t closing(struct str line, size_t from, char close)
{
    for (size_t i = from; i < line.len; i++) {
        if (line.ptr[i] == '\\' && i + 1 < line.len) {
            i++;
        } else if (line.ptr[i] == close && is_end(line, i + 1)) {
            return i;
        }
    }
    return STR_NONE;
}

/* The field at *at; *at moves behind the blank after it. false: quotes do not fit. */
static bool take_field(struct str line, size_t *at, struct str *ret_field)
{
    size_t from = *at, end;
    char first = from < line.len ? line.ptr[from] : ' ';
    if (first == '"' || first == '[') {
        end = closing(line, from + 1, first == '[' ? ']' : '"');
        if (end == STR_NONE) {
            return false;
        }
        *ret_field = str_slice(line, from + 1, end);
        *at = end + 2;
    } else {
        size_t blank = str_find(str_from(line, from), ' ');
        end = blank == STR_NONE ? line.len : from + blank;
        *ret_field = str_slice(line, from, end);
        *at = end + 1;
        if (str_find(*ret_field, '"') != STR_NONE) {
            return false; /* the end of a quoted field that seemed to end before */
        }
    }
    if (str_eq(*ret_field, STR("-"))) {
        *ret_field = STR_EMPTY;
    }
    return true;
}

/* All fields; those past `max` are counted only. false: quotes do not fit. */
static bool split(struct str line, struct str *fields, size_t max, size_t *ret_count)
{
    size_t count = 0;
    for (size_t at = 0; at <= line.len && line.len > 0;) {
        struct str field;
        if (!take_field(line, &at, &field)) {
            return false;
        }
        if (count < max) {
            fields[count] = field;
        }
        count++;
    }
    *ret_count = count;
    return true;
}

static bool next_line(struct str text, size_t *at, struct str *ret_line)
{
    while (*at < text.len) {
        struct str rest = str_from(text, *at);
        size_t end = str_find(rest, '\n');
        *at = end == STR_NONE ? text.len : *at + end + 1;
        *ret_line = str_trim(str_slice(rest, 0, end));
        if (ret_line->len > 0) {
            return true;
        }
    }
    return false;
}

/* ---- which one ---- */

static bool is_vpc_name(struct str word)
{
    for (size_t i = 0; i < COUNT(vpc_names); i++) {
        if (str_eq(word, vpc_names[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(vpc_more); i++) {
        if (str_eq(word, vpc_more[i])) {
            return true;
        }
    }
    return str_starts(word, STR("ecs-"));
}

/* A header may name fields of versions to come: all are small letters, two at least are known. */
static bool is_vpc_header(const struct str *words, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        known += is_vpc_name(words[i]);
        for (size_t k = 0; k < words[i].len; k++) {
            char c = words[i].ptr[k];
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9' || k == 0) && c != '-') {
                return false;
            }
        }
    }
    return known >= 2;
}

static bool is_vpc_line(const struct str *words, size_t count)
{
    static const struct str status[] = {STR_INIT("OK"), STR_INIT("NODATA"), STR_INIT("SKIPDATA")};
    bool known = false;
    for (size_t i = 0; count == COUNT(vpc_names) && i < COUNT(status); i++) {
        known = known || str_eq(words[count - 1], status[i]);
    }
    return known && str_eq(words[0], STR("2"));
}

static bool is_alb_line(const struct str *words, size_t count)
{
    static const struct str types[] = {STR_INIT("http"),  STR_INIT("https"), STR_INIT("h2"),
                                       STR_INIT("grpcs"), STR_INIT("ws"),    STR_INIT("wss")};
    int64_t us;
    struct diag none = DIAG_INIT;
    bool known = false;
    for (size_t i = 0; i < COUNT(types); i++) {
        known = known || (count >= ALB_FIELDS_MIN && str_eq(words[0], types[i]));
    }
    return known && instant_parse(words[1], &us, &none) == ERR_OK;
}

static bool is_s3_line(const struct str *words, size_t count)
{
    int64_t us;
    struct diag none = DIAG_INIT;
    return count >= S3_FIELDS_MIN &&
           instant_parse_as(words[2], STR("%d/%b/%Y:%H:%M:%S %z"), &us, &none) == ERR_OK;
}

enum reader_format fields_detect(struct str text)
{
    struct str words[READER_FIELDS_MAX], line;
    size_t at = 0, count = 0;
    if (!next_line(text, &at, &line) || !split(line, words, READER_FIELDS_MAX, &count) ||
        count > READER_FIELDS_MAX) {
        return READER_DETECT;
    }
    return is_vpc_header(words, count) || is_vpc_line(words, count) ? READER_VPC_FLOW
           : is_alb_line(words, count)                              ? READER_ALB
           : is_s3_line(words, count)                               ? READER_S3_ACCESS
                                                                    : READER_DETECT;
}

/* ---- all of them ---- */

static void open_vpc(struct field_records *f, struct arena *a)
{
    struct str words[READER_FIELDS_MAX], line;
    size_t at = 0, count = 0;
    f->names = vpc_names;
    f->name_count = COUNT(vpc_names);
    if (next_line(f->text, &at, &line) && split(line, words, READER_FIELDS_MAX, &count) &&
        count <= READER_FIELDS_MAX && is_vpc_header(words, count)) {
        struct str *names = NEW_ARRAY(a, struct str, count);
        for (size_t i = 0; i < count; i++) {
            names[i] = str_copy(a, words[i]);
        }
        f->names = names;
        f->name_count = count;
        f->at = at;
    }
    f->required = f->name_count;
    f->exact = true;
}

void field_records_open(struct field_records *f, struct arena *a, struct str text,
                        enum reader_format format)
{
    *f = (struct field_records){.text = text};
    if (format == READER_VPC_FLOW) {
        open_vpc(f, a);
    } else if (format == READER_ALB) {
        f->names = alb_names;
        f->name_count = COUNT(alb_names);
        f->required = ALB_FIELDS_MIN;
    } else {
        f->names = s3_names;
        f->name_count = COUNT(s3_names);
        f->required = S3_FIELDS_MIN;
    }
    f->fields = NEW_ARRAY(a, struct str, f->name_count);
}

enum err field_records_next(struct field_records *f, struct reader_record *ret_record)
{
    struct str line, problem = STR_EMPTY;
    size_t count = 0;
    f->row_at = f->at;
    bool some = next_line(f->text, &f->at, &line);
    f->cut = !str_ends(str_slice(f->text, f->row_at, f->at), STR("\n"));
    if (!some) {
        f->row_at = f->at;
        return ERR_NOT_FOUND;
    }
    if (!split(line, f->fields, f->name_count, &count)) {
        problem = STR("log line: quotes that do not fit");
    } else if (count < f->required) {
        problem = STR("log line: too few fields");
    } else if (f->exact && count > f->name_count) {
        problem = STR("log line: more fields than the header has");
    }
    size_t filled = count < f->name_count ? count : f->name_count;
    *ret_record = (struct reader_record){
        .data = line,
        .names = f->names,
        .fields = f->fields,
        .field_count = problem.len == 0 ? filled : 0,
        .arrived_us = INSTANT_NEVER,
        .problem = problem,
    };
    return ERR_OK;
}
