/* decimal.h -- Exact decimals: an int64 in units of 10^-scale, scale 0..9. Money never meets a
 * float. Every operation is checked: ERR_LIMIT on overflow, ERR_INVALID where digits would
 * be lost. */
#ifndef AFORO_BASE_DECIMAL_H
#define AFORO_BASE_DECIMAL_H

#include <stdint.h>
#include "base/buf.h"

#define DECIMAL_SCALE_MAX 9

/* "-12.340" at scale 2 is -1234; "12.345" at scale 2 is ERR_INVALID; "1e3", "17850.0" are read
 * (JSON numbers). */
MUST_USE enum err decimal_parse(struct str text, int scale, int64_t *ret_value, struct diag *d);
/* The shape that nearly all numbers have, read fast: [-]digits[.digits] of at most 18 digits, no
 * zero in front, at most `scale` of them behind the point. false: another shape, which may be good.
 */
bool decimal_parse_plain(struct str text, int scale, int64_t *ret_value);
/* all digits: 1230 at scale 2 is "12.30" */
void decimal_text(struct buf *out, int64_t value, int scale);
/* without trailing zeros: "12.3" */
void decimal_text_short(struct buf *out, int64_t value, int scale);
MUST_USE enum err decimal_add(int64_t a, int64_t b, int64_t *ret_sum, struct diag *d);
MUST_USE enum err decimal_mul(int64_t a, int scale_a, int64_t b, int scale_b, int scale,
                              int64_t *ret_product, struct diag *d);
MUST_USE enum err decimal_rescale(int64_t value, int from, int to, int64_t *ret_value,
                                  struct diag *d);

/* Ratios: "1/50", "5%", "0", "1". Never a float. */
struct ratio {
    uint32_t num, den; /* den > 0; num <= den for probabilities */
};
MUST_USE enum err ratio_parse(struct str text, struct ratio *ret_ratio, struct diag *d);

#endif
