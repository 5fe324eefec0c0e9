/* fuzz_expect.c -- Any bytes as an expectation file, a report, a manifest (the first byte says
 * which): taken, or refused with a message; what is taken of a manifest lies below it, and an
 * expectation that was made of a report is one. */
#include "base/limits.h"
#include "fuzz_check.h"
#include "replay/expect_report.h"
#include "replay/expect_tally.h"

static const char definition_text[] =
    "schema: 1\nname: sales\nevent: {id: id, time: at}\ncolumns:\n"
    "- {name: id, type: text, required: true}\n- {name: at, type: timestamp, required: true}\n"
    "- {name: shop, type: text}\n- {name: amount, type: decimal, scale: 2}\n"
    "- {name: gift, type: boolean, derive: \"amount = 0\"}\n"
    "reconcile: {sums: [amount], dimension: shop}\n";

static void check_refusal(enum err err, const struct diag *d)
{
    bool named =
        err == ERR_INVALID || err == ERR_LIMIT || err == ERR_UNSUPPORTED || err == ERR_NOT_FOUND;
    CHECK(err == ERR_OK || (named && d->code == err && d->msg[0] != '\0'));
}

static void check_expectation(struct arena *a, const struct definition *def, struct str text)
{
    struct diag d = DIAG_INIT, tally = DIAG_INIT;
    struct expect_tally *t = expect_tally_new(a, def);
    enum err err = expect_valid(a, text, STR("e"), def, &d);
    enum err as_tally = expect_tally_add(t, text, STR("e"), &tally);
    check_refusal(err, &d);
    check_refusal(as_tally, &tally);
    CHECK(err == ERR_OK || as_tally != ERR_OK); /* a tally takes nothing that a replay refuses */
}

static void check_report(struct arena *a, const struct definition *def, struct str text)
{
    struct diag d = DIAG_INIT;
    struct str made;
    enum err err = expect_of_report(a, text, STR("r"), def, &made, &d);
    check_refusal(err, &d);
    if (err == ERR_OK) {
        enum err valid = expect_valid(a, made, STR("r"), def, &d);
        check_refusal(valid, &d);
    }
}

static void check_manifest(struct arena *a, struct str text, struct str name)
{
    struct diag d = DIAG_INIT;
    struct source s = {.where = STR("w"), .root = STR_EMPTY, .bucket = STR_EMPTY};
    enum err err = source_hold(a, &s, text, name, &d);
    check_refusal(err, &d);
    for (size_t i = 0; err == ERR_OK && i < s.count; i++) {
        struct str key = s.objects[i].key;
        CHECK(key.len > 0);
        for (struct str rest = key, part; str_cut(&rest, '/', &part);) {
            CHECK(part.len > 0 && !str_eq(part, STR("..")));
        }
        CHECK(i == 0 || str_cmp(s.objects[i - 1].key, key) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 2 * GIB);
    struct definition *def;
    struct diag d = DIAG_INIT;
    enum err err = definition_read(a, str_of(definition_text), STR("d"), &def, &d);
    CHECK(err == ERR_OK);
    if (size > 0) {
        struct str text = str_n((const char *)data + 1, size - 1);
        switch (data[0]) {
        case 'e':
            check_expectation(a, def, text);
            break;
        case 'r':
            check_report(a, def, text);
            break;
        case 'j':
            check_manifest(a, text, STR("m.json"));
            break;
        default:
            check_manifest(a, text, STR("m.tsv"));
            break;
        }
    }
    arena_free(a);
    return 0;
}
