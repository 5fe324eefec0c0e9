/* list_words.h -- What every listing reads and writes alike: how many, and how names are spelt. */
#ifndef AFORO_EMULATOR_S3_LIST_WORDS_H
#define AFORO_EMULATOR_S3_LIST_WORDS_H

#include "emulator/core/call.h"

/* The input's `member`, at most S3_LIST_MAX, that without it; false: the call has failed, naming
 * the query's `parameter`. */
bool list_max_read(struct call *c, const char *member, const char *parameter, size_t *ret_max);
/* Whether EncodingType is absent or "url"; false: the call has failed. */
bool list_encoding_check(struct call *c);
/* The name as the answer spells it: AWS s3-list-3: encoding-type=url percent-encodes names, since
 * XML 1.0 cannot hold every key. */
struct str list_spelt(const struct call *c, struct str name);

#endif
