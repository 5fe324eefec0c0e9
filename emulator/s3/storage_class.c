#include "storage_class.h"

static const struct str names[STORAGE_CLASS_COUNT] = {
    [STORAGE_STANDARD] = STR_INIT("STANDARD"),
    [STORAGE_REDUCED_REDUNDANCY] = STR_INIT("REDUCED_REDUNDANCY"),
    [STORAGE_STANDARD_IA] = STR_INIT("STANDARD_IA"),
    [STORAGE_INTELLIGENT_TIERING] = STR_INIT("INTELLIGENT_TIERING"),
    [STORAGE_ONEZONE_IA] = STR_INIT("ONEZONE_IA"),
    [STORAGE_GLACIER_IR] = STR_INIT("GLACIER_IR"),
    [STORAGE_GLACIER] = STR_INIT("GLACIER"),
    [STORAGE_DEEP_ARCHIVE] = STR_INIT("DEEP_ARCHIVE"),
};

struct str storage_class_name(enum storage_class class)
{
    return names[class];
}

bool storage_class_of(struct str name, enum storage_class *ret_class)
{
    for (int i = 0; i < STORAGE_CLASS_COUNT; i++) {
        if (str_eq(name, names[i])) {
            *ret_class = (enum storage_class)i;
            return true;
        }
    }
    return false;
}

/* DIFFERS s3-storage-class-1: a class is kept and told, archives must be restored; nothing is
 * stored elsewhere or billed. OUTPOSTS, SNOW, EXPRESS_ONEZONE and FSX_* belong to other kinds of
 * buckets. */
bool storage_class_read(struct call *c, enum storage_class *ret_class)
{
    *ret_class = STORAGE_STANDARD;
    if (!call_has(c, "StorageClass") || storage_class_of(call_str(c, "StorageClass"), ret_class)) {
        return true;
    }
    call_fail(c, AWS_INVALID_STORAGE_CLASS, "The storage class you specified is not valid");
    call_fail_extra(c, "StorageClassRequested", call_str(c, "StorageClass"));
    return false;
}

bool storage_class_is_archive(enum storage_class class)
{
    return class == STORAGE_GLACIER || class == STORAGE_DEEP_ARCHIVE;
}
