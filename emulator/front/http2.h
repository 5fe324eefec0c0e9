/* http2.h -- HTTP/2 connections (RFC 9113) by nghttp2: each stream is a visit. All of it runs in
 * the door's thread, but for the resume of a visit. Private. */
#ifndef AFORO_EMULATOR_FRONT_HTTP2_H
#define AFORO_EMULATOR_FRONT_HTTP2_H

#include "link.h"

struct http2_stream;
void http2_begin(struct link *l); /* from the connection preface on */
void http2_turn(struct link *l);  /* the socket can be read or written */
void http2_goaway(struct link *l);
bool http2_is_busy(const struct link *l); /* streams are open */
bool http2_is_held(const struct link *l); /* and the client waits for one of them, not we for it */
void http2_end(struct link *l);
/* The visits that were resumed since the last time, as the door's bell gives them. */
void http2_resumed(struct http2_stream *first);

#endif
