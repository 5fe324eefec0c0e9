/* byte_range.c -- Reading "bytes=first-last". */
#include "byte_range.h"

static bool read_number(struct str text, uint64_t *ret_value)
{
    struct diag d = DIAG_INIT;
    return str_u64(text, ret_value, &d) == ERR_OK;
}

static enum byte_range_kind suffix_range(struct str text, uint64_t size,
                                         struct byte_range *ret_range)
{
    uint64_t count;
    if (!read_number(text, &count)) {
        return RANGE_NONE;
    }
    if (count == 0 || size == 0) {
        return RANGE_UNSATISFIABLE;
    }
    count = count < size ? count : size;
    *ret_range = (struct byte_range){.first = size - count, .count = count};
    return RANGE_OK;
}

/* AWS s3-range-1: several ranges, other units and what cannot be read are ignored: the whole object
 * is the answer. */
enum byte_range_kind byte_range_parse(struct str header, uint64_t size,
                                      struct byte_range *ret_range)
{
    struct str first_text, last_text;
    uint64_t first, last = UINT64_MAX;
    struct str spec = str_trim(str_from(header, 6));
    if (!str_starts_nocase(header, STR("bytes=")) ||
        !str_split(spec, '-', &first_text, &last_text)) {
        return RANGE_NONE;
    }
    if (first_text.len == 0) {
        return suffix_range(last_text, size, ret_range);
    }
    if (!read_number(first_text, &first) || (last_text.len > 0 && !read_number(last_text, &last)) ||
        first > last) {
        return RANGE_NONE;
    }
    if (first >= size) {
        return RANGE_UNSATISFIABLE;
    }
    last = last < size ? last : size - 1;
    *ret_range = (struct byte_range){.first = first, .count = last - first + 1};
    return RANGE_OK;
}

bool byte_range_exact(struct str header, struct byte_range *ret_range)
{
    struct str first_text, last_text;
    uint64_t first, last;
    if (!str_starts(header, STR("bytes=")) ||
        !str_split(str_from(header, 6), '-', &first_text, &last_text) ||
        !read_number(first_text, &first) || !read_number(last_text, &last) || first > last ||
        last == UINT64_MAX) {
        return false;
    }
    *ret_range = (struct byte_range){.first = first, .count = last - first + 1};
    return true;
}
