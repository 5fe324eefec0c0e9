/* disk.h -- Files and folders, read, and a temporary file without a name: the one place of replay
 * that touches the operating system (disk.c, disk_spill.c). Private to replay. */
#ifndef AFORO_REPLAY_DISK_H
#define AFORO_REPLAY_DISK_H

#include "base/buf.h"

enum disk_kind { DISK_NOTHING, DISK_FILE, DISK_FOLDER };
enum disk_kind disk_kind(struct str path, struct arena *a);
/* ERR_NOT_FOUND; ERR_LIMIT: over bytes_max; ERR_DENIED; ERR_UNAVAILABLE: a read failed. Messages
 * name the path. */
MUST_USE enum err disk_read(struct arena *a, struct str path, size_t bytes_max,
                            struct str *ret_bytes, struct diag *d);

/* The same into a buffer that is used again: its pages are touched once. */
MUST_USE enum err disk_read_into(struct buf *bytes, struct str path, size_t bytes_max,
                                 struct diag *d);

/* A file that is read in parts; it is closed with the arena. Errors as of disk_read. */
struct disk_file;
MUST_USE enum err disk_file_open(struct arena *a, struct str path, size_t bytes_max,
                                 struct disk_file **ret_file, struct diag *d);
size_t disk_file_size(const struct disk_file *f); /* when it was opened */
/* ERR_CORRUPT: it is shorter by now. */
MUST_USE enum err disk_file_read(const struct disk_file *f, uint64_t at, char *ret_bytes,
                                 size_t size, struct diag *d);

/* Bytes that memory has no room for; the file ends with the arena, or with the process. */
struct disk_spill;
MUST_USE enum err disk_spill_open(struct arena *a, struct str folder, struct disk_spill **ret_spill,
                                  struct diag *d);
/* ERR_LIMIT: the disk is full; ERR_UNAVAILABLE. */
MUST_USE enum err disk_spill_add(struct disk_spill *s, struct str bytes, struct diag *d);
int64_t disk_spill_size(const struct disk_spill *s);
MUST_USE enum err disk_spill_read(struct disk_spill *s, int64_t at, void *ret_bytes, size_t size,
                                  struct diag *d);

typedef enum err disk_found_fn(void *ctx, struct str relative, int64_t size, struct diag *d);
/* Every ordinary file below `folder` (with its '/'), in no order; links are followed. Names that
 * begin with '.' or '_' are passed over. At most DISK_DEPTH_MAX folders deep: ERR_LIMIT. */
#define DISK_DEPTH_MAX 32
MUST_USE enum err disk_walk(struct arena *a, struct str folder, disk_found_fn *found, void *ctx,
                            struct diag *d);

#endif
