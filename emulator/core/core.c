/* core.c -- The core's life: made, reset, and what services ask of it. */
#include "base/hash.h"
#include "base/limits.h"
#include "base/rng.h"
#include "core_parts.h"

static void state_end(struct core *core)
{
    streams_close(core);
    for (size_t i = 0; i < core->service_count; i++) {
        if (core->services[i]->state_done != NULL) {
            core->services[i]->state_done(core->states[i]);
        }
    }
    arena_free(core->arena);
}

static void core_end(void *handle)
{
    struct core *core = handle;
    const struct journal *j = core->options.journal;
    if (j != NULL) {
        j->ops->detach(j->self);
    }
    state_end(core);
    core->arena = NULL;
    arena_free(core->replay_arena);
}

/* Everything that lives in the state's arena. */
static void core_begin(struct core *core, int64_t start_us)
{
    struct arena *a = arena_new("emulator state", ARENA_PROCESS_BYTES_MAX);
    core->arena = a;
    core->start_us = start_us;
    core->now_us = start_us;
    core->clock = (struct core_clock){.frozen = false};
    core->request_count = 0;
    core->uuid_count = 0;
    core->random_count = 0;
    heap_init(&core->timers, a);
    outbound_init(&core->outbound, a);
    ledger_init(&core->ledger, a);
    fault_plan_init(&core->faults, a, core->options.seed);
    core->ordinals = fault_ordinals_new(a);
    core->exposed = map_new(a);
    core->states = NEW_ARRAY(a, void *, core->service_count);
    for (size_t i = 0; i < core->service_count; i++) {
        if (core->services[i]->state_new != NULL) {
            core->states[i] = core->services[i]->state_new(core, a);
        }
    }
}

struct core *core_new(struct arena *a, const struct core_options *options,
                      const struct emulator_service *const *services, size_t service_count)
{
    struct core *core = NEW(a, struct core);
    core->home = a;
    core->options = *options;
    core->options.account = str_copy(a, options->account);
    core->options.region = str_copy(a, options->region);
    core->options.public_url = str_copy(a, options->public_url);
    core->services = services;
    core->service_count = service_count;
    core->replaying = options->journal != NULL;
    core_begin(core, options->start_us);
    arena_defer(a, core_end, core);
    return core;
}

void core_reset(struct core *core, uint64_t seed, int64_t clock_us)
{
    state_end(core);
    core->options.seed = seed;
    core_begin(core, clock_us);
}

const struct core_options *core_options(const struct core *core)
{
    return &core->options;
}

const struct journal *core_journal(const struct core *core)
{
    return core->options.journal;
}

void *core_state(const struct core *core, const char *service_id)
{
    for (size_t i = 0; i < core->service_count; i++) {
        if (str_eq(str_of(core->services[i]->model->id), str_of(service_id))) {
            return core->states[i];
        }
    }
    return NULL;
}

struct fault_plan *core_faults(struct core *core)
{
    return &core->faults;
}

/* ---- ids and randomness: a function of the seed and of how many came before ---- */

/* Requests have ids of their own, so that what the state keeps (message ids, versions) does not
 * depend on how often it was read: a journal has only what changed it. */
enum id_stream { ID_STREAM_UUID = 1, ID_STREAM_RANDOM, ID_STREAM_REQUEST };

#define UUID_CHARS 36

/* RFC 9562: version 4, variant 10. */
static struct str uuid(uint64_t seed, enum id_stream stream, uint64_t n, struct arena *a)
{
    uint64_t high = rng_u64(seed, stream, n, 0);
    uint64_t low = rng_u64(seed, stream, n, 1);
    const uint64_t halves[] = {(high & ~UINT64_C(0xf000)) | 0x4000,
                               (low & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63};
    char *text = arena_alloc_raw(a, UUID_CHARS), *to = text;
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            *to++ = '-';
        }
        *to++ = "0123456789abcdef"[halves[i / 16] >> (60 - i % 16 * 4) & 15];
    }
    return str_n(text, UUID_CHARS);
}

struct str core_account_of(const struct core *core, struct str access_key)
{
    bool headed = str_starts(access_key, STR("ASIA")) || str_starts(access_key, STR("AKIA"));
    struct str digits = headed ? str_from(access_key, 4) : access_key;
    bool plain = digits.len == 12;
    for (size_t i = 0; i < digits.len; i++) {
        plain = plain && digits.ptr[i] >= '0' && digits.ptr[i] <= '9';
    }
    return plain ? digits : core->options.account;
}

struct str core_uuid(struct core *core, struct arena *a)
{
    return uuid(core->options.seed, ID_STREAM_UUID, ++core->uuid_count, a);
}

struct str core_request_id(struct core *core, struct arena *a)
{
    return uuid(core->options.seed, ID_STREAM_REQUEST, ++core->request_count, a);
}

uint64_t core_random(struct core *core)
{
    return rng_u64(core->options.seed, ID_STREAM_RANDOM, ++core->random_count, 0);
}
