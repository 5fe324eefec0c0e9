/* store_write.c -- What is appended lies in a buffer until somebody writes it: whoever asks whether
 * it is saved (OS), or the store's thread (FSYNC, NONE). One writes for all, while the others
 * append to the next buffer. */
#include "store_parts.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/block.h"
#include "base/err.h"

#define HOUSEKEEPING_S 10
#define PENDING_BYTES_MIN ((size_t)64 << 10)
#define PENDING_BYTES_KEPT ((size_t)4 << 20) /* a buffer that grew larger is given back */

/* ---- appending; under `lock` ---- */

static void *block_grown(void *block, size_t used, size_t bytes)
{
    char *grown = block_new(bytes);
    if (used > 0) {
        memcpy(grown, block, used);
    }
    block_release(block);
    return grown;
}

static char *pending_room(struct pending *p, size_t bytes)
{
    if (p->cap - p->len < bytes) {
        size_t cap = p->cap == 0 ? PENDING_BYTES_MIN : p->cap;
        while (cap - p->len < bytes) {
            cap *= 2;
        }
        p->bytes = block_grown(p->bytes, p->len, cap);
        p->cap = cap;
    }
    char *room = p->bytes + p->len;
    p->len += bytes;
    return room;
}

static void cut_add(struct pending *p)
{
    if (p->cut_count == p->cut_cap) {
        size_t cap = p->cut_cap == 0 ? 4 : p->cut_cap * 2;
        p->cuts = block_grown(p->cuts, p->cut_count * sizeof(*p->cuts), cap * sizeof(*p->cuts));
        p->cut_cap = cap;
    }
    p->cuts[p->cut_count++] = (struct str_cut){.at = p->len};
}

static void segment_begin(struct store *s)
{
    (void)segment_add(s, s->end);
    cut_add(&s->pending);
    segment_head_write(pending_room(&s->pending, SEGMENT_HEAD_BYTES), s->end);
    s->end += SEGMENT_HEAD_BYTES;
    s->segment_left =
        s->segment_bytes > SEGMENT_HEAD_BYTES ? s->segment_bytes - SEGMENT_HEAD_BYTES : 0;
    s->cut_next = false;
}

/* Gives the position of the payload. */
static uint64_t frame_add(struct store *s, enum frame_kind kind, const struct str *parts,
                          size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    ASSERT(bytes <= UINT32_MAX);
    if (s->cut_next || FRAME_HEAD_BYTES + bytes > s->segment_left) {
        segment_begin(s);
    }
    char *to = pending_room(&s->pending, FRAME_HEAD_BYTES + bytes);
    frame_begin(to, kind, bytes);
    to += FRAME_HEAD_BYTES;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].ptr, parts[i].len);
        }
        to += parts[i].len;
    }
    if (kind == FRAME_ENTRY) {
        s->segments[s->segment_count - 1].lasting = true;
    }
    uint64_t place = s->end + FRAME_HEAD_BYTES, taken = FRAME_HEAD_BYTES + bytes;
    s->end += taken;
    s->segment_left = s->segment_left > taken ? s->segment_left - taken : 0;
    return place;
}

static uint64_t entry_add(struct store *s, enum frame_kind kind, const struct str *parts,
                          size_t count)
{
    pthread_mutex_lock(&s->lock);
    if (!atomic_load(&s->failed)) {
        (void)frame_add(s, kind, parts, count);
    }
    uint64_t end = s->end;
    if (s->durability != STORE_OS) {
        pthread_cond_signal(&s->news);
    }
    pthread_mutex_unlock(&s->lock);
    return end;
}

static uint64_t store_append(void *self, const struct str *parts, size_t count)
{
    return entry_add(self, FRAME_ENTRY, parts, count);
}

static uint64_t store_append_about(void *self, const struct str *parts, size_t count)
{
    return entry_add(self, FRAME_ABOUT, parts, count);
}

static bool store_lay(void *self, const struct str *parts, size_t count, uint64_t *ret_place)
{
    struct store *s = self;
    pthread_mutex_lock(&s->lock);
    bool can = !atomic_load(&s->failed);
    if (can) {
        *ret_place = frame_add(s, FRAME_BODY, parts, count);
        s->segments[s->segment_count - 1].live_bytes += s->end - *ret_place;
    }
    pthread_mutex_unlock(&s->lock);
    return can;
}

static uint64_t store_end(void *self)
{
    struct store *s = self;
    pthread_mutex_lock(&s->lock);
    uint64_t end = s->end;
    pthread_mutex_unlock(&s->lock);
    return end;
}

/* ---- writing; under `writing` ---- */

static bool write_all(struct store *s, const struct segment_file *f, const char *bytes,
                      size_t count, uint64_t position)
{
    char name[SEGMENT_NAME_BYTES + 1];
    segment_name(f->start, name);
    while (count > 0) {
        ssize_t n = s->disk.write(s->disk.ctx, f->fd, bytes, count, (off_t)(position - f->start));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            store_fail(s, "write", name);
            return false;
        }
        bytes += n;
        count -= (size_t)n;
        position += (uint64_t)n;
    }
    return true;
}

static bool sync_file(struct store *s, const struct segment_file *f)
{
    char name[SEGMENT_NAME_BYTES + 1];
    segment_name(f->start, name);
    if (f->fd >= 0 && s->disk.sync(s->disk.ctx, f->fd) != 0) {
        store_fail(s, "sync", name);
        return false;
    }
    return true;
}

/* The next segment's file; what was written to the one before is synced first. `f` is a copy: the
 * table may move while others append. */
static bool next_file(struct store *s, struct segment_file *f)
{
    char path[4096], name[SEGMENT_NAME_BYTES + 1];
    bool sync = s->durability == STORE_FSYNC;
    if (sync && !sync_file(s, f)) {
        return false;
    }
    pthread_mutex_lock(&s->lock);
    *f = s->segments[s->current];
    pthread_mutex_unlock(&s->lock);
    segment_name(f->start, name);
    struct buf out = {.ptr = path, .cap = sizeof(path), .max = sizeof(path)};
    buf_addf(&out, "%s/%s", s->folder, name);
    path[out.len] = '\0';
    size_t map = s->segment_bytes < STORE_MAP_BYTES_MIN ? STORE_MAP_BYTES_MIN : s->segment_bytes;
    f->fd = s->disk.create(s->disk.ctx, path);
    if (f->fd < 0 || !segment_map(f, map) ||
        (sync && s->disk.sync(s->disk.ctx, s->folder_fd) != 0)) {
        store_fail(s, "make", name);
        segment_drop(f);
        return false;
    }
    pthread_mutex_lock(&s->lock);
    struct segment_file *mine = &s->segments[s->current];
    mine->fd = f->fd;
    mine->map = f->map;
    mine->map_bytes = f->map_bytes;
    s->current++;
    pthread_mutex_unlock(&s->lock);
    return true;
}

/* Hashes are computed here, since appending is done under the emulator's lock. */
static void seal_all(const struct pending *p, uint64_t synced)
{
    size_t cut = 0;
    for (size_t at = 0; at < p->len;) {
        if (cut < p->cut_count && p->cuts[cut].at == at) {
            cut++;
            at += SEGMENT_HEAD_BYTES;
            continue;
        }
        uint32_t bytes;
        memcpy(&bytes, p->bytes + at + 4, sizeof(bytes));
        frame_seal(p->bytes + at, p->begin + at, synced);
        at += FRAME_HEAD_BYTES + le32toh(bytes);
    }
}

static bool write_pending(struct store *s, const struct pending *p)
{
    pthread_mutex_lock(&s->lock);
    struct segment_file f =
        s->current > 0 ? s->segments[s->current - 1] : (struct segment_file){.fd = -1};
    pthread_mutex_unlock(&s->lock);
    size_t cut = 0;
    for (size_t at = 0; at < p->len;) {
        if (cut < p->cut_count && p->cuts[cut].at == at) {
            cut++;
            if (!next_file(s, &f)) {
                return false;
            }
        }
        size_t to = cut < p->cut_count ? p->cuts[cut].at : p->len;
        if (!write_all(s, &f, p->bytes + at, to - at, p->begin + at)) {
            return false;
        }
        at = to;
    }
    return true;
}

/* The buffer that was filled, in exchange for the one that was written last. */
static struct pending pending_take(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    struct pending p = s->pending;
    s->pending = s->spare;
    s->pending.begin = s->end;
    s->spare = (struct pending){0};
    pthread_mutex_unlock(&s->lock);
    return p;
}

static void pending_give(struct store *s, struct pending *p)
{
    if (p->cap > PENDING_BYTES_KEPT) {
        block_release(p->bytes);
        p->bytes = NULL;
        p->cap = 0;
    }
    p->len = 0;
    p->cut_count = 0;
    pthread_mutex_lock(&s->lock);
    s->spare = *p;
    pthread_mutex_unlock(&s->lock);
}

static void flush_locked(struct store *s)
{
    struct pending p = pending_take(s);
    uint64_t end = p.begin + p.len;
    if (p.len > 0 && !atomic_load(&s->failed)) {
        seal_all(&p, atomic_load(&s->synced));
        if (write_pending(s, &p)) {
            atomic_store(&s->written, end);
        }
    }
    pending_give(s, &p);
    if (s->durability != STORE_FSYNC) {
        atomic_store(&s->synced, atomic_load(&s->written));
    }
}

static void sync_locked(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    struct segment_file f =
        s->current > 0 ? s->segments[s->current - 1] : (struct segment_file){.fd = -1};
    pthread_mutex_unlock(&s->lock);
    if (!atomic_load(&s->failed) && sync_file(s, &f)) {
        atomic_store(&s->synced, atomic_load(&s->written));
    }
}

void store_flush(struct store *s)
{
    pthread_mutex_lock(&s->writing);
    flush_locked(s);
    if (s->durability == STORE_FSYNC) {
        sync_locked(s);
    }
    pthread_mutex_unlock(&s->writing);
}

/* Writes until `end` is: another's write may cover it meanwhile. */
static void flush_until(struct store *s, uint64_t end)
{
    pthread_mutex_lock(&s->writing);
    if (atomic_load(&s->written) < end && !atomic_load(&s->failed)) {
        flush_locked(s);
    }
    pthread_mutex_unlock(&s->writing);
}

static size_t unwritten(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    size_t bytes = s->pending.len;
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

static enum journal_saved store_saved(void *self, uint64_t end)
{
    struct store *s = self;
    if (atomic_load(&s->synced) < end) {
        if (s->durability == STORE_OS ||
            (s->durability == STORE_NONE && unwritten(s) > STORE_UNWRITTEN_BYTES_MAX)) {
            flush_until(s, end);
        }
    }
    bool saved = end > 0 && atomic_load(&s->synced) >= end;
    if (!saved && atomic_load(&s->failed)) {
        return JOURNAL_FAILED;
    }
    return saved || end == 0 || s->durability == STORE_NONE ? JOURNAL_SAVED : JOURNAL_LATER;
}

/* A body's bytes are written at once, by whatever durability: they are read from the file from here
 * on. They are synced with the entry that speaks of them. */
static bool store_keep(void *self, struct str bytes, uint64_t *ret_place, const char **ret_bytes)
{
    struct store *s = self;
    if (atomic_load(&s->failed)) {
        return false;
    }
    pthread_mutex_lock(&s->lock);
    *ret_place = frame_add(s, FRAME_BODY, &bytes, 1);
    uint64_t end = s->end;
    pthread_mutex_unlock(&s->lock);
    flush_until(s, end);
    pthread_cond_signal(&s->news); /* there may be something to sync */
    *ret_bytes = atomic_load(&s->written) < end ? NULL : store_find(s, *ret_place, bytes.len);
    return *ret_bytes != NULL;
}

/* ---- the thread ---- */

static void tell_progress(struct store *s)
{
    pthread_mutex_lock(&s->telling);
    if (s->progress != NULL) {
        s->progress(s->progress_ctx);
    }
    pthread_mutex_unlock(&s->telling);
}

static void store_on_progress(void *self, journal_progress_fn *fn, void *ctx)
{
    struct store *s = self;
    pthread_mutex_lock(&s->telling);
    s->progress = fn;
    s->progress_ctx = ctx;
    pthread_mutex_unlock(&s->telling);
}

static void wait_for_news(struct store *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOUSEKEEPING_S;
    (void)pthread_cond_timedwait(&s->news, &s->lock, &until);
}

static bool thread_writes(const struct store *s)
{
    bool unsynced = s->durability == STORE_FSYNC && s->synced < s->written;
    return s->durability != STORE_OS && !s->failed && (s->pending.len > 0 || unsynced);
}

void *store_run(void *store)
{
    struct store *s = store;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        bool writes = thread_writes(s);
        if (!writes) {
            wait_for_news(s);
            writes = thread_writes(s);
        }
        pthread_mutex_unlock(&s->lock);
        if (writes) {
            store_flush(s);
            tell_progress(s);
        } else {
            space_forget(s);
            space_give_back(s);
        }
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

const struct journal_ops store_ops = {
    .append = store_append,
    .end = store_end,
    .saved = store_saved,
    .keep = store_keep,
    .find = store_find,
    .lay = store_lay,
    .append_about = store_append_about,
    .leave = store_leave,
    .drop = store_drop,
    .detach = store_detach,
    .forget = store_forget,
    .on_progress = store_on_progress,
};
