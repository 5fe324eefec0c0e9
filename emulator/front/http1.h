/* http1.h -- HTTP/1.1 connections, served by libmicrohttpd's pool of threads. Private. */
#ifndef AFORO_EMULATOR_FRONT_HTTP1_H
#define AFORO_EMULATOR_FRONT_HTTP1_H

#include "front.h"

struct sockaddr;
MUST_USE enum err http1_start(struct front *f, struct diag *d);
/* Serves a connection from its first byte on; the socket is the daemon's. false: it is closed, too
 * many are open. */
bool http1_take(struct front *f, int fd, const struct sockaddr *peer, unsigned peer_len);
unsigned http1_connections(const struct front *f);
void http1_stop(struct front *f); /* no visit may be held any more */

#endif
