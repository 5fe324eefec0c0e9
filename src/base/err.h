/* err.h -- The error codes, and the few macros that every function uses with them.
 * A code says what the CALLER does next; what happened is told by struct diag (diag.h). */
#ifndef AFORO_BASE_ERR_H
#define AFORO_BASE_ERR_H

enum err {
    ERR_OK = 0,
    ERR_INVALID,     /* the input is wrong: show it to whoever gave it */
    ERR_NOT_FOUND,   /* what was named is not there */
    ERR_CONFLICT,    /* it is there already, or is not what the condition asked for */
    ERR_LIMIT,       /* larger than a cap: split it or refuse it */
    ERR_DENIED,      /* not allowed: stop and page someone */
    ERR_THROTTLED,   /* refused, nothing was done: the same again, later and slower */
    ERR_UNAVAILABLE, /* failed, nothing was done: the same again is safe */
    ERR_UNKNOWN,     /* the answer was lost: look whether it was done before doing it again */
    ERR_CORRUPT,     /* bytes are not what their checksum or format says */
    ERR_UNSUPPORTED, /* refused by name: not built */
    ERR_CANCELLED,   /* the task was told to stop */
    ERR_INTERNAL,    /* a failure that fits nothing above */
    ERR_COUNT
};

/* The code's name in lower case, such as "not_found"; static, never NULL. */
const char *err_name(enum err code);

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, args_index)                                                      \
    __attribute__((format(printf, format_index, args_index)))

/* Returns from the calling function what `call` failed with. Only for functions that own nothing
 * outside an arena; the others use one forward `goto out`. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum err try_err_ = (call);                                                                \
        if (try_err_ != ERR_OK) {                                                                  \
            return try_err_;                                                                       \
        }                                                                                          \
    } while (0)

/* Stays on in release. States programmer errors only, never what input or a fault can cause. */
#define ASSERT(condition)                                                                          \
    ((condition) ? (void)0 : err_assert_failed(#condition, __FILE__, __LINE__))
__attribute__((noreturn)) void err_assert_failed(const char *condition, const char *file, int line);

#endif
