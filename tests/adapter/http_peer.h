/* http_peer.h -- The other side of an HTTP connection that behaves or misbehaves as the path of the
 * request asks: /ok            200 "hello", keeps the connection; header X-Connection: the number
 * of the connection /echo          200 with the request's own bytes as the body        /chunked 200
 * in chunks, "hello" /busy          503 "busy"     /moved  302 to /ok                   /continue
 * 100, then 503 /none          204            /twice  200 with two Set-Cookie headers and odd white
 * space /drop          closes without an answer      /reset  resets        /silent   never answers
 *   /half          100 bytes announced, 10 sent  /half-chunk  a chunk, no end    /half-head  cut in
 * the head /huge          announces more than any cap   /headers  300 header lines One connection
 * at a time, on a free port of 127.0.0.1. */
#ifndef AFORO_TESTS_ADAPTER_HTTP_PEER_H
#define AFORO_TESTS_ADAPTER_HTTP_PEER_H

#include <pthread.h>
#include <stdatomic.h>

struct http_peer {
    int listener, port;
    pthread_t thread;
    atomic_int connections, requests;
};
void http_peer_start(struct http_peer *peer);
void http_peer_stop(struct http_peer *peer);
int http_peer_refused_port(void); /* a port on which nobody listens */

#endif
