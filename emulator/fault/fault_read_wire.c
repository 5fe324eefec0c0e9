/* fault_read_wire.c -- The keys of phase wire: which damage, and its particulars. */
#include "fault_parts.h"

enum err fault_read_wire(const struct json *value, struct fault_rule *rule, struct diag *d)
{
    const char *names[FAULT_WIRE_COUNT];
    struct str text = json_str(value);
    for (int wire = FAULT_WIRE_CORRUPT; wire < FAULT_WIRE_COUNT; wire++) {
        names[wire - 1] = fault_wire_name((enum fault_wire)wire);
        if (str_eq(text, str_of(names[wire - 1]))) {
            rule->wire = (enum fault_wire)wire;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, AT "unknown damage \"%.*s\"; the nearest is %s", AT_ARGS(value),
                STR_ARG(text), fault_nearest(text, names, FAULT_WIRE_COUNT - 1));
}

enum err fault_read_bytes(const struct json *value, struct fault_manner *m, struct diag *d)
{
    struct diag why = DIAG_INIT;
    m->has_bytes = true;
    return json_is(value, JSON_IS_NUMBER) && str_u64(value->text, &m->bytes, &why) == ERR_OK
               ? ERR_OK
               : fail(d, ERR_INVALID, AT "bytes is a whole number, not \"%.*s\"", AT_ARGS(value),
                      STR_ARG(json_str(value)));
}

/* RFC 9113, 7: by its number there. */
static const char *const codes[] = {
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

enum err fault_read_code(const struct json *value, struct fault_manner *m, struct diag *d)
{
    struct diag why = DIAG_INIT;
    uint64_t number = 0;
    m->has_code = true;
    if (json_is(value, JSON_IS_NUMBER) && str_u64(value->text, &number, &why) == ERR_OK &&
        number <= UINT32_MAX) {
        m->code = (uint32_t)number;
        return ERR_OK;
    }
    for (uint32_t code = 0; code < CODE_COUNT; code++) {
        if (str_eq(json_str(value), str_of(codes[code]))) {
            m->code = code;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, AT "unknown code of HTTP/2 \"%.*s\"; the nearest is %s",
                AT_ARGS(value), STR_ARG(json_str(value)),
                fault_nearest(json_str(value), codes, CODE_COUNT));
}

enum err fault_read_disowned(const struct json *value, struct fault_manner *m, struct diag *d)
{
    m->disowned = json_is(value, JSON_IS_TRUE);
    return m->disowned || json_is(value, JSON_IS_FALSE)
               ? ERR_OK
               : fail(d, ERR_INVALID, AT "disowned is true or false", AT_ARGS(value));
}

bool fault_is_about(const struct fault_rule *rule, const char *service, const char *operation)
{
    struct str s = rule->service.len > 0 ? rule->service : rule->at_service;
    struct str o = rule->operation.len > 0 ? rule->operation : rule->at_operation;
    return str_eq(s, str_of(service)) && (operation == NULL || str_eq(o, str_of(operation)));
}

static enum err check_manner(const struct fault_rule *rule, const struct json *tree, struct diag *d)
{
    const struct fault_manner *m = &rule->manner;
    enum fault_wire wire = rule->wire;
    bool drips = wire == FAULT_WIRE_DRIP;
    bool of_http2 = wire == FAULT_WIRE_GOAWAY || wire == FAULT_WIRE_RST_STREAM;
    const struct {
        bool wrong;
        const char *why;
    } rows[] = {
        {m->has_bytes && !drips && !of_http2 && wire != FAULT_WIRE_CUT && wire != FAULT_WIRE_RESET,
         "bytes is for wire: cut, drip, reset, goaway and rst_stream"},
        {m->each_us > 0 && !drips, "each is for wire: drip"},
        {drips && m->has_bytes && m->bytes == 0, "drip needs a byte at least each time"},
        {m->has_code && !of_http2, "code is for wire: goaway and rst_stream"},
        {m->disowned && wire != FAULT_WIRE_GOAWAY, "disowned is for wire: goaway"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].wrong) {
            return fail(d, ERR_INVALID, AT "%s", AT_ARGS(tree), rows[i].why);
        }
    }
    return ERR_OK;
}

enum err fault_check_wire(const struct fault_rule *rule, const struct json *tree, struct diag *d)
{
    TRY(check_manner(rule, tree, d));
    if (rule->phase == FAULT_WIRE && fault_is_about(rule, "warehouse", NULL)) {
        return fail(d, ERR_INVALID, AT "phase wire is for requests: a session has no such answer",
                    AT_ARGS(tree));
    }
    if (rule->wire == FAULT_WIRE_ERROR_IN_200 &&
        !fault_is_about(rule, "s3", "CompleteMultipartUpload") &&
        !fault_is_about(rule, "s3", "CopyObject") &&
        !fault_is_about(rule, "s3", "UploadPartCopy")) {
        return fail(d, ERR_INVALID,
                    AT "error_in_200 is for s3:CompleteMultipartUpload, s3:CopyObject and"
                       " s3:UploadPartCopy: the others know how they end before they answer",
                    AT_ARGS(tree));
    }
    if (rule->wire == FAULT_WIRE_BAD_CRC && !fault_is_about(rule, "kinesis", "SubscribeToShard") &&
        !fault_is_about(rule, "s3", "SelectObjectContent")) {
        return fail(d, ERR_INVALID,
                    AT "bad_crc is for kinesis:SubscribeToShard and s3:SelectObjectContent: no"
                       " other answer is an event stream",
                    AT_ARGS(tree));
    }
    return ERR_OK;
}
