#include "base/str.h"

#include <string.h>
#include "base/text_format.h"

#define FORMATTED_BYTES_FIRST 256 /* longer texts are formatted twice */

struct str str_of(const char *z)
{
    return z == NULL ? STR_EMPTY : (struct str){.ptr = z, .len = strlen(z)};
}

struct str str_n(const char *ptr, size_t len)
{
    return (struct str){.ptr = ptr, .len = len};
}

struct str str_copy(struct arena *a, struct str s)
{
    return s.len == 0 ? STR_EMPTY : str_n(arena_copy(a, s.ptr, s.len), s.len);
}

const char *str_z(struct arena *a, struct str s)
{
    char *z = arena_alloc_raw(a, s.len + 1);
    if (s.len > 0) {
        memcpy(z, s.ptr, s.len);
    }
    z[s.len] = '\0';
    return z;
}

struct str str_vprintf(struct arena *a, const char *format, va_list args)
{
    char small[FORMATTED_BYTES_FIRST];
    va_list again;
    va_copy(again, args);
    size_t len = format_text(small, sizeof(small), format, args);
    char *text = arena_alloc_raw(a, len + 1);
    if (len < sizeof(small)) {
        memcpy(text, small, len + 1);
    } else {
        (void)format_text(text, len + 1, format, again);
    }
    va_end(again);
    return str_n(text, len);
}

struct str str_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_vprintf(a, format, args);
    va_end(args);
    return text;
}

struct str str_join(struct arena *a, struct str left, struct str right)
{
    char *text = arena_alloc_raw(a, left.len + right.len);
    if (left.len > 0) {
        memcpy(text, left.ptr, left.len);
    }
    if (right.len > 0) {
        memcpy(text + left.len, right.ptr, right.len);
    }
    return str_n(text, left.len + right.len);
}

/* ---- comparing ---- */

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_n(s.ptr, prefix.len), prefix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq_nocase(str_n(s.ptr, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

/* ---- searching ---- */

size_t str_find(struct str s, char c)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);
    return at == NULL ? STR_NONE : (size_t)(at - s.ptr);
}

size_t str_find_last(struct str s, char c)
{
    const char *at = s.len == 0 ? NULL : memrchr(s.ptr, c, s.len);
    return at == NULL ? STR_NONE : (size_t)(at - s.ptr);
}

size_t str_find_str(struct str s, struct str needle)
{
    if (needle.len == 0) {
        return 0;
    }
    const char *at = s.len == 0 ? NULL : memmem(s.ptr, s.len, needle.ptr, needle.len);
    return at == NULL ? STR_NONE : (size_t)(at - s.ptr);
}

bool str_contains(struct str s, struct str needle)
{
    return str_find_str(s, needle) != STR_NONE;
}

/* ---- parts ---- */

struct str str_slice(struct str s, size_t from, size_t to)
{
    to = to > s.len ? s.len : to;
    from = from > to ? to : from;
    return from == to ? STR_EMPTY : str_n(s.ptr + from, to - from);
}

struct str str_from(struct str s, size_t from)
{
    return str_slice(s, from, s.len);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    size_t from = 0, to = s.len;
    while (from < to && is_space(s.ptr[from])) {
        from++;
    }
    while (to > from && is_space(s.ptr[to - 1])) {
        to--;
    }
    return str_slice(s, from, to);
}

struct str str_lower(struct arena *a, struct str s)
{
    char *text = arena_alloc_raw(a, s.len);
    for (size_t i = 0; i < s.len; i++) {
        text[i] = lower(s.ptr[i]);
    }
    return str_n(text, s.len);
}

/* What *rest points at after a separator that ended the text: one empty item is still owed. Not "":
 * a compiler may give that the address of any empty literal (clang -O3 does), and no cut would ever
 * end. */
static const char cut_owes_one[1] = {'!'};

bool str_cut(struct str *rest, char separator, struct str *ret_item)
{
    if (rest->len == 0 && rest->ptr != cut_owes_one) {
        return false;
    }
    size_t at = str_find(*rest, separator);
    if (at == STR_NONE) {
        *ret_item = rest->len == 0 ? STR_EMPTY : *rest;
        *rest = STR_EMPTY;
        return true;
    }
    *ret_item = str_slice(*rest, 0, at);
    *rest = str_from(*rest, at + 1);
    if (rest->len == 0) {
        rest->ptr = cut_owes_one;
    }
    return true;
}

bool str_split(struct str s, char separator, struct str *ret_left, struct str *ret_right)
{
    size_t at = str_find(s, separator);
    if (at == STR_NONE) {
        *ret_left = s;
        *ret_right = STR_EMPTY;
        return false;
    }
    *ret_left = str_slice(s, 0, at);
    *ret_right = str_from(s, at + 1);
    return true;
}

/* ---- numbers ---- */

static enum err number_wrong(struct str s, const char *why, struct diag *d)
{
    int shown = s.len > 40 ? 40 : (int)s.len;
    return fail(d, ERR_INVALID, "\"%.*s%s\" %s", shown, s.len == 0 ? "" : s.ptr,
                s.len > 40 ? "..." : "", why);
}

static enum err digits_parse(struct str whole, struct str digits, uint64_t max, uint64_t *ret_value,
                             struct diag *d)
{
    if (digits.len == 0) {
        return number_wrong(whole, "is not a whole number", d);
    }
    uint64_t value = 0;
    bool too_large = false;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)(unsigned char)digits.ptr[i] - '0';
        if (digit > 9) {
            return number_wrong(whole, "is not a whole number", d);
        }
        too_large = too_large || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
                    __builtin_add_overflow(value, (uint64_t)digit, &value) || value > max;
    }
    if (too_large) {
        return number_wrong(whole, "is out of range", d);
    }
    *ret_value = value;
    return ERR_OK;
}

enum err str_u64(struct str s, uint64_t *ret_value, struct diag *d)
{
    return digits_parse(s, s, UINT64_MAX, ret_value, d);
}

enum err str_i64(struct str s, int64_t *ret_value, struct diag *d)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t max = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t value;
    TRY(digits_parse(s, negative ? str_from(s, 1) : s, max, &value, d));
    *ret_value = (int64_t)(negative ? 0 - value : value);
    return ERR_OK;
}

/* ---- glob ---- */

/* On a mismatch only the latest '*' takes one byte more: an earlier one could not do better, so the
 * cost is at most the product of the two lengths. */
bool str_glob(struct str pattern, struct str s)
{
    size_t p = 0, i = 0, star = STR_NONE, star_i = 0;
    while (i < s.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            star_i = i;
        } else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == s.ptr[i])) {
            p++;
            i++;
        } else if (star != STR_NONE) {
            p = star + 1;
            i = ++star_i;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}
