/* store_read.c -- Reading a store from its first entry to its last. The files are mapped, and stay
 * so: bodies are read where they lie, when somebody asks for them.
 * Entries are always verified; bodies only in the last file, where a process that was killed may
 * have left half of one: what is in an older one was written whole. */
#include "store_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    struct store *s;
    store_entry_fn *fn;
    void *ctx;
    struct segment_file *file;
    char name[SEGMENT_NAME_BYTES + 1];
    size_t at; /* in the file */
    bool last;
};

/* ---- the files ---- */

static int by_start(const void *a, const void *b)
{
    const struct segment_file *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static enum err files_list(struct store *s, struct diag *d)
{
    DIR *dir = opendir(s->folder);
    if (dir == NULL) {
        return fail(d, ERR_INVALID, "cannot read the folder %s: %s", s->folder, strerror(errno));
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        uint64_t start;
        if (segment_name_parse(e->d_name, &start)) {
            (void)segment_add(s, start);
        }
    }
    closedir(dir);
    if (s->segment_count > 0) {
        qsort(s->segments, s->segment_count, sizeof(struct segment_file), by_start);
    }
    return ERR_OK;
}

static enum err file_open(struct walk *w, struct diag *d)
{
    struct segment_file *f = w->file;
    struct stat st;
    segment_name(f->start, w->name);
    f->fd = openat(w->s->folder_fd, w->name, O_RDWR | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &st) != 0 || !segment_map(f, (size_t)st.st_size)) {
        return fail(d, ERR_INVALID, "cannot read %s/%s: %s", w->s->folder, w->name,
                    strerror(errno));
    }
    return ERR_OK;
}

/* ---- what is broken ---- */

static enum err corrupt(const struct walk *w, struct diag *d)
{
    return fail(d, ERR_CORRUPT,
                "%s/%s: what stands at offset %zu is not what was written there; nothing was "
                "changed: the folder is as it was",
                w->s->folder, w->name, w->at);
}

/* Whether a frame of a later batch follows: then what is broken here had been whole. */
static bool is_followed(const struct walk *w)
{
    struct str bytes = str_n(w->file->map, w->file->map_bytes);
    uint64_t broken = w->file->start + w->at;
    struct frame f;
    for (size_t at = w->at + 1; at + FRAME_HEAD_BYTES <= bytes.len; at++) {
        if (frame_read(str_from(bytes, at), w->file->start + at, &f) && f.batch > broken) {
            return true;
        }
    }
    return false;
}

/* The end of the last file is what was being written when the process was killed: cut off. */
static enum err tail_cut(struct walk *w, struct diag *d)
{
    if (!w->last || is_followed(w)) {
        return corrupt(w, d);
    }
    w->s->counts.cut_bytes = w->file->map_bytes - w->at;
    if (ftruncate(w->file->fd, (off_t)w->at) != 0) {
        return fail(d, ERR_INVALID, "cannot cut %s/%s: %s", w->s->folder, w->name, strerror(errno));
    }
    return ERR_OK;
}

/* ---- frames ---- */

static enum err entry_give(struct walk *w, struct str payload, struct diag *d)
{
    w->s->counts.entries++;
    w->s->counts.bytes += payload.len;
    if (w->fn(w->ctx, payload, d) == ERR_OK) {
        return ERR_OK;
    }
    return diag_context(d, "%s/%s, offset %zu", w->s->folder, w->name, w->at);
}

/* *ret_end: whole up to here. */
static enum err frames_read(struct walk *w, struct diag *d)
{
    struct str bytes = str_n(w->file->map, w->file->map_bytes);
    while (w->at < bytes.len) {
        struct frame f;
        if (!frame_read(str_from(bytes, w->at), w->file->start + w->at, &f) ||
            f.bytes > bytes.len - w->at - FRAME_HEAD_BYTES) {
            return tail_cut(w, d);
        }
        size_t from = w->at + FRAME_HEAD_BYTES;
        struct str payload = str_slice(bytes, from, from + f.bytes);
        if ((f.kind != FRAME_BODY || w->last) && !frame_payload_is(&f, payload)) {
            return tail_cut(w, d);
        }
        if (f.kind != FRAME_BODY) {
            w->file->lasting = w->file->lasting || f.kind == FRAME_ENTRY;
            TRY(entry_give(w, payload, d));
        }
        w->at = from + f.bytes;
    }
    return ERR_OK;
}

static enum err file_read(struct walk *w, uint64_t expected, struct diag *d)
{
    if (w->file->start != expected) {
        segment_name(expected, w->name);
        return fail(d, ERR_CORRUPT, "%s/%s is missing", w->s->folder, w->name);
    }
    TRY(file_open(w, d));
    w->at = 0;
    if (!segment_head_is(str_n(w->file->map, w->file->map_bytes), w->file->start)) {
        return w->file->map_bytes < SEGMENT_HEAD_BYTES ? tail_cut(w, d) : corrupt(w, d);
    }
    w->at = SEGMENT_HEAD_BYTES;
    TRY(frames_read(w, d));
    (void)madvise((void *)(uintptr_t)w->file->map, w->file->map_bytes, MADV_DONTNEED);
    return ERR_OK;
}

static enum err files_read(struct walk *w, struct diag *d)
{
    struct store *s = w->s;
    uint64_t expected = s->segment_count > 0 ? s->segments[0].start : 0;
    for (size_t i = 0; i < s->segment_count; i++) {
        w->file = &s->segments[i];
        w->last = i + 1 == s->segment_count;
        TRY(file_read(w, expected, d));
        expected = w->file->start + w->at;
    }
    if (s->segment_count > 0 && w->at <= SEGMENT_HEAD_BYTES) { /* nothing in it: written anew */
        (void)unlinkat(s->folder_fd, w->name, 0);
        segment_drop(w->file);
        s->segment_count--;
        expected = w->file->start;
    }
    s->end = expected;
    return ERR_OK;
}

enum err store_read(struct store *s, store_entry_fn *fn, void *ctx, struct diag *d)
{
    struct walk w = {.s = s, .fn = fn, .ctx = ctx};
    TRY(files_list(s, d));
    TRY(files_read(&w, d));
    s->cut_next = true; /* each process has files of its own */
    s->current = s->segment_count;
    s->pending.begin = s->end;
    atomic_store(&s->written, s->end);
    atomic_store(&s->synced, s->end);
    if (pthread_create(&s->thread, NULL, store_run, s) != 0) {
        return fail(d, ERR_INTERNAL, "cannot start a thread");
    }
    s->threaded = true;
    return ERR_OK;
}
