#include "scenarios/runner/fingerprint.h"

#include "scenarios/sim/sim.h"

struct fingerprint fingerprint_of(const struct run_result *r)
{
    return (struct fingerprint){.seed = r->seed,
                                .decisions = r->decisions,
                                .trace = str_of(r->trace),
                                .checkpoints = r->checkpoints,
                                .checkpoint_count = r->checkpoint_count};
}

void fingerprint_write(struct buf *out, const struct fingerprint *f)
{
    buf_addf(out, "%llu %.*s %llu", (unsigned long long)f->seed, STR_ARG(f->trace),
             (unsigned long long)f->decisions);
    for (size_t i = 0; i < f->checkpoint_count; i++) {
        buf_addf(out, " %016llx", (unsigned long long)f->checkpoints[i]);
    }
    buf_add_char(out, '\n');
}

static bool hex_read(struct str text, uint64_t *ret_value)
{
    *ret_value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                                                : 16;
        if (digit == 16) {
            return false;
        }
        *ret_value = *ret_value << 4 | digit;
    }
    return text.len == 16;
}

enum err fingerprint_parse(struct arena *a, struct str line, struct fingerprint *ret_f,
                           struct diag *d)
{
    struct str rest = line, word;
    struct fingerprint f = {.seed = 0};
    uint64_t *checkpoints = NEW_ARRAY(a, uint64_t, line.len / 17 + 1);
    for (int at = 0; str_cut(&rest, ' ', &word); at++) {
        bool read = at == 0   ? str_u64(word, &f.seed, d) == ERR_OK
                    : at == 1 ? word.len == 32
                    : at == 2 ? str_u64(word, &f.decisions, d) == ERR_OK
                              : hex_read(word, &checkpoints[f.checkpoint_count]);
        f.trace = at == 1 ? word : f.trace;
        f.checkpoint_count += at > 2 ? 1 : 0;
        if (!read) {
            diag_clear(d);
            return fail(d, ERR_INVALID, "no fingerprint of a run: %.*s",
                        STR_ARG(str_slice(line, 0, 80)));
        }
    }
    f.checkpoints = checkpoints;
    *ret_f = f;
    return f.trace.len == 32 ? ERR_OK : fail(d, ERR_INVALID, "no fingerprint of a run");
}

bool fingerprint_window(const struct fingerprint *one, const struct fingerprint *other,
                        uint64_t *ret_first, uint64_t *ret_last)
{
    size_t same = 0;
    while (same < one->checkpoint_count && same < other->checkpoint_count &&
           one->checkpoints[same] == other->checkpoints[same]) {
        same++;
    }
    *ret_first = same * SIM_CHECKPOINT_EVERY + 1;
    *ret_last = (same + 1) * SIM_CHECKPOINT_EVERY;
    return one->decisions != other->decisions || !str_eq(one->trace, other->trace);
}
