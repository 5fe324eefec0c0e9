#include "journaling.h"

#include <string.h>
#include "base/limits.h"
#include "dispatch_parts.h"
#include "entry.h"
#include "room.h"

#define ENTRY_HEAD_BYTES_MAX (4 * MIB)

/* ---- what is recorded ---- */

/* Operations that read by their names. What Receive... of queues does is a change. */
static bool operation_reads(struct str name)
{
    static const char *const reads[] = {"Get",      "List",   "Describe",        "Head",
                                        "BatchGet", "Select", "SubscribeToShard"};
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        if (str_starts(name, str_of(reads[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_recorded(const struct passage *p)
{
    return p->core->options.journal != NULL && !p->core->replaying && !p->inside;
}

static bool call_is_recorded(const struct passage *p)
{
    return is_recorded(p) && p->route.op != NULL && !operation_reads(str_of(p->route.op->name));
}

bool record_collects(const struct passage *p)
{
    return p->core->options.journal != NULL && p->route.handler->body->keep == NULL;
}

bool record_may_change(struct passage *p)
{
    const struct journal *j = p->core->options.journal;
    if (!call_is_recorded(p) ||
        (j->ops->saved(j->self, 0) != JOURNAL_FAILED && !p->recorded.too_large)) {
        return true;
    }
    struct str code = str_of(error_internal(p->route.service->model));
    passage_refuse(p, code, error_status(p->route.op, code),
                   p->recorded.too_large
                       ? STR("This body is larger than the journal takes")
                       : STR("The journal cannot be written: nothing is changed any more"));
    return false;
}

/* ---- what handlers remember ---- */

bool call_recall(const struct call *c, void *ret, size_t bytes)
{
    struct entry_reader *r = &c->core->recalls;
    if (!c->core->replaying || r->rest.len < bytes) {
        return false;
    }
    struct str found = entry_take(r, bytes);
    memcpy(ret, found.ptr, bytes);
    return true;
}

void call_remember(const struct call *c, const void *what, size_t bytes)
{
    if (c->core->memo.arena != NULL) {
        buf_add_bytes(&c->core->memo, what, bytes);
    }
}

static struct record_ids record_ids(const struct core *core)
{
    return (struct record_ids){.request_count = core->request_count,
                               .uuid_count = core->uuid_count,
                               .random_count = core->random_count};
}

struct record_ids record_begin(const struct passage *p)
{
    if (call_is_recorded(p)) {
        buf_init(&p->core->memo, p->arena, ENTRY_HEAD_BYTES_MAX);
        p->core->recorded_turn = p->call.turn;
        p->core->effect_told = false;
    }
    return record_ids(p->core);
}

uint64_t record_end(const struct core *core)
{
    const struct journal *j = core->options.journal;
    bool none = j == NULL || core->replaying || j->ops->saved(j->self, 0) == JOURNAL_FAILED;
    return none ? 0 : j->ops->end(j->self);
}

static void append(struct core *core, const struct buf *head, struct str body)
{
    const struct journal *j = core->options.journal;
    struct str parts[] = {buf_str(head), body};
    (void)j->ops->append(j->self, parts, body.len > 0 ? 2 : 1);
}

/* ---- calls ---- */

void record_prepare(struct passage *p)
{
    const struct operation_handler *handler = p->route.handler;
    if (!call_is_recorded(p) || p->way != BODY_TAKEN || p->refused || call_failed(&p->call) ||
        handler->body->keep == NULL) {
        return;
    }
    struct buf facts;
    buf_init(&facts, p->arena, 64 * KIB);
    p->recorded.blob = handler->body->keep(&p->call, &facts);
    p->recorded.facts = buf_str(&facts);
    blob_settle(p->recorded.blob);
}

/* Credentials that were made for the request alone are nothing to keep. */
static bool header_is_kept(struct str name)
{
    return !str_eq_nocase(name, STR("x-amz-security-token"));
}

static void put_request(struct buf *out, const struct passage *p)
{
    const struct http_request *head = p->head;
    const struct http_headers *headers = &p->request.headers; /* as aws-chunked left them */
    entry_put_str(out, p->about.actor);
    entry_put_str(out, head->method);
    entry_put_str(out, head->scheme);
    entry_put_str(out, head->host);
    entry_put_str(out, head->path);
    entry_put_str(out, head->query);
    size_t count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        count += header_is_kept(headers->items[i].name);
    }
    entry_put_u64(out, count);
    for (size_t i = 0; i < headers->count; i++) {
        if (header_is_kept(headers->items[i].name)) {
            entry_put_str(out, headers->items[i].name);
            entry_put_str(out, headers->items[i].value);
        }
    }
}

/* What the plan made of it, where that changed what was done. */
static void put_fault(struct buf *out, const struct passage *p)
{
    bool partial = p->fault.phase == FAULT_PARTIAL;
    struct ratio entries = partial ? p->fault.rule->entries : (struct ratio){0};
    entry_put_u8(out, p->runs);
    entry_put_u8(out, partial);
    entry_put_u64(out, entries.num);
    entry_put_u64(out, entries.den);
    entry_put_u64(out, partial ? p->fault.random : 0);
}

static void put_blob(struct buf *out, const struct blob *blob)
{
    size_t count = blob_pieces(blob);
    entry_put_u64(out, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t place;
        struct str bytes = blob_piece(blob, i, &place);
        entry_put_u64(out, place);
        if (place == 0) {
            entry_put_str(out, bytes);
        } else {
            entry_put_u64(out, bytes.len);
        }
    }
}

static void call_append(struct passage *p, int64_t clock_us, const struct record_ids *ids)
{
    struct buf out;
    bool taken = p->recorded.blob != NULL;
    struct str body = p->way == BODY_COLLECTED ? p->signed_body : buf_str(&p->body);
    size_t bytes = taken ? blob_bytes(p->recorded.blob) : 0;
    buf_init(&out, p->arena, ENTRY_HEAD_BYTES_MAX + bytes);
    entry_put_u8(&out, ENTRY_CALL);
    entry_put_u64(&out, (uint64_t)clock_us);
    entry_put_u64(&out, ids->request_count);
    entry_put_u64(&out, ids->uuid_count);
    entry_put_u64(&out, ids->random_count);
    put_fault(&out, p);
    entry_put_str(&out, buf_str(&p->core->memo));
    put_request(&out, p);
    entry_put_u8(&out, taken ? ENTRY_TAKEN : ENTRY_COLLECTED);
    if (taken) {
        entry_put_str(&out, p->recorded.facts);
        put_blob(&out, p->recorded.blob);
        append(p->core, &out, STR_EMPTY);
    } else {
        append(p->core, &out, body);
    }
}

void record_call(struct passage *p, int64_t clock_us, const struct record_ids *ids)
{
    if (p->changed && call_is_recorded(p) && !p->core->effect_told) {
        call_append(p, clock_us, ids);
    }
    if (!p->inside) {
        p->core->memo = (struct buf){.arena = NULL};
    }
}

/* ---- effects ---- */

bool call_effect_asked(const struct call *c)
{
    return c->core->memo.arena != NULL && c->core->recorded_turn == c->turn;
}

void call_effect(const struct call *c, struct str effect, const struct room *about, bool lasting)
{
    struct core *core = c->core;
    const struct journal *j = core->options.journal;
    core->effect_told = true;
    if (room_place(about) == 0) {
        return;
    }
    struct record_ids ids = record_ids(core);
    struct buf head;
    buf_init(&head, c->arena, ENTRY_HEAD_BYTES_MAX);
    entry_put_u8(&head, ENTRY_EFFECT);
    entry_put_u64(&head, (uint64_t)c->now_us);
    entry_put_u64(&head, ids.request_count);
    entry_put_u64(&head, ids.uuid_count);
    entry_put_u64(&head, ids.random_count);
    entry_put_str(&head, str_of(c->spoken->id));
    entry_put_u64(&head, room_place(about));
    entry_put_u64(&head, room_bytes(about).len);
    struct str parts[] = {buf_str(&head), effect};
    (void)(lasting ? j->ops->append : j->ops->append_about)(j->self, parts, 2);
}

/* Only the clock's orders: faults are a test's, not data, and a reset is a session that begins. */
void record_control(struct passage *p, int64_t clock_us)
{
    if (is_recorded(p) && p->out.response.status == 200 && str_eq(p->head->method, STR("POST")) &&
        str_eq(p->head->path, STR("/_aforo/clock"))) {
        struct record_ids ids = record_ids(p->core);
        call_append(p, clock_us, &ids);
    }
}

/* ---- the others ---- */

void record_session(struct core *core, int64_t clock_us, bool fresh)
{
    const struct core_options *o = &core->options;
    if (o->journal == NULL) {
        return;
    }
    struct arena *a = arena_new("session", ARENA_TASK_BYTES_MAX);
    struct buf out;
    buf_init(&out, a, ENTRY_HEAD_BYTES_MAX);
    entry_put_u8(&out, ENTRY_SESSION);
    entry_put_u64(&out, (uint64_t)clock_us);
    entry_put_u8(&out, fresh);
    entry_put_u64(&out, o->seed);
    entry_put_u8(&out, o->limits_off);
    entry_put_u8(&out, o->small_parts);
    entry_put_str(&out, o->account);
    entry_put_str(&out, o->region);
    entry_put_str(&out, o->public_url);
    if (fresh) {
        o->journal->ops->forget(o->journal->self, record_end(core));
    }
    append(core, &out, STR_EMPTY);
    arena_free(a);
}

void record_answer(struct core *core, uint64_t id, int status, struct str body, int64_t now_us)
{
    if (core->options.journal == NULL || core->replaying) {
        return;
    }
    struct arena *a = arena_new("answer", ARENA_TASK_BYTES_MAX);
    struct buf out;
    buf_init(&out, a, ENTRY_HEAD_BYTES_MAX);
    entry_put_u8(&out, ENTRY_ANSWER);
    entry_put_u64(&out, (uint64_t)now_us);
    entry_put_u64(&out, id);
    entry_put_u64(&out, (uint64_t)status);
    append(core, &out, body);
    arena_free(a);
}
