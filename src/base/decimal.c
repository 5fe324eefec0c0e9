/* decimal.c -- Exact decimals and ratios: integers all the way, with 128 bits in between. */
#include "base/decimal.h"

#define DIGITS_MAX 19 /* a longer run of digits cannot be an int64 */

__extension__ typedef __int128 wide;

static int64_t power10(int exponent)
{
    int64_t power = 1;
    for (int i = 0; i < exponent; i++) {
        power *= 10;
    }
    return power;
}

/* A number as it is written: mantissa * 10^exponent, the mantissa without zeros at its end. */
struct written {
    bool negative, too_long; /* too_long: more digits than fit, the mantissa says nothing */
    uint64_t mantissa;
    int digits;    /* of the mantissa */
    int64_t zeros; /* zeros seen behind it */
    int64_t exponent;
};

static void written_add(struct written *w, char c)
{
    if (c == '0') {
        w->zeros += w->digits > 0;
        return;
    }
    if (w->digits + w->zeros + 1 > DIGITS_MAX) {
        w->too_long = true;
    }
    if (!w->too_long) {
        for (; w->zeros > 0; w->zeros--) {
            w->mantissa *= 10;
            w->digits++;
        }
        w->mantissa = w->mantissa * 10 + (uint64_t)(c - '0');
        w->digits++;
    }
    w->zeros = 0;
}

static bool is_digit(struct str text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

/* Reads "[eE][+-]digits"; false when there is something else. */
static bool read_exponent(struct str text, size_t *at, int64_t *ret_exponent)
{
    int64_t exponent = 0;
    size_t i = *at + 1;
    bool negative = i < text.len && text.ptr[i] == '-';
    i += negative || (i < text.len && text.ptr[i] == '+');
    if (!is_digit(text, i)) {
        return false;
    }
    for (; is_digit(text, i); i++) {
        if (exponent < INT64_C(1000000000000000)) { /* far past any text's length */
            exponent = exponent * 10 + (text.ptr[i] - '0');
        }
    }
    *ret_exponent = negative ? -exponent : exponent;
    *at = i;
    return true;
}

static bool read_number(struct str text, struct written *w)
{
    size_t at = 0;
    int64_t fraction = 0;
    *w = (struct written){.negative = text.len > 0 && text.ptr[0] == '-'};
    at += w->negative;
    if (!is_digit(text, at)) {
        return false;
    }
    for (; is_digit(text, at); at++) {
        written_add(w, text.ptr[at]);
    }
    if (at < text.len && text.ptr[at] == '.') {
        at++;
        if (!is_digit(text, at)) {
            return false;
        }
        for (; is_digit(text, at); at++, fraction++) {
            written_add(w, text.ptr[at]);
        }
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E') &&
        !read_exponent(text, &at, &w->exponent)) {
        return false;
    }
    w->exponent += w->zeros - fraction;
    return at == text.len;
}

static int shown(struct str text)
{
    return text.len > 60 ? 60 : (int)text.len;
}

/* Passes digits into *value; gives how many. */
static size_t add_digits(const char *p, size_t len, int64_t *value)
{
    size_t at = 0;
    for (; at < len && (unsigned char)(p[at] - '0') < 10; at++) {
        *value = *value * 10 + (p[at] - '0');
    }
    return at;
}

bool decimal_parse_plain(struct str text, int scale, int64_t *ret_value)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    const char *p = text.ptr + negative;
    size_t len = text.len - negative, fraction = 0;
    int64_t value = 0;
    if (len == 0 || len > 18) {
        return false;
    }
    size_t whole = add_digits(p, len, &value);
    if (whole == 0 || (p[0] == '0' && whole > 1)) {
        return false;
    }
    if (whole < len) {
        fraction = add_digits(p + whole + 1, len - whole - 1, &value);
        if (p[whole] != '.' || fraction == 0 || whole + 1 + fraction != len) {
            return false;
        }
    }
    if (fraction > (size_t)scale || whole + (size_t)scale > 18) {
        return false;
    }
    value *= power10(scale - (int)fraction);
    *ret_value = negative ? -value : value;
    return true;
}

enum err decimal_parse(struct str text, int scale, int64_t *ret_value, struct diag *d)
{
    struct written w;
    ASSERT(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    if (!read_number(text, &w)) {
        return fail(d, ERR_INVALID, "'%.*s' is not a decimal number", shown(text), text.ptr);
    }
    if (w.digits == 0) {
        *ret_value = 0;
        return ERR_OK;
    }
    int64_t shift = w.exponent + scale;
    if (shift < 0) {
        return fail(d, ERR_INVALID, "'%.*s' has more than %d decimals", shown(text), text.ptr,
                    scale);
    }
    wide value = w.negative ? -(wide)w.mantissa : (wide)w.mantissa;
    if (!w.too_long && shift < DIGITS_MAX) {
        value *= power10((int)shift);
    }
    if (w.too_long || shift >= DIGITS_MAX || value > INT64_MAX || value < INT64_MIN) {
        return fail(d, ERR_LIMIT, "'%.*s' is too large at %d decimals", shown(text), text.ptr,
                    scale);
    }
    *ret_value = (int64_t)value;
    return ERR_OK;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
}

static void add_text(struct buf *out, int64_t value, int scale, int decimals, uint64_t left)
{
    char digits[DECIMAL_SCALE_MAX];
    uint64_t unit = (uint64_t)power10(scale);
    uint64_t fraction = left % unit;
    if (value < 0) {
        buf_add_char(out, '-');
    }
    buf_add_u64(out, left / unit);
    if (decimals == 0) {
        return;
    }
    for (int i = scale - 1; i >= 0; i--) {
        digits[i] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    buf_add_char(out, '.');
    buf_add_bytes(out, digits, (size_t)decimals);
}

void decimal_text(struct buf *out, int64_t value, int scale)
{
    ASSERT(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    add_text(out, value, scale, scale, magnitude(value));
}

void decimal_text_short(struct buf *out, int64_t value, int scale)
{
    ASSERT(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    int decimals = scale;
    for (int64_t rest = value; decimals > 0 && rest % 10 == 0; rest /= 10) {
        decimals--;
    }
    add_text(out, value, scale, decimals, magnitude(value));
}

enum err decimal_add(int64_t a, int64_t b, int64_t *ret_sum, struct diag *d)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return fail(d, ERR_LIMIT, "%lld + %lld is too large", (long long)a, (long long)b);
    }
    *ret_sum = sum;
    return ERR_OK;
}

/* |value| < 2^126 + 1, scales at most twice DECIMAL_SCALE_MAX. */
static enum err wide_rescale(wide value, int from, int to, int64_t *ret_value, struct diag *d)
{
    if (from > to) {
        wide unit = power10(from - to);
        if (value % unit != 0) {
            return fail(d, ERR_INVALID, "digits would be lost at %d decimals", to);
        }
        value /= unit;
    }
    bool fits = value <= INT64_MAX && value >= INT64_MIN;
    if (fits && from < to) {
        value *= power10(to - from);
        fits = value <= INT64_MAX && value >= INT64_MIN;
    }
    if (!fits) {
        return fail(d, ERR_LIMIT, "the number is too large at %d decimals", to);
    }
    *ret_value = (int64_t)value;
    return ERR_OK;
}

enum err decimal_mul(int64_t a, int scale_a, int64_t b, int scale_b, int scale,
                     int64_t *ret_product, struct diag *d)
{
    ASSERT(scale_a >= 0 && scale_a <= DECIMAL_SCALE_MAX);
    ASSERT(scale_b >= 0 && scale_b <= DECIMAL_SCALE_MAX);
    ASSERT(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    return wide_rescale((wide)a * b, scale_a + scale_b, scale, ret_product, d);
}

enum err decimal_rescale(int64_t value, int from, int to, int64_t *ret_value, struct diag *d)
{
    ASSERT(from >= 0 && from <= DECIMAL_SCALE_MAX);
    ASSERT(to >= 0 && to <= DECIMAL_SCALE_MAX);
    return wide_rescale(value, from, to, ret_value, d);
}

static enum err ratio_reduce(struct str text, uint64_t num, uint64_t den, struct ratio *ret_ratio,
                             struct diag *d)
{
    uint64_t a = num;
    uint64_t b = den;
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    if (num / a > UINT32_MAX || den / a > UINT32_MAX) {
        return fail(d, ERR_LIMIT, "the ratio '%.*s' needs more than 32 bits", shown(text),
                    text.ptr);
    }
    *ret_ratio = (struct ratio){.num = (uint32_t)(num / a), .den = (uint32_t)(den / a)};
    return ERR_OK;
}

enum err ratio_parse(struct str text, struct ratio *ret_ratio, struct diag *d)
{
    struct diag why = DIAG_INIT;
    struct str left;
    struct str right;
    if (str_split(text, '/', &left, &right)) {
        uint64_t num;
        uint64_t den;
        if (str_u64(left, &num, &why) == ERR_OK && str_u64(right, &den, &why) == ERR_OK &&
            den > 0) {
            return ratio_reduce(text, num, den, ret_ratio, d);
        }
    } else {
        bool percent = str_ends(text, STR("%"));
        struct str number = str_slice(text, 0, text.len - percent);
        int64_t value;
        if (decimal_parse(number, DECIMAL_SCALE_MAX, &value, &why) == ERR_OK && value >= 0) {
            uint64_t den = (uint64_t)power10(DECIMAL_SCALE_MAX) * (percent ? 100 : 1);
            return ratio_reduce(text, (uint64_t)value, den, ret_ratio, d);
        }
    }
    return fail(d, ERR_INVALID, "'%.*s' is not a ratio such as 1/50, 5%% or 1", shown(text),
                text.ptr);
}
