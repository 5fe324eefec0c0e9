/* shape.c -- Looking things up in a service's tables. */
#include "wire/shape.h"

#include <string.h>

/* Order of `name` against the first `len` bytes of `key`; a key may hold NUL bytes, which no name
 * does. */
static int name_cmp(const char *name, const char *key, size_t len)
{
    size_t name_len = strlen(name);
    int order = memcmp(name, key, name_len < len ? name_len : len);
    return order != 0 ? order : (name_len > len) - (name_len < len);
}

const struct operation_model *service_operation(const struct service_model *service,
                                                const char *name, size_t len)
{
    size_t low = 0, high = service->operation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = name_cmp(service->operations[middle].name, name, len);
        if (order == 0) {
            return &service->operations[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct shape_member *shape_find_member(const struct shape *structure, const char *name,
                                             size_t len)
{
    for (size_t i = 0; i < structure->member_count; i++) {
        if (name_cmp(structure->members[i].name, name, len) == 0) {
            return &structure->members[i];
        }
    }
    return NULL;
}
