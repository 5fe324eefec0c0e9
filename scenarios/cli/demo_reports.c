#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "demo.h"

static enum err folder_make(struct arena *a, struct str path, struct diag *d)
{
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/') {
            continue;
        }
        const char *part = str_z(a, str_slice(path, 0, i));
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return fail(d, ERR_DENIED, "%s: %s", part, strerror(errno));
        }
    }
    return ERR_OK;
}

static enum err file_write(struct arena *a, struct str path, struct str bytes, struct diag *d)
{
    FILE *f = fopen(str_z(a, path), "wb");
    if (f == NULL) {
        return fail(d, ERR_DENIED, "%.*s: %s", STR_ARG(path), strerror(errno));
    }
    size_t written = fwrite(bytes.ptr, 1, bytes.len, f);
    bool closed = fclose(f) == 0;
    return written == bytes.len && closed
               ? ERR_OK
               : fail(d, ERR_DENIED, "%.*s: cannot be written", STR_ARG(path));
}

/* reports/<name>/dt=DAY/v=N/report.html */
static bool report_key(struct str key, struct str prefix, struct str *ret_day,
                       uint64_t *ret_version)
{
    struct str rest, version;
    struct diag ignored = DIAG_INIT;
    if (!str_starts(key, prefix)) {
        return false;
    }
    return str_split(str_from(key, prefix.len), '/', ret_day, &rest) &&
           str_starts(rest, STR("v=")) && str_split(str_from(rest, 2), '/', &version, &rest) &&
           str_eq(rest, STR("report.html")) && str_u64(version, ret_version, &ignored) == ERR_OK;
}

enum err demo_reports_write(struct arena *a, const struct run_view *view, const char *output,
                            const char *name, struct str *ret_last, struct diag *d)
{
    const struct definition *def = view->scenario->pipeline;
    struct str folder = str_printf(a, "%s/%s", output, name);
    struct str prefix = str_printf(a, "reports/%.*s/dt=", STR_ARG(def->report_name));
    struct emulator_object object = {.key = STR_EMPTY};
    struct str day = STR_EMPTY;
    uint64_t newest = 0;
    TRY(folder_make(a, folder, d));
    while (emulator_object_next(view->emulator, def->bucket, object.key, a, &object)) {
        struct str this_day;
        uint64_t version;
        if (!report_key(object.key, prefix, &this_day, &version)) {
            continue;
        }
        newest = str_eq(this_day, day) ? newest : 0;
        if (version > newest) { /* byte order has v=10 before v=2 */
            newest = version;
            day = str_copy(a, this_day);
            *ret_last = str_printf(a, "%.*s/%.*s.html", STR_ARG(folder), STR_ARG(day));
            TRY(file_write(a, *ret_last, object.body, d));
        }
    }
    return ERR_OK;
}
