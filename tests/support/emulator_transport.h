/* emulator_transport.h -- The emulator at the end of a transport, with a clock that only moves when
 * somebody sleeps or calls, and with failures at chosen calls: what the pipeline is tested in,
 * without sockets, threads or waiting. */
#ifndef AFORO_TESTS_EMULATOR_TRANSPORT_H
#define AFORO_TESTS_EMULATOR_TRANSPORT_H

#include "emulator/emulator.h"
#include "seam/rt.h"
#include "seam/transport.h"

/* What happens to a call. After a crash every later call is cancelled, until `crashed` is taken
 * back. */
enum way {
    WAY_REFUSED,       /* no connection: nothing was sent */
    WAY_LOST_REQUEST,  /* sent and never arrived: the caller cannot know */
    WAY_LOST_RESPONSE, /* applied, and the answer was lost */
    WAY_REJECTED,      /* 503, nothing was applied */
    WAY_APPLIED_500,   /* applied, and answered with 500 */
    WAY_CRASH_BEFORE,
    WAY_CRASH_AFTER, /* applied, and the caller never lived to hear of it */
    WAY_COUNT
};
const char *way_name(enum way way);

struct test_clock {
    struct rt rt;
    int64_t start_us, mono_us;
};
void test_clock_init(struct test_clock *c, int64_t start_us);
void test_clock_advance(struct test_clock *c, int64_t us);

struct emulator_transport {
    struct transport transport;
    struct emulator *emulator;
    struct test_clock *clock;
    struct str actor;
    size_t calls;
    size_t fault_at;    /* the first call that fails, from 1; 0: none */
    size_t fault_count; /* so many in a row */
    enum way way;
    bool crashed;
};
void emulator_transport_init(struct emulator_transport *t, struct emulator *e, struct test_clock *c,
                             struct str actor);

#endif
