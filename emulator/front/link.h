/* link.h -- One connection in the door's thread: its socket, TLS where there is one, and what it
 * turned out to speak. Bytes go through link_read and link_write, encrypted or not. Private. */
#ifndef AFORO_EMULATOR_FRONT_LINK_H
#define AFORO_EMULATOR_FRONT_LINK_H

#include <openssl/ssl.h>
#include <sys/socket.h>
#include "base/heap.h"
#include "front.h"

enum link_kind { LINK_UNKNOWN, LINK_HANDSHAKE, LINK_HTTP2, LINK_RELAY };
struct link;
/* What the loop watches: a socket and whose it is. */
struct watch {
    struct link *link;
    int fd;
    unsigned events; /* as epoll was told last; 0: not watched */
};
struct http2;
struct relay;
struct link {
    struct door *door;
    enum link_kind kind;
    struct watch socket;
    struct sockaddr_storage peer;
    socklen_t peer_len;
    SSL *ssl;           /* NULL: plain */
    int64_t active_us;  /* when a byte came or went last, by the monotonic clock */
    bool tls_wants_out; /* TLS must write before it can read */
    bool dead;          /* closed at the end of the loop's turn */
    bool torn;          /* by a reset: TLS says nothing any more */
    union {
        struct http2 *http2;
        struct relay *relay;
    };
    struct link *next, *prev; /* all links of the door */
    struct link *next_dying;
};

enum link_io { LINK_MOVED, LINK_BLOCKED, LINK_ENDED };
/* MOVED: *ret_bytes > 0. BLOCKED: nothing now, the watch wakes. ENDED: closed or broken. */
enum link_io link_read(struct link *l, char *to, size_t max, size_t *ret_bytes);
enum link_io link_write(struct link *l, const char *bytes, size_t count, size_t *ret_bytes);
int link_handshake(
    struct link *l); /* SSL_ERROR_NONE: done; else what it waits for, or is broken by */
void link_tls_end(struct link *l);
/* Says which of EPOLLIN, EPOLLOUT matter; TLS may want the other one too. */
void link_watch(struct watch *w, unsigned events);

void link_die(struct link *l);  /* once is enough */
void link_tear(struct link *l); /* the same, by a reset */
int64_t link_now_us(void);      /* monotonic */

#endif
