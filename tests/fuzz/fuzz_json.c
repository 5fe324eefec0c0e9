/* fuzz_json.c -- base/json against cJSON: what both specify they accept and refuse alike, and read
 * as the same tree.
 *
 * cJSON is laxer than RFC 8259 in known ways, and stricter in three; each is named below. What it
 * prints is strict JSON, so that is compared without excuses. */
#include <cjson/cJSON.h>
#include <string.h>
#include "base/json.h"
#include "base/limits.h"
#include "fuzz_check.h"

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

/* cJSON takes what strtod takes as a number, control characters anywhere, a byte-order mark, and
 * deeper nesting. */
static bool is_lax(struct str text, const struct json_scan *s)
{
    size_t at = s->at;
    if (s->depth == JSON_DEPTH_MAX || str_starts(text, STR("\xEF\xBB\xBF"))) {
        return true;
    }
    if (at < text.len && ((unsigned char)text.ptr[at] < 0x20 || is_number_char(text.ptr[at]))) {
        return true;
    }
    for (size_t back = 2; back <= 5 && back <= at; back++) {
        if (memcmp(text.ptr + at - back, "\\u", 2) == 0) {
            return true;
        }
    }
    return at > 0 && is_number_char(text.ptr[at - 1]);
}

/* cJSON refuses surrogates that stand alone and cuts strings at \u0000 and numbers at 63 bytes. */
static bool is_strict(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits = is_number_char(text.ptr[i]) ? digits + 1 : 0;
        if (digits >= 60) {
            return true;
        }
        if (text.ptr[i] == '\\' && i + 5 < text.len && text.ptr[i + 1] == 'u') {
            bool zero = memcmp(text.ptr + i + 2, "0000", 4) == 0;
            bool surrogate = (text.ptr[i + 2] | 0x20) == 'd' && text.ptr[i + 3] >= '8';
            if (zero || surrogate) {
                return true;
            }
        }
    }
    return false;
}

static void check_leaf(const struct json *ours, const cJSON *theirs)
{
    char number[128];
    switch (ours->kind) {
    case JSON_IS_NULL:
        CHECK(cJSON_IsNull(theirs));
        break;
    case JSON_IS_FALSE:
        CHECK(cJSON_IsFalse(theirs));
        break;
    case JSON_IS_TRUE:
        CHECK(cJSON_IsTrue(theirs));
        break;
    case JSON_IS_STRING:
        CHECK(cJSON_IsString(theirs));
        CHECK(str_eq(ours->text, str_of(theirs->valuestring)));
        break;
    case JSON_IS_NUMBER:
        CHECK(cJSON_IsNumber(theirs));
        CHECK(ours->text.len < sizeof number);
        memcpy(number, ours->text.ptr, ours->text.len);
        number[ours->text.len] = '\0';
        CHECK(strtod(number, NULL) <= theirs->valuedouble &&
              strtod(number, NULL) >= theirs->valuedouble);
        break;
    case JSON_IS_ARRAY:
        CHECK(cJSON_IsArray(theirs));
        break;
    case JSON_IS_OBJECT:
        CHECK(cJSON_IsObject(theirs));
        break;
    }
}

static void check_same(const struct json *ours, const cJSON *theirs)
{
    check_leaf(ours, theirs);
    const cJSON *other = theirs->child;
    for (const struct json *child = ours->first; child != NULL; child = child->next) {
        CHECK(other != NULL);
        CHECK(ours->kind == JSON_IS_ARRAY || str_eq(child->key, str_of(other->string)));
        check_same(child, other);
        other = other->next;
    }
    CHECK(other == NULL);
}

static cJSON *their_parse(struct str text)
{
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.ptr, text.len, &end, 0);
    for (size_t at = tree == NULL ? text.len : (size_t)(end - text.ptr); at < text.len; at++) {
        if (strchr(" \t\r\n", text.ptr[at]) == NULL || text.ptr[at] == '\0') {
            cJSON_Delete(tree);
            return NULL;
        }
    }
    return tree;
}

static bool scan_all(struct str text, struct json_scan *s)
{
    enum json_token token;
    json_scan_init(s, text);
    do {
        token = json_scan_next(s);
    } while (token != JSON_END && token != JSON_ERROR);
    return token == JSON_END;
}

/* What is read is written as JSON that is read as the same and written as the same. */
static void check_rewritten(struct arena *a, const struct json *tree)
{
    struct diag d = DIAG_INIT;
    struct json *again;
    struct buf once, twice;
    buf_init(&once, a, 64 * MIB);
    buf_init(&twice, a, 64 * MIB);
    json_write(&once, tree);
    CHECK(json_parse(a, buf_str(&once), &again, &d) == ERR_OK);
    json_write(&twice, again);
    CHECK(str_eq(buf_str(&once), buf_str(&twice)));
    buf_truncate(&twice, 0);
    json_write_indented(&twice, again);
    CHECK(json_parse(a, buf_str(&twice), &again, &d) == ERR_OK);
}

/* The value alone is what a split takes, and what a skip takes. */
static void check_split(struct str text)
{
    struct diag d = DIAG_INIT;
    struct json_scan s;
    struct str value;
    size_t at = 0;
    CHECK(json_split(text, &at, &value, &d) == ERR_OK);
    CHECK(str_eq(value, str_trim(text)));
    CHECK(json_split(text, &at, &value, &d) == ERR_NOT_FOUND);
    CHECK(scan_all(value, &s));
}

static void check_theirs_printed(struct arena *a, cJSON *theirs)
{
    struct diag d = DIAG_INIT;
    struct json *ours;
    struct json_scan s;
    char *printed = cJSON_PrintUnformatted(theirs);
    if (printed != NULL) {
        bool deep = !scan_all(str_of(printed), &s) && s.depth == JSON_DEPTH_MAX;
        CHECK(deep || json_parse(a, str_of(printed), &ours, &d) == ERR_OK);
        cJSON_free(printed);
    }
}

static void check(struct arena *a, struct str text)
{
    struct diag d = DIAG_INIT;
    struct json *ours = NULL;
    struct json_scan s;
    bool accepted = scan_all(text, &s);
    CHECK((json_parse(a, text, &ours, &d) == ERR_OK) == accepted);
    CHECK(accepted || d.msg[0] != '\0');
    cJSON *theirs = their_parse(text);
    if (accepted) {
        check_rewritten(a, ours);
        check_split(text);
        if (!is_strict(text)) {
            CHECK(theirs != NULL);
            check_same(ours, theirs);
        }
    } else if (theirs != NULL) {
        CHECK(is_lax(text, &s));
    }
    if (theirs != NULL) {
        check_theirs_printed(a, theirs);
    }
    cJSON_Delete(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    check(a, str_n((const char *)data, size));
    arena_free(a);
    return 0;
}
