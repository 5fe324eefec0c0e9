/* nearest.c -- The optimal string alignment distance, three rows of it at a time. */
#include "base/nearest.h"

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

static unsigned distance(struct str a, struct str b)
{
    unsigned rows[3][NEAREST_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned replace = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, replace);
            bool swapped =
                i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
            if (swapped && rows[(i + 1) % 3][j - 2] + 1 < row[j]) {
                row[j] = rows[(i + 1) % 3][j - 2] + 1;
            }
        }
    }
    return rows[a.len % 3][b.len];
}

struct str nearest_name(struct str name, const struct str *names, size_t count)
{
    struct str nearest = STR_EMPTY;
    unsigned least = 0;
    if (name.len > NEAREST_BYTES_MAX) {
        return nearest;
    }
    for (size_t i = 0; i < count; i++) {
        if (names[i].len > NEAREST_BYTES_MAX) {
            continue;
        }
        unsigned far = distance(name, names[i]);
        size_t length = names[i].len > name.len ? names[i].len : name.len;
        bool near = far <= (length < 4 ? 1 : length < 9 ? 2 : 3) && far < length;
        if (near && (nearest.len == 0 || far < least)) {
            nearest = names[i];
            least = far;
        }
    }
    return nearest;
}
