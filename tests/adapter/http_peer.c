#include "http_peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_BYTES_MAX 65536

static int listener_open(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    cr_assert_geq(fd, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 8), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int http_peer_refused_port(void)
{
    int port;
    close(listener_open(&port));
    return port;
}

/* One whole request, by its Content-Length; its size, 0 at the end of the connection. */
static size_t request_read(int fd, char *text)
{
    size_t size = 0;
    for (;;) {
        ssize_t n = recv(fd, text + size, REQUEST_BYTES_MAX - 1 - size, 0);
        if (n <= 0) {
            return 0;
        }
        size += (size_t)n;
        text[size] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        if (end == NULL) {
            continue;
        }
        const char *length = strstr(text, "Content-Length: ");
        size_t body = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        if (size >= (size_t)(end - text) + 4 + body) {
            return size;
        }
    }
}

static void send_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, text, size, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        text += n;
        size -= (size_t)n;
    }
}

static void send_z(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static void send_many_headers(int fd)
{
    send_z(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (int i = 0; i < 300; i++) {
        send_z(fd, "X-One-More: line\r\n");
    }
    send_z(fd, "\r\n");
}

static void send_echo(int fd, const char *request, size_t size)
{
    char head[100];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    send_z(fd, head);
    send_all(fd, request, size);
}

static void reset_on_close(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Answers that end the connection: sent as they are, then closed. */
static const struct misbehaviour {
    const char *path, *answer;
} misbehaviours[] = {
    {"/half ", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"},
    {"/half-chunk ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
    {"/half-head ", "HTTP/1.1 200 OK\r\nContent-Le"},
    {"/huge ", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n0123456789"},
    {"/drop ", ""},
};

static const struct behaviour {
    const char *path, *answer;
} behaviours[] = {
    {"/chunked ",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"},
    {"/busy ", "HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nbusy"},
    {"/moved ", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
    {"/continue ", "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                   "HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nbusy"},
    {"/twice ", "HTTP/1.1 200 OK\r\nset-cookie:a=1\r\nSet-Cookie:   b: 2  \r\nX-Empty:\r\n"
                "Content-Length: 0\r\n\r\n"},
    {"/none ", "HTTP/1.1 204 No Content\r\n\r\n"},
    {"/silent ", ""},
};

/* false: close the connection. */
static bool answer(struct http_peer *peer, int fd, const char *request, size_t size)
{
    const char *path = strchr(request, ' ');
    path = path == NULL ? "" : path + 1;
    for (size_t i = 0; i < sizeof(misbehaviours) / sizeof(misbehaviours[0]); i++) {
        if (strncmp(path, misbehaviours[i].path, strlen(misbehaviours[i].path)) == 0) {
            send_z(fd, misbehaviours[i].answer);
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
        if (strncmp(path, behaviours[i].path, strlen(behaviours[i].path)) == 0) {
            send_z(fd, behaviours[i].answer);
            return true;
        }
    }
    if (strncmp(path, "/reset ", 7) == 0) {
        reset_on_close(fd);
        return false;
    }
    if (strncmp(path, "/headers ", 9) == 0) {
        send_many_headers(fd);
    } else if (strncmp(path, "/ok ", 4) == 0) {
        char text[120];
        snprintf(text, sizeof(text),
                 "HTTP/1.1 200 OK\r\nX-Connection: %d\r\nContent-Length: 5\r\n\r\n%s",
                 atomic_load(&peer->connections), strncmp(request, "HEAD", 4) == 0 ? "" : "hello");
        send_z(fd, text);
    } else {
        send_echo(fd, request, size);
    }
    return true;
}

static void *peer_main(void *arg)
{
    struct http_peer *peer = arg;
    static char request[REQUEST_BYTES_MAX];
    int fd;
    while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
        atomic_fetch_add(&peer->connections, 1);
        bool going = true;
        while (going) {
            size_t size = request_read(fd, request);
            if (size == 0) {
                break;
            }
            atomic_fetch_add(&peer->requests, 1);
            going = answer(peer, fd, request, size);
        }
        close(fd);
    }
    return NULL;
}

void http_peer_start(struct http_peer *peer)
{
    *peer = (struct http_peer){0};
    peer->listener = listener_open(&peer->port);
    cr_assert_eq(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

/* After the client has gone: its connection ends by itself. */
void http_peer_stop(struct http_peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}
