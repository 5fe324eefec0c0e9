#include "selecting.h"

#include "app/config.h"
#include "base/instant.h"
#include "inputs.h"

static int64_t *moment_of(struct selection *s, int option)
{
    return option == SELECTING_FROM           ? &s->from_us
           : option == SELECTING_TO           ? &s->to_us
           : option == SELECTING_ARRIVED_FROM ? &s->arrived_from_us
                                              : &s->arrived_to_us;
}

enum err selecting_take(struct selecting *s, int option, const char *value, struct diag *d)
{
    struct str text = str_of(value);
    switch (option) {
    case SELECTING_FROM:
    case SELECTING_TO:
    case SELECTING_ARRIVED_FROM:
    case SELECTING_ARRIVED_TO:
        return instant_parse(text, moment_of(&s->selection, option), d);
    case SELECTING_KEY:
        s->selection.key = text;
        return text.len > 0 ? ERR_OK : fail(d, ERR_INVALID, "--key is empty");
    case SELECTING_WHERE:
        s->condition = text;
        return text.len > 0 ? ERR_OK : fail(d, ERR_INVALID, "--where is empty");
    case SELECTING_PREFIX:
        s->selection.prefix = text;
        return ERR_OK;
    case SELECTING_STREAM_SHARD:
        s->selection.stream_shard = text;
        return ERR_OK;
    case SELECTING_MANIFEST:
        s->manifest = value;
        return ERR_OK;
    default:
        s->share = text;
        return ERR_OK;
    }
}

static enum err share_read(struct selecting *s, struct arena *a, struct diag *d)
{
    struct str text = s->share, automatic = STR("auto/");
    if (text.len == 0) {
        return ERR_OK;
    }
    if (str_starts(text, automatic)) {
        struct str index;
        TRY(config_array_index(a, &index, d));
        text = str_printf(a, "%.*s/%.*s", STR_ARG(index), STR_ARG(str_from(text, automatic.len)));
    }
    return selection_shard(&s->selection, text, d);
}

static enum err check_order(const char *what, int64_t from_us, int64_t to_us, struct diag *d)
{
    return from_us < to_us ? ERR_OK
                           : fail(d, ERR_INVALID, "--%sto is not after --%sfrom", what, what);
}

enum err selecting_apply(struct selecting *s, struct arena *a, const struct definition *def,
                         struct source *source, struct diag *d)
{
    struct selection *x = &s->selection;
    TRY(check_order("", x->from_us, x->to_us, d));
    TRY(check_order("arrived-", x->arrived_from_us, x->arrived_to_us, d));
    if (s->condition.len > 0 && selection_where(x, a, def, s->condition, d) != ERR_OK) {
        return diag_context(d, "--where");
    }
    TRY(share_read(s, a, d));
    TRY(inputs_manifest(a, s->manifest, source, d));
    return selection_objects(x, source, d);
}
