/* id_set.h -- Which event ids were seen: 16 bytes an id, by a 128-bit hash, so that a year of
 * events fits in memory. Private to the pipeline. */
#ifndef AFORO_PIPELINE_ID_SET_H
#define AFORO_PIPELINE_ID_SET_H

#include "base/str.h"

struct id_set;
struct id_set *id_set_new(struct arena *a);
bool id_set_add(struct id_set *set, struct str id); /* false: it was there */

#endif
