#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/limits.h"

static const struct str level_names[] = {
    [LOG_DEBUG] = STR_INIT("debug"), [LOG_INFO] = STR_INIT("info"), [LOG_WARN] = STR_INIT("warn"),
    [LOG_ERROR] = STR_INIT("error"), [LOG_OFF] = STR_INIT("off"),
};

/* What snprintf wrote of the `wanted` bytes into `room` (its NUL included). */
static size_t written(int wanted, size_t room)
{
    ASSERT(wanted >= 0);
    return (size_t)wanted < room ? (size_t)wanted : room - 1;
}

/* One event is one line: a control character in a value would forge another. */
static void controls_replace(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            line[i] = '?';
        }
    }
}

/* The length without a UTF-8 character that the cut left incomplete. */
static size_t utf8_cut(const char *line, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)line[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)line[start - 1] < 0xc0) {
        return len;
    }
    unsigned char lead = (unsigned char)line[start - 1];
    size_t needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    return len - (start - 1) < needed ? start - 1 : len;
}

void log_event(const struct log_sink *sink, int64_t now_us, enum log_level level, const char *area,
               const char *event, const char *format, ...)
{
    if (sink == NULL || level < sink->level || level >= LOG_OFF) {
        return;
    }
    char line[LOG_LINE_BYTES_MAX];
    size_t room = sizeof(line) - 1; /* one byte stays for the newline */
    int wanted =
        snprintf(line, room, "%" PRId64 " %s %s %s", now_us, level_names[level].ptr, area, event);
    size_t len = written(wanted, room);
    if (format != NULL && format[0] != '\0' && room - len > 2) {
        line[len++] = ' ';
        va_list args;
        va_start(args, format);
        len += written(vsnprintf(line + len, room - len, format, args), room - len);
        va_end(args);
    }
    len = utf8_cut(line, len);
    controls_replace(line, len);
    line[len++] = '\n';
    sink->write(sink->ctx, str_n(line, len));
}

enum err log_level_parse(struct str name, enum log_level *ret_level, struct diag *d)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (str_eq(level_names[i], name)) {
            *ret_level = (enum log_level)i;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "\"%.*s\" is not a log level (debug, info, warn, error, off)",
                STR_ARG(str_slice(name, 0, 40)));
}
