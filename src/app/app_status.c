/* app_status.c -- `aforo-pipeline status`: how far each shard has landed, and what the warehouse
 * has of it. */
#include "app.h"

#include <inttypes.h>
#include <stdio.h>
#include "aws/s3.h"
#include "base/tree.h"

struct shard {
    struct str newest_key, newest_first;
    uint64_t objects;
};

/* raw/<name>/dt=.../hh=.../<shard>-<first sequence number>.ndjson.zst */
static bool shard_of(struct str key, struct str *ret_shard, struct str *ret_first)
{
    struct str name = str_from(key, str_find_last(key, '/') + 1);
    size_t dash = str_find_last(name, '-');
    if (dash == STR_NONE || !str_ends(name, STR(".ndjson.zst"))) {
        return false;
    }
    *ret_shard = str_slice(name, 0, dash);
    return pipeline_raw_key_parse(key, *ret_shard, ret_first);
}

static enum err shards_read(struct pipeline *p, struct tree *shards, uint64_t *ret_objects,
                            struct diag *d)
{
    struct s3_listing listing;
    struct str prefix = str_printf(p->arena, "raw/%.*s/", STR_ARG(p->def->name));
    TRY(s3_list(&p->aws, p->def->bucket, prefix, 0, STR_EMPTY, p->arena, &listing, d));
    *ret_objects = 0;
    for (size_t i = 0; i < listing.count; i++) {
        struct str name, first;
        if (!shard_of(listing.objects[i].key, &name, &first)) {
            continue;
        }
        struct shard *shard = tree_get(shards, name);
        if (shard == NULL) {
            shard = NEW(p->arena, struct shard);
            tree_put(shards, name, shard);
        }
        shard->objects++;
        (*ret_objects)++;
        if (sequence_cmp(first, shard->newest_first) > 0) {
            shard->newest_first = first;
            shard->newest_key = listing.objects[i].key;
        }
    }
    return ERR_OK;
}

static enum err shards_print(struct pipeline *p, const struct tree *shards, struct diag *d)
{
    printf("%-24s %10s  %s\n", "shard", "objects", "landed to sequence number");
    const struct tree_entry *e = tree_seek(shards, STR_EMPTY, false);
    for (; e != NULL; e = tree_seek(shards, e->key, true)) {
        const struct shard *shard = e->value;
        struct s3_object object;
        TRY(s3_head(&p->aws, p->def->bucket, shard->newest_key, p->arena, &object, d));
        printf("%-24.*s %10" PRIu64 "  %.*s\n", STR_ARG(e->key), shard->objects,
               STR_ARG(http_header(&object.metadata, "last-sequence-number")));
    }
    return ERR_OK;
}

static void line_print(const char *what, struct str number, const char *note)
{
    printf("%-24s %10.*s%s%s\n", what, STR_ARG(number), note[0] == '\0' ? "" : "  ", note);
}

static struct str cell(struct pipeline *p, const struct warehouse_result *rows, size_t row,
                       size_t column)
{
    const struct warehouse_value *v = warehouse_at(rows, row, column);
    return v->type == WAREHOUSE_TEXT   ? v->text
           : v->type == WAREHOUSE_NULL ? STR("0")
                                       : str_printf(p->arena, "%" PRId64, v->i64);
}

static enum err query(struct pipeline *p, struct str sql, struct warehouse_result *ret_rows,
                      struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(p->def->name)};
    return warehouse_query(p->warehouse, sql, params, 1, p->arena, ret_rows, d);
}

static enum err counts_print(struct pipeline *p, uint64_t raw_objects, struct diag *d)
{
    struct warehouse_result rows;
    TRY(query(p,
              STR("select count(*), sum(records), sum(loaded), sum(duplicates), sum(quarantined), "
                  "sum(filtered) from aforo_loaded_object where pipeline = $1"),
              &rows, d));
    static const char *const names[] = {"loaded objects", "records",     "rows",
                                        "duplicates",     "quarantined", "filtered"};
    line_print("raw objects", str_printf(p->arena, "%" PRIu64, raw_objects), "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        line_print(names[i], cell(p, &rows, 0, i), "");
    }
    return ERR_OK;
}

static enum err quarantine_print(struct pipeline *p, struct diag *d)
{
    struct warehouse_result rows;
    TRY(query(
        p,
        STR("select reason, count(*) from aforo_quarantine where pipeline = $1 group by reason "
            "order by 2 desc, 1 limit 20"),
        &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        line_print("  quarantined because", cell(p, &rows, i, 1),
                   str_z(p->arena, cell(p, &rows, i, 0)));
    }
    return ERR_OK;
}

static enum err rest_print(struct pipeline *p, struct diag *d)
{
    struct warehouse_result rows;
    TRY(query(
        p,
        STR("select count(*), sum(case when sent_us is null then 1 else 0 end) from aforo_alert "
            "where pipeline = $1"),
        &rows, d));
    line_print("alerts", cell(p, &rows, 0, 0), "");
    line_print("  that wait", cell(p, &rows, 0, 1), "");
    TRY(query(p,
              STR("select count(*), max(day), max(version) from aforo_report where pipeline = $1"),
              &rows, d));
    struct str last = cell(p, &rows, 0, 1);
    line_print(
        "reported days", cell(p, &rows, 0, 0),
        str_eq(last, STR("0")) ? "" : str_z(p->arena, str_join(p->arena, STR("the last: "), last)));
    return ERR_OK;
}

enum err app_status(struct app *app, int *ret_exit, struct diag *d)
{
    struct pipeline *p;
    uint64_t raw_objects;
    TRY(app_open(app, &p, d));
    struct tree *shards = tree_new(p->arena);
    TRY(shards_read(p, shards, &raw_objects, d));
    TRY(shards_print(p, shards, d));
    putchar('\n');
    TRY(counts_print(p, raw_objects, d));
    TRY(quarantine_print(p, d));
    TRY(rest_print(p, d));
    *ret_exit = APP_OK;
    return ERR_OK;
}
