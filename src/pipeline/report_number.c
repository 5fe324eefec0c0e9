/* report_number.c -- Numbers and names as people read them. */
#include "report_parts.h"

#include "base/encode.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the whole part with its sign; 0: not a number as JSON has it. */
static size_t whole_part(struct str text)
{
    size_t sign = text.len > 0 && text.ptr[0] == '-' ? 1 : 0, at = sign;
    while (at < text.len && is_digit(text.ptr[at])) {
        at++;
    }
    bool leading_zero = at - sign > 1 && text.ptr[sign] == '0';
    return at == sign || leading_zero ? 0 : at;
}

bool report_is_number(struct str text)
{
    size_t at = whole_part(text);
    if (at == 0 || at == text.len) {
        return at > 0;
    }
    if (text.ptr[at] != '.' || at + 1 == text.len) {
        return false;
    }
    for (at++; at < text.len; at++) {
        if (!is_digit(text.ptr[at])) {
            return false;
        }
    }
    return true;
}

bool report_is_whole(struct str text)
{
    size_t at = whole_part(text);
    return at > 0 && at == text.len && text.len <= 18;
}

void report_number(struct buf *out, struct str number)
{
    size_t whole = whole_part(number);
    size_t sign = number.len > 0 && number.ptr[0] == '-' ? 1 : 0;
    if (sign == 1) {
        buf_add_z(out, "\xe2\x88\x92"); /* the minus sign, as wide as a plus */
    }
    for (size_t i = sign; i < whole; i++) {
        if (i > sign && (whole - i) % 3 == 0) {
            buf_add_char(out, ',');
        }
        buf_add_char(out, number.ptr[i]);
    }
    encode_html(out, str_from(number, whole > sign ? whole : sign));
}

void report_label(struct buf *out, struct str column)
{
    for (size_t i = 0; i < column.len; i++) {
        char c = column.ptr[i] == '_' ? ' ' : column.ptr[i];
        if (i == 0 && c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        encode_html(out, str_n(&c, 1));
    }
}
