/* Told by the first bytes, which stay where they are: whoever takes the connection reads them. */
#include "greeting.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "hangup.h"
#include "http1.h"
#include "http2.h"
#include "relay.h"
#include "tls.h"

#define TLS_HANDSHAKE_RECORD 0x16 /* RFC 8446, 5.1 */
/* RFC 9113, 3.4: what begins a connection that speaks HTTP/2 by prior knowledge. */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_BYTES (sizeof(preface) - 1)

static bool is_full(const struct door *door)
{
    return door->link_count + http1_connections(door->front) > door->front->connections_max;
}

/* One connection more than may be open: AWS's clients try again later. What was sent is read, since
 * a close on top of it would be a reset. */
static void turn_away(struct link *l)
{
    static const char later[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                "Connection: close\r\nContent-Length: 0\r\n\r\n";
    char unread[16 * KIB];
    (void)!recv(l->socket.fd, unread, sizeof(unread), 0);
    (void)!send(l->socket.fd, later, sizeof(later) - 1, MSG_NOSIGNAL);
    link_die(l);
}

static void to_http1(struct link *l)
{
    hangup_watch(l->door, l->socket.fd);
    (void)http1_take(l->door->front, l->socket.fd, (struct sockaddr *)&l->peer, l->peer_len);
}

/* TLS for the first time: its keys are made, which a front that nobody asks for it need not do. */
static SSL_CTX *tls_of(struct door *door)
{
    struct diag d = DIAG_INIT;
    if (door->tls == NULL && !door->tls_failed) {
        door->tls_failed = tls_context(door->front->tls_folder, &door->tls, &d) != ERR_OK;
    }
    return door->tls;
}

static void to_tls(struct link *l)
{
    SSL_CTX *context = tls_of(l->door);
    l->ssl = context == NULL ? NULL : SSL_new(context);
    if (l->ssl == NULL || SSL_set_fd(l->ssl, l->socket.fd) != 1) {
        link_die(l);
        return;
    }
    l->kind = LINK_HANDSHAKE;
    link_watch(&l->socket, EPOLLIN);
}

/* Edge-triggered: half a preface is not looked at again until there is more of it. */
bool greeting_hear(struct link *l)
{
    char first[PREFACE_BYTES];
    ssize_t got = recv(l->socket.fd, first, sizeof(first), MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    bool http1 =
        got > 0 && first[0] != TLS_HANDSHAKE_RECORD && memcmp(first, preface, (size_t)got) != 0;
    if (got <= 0) {
        link_die(l);
    } else if (is_full(l->door)) {
        http1 ? turn_away(l) : link_die(l);
    } else if (first[0] == TLS_HANDSHAKE_RECORD) {
        to_tls(l);
    } else if (http1) {
        to_http1(l);
        return false;
    } else if ((size_t)got == PREFACE_BYTES) {
        http2_begin(l);
    }
    return true;
}

void greeting_handshake(struct link *l)
{
    int why = link_handshake(l);
    if (why == SSL_ERROR_NONE) {
        l->active_us = link_now_us();
        if (tls_speaks_http2(l->ssl)) {
            http2_begin(l);
        } else {
            relay_begin(l);
        }
        return;
    }
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        link_watch(&l->socket, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
    } else {
        link_die(l);
    }
}
