/* visit.c -- A visit's way: from the pool, through the exchange, held and resumed, back into the
 * pool. */
#include "front_parts.h"

#include "base/instant.h"
#include "link.h"

#include <string.h>

#define BODY_TO_WASTE_BYTES_MAX (1 * MIB)

/* ---- the pool ---- */

struct visit *visit_take(struct front *f, const struct visit_carrier *carrier, void *link)
{
    pthread_mutex_lock(&f->pool_lock);
    struct visit *v = f->free_visits;
    if (v != NULL) {
        f->free_visits = v->next_free;
    } else {
        v = NEW(f->visits, struct visit);
    }
    if (v->arena == NULL) {
        v->arena = arena_new("request", ARENA_TASK_BYTES_MAX);
    }
    f->open_visits++;
    f->visits_taken++;
    *v = (struct visit){.front = f,
                        .arena = v->arena,
                        .carrier = carrier,
                        .link = link,
                        .begun_us = link_now_us(),
                        .next_open = f->visits_open};
    if (f->visits_open != NULL) {
        f->visits_open->prev_open = v;
    }
    f->visits_open = v;
    pthread_mutex_unlock(&f->pool_lock);
    return v;
}

static void stream_end(struct visit *v)
{
    struct front *f = v->front;
    front_lock(f);
    struct visit **at = &f->streams;
    while (*at != v) {
        at = &(*at)->next_stream;
    }
    *at = v->next_stream;
    exchange_close(v->exchange);
    front_unlock(f);
}

void visit_give(struct visit *v)
{
    struct front *f = v->front;
    if (v->stream_open) {
        stream_end(v);
    }
    arena_reset(v->arena);
    atomic_fetch_sub(&f->bodies_bytes, v->collected);
    pthread_mutex_lock(&f->pool_lock);
    if (v->prev_open != NULL) {
        v->prev_open->next_open = v->next_open;
    } else {
        f->visits_open = v->next_open;
    }
    if (v->next_open != NULL) {
        v->next_open->prev_open = v->prev_open;
    }
    v->next_free = f->free_visits;
    f->free_visits = v;
    f->open_visits--;
    if (f->open_visits == 0) {
        pthread_cond_signal(&f->pool_idle);
    }
    pthread_mutex_unlock(&f->pool_lock);
}

/* Under the pool's lock, or when there is nobody else. */
static void pool_arenas_free(struct front *f)
{
    for (struct visit *v = f->free_visits; v != NULL; v = v->next_free) {
        if (v->arena != NULL) {
            arena_free(v->arena);
            v->arena = NULL;
        }
    }
}

void visit_pool_free(struct front *f)
{
    pool_arenas_free(f);
    f->free_visits = NULL;
}

void visit_pool_trim(struct front *f)
{
    pthread_mutex_lock(&f->pool_lock);
    pool_arenas_free(f);
    pthread_mutex_unlock(&f->pool_lock);
}

uint64_t visits_taken(struct front *f)
{
    pthread_mutex_lock(&f->pool_lock);
    uint64_t taken = f->visits_taken;
    pthread_mutex_unlock(&f->pool_lock);
    return taken;
}

void visits_hurry(struct front *f, int64_t now_us)
{
    pthread_mutex_lock(&f->pool_lock);
    for (struct visit *v = f->visits_open; v != NULL; v = v->next_open) {
        int64_t age_s = (now_us - v->begun_us) / US_PER_S;
        uint64_t fed = atomic_load(&v->fed);
        if (age_s > f->idle_s && fed < (uint64_t)age_s * VISIT_BYTES_PER_S_MIN) {
            v->carrier->cut(v);
        }
    }
    pthread_mutex_unlock(&f->pool_lock);
}

/* ---- the request ---- */

void visit_target(struct visit *v, struct str target)
{
    struct http_request *r = &v->request;
    if (!str_starts(target, STR("/"))) {
        size_t scheme = str_find_str(target, STR("://"));
        struct str rest = scheme == STR_NONE ? STR_EMPTY : str_from(target, scheme + 3);
        size_t path = str_find(rest, '/');
        target = path == STR_NONE ? STR("/") : str_from(rest, path);
    }
    if (!str_split(target, '?', &r->path, &r->query)) {
        r->path = target;
        r->query = STR_EMPTY;
    }
}

enum visit_way visit_open(struct visit *v)
{
    struct str length = http_header(&v->request.headers, "Content-Length");
    struct diag d = DIAG_INIT;
    uint64_t bytes = 0;
    v->exchange = emulator_begin(v->front->emulator, &v->request, STR_EMPTY, v->arena);
    bool known = length.len > 0 && str_u64(length, &bytes, &d) == ERR_OK;
    if (known && bytes > exchange_body_max(v->exchange)) {
        return VISIT_TOO_LARGE;
    }
    bool costly = (known && bytes > BODY_TO_WASTE_BYTES_MAX) ||
                  http_has_header(&v->request.headers, "Expect");
    return costly && exchange_refused(v->exchange) ? VISIT_ANSWER_NOW : VISIT_READ;
}

/* Whether there is room for more of a body that is collected. */
static bool bodies_take(struct visit *v, size_t bytes)
{
    struct front *f = v->front;
    if (exchange_body_max(v->exchange) == UINT64_MAX) {
        return true; /* thrown away, or kept by the service */
    }
    v->collected += bytes;
    return atomic_fetch_add(&f->bodies_bytes, bytes) + bytes <= f->bodies_bytes_max;
}

void visit_feed(struct visit *v, struct str bytes)
{
    struct diag d = DIAG_INIT;
    atomic_fetch_add(&v->fed, bytes.len);
    if (!bodies_take(v, bytes.len)) {
        exchange_slow_down(v->exchange);
    }
    if (!v->too_large) {
        v->too_large = exchange_feed(v->exchange, bytes, &d) != ERR_OK;
    }
}

static void stream_begin(struct visit *v)
{
    struct front *f = v->front;
    buf_init(&v->pending, v->arena, VISIT_PENDING_BYTES_MAX);
    v->stream_open = true;
    v->next_stream = f->streams;
    f->streams = v;
}

/* ---- saving: before an answer leaves, what it tells is in the journal ---- */

static void visit_hold_late(struct visit *v)
{
    v->late = true;
    heap_push(&v->front->delayed, v->answer_us, 0, v);
    pthread_cond_broadcast(&v->front->news);
}

static bool visit_waits_for_journal(struct visit *v)
{
    struct front *f = v->front;
    enum journal_saved saved = emulator_saved(f->emulator, v->outcome.journal_end);
    v->unsaved = saved == JOURNAL_FAILED;
    if (saved != JOURNAL_LATER) {
        return false;
    }
    v->next_saving = f->saving;
    f->saving = v;
    return true;
}

/* Under the lock. true: it is held until the journal's thread has saved it. A journal that writes
 * in the asking thread is asked later, without the lock; but a late answer has no later. */
static bool visit_saves(struct visit *v)
{
    struct front *f = v->front;
    bool waits = emulator_journal_waits(f->emulator);
    if (v->outcome.stream || (!waits && v->answer_us == 0)) {
        return false;
    }
    return visit_waits_for_journal(v);
}

bool visit_saves_stream(struct visit *v)
{
    v->outcome.journal_end = emulator_journal_end(v->front->emulator);
    v->stream_saving = emulator_journal_waits(v->front->emulator) && visit_waits_for_journal(v);
    return v->stream_saving;
}

void visits_saved(void *front)
{
    struct front *f = front;
    front_lock(f);
    struct visit **at = &f->saving;
    while (*at != NULL) {
        struct visit *v = *at;
        enum journal_saved saved = emulator_saved(f->emulator, v->outcome.journal_end);
        if (saved == JOURNAL_LATER) {
            at = &v->next_saving;
            continue;
        }
        *at = v->next_saving;
        v->stream_saving = false;
        v->unsaved = saved == JOURNAL_FAILED;
        if (v->answer_us > front_now_us(f) && !f->stopping) {
            visit_hold_late(v);
        } else {
            v->carrier->resume(v);
        }
    }
    if (f->outbound_waits) {
        pthread_cond_broadcast(&f->news);
    }
    front_unlock(f);
}

/* Nobody waits for what is not held: the asking thread saves for all. */
static void visit_save_now(struct visit *v)
{
    if (v->outcome.journal_end > 0 && !v->outcome.stream) {
        v->unsaved = emulator_saved(v->front->emulator, v->outcome.journal_end) == JOURNAL_FAILED;
    }
}

void visit_render(struct visit *v)
{
    if (v->unsaved) {
        exchange_unsaved(v->exchange, &v->outcome);
    } else {
        exchange_render(v->exchange, &v->outcome);
    }
}

bool visit_finish(struct visit *v)
{
    struct front *f = v->front;
    atomic_store(&v->fed, VISIT_WHOLE);
    exchange_ready(v->exchange);
    front_lock(f);
    int64_t timer_us = emulator_next_timer(f->emulator);
    int64_t now_us = front_now_us(f);
    v->outcome = exchange_finish(v->exchange, now_us);
    v->date_us = emulator_now(f->emulator, now_us);
    if (v->outcome.kill && f->kill != NULL) {
        f->kill(f->kill_ctx, v->outcome.actor, v->outcome.restart_us);
    }
    /* what drips begins at once */
    bool late = v->outcome.delay_us > 0 && v->outcome.wire != FAULT_WIRE_DRIP && !f->stopping;
    v->answer_us = late ? now_us + v->outcome.delay_us : 0;
    bool saving = visit_saves(v);
    if (late || saving) {
        v->carrier->hold(v);
    }
    if (late && !saving) {
        visit_hold_late(v);
    }
    if (emulator_next_timer(f->emulator) < timer_us) {
        pthread_cond_broadcast(&f->news);
    }
    if (v->outcome.stream) {
        stream_begin(v);
    }
    visits_wake(f);
    front_unlock(f);
    if (!late && !saving) { /* else others may have resumed it by now */
        visit_save_now(v);
    }
    return late || saving;
}

/* ---- the answer ---- */

struct str visit_date(const struct visit *v)
{
    struct buf out;
    buf_init(&out, v->arena, 64);
    instant_http(&out, v->date_us != 0 ? v->date_us : front_now_us(v->front));
    return buf_str(&out);
}

/* ---- resuming ---- */

void visits_wake(struct front *f)
{
    if (!emulator_streams_woken(f->emulator) && !f->stopping) {
        return;
    }
    for (struct visit *v = f->streams; v != NULL; v = v->next_stream) {
        if (v->waiting && (f->stopping || exchange_woken(v->exchange))) {
            v->waiting = false;
            v->carrier->resume(v);
        }
    }
}

void visits_resume_late(struct front *f, int64_t now_us)
{
    struct heap_item item;
    while (heap_peek(&f->delayed, &item) && (item.at_us <= now_us || f->stopping)) {
        (void)heap_pop(&f->delayed, &item);
        struct visit *v = item.what;
        v->late = false;
        v->carrier->resume(v);
    }
}
