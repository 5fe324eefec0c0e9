/* tag_set.h -- Tags of buckets and objects: a list of {Key, Value}, and the header's spelling of
 * it. Source: S3 User Guide, "Categorizing your objects using tags". */
#ifndef AFORO_EMULATOR_S3_TAG_SET_H
#define AFORO_EMULATOR_S3_TAG_SET_H

#include "emulator/core/call.h"

#define TAG_SET_OBJECT_MAX 10
#define TAG_SET_BUCKET_MAX 50

/* Number, lengths, characters, and that no key comes twice; false: InvalidTag or BadRequest. */
bool tag_set_check(struct call *c, const struct json *tags, size_t count_max);
/* "a=1&b=2", percent-encoded (x-amz-tagging), as a list; false: InvalidArgument. */
bool tag_set_parse(struct call *c, struct str header, struct json **ret_tags);

#endif
