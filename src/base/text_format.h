/* text_format.h -- printf's formats into memory, without libc's streams and locale: a tenth of what
 * a simulated hour costs was in those. */
#ifndef AFORO_BASE_TEXT_FORMAT_H
#define AFORO_BASE_TEXT_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include "base/str.h"

/* As vsnprintf: at most room - 1 bytes and a NUL (room 0: nothing), the length of the whole is
 * returned. Conversions d u x X c s % with '-', '0', width, the precision of a text, and l, ll or
 * z are done here; a format with any other goes to vsnprintf. */
size_t format_text(char *to, size_t room, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/* str_printf over a va_list, for functions that are printf's kind themselves. */
struct str str_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
