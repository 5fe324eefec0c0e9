/* disk.h -- Files and folders, read only: the one place of replay that touches the operating
 * system. Private to replay. */
#ifndef AFORO_REPLAY_DISK_H
#define AFORO_REPLAY_DISK_H

#include "base/str.h"

enum disk_kind { DISK_NOTHING, DISK_FILE, DISK_FOLDER };
enum disk_kind disk_kind(struct str path, struct arena *a);
/* ERR_NOT_FOUND; ERR_LIMIT: over bytes_max; ERR_DENIED; ERR_UNAVAILABLE: a read failed. Messages
 * name the path. */
MUST_USE enum err disk_read(struct arena *a, struct str path, size_t bytes_max,
                            struct str *ret_bytes, struct diag *d);

typedef enum err disk_found_fn(void *ctx, struct str relative, int64_t size, struct diag *d);
/* Every ordinary file below `folder` (with its '/'), in no order; links are followed. Names that
 * begin with '.' or '_' are passed over. At most DISK_DEPTH_MAX folders deep: ERR_LIMIT. */
#define DISK_DEPTH_MAX 32
MUST_USE enum err disk_walk(struct arena *a, struct str folder, disk_found_fn *found, void *ctx,
                            struct diag *d);

#endif
