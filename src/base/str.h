/* str.h -- Text and bytes by value: a pointer and a length, never owned, never NUL-terminated.
 * NUL exists only where libc or a library asks for it (str_z). */
#ifndef AFORO_BASE_STR_H
#define AFORO_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"

struct str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
};

#define STR(literal) ((struct str){.ptr = "" literal, .len = sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        .ptr = "" literal, .len = sizeof(literal) - 1                                              \
    } /* in static tables */
#define STR_EMPTY ((struct str){.ptr = "", .len = 0})
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, ((s).len == 0 ? "" : (s).ptr)

struct str str_of(const char *z); /* borrows; NULL gives the empty string */
struct str str_n(const char *ptr, size_t len);
struct str str_copy(struct arena *a, struct str s); /* the copy's ptr is never NULL */
const char *str_z(struct arena *a, struct str s);   /* a NUL-terminated copy */
struct str str_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
struct str str_join(struct arena *a, struct str left, struct str right);

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
/* by unsigned bytes; a prefix comes first */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, struct str needle);
#define STR_NONE ((size_t)-1)
size_t str_find(struct str s, char c); /* index of the first, or STR_NONE */
size_t str_find_last(struct str s, char c);
size_t str_find_str(struct str s, struct str needle);

struct str str_slice(struct str s, size_t from, size_t to); /* clipped to the string */
struct str str_from(struct str s, size_t from);             /* the rest, clipped */
struct str str_trim(struct str s);                          /* ASCII white space at both ends */
struct str str_lower(struct arena *a, struct str s);        /* ASCII */

/* Takes what stands before the first `separator` off *rest; false when *rest was exhausted.
 *   for (struct str rest = line, item; str_cut(&rest, ',', &item);) ...
 * "a,,b" gives "a" "" "b"; the empty string gives nothing; "a," gives "a" "". */
bool str_cut(struct str *rest, char separator, struct str *ret_item);
/* Splits at the first `separator`; false (and *ret_right empty) when there is none. */
bool str_split(struct str s, char separator, struct str *ret_left, struct str *ret_right);

/* Whole-string numbers in decimal; ERR_INVALID names what was read, also when out of range. */
MUST_USE enum err str_i64(struct str s, int64_t *ret_value, struct diag *d);
MUST_USE enum err str_u64(struct str s, uint64_t *ret_value, struct diag *d);

/* Glob: '*' any run (also across '/'), '?' one byte, all else literal. */
bool str_glob(struct str pattern, struct str s);

#endif
