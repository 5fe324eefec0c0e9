/* store.c -- The folder of a store: made, locked, and closed once all that was appended is
 * written. */
#include "store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/block.h"
#include "base/limits.h"

/* ---- the disk ---- */

static int disk_create(void *ctx, const char *path)
{
    (void)ctx;
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static ssize_t disk_write(void *ctx, int fd, const void *bytes, size_t count, off_t at)
{
    (void)ctx;
    return pwrite(fd, bytes, count, at);
}

static int disk_sync(void *ctx, int fd)
{
    (void)ctx;
    return fdatasync(fd);
}

static const struct store_disk the_disk = {
    .create = disk_create, .write = disk_write, .sync = disk_sync};

void store_fail(struct store *s, const char *what, const char *name)
{
    if (!atomic_exchange(&s->failed, true)) {
        (void)fprintf(stderr, "aforo: %s/%s: cannot %s: %s; nothing is changed any more\n",
                      s->folder, name, what, strerror(errno));
    }
}

/* ---- segments ---- */

struct segment_file *segment_add(struct store *s, uint64_t start)
{
    if (s->segment_count == s->segment_cap) {
        size_t cap = s->segment_cap == 0 ? 16 : s->segment_cap * 2;
        s->segments =
            arena_grow(s->arena, s->segments, s->segment_cap * sizeof(struct segment_file),
                       cap * sizeof(struct segment_file));
        s->segment_cap = cap;
    }
    struct segment_file *f = &s->segments[s->segment_count++];
    *f = (struct segment_file){.start = start, .fd = -1};
    return f;
}

struct segment_file *segment_of(struct store *s, uint64_t position)
{
    size_t low = 0, high = s->segment_count;
    while (low < high) { /* the first that starts behind it */
        size_t middle = low + (high - low) / 2;
        if (s->segments[middle].start <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? NULL : &s->segments[low - 1];
}

bool segment_map(struct segment_file *f, size_t bytes)
{
    void *map = bytes == 0 ? NULL : mmap(NULL, bytes, PROT_READ, MAP_SHARED, f->fd, 0);
    if (map == MAP_FAILED) {
        return false;
    }
    f->map = map;
    f->map_bytes = bytes;
    return true;
}

void segment_drop(struct segment_file *f)
{
    if (f->map != NULL) {
        (void)munmap((void *)(uintptr_t)f->map, f->map_bytes);
        f->map = NULL;
    }
    if (f->fd >= 0) {
        close(f->fd);
        f->fd = -1;
    }
}

/* ---- the folder ---- */

static enum err folder_make(const char *folder, struct diag *d)
{
    struct stat st;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return fail(d, ERR_INVALID, "cannot make the folder %s: %s", folder, strerror(errno));
    }
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return fail(d, ERR_INVALID, "%s is not a folder", folder);
    }
    return ERR_OK;
}

static enum err folder_lock(struct store *s, struct diag *d)
{
    s->folder_fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s->lock_fd =
        s->folder_fd < 0 ? -1 : openat(s->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0) {
        return fail(d, ERR_DENIED, "cannot use the folder %s: %s", s->folder, strerror(errno));
    }
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return fail(d, ERR_CONFLICT, "the folder %s is used by another aforo serve", s->folder);
    }
    return ERR_OK;
}

static void thread_stop(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->news);
    pthread_mutex_unlock(&s->lock);
    if (s->threaded) {
        pthread_join(s->thread, NULL);
    }
}

static void store_close(void *store)
{
    struct store *s = store;
    thread_stop(s);
    if (s->threaded) { /* it has been read: there may be something to write */
        store_flush(s);
    }
    for (size_t i = 0; i < s->segment_count; i++) {
        segment_drop(&s->segments[i]);
    }
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    if (s->folder_fd >= 0) {
        close(s->folder_fd);
    }
    block_release(s->pending.bytes);
    block_release(s->pending.cuts);
    block_release(s->spare.bytes);
    block_release(s->spare.cuts);
    block_release(s->dead);
    pthread_mutex_destroy(&s->writing);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->telling);
    pthread_cond_destroy(&s->news);
    arena_free(s->arena);
}

enum err store_open(struct arena *a, const struct store_options *options, struct store **ret_store,
                    struct diag *d)
{
    struct store *s = NEW(a, struct store);
    s->arena = arena_new("store", ARENA_TASK_BYTES_MAX);
    s->durability = options->durability;
    s->segment_bytes = options->segment_bytes == 0 ? STORE_SEGMENT_BYTES : options->segment_bytes;
    s->disk = options->disk == NULL ? the_disk : *options->disk;
    s->folder = str_z(a, options->folder);
    s->folder_fd = s->lock_fd = -1;
    s->journal =
        (struct journal){.ops = &store_ops, .self = s, .waits = s->durability == STORE_FSYNC};
    pthread_mutex_init(&s->writing, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->telling, NULL);
    pthread_cond_init(&s->news, NULL);
    arena_defer(a, store_close, s);
    TRY(folder_make(s->folder, d));
    TRY(folder_lock(s, d));
    *ret_store = s;
    return ERR_OK;
}

const struct journal *store_journal(const struct store *s)
{
    return &s->journal;
}

struct store_read_counts store_counts(const struct store *s)
{
    return s->counts;
}
