#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <criterion/criterion.h>
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "emulator/front/front.h"
#include "emulator/journal/journal.h"

/* ---- a front, and a client that sends bytes as they are ---- */

#define WAIT_MS 10000

struct fixture {
    struct arena *arena;
    struct emulator *e;
    struct front *front;
};

static int64_t wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void fixture_init_with(struct fixture *f, const struct journal *journal)
{
    struct diag d = DIAG_INIT;
    struct emulator_options options = {.seed = 1, .start_us = wall_us(), .journal = journal};
    struct front_options front = {.port = 0};
    f->arena = arena_new("test", 4 * GIB);
    f->e = emulator_new(f->arena, &options);
    if (journal != NULL) {
        emulator_replayed(f->e, wall_us());
    }
    cr_assert(front_start(f->arena, f->e, &front, &f->front, &d) == ERR_OK, "%s", d.msg);
}

static void fixture_init(struct fixture *f)
{
    fixture_init_with(f, NULL);
}

static void fixture_done(struct fixture *f)
{
    front_stop(f->front);
    arena_free(f->arena);
}

static void add_fault(struct fixture *f, const char *rules)
{
    struct json *list;
    struct diag d = DIAG_INIT;
    front_lock(f->front);
    cr_assert(json_parse(f->arena, str_of(rules), &list, &d) == ERR_OK);
    cr_assert(fault_plan_read(emulator_faults(f->e), list, &d) == ERR_OK, "%s", d.msg);
    front_unlock(f->front);
}

static int dial(const struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(front_port(f->front))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "%s",
              strerror(errno));
    return fd;
}

static void say(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t sent = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        cr_assert(sent > 0, "%s", strerror(errno));
        text = str_from(text, (size_t)sent);
    }
}

/* Reads until `until` was seen, or the end; *ret_error is errno at the end, or 0. */
static struct str hear(struct arena *a, int fd, const char *until, int *ret_error)
{
    struct buf in;
    buf_init(&in, a, 64 * MIB);
    *ret_error = 0;
    while (until == NULL || !str_contains(buf_str(&in), str_of(until))) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        cr_assert(poll(&p, 1, WAIT_MS) == 1, "nothing comes after %.*s", STR_ARG(buf_str(&in)));
        ssize_t got = recv(fd, buf_reserve(&in, 65536), 65536, 0);
        if (got <= 0) {
            *ret_error = got < 0 ? errno : 0;
            break;
        }
        buf_commit(&in, (size_t)got);
    }
    return buf_str(&in);
}

/* One request on a connection of its own, all that comes back. */
static struct str exchange(struct fixture *f, const char *head, struct str body)
{
    int error, fd = dial(f);
    say(fd, str_printf(f->arena,
                       "%s\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                       head, body.len));
    say(fd, body);
    struct str answer = hear(f->arena, fd, NULL, &error);
    close(fd);
    return answer;
}

static struct str body_of(struct str answer)
{
    size_t at = str_find_str(answer, STR("\r\n\r\n"));
    return at == STR_NONE ? STR_EMPTY : str_from(answer, at + 4);
}

/* ---- HTTP ---- */

Test(front, keeps_a_connection_for_several_requests)
{
    /* Two requests sent in one piece are answered one after the other, on the connection that stays
     * open. */
    struct fixture f;
    fixture_init(&f);
    int error, fd = dial(&f);
    const char *one = "GET /_aforo/health HTTP/1.1\r\nHost: x\r\n\r\n";
    say(fd, str_of(one));
    struct str first = hear(f.arena, fd, "}", &error);
    cr_assert(str_starts(first, STR("HTTP/1.1 200 OK\r\n")), "%.*s", STR_ARG(first));
    say(fd, str_printf(f.arena, "%s%s", one,
                       "GET /_aforo/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    struct str rest = hear(f.arena, fd, NULL, &error);
    cr_assert(str_starts(rest, STR("HTTP/1.1 200 OK\r\n")) &&
                  str_contains(rest, STR("HTTP/1.1 404 ")),
              "%.*s", STR_ARG(rest));
    close(fd);
    fixture_done(&f);
}

Test(front, passes_paths_and_bodies_as_they_were_sent)
{
    /* The emulator sees the path still percent-encoded, and bodies whole: with a length, in chunks,
     * after 100-continue. */
    struct fixture f;
    fixture_init(&f);
    int error;
    cr_assert(str_contains(exchange(&f, "PUT /box HTTP/1.1", STR_EMPTY), STR(" 200 ")));
    /* The key has a slash, a space, a plus and a percent sign: read twice, or not at all, it would
     * be another one. */
    cr_assert(str_contains(exchange(&f, "PUT /box/a%2Fb%20c+d%2525 HTTP/1.1", STR("by length")),
                           STR(" 200 ")));
    cr_assert(str_eq(
        body_of(exchange(&f, "GET http://localhost/box/a/b%20c%2Bd%2525 HTTP/1.1", STR_EMPTY)),
        STR("by length")));
    struct str list = exchange(&f, "GET /box?list-type=2 HTTP/1.1", STR_EMPTY);
    cr_assert(str_contains(list, STR("<Key>a/b c+d%25</Key>")), "%.*s", STR_ARG(list));

    int fd = dial(&f);
    say(fd, STR("PUT /box/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: "
                "100-continue\r\nContent-Encoding: aws-chunked\r\nx-amz-content-sha256: "
                "STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nx-amz-decoded-content-length: "
                "9\r\n\r\n"));
    cr_assert(str_starts(hear(f.arena, fd, "\r\n\r\n", &error), STR("HTTP/1.1 100 Continue\r\n")));
    say(fd, STR("6\r\n9\r\nin \r\nd\r\nchunks\r\n0\r\n\r\n\r\n0\r\n\r\n"));
    cr_assert(str_contains(hear(f.arena, fd, "\r\n\r\n", &error), STR(" 200 ")));
    close(fd);
    cr_assert(str_eq(body_of(exchange(&f, "GET /box/k HTTP/1.1", STR_EMPTY)), STR("in chunks")));

    struct str head = exchange(&f, "HEAD /box/k HTTP/1.1", STR_EMPTY);
    cr_assert(str_contains(head, STR("\r\nContent-Length: 9\r\n")) && body_of(head).len == 0,
              "%.*s", STR_ARG(head));

    char *large = arena_alloc(f.arena, 20 * MIB);
    for (size_t i = 0; i < 20 * MIB; i++) {
        large[i] = (char)(i * 2654435761u >> 13);
    }
    struct str bytes = str_n(large, 20 * MIB);
    cr_assert(str_contains(exchange(&f, "PUT /box/large HTTP/1.1", bytes), STR(" 200 ")));
    cr_assert(str_eq(body_of(exchange(&f, "GET /box/large HTTP/1.1", STR_EMPTY)), bytes));
    fixture_done(&f);
}

Test(front, refuses_what_is_too_large)
{
    /* Too many headers: 431. A body past the cap: 413, before it was sent when its length says so;
     * an object past S3's: in S3's words. */
    struct fixture f;
    fixture_init(&f);
    int error, fd = dial(&f);
    struct buf many;
    buf_init(&many, f.arena, 1 * MIB);
    buf_add_z(&many, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 300; i++) {
        buf_addf(&many, "x-%d: y\r\n", i);
    }
    buf_add_z(&many, "\r\n");
    say(fd, buf_str(&many));
    cr_assert(str_starts(hear(f.arena, fd, "\r\n\r\n", &error), STR("HTTP/1.1 431 ")));
    close(fd);
    fd = dial(&f);
    say(fd, STR("PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n"));
    cr_assert(str_contains(hear(f.arena, fd, "</Error>", &error), STR("<Code>EntityTooLarge<")));
    close(fd);
    fd = dial(&f);
    say(fd, STR("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.PutRecords\r\n"
                "Content-Length: 999999999999\r\n\r\n"));
    cr_assert(str_starts(hear(f.arena, fd, "\r\n\r\n", &error), STR("HTTP/1.1 413 ")));
    close(fd);
    cr_assert(str_contains(exchange(&f, "GET /_aforo/health HTTP/1.1", STR_EMPTY), STR(" 200 ")));
    fixture_done(&f);
}

/* ---- faults ---- */

Test(front, resets_the_connection_of_a_lost_answer)
{
    /* The client sees a reset and no byte; the request was applied. */
    struct fixture f;
    fixture_init(&f);
    cr_assert(str_contains(exchange(&f, "PUT /box HTTP/1.1", STR_EMPTY), STR(" 200 ")));
    add_fault(&f, "[{\"on\":\"s3:PutObject\",\"phase\":\"lose_response\",\"nth\":[1]}]");
    int error, fd = dial(&f);
    say(fd, STR("PUT /box/k HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndata"));
    struct str answer = hear(f.arena, fd, NULL, &error);
    cr_assert(answer.len == 0 && error == ECONNRESET, "%zu bytes, %s", answer.len, strerror(error));
    close(fd);
    cr_assert(str_eq(body_of(exchange(&f, "GET /box/k HTTP/1.1", STR_EMPTY)), STR("data")));
    fixture_done(&f);
}

Test(front, delays_one_answer_and_not_the_others)
{
    /* A delayed answer comes no sooner than its delay; another connection is served meanwhile; and
     * a stop answers what is still delayed. */
    struct fixture f;
    fixture_init(&f);
    cr_assert(str_contains(exchange(&f, "PUT /box HTTP/1.1", STR_EMPTY), STR(" 200 ")));
    add_fault(&f, "[{\"on\":\"s3:PutObject\",\"phase\":\"delay\",\"delay\":\"80ms\",\"nth\":[1]},"
                  "{\"on\":\"s3:PutObject\",\"phase\":\"delay\",\"delay\":\"1h\",\"nth\":[2]}]");
    int error, fd = dial(&f);
    int64_t begun_us = wall_us();
    say(fd, STR("PUT /box/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndata"));
    struct str health = exchange(&f, "GET /_aforo/health HTTP/1.1", STR_EMPTY);
    cr_assert(str_contains(health, STR(" 200 ")));
    cr_assert(str_contains(hear(f.arena, fd, "\r\n\r\n", &error), STR(" 200 ")));
    cr_assert(wall_us() - begun_us >= 80 * US_PER_MS);
    say(fd, STR("PUT /box/slower HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndata"));
    while (!str_contains(exchange(&f, "GET /box?list-type=2 HTTP/1.1", STR_EMPTY), STR("slower"))) {
    }
    front_stop(f.front);
    (void)hear(f.arena, fd, NULL, &error); /* an answer or a close, but an end */
    close(fd);
    arena_free(f.arena);
}

/* ---- calls out ---- */

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0);
    cr_assert(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

/* Takes one request of the front's deliveries and answers 200. */
static struct str serve_one(struct arena *a, int listener, const char *until)
{
    int error;
    struct pollfd p = {.fd = listener, .events = POLLIN};
    cr_assert(poll(&p, 1, WAIT_MS) == 1, "no delivery comes");
    int fd = accept(listener, NULL, NULL);
    struct str got = hear(a, fd, until, &error);
    say(fd, STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    close(fd);
    return got;
}

Test(front, delivers_calls_out)
{
    /* An HTTP subscriber gets its confirmation, confirms, and gets what is published. */
    struct fixture f;
    fixture_init(&f);
    uint16_t port;
    int listener = listen_somewhere(&port);
    const char *form = "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
    cr_assert(str_contains(exchange(&f, form, STR("Action=CreateTopic&Version=2010-03-31&Name=t")),
                           STR(" 200 ")));
    struct str subscribe = str_printf(
        f.arena,
        "Action=Subscribe&Version=2010-03-31&Protocol=http&TopicArn=arn:aws:sns:us-east-1:"
        "000000000000:t&Endpoint=http://127.0.0.1:%u/hook?x=1",
        port);
    cr_assert(str_contains(exchange(&f, form, subscribe), STR(" 200 ")));
    struct str confirmation = serve_one(f.arena, listener, "\"Token\"");
    cr_assert(str_starts(confirmation, STR("POST /hook?x=1 HTTP/1.1\r\n")), "%.*s",
              STR_ARG(confirmation));
    cr_assert(
        str_contains(confirmation, STR("x-amz-sns-message-type: SubscriptionConfirmation\r\n")),
        "%.*s", STR_ARG(confirmation));
    struct json *told;
    struct diag d = DIAG_INIT;
    cr_assert(json_parse(f.arena, body_of(confirmation), &told, &d) == ERR_OK, "%s", d.msg);
    struct str confirm = str_printf(f.arena,
                                    "Action=ConfirmSubscription&Version=2010-03-31&TopicArn=arn:"
                                    "aws:sns:us-east-1:000000000000:t&Token=%.*s",
                                    STR_ARG(json_str(json_get(told, STR("Token")))));
    cr_assert(str_contains(exchange(&f, form, confirm), STR(" 200 ")));
    cr_assert(str_contains(exchange(&f, form,
                                    STR("Action=Publish&Version=2010-03-31&Message=high+water&"
                                        "TopicArn=arn:aws:sns:us-east-1:000000000000:t")),
                           STR(" 200 ")));
    struct str notification = serve_one(f.arena, listener, "high water");
    cr_assert(str_contains(notification, STR("x-amz-sns-message-type: Notification\r\n")), "%.*s",
              STR_ARG(notification));
    close(listener);
    fixture_done(&f);
}

/* ---- starting ---- */

/* ---- a journal that gets on when it is told to ---- */

struct gate {
    pthread_mutex_t lock;
    uint64_t end, saved, asked; /* asked: the furthest that somebody was told LATER for, ... */
    int askers;                 /* ... and how often */
    bool open, failed;
    journal_progress_fn *progress;
    void *ctx;
};

static uint64_t gate_append(void *self, const struct str *parts, size_t count)
{
    struct gate *g = self;
    (void)parts;
    pthread_mutex_lock(&g->lock);
    g->end += count;
    uint64_t end = g->end;
    pthread_mutex_unlock(&g->lock);
    return end;
}

static uint64_t gate_end(void *self)
{
    return gate_append(self, NULL, 0);
}

static enum journal_saved gate_saved(void *self, uint64_t end)
{
    struct gate *g = self;
    pthread_mutex_lock(&g->lock);
    g->saved = g->open ? g->end : g->saved;
    bool later = end > g->saved && !g->failed;
    enum journal_saved saved = later            ? JOURNAL_LATER
                               : end > g->saved ? JOURNAL_FAILED
                                                : JOURNAL_SAVED;
    g->askers = !later || end < g->asked ? g->askers : end > g->asked ? 1 : g->askers + 1;
    g->asked = later && end > g->asked ? end : g->asked;
    pthread_mutex_unlock(&g->lock);
    return saved;
}

static bool gate_keep(void *self, struct str bytes, uint64_t *ret_place, const char **ret_bytes)
{
    (void)self;
    (void)bytes;
    (void)ret_place;
    (void)ret_bytes;
    return false;
}

static const char *gate_find(void *self, uint64_t place, size_t count)
{
    (void)self;
    (void)place;
    (void)count;
    return NULL;
}

static void gate_drop(void *self, uint64_t place, size_t count)
{
    (void)self;
    (void)place;
    (void)count;
}

static bool gate_lay(void *self, const struct str *parts, size_t count, uint64_t *ret_place)
{
    (void)self;
    (void)parts;
    (void)count;
    *ret_place = 1;
    return true;
}

static void gate_detach(void *self)
{
    (void)self;
}

static void gate_forget(void *self, uint64_t end)
{
    (void)self;
    (void)end;
}

static void gate_on_progress(void *self, journal_progress_fn *fn, void *ctx)
{
    struct gate *g = self;
    g->progress = fn;
    g->ctx = ctx;
}

static void gate_set(struct gate *g, bool open, bool failed)
{
    pthread_mutex_lock(&g->lock);
    g->open = open;
    g->failed = failed;
    pthread_mutex_unlock(&g->lock);
    if (g->progress != NULL) {
        g->progress(g->ctx);
    }
}

/* Waits until so many have been told LATER for all that there is by now. */
static void gate_wait(struct gate *g, int askers)
{
    for (int ms = 0; ms < 6 * WAIT_MS; ms++) {
        pthread_mutex_lock(&g->lock);
        bool asked = g->asked == g->end && g->askers >= askers;
        pthread_mutex_unlock(&g->lock);
        if (asked) {
            return;
        }
        (void)poll(NULL, 0, 1);
    }
    cr_assert_fail("nobody waits for the journal");
}

static struct str kinesis(struct fixture *f, const char *operation, const char *body)
{
    struct str head = str_printf(f->arena,
                                 "POST / HTTP/1.1\r\nX-Amz-Target: Kinesis_20131202.%s\r\n"
                                 "Content-Type: application/x-amz-json-1.1",
                                 operation);
    struct str answer = exchange(f, str_z(f->arena, head), str_of(body));
    cr_assert(str_starts(answer, STR("HTTP/1.1 200 ")), "%.*s", STR_ARG(answer));
    return body_of(answer);
}

static struct str kinesis_request(struct fixture *f, const char *operation, struct str body)
{
    return str_printf(f->arena,
                      "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.%s\r\n"
                      "Content-Type: application/x-amz-json-1.1\r\nContent-Length: %zu\r\n\r\n%.*s",
                      operation, body.len, STR_ARG(body));
}

static void until_active(struct fixture *f, const char *operation, const char *body)
{
    while (!str_contains(kinesis(f, operation, body), STR("ACTIVE"))) {
        (void)poll(NULL, 0, 10);
    }
}

Test(front, tells_no_event_before_it_is_saved)
{
    /* Records of a subscription leave once the journal has what they tell, and never where it
     * fails; the connection is reset then. */
    for (int fails = 0; fails < 2; fails++) {
        static const struct journal_ops ops = {.append = gate_append,
                                               .end = gate_end,
                                               .saved = gate_saved,
                                               .keep = gate_keep,
                                               .find = gate_find,
                                               .lay = gate_lay,
                                               .append_about = gate_append,
                                               .leave = gate_drop,
                                               .drop = gate_drop,
                                               .detach = gate_detach,
                                               .forget = gate_forget,
                                               .on_progress = gate_on_progress};
        struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .open = true};
        struct journal journal = {.ops = &ops, .self = &gate, .waits = true};
        struct fixture f;
        struct str consumer;
        int error;
        fixture_init_with(&f, &journal);
        kinesis(&f, "CreateStream", "{\"StreamName\":\"s\",\"ShardCount\":1}");
        until_active(&f, "DescribeStreamSummary", "{\"StreamName\":\"s\"}");
        struct str told =
            kinesis(&f, "RegisterStreamConsumer",
                    "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\","
                    "\"ConsumerName\":\"c\"}");
        consumer = str_from(told, str_find_str(told, STR("arn:")));
        consumer = str_slice(consumer, 0, str_find(consumer, '"'));
        struct str which = str_printf(f.arena, "\"ConsumerARN\":\"%.*s\"", STR_ARG(consumer));
        until_active(&f, "DescribeStreamConsumer",
                     str_z(f.arena, str_printf(f.arena, "{%.*s}", STR_ARG(which))));
        struct str body = str_printf(f.arena,
                                     "{%.*s,\"ShardId\":\"shardId-000000000000\","
                                     "\"StartingPosition\":{\"Type\":\"TRIM_HORIZON\"}}",
                                     STR_ARG(which));
        int fd = dial(&f), putting = dial(&f);
        say(fd, kinesis_request(&f, "SubscribeToShard", body));
        (void)hear(f.arena, fd, "ContinuationSequenceNumber", &error);
        gate_set(&gate, false, false);
        say(putting,
            kinesis_request(
                &f, "PutRecord",
                STR("{\"StreamName\":\"s\",\"Data\":\"c2VjcmV0\",\"PartitionKey\":\"k\"}")));
        gate_wait(&gate, 2); /* the answer, and the event */
        struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = putting, .events = POLLIN}};
        cr_expect(poll(p, 2, 0) == 0, "told before it was saved");
        gate_set(&gate, fails == 0, fails != 0);
        struct str events = hear(f.arena, fd, fails == 0 ? "c2VjcmV0" : NULL, &error);
        cr_expect_eq(str_contains(events, STR("c2VjcmV0")), fails == 0);
        struct str put = hear(f.arena, putting, "\r\n\r\n", &error);
        cr_expect(str_starts(put, fails == 0 ? STR("HTTP/1.1 200 ") : STR("HTTP/1.1 500 ")));
        close(putting);
        close(fd);
        fixture_done(&f);
    }
}

Test(front, says_when_a_port_is_taken)
{
    /* The second front on a port is told so, with the port's number; the first goes on. */
    struct fixture f;
    fixture_init(&f);
    struct diag d = DIAG_INIT;
    struct front *second;
    struct front_options options = {.port = front_port(f.front)};
    cr_assert(front_start(f.arena, f.e, &options, &second, &d) == ERR_CONFLICT);
    cr_assert(strstr(d.msg, "is taken") != NULL);
    diag_clear(&d);
    options = (struct front_options){.address = STR("nowhere"), .port = 0};
    cr_assert(front_start(f.arena, f.e, &options, &second, &d) == ERR_INVALID);
    cr_assert(str_contains(exchange(&f, "GET /_aforo/health HTTP/1.1", STR_EMPTY), STR(" 200 ")));
    fixture_done(&f);
}
