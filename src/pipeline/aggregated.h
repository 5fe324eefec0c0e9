/* aggregated.h -- The records of a capture as their producers wrote them: what the Kinesis Producer
 * Library packed into one is unpacked where records are decoded; the capture keeps the bytes that
 * the stream had. */
#ifndef AFORO_PIPELINE_AGGREGATED_H
#define AFORO_PIPELINE_AGGREGATED_H

#include "pipeline/capture.h"

/* The records of which each is one of the producer's: the same array where none is packed, else a
 * new one in `a` that borrows from the old. A packed record that is damaged stays one, as KCL takes
 * it. */
void aggregated_expand(struct arena *a, const struct capture_record **records, size_t *count);
/* The same of one record; count 1 and the record itself where it is not packed. */
const struct capture_record *aggregated_of(struct arena *a, const struct capture_record *record,
                                           size_t *ret_count);

#endif
