#include "door.h"
#include "http1.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STOP_US (5 * US_PER_S)
#define LISTEN_BACKLOG 511
#define IDLE_S 180
#define CONNECTIONS_MAX 4096
#define DESCRIPTORS_OF_OURS 64 /* that are no connections */
#define BODIES_BYTES_MAX (1 * GIB)

static int64_t wall_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t front_now_us(const struct front *f)
{
    const struct front_clock *c = &f->clock;
    return c->speed == 0 ? wall_now_us() : c->start_us + (wall_now_us() - c->origin_us) * c->speed;
}

/* When the wall shows it; rounded up, so that a wait is never too short. */
static int64_t wall_of(const struct front *f, int64_t at_us)
{
    const struct front_clock *c = &f->clock;
    return c->speed == 0 ? at_us : c->origin_us + (at_us - c->start_us + c->speed - 1) / c->speed;
}

static struct timespec timespec_of(int64_t us)
{
    return (struct timespec){.tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * 1000};
}

void front_wait(struct front *f, int64_t at_us)
{
    if (at_us == INSTANT_NEVER) {
        pthread_cond_wait(&f->news, &f->lock);
    } else if (at_us > 0) {
        struct timespec until = timespec_of(wall_of(f, at_us));
        pthread_cond_timedwait(&f->news, &f->lock, &until);
    }
}

/* ---- the socket ---- */

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

static enum err address_parse(struct str text, uint16_t port, struct arena *a,
                              struct address *ret_address, struct diag *d)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ret_address->storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret_address->storage;
    const char *z = text.len == 0 || str_eq(text, STR("localhost")) ? "127.0.0.1" : str_z(a, text);
    memset(&ret_address->storage, 0, sizeof(ret_address->storage));
    if (inet_pton(AF_INET, z, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        ret_address->len = sizeof(*v4);
        return ERR_OK;
    }
    if (inet_pton(AF_INET6, z, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        ret_address->len = sizeof(*v6);
        return ERR_OK;
    }
    return fail(d, ERR_INVALID, "%s is not an IP address", z);
}

static enum err socket_fail(const struct front_options *o, struct diag *d)
{
    if (errno == EADDRINUSE) {
        return fail(d, ERR_CONFLICT,
                    "port %u is taken: `ss -ltnp sport = :%u` tells by whom; another port, or 0 "
                    "for any free one, works too",
                    o->port, o->port);
    }
    return fail(d, errno == EACCES ? ERR_DENIED : ERR_INVALID, "cannot listen on port %u: %s",
                o->port, strerror(errno));
}

static enum err socket_open(struct arena *a, const struct front_options *o, int *ret_socket,
                            uint16_t *ret_port, struct diag *d)
{
    struct address address;
    TRY(address_parse(o->address, o->port, a, &address, d));
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    struct sockaddr *name = (struct sockaddr *)&address.storage;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, name, address.len) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, name, &address.len) != 0) {
        enum err code = socket_fail(o, d);
        if (fd >= 0) {
            close(fd);
        }
        return code;
    }
    *ret_socket = fd;
    *ret_port = address.storage.ss_family == AF_INET
                    ? ntohs(((struct sockaddr_in *)name)->sin_port)
                    : ntohs(((struct sockaddr_in6 *)name)->sin6_port);
    return ERR_OK;
}

/* ---- starting and stopping ---- */

static void locks_init(struct front *f)
{
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->news, NULL);
    pthread_mutex_init(&f->pool_lock, NULL);
    pthread_cond_init(&f->pool_idle, NULL);
}

static void locks_done(struct front *f)
{
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->news);
    pthread_mutex_destroy(&f->pool_lock);
    pthread_cond_destroy(&f->pool_idle);
}

static void threads_stop(struct front *f, int count)
{
    front_lock(f);
    f->stopping = true;
    pthread_cond_broadcast(&f->news);
    front_unlock(f);
    if (count > 0) {
        pthread_join(f->timers, NULL);
    }
    if (count > 1) {
        pthread_join(f->outbound, NULL);
    }
}

static enum err threads_start(struct front *f, struct diag *d)
{
    int started = 0;
    if (pthread_create(&f->timers, NULL, timers_run, f) == 0 && ++started == 1 &&
        pthread_create(&f->outbound, NULL, outbound_run, f) == 0) {
        return ERR_OK;
    }
    threads_stop(f, started);
    return fail(d, ERR_INTERNAL, "cannot start a thread");
}

/* As many as the limit of open files allows, which is raised as far as we may. */
static unsigned connections_allowed(unsigned wanted)
{
    struct rlimit files;
    wanted = wanted == 0 ? CONNECTIONS_MAX : wanted;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return wanted;
    }
    rlim_t need = (rlim_t)wanted + DESCRIPTORS_OF_OURS;
    if (files.rlim_cur < need) {
        files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    rlim_t left = files.rlim_cur > DESCRIPTORS_OF_OURS ? files.rlim_cur - DESCRIPTORS_OF_OURS : 1;
    return left < wanted ? (unsigned)left : wanted;
}

enum err front_listen(struct arena *a, const struct front_options *options,
                      struct front **ret_front, struct diag *d)
{
    struct front *f = NEW(a, struct front);
    f->threads = options->threads;
    f->clock = options->clock;
    f->tls_folder = options->tls_folder.len > 0 ? str_copy(a, options->tls_folder) : STR_EMPTY;
    f->idle_s = options->idle_s == 0 ? IDLE_S : options->idle_s;
    f->connections_max = connections_allowed(options->connections_max);
    f->bodies_bytes_max =
        options->bodies_bytes_max == 0 ? BODIES_BYTES_MAX : options->bodies_bytes_max;
    TRY(socket_open(a, options, &f->listen_socket, &f->port, d));
    f->arena = arena_new("front", ARENA_TASK_BYTES_MAX);
    f->visits = arena_new("visits", ARENA_TASK_BYTES_MAX);
    heap_init(&f->delayed, f->arena);
    locks_init(f);
    *ret_front = f;
    return ERR_OK;
}

enum err front_serve(struct front *f, struct emulator *e, struct diag *d)
{
    f->emulator = e;
    emulator_on_progress(e, visits_saved, f);
    TRY(threads_start(f, d));
    enum err code = http1_start(f, d);
    if (code == ERR_OK) {
        code = door_open(f, d);
    }
    if (code != ERR_OK) {
        threads_stop(f, 2);
    }
    return code;
}

enum err front_start(struct arena *a, struct emulator *e, const struct front_options *options,
                     struct front **ret_front, struct diag *d)
{
    struct front *f;
    TRY(front_listen(a, options, &f, d));
    enum err code = front_serve(f, e, d);
    if (code != ERR_OK) {
        front_stop(f);
        return code;
    }
    *ret_front = f;
    return ERR_OK;
}

uint16_t front_port(const struct front *f)
{
    return f->port;
}

void front_lock(struct front *f)
{
    pthread_mutex_lock(&f->lock);
}

void front_unlock(struct front *f)
{
    pthread_mutex_unlock(&f->lock);
}

void front_on_kill(struct front *f, front_kill_fn *kill, void *ctx)
{
    front_lock(f);
    f->kill = kill;
    f->kill_ctx = ctx;
    front_unlock(f);
}

/* Waits until no request is on its way, at most STOP_US. */
static void visits_drain(struct front *f)
{
    struct timespec until = timespec_of(wall_now_us() + STOP_US);
    pthread_mutex_lock(&f->pool_lock);
    int waited = 0;
    while (f->open_visits > 0 && waited == 0) {
        waited = pthread_cond_timedwait(&f->pool_idle, &f->pool_lock, &until);
    }
    pthread_mutex_unlock(&f->pool_lock);
}

static void serving_stop(struct front *f)
{
    door_quiet(f);
    /* First the threads: the timers' one answers at once what was to come late, since http1 must
     * not stop with those. */
    threads_stop(f, 2);
    visits_drain(f);
    door_close(f);
}

void front_stop(struct front *f)
{
    if (f->door != NULL) {
        serving_stop(f);
    }
    if (f->http1 != NULL) {
        http1_stop(f);
    }
    if (f->emulator != NULL) {
        emulator_on_progress(f->emulator, NULL, NULL);
    }
    close(f->listen_socket);
    visit_pool_free(f);
    locks_done(f);
    arena_free(f->arena);
    arena_free(f->visits);
}
