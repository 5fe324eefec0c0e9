/* Proves that two runs of one seed are compared whole, here and in a new process, and that where
 * they part is found: the window by the checkpoints alone, the first decision by one more pair. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "fingerprint.h"
#include "twice.h"

#define SCENARIO(faults)                                                                           \
    "schema: 1\nname: small\nrun: {start: 2026-03-28T23:50:00Z, horizon: 90m, heal_after: 15m}\n"  \
    "topology: {stream: {shards: 1}, pipeline: fixtures/pipelines/orders.yaml, tuning: {grace: "   \
    "3m, land_age: 60s, poll: 2s}}\nsource: {events_per_hour: 240, batch: 5}\n"                    \
    "faults: [" faults "]\nexpect:\n  - always: conservation\n"

static const char *file_of(struct arena *a, const char *text)
{
    const char *source = getenv("AFORO_SOURCE");
    char path[] = "/tmp/aforo-twice-XXXXXX";
    cr_assert(source == NULL || chdir(source) == 0);
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return str_z(a, str_of(path));
}

static const struct scenario *scenario_of(struct arena *a, const char *path)
{
    struct scenario *s;
    struct diag d = DIAG_INIT;
    cr_assert_eq(scenario_read(a, path, &s, &d), ERR_OK, "%s", d.msg);
    return s;
}

static struct run_result run(struct arena *a, const struct scenario *s)
{
    struct run_options options = {.keep_plan = false};
    struct run_result r;
    struct diag d = DIAG_INIT;
    cr_assert_eq(run_simulated(a, s, 3, &options, &r, &d), ERR_OK, "%s", d.msg);
    cr_assert(r.decisions > 8192 && r.checkpoint_count == r.decisions / 4096, "%llu decisions",
              (unsigned long long)r.decisions);
    return r;
}

Test(twice, a_fingerprint_is_read_as_it_was_written)
{
    struct arena *a = arena_new("test", 64 * MIB);
    uint64_t marks[] = {1, UINT64_MAX, UINT64_C(0x0123456789abcdef)};
    struct fingerprint f = {.seed = 7,
                            .decisions = 12300,
                            .trace = STR("00112233445566778899aabbccddeeff"),
                            .checkpoints = marks,
                            .checkpoint_count = 3};
    struct fingerprint read, other = f;
    struct diag d = DIAG_INIT;
    struct buf text;
    uint64_t first, last, parted[] = {1, 2, UINT64_C(0x0123456789abcdef)};
    buf_init(&text, a, KIB);
    fingerprint_write(&text, &f);
    cr_assert_eq(fingerprint_parse(a, str_trim(buf_str(&text)), &read, &d), ERR_OK, "%s", d.msg);
    cr_expect(read.seed == 7 && !fingerprint_window(&f, &read, &first, &last));
    other.checkpoints = parted;
    other.trace = STR("ff112233445566778899aabbccddeeff");
    cr_expect(fingerprint_window(&f, &other, &first, &last) && first == 4097 && last == 8192);
    static const char *const wrong[] = {"",
                                        "7",
                                        "x 00112233445566778899aabbccddeeff 1",
                                        "7 0011 1",
                                        "7 00112233445566778899aabbccddeeff 1 12",
                                        "7 00112233445566778899aabbccddeeff 1 000000000000000g"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        diag_clear(&d);
        cr_expect_eq(fingerprint_parse(a, str_of(wrong[i]), &read, &d), ERR_INVALID, "%s",
                     wrong[i]);
    }
    arena_free(a);
}

Test(twice, warm_and_fresh_runs_are_the_same_and_a_difference_is_found)
{
    struct arena *a = arena_new("test", 4 * GIB);
    struct diag d = DIAG_INIT;
    struct str parted;
    const char *bin = getenv("AFORO_BIN"), *file = file_of(a, SCENARIO("")),
               *other = file_of(a, SCENARIO("{at: \"loader/0/s3:ListObjectsV2#150\", phase: delay, "
                                            "delay: 7s}"));
    const struct scenario *s = scenario_of(a, file);
    struct run_result r = run(a, s);
    cr_assert_eq(twice_run(a, s, &r, NULL, NULL, &parted, &d), ERR_OK, "%s", d.msg);
    cr_expect_eq(parted.len, 0, "%.*s", STR_ARG(parted));

    /* The program is built beside the tests. Another scenario stands for a run that parted. */
    cr_assert(bin != NULL);
    const char *aforo = str_z(a, str_printf(a, "%s/aforo", bin));
    const char *const same[] = {aforo, "run", file, NULL}, *const changed[] = {aforo, "run", other,
                                                                               NULL};
    cr_assert_eq(twice_run(a, s, &r, same, NULL, &parted, &d), ERR_OK, "%s", d.msg);
    cr_expect_eq(parted.len, 0, "%.*s", STR_ARG(parted));
    cr_assert_eq(twice_run(a, s, &r, changed, NULL, &parted, &d), ERR_OK, "%s", d.msg);
    cr_expect(str_contains(parted, STR("first difference of two more")) &&
                  str_contains(parted, STR("- ")) &&
                  str_contains(parted, STR("loader/0 fault delay")),
              "%.*s", STR_ARG(parted));

    /* What was not so in the pair that is looked at is told as that. */
    struct run_result forged = r;
    uint64_t marks[64];
    memcpy(marks, r.checkpoints, r.checkpoint_count * sizeof(marks[0]));
    marks[1]++;
    forged.checkpoints = marks;
    forged.trace[0] = forged.trace[0] == '0' ? '1' : '0';
    cr_assert_eq(twice_run(a, s, &forged, NULL, NULL, &parted, &d), ERR_OK, "%s", d.msg);
    cr_expect(str_contains(parted, STR("among decisions 4097 to 8192")) &&
                  str_contains(parted, STR("two more are equal there")),
              "%.*s", STR_ARG(parted));
    const char *const nobody[] = {"/nowhere/aforo", "run", file, NULL};
    cr_expect_eq(twice_run(a, s, &r, nobody, NULL, &parted, &d), ERR_INTERNAL);
    (void)unlink(file);
    (void)unlink(other);
    arena_free(a);
}
