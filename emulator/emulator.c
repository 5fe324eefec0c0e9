/* emulator.c -- The facade: the services in their order, over the core. */
#include "emulator.h"

#include <string.h>
#include "base/limits.h"
#include "emulator/core/core.h"
#include "emulator/kinesis/kinesis_service.h"
#include "emulator/kinesis/kinesis_state.h"
#include "emulator/s3/s3_service.h"
#include "emulator/s3control/s3control_service.h"
#include "emulator/sns/sns_service.h"
#include "emulator/sts/sts.h"

/* In the order in which a request is offered to them. */
static const struct emulator_service *const services[] = {
    &kinesis_service, &sns_service,       &sts_service,
    &s3_service,      &s3control_service, /* behind S3, whose signing name it has: it claims what is
                                             its own */
};

struct emulator {
    struct core *core;
};

static struct str or_else(struct str given, struct str otherwise)
{
    return given.len > 0 ? given : otherwise;
}

struct emulator *emulator_new(struct arena *a, const struct emulator_options *options)
{
    struct core_options core_options = {
        .seed = options->seed,
        .account = or_else(options->account, STR("000000000000")),
        .region = or_else(options->region, STR("us-east-1")),
        .public_url = or_else(options->public_url, STR("http://127.0.0.1:4566")),
        .limits_off = options->limits_off,
        .small_parts = options->small_parts,
        .verify_signatures = options->verify_signatures,
        .bias_kills = options->bias_kills,
        .start_us = options->start_us,
        .journal = options->journal,
    };
    struct emulator *e = NEW(a, struct emulator);
    e->core = core_new(a, &core_options, services, sizeof(services) / sizeof(services[0]));
    return e;
}

static struct emulator_outcome outcome_of(const struct core_outcome *o)
{
    return (struct emulator_outcome){
        .response = o->response,
        .in_pieces = o->blob != NULL || o->source != NULL,
        .stream = o->stream,
        .lost = o->lost,
        .delay_us = o->delay_us,
        .fault = o->fault,
        .wire = o->wire,
        .manner = o->manner,
        .kill = o->kill,
        .late_us = o->late_us,
        .restart_us = o->restart_us,
        .actor = o->actor,
        .journal_end = o->journal_end,
    };
}

struct emulator_outcome emulator_dispatch(struct emulator *e, const struct http_request *request,
                                          struct str actor, int64_t now_us, struct arena *a)
{
    struct core_outcome o = core_dispatch(e->core, request, actor, now_us, a);
    return outcome_of(&o);
}

/* ---- in steps ---- */

struct exchange {
    struct passage *passage;
    struct core_outcome outcome;
};

struct exchange *emulator_begin(struct emulator *e, const struct http_request *head,
                                struct str actor, struct arena *a)
{
    struct exchange *x = NEW(a, struct exchange);
    x->passage = core_open(e->core, head, actor, a);
    return x;
}

bool exchange_refused(const struct exchange *x)
{
    return core_refused(x->passage);
}

uint64_t exchange_body_max(const struct exchange *x)
{
    return core_body_max(x->passage);
}

enum err exchange_feed(struct exchange *x, struct str bytes, struct diag *d)
{
    return core_feed(x->passage, bytes, d);
}

void exchange_slow_down(struct exchange *x)
{
    core_slow_down(x->passage);
}

void exchange_ready(struct exchange *x)
{
    core_ready(x->passage);
}

struct emulator_outcome exchange_finish(struct exchange *x, int64_t now_us)
{
    x->outcome = core_apply(x->passage, now_us);
    return outcome_of(&x->outcome);
}

void exchange_render(struct exchange *x, struct emulator_outcome *outcome)
{
    core_render(x->passage, &x->outcome);
    outcome->response = x->outcome.response;
    outcome->in_pieces = x->outcome.blob != NULL || x->outcome.source != NULL;
}

uint64_t exchange_body_bytes(const struct exchange *x)
{
    return x->outcome.source != NULL ? x->outcome.source->bytes : x->outcome.blob_count;
}

size_t exchange_body_read(struct exchange *x, uint64_t at, char *to, size_t max)
{
    const struct core_outcome *o = &x->outcome;
    if (o->source != NULL) {
        return o->source->read(o->source->self, to, max);
    }
    struct str run = blob_at(o->blob, o->blob_first + at);
    uint64_t left = o->blob_count - at;
    size_t n = run.len < max ? run.len : max;
    n = n < left ? n : (size_t)left;
    if (n > 0) {
        memcpy(to, run.ptr, n);
    }
    return n;
}

bool exchange_pull(struct exchange *x, int64_t now_us, struct buf *out)
{
    return core_stream_pull(x->passage, now_us, out);
}

bool exchange_woken(const struct exchange *x)
{
    return core_stream_woken(x->passage);
}

void exchange_close(struct exchange *x)
{
    core_stream_close(x->passage);
}

bool emulator_streams_woken(struct emulator *e)
{
    return core_streams_woken(e->core);
}

/* ---- the journal ---- */

enum err emulator_replay(struct emulator *e, struct str entry, struct diag *d)
{
    return core_replay(e->core, entry, d);
}

void emulator_replayed(struct emulator *e, int64_t now_us)
{
    core_replayed(e->core, now_us);
}

enum journal_saved emulator_saved(struct emulator *e, uint64_t journal_end)
{
    const struct journal *j = core_journal(e->core);
    return j == NULL ? JOURNAL_SAVED : j->ops->saved(j->self, journal_end);
}

bool emulator_journal_waits(const struct emulator *e)
{
    const struct journal *j = core_journal(e->core);
    return j != NULL && j->waits;
}

uint64_t emulator_journal_end(const struct emulator *e)
{
    const struct journal *j = core_journal(e->core);
    return j == NULL ? 0 : j->ops->end(j->self);
}

void emulator_on_progress(struct emulator *e, journal_progress_fn *fn, void *ctx)
{
    const struct journal *j = core_journal(e->core);
    if (j != NULL) {
        j->ops->on_progress(j->self, fn, ctx);
    }
}

void exchange_unsaved(struct exchange *x, struct emulator_outcome *outcome)
{
    core_unsaved(x->passage, &x->outcome);
    outcome->response = x->outcome.response;
    outcome->in_pieces = false;
}

/* ---- time ---- */

int64_t emulator_next_timer(const struct emulator *e)
{
    return core_next_timer(e->core);
}

void emulator_tick(struct emulator *e, int64_t now_us)
{
    core_tick(e->core, now_us);
}

int64_t emulator_now(const struct emulator *e, int64_t now_us)
{
    return core_now(e->core, now_us);
}

/* ---- calls out ---- */

bool emulator_outbound_take(struct emulator *e, int64_t now_us, struct arena *a,
                            struct emulator_outbound *ret_call)
{
    struct core_outbound_call call;
    if (!core_outbound_take(e->core, core_now(e->core, now_us), a, &call)) {
        return false;
    }
    *ret_call = (struct emulator_outbound){.id = call.id,
                                           .url = call.url,
                                           .request = call.request,
                                           .journal_end = emulator_journal_end(e),
                                           .sign_version = call.sign.version,
                                           .sign_text = call.sign.text,
                                           .sign_at = call.sign.at,
                                           .public_url = core_options(e->core)->public_url};
    return true;
}

void emulator_certificate(struct emulator *e, struct str path, struct str pem)
{
    core_certificate(e->core, path, pem);
}

void emulator_outbound_done(struct emulator *e, uint64_t id, int status, struct str body,
                            int64_t now_us)
{
    core_outbound_done(e->core, id, status, body, core_now(e->core, now_us));
}

/* ---- what happened ---- */

struct fault_plan *emulator_faults(struct emulator *e)
{
    return core_faults(e->core);
}

bool emulator_ledger_next(const struct emulator *e, uint64_t after, struct ledger_entry *ret_entry)
{
    const struct ledger_line *line = core_ledger_next(e->core, after);
    if (line == NULL) {
        return false;
    }
    *ret_entry = (struct ledger_entry){
        .number = line->number,
        .at_us = line->at_us,
        .actor = line->actor,
        .service = line->service,
        .operation = line->operation,
        .resource = line->resource,
        .status = line->status,
        .fault = line->fault,
        .applied = line->applied,
    };
    return true;
}

/* ---- what is there ---- */

bool emulator_record_next(const struct emulator *e, uint64_t *cursor,
                          struct emulator_record *ret_record)
{
    struct kinesis_record r;
    if (!kinesis_record_next(core_state(e->core, "kinesis"), cursor, &r)) {
        return false;
    }
    *ret_record = (struct emulator_record){
        .stream = r.stream,
        .shard_id = r.shard_id,
        .parent_id = r.parent_id,
        .adjacent_parent_id = r.adjacent_parent_id,
        .sequence_number = r.sequence_number,
        .partition_key = r.partition_key,
        .data = r.data,
        .arrived_us = r.arrived_us,
    };
    return true;
}

bool emulator_stream_next(const struct emulator *e, uint64_t *cursor, int64_t now_us,
                          struct emulator_stream *ret_stream)
{
    struct kinesis_stream s;
    if (!kinesis_stream_next(core_state(e->core, "kinesis"), cursor, emulator_now(e, now_us), &s)) {
        return false;
    }
    *ret_stream = (struct emulator_stream){s.account, s.region, s.name};
    return true;
}

static struct emulator_object object_of(const struct s3_object_view *view, struct arena *a)
{
    return (struct emulator_object){
        .bucket = view->bucket,
        .key = view->key,
        .etag = view->etag,
        .body = blob_slice(view->body, 0, blob_bytes(view->body), a),
        .modified_us = view->modified_us,
    };
}

bool emulator_object_next(const struct emulator *e, struct str bucket, struct str after_key,
                          struct arena *a, struct emulator_object *ret_object)
{
    struct s3_object_view view;
    if (!s3_object_next(core_state(e->core, "s3"), bucket, after_key, &view)) {
        return false;
    }
    *ret_object = object_of(&view, a);
    return true;
}

bool emulator_object_written_next(const struct emulator *e, struct str bucket, uint64_t *cursor,
                                  struct arena *a, struct emulator_object *ret_object)
{
    struct s3_object_view view;
    if (!s3_object_shown_next(core_state(e->core, "s3"), bucket, cursor, &view)) {
        return false;
    }
    *ret_object = object_of(&view, a);
    return true;
}

bool emulator_message_next(const struct emulator *e, uint64_t *cursor,
                           struct emulator_message *ret_message)
{
    struct sns_message_view view;
    if (!sns_message_next(core_state(e->core, "sns"), cursor, &view)) {
        return false;
    }
    *ret_message = (struct emulator_message){
        .topic_arn = view.topic_arn,
        .message_id = view.message_id,
        .subject = view.subject,
        .message = view.message,
        .attributes = view.attributes,
        .attribute_count = view.attribute_count,
        .at_us = view.at_us,
    };
    return true;
}
