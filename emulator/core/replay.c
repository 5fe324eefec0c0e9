/* replay.c -- The journal's entries, done again: each call goes the way that it came, at its own
 * time, with the ids that it had; no fault is decided, nothing enters the ledger, and calls out
 * stay in their queue. */
#include "base/limits.h"
#include "dispatch_parts.h"
#include "entry.h"
#include "room.h"

struct recorded_call {
    int64_t clock_us;
    struct record_ids ids;
    unsigned runs;
    bool partial;
    struct fault_rule rule; /* of a partial one: as much as says which entries */
    uint64_t random;
    struct str actor;
    struct http_request head;
    enum entry_body kind;
    struct str body, facts, memo;
    struct blob *blob;
};

static enum err no_entry(struct diag *d)
{
    return fail(d, ERR_CORRUPT, "not an entry of this version");
}

/* ---- reading ---- */

static void read_head(struct entry_reader *r, struct http_request *head, struct arena *a)
{
    struct str method = entry_str(r), scheme = entry_str(r), host = entry_str(r);
    struct str path = entry_str(r), query = entry_str(r);
    http_request_init(head, a, str_z(a, method), host, path);
    head->scheme = scheme;
    head->query = query;
    uint64_t count = entry_u64(r);
    for (uint64_t i = 0; i < count && !r->bad; i++) {
        struct str name = entry_str(r);
        http_headers_add(&head->headers, name, entry_str(r));
    }
}

static void read_fault(struct entry_reader *r, struct recorded_call *c)
{
    c->runs = entry_u8(r);
    c->partial = entry_u8(r) != 0;
    c->rule.entries.num = (uint32_t)entry_u64(r);
    c->rule.entries.den = (uint32_t)entry_u64(r);
    c->random = entry_u64(r);
}

static bool read_blob(struct entry_reader *r, const struct journal *j, struct recorded_call *c,
                      struct arena *a)
{
    uint64_t count = entry_u64(r);
    c->blob = blob_new(0);
    blob_release_with(c->blob, a);
    for (uint64_t i = 0; i < count && !r->bad; i++) {
        uint64_t place = entry_u64(r);
        if (place == 0) {
            blob_add(c->blob, entry_str(r));
            continue;
        }
        struct room *room = room_find(j, place, (size_t)entry_u64(r));
        if (room == NULL) {
            return false;
        }
        blob_add_room(c->blob, room);
    }
    return true;
}

static bool read_call(struct core *core, struct entry_reader *r, struct recorded_call *c,
                      struct arena *a)
{
    c->clock_us = entry_i64(r);
    c->ids.request_count = entry_u64(r);
    c->ids.uuid_count = entry_u64(r);
    c->ids.random_count = entry_u64(r);
    read_fault(r, c);
    c->memo = entry_str(r);
    c->actor = entry_str(r);
    read_head(r, &c->head, a);
    c->kind = (enum entry_body)entry_u8(r);
    if (c->kind == ENTRY_COLLECTED) {
        c->body = r->rest;
        return !r->bad;
    }
    c->facts = entry_str(r);
    return c->kind == ENTRY_TAKEN && read_blob(r, core->options.journal, c, a) && !r->bad;
}

/* ---- doing it again ---- */

static void give_body(struct passage *p, const struct recorded_call *c)
{
    const struct operation_handler *handler = p->route.handler;
    bool takes = handler != NULL && handler->body != NULL;
    if (takes && c->kind == ENTRY_TAKEN && handler->body->again != NULL) {
        p->way = BODY_TAKEN;
        p->call.taken = handler->body->again(&p->call, c->blob, c->facts);
    } else if (takes && !p->form) {
        p->way = BODY_TAKEN;
        p->call.taken = handler->body->open(&p->call);
        handler->body->take(&p->call, c->body);
    } else {
        p->way = BODY_COLLECTED;
        p->body = (struct buf){.ptr = (char *)(uintptr_t)c->body.ptr,
                               .len = c->body.len,
                               .cap = c->body.len,
                               .max = HTTP_BODY_BYTES_MAX};
    }
}

static enum err call_again(struct core *core, const struct recorded_call *c, struct arena *a,
                           struct diag *d)
{
    struct passage *p = core_open(core, &c->head, c->actor, a);
    give_body(p, c);
    core_ready(p);
    /* Timers draw ids too, before the call does. */
    clock_advance(core, core_now(core, c->clock_us));
    core->request_count = c->ids.request_count;
    core->uuid_count = c->ids.uuid_count;
    core->random_count = c->ids.random_count;
    if (c->partial || c->runs > 1) {
        p->fault = (struct fault_decision){.phase = c->partial ? FAULT_PARTIAL : FAULT_DUPLICATE,
                                           .rule = &c->rule,
                                           .random = c->random};
    }
    core->recalls = (struct entry_reader){.rest = c->memo};
    struct core_outcome o = core_apply(p, c->clock_us);
    if (p->control ? o.response.status == 200 : p->changed) {
        return ERR_OK;
    }
    return fail(d, ERR_CORRUPT, "%.*s %.*s was done then, and is refused now: %d %.*s",
                STR_ARG(p->about.operation.len > 0 ? p->about.operation : c->head.method),
                STR_ARG(str_slice(c->head.path, 0, 80)), o.response.status,
                STR_ARG(str_slice(o.response.body, 0, 160)));
}

static enum err replay_call(struct core *core, struct entry_reader *r, struct diag *d)
{
    struct recorded_call c = {.runs = 0};
    struct arena *a = core->replay_arena;
    enum err e = read_call(core, r, &c, a) ? call_again(core, &c, a, d) : no_entry(d);
    arena_reset(a);
    return e;
}

/* A fresh session begins with an empty state; another one goes on with what was there. */
static enum err replay_session(struct core *core, struct entry_reader *r, struct diag *d)
{
    struct core_options *o = &core->options;
    int64_t clock_us = entry_i64(r);
    bool fresh = entry_u8(r) != 0;
    uint64_t seed = entry_u64(r);
    bool limits_off = entry_u8(r) != 0, small_parts = entry_u8(r) != 0;
    struct str account = entry_str(r), region = entry_str(r), public_url = entry_str(r);
    if (r->bad) {
        return no_entry(d);
    }
    o->seed = seed;
    o->limits_off = limits_off;
    o->small_parts = small_parts;
    o->account = str_copy(core->home, account);
    o->region = str_copy(core->home, region);
    o->public_url = str_copy(core->home, public_url);
    if (fresh) {
        core_reset(core, seed, clock_us);
    }
    return ERR_OK;
}

static enum err replay_answer(struct core *core, struct entry_reader *r, struct diag *d)
{
    int64_t now_us = entry_i64(r);
    uint64_t id = entry_u64(r);
    int status = (int)entry_i64(r);
    if (r->bad) {
        return no_entry(d);
    }
    clock_advance(core, now_us);
    outbound_answered(core, id, status, r->rest, now_us);
    return ERR_OK;
}

static enum err effect_redo(struct core *core, struct str service, struct str effect,
                            struct room *about, struct diag *d)
{
    for (size_t i = 0; i < core->service_count; i++) {
        const struct emulator_service *s = core->services[i];
        if (s->redo != NULL && str_eq(str_of(s->model->id), service)) {
            return s->redo(core->states[i], effect, about, core->now_us, d);
        }
    }
    return no_entry(d);
}

static enum err replay_effect(struct core *core, struct entry_reader *r, struct diag *d)
{
    int64_t now_us = entry_i64(r);
    struct record_ids ids = {.request_count = entry_u64(r)};
    ids.uuid_count = entry_u64(r);
    ids.random_count = entry_u64(r);
    struct str service = entry_str(r);
    uint64_t place = entry_u64(r), bytes = entry_u64(r);
    struct room *about =
        r->bad ? NULL : room_find_laid(core->options.journal, place, (size_t)bytes);
    if (about == NULL) {
        return no_entry(d);
    }
    clock_advance(core, now_us);
    core->request_count = ids.request_count;
    core->uuid_count = ids.uuid_count;
    core->random_count = ids.random_count;
    enum err e = effect_redo(core, service, r->rest, about, d);
    room_release(about);
    return e;
}

enum err core_replay(struct core *core, struct str entry, struct diag *d)
{
    struct entry_reader r = {.rest = entry};
    enum entry_kind kind = (enum entry_kind)entry_u8(&r);
    if (core->replay_arena == NULL) {
        core->replay_arena = arena_new("replay", ARENA_TASK_BYTES_MAX);
        core->given = core->options;
    }
    switch (kind) {
    case ENTRY_SESSION:
        return replay_session(core, &r, d);
    case ENTRY_CALL:
        return replay_call(core, &r, d);
    case ENTRY_ANSWER:
        return replay_answer(core, &r, d);
    case ENTRY_EFFECT:
        return replay_effect(core, &r, d);
    }
    return no_entry(d);
}

void core_replayed(struct core *core, int64_t clock_us)
{
    bool fresh = core->replay_arena == NULL;
    if (!fresh) {
        core->options = core->given;
        outbound_restore(core);
        arena_free(core->replay_arena);
        core->replay_arena = NULL;
    }
    core->replaying = false;
    record_session(core, clock_us, fresh);
}
