#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk_spill {
    int fd;
    int64_t size;
};

static void spill_close(void *handle)
{
    const struct disk_spill *s = handle;
    (void)close(s->fd);
}

static enum err spill_failed(const char *doing, struct diag *d)
{
    enum err err = errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_UNAVAILABLE;
    return fail(d, err, "temporary file: %s: %s", doing, strerrordesc_np(errno));
}

enum err disk_spill_open(struct arena *a, struct str folder, struct disk_spill **ret_spill,
                         struct diag *d)
{
    struct disk_spill *s = NEW(a, struct disk_spill);
    struct str path = str_join(a, folder, STR("/aforo-spill-XXXXXX\0"));
    char *name = arena_copy(a, path.ptr, path.len);
    s->fd = mkostemp(name, O_CLOEXEC);
    if (s->fd < 0) {
        return spill_failed(name, d);
    }
    (void)unlink(name);
    arena_defer(a, spill_close, s);
    *ret_spill = s;
    return ERR_OK;
}

int64_t disk_spill_size(const struct disk_spill *s)
{
    return s->size;
}

enum err disk_spill_add(struct disk_spill *s, struct str bytes, struct diag *d)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t put = pwrite(s->fd, bytes.ptr + at, bytes.len - at, s->size + (int64_t)at);
        if (put < 0 && errno != EINTR) {
            return spill_failed("writing", d);
        }
        at += put > 0 ? (size_t)put : 0;
    }
    s->size += (int64_t)bytes.len;
    return ERR_OK;
}

enum err disk_spill_read(struct disk_spill *s, int64_t at, void *ret_bytes, size_t size,
                         struct diag *d)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(s->fd, (char *)ret_bytes + done, size - done, at + (int64_t)done);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return spill_failed("reading", d);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return ERR_OK;
}
