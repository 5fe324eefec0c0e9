/* form_reader.c -- A delimiter is looked for byte by byte, but for long runs without CR. As CR
 * stands nowhere in a boundary, a match that fails begins again at the byte that failed it: nothing
 * needs to be held but how much has matched. */
#include "form_reader.h"
#include <string.h>

bool form_boundary(struct str content_type, struct str *ret_boundary)
{
    struct str type, rest;
    (void)str_split(content_type, ';', &type, &rest);
    if (!str_eq_nocase(str_trim(type), STR("multipart/form-data"))) {
        return false;
    }
    for (struct str item; str_cut(&rest, ';', &item);) {
        struct str name, value;
        if (str_split(item, '=', &name, &value) && str_eq_nocase(str_trim(name), STR("boundary"))) {
            value = str_trim(value);
            if (value.len >= 2 && value.ptr[0] == '"' && str_ends(value, STR("\""))) {
                value = str_slice(value, 1, value.len - 1);
            }
            *ret_boundary = value;
            return value.len > 0 && value.len <= FORM_BOUNDARY_BYTES_MAX &&
                   str_find(value, '\r') == STR_NONE;
        }
    }
    return false;
}

/* At the begin of the body, and of a part's content, a delimiter needs no line before it. */
static void pretend_line(struct form_reader *r)
{
    r->matched = 2;
    r->pretended = 2;
}

void form_reader_init(struct form_reader *r, struct str boundary, const struct form_sink *sink,
                      struct arena *a)
{
    *r = (struct form_reader){.arena = a, .sink = *sink, .state = FORM_BODY};
    buf_init(&r->delimiter, a, FORM_BOUNDARY_BYTES_MAX + 8);
    buf_add_z(&r->delimiter, "\r\n--");
    buf_add(&r->delimiter, boundary);
    buf_init(&r->head, a, FORM_HEAD_BYTES_MAX);
    buf_init(&r->value, a, FORM_FIELD_BYTES_MAX);
    pretend_line(r);
}

/* ---- a part's content ---- */

static void take(struct form_reader *r, struct str bytes)
{
    if (!r->in_part || bytes.len == 0) {
        return; /* a preamble */
    }
    if (r->in_file) {
        r->sink.bytes(r->sink.self, bytes);
        return;
    }
    r->held_bytes += bytes.len;
    if (r->held_bytes > FORM_FIELD_BYTES_MAX) {
        r->state = FORM_TOO_LARGE;
        return;
    }
    buf_add(&r->value, bytes);
}

static void part_end(struct form_reader *r)
{
    r->state = FORM_DELIMITER;
    if (r->in_file) {
        r->state = FORM_END;
    } else if (r->in_part && r->field_count == FORM_FIELDS_MAX) {
        r->state = FORM_TOO_LARGE;
    } else if (r->in_part) {
        r->fields[r->field_count++] =
            (struct form_field){.name = r->name, .value = str_copy(r->arena, buf_str(&r->value))};
        buf_truncate(&r->value, 0);
    }
    r->in_part = false;
}

/* Gives how many bytes it has used. */
static size_t feed_body(struct form_reader *r, struct str bytes)
{
    struct str needle = buf_str(&r->delimiter);
    size_t from = 0, at = 0;
    for (; at < bytes.len && r->state == FORM_BODY; at++) {
        char byte = bytes.ptr[at];
        if (byte == needle.ptr[r->matched]) {
            if (r->matched == 0) {
                take(r, str_slice(bytes, from, at));
            }
            if (++r->matched == needle.len) {
                r->matched = 0;
                r->pretended = 0;
                part_end(r);
            }
            from = at + 1;
            continue;
        }
        if (r->matched > 0) {
            take(r, str_slice(needle, r->pretended, r->matched));
            r->pretended = 0;
            r->matched = byte == '\r' ? 1 : 0;
            from = r->matched == 1 ? at + 1 : at;
            continue;
        }
        const char *cr = memchr(bytes.ptr + at, '\r', bytes.len - at);
        at = (cr == NULL ? bytes.len : (size_t)(cr - bytes.ptr)) - 1;
    }
    if (r->state == FORM_BODY && r->matched == 0) {
        take(r, str_slice(bytes, from, at));
    }
    return at;
}

/* ---- between parts ---- */

/* "--" ends the form; spaces and CR LF begin a head (RFC 2046: transport padding). */
static size_t feed_delimiter(struct form_reader *r, struct str bytes)
{
    size_t at = 0;
    while (at < bytes.len && r->state == FORM_DELIMITER) {
        char byte = bytes.ptr[at++];
        struct str seen = buf_str(&r->head);
        if (seen.len == 0 && (byte == ' ' || byte == '\t')) {
            continue;
        }
        buf_add_char(&r->head, byte);
        seen = buf_str(&r->head);
        if (seen.len == 2) {
            r->state = str_eq(seen, STR("\r\n")) ? FORM_HEAD
                       : str_eq(seen, STR("--")) ? FORM_END
                                                 : FORM_BROKEN;
            buf_truncate(&r->head, 0);
        }
    }
    return at;
}

/* The value of a parameter: form-data; name="key"; filename="a \"b\".txt" */
static bool parameter(struct form_reader *r, struct str header, const char *name,
                      struct str *ret_value)
{
    struct str wanted = str_of(name);
    struct str rest = header;
    for (size_t at; (at = str_find(rest, ';')) != STR_NONE;) {
        rest = str_from(rest, at + 1);
        struct str item = str_trim(rest), value;
        if (!str_starts_nocase(item, wanted) || item.len <= wanted.len ||
            item.ptr[wanted.len] != '=') {
            continue;
        }
        value = str_from(item, wanted.len + 1);
        struct buf text;
        buf_init(&text, r->arena, FORM_HEAD_BYTES_MAX);
        bool quoted = str_starts(value, STR("\""));
        for (size_t i = quoted ? 1 : 0; i < value.len; i++) {
            char byte = value.ptr[i];
            if (quoted && byte == '\\' && i + 1 < value.len && value.ptr[i + 1] == '"') {
                byte = value.ptr[++i];
            } else if (byte == (quoted ? '"' : ';')) {
                break;
            }
            buf_add_char(&text, byte);
        }
        *ret_value = buf_str(&text);
        return true;
    }
    return false;
}

static void read_head(struct form_reader *r)
{
    struct str name = STR_EMPTY, file_name = STR_EMPTY, type = STR_EMPTY;
    bool named = false;
    for (struct str rest = str_copy(r->arena, buf_str(&r->head)), line;
         str_cut(&rest, '\n', &line);) {
        struct str header, value;
        if (!str_split(line, ':', &header, &value)) {
            continue;
        }
        if (str_eq_nocase(str_trim(header), STR("Content-Disposition"))) {
            named = parameter(r, value, "name", &name);
            (void)parameter(r, value, "filename", &file_name);
        } else if (str_eq_nocase(str_trim(header), STR("Content-Type"))) {
            type = str_trim(value);
        }
    }
    buf_truncate(&r->head, 0);
    r->state = named ? FORM_BODY : FORM_BROKEN;
    r->in_part = true;
    r->name = name;
    if (named && str_eq_nocase(name, STR("file"))) {
        r->in_file = true;
        r->has_file = true;
        r->file_name = file_name;
        r->file_type = type;
        r->sink.begin(r->sink.self);
    }
}

static size_t feed_head(struct form_reader *r, struct str bytes)
{
    size_t at = 0;
    while (at < bytes.len && r->state == FORM_HEAD) {
        if (r->head.len == FORM_HEAD_BYTES_MAX) {
            r->state = FORM_BROKEN;
            return at;
        }
        buf_add_char(&r->head, bytes.ptr[at++]);
        struct str seen = buf_str(&r->head);
        if (str_eq(seen, STR("\r\n")) || str_ends(seen, STR("\r\n\r\n"))) {
            read_head(r);
            pretend_line(r);
        }
    }
    return at;
}

void form_reader_feed(struct form_reader *r, struct str bytes)
{
    while (bytes.len > 0) {
        size_t used = r->state == FORM_BODY        ? feed_body(r, bytes)
                      : r->state == FORM_DELIMITER ? feed_delimiter(r, bytes)
                      : r->state == FORM_HEAD      ? feed_head(r, bytes)
                                                   : bytes.len;
        bytes = str_from(bytes, used);
    }
}

bool form_reader_ended(const struct form_reader *r)
{
    return r->state == FORM_END;
}

static const struct form_field *find(const struct form_reader *r, const char *name)
{
    for (size_t i = 0; i < r->field_count; i++) {
        if (str_eq_nocase(r->fields[i].name, str_of(name))) {
            return &r->fields[i];
        }
    }
    return NULL;
}

struct str form_value(const struct form_reader *r, const char *name)
{
    const struct form_field *field = find(r, name);
    return field == NULL ? STR_EMPTY : field->value;
}

bool form_has(const struct form_reader *r, const char *name)
{
    return find(r, name) != NULL;
}
