#include "demo.h"
#include "inputs.h"

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
    TRY(inputs_folders(a, str_join(a, folder, STR("/")), d));
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
            TRY(inputs_write(str_z(a, *ret_last), object.body, d));
        }
    }
    return ERR_OK;
}
