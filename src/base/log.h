/* log.h -- One line per event: `t_us level area event key=value ...`, so simulated logs are
 * byte-equal. The sink is given, never global; the time is the caller's. Never payloads or
 * credentials. */
#ifndef AFORO_BASE_LOG_H
#define AFORO_BASE_LOG_H

#include <stdint.h>
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };
struct log_sink {
    enum log_level level;                      /* lower ones are dropped */
    void (*write)(void *ctx, struct str line); /* a whole line with its newline */
    void *ctx;
};
/* `format` makes the key=value part; sink NULL: nothing. Lines are cut at LOG_LINE_BYTES_MAX. */
void log_event(const struct log_sink *sink, int64_t now_us, enum log_level level, const char *area,
               const char *event, const char *format, ...) PRINTF_LIKE(6, 7);
MUST_USE enum err log_level_parse(struct str name, enum log_level *ret_level, struct diag *d);

#endif
