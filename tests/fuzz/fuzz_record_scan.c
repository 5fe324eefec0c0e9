/* fuzz_record_scan.c -- The fast scanner of records against the tree reader, which fuzz_json holds
 * against cJSON. */
#include "fuzz_check.h"
#include "base/limits.h"
#include "scan_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    /* a block of its own size, so that a sanitizer sees a read past the end */
    struct str bytes = str_n(arena_copy(a, data, size), size);
    CHECK(oracle_differs(oracle_root(a), bytes, a) == NULL);
    arena_free(a);
    return 0;
}
