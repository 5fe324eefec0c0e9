/* bucket_name.h -- Which names a bucket may have.
 * Source: S3 User Guide, "General purpose bucket naming rules". */
#ifndef AFORO_EMULATOR_S3_BUCKET_NAME_H
#define AFORO_EMULATOR_S3_BUCKET_NAME_H

#include "base/str.h"

bool bucket_name_is_valid(struct str name);

#endif
