/* reading.h -- Values by key out of the tree of a file that people write, with the place of what is
 * wrong: "file:line:column: key: what was expected", and the nearest known name. A key that is
 * absent leaves *ret_value as it was, so defaults are set before; `required` refuses that. */
#ifndef AFORO_BASE_READING_H
#define AFORO_BASE_READING_H

#include "base/json.h"

struct reading {
    struct arena *arena;
    struct str file;
};

/* ERR_INVALID at the node's place; a key in front when it has one. */
enum err reading_fail(const struct reading *r, const struct json *node, struct diag *d,
                      const char *format, ...) PRINTF_LIKE(4, 5);
/* The same about a name that is none of `names`; the nearest is offered. what: "unknown key", "no
 * such column". */
enum err reading_fail_name(const struct reading *r, const struct json *node, const char *what,
                           struct str name, const struct str *names, size_t count, struct diag *d);
/* The node is a mapping of known keys. */
MUST_USE enum err reading_keys(const struct reading *r, const struct json *node,
                               const struct str *names, size_t count, struct diag *d);
/* The node under `key` of this kind; NULL when absent and not required. */
MUST_USE enum err reading_node(const struct reading *r, const struct json *parent, const char *key,
                               enum json_kind kind, bool required, struct json **ret_node,
                               struct diag *d);
MUST_USE enum err reading_str(const struct reading *r, const struct json *parent, const char *key,
                              bool required, struct str *ret_value, struct diag *d);
MUST_USE enum err reading_bool(const struct reading *r, const struct json *parent, const char *key,
                               bool *ret_value, struct diag *d);
MUST_USE enum err reading_count(const struct reading *r, const struct json *parent, const char *key,
                                int64_t min, int64_t max, size_t *ret_value, struct diag *d);
/* A whole number of bytes, or text with KiB or MiB behind it. */
MUST_USE enum err reading_bytes(const struct reading *r, const struct json *parent, const char *key,
                                size_t max, size_t *ret_value, struct diag *d);
MUST_USE enum err reading_duration(const struct reading *r, const struct json *parent,
                                   const char *key, int64_t min_us, int64_t max_us,
                                   int64_t *ret_value, struct diag *d);
/* One of `names`, by its index. */
MUST_USE enum err reading_choice(const struct reading *r, const struct json *parent,
                                 const char *key, const struct str *names, size_t count,
                                 bool required, size_t *ret_index, struct diag *d);

#endif
