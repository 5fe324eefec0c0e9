/* One request, sent again and again over keep-alive connections from one thread, so that what is
 * measured is the server: prints {"requests","failed","bytes","seconds"}.
 *   emulator_load PORT CONNECTIONS MILLISECONDS FILE      FILE: the request's bytes as they are
 * It goes on past its time until each connection could have had one answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 16384, PIECE = 1 << 18, CONNECTIONS_MAX = 256, PATIENCE_S = 20 };
struct link {
    int fd;
    size_t sent;
    char head[HEAD_MAX + 1]; /* of the answer, and what came of its body with it */
    size_t head_len;
    bool in_body, chunked, closes; /* closes: the server does, after each answer */
    uint64_t left;
    char tail[5]; /* chunked: the last bytes */
};
struct load {
    char *request;
    size_t request_len;
    uint16_t port;
    int poll;
    uint64_t requests, failed, bytes;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void watch(struct load *w, struct link *l, int how, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = l};
    if (epoll_ctl(w->poll, how, l->fd, &e) != 0) {
        die("epoll_ctl");
    }
}

static void link_open(struct load *w, struct link *l)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(w->port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(l, 0, sizeof(*l));
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (l->fd < 0 || connect(l->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        die("connect");
    }
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fcntl(l->fd, F_SETFL, O_NONBLOCK) != 0) {
        die("fcntl");
    }
    watch(w, l, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void send_more(struct load *w, struct link *l)
{
    while (l->sent < w->request_len) {
        ssize_t n = send(l->fd, w->request + l->sent, w->request_len - l->sent, MSG_NOSIGNAL);
        if (n < 0) {
            watch(w, l, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        l->sent += (size_t)n;
    }
    watch(w, l, EPOLL_CTL_MOD, EPOLLIN);
}

static void answer_done(struct load *w, struct link *l)
{
    w->requests++;
    l->head_len = 0;
    l->in_body = false;
    l->sent = 0;
    if (l->closes) {
        close(l->fd);
        link_open(w, l);
    } else {
        send_more(w, l);
    }
}

static void body_take(struct load *w, struct link *l, const char *bytes, size_t n)
{
    w->bytes += n;
    if (!l->chunked) {
        l->left -= n < l->left ? n : l->left;
        if (l->left == 0) {
            answer_done(w, l);
        }
        return;
    }
    for (size_t i = n > 5 ? n - 5 : 0; i < n; i++) {
        memmove(l->tail, l->tail + 1, 4);
        l->tail[4] = bytes[i];
    }
    if (memcmp(l->tail, "0\r\n\r\n", 5) == 0) {
        memset(l->tail, 0, 5);
        answer_done(w, l);
    }
}

static void head_take(struct load *w, struct link *l)
{
    l->head[l->head_len] = '\0';
    char *end = strstr(l->head, "\r\n\r\n");
    if (end == NULL) {
        return;
    }
    end[2] = '\0';
    w->failed += l->head[9] != '2';
    const char *length = strcasestr(l->head, "\r\ncontent-length:");
    l->chunked = strcasestr(l->head, "\r\ntransfer-encoding: chunked") != NULL;
    l->left = length == NULL ? 0 : strtoull(length + 17, NULL, 10);
    l->closes = strcasestr(l->head, "\r\nconnection: close") != NULL;
    l->in_body = true;
    size_t at = (size_t)(end + 4 - l->head);
    body_take(w, l, l->head + at, l->head_len - at);
}

static void receive(struct load *w, struct link *l)
{
    static char piece[PIECE];
    for (;;) {
        char *to = l->in_body ? piece : l->head + l->head_len;
        size_t room = l->in_body ? sizeof(piece) : HEAD_MAX - l->head_len;
        ssize_t n = recv(l->fd, to, room, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n <= 0) { /* closed: the request counts as failed, another connection takes over */
            w->failed++;
            close(l->fd);
            link_open(w, l);
            return;
        }
        if (l->in_body) {
            body_take(w, l, piece, (size_t)n);
        } else {
            l->head_len += (size_t)n;
            head_take(w, l);
        }
    }
}

static void read_request(struct load *w, const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        die(name);
    }
    w->request_len = (size_t)ftell(file);
    w->request = malloc(w->request_len);
    rewind(file);
    if (w->request == NULL || fread(w->request, 1, w->request_len, file) != w->request_len) {
        die(name);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    static struct link links[CONNECTIONS_MAX];
    struct load w = {.poll = epoll_create1(0)};
    struct epoll_event events[CONNECTIONS_MAX];
    if (argc != 5) {
        fprintf(stderr, "usage: emulator_load PORT CONNECTIONS MILLISECONDS FILE\n");
        return 2;
    }
    int connections = (int)strtol(argv[2], NULL, 10);
    w.port = (uint16_t)strtol(argv[1], NULL, 10);
    read_request(&w, argv[4]);
    double begun = now_s(), end = begun + (double)strtol(argv[3], NULL, 10) / 1e3;
    for (int i = 0; i < connections && i < CONNECTIONS_MAX; i++) {
        link_open(&w, &links[i]);
    }
    while (now_s() < end || (w.requests < (uint64_t)connections && now_s() < end + PATIENCE_S)) {
        int n = epoll_wait(w.poll, events, CONNECTIONS_MAX, 100);
        for (int i = 0; i < n; i++) {
            struct link *l = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0) {
                send_more(&w, l);
            } else {
                receive(&w, l);
            }
        }
    }
    printf("{\"requests\": %llu, \"failed\": %llu, \"bytes\": %llu, \"seconds\": %.3f}\n",
           (unsigned long long)w.requests, (unsigned long long)w.failed,
           (unsigned long long)w.bytes, now_s() - begun);
    return 0;
}
