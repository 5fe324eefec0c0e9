/* store_space.c -- Which bodies somebody holds, and giving back the space of the others: a hole in
 * a file, or the file itself once a reset has made all of it void. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/block.h"
#include "store_parts.h"

static int64_t monotonic_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec;
}

const char *store_find(void *store, uint64_t place, size_t count)
{
    struct store *s = store;
    const char *found = NULL;
    pthread_mutex_lock(&s->lock);
    struct segment_file *f = segment_of(s, place);
    if (f != NULL && f->map != NULL && place - f->start <= f->map_bytes &&
        count <= f->map_bytes - (place - f->start)) {
        found = f->map + (place - f->start);
        f->live_bytes += count;
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static void dead_add(struct store *s, uint64_t place, size_t count)
{
    if (s->dead_count == s->dead_cap) {
        size_t cap = s->dead_cap == 0 ? 64 : s->dead_cap * 2;
        struct dead_range *grown = block_new(cap * sizeof(*grown));
        if (s->dead_count > 0) {
            memcpy(grown, s->dead, s->dead_count * sizeof(*grown));
        }
        block_release(s->dead);
        s->dead = grown;
        s->dead_cap = cap;
    }
    s->dead[s->dead_count++] =
        (struct dead_range){.place = place, .count = count, .at_s = monotonic_s()};
}

static void hold_end(struct store *s, uint64_t place, size_t count, bool spoken_of)
{
    pthread_mutex_lock(&s->lock);
    struct segment_file *f = segment_of(s, place);
    if (f != NULL) {
        f->live_bytes -= count;
        if (f->forgotten && f->live_bytes == 0) {
            segment_drop(f);
        } else if (!f->forgotten && !s->detached && !spoken_of) {
            dead_add(s, place, count);
        }
    }
    pthread_mutex_unlock(&s->lock);
}

void store_drop(void *store, uint64_t place, size_t count)
{
    hold_end(store, place, count, false);
}

void store_leave(void *store, uint64_t place, size_t count)
{
    hold_end(store, place, count, true);
}

/* Where the file system cannot make holes, the space stays taken. */
static void punch(const struct segment_file *f, const struct dead_range *dead)
{
    if (f->fd >= 0 && !f->forgotten) {
        (void)fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        (off_t)(dead->place - f->start), (off_t)dead->count);
    }
}

/* Those that died first stand first, up to what was taken out of order: near enough. */
static bool dead_take(struct store *s, struct dead_range *ret_dead, struct segment_file *ret_file)
{
    int64_t now_s = monotonic_s();
    size_t i = 0;
    pthread_mutex_lock(&s->lock);
    while (i < s->dead_count && s->dead[i].at_s + STORE_GRACE_S > now_s) {
        i++;
    }
    bool any = i < s->dead_count && !s->detached;
    if (any) {
        *ret_dead = s->dead[i];
        s->dead[i] = s->dead[--s->dead_count];
        *ret_file = *segment_of(s, ret_dead->place);
    }
    pthread_mutex_unlock(&s->lock);
    return any;
}

void space_give_back(struct store *s)
{
    struct dead_range dead;
    struct segment_file file;
    pthread_mutex_lock(&s->writing);
    while (!atomic_load(&s->failed) && dead_take(s, &dead, &file)) {
        punch(&file, &dead);
    }
    pthread_mutex_unlock(&s->writing);
}

void store_detach(void *store)
{
    struct store *s = store;
    pthread_mutex_lock(&s->lock);
    s->detached = true;
    pthread_mutex_unlock(&s->lock);
}

/* ---- a reset ---- */

void store_forget(void *store, uint64_t end)
{
    struct store *s = store;
    pthread_mutex_lock(&s->lock);
    s->cut_next = true;
    s->forget_before = end;
    pthread_cond_signal(&s->news);
    pthread_mutex_unlock(&s->lock);
}

/* Only once the segment that begins anew is written. Answers may still read what lies in the old
 * ones, whose maps go with the last of them. */
void space_forget(struct store *s)
{
    pthread_mutex_lock(&s->writing);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i + 1 < s->segment_count; i++) {
        struct segment_file *f = &s->segments[i];
        if (f->forgotten || s->segments[i + 1].start > s->forget_before ||
            s->segments[i + 1].start >= atomic_load(&s->synced)) {
            continue;
        }
        char name[SEGMENT_NAME_BYTES + 1];
        segment_name(f->start, name);
        (void)unlinkat(s->folder_fd, name, 0);
        f->forgotten = true;
        if (f->live_bytes == 0) {
            segment_drop(f);
        }
    }
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_unlock(&s->writing);
}
