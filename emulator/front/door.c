#include "door.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "greeting.h"
#include "hangup.h"
#include "http2.h"
#include "quiet.h"
#include "relay.h"

#define DOOR_EVENTS 64
#define DOOR_ACCEPTS_AT_ONCE 64
#define DOOR_TURN_MS 1000
#define DOOR_HURRY_MS 20  /* while an end of stream waits for what comes before it to be read */
#define DOOR_PAUSE_MS 100 /* until it is tried again to accept */
#define GREETING_IDLE_US (30 * US_PER_S) /* until a connection has told what it speaks */

/* ---- links ---- */

static struct link *link_new(struct door *door, int fd)
{
    struct link *l = NEW(door->arena, struct link);
    *l = (struct link){.door = door, .active_us = link_now_us(), .next = door->links};
    l->socket = (struct watch){.link = l, .fd = fd};
    if (door->links != NULL) {
        door->links->prev = l;
    }
    door->links = l;
    door->link_count++;
    return l;
}

/* Forgets the link; the socket is another's now, or closed. */
static void link_drop(struct link *l)
{
    struct door *door = l->door;
    if (l->prev != NULL) {
        l->prev->next = l->next;
    } else {
        door->links = l->next;
    }
    if (l->next != NULL) {
        l->next->prev = l->prev;
    }
    door->link_count--;
    arena_recycle(door->arena, l, sizeof(*l));
}

static void link_close(struct link *l)
{
    if (l->kind == LINK_HTTP2) {
        http2_end(l);
    } else if (l->kind == LINK_RELAY) {
        relay_end(l);
    }
    link_tls_end(l);
    close(l->socket.fd);
    link_drop(l);
}

static void dying_bury(struct door *door)
{
    while (door->dying != NULL) {
        struct link *l = door->dying;
        door->dying = l->next_dying;
        link_close(l);
    }
}

/* ---- the loop ---- */

static void link_turn(struct link *l)
{
    switch (l->kind) {
    case LINK_UNKNOWN:
        if (!greeting_hear(l)) {
            link_drop(l);
        }
        break;
    case LINK_HANDSHAKE:
        greeting_handshake(l);
        break;
    case LINK_HTTP2:
        http2_turn(l);
        break;
    case LINK_RELAY:
        relay_turn(l);
        break;
    }
}

/* Those who wait stay in the backlog; asking for them at once again would be all that we do. */
static void accept_pause(struct door *door)
{
    door->accept_us = link_now_us() + DOOR_PAUSE_MS * US_PER_MS;
    (void)epoll_ctl(door->epoll, EPOLL_CTL_DEL, door->listener.fd, NULL);
}

static bool watch_forever(struct door *door, struct watch *w, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = w};
    w->fd = fd;
    return epoll_ctl(door->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void accept_again(struct door *door, int64_t now_us)
{
    if (door->accept_us != 0 && door->accept_us <= now_us && !door->quiet &&
        watch_forever(door, &door->listener, door->listener.fd)) {
        door->accept_us = 0;
    }
}

static void accept_some(struct door *door)
{
    for (int i = 0; i < DOOR_ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof(peer);
        int fd = accept4(door->listener.fd, (struct sockaddr *)&peer, &len,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                accept_pause(door);
            }
            return;
        }
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct link *l = link_new(door, fd);
        l->peer = peer;
        l->peer_len = len;
        link_watch(&l->socket, EPOLLIN | EPOLLRDHUP | EPOLLET);
    }
}

static bool is_idle(const struct link *l, int64_t now_us)
{
    bool greeting = l->kind == LINK_UNKNOWN || l->kind == LINK_HANDSHAKE;
    int64_t limit_us = l->door->front->idle_s * US_PER_S;
    limit_us = greeting && limit_us > GREETING_IDLE_US ? GREETING_IDLE_US : limit_us;
    return now_us - l->active_us > limit_us && l->kind != LINK_RELAY && /* http1 ends those */
           !(l->kind == LINK_HTTP2 && http2_is_held(l));
}

static void idle_end(struct door *door, int64_t now_us)
{
    for (struct link *l = door->links; l != NULL; l = l->next) {
        if (is_idle(l, now_us)) {
            link_die(l);
        }
    }
}

/* No more connections, and those that are there are asked to end. */
static void quiet_begin(struct door *door)
{
    door->quiet = true;
    (void)epoll_ctl(door->epoll, EPOLL_CTL_DEL, door->listener.fd, NULL);
    for (struct link *l = door->links; l != NULL; l = l->next) {
        if (l->kind == LINK_HTTP2) {
            http2_goaway(l);
        } else if (l->kind != LINK_RELAY) {
            link_die(l);
        }
    }
}

/* Whether the loop goes on. */
static bool bell_heard(struct door *door)
{
    struct front *f = door->front;
    uint64_t count;
    (void)!read(door->bell.fd, &count, sizeof(count));
    front_lock(f);
    struct http2_stream *resumed = door->resumed;
    door->resumed = NULL;
    bool quiet = door->asked_quiet && !door->quiet;
    bool close = door->asked_close;
    front_unlock(f);
    http2_resumed(resumed);
    if (quiet) {
        quiet_begin(door);
    }
    return !close;
}

static void event_handle(struct door *door, const struct epoll_event *e)
{
    struct watch *w = e->data.ptr;
    if (hangup_is(e->data.u64)) {
        hangup_heard(door, e->data.u64);
    } else if (w == &door->listener) {
        accept_some(door);
    } else if (w->link != NULL && !w->link->dead) {
        link_turn(w->link);
    }
}

static void *door_run(void *context)
{
    struct door *door = context;
    bool open = true;
    int64_t swept_us = link_now_us();
    int wait_ms = DOOR_TURN_MS;
    while (open) {
        struct epoll_event events[DOOR_EVENTS];
        int count = epoll_wait(door->epoll, events, DOOR_EVENTS, wait_ms);
        bool rung = false;
        for (int i = 0; i < count; i++) {
            rung = rung || events[i].data.ptr == &door->bell;
            event_handle(door, &events[i]);
        }
        if (rung) { /* last, since it may end links that events speak of */
            open = bell_heard(door);
        }
        int64_t now_us = link_now_us();
        if (now_us - swept_us > US_PER_S) {
            swept_us = now_us;
            idle_end(door, now_us);
            visits_hurry(door->front, now_us);
            quiet_turn(door->front, now_us);
        }
        dying_bury(door);
        accept_again(door, now_us);
        wait_ms = hangup_sweep(door) ? DOOR_HURRY_MS : DOOR_TURN_MS;
        wait_ms = door->accept_us != 0 && wait_ms > DOOR_PAUSE_MS ? DOOR_PAUSE_MS : wait_ms;
    }
    return NULL;
}

/* ---- opening and closing ---- */

void door_ring(struct door *door)
{
    uint64_t one = 1;
    (void)!write(door->bell.fd, &one, sizeof(one));
}

static void door_free(struct door *door)
{
    while (door->links != NULL) {
        link_close(door->links);
    }
    if (door->tls != NULL) {
        SSL_CTX_free(door->tls);
    }
    close(door->bell.fd);
    close(door->epoll);
    arena_free(door->arena);
}

enum err door_open(struct front *f, struct diag *d)
{
    struct arena *a = arena_new("door", ARENA_PROCESS_BYTES_MAX);
    struct door *door = NEW(f->arena, struct door);
    door->front = f;
    door->arena = a;
    door->epoll = epoll_create1(EPOLL_CLOEXEC);
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (door->epoll >= 0 && bell >= 0 && watch_forever(door, &door->bell, bell) &&
        watch_forever(door, &door->listener, f->listen_socket) &&
        pthread_create(&door->thread, NULL, door_run, door) == 0) {
        f->door = door;
        return ERR_OK;
    }
    door->bell.fd = bell;
    door_free(door);
    return fail(d, ERR_INTERNAL, "cannot watch the socket: %s", strerror(errno));
}

struct torn {
    int fd;
    struct torn *next;
};

bool door_tear(struct front *f, int fd)
{
    int domain = 0;
    socklen_t len = sizeof(domain);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_UNIX) {
        return false;
    }
    front_lock(f);
    struct torn *t = NEW(f->arena, struct torn);
    *t = (struct torn){.fd = fd, .next = f->door->torn};
    f->door->torn = t;
    front_unlock(f);
    return true;
}

bool door_was_torn(struct front *f, int fd)
{
    front_lock(f);
    struct torn **at = &f->door->torn;
    while (*at != NULL && (*at)->fd != fd) {
        at = &(*at)->next;
    }
    struct torn *found = *at;
    if (found != NULL) {
        *at = found->next;
        arena_recycle(f->arena, found, sizeof(*found));
    }
    front_unlock(f);
    return found != NULL;
}

void door_quiet(struct front *f)
{
    front_lock(f);
    f->door->asked_quiet = true;
    front_unlock(f);
    door_ring(f->door);
}

void door_close(struct front *f)
{
    front_lock(f);
    f->door->asked_close = true;
    front_unlock(f);
    door_ring(f->door);
    pthread_join(f->door->thread, NULL);
    door_free(f->door);
    f->door = NULL;
}
