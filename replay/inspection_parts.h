/* inspection_parts.h -- What the files of inspection share. Private to replay. */
#ifndef AFORO_REPLAY_INSPECTION_PARTS_H
#define AFORO_REPLAY_INSPECTION_PARTS_H

#include "replay/inspection.h"

/* Fills packing and parts. */
void inspection_walk(struct arena *a, struct str object, struct inspection *to);

#endif
