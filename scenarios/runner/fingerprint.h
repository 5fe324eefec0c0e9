/* fingerprint.h -- What identifies a simulated run: the hash of its trace, how many decisions it is
 * of, and the hash after every 4,096th of them, as one line of text:
 *   SEED HASH DECISIONS CHECKPOINT...
 * Two runs are the same when their lines are. */
#ifndef AFORO_SCENARIOS_RUNNER_FINGERPRINT_H
#define AFORO_SCENARIOS_RUNNER_FINGERPRINT_H

#include "base/buf.h"
#include "scenarios/runner/run.h"

struct fingerprint {
    uint64_t seed, decisions;
    struct str trace;
    const uint64_t *checkpoints;
    size_t checkpoint_count;
};
#define FINGERPRINT_BYTES_MAX ((size_t)8 << 20)
struct fingerprint fingerprint_of(const struct run_result *r); /* borrows from it */
void fingerprint_write(struct buf *out, const struct fingerprint *f);
/* One line, without its end. ERR_INVALID. Lives in `a`, borrows from the line. */
MUST_USE enum err fingerprint_parse(struct arena *a, struct str line, struct fingerprint *ret_f,
                                    struct diag *d);
/* The decisions among which two runs part, first and last; false: they are the same run. */
bool fingerprint_window(const struct fingerprint *one, const struct fingerprint *other,
                        uint64_t *ret_first, uint64_t *ret_last);

#endif
