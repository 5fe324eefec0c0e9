/* instant.h -- Moments and durations as int64 microseconds: moments since the Unix epoch, in UTC.
 * Calendar: proleptic Gregorian; no leap seconds; years 1 to 9999. */
#ifndef AFORO_BASE_INSTANT_H
#define AFORO_BASE_INSTANT_H

#include <stdint.h>
#include "base/buf.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_S)
#define US_PER_HOUR (3600 * US_PER_S)
#define US_PER_DAY (86400 * US_PER_S)
#define INSTANT_NEVER INT64_MAX

struct civil {
    int year, month, day, hour, minute, second, microsecond; /* month, day from 1 */
    int weekday;                                             /* 0 = Sunday */
};
struct civil instant_civil(int64_t us);
int64_t instant_of(int year, int month, int day, int hour, int minute, int second);
int64_t instant_floor(int64_t us, int64_t step_us); /* rounds down, also before 1970 */

/* ISO 8601 / RFC 3339: "2026-03-28T00:00:00Z", offsets, fractions to 6 digits, ' ' for 'T', a bare
 * date is midnight; without zone it is UTC. ERR_INVALID names the text. */
MUST_USE enum err instant_parse(struct str text, int64_t *ret_us, struct diag *d);
/* The same of the usual shapes, fast: 2026-03-28T00:00:00Z, also with .123 or .123456. false:
 * another shape, or no such moment: ask instant_parse. */
bool instant_parse_plain(struct str text, int64_t *ret_us);
/* By a pattern of %Y %m %b (Jan) %d %H %M %S %f (fraction, 1-6 digits) %z and literals, such as
 * "%Y/%m/%d %H:%M". */
MUST_USE enum err instant_parse_as(struct str text, struct str pattern, int64_t *ret_us,
                                   struct diag *d);

/* 2026-03-28T00:00:00Z, .123 or .123456 when not whole */
void instant_iso(struct buf *out, int64_t us);
void instant_iso_ms(struct buf *out, int64_t us); /* always three digits: S3's XML dates */
void instant_date(struct buf *out, int64_t us);   /* 2026-03-28 */
void instant_hour(struct buf *out, int64_t us);   /* 00..23 */
void instant_amz(struct buf *out, int64_t us);    /* 20260328T000000Z (SigV4) */
void instant_http(struct buf *out, int64_t us);   /* Sat, 28 Mar 2026 00:00:00 GMT (RFC 9110) */
MUST_USE enum err instant_parse_http(struct str text, int64_t *ret_us, struct diag *d);

/* Durations: ISO-8601 "PT5M" "P1D" "PT0.5S", or 90s 5m 24h 2d 250ms 10us, also joined: 23h50m. */
MUST_USE enum err duration_parse(struct str text, int64_t *ret_us, struct diag *d);
void duration_text(struct buf *out, int64_t us); /* for people: 1h02m, 3.5s, 12ms */

#endif
