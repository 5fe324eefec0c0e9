#include "link.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "door.h"

int64_t link_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

void link_die(struct link *l)
{
    if (!l->dead) {
        l->dead = true;
        l->next_dying = l->door->dying;
        l->door->dying = l;
    }
}

void link_tear(struct link *l)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(l->socket.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    l->torn = true;
    link_die(l);
}

void link_watch(struct watch *w, unsigned events)
{
    if (w == &w->link->socket && w->link->tls_wants_out) {
        events |= EPOLLOUT;
    }
    if (events == w->events) {
        return;
    }
    struct epoll_event e = {.events = events, .data.ptr = w};
    int what = w->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (epoll_ctl(w->link->door->epoll, what, w->fd, &e) == 0) {
        w->events = events;
    } else {
        link_die(w->link);
    }
}

static enum link_io moved(struct link *l, size_t bytes, size_t *ret_bytes)
{
    l->active_us = link_now_us();
    *ret_bytes = bytes;
    return LINK_MOVED;
}

/* What a call of TLS that moved nothing means. */
static enum link_io tls_stuck(struct link *l, int result)
{
    int why = SSL_get_error(l->ssl, result);
    l->tls_wants_out = why == SSL_ERROR_WANT_WRITE;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? LINK_BLOCKED : LINK_ENDED;
}

static enum link_io socket_stuck(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? LINK_BLOCKED
                                                                                     : LINK_ENDED;
}

/* OpenSSL's errors stand in a queue of the thread's, where those of another link, which is closed
 * by now, would be taken for this one's. */
static SSL *tls_ready(struct link *l)
{
    ERR_clear_error();
    return l->ssl;
}

int link_handshake(struct link *l)
{
    SSL *ssl = tls_ready(l);
    int result = SSL_accept(ssl);
    return result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
}

void link_tls_end(struct link *l)
{
    if (l->ssl != NULL) {
        if (!l->torn) {
            (void)SSL_shutdown(tls_ready(l));
        }
        SSL_free(l->ssl);
    }
}

enum link_io link_read(struct link *l, char *to, size_t max, size_t *ret_bytes)
{
    if (l->ssl != NULL) {
        int got = SSL_read(tls_ready(l), to, max > INT32_MAX ? INT32_MAX : (int)max);
        return got > 0 ? moved(l, (size_t)got, ret_bytes) : tls_stuck(l, got);
    }
    ssize_t got = recv(l->socket.fd, to, max, 0);
    return got > 0 ? moved(l, (size_t)got, ret_bytes) : socket_stuck(got);
}

enum link_io link_write(struct link *l, const char *bytes, size_t count, size_t *ret_bytes)
{
    if (l->ssl != NULL) {
        int sent = SSL_write(tls_ready(l), bytes, count > INT32_MAX ? INT32_MAX : (int)count);
        return sent > 0 ? moved(l, (size_t)sent, ret_bytes) : tls_stuck(l, sent);
    }
    ssize_t sent = send(l->socket.fd, bytes, count, MSG_NOSIGNAL);
    return sent > 0 ? moved(l, (size_t)sent, ret_bytes) : socket_stuck(sent);
}
