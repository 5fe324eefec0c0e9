#include "inputs.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "adapter/http_curl.h"
#include "adapter/warehouse_postgres.h"
#include "adapter/warehouse_sqlite.h"
#include "app/config.h"
#include "base/limits.h"
#include "cli.h"

#define SQLITE_BUSY_MS 10000
#define MANIFEST_BYTES_MAX (256 * MIB)

enum err inputs_file(struct arena *a, const char *path, size_t bytes_max, struct str *ret_text,
                     struct diag *d)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return fail(d, ERR_NOT_FOUND, "%s: cannot be read", path);
    }
    struct buf text;
    buf_init(&text, a, bytes_max + 64 * KIB);
    size_t got = 1;
    while (got > 0 && text.len <= bytes_max) {
        got = fread(buf_reserve(&text, 64 * KIB), 1, 64 * KIB, f);
        buf_commit(&text, got);
    }
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed || text.len > bytes_max) {
        return fail(d, failed ? ERR_UNAVAILABLE : ERR_LIMIT, "%s: %s", path,
                    failed ? "cannot be read" : "too large");
    }
    *ret_text = buf_str(&text);
    return ERR_OK;
}

enum err inputs_folders(struct arena *a, struct str path, struct diag *d)
{
    for (size_t i = 1; i < path.len; i++) {
        const char *folder = str_z(a, str_slice(path, 0, i));
        if (path.ptr[i] == '/' && mkdir(folder, 0777) != 0 && errno != EEXIST) {
            return fail(d, ERR_DENIED, "%s: %s", folder, strerror(errno));
        }
    }
    return ERR_OK;
}

enum err inputs_write(const char *path, struct str text, struct diag *d)
{
    FILE *f = path == NULL ? stdout : fopen(path, "wb");
    if (f == NULL) {
        return fail(d, ERR_INVALID, "%s: cannot be written", path);
    }
    bool good = text.len == 0 || fwrite(text.ptr, 1, text.len, f) == text.len;
    good = (path == NULL ? fflush(f) : fclose(f)) == 0 && good;
    return good ? ERR_OK
                : fail(d, ERR_UNAVAILABLE, "%s: could not be written",
                       path == NULL ? "the result" : path);
}

enum err inputs_manifest(struct arena *a, const char *path, struct source *source, struct diag *d)
{
    struct str text;
    if (path == NULL) {
        return ERR_OK;
    }
    TRY(inputs_file(a, path, MANIFEST_BYTES_MAX, &text, d));
    return source_hold(a, source, text, str_of(path), d);
}

enum err inputs_client(struct arena *a, struct rt *rt, const char *endpoint,
                       struct aws_client **ret_client, struct diag *d)
{
    struct config config;
    struct config_options given = {.warehouse = STR_EMPTY};
    struct http_curl_options http = {0};
    struct aws_config *aws = NEW(a, struct aws_config);
    struct aws_client *client = NEW(a, struct aws_client);
    struct transport *transport;
    TRY(config_read(a, &given, &config, d));
    http.ca_file = config.ca_file.len == 0 ? NULL : str_z(a, config.ca_file);
    TRY(http_curl_new(a, rt, &http, &transport, d));
    *aws = config.aws;
    aws->user_agent = STR("aforo-replay/" AFORO_VERSION);
    aws->endpoint = endpoint == NULL ? aws->endpoint : str_of(endpoint);
    aws_client_init(client, rt, transport, aws);
    *ret_client = client;
    return ERR_OK;
}

enum err inputs_source(struct arena *a, struct rt *rt, struct str where, const char *endpoint,
                       struct source *ret_source, struct diag *d)
{
    struct aws_client *s3 = NULL;
    if (str_starts(where, STR("s3://"))) {
        TRY(inputs_client(a, rt, endpoint, &s3, d));
    }
    return source_open(a, where, s3, ret_source, d);
}

enum err inputs_warehouse(struct arena *a, const char *where, struct warehouse **ret_warehouse,
                          struct diag *d)
{
    struct str given = where == NULL ? STR("sqlite::memory:") : str_of(where);
    struct str sqlite = STR("sqlite:");
    if (str_starts(given, sqlite) && given.len > sqlite.len) {
        struct warehouse_sqlite_options file = {.path = str_z(a, str_from(given, sqlite.len)),
                                                .busy_ms = SQLITE_BUSY_MS,
                                                .durable = where != NULL,
                                                .bulk = true};
        return warehouse_sqlite_open(a, &file, ret_warehouse, d);
    }
    if (str_starts(given, STR("postgresql://")) || str_starts(given, STR("postgres://"))) {
        return warehouse_postgres_open(a, where, ret_warehouse, d);
    }
    return fail(d, ERR_INVALID, "a database is sqlite:PATH or postgresql://..., not '%s'", where);
}

enum err inputs_database(struct arena *a, const char *where, struct warehouse **ret_warehouse,
                         struct diag *d)
{
    struct str sqlite = STR("sqlite:");
    if (!str_starts(str_of(where), sqlite)) {
        return inputs_warehouse(a, where, ret_warehouse, d);
    }
    struct warehouse_sqlite_options file = {
        .path = where + sqlite.len, .busy_ms = SQLITE_BUSY_MS, .read_only = true};
    return warehouse_sqlite_open(a, &file, ret_warehouse, d);
}

uint64_t source_bytes(const struct source *s)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < s->count; i++) {
        bytes += s->objects[i].size > 0 ? (uint64_t)s->objects[i].size : 0;
    }
    return bytes;
}

void memory_is_kept(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, (int)(32 * MIB));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(512 * MIB));
}

void progress_line(const struct progress *p)
{
    uint64_t ms = (uint64_t)p->elapsed_us / 1000 + 1;
    uint64_t left = p->bytes_all > p->bytes ? p->bytes_all - p->bytes : 0;
    uint64_t left_s = p->bytes == 0 ? 0 : left * ms / p->bytes / 1000;
    if (p->bytes_all == 0 && p->objects > 0) { /* a manifest tells no sizes */
        left_s = (p->of - p->objects) * ms / p->objects / 1000;
    }
    if (p->json) {
        fprintf(stderr,
                "{\"event\":\"progress\",\"objects\":%llu,\"of\":%llu,\"records\":%llu,\"bytes\":"
                "%llu,\"raw_bytes\":%llu,\"elapsed_ms\":%llu,\"left_s\":%llu}\n",
                (unsigned long long)p->objects, (unsigned long long)p->of,
                (unsigned long long)p->records, (unsigned long long)p->bytes,
                (unsigned long long)p->raw_bytes, (unsigned long long)ms,
                (unsigned long long)left_s);
        return;
    }
    fprintf(stderr, "\r\033[K%llu of %llu objects, %llu records, %llu MB/s",
            (unsigned long long)p->objects, (unsigned long long)p->of,
            (unsigned long long)p->records, (unsigned long long)(p->raw_bytes / ms / 1000));
    if (p->objects > 0) {
        fprintf(stderr, ", %llu s left", (unsigned long long)left_s);
    }
}

int inputs_exit(const struct diag *d)
{
    bool caller = d->code == ERR_INVALID || d->code == ERR_NOT_FOUND || d->code == ERR_LIMIT ||
                  d->code == ERR_UNSUPPORTED;
    return caller ? CLI_USAGE : CLI_FAILED;
}
