/* diag.h -- The story of a failure: the code goes by return, the words by struct diag.
 * The first failure wins; callers on the way up add context in front. Last parameter,
 * never NULL. */
#ifndef AFORO_BASE_DIAG_H
#define AFORO_BASE_DIAG_H

#include <stdbool.h>
#include "base/err.h"

struct diag {
    enum err code; /* ERR_OK: nothing has failed */
    int line;
    const char *file;
    char name[64]; /* what the other side called it: an AWS error code, an SQLSTATE; else "" */
    char msg[400]; /* for a person; cut at the end when longer */
};

#define DIAG_INIT ((struct diag){.code = ERR_OK})

/* Notes a failure and returns `code`. A later failure does not overwrite an earlier one. */
#define fail(d, code, ...)                                                                         \
    ({                                                                                             \
        enum err fail_code_ = (code); /* kept here: gcc sees that it is not 0 */                   \
        diag_fail((d), fail_code_, __FILE__, __LINE__, __VA_ARGS__);                               \
        fail_code_;                                                                                \
    })
enum err diag_fail(struct diag *d, enum err code, const char *file, int line, const char *format,
                   ...) PRINTF_LIKE(5, 6);

/* The same with the other side's name for it (cut at 63 bytes). */
#define fail_named(d, code, name, ...)                                                             \
    ({                                                                                             \
        enum err fail_code_ = (code);                                                              \
        diag_fail_named((d), fail_code_, (name), __FILE__, __LINE__, __VA_ARGS__);                 \
        fail_code_;                                                                                \
    })
enum err diag_fail_named(struct diag *d, enum err code, const char *name, const char *file,
                         int line, const char *format, ...) PRINTF_LIKE(6, 7);

/* Puts "context: " in front of the message; does nothing when nothing has failed. Returns d->code,
 * so `return diag_context(d, "object %s", key);` reads well. */
enum err diag_context(struct diag *d, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forgets the failure: before another attempt. */
void diag_clear(struct diag *d);

/* Whether the other side's name is `name`. */
bool diag_is_named(const struct diag *d, const char *name);

/* Whether the same call may succeed later: throttled, unavailable or unknown. */
bool err_is_transient(enum err code);

#endif
