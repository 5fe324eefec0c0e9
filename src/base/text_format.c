#include "base/text_format.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NO_PRECISION (-1)
#define DIGITS_MAX 20

struct writing {
    char *to;
    size_t room, len;
    va_list args;
};

struct directive {
    bool left, zeros;
    char size; /* 0: int; 'l': long and long long; 'z' */
    char conversion;
    int width, precision;
};

static_assert(sizeof(long) == sizeof(long long), "'l' and 'll' are read as one");

static void add(struct writing *w, const char *text, size_t len)
{
    if (w->len < w->room) {
        size_t left = w->room - w->len;
        memcpy(w->to + w->len, text, len < left ? len : left);
    }
    w->len += len;
}

static void pad(struct writing *w, char c, size_t count)
{
    if (w->len < w->room) {
        size_t left = w->room - w->len;
        memset(w->to + w->len, c, count < left ? count : left);
    }
    w->len += count;
}

/* ---- reading a directive ---- */

static int read_number(struct writing *w, const char **at)
{
    if (**at == '*') {
        ++*at;
        return va_arg(w->args, int);
    }
    int value = 0;
    while (**at >= '0' && **at <= '9' && value < 10000) {
        value = 10 * value + (*(*at)++ - '0');
    }
    return value;
}

/* What stands behind a '%'; false: libc's. */
static bool read_directive(struct writing *w, const char **at, struct directive *ret)
{
    *ret = (struct directive){.precision = NO_PRECISION};
    for (; **at == '-' || **at == '0'; ++*at) {
        ret->left = ret->left || **at == '-';
        ret->zeros = ret->zeros || **at == '0';
    }
    ret->width = read_number(w, at);
    if (**at == '.') {
        ++*at;
        ret->precision = read_number(w, at);
    }
    while (**at == 'l' || **at == 'z') {
        ret->size = *(*at)++;
    }
    ret->conversion = **at;
    if (ret->conversion == '\0' || strchr("duxXcs%", ret->conversion) == NULL) {
        return false;
    }
    ++*at;
    bool plain = ret->precision == NO_PRECISION || ret->conversion == 's';
    return plain && ret->width >= 0 && ret->precision >= NO_PRECISION;
}

/* ---- writing a value ---- */

/* `sign` stands in front of the zeros, and behind the blanks. */
static void write_field(struct writing *w, const struct directive *d, const char *sign,
                        const char *text, size_t len)
{
    size_t signs = sign[0] == '\0' ? 0 : 1, width = (size_t)d->width;
    size_t missing = width > signs + len ? width - signs - len : 0;
    bool zeros = d->zeros && !d->left;
    if (missing > 0 && !d->left && !zeros) {
        pad(w, ' ', missing);
    }
    add(w, sign, signs);
    if (missing > 0 && zeros) {
        pad(w, '0', missing);
    }
    add(w, text, len);
    if (missing > 0 && d->left) {
        pad(w, ' ', missing);
    }
}

static void write_digits(struct writing *w, const struct directive *d, const char *sign,
                         uint64_t value)
{
    const char *names = d->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = d->conversion == 'x' || d->conversion == 'X' ? 16 : 10;
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    do {
        digits[--at] = names[value % base];
        value /= base;
    } while (value > 0);
    write_field(w, d, sign, digits + at, DIGITS_MAX - at);
}

static void write_signed(struct writing *w, const struct directive *d)
{
    int64_t value = d->size == 0 ? va_arg(w->args, int) : va_arg(w->args, long);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    write_digits(w, d, value < 0 ? "-" : "", size);
}

static void write_text(struct writing *w, const struct directive *d)
{
    const char *text = va_arg(w->args, const char *);
    text = text == NULL ? "(null)" : text;
    size_t len = d->precision == NO_PRECISION ? strlen(text) : strnlen(text, (size_t)d->precision);
    write_field(w, &(struct directive){.left = d->left, .width = d->width}, "", text, len);
}

static void write_value(struct writing *w, const struct directive *d)
{
    char c;
    switch (d->conversion) {
    case 'd':
        write_signed(w, d);
        return;
    case 's':
        write_text(w, d);
        return;
    case '%':
        add(w, "%", 1);
        return;
    case 'c':
        c = (char)va_arg(w->args, int);
        write_field(w, &(struct directive){.left = d->left, .width = d->width}, "", &c, 1);
        return;
    default:
        write_digits(w, d, "",
                     d->size == 0 ? va_arg(w->args, unsigned) : va_arg(w->args, unsigned long));
    }
}

/* false: a directive is libc's */
static bool write_all(struct writing *w, const char *format)
{
    struct directive d;
    while (*format != '\0') {
        const char *plain_end = strchrnul(format, '%');
        add(w, format, (size_t)(plain_end - format));
        format = plain_end;
        if (*format == '%') {
            format++;
            if (!read_directive(w, &format, &d)) {
                return false;
            }
            write_value(w, &d);
        }
    }
    return true;
}

size_t format_text(char *to, size_t room, const char *format, va_list args)
{
    struct writing w = {.to = to, .room = room > 0 ? room - 1 : 0};
    va_copy(w.args, args);
    bool ours = write_all(&w, format);
    va_end(w.args);
    if (!ours) {
        int len = vsnprintf(to, room, format, args);
        ASSERT(len >= 0);
        return (size_t)len;
    }
    if (room > 0) {
        to[w.len < w.room ? w.len : w.room] = '\0';
    }
    return w.len;
}
