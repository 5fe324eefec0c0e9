/* report.c -- One day's report, from its reconciliation to its place in S3.
 *
 * report.json is what claims a version: it is put with If-None-Match, and its metadata say which
 * content it has. Then come the other two files, then the row of aforo_report.
 * 1. Two versions that follow one another differ in content: before v+1 is claimed, v was read.
 * 2. A crash after the claim is mended by the next attempt: it finds its own content in the newest
 * version, and puts what is missing with the time of making that the claim has.
 * 3. Another reporter's claim is no failure: the same content is ours too, another's is gone past.
 * 4. The row holds the changes and control totals that were read first: what came meanwhile makes
 * the day pending again.
 * 5. The row names a version before it is claimed, as unfinished: who claims it with what others
 * have left behind meanwhile, and dies before the row, leaves a day that is pending. */
#include "report_parts.h"

#include <inttypes.h>
#include "aws/s3.h"
#include "base/hash.h"
#include "base/instant.h"
#include "pipeline/alert.h"

#define META_CONTENT "content-sha256"
#define META_GENERATED "generated-us"
#define VERSIONS_MAX 1000000

struct publishing {
    struct pipeline *p;
    struct arena *arena;
    struct report_content content;
    struct str identity;
    struct str day_prefix; /* reports/daily/dt=2001-01-31/ */
    uint32_t row_version;  /* as the row has it; 0: there is none */
    bool is_new;
};

struct str report_day_text(struct arena *a, int64_t day_us)
{
    struct buf text;
    buf_init(&text, a, 64);
    instant_date(&text, day_us);
    return buf_str(&text);
}

struct str report_control_hash(struct arena *a, struct str hash, struct str key, struct str etag)
{
    struct str line = str_printf(a, "%.*s %.*s %.*s", STR_ARG(hash), STR_ARG(key), STR_ARG(etag));
    return str_slice(hash_sha256_hex(a, line), 0, 16);
}

/* ---- the alert ---- */

enum err report_alert(struct pipeline *p, const struct reconcile_day *day,
                      const struct reconcile_result *reconciled, struct arena *a, struct diag *d)
{
    struct str window = report_day_text(a, day->day_us);
    const struct reconcile_line *first = &reconciled->lines[0];
    for (size_t i = 0; i < reconciled->differing; i++) {
        if (str_starts(reconciled->lines[i].window, window)) {
            first = &reconciled->lines[i];
            break;
        }
    }
    struct str text = str_printf(
        a,
        "%.*s of %.*s does not reconcile: %zu figures differ. The first: %.*s of %.*s, source "
        "%.*s, raw %.*s, warehouse %.*s (%.*s)",
        STR_ARG(window), STR_ARG(p->def->name), day->differing, STR_ARG(first->measure),
        STR_ARG(first->window), STR_ARG(first->source), STR_ARG(first->raw),
        STR_ARG(first->warehouse), STR_ARG(first->hop));
    pipeline_log(p, LOG_ERROR, "report", "differs", "day=%.*s figures=%zu", STR_ARG(window),
                 day->differing);
    TRY(warehouse_begin(p->warehouse, d));
    enum err err = alert_raise(p->warehouse, p->def, CRITICALITY_CRITICAL, STR("reconciliation"),
                               window, text, rt_wall_us(p->env->rt), a, d);
    err = err == ERR_OK ? warehouse_commit(p->warehouse, d) : err;
    if (err != ERR_OK) {
        warehouse_rollback(p->warehouse);
    }
    return err;
}

/* ---- the row ---- */

static enum err row_read(struct publishing *u, struct str *ret_content, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(u->p->def->name),
                                       warehouse_text(u->p->def->report_name),
                                       warehouse_text(u->content.day)};
    struct warehouse_result rows;
    TRY(warehouse_query(u->p->warehouse,
                        STR("select version, content from aforo_report where pipeline = $1 and "
                            "report = $2 and day = $3"),
                        params, 3, u->arena, &rows, d));
    u->row_version = rows.row_count > 0 ? (uint32_t)warehouse_at(&rows, 0, 0)->i64 : 0;
    *ret_content = rows.row_count > 0 ? warehouse_at(&rows, 0, 1)->text : STR_EMPTY;
    return ERR_OK;
}

/* A reporter that comes late with an older version changes nothing. */
#define ROW_SQL(condition)                                                                         \
    "insert into aforo_report (pipeline, report, day, version, content, changes, control) values " \
    "($1, $2, $3, $4, $5, $6, $7) on conflict (pipeline, report, day) do update set version = "    \
    "excluded.version, content = excluded.content, changes = excluded.changes, control = "         \
    "excluded.control where excluded.version " condition " aforo_report.version"

static enum err row_put(struct publishing *u, struct str sql, struct str content, int64_t changes,
                        struct str control, struct diag *d)
{
    struct warehouse_value params[] = {
        warehouse_text(u->p->def->name), warehouse_text(u->p->def->report_name),
        warehouse_text(u->content.day),  warehouse_i64(u->content.version),
        warehouse_text(content),         warehouse_i64(changes),
        warehouse_text(control)};
    TRY(warehouse_begin(u->p->warehouse, d));
    enum err err = warehouse_exec(u->p->warehouse, sql, params, 7, NULL, d);
    err = err == ERR_OK ? warehouse_commit(u->p->warehouse, d) : err;
    if (err != ERR_OK) {
        warehouse_rollback(u->p->warehouse);
    }
    return err;
}

static enum err row_write(struct publishing *u, const struct report_day *day, struct diag *d)
{
    return row_put(u, STR(ROW_SQL(">=")), u->identity, day->changes, day->control, d);
}

/* Before the version is claimed. */
static enum err row_mark(struct publishing *u, struct diag *d)
{
    return row_put(u, STR(ROW_SQL(">")), STR_EMPTY, REPORT_UNFINISHED, STR_EMPTY, d);
}

/* ---- versions in S3 ---- */

static struct str version_key(const struct publishing *u, uint32_t version, const char *file)
{
    return str_printf(u->arena, "%.*sv=%" PRIu32 "/%s", STR_ARG(u->day_prefix), version, file);
}

static enum err newest_version(struct publishing *u, uint32_t *ret_version, struct diag *d)
{
    struct s3_listing listing;
    TRY(s3_list(&u->p->aws, u->p->def->bucket, u->day_prefix, '/', STR_EMPTY, u->arena, &listing,
                d));
    uint32_t newest = 0;
    for (size_t i = 0; i < listing.prefix_count; i++) {
        struct str name = str_from(listing.prefixes[i], u->day_prefix.len);
        struct diag ignored = DIAG_INIT;
        uint64_t version;
        if (str_starts(name, STR("v=")) &&
            str_u64(str_slice(name, 2, name.len - 1), &version, &ignored) == ERR_OK &&
            version > newest && version <= VERSIONS_MAX) {
            newest = (uint32_t)version;
        }
    }
    *ret_version = newest;
    return ERR_OK;
}

static enum err file_put(struct publishing *u, const char *file, struct str type, struct str body,
                         struct diag *d)
{
    struct str generated = str_printf(u->arena, "%" PRId64, u->content.generated_us);
    struct http_header metadata[] = {{STR(META_CONTENT), u->identity},
                                     {STR(META_GENERATED), generated}};
    struct s3_put_options options = {
        .content_type = type, .if_none_match = true, .metadata = metadata, .metadata_count = 2};
    struct s3_object stored;
    return s3_put(&u->p->aws, u->p->def->bucket, version_key(u, u->content.version, file), body,
                  &options, u->arena, &stored, d);
}

/* Whether a version that is there has our content; then its time of making becomes ours. */
static enum err version_is_ours(struct publishing *u, uint32_t version, bool *ret_ours,
                                struct diag *d)
{
    struct s3_object object;
    TRY(s3_head(&u->p->aws, u->p->def->bucket, version_key(u, version, "report.json"), u->arena,
                &object, d));
    int64_t generated_us;
    struct diag ignored = DIAG_INIT;
    *ret_ours =
        str_eq(http_header(&object.metadata, META_CONTENT), u->identity) &&
        str_i64(http_header(&object.metadata, META_GENERATED), &generated_us, &ignored) == ERR_OK;
    if (*ret_ours) {
        u->is_new = u->content.generated_us == generated_us; /* ours, and its answer was lost */
        u->content.generated_us = generated_us;
    }
    return ERR_OK;
}

static struct buf file_buf(const struct publishing *u)
{
    struct buf file;
    buf_init(&file, u->arena, REPORT_BYTES_MAX);
    return file;
}

static enum err version_claim(struct publishing *u, struct diag *d)
{
    uint32_t version;
    TRY(newest_version(u, &version, d));
    version = u->row_version > version ? u->row_version : version;
    for (version = version == 0 ? 1 : version; version <= VERSIONS_MAX; version++) {
        bool ours;
        u->content.version = version;
        enum err err = version_is_ours(u, version, &ours, d);
        if (err == ERR_NOT_FOUND) {
            diag_clear(d);
            TRY(row_mark(u, d));
            struct buf json = file_buf(u);
            report_json(&json, &u->content);
            err = file_put(u, "report.json", STR("application/json"), buf_str(&json), d);
            if (err == ERR_OK) {
                u->is_new = true;
                return ERR_OK;
            }
            if (err == ERR_CONFLICT) { /* ours with a lost answer, or another's */
                diag_clear(d);
                err = version_is_ours(u, version, &ours, d);
            }
        }
        TRY(err);
        if (ours) {
            return ERR_OK;
        }
    }
    return fail(d, ERR_LIMIT, "over %d versions under %.*s", VERSIONS_MAX, STR_ARG(u->day_prefix));
}

/* The same bytes from anyone who has the claim: being there already is as good. */
static enum err rest_put(struct publishing *u, struct str *ret_html, struct diag *d)
{
    struct buf csv = file_buf(u), html = file_buf(u);
    report_csv(&csv, &u->content);
    report_html(&html, &u->content);
    enum err err = file_put(u, "report.csv", STR("text/csv; charset=utf-8"), buf_str(&csv), d);
    if (err == ERR_OK || err == ERR_CONFLICT) {
        diag_clear(d);
        err = file_put(u, "report.html", STR("text/html; charset=utf-8"), buf_str(&html), d);
    }
    if (err != ERR_OK && err != ERR_CONFLICT) {
        return err;
    }
    diag_clear(d);
    *ret_html = buf_str(&html);
    return ERR_OK;
}

/* ---- publishing ---- */

/* The day's share of a reconciliation, in its order. */
static void take_lines(struct report_content *c, const struct reconcile_result *reconciled,
                       int64_t day_us, struct arena *a)
{
    struct reconcile_line *lines = NEW_ARRAY(a, struct reconcile_line, reconciled->count);
    for (size_t i = 0; i < reconciled->count; i++) {
        struct str window = reconciled->lines[i].window;
        bool ours = str_starts(window, c->day) &&
                    (window.len == c->day.len || window.ptr[c->day.len] == '/');
        if (ours) {
            lines[c->line_count++] = reconciled->lines[i];
        }
    }
    c->lines = lines;
    for (size_t i = 0; i < reconciled->day_count; i++) {
        if (reconciled->days[i].day_us == day_us) {
            c->verdict = reconciled->days[i].verdict;
            c->differing = reconciled->days[i].differing;
        }
    }
}

static enum err publish(struct publishing *u, const struct report_day *day, struct str *ret_html,
                        struct diag *d)
{
    struct str row_content;
    TRY(row_read(u, &row_content, d));
    if (str_eq(row_content, u->identity)) {
        u->content.version = u->row_version;
        return row_write(u, day, d);
    }
    TRY(version_claim(u, d));
    TRY(rest_put(u, ret_html, d));
    TRY(row_write(u, day, d));
    pipeline_log(u->p, LOG_INFO, "report", "published",
                 "day=%.*s version=%" PRIu32 " new=%d verdict=%.*s", STR_ARG(u->content.day),
                 u->content.version, u->is_new,
                 STR_ARG(reconcile_verdict_name(u->content.verdict)));
    rt_trace(u->p->env->rt, "report published", u->identity, u->content.version);
    return ERR_OK;
}

enum err report_publish(struct pipeline *p, const struct report_day *day,
                        const struct reconcile_result *reconciled, struct arena *a,
                        struct report_result *ret_result, struct diag *d)
{
    struct publishing u = {.p = p, .arena = a};
    struct str html = STR_EMPTY;
    enum err err = report_gather(p, day->day_us, a, &u.content, d);
    if (err == ERR_OK) {
        take_lines(&u.content, reconciled, day->day_us, a);
        u.content.generated_us = rt_wall_us(p->env->rt);
        u.identity = report_identity(a, &u.content);
        u.day_prefix = str_printf(a, "reports/%.*s/dt=%.*s/", STR_ARG(p->def->report_name),
                                  STR_ARG(u.content.day));
        err = publish(&u, day, &html, d);
    }
    if (err != ERR_OK) {
        return diag_context(d, "report of %.*s", STR_ARG(report_day_text(a, day->day_us)));
    }
    *ret_result = (struct report_result){.version = u.content.version,
                                         .is_new = u.is_new,
                                         .verdict = u.content.verdict,
                                         .key_prefix = version_key(&u, u.content.version, ""),
                                         .html = u.is_new ? html : STR_EMPTY};
    return ERR_OK;
}

/* ---- one day, when somebody asks ---- */

static enum err day_read(struct pipeline *p, int64_t day_us, struct arena *a,
                         struct report_day *ret_day, struct diag *d)
{
    struct str name = report_day_text(a, day_us);
    struct str prefix =
        str_printf(a, "control/%.*s/dt=%.*s/", STR_ARG(p->def->name), STR_ARG(name));
    struct s3_listing listing;
    TRY(s3_list(&p->aws, p->def->bucket, prefix, 0, STR_EMPTY, a, &listing, d));
    *ret_day = (struct report_day){.day_us = day_us, .control = STR_EMPTY};
    for (size_t i = 0; i < listing.count; i++) {
        ret_day->control = report_control_hash(a, ret_day->control, listing.objects[i].key,
                                               listing.objects[i].etag);
    }
    struct warehouse_value params[] = {warehouse_text(p->def->name), warehouse_text(name)};
    struct warehouse_result rows;
    TRY(warehouse_query(p->warehouse,
                        STR("select changes from aforo_day where pipeline = $1 and day = $2"),
                        params, 2, a, &rows, d));
    ret_day->changes = rows.row_count > 0 ? warehouse_at(&rows, 0, 0)->i64 : 0;
    return ERR_OK;
}

enum err report_run(struct pipeline *p, int64_t day_us, struct arena *a,
                    struct report_result *ret_result, struct diag *d)
{
    struct report_day day;
    struct reconcile_result reconciled;
    day_us = instant_floor(day_us, US_PER_DAY);
    TRY(day_read(p, day_us, a, &day, d));
    TRY(reconcile_run(p, day_us, day_us + US_PER_DAY, a, &reconciled, d));
    if (reconciled.days[0].verdict == RECONCILE_DIFFERS) {
        TRY(report_alert(p, &reconciled.days[0], &reconciled, a, d));
    }
    return report_publish(p, &day, &reconciled, a, ret_result, d);
}
