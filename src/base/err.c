#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

const char *err_name(enum err code)
{
    static const char *const names[ERR_COUNT] = {
        [ERR_OK] = "ok",
        [ERR_INVALID] = "invalid",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_CONFLICT] = "conflict",
        [ERR_LIMIT] = "limit",
        [ERR_DENIED] = "denied",
        [ERR_THROTTLED] = "throttled",
        [ERR_UNAVAILABLE] = "unavailable",
        [ERR_UNKNOWN] = "unknown",
        [ERR_CORRUPT] = "corrupt",
        [ERR_UNSUPPORTED] = "unsupported",
        [ERR_CANCELLED] = "cancelled",
        [ERR_INTERNAL] = "internal",
    };
    if ((unsigned)code >= ERR_COUNT) {
        return "internal";
    }
    return names[code];
}

void err_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}
