/* door.h -- The one thread that accepts connections and tells by their first bytes what they speak:
 * HTTP/1.1 goes to http1's pool, HTTP/2 and TLS stay in this thread. Private. */
#ifndef AFORO_EMULATOR_FRONT_DOOR_H
#define AFORO_EMULATOR_FRONT_DOOR_H

#include "front_parts.h"
#include "link.h"

struct http2_stream;
struct door {
    struct front *front;
    struct arena *arena; /* of the thread: links and what they carry, recycled */
    pthread_t thread;
    int epoll;
    struct watch listener, bell; /* the bell: a visit of HTTP/2 was resumed, or the door closes */
    struct link *links, *dying;
    size_t link_count;
    struct hangup *hangups;
    int64_t accept_us; /* no descriptor was left: when to try again; 0: accepts */
    SSL_CTX *tls;      /* made with the first client that wants it */
    bool tls_failed, quiet;
    /* under the front's lock */
    bool asked_quiet, asked_close;
    struct torn *torn; /* ends of relays */
    struct http2_stream *resumed;
};
MUST_USE enum err door_open(struct front *f, struct diag *d);
void door_ring(struct door *door); /* any thread */
/* http1 is about to close its end of a relay, and its client shall see a reset. false: it is none,
 * and has a client of its own. */
bool door_tear(struct front *f, int fd);
bool door_was_torn(struct front *f, int fd); /* the relay's question, answered once */
/* No new connections; those of HTTP/2 are told to go away, and end what they have begun. */
void door_quiet(struct front *f);
void door_close(struct front *f); /* ends the thread and what is still open */

#endif
