/* sim_sqlite.c -- SQLite's generator of random numbers is one of the process and asks the default
 * VFS for its seed, which is /dev/urandom: here it is asked once, at the beginning of a run, while
 * a VFS that knows the run's seed stands in front. */
#include <sqlite3.h>

#include "sim_parts.h"
#include "base/rng.h"

#define SQLITE_STREAM UINT64_C(0x73716c69)

static int seed_randomness(sqlite3_vfs *vfs, int len, char *to)
{
    const uint64_t *seed = vfs->pAppData;
    for (int i = 0; i < len; i++) {
        to[i] = (char)(rng_u64(*seed, SQLITE_STREAM, 0, (uint64_t)i) & 0xff);
    }
    return len;
}

void sqlite_seed(uint64_t seed)
{
    ASSERT(sqlite3_initialize() == SQLITE_OK);
    sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
    sqlite3_vfs seeded = *usual;
    char drawn;
    seeded.pNext = NULL;
    seeded.zName = "aforo-seed";
    seeded.pAppData = &seed;
    seeded.xRandomness = seed_randomness;
    ASSERT(sqlite3_vfs_register(&seeded, 1) == SQLITE_OK);
    sqlite3_randomness(0, NULL); /* forgets the run before */
    sqlite3_randomness(1, &drawn);
    ASSERT(sqlite3_vfs_unregister(&seeded) == SQLITE_OK);
    ASSERT(sqlite3_vfs_register(usual, 1) == SQLITE_OK);
}
