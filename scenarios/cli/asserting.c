#include "asserting.h"

#include "base/limits.h"
#include "replay/expect_report.h"
#include "inputs.h"

#define EXPECT_BYTES_MAX (64 * MIB)
#define JUNIT_BYTES_MAX (256 * MIB)

void asserting_take(struct asserting_options *o, int option, const char *value)
{
    const char **at = option == ASSERTING_EXPECT    ? &o->expect
                      : option == ASSERTING_AGAINST ? &o->report
                      : option == ASSERTING_SOURCE  ? &o->source
                      : option == ASSERTING_QUERY   ? &o->query
                                                    : &o->junit;
    *at = value;
}

bool asserting_any(const struct asserting_options *o)
{
    return o->expect != NULL || o->report != NULL || o->source != NULL || o->query != NULL ||
           o->junit != NULL;
}

static enum err take(struct asserting *x, struct arena *a, const struct definition *def,
                     struct str text, struct str name, struct diag *d)
{
    TRY(x->tally == NULL ? expect_valid(a, text, name, def, d)
                         : expect_tally_add(x->tally, text, name, d));
    x->texts[x->count] = text;
    x->names[x->count++] = name;
    return ERR_OK;
}

static enum err take_source(struct asserting *x, struct arena *a, const struct definition *def,
                            struct diag *d)
{
    struct str text;
    struct warehouse *source;
    const struct asserting_options *o = x->options;
    if (o->query == NULL) {
        return fail(d, ERR_INVALID, "--against-source needs --query");
    }
    TRY(inputs_database(a, o->source, &source, d));
    if (expect_of_query(a, source, str_of(o->query), &text, d) != ERR_OK) {
        return diag_context(d, "--query");
    }
    return take(x, a, def, text, STR("--query"), d);
}

enum err asserting_read(struct arena *a, const struct asserting_options *options,
                        const struct definition *def, struct asserting *ret_asserting,
                        struct diag *d)
{
    struct asserting x = {.options = options,
                          .tally = options->tally ? expect_tally_new(a, def) : NULL};
    struct str text;
    if (options->expect != NULL) {
        TRY(inputs_file(a, options->expect, EXPECT_BYTES_MAX, &text, d));
        TRY(take(&x, a, def, text, str_of(options->expect), d));
    }
    if (options->report != NULL) {
        TRY(inputs_file(a, options->report, EXPECT_BYTES_MAX, &text, d));
        x.report = text;
        TRY(expect_of_report(a, text, str_of(options->report), def, &text, d));
        TRY(take(&x, a, def, text, str_of(options->report), d));
    }
    if (options->source != NULL) {
        TRY(take_source(&x, a, def, d));
    } else if (options->query != NULL) {
        return fail(d, ERR_INVALID, "--query needs --against-source");
    }
    *ret_asserting = x;
    return ERR_OK;
}

static enum err write_junit(const struct asserting *x, struct arena *a,
                            const struct definition *def, const struct expect_result *all,
                            const struct player_result *played, struct diag *d)
{
    struct buf out;
    if (x->options->junit == NULL) {
        return ERR_OK;
    }
    buf_init(&out, a, JUNIT_BYTES_MAX);
    expect_junit(&out, def->name, all, played);
    return inputs_write(x->options->junit, buf_str(&out), d);
}

static void append(struct arena *a, struct expect_result *all, const struct expect_result *more)
{
    struct expect_line *lines = NEW_ARRAY(a, struct expect_line, all->count + more->count);
    for (size_t i = 0; i < all->count + more->count; i++) {
        lines[i] = i < all->count ? all->lines[i] : more->lines[i - all->count];
    }
    all->lines = lines;
    all->count += more->count;
    all->checked += more->checked;
}

/* Behind a report's reconciled figures the tables of its queries, where there is SQL. */
static enum err check_one(const struct asserting *x, struct arena *a, size_t index,
                          const struct definition *def, const struct asserting_found *found,
                          struct expect_result *ret_result, struct diag *d)
{
    struct str text = x->texts[index], name = x->names[index];
    if (x->tally != NULL) {
        return expect_tally_check(a, x->tally, index, found->run, ret_result, d);
    }
    TRY(expect_check(a, text, name, def, found->warehouse, found->played, ret_result, d));
    if (x->options->report != NULL && str_eq(name, str_of(x->options->report))) {
        struct expect_result tables;
        TRY(expect_report_tables(a, x->report, name, def, found->warehouse, &tables, d));
        append(a, ret_result, &tables);
    }
    return ERR_OK;
}

enum err asserting_check(const struct asserting *x, struct buf *out, const struct definition *def,
                         const struct asserting_found *found, struct expect_result *ret_result,
                         struct diag *d)
{
    struct arena *a = out->arena;
    struct expect_result all = {0};
    for (size_t i = 0; i < x->count; i++) {
        struct expect_result result;
        TRY(check_one(x, a, i, def, found, &result, d));
        append(a, &all, &result);
        if (!x->options->json && (result.count > 0 || !x->options->quiet)) {
            buf_add_z(out, out->len > 0 ? "\n" : "");
            if (x->count > 1) {
                buf_addf(out, "%.*s: ", STR_ARG(x->names[i]));
            }
            expect_table(out, &result, x->options->lines_max);
        }
    }
    *ret_result = all;
    return write_junit(x, a, def, &all, found->played, d);
}
