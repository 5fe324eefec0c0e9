/* plan_words.c -- A plan in a sentence. */
#include "base/instant.h"
#include "base/limits.h"
#include "plan.h"

#define FAULTS_TOLD 4

static void ordinal(struct buf *out, uint64_t n)
{
    bool teen = n % 100 >= 11 && n % 100 <= 13;
    const char *end = teen          ? "th"
                      : n % 10 == 1 ? "st"
                      : n % 10 == 2 ? "nd"
                      : n % 10 == 3 ? "rd"
                                    : "th";
    buf_addf(out, "%llu%s", (unsigned long long)n, end);
}

static void what_happened(struct buf *out, const struct plan_fault *f)
{
    static const struct {
        const char *phase, *words;
    } all[] = {
        {"reject", "was refused, nothing done"},
        {"lose_request", "did not arrive, and no answer came"},
        {"apply_reject", "was applied, and answered with an error"},
        {"lose_response", "was applied, and its answer was lost"},
        {"partial", "was refused in part"},
        {"delay", "was applied, and answered late"},
        {"duplicate", "arrived twice"},
        {"late", "was given up, and applied later"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (str_eq(f->phase, str_of(all[i].phase))) {
            buf_add_z(out, all[i].words);
            return;
        }
    }
    buf_addf(out, "met %.*s", STR_ARG(f->phase));
}

static void fault_words(struct buf *out, const struct plan_fault *f)
{
    bool kill = str_eq(f->phase, STR("kill"));
    buf_addf(out, "%.*s%s ", STR_ARG(f->at.at_actor), kill ? " died at its" : "'s");
    ordinal(out, f->at.at_ordinal);
    buf_addf(out, " %.*s:%.*s", STR_ARG(f->at.at_service), STR_ARG(f->at.at_operation));
    if (kill) {
        buf_addf(out, ", %s, and was away for ",
                 f->applied ? "after it was applied" : "before it was applied");
        duration_text(out, f->delay_us);
        return;
    }
    buf_add_char(out, ' ');
    what_happened(out, f);
    if (f->delay_us > 0) {
        buf_add_z(out, ", by ");
        duration_text(out, f->delay_us);
    }
    if (f->error.len > 0) {
        buf_addf(out, " (%.*s)", STR_ARG(f->error));
    }
}

struct str plan_words(struct arena *a, const struct json *faults)
{
    struct buf text;
    size_t told = 0;
    buf_init(&text, a, 64 * KIB);
    for (const struct json *fault = faults->first; fault != NULL && told < FAULTS_TOLD;
         fault = fault->next) {
        struct plan_fault f;
        struct diag d = DIAG_INIT;
        if (plan_fault_read(fault, &f, &d) == ERR_OK) {
            buf_add_z(&text, told++ > 0 ? "; " : "");
            fault_words(&text, &f);
        }
    }
    if (faults->count > told) {
        buf_addf(&text, "; and %zu more", faults->count - told);
    }
    if (text.len == 0) {
        buf_add_z(&text, "no fault at all is needed");
    }
    return buf_str(&text);
}
