/* capture_codec.h -- Raw objects one after another, by one task: what zstd needs is made once and
 * kept, since making it anew costs more than a small object does (it asks the processor what it can
 * do, which a virtual machine answers slowly). For one object alone: capture.h. */
#ifndef AFORO_PIPELINE_CAPTURE_CODEC_H
#define AFORO_PIPELINE_CAPTURE_CODEC_H

#include "pipeline/capture.h"

struct capture_codec;
struct capture_codec *capture_codec_new(struct arena *a);
/* as capture_write, capture_read */
struct str capture_codec_write(struct capture_codec *c, struct arena *a,
                               const struct capture_record *records, size_t count);
MUST_USE enum err capture_codec_read(struct capture_codec *c, struct arena *a, struct str object,
                                     struct capture_record **ret_records, size_t *ret_count,
                                     struct diag *d);

#endif
