/* store.h -- A journal in a folder. Opened, read to its end once, then appended to; one process at
 * a time. Threads: as journal.h says, and one of its own. */
#ifndef AFORO_EMULATOR_STORE_STORE_H
#define AFORO_EMULATOR_STORE_STORE_H

#include <sys/types.h>
#include "base/arena.h"
#include "base/diag.h"
#include "emulator/journal/journal.h"

/* Saved is: NONE: accepted, written soon. OS: given to the kernel, so that it outlives the process.
 * FSYNC: on the disk, so that it outlives the machine. */
enum store_durability { STORE_NONE, STORE_OS, STORE_FSYNC };

/* The calls that can fail, for tests that make them fail; each as the one of POSIX. */
struct store_disk {
    int (*create)(void *ctx, const char *path);
    ssize_t (*write)(void *ctx, int fd, const void *bytes, size_t count, off_t at);
    int (*sync)(void *ctx, int fd);
    void *ctx;
};
struct store_options {
    struct str folder; /* made when it is missing, with mode 0700 */
    enum store_durability durability;
    size_t segment_bytes;          /* 0: 64 MiB */
    const struct store_disk *disk; /* NULL: the disk */
};
struct store;
/* Lives in `a`, which also closes it. ERR_CONFLICT: another process has the folder. ERR_INVALID: it
 * cannot be used. */
MUST_USE enum err store_open(struct arena *a, const struct store_options *options,
                             struct store **ret_store, struct diag *d);

/* Gives all entries, oldest first; then the journal may be used. What a process that was killed had
 * half written is cut off, and counted. ERR_CORRUPT names the file and the offset; what `fn` fails
 * with gets that in front. */
typedef enum err store_entry_fn(void *ctx, struct str entry, struct diag *d);
MUST_USE enum err store_read(struct store *s, store_entry_fn *fn, void *ctx, struct diag *d);
struct store_read_counts {
    uint64_t entries, bytes, cut_bytes; /* bytes: of the entries */
};
struct store_read_counts store_counts(const struct store *s);

const struct journal *store_journal(const struct store *s);

#endif
