/* storage_class.h -- Storage classes as state: what they are called, which is colder, which must be
 * restored before it is read. Source: S3 User Guide, "Understanding and managing Amazon S3 storage
 * classes", "Restoring an archived object". */
#ifndef AFORO_EMULATOR_S3_STORAGE_CLASS_H
#define AFORO_EMULATOR_S3_STORAGE_CLASS_H

#include "emulator/core/call.h"

/* The warmer first: a lifecycle only goes down. */
enum storage_class {
    STORAGE_STANDARD,
    STORAGE_REDUCED_REDUNDANCY,
    STORAGE_STANDARD_IA,
    STORAGE_INTELLIGENT_TIERING,
    STORAGE_ONEZONE_IA,
    STORAGE_GLACIER_IR,
    STORAGE_GLACIER,
    STORAGE_DEEP_ARCHIVE,
    STORAGE_CLASS_COUNT
};
struct str storage_class_name(enum storage_class class);
bool storage_class_of(struct str name, enum storage_class *ret_class); /* false: none of these */
/* What a write asks for by x-amz-storage-class; false: InvalidStorageClass. */
bool storage_class_read(struct call *c, enum storage_class *ret_class);
bool storage_class_is_archive(enum storage_class class);

#endif
