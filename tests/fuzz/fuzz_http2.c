/* fuzz_http2.c -- Any bytes behind the preface of HTTP/2, in pieces, to the session that the front
 * has, over a link that is memory: no socket, no thread. The first byte is the size of the pieces,
 * the second how much of the answers is taken at a time. What must hold: the session bears it, and
 * when the link ends every request has been given back, also those that were held. */
#include <string.h>
#include "base/instant.h"
#include "door.h"
#include "emulator/emulator.h"
#include "fuzz_check.h"
#include "http2.h"

#define START_US (INT64_C(1774656000) * US_PER_S)
#define OUT_BYTES_MAX (4 * MIB) /* a session that says more has no end */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* The link's two ends, and the time: one session at a time. */
static struct {
    struct str in; /* what can be read now */
    size_t out_step, out_room;
    uint64_t out_bytes;
    int64_t now_us;
} wire;

/* ---- what the front has from others ---- */

int64_t link_now_us(void)
{
    return wire.now_us;
}

int64_t front_now_us(const struct front *f)
{
    (void)f;
    return wire.now_us;
}

void front_lock(struct front *f)
{
    pthread_mutex_lock(&f->lock);
}

void front_unlock(struct front *f)
{
    pthread_mutex_unlock(&f->lock);
}

void door_ring(struct door *door)
{
    CHECK(door->resumed != NULL);
}

void link_watch(struct watch *w, unsigned events)
{
    w->events = events;
}

void link_die(struct link *l)
{
    l->dead = true;
}

void link_tear(struct link *l)
{
    l->torn = true;
    link_die(l);
}

enum link_io link_read(struct link *l, char *to, size_t max, size_t *ret_bytes)
{
    size_t count = wire.in.len < max ? wire.in.len : max;
    CHECK(!l->dead);
    if (count == 0) {
        return LINK_BLOCKED;
    }
    memcpy(to, wire.in.ptr, count);
    wire.in = str_from(wire.in, count);
    *ret_bytes = count;
    return LINK_MOVED;
}

enum link_io link_write(struct link *l, const char *bytes, size_t count, size_t *ret_bytes)
{
    size_t sent = count < wire.out_room ? count : wire.out_room;
    volatile char last = 0;
    CHECK(!l->dead && count > 0);
    if (sent == 0) {
        return LINK_BLOCKED;
    }
    last = bytes[sent - 1]; /* it must be there */
    (void)last;
    wire.out_room -= sent;
    wire.out_bytes += sent;
    *ret_bytes = sent;
    return wire.out_bytes > OUT_BYTES_MAX ? LINK_ENDED : LINK_MOVED;
}

/* ---- a session ---- */

static void front_begin(struct front *f, struct arena *a)
{
    *f = (struct front){.arena = a, .idle_s = 180, .bodies_bytes_max = 1 * MIB};
    f->emulator = emulator_new(a, &(struct emulator_options){.seed = 11, .start_us = START_US});
    f->visits = arena_new("visits", ARENA_TASK_BYTES_MAX);
    heap_init(&f->delayed, a);
    pthread_mutex_init(&f->lock, NULL);
    pthread_mutex_init(&f->pool_lock, NULL);
    pthread_cond_init(&f->news, NULL);
    pthread_cond_init(&f->pool_idle, NULL);
}

/* What the door does when it is rung. */
static void resume_all(struct door *door)
{
    front_lock(door->front);
    struct http2_stream *first = door->resumed;
    door->resumed = NULL;
    front_unlock(door->front);
    http2_resumed(first);
}

/* What the timers' thread does. */
static void wake(struct front *f)
{
    front_lock(f);
    visits_resume_late(f, front_now_us(f));
    visits_wake(f);
    front_unlock(f);
}

static void run(struct link *l, struct str bytes, size_t piece)
{
    struct door *door = l->door;
    for (size_t at = 0; at < bytes.len && !l->dead; at += piece) {
        wire.in = str_slice(bytes, at, at + piece);
        wire.out_room = wire.out_step;
        wire.now_us += 100 * US_PER_MS;
        http2_turn(l);
        wake(door->front);
        if (!l->dead) {
            resume_all(door);
        }
        if (!l->dead) {
            http2_turn(l);
        }
    }
}

static void end(struct link *l)
{
    struct front *f = l->door->front;
    struct heap_item left;
    if (!l->dead) {
        wire.out_room = OUT_BYTES_MAX;
        http2_goaway(l);
    }
    http2_end(l);
    resume_all(l->door);
    f->stopping = true;
    wake(f); /* what was late, for nobody now */
    resume_all(l->door);
    CHECK(f->open_visits == 0);
    CHECK(f->streams == NULL && !heap_peek(&f->delayed, &left));
    CHECK(atomic_load(&f->bodies_bytes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct front f;
    if (size < 2) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct str frames = str_n((const char *)data + 2, size - 2);
    front_begin(&f, a);
    struct door door = {.front = &f, .arena = a};
    struct link l = {.door = &door};
    l.socket.link = &l;
    wire.in = str_n(preface, sizeof preface - 1);
    wire.out_step = wire.out_room = 1 + (size_t)data[1] * 64;
    wire.out_bytes = 0;
    wire.now_us = START_US;
    http2_begin(&l);
    run(&l, frames, 1 + (size_t)data[0] * 8);
    end(&l);
    visit_pool_free(&f);
    arena_free(f.visits);
    arena_free(a);
    return 0;
}
