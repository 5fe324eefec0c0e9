#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"

enum disk_kind disk_kind(struct str path, struct arena *a)
{
    struct stat st;
    if (stat(str_z(a, path), &st) != 0) {
        return DISK_NOTHING;
    }
    return S_ISDIR(st.st_mode) ? DISK_FOLDER : DISK_FILE;
}

static enum err fail_errno(struct str path, int code, struct diag *d)
{
    enum err err = code == ENOENT || code == ENOTDIR ? ERR_NOT_FOUND
                   : code == EACCES || code == EPERM ? ERR_DENIED
                                                     : ERR_UNAVAILABLE;
    return fail(d, err, "%.*s: %s", STR_ARG(path), strerrordesc_np(code));
}

/* ---- one file ---- */

static enum err read_whole(int fd, struct str path, char *ret_bytes, size_t size, size_t *ret_got,
                           struct diag *d)
{
    size_t at = 0;
    while (at < size) {
        ssize_t got = read(fd, ret_bytes + at, size - at);
        if (got < 0 && errno != EINTR) {
            return fail_errno(path, errno, d);
        }
        if (got == 0) {
            break; /* shortened meanwhile: what is there is judged by its format */
        }
        at += got > 0 ? (size_t)got : 0;
    }
    *ret_got = at;
    return ERR_OK;
}

static enum err read_size(int fd, struct str path, size_t bytes_max, size_t *ret_size,
                          struct diag *d)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return fail_errno(path, errno, d);
    }
    if (!S_ISREG(st.st_mode)) {
        return fail(d, ERR_INVALID, "%.*s: not an ordinary file", STR_ARG(path));
    }
    if ((uint64_t)st.st_size > bytes_max) {
        return fail(d, ERR_LIMIT, "%.*s: %lld bytes, at most %zu are read", STR_ARG(path),
                    (long long)st.st_size, bytes_max);
    }
    *ret_size = (size_t)st.st_size;
    return ERR_OK;
}

static enum err read_open(int fd, struct buf *bytes, struct str path, size_t bytes_max,
                          struct diag *d)
{
    size_t size = 0, got = 0;
    TRY(read_size(fd, path, bytes_max, &size, d));
    TRY(read_whole(fd, path, buf_reserve(bytes, size), size, &got, d));
    buf_commit(bytes, got);
    return ERR_OK;
}

enum err disk_read_into(struct buf *bytes, struct str path, size_t bytes_max, struct diag *d)
{
    struct arena *a = arena_new("path", 64 * KIB);
    int fd = open(str_z(a, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum err err = fd < 0 ? fail_errno(path, errno, d) : read_open(fd, bytes, path, bytes_max, d);
    if (fd >= 0) {
        close(fd);
    }
    arena_free(a);
    return err;
}

enum err disk_read(struct arena *a, struct str path, size_t bytes_max, struct str *ret_bytes,
                   struct diag *d)
{
    struct buf bytes;
    buf_init(&bytes, a, bytes_max + 64 * KIB);
    TRY(disk_read_into(&bytes, path, bytes_max, d));
    *ret_bytes = buf_str(&bytes);
    return ERR_OK;
}

/* ---- a file in parts ---- */

struct disk_file {
    int fd;
    size_t size;
    struct str path;
};

static void file_close(void *handle)
{
    const struct disk_file *f = handle;
    (void)close(f->fd);
}

enum err disk_file_open(struct arena *a, struct str path, size_t bytes_max,
                        struct disk_file **ret_file, struct diag *d)
{
    struct disk_file *f = NEW(a, struct disk_file);
    f->path = str_copy(a, path);
    f->fd = open(str_z(a, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0) {
        return fail_errno(path, errno, d);
    }
    arena_defer(a, file_close, f);
    *ret_file = f;
    return read_size(f->fd, path, bytes_max, &f->size, d);
}

size_t disk_file_size(const struct disk_file *f)
{
    return f->size;
}

enum err disk_file_read(const struct disk_file *f, uint64_t at, char *ret_bytes, size_t size,
                        struct diag *d)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(f->fd, ret_bytes + done, size - done, (off_t)(at + done));
        if (got < 0 && errno != EINTR) {
            return fail_errno(f->path, errno, d);
        }
        if (got == 0) {
            return fail(d, ERR_CORRUPT, "%.*s: shortened while it was read", STR_ARG(f->path));
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return ERR_OK;
}

/* ---- what is below a folder ---- */

struct walk {
    struct arena *arena;
    size_t root_len;
    disk_found_fn *found;
    void *ctx;
};

static enum err walk_folder(const struct walk *w, struct str folder, int depth, struct diag *d);

static enum err visit(const struct walk *w, struct str path, int depth, struct diag *d)
{
    struct stat st;
    if (stat(str_z(w->arena, path), &st) != 0) {
        return fail_errno(path, errno, d);
    }
    if (S_ISDIR(st.st_mode)) {
        return walk_folder(w, str_join(w->arena, path, STR("/")), depth + 1, d);
    }
    return S_ISREG(st.st_mode) ? w->found(w->ctx, str_from(path, w->root_len), st.st_size, d)
                               : ERR_OK;
}

static enum err walk_entries(const struct walk *w, DIR *dir, struct str folder, int depth,
                             struct diag *d)
{
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && entry->d_name[0] != '_') {
            TRY(visit(w, str_join(w->arena, folder, str_of(entry->d_name)), depth, d));
        }
    }
    return ERR_OK;
}

static enum err walk_folder(const struct walk *w, struct str folder, int depth, struct diag *d)
{
    if (depth > DISK_DEPTH_MAX) {
        return fail(d, ERR_LIMIT, "%.*s: more than %d folders deep", STR_ARG(folder),
                    DISK_DEPTH_MAX);
    }
    DIR *dir = opendir(str_z(w->arena, folder));
    if (dir == NULL) {
        return fail_errno(folder, errno, d);
    }
    enum err err = walk_entries(w, dir, folder, depth, d);
    closedir(dir);
    return err;
}

enum err disk_walk(struct arena *a, struct str folder, disk_found_fn *found, void *ctx,
                   struct diag *d)
{
    struct walk w = {.arena = a, .root_len = folder.len, .found = found, .ctx = ctx};
    return walk_folder(&w, folder, 0, d);
}
