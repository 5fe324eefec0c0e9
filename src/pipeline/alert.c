/* alert.c -- The outbox of aforo_alert: raised in a transaction, published after it, marked when
 * SNS has said yes. A crash between the publish and the mark publishes again, with the same id. */
#include "pipeline/alert.h"

#include "aws/sns.h"

enum err alert_raise(struct warehouse *w, const struct definition *def,
                     enum criticality criticality, struct str kind, struct str window,
                     struct str text, int64_t now_us, struct arena *a, struct diag *d)
{
    struct str id =
        str_printf(a, "%.*s/%.*s/%.*s", STR_ARG(def->name), STR_ARG(kind), STR_ARG(window));
    struct warehouse_value params[] = {
        warehouse_text(id),
        warehouse_text(def->name),
        warehouse_text(criticality_name(criticality)),
        warehouse_text(kind),
        warehouse_text(text),
        warehouse_i64(now_us),
    };
    return warehouse_exec(
        w,
        STR("insert into aforo_alert (id, pipeline, criticality, kind, message, raised_us) "
            "values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing"),
        params, 6, NULL, d);
}

static enum criticality criticality_of(struct str name)
{
    enum criticality c = CRITICALITY_LOW;
    while (c + 1 < CRITICALITY_COUNT && !str_eq(criticality_name(c), name)) {
        c++;
    }
    return c;
}

/* Nobody is told when the definition names no topic for the criticality; the row is marked all the
 * same. */
static enum err publish(struct pipeline *p, struct str id, struct str criticality, struct str kind,
                        struct str text, struct arena *a, struct diag *d)
{
    struct str topic = p->def->topics[criticality_of(criticality)];
    if (topic.len == 0) {
        return ERR_OK;
    }
    struct str arn, message_id;
    TRY(sns_create_topic(&p->aws, topic, a, &arn, d));
    struct http_header attributes[] = {
        {STR("id"), id}, {STR("criticality"), criticality}, {STR("kind"), kind}};
    struct sns_message message = {
        .topic_arn = arn,
        .subject = str_printf(a, "[%.*s] %.*s: %.*s", STR_ARG(criticality), STR_ARG(p->def->name),
                              STR_ARG(kind)),
        .text = text,
        .attributes = attributes,
        .attribute_count = 3,
    };
    return sns_publish(&p->aws, &message, a, &message_id, d);
}

static enum err mark_sent(struct pipeline *p, struct str id, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(id), warehouse_i64(rt_wall_us(p->env->rt))};
    return warehouse_exec(p->warehouse, STR("update aforo_alert set sent_us = $2 where id = $1"),
                          params, 2, NULL, d);
}

enum err alert_send_pending(struct pipeline *p, struct arena *a, size_t *ret_sent, struct diag *d)
{
    *ret_sent = 0;
    struct warehouse_value params[] = {warehouse_text(p->def->name)};
    struct warehouse_result pending;
    TRY(warehouse_query(p->warehouse,
                        STR("select id, criticality, kind, message from aforo_alert where pipeline "
                            "= $1 and sent_us is null "
                            "order by raised_us, id limit 100"),
                        params, 1, a, &pending, d));
    for (size_t i = 0; i < pending.row_count; i++) {
        struct str id = warehouse_at(&pending, i, 0)->text;
        TRY(publish(p, id, warehouse_at(&pending, i, 1)->text, warehouse_at(&pending, i, 2)->text,
                    warehouse_at(&pending, i, 3)->text, a, d));
        TRY(mark_sent(p, id, d));
        pipeline_log(p, LOG_INFO, "alert", "sent", "id=%.*s", STR_ARG(id));
        (*ret_sent)++;
    }
    return ERR_OK;
}
