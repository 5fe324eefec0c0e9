/* stream_source.c -- Answers that stream: who is open, who was woken. A source is known by its
 * number, so that a timer that outlives it finds nothing. All of it runs under the lock. */
#include "dispatch_parts.h"

struct stream_source {
    const struct stream_ops *ops;
    void *self; /* NULL: closed with the state */
    uint64_t number;
    bool woken;
    struct stream_source *next;
};

uint64_t call_stream(struct call *c, const struct stream_ops *ops, void *self)
{
    struct stream_source *s = NEW(c->arena, struct stream_source);
    *s = (struct stream_source){
        .ops = ops, .self = self, .number = ++c->core->last_stream, .next = c->core->streams};
    c->core->streams = s;
    c->stream = s;
    return s->number;
}

static struct stream_source *find(const struct core *core, uint64_t number)
{
    struct stream_source *s = core->streams;
    while (s != NULL && s->number != number) {
        s = s->next;
    }
    return s;
}

void core_stream_wake(struct core *core, uint64_t stream)
{
    struct stream_source *s = find(core, stream);
    if (s != NULL) {
        s->woken = true;
        core->streams_woken = true;
    }
}

struct wake {
    uint64_t stream;
};

static void wake_fire(struct core *core, void *arg, int64_t now_us)
{
    (void)now_us;
    struct wake *w = arg;
    core_stream_wake(core, w->stream);
    arena_recycle(core->arena, w, sizeof(*w));
}

void core_stream_wake_at(struct core *core, uint64_t stream, int64_t at_us)
{
    struct wake *w = NEW(core->arena, struct wake);
    w->stream = stream;
    core_timer(core, at_us, wake_fire, w);
}

static void unlink_source(struct core *core, const struct stream_source *s)
{
    struct stream_source **at = &core->streams;
    while (*at != NULL && *at != s) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = s->next;
    }
}

static void close_source(struct core *core, struct stream_source *s)
{
    if (s->self != NULL) {
        s->ops->close(core, s->self);
        s->self = NULL;
        unlink_source(core, s);
    }
}

void streams_close(struct core *core)
{
    while (core->streams != NULL) {
        core->streams->woken = true;
        core->streams_woken = true;
        close_source(core, core->streams);
    }
}

/* ---- for the front ---- */

bool core_stream_pull(struct passage *p, int64_t clock_us, struct buf *out)
{
    struct stream_source *s = p->stream;
    clock_advance(p->core, core_now(p->core, clock_us));
    s->woken = false;
    size_t before = out->len;
    bool more = s->self != NULL && s->ops->pull(p->core, s->self, p->core->now_us, out);
    if (p->crc_to_break && out->len > before) { /* the last byte of what there is: a checksum's */
        out->ptr[out->len - 1] = (char)(out->ptr[out->len - 1] ^ 1);
        p->crc_to_break = false;
    }
    return more;
}

void core_stream_close(struct passage *p)
{
    if (p->stream != NULL) {
        close_source(p->core, p->stream);
    }
}

bool core_stream_woken(struct passage *p)
{
    return p->stream != NULL && p->stream->woken;
}

bool core_streams_woken(struct core *core)
{
    bool woken = core->streams_woken;
    core->streams_woken = false;
    return woken;
}
