#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text_format.h"

/* The file's name without its folder, so that messages do not depend on where the tree was built.
 */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* True when this failure is the first one and its message is still to be written. */
static bool diag_open(struct diag *d, enum err code, const char *file, int line)
{
    ASSERT(code != ERR_OK);
    if (d->code != ERR_OK) {
        return false;
    }
    d->code = code;
    d->file = base_name(file);
    d->line = line;
    d->name[0] = '\0';
    return true;
}

enum err diag_fail(struct diag *d, enum err code, const char *file, int line, const char *format,
                   ...)
{
    if (diag_open(d, code, file, line)) {
        va_list args;
        va_start(args, format);
        (void)format_text(d->msg, sizeof(d->msg), format, args);
        va_end(args);
    }
    return code;
}

enum err diag_fail_named(struct diag *d, enum err code, const char *name, const char *file,
                         int line, const char *format, ...)
{
    if (diag_open(d, code, file, line)) {
        snprintf(d->name, sizeof(d->name), "%s", name);
        va_list args;
        va_start(args, format);
        (void)format_text(d->msg, sizeof(d->msg), format, args);
        va_end(args);
    }
    return code;
}

enum err diag_context(struct diag *d, const char *format, ...)
{
    if (d->code == ERR_OK) {
        return ERR_OK;
    }
    char context[sizeof(d->msg)];
    va_list args;
    va_start(args, format);
    (void)format_text(context, sizeof(context), format, args);
    va_end(args);

    char old[sizeof(d->msg)];
    memcpy(old, d->msg, sizeof(old));
    int wanted = snprintf(d->msg, sizeof(d->msg), "%s: %s", context, old);
    ASSERT(wanted > 0); /* cut at the end when longer */
    return d->code;
}

void diag_clear(struct diag *d)
{
    *d = DIAG_INIT;
}

bool diag_is_named(const struct diag *d, const char *name)
{
    return strcmp(d->name, name) == 0;
}

bool err_is_transient(enum err code)
{
    return code == ERR_THROTTLED || code == ERR_UNAVAILABLE || code == ERR_UNKNOWN;
}
