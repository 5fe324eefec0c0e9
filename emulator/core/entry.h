/* entry.h -- What the core writes into its journal, as bytes. Numbers are little-endian, texts
 * follow their length. Private.
 *   session  an emulator begins, or is reset: its options
 *   call     a request that changed something, what the fault plan made of it, where ids stood
 *   answer   of a call out (outbound.c)
 *   effect   what a call changed, instead of the call */
#ifndef AFORO_EMULATOR_CORE_ENTRY_H
#define AFORO_EMULATOR_CORE_ENTRY_H

#include "base/buf.h"

enum entry_kind { ENTRY_SESSION = 1, ENTRY_CALL, ENTRY_ANSWER, ENTRY_EFFECT };
enum entry_body { ENTRY_COLLECTED, ENTRY_TAKEN }; /* of a call: its bytes, or pieces and facts */

void entry_put_u8(struct buf *out, unsigned value);
void entry_put_u64(struct buf *out, uint64_t value);
void entry_put_str(struct buf *out, struct str text);

struct entry_reader {
    struct str rest;
    bool bad; /* past its end: what was read since is zero and empty */
};
unsigned entry_u8(struct entry_reader *r);
uint64_t entry_u64(struct entry_reader *r);
int64_t entry_i64(struct entry_reader *r);
struct str entry_str(struct entry_reader *r); /* borrowed */
struct str entry_take(struct entry_reader *r, uint64_t count);

#endif
