/* fault_nearest.c -- The known name that is nearest to a misspelt one, by edit distance. */
#include "fault_parts.h"

#define NEAREST_NAME_BYTES_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions and replacements, one row at a time; names past the cap are compared by
 * their beginning. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t row[NEAREST_NAME_BYTES_MAX + 1];
    size_t a_len = least(a.len, NEAREST_NAME_BYTES_MAX);
    size_t b_len = least(b.len, NEAREST_NAME_BYTES_MAX);
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

const char *fault_nearest(struct str name, const char *const *names, size_t count)
{
    const char *nearest = "";
    size_t smallest = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        bool begun = name.len >= 2 && str_starts(str_of(names[i]), name); /* as good as one edit */
        size_t distance = begun ? 1 : edit_distance(name, str_of(names[i]));
        if (distance < smallest) {
            smallest = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
