/* warehouse_sqlite.h -- The embedded warehouse. One handle, one connection; BEGIN IMMEDIATE; WAL
 * for files. */
#ifndef AFORO_ADAPTER_WAREHOUSE_SQLITE_H
#define AFORO_ADAPTER_WAREHOUSE_SQLITE_H

#include "seam/warehouse.h"

struct warehouse_sqlite_options {
    /* a file, or a URI: "file:/name?vfs=memdb" is shared by name inside the process */
    const char *path;
    /* how long to wait for another writer; 0: not at all (the simulator) */
    int busy_ms;
    bool durable; /* synchronous=FULL; else OFF (rebuildable, or simulated) */
    /* many rows at a time, over a table that may be larger than memory: pages of 32 KiB in a new
     * file, 48 MiB of them kept, checkpoints every 64 MiB */
    bool bulk;
    bool read_only; /* another's database: it must be there, and nothing of it is changed */
};
/* Lives in `a`, closed with it (or by warehouse_close). */
MUST_USE enum err warehouse_sqlite_open(struct arena *a,
                                        const struct warehouse_sqlite_options *options,
                                        struct warehouse **ret_warehouse, struct diag *d);

#endif
