#include "table.h"

#include <string.h>
#include "base/limits.h"

struct table {
    struct arena *arena;
    const char *align;
    size_t columns;
    struct str *cells;
    size_t count, cap; /* cells */
    size_t widths[TABLE_COLUMNS_MAX];
};

struct table *table_new(struct arena *a, const char *align)
{
    struct table *t = NEW(a, struct table);
    *t = (struct table){.arena = a, .align = align, .columns = strlen(align)};
    ASSERT(t->columns >= 1 && t->columns <= TABLE_COLUMNS_MAX);
    return t;
}

/* Characters, not bytes: continuation bytes of UTF-8 take no place. */
static size_t width_of(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++) {
        width += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    }
    return width;
}

void table_add(struct table *t, const struct str *cells)
{
    if (t->count + t->columns > t->cap) {
        size_t cap = t->cap == 0 ? 16 * t->columns : 2 * t->cap;
        t->cells =
            arena_grow(t->arena, t->cells, t->cap * sizeof(t->cells[0]), cap * sizeof(t->cells[0]));
        t->cap = cap;
    }
    for (size_t i = 0; i < t->columns; i++) {
        size_t width = width_of(cells[i]);
        t->widths[i] = width > t->widths[i] ? width : t->widths[i];
        t->cells[t->count++] = cells[i];
    }
}

static void add_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, ' ');
    }
}

/* What is in a cell may come from data: no control character reaches the terminal. */
static void add_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buf_add_char(out, c < 0x20 || c == 0x7F ? '?' : (char)c);
    }
}

void table_write(struct buf *out, const struct table *t)
{
    for (size_t i = 0; i < t->count; i += t->columns) {
        size_t line_at = out->len;
        for (size_t k = 0; k < t->columns; k++) {
            size_t fill = t->widths[k] - width_of(t->cells[i + k]);
            add_spaces(out, 2 + (t->align[k] == 'r' ? fill : 0));
            add_text(out, t->cells[i + k]);
            add_spaces(out, t->align[k] == 'r' ? 0 : fill);
        }
        while (out->len > line_at && out->ptr[out->len - 1] == ' ') {
            buf_truncate(out, out->len - 1);
        }
        buf_add_char(out, '\n');
    }
}

struct str table_number(struct arena *a, uint64_t number)
{
    struct str digits = str_printf(a, "%llu", (unsigned long long)number);
    struct buf out;
    buf_init(&out, a, 64);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > 0 && (digits.len - i) % 3 == 0) {
            buf_add_char(&out, ',');
        }
        buf_add_char(&out, digits.ptr[i]);
    }
    return buf_str(&out);
}
