#include "relay.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "door.h"
#include "hangup.h"
#include "http1.h"

#define RELAY_BYTES (32 * KIB)

struct lane { /* one direction: what was read and has not been written */
    char bytes[RELAY_BYTES];
    size_t at, end;
    bool ended; /* nothing more will be read */
};
struct relay {
    struct watch inner;  /* our end of the pair */
    int outer;           /* the number that http1 knows the other by */
    struct lane in, out; /* from the client; to it */
};

void relay_begin(struct link *l)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        link_die(l);
        return;
    }
    struct relay *r = arena_alloc_raw(l->door->arena, sizeof(*r));
    r->inner = (struct watch){.link = l, .fd = pair[0]};
    r->outer = pair[1];
    r->in.at = r->in.end = r->out.at = r->out.end = 0;
    r->in.ended = r->out.ended = false;
    l->kind = LINK_RELAY;
    l->relay = r;
    (void)door_was_torn(l->door->front, pair[1]); /* what was said of an earlier one */
    hangup_watch(l->door, pair[1]);
    if (!http1_take(l->door->front, pair[1], (struct sockaddr *)&l->peer, l->peer_len)) {
        link_die(l);
        return;
    }
    relay_turn(l);
}

static enum link_io inner_read(struct relay *r, char *to, size_t max, size_t *ret_bytes)
{
    ssize_t got = recv(r->inner.fd, to, max, 0);
    if (got > 0) {
        *ret_bytes = (size_t)got;
        return LINK_MOVED;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? LINK_BLOCKED : LINK_ENDED;
}

static enum link_io inner_write(struct relay *r, const char *bytes, size_t count, size_t *ret_bytes)
{
    ssize_t sent = send(r->inner.fd, bytes, count, MSG_NOSIGNAL);
    if (sent > 0) {
        *ret_bytes = (size_t)sent;
        return LINK_MOVED;
    }
    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? LINK_BLOCKED : LINK_ENDED;
}

/* Reads where the lane is empty, and writes what there is. false: nothing moves. */
static bool lane_in(struct link *l)
{
    struct relay *r = l->relay;
    struct lane *lane = &r->in;
    size_t n = 0;
    if (lane->at == lane->end && !lane->ended) {
        enum link_io io = link_read(l, lane->bytes, RELAY_BYTES, &n);
        lane->at = 0;
        lane->end = n;
        if (io == LINK_ENDED) {
            lane->ended = true;
            (void)shutdown(r->inner.fd, SHUT_WR);
        }
        if (io != LINK_MOVED) {
            return false;
        }
    }
    if (lane->at < lane->end &&
        inner_write(r, lane->bytes + lane->at, lane->end - lane->at, &n) == LINK_MOVED) {
        lane->at += n;
        return true;
    }
    return false;
}

static bool lane_out(struct link *l)
{
    struct relay *r = l->relay;
    struct lane *lane = &r->out;
    size_t n = 0;
    if (lane->at == lane->end && !lane->ended) {
        enum link_io io = inner_read(r, lane->bytes, RELAY_BYTES, &n);
        lane->at = 0;
        lane->end = n;
        lane->ended = io == LINK_ENDED;
        if (io != LINK_MOVED) {
            return false;
        }
    }
    if (lane->at < lane->end) {
        enum link_io io = link_write(l, lane->bytes + lane->at, lane->end - lane->at, &n);
        if (io == LINK_ENDED) {
            link_die(l);
        }
        lane->at += io == LINK_MOVED ? n : 0;
        return io == LINK_MOVED;
    }
    return false;
}

void relay_turn(struct link *l)
{
    struct relay *r = l->relay;
    bool moved = true;
    while (moved && !l->dead) {
        moved = lane_in(l);
        moved = lane_out(l) || moved;
    }
    bool in_waits = r->in.at < r->in.end;
    bool out_waits = r->out.at < r->out.end;
    if (r->out.ended && !out_waits) {
        if (door_was_torn(l->door->front, r->outer)) {
            link_tear(l);
        } else {
            link_die(l); /* http1 has said its last */
        }
    }
    if (l->dead) {
        return;
    }
    link_watch(&l->socket, (in_waits || r->in.ended ? 0u : EPOLLIN) | (out_waits ? EPOLLOUT : 0u));
    if (!l->dead) {
        link_watch(&r->inner,
                   (out_waits || r->out.ended ? 0u : EPOLLIN) | (in_waits ? EPOLLOUT : 0u));
    }
}

void relay_end(struct link *l)
{
    close(l->relay->inner.fd);
    arena_recycle(l->door->arena, l->relay, sizeof(*l->relay));
}
