/* intake.h -- A body on its way into S3: kept in a blob, and digested as it comes by all that its
 * head asks for. Outside the lock until the handler runs, which only reads it. */
#ifndef AFORO_EMULATOR_S3_INTAKE_H
#define AFORO_EMULATOR_S3_INTAKE_H

#include "emulator/core/service.h"
#include "summing.h"

#define INTAKE_SUMS_MAX 3
struct intake {
    struct blob *blob;
    struct digest *md5_running;
    struct summing running[INTAKE_SUMS_MAX];
    size_t count;
    bool ended;
    uint8_t md5[DIGEST_BYTES_MAX]; /* the first 16 */
    uint8_t sums[INTAKE_SUMS_MAX][CHECKSUM_BYTES_MAX];
};
/* What a taker of one's own does: digests by what the headers ask for; into `blob`, which it owns.
 */
void intake_begin(struct intake *in, struct call *c, struct blob *blob,
                  const struct http_headers *headers);
void intake_add(struct intake *in, struct call *c, struct str bytes);
extern const struct body_taker intake_taker;
void intake_end(struct call *c); /* the handler's prepare: finishes the digests */

/* Of a call's body, whether it was taken by an intake or collected in its request. */
uint64_t intake_bytes(const struct call *c);
void intake_md5(const struct call *c, uint8_t ret_md5[16]);
size_t intake_sum(const struct call *c, enum checksum_kind kind,
                  uint8_t ret_digest[CHECKSUM_BYTES_MAX]);
struct blob *intake_blob(const struct call *c); /* of a call with a taken body */

#endif
