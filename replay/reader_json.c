/* reader_json.c -- JSON whose records are told apart by their ends alone, out of a view that
 * slides: values one after another (AWS firehose-records-1: records are delivered so, with nothing
 * between them), and CloudTrail's one object with Records in it. What comes to the view's end is
 * read again with more behind it; what is longer than a view may be is refused by its place. */
#include "reader_parts.h"

/* ---- one after another ---- */

static size_t behind_space(struct str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n' || text.ptr[at] == '\r' ||
                             text.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

static enum err fail_value(const struct reader *r, struct diag *d)
{
    return diag_context(d, "record %llu, which begins behind byte %llu",
                        (unsigned long long)r->ordinal, (unsigned long long)(r->view.at + r->at));
}

enum err values_next(struct reader *r, struct str *ret_value, struct diag *d)
{
    for (;;) {
        struct json_scan s;
        struct str text = r->view.text;
        size_t from = behind_space(text, r->at);
        json_scan_init(&s, text);
        s.at = from;
        s.origin = (size_t)r->view.at;
        bool some = from < text.len;
        enum json_token token = some ? json_scan_skip(&s, ret_value) : JSON_END;
        if (s.at >= text.len && !r->view.ended) {
            r->at = from;
            TRY(reader_more(r, from, d));
            continue;
        }
        if (token == JSON_ERROR) {
            (void)json_scan_fail(&s, d);
            return fail_value(r, d);
        }
        r->at = s.at;
        return some ? ERR_OK : ERR_NOT_FOUND;
    }
}

/* ---- {"Records":[...]} ---- */

/* The next token, and with `whole` all of an object or array that begins there. */
static enum err token_next(struct reader *r, bool whole, enum json_token *ret_token, struct diag *d)
{
    for (;;) {
        struct json_scan *s = &r->scan;
        s->at = behind_space(s->text, s->at);
        struct json_scan before = *s;
        *ret_token = json_scan_next(s);
        if (whole && (*ret_token == JSON_OBJECT || *ret_token == JSON_ARRAY)) {
            size_t token_at = s->token_at;
            *ret_token = json_scan_skip(s, NULL);
            s->token_at = token_at;
        }
        if (s->at < s->text.len || r->view.ended) {
            return *ret_token == JSON_ERROR ? json_scan_fail(s, d) : ERR_OK;
        }
        *s = before;
        TRY(reader_more(r, s->at, d));
    }
}

static enum err value_skip(struct reader *r, struct diag *d)
{
    enum json_token token;
    int depth = r->scan.depth;
    do {
        TRY(token_next(r, false, &token, d));
    } while (r->scan.depth > depth);
    return ERR_OK;
}

/* AWS cloudtrail-object-1: an object is one JSON object, and Records in it the events. */
enum err cloudtrail_open(struct reader *r, struct diag *d)
{
    struct json_scan *s = &r->scan;
    enum json_token token;
    json_scan_init(s, r->view.text);
    s->at = r->at;
    TRY(token_next(r, false, &token, d));
    if (token != JSON_OBJECT) {
        return fail(d, ERR_INVALID, "not an object with Records");
    }
    for (;;) {
        TRY(token_next(r, false, &token, d));
        if (token != JSON_KEY) {
            return fail(d, ERR_INVALID, "not an object with Records");
        }
        if (str_eq(s->raw, STR("Records"))) {
            break;
        }
        TRY(value_skip(r, d));
    }
    TRY(token_next(r, false, &token, d));
    return token == JSON_ARRAY
               ? ERR_OK
               : fail(d, ERR_INVALID, "byte %zu: Records is not an array", s->origin + s->token_at);
}

/* Behind the array: the rest must be JSON too, or the object was cut. */
static enum err cloudtrail_end(struct reader *r, struct diag *d)
{
    enum json_token token;
    do {
        TRY(token_next(r, false, &token, d));
    } while (token != JSON_END);
    return ERR_NOT_FOUND;
}

enum err cloudtrail_next(struct reader *r, struct reader_record *record, struct diag *d)
{
    enum json_token token;
    enum err err = token_next(r, true, &token, d);
    if (err != ERR_OK) {
        return diag_context(d, "record %llu", (unsigned long long)r->ordinal);
    }
    if (token == JSON_ARRAY_END) {
        return cloudtrail_end(r, d);
    }
    record->data = str_slice(r->view.text, r->scan.token_at, r->scan.at);
    return ERR_OK;
}
