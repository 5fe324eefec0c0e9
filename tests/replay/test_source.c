/* test_source.c -- Where objects are: folders, files, manifests; in byte order, and nothing outside
 * them. */
#include <criterion/criterion.h>

#include "replay/source.h"
#include "replay_bench.h"

TestSuite(source, .init = bench_setup, .fini = bench_teardown);

static struct source opened(const char *where)
{
    struct source s = {0};
    struct diag d = DIAG_INIT;
    cr_assert(source_open(bench_arena(), bench_path(where), NULL, &s, &d) == ERR_OK, "%s", d.msg);
    return s;
}

static void expect_keys(const struct source *s, const char *keys)
{
    struct buf found;
    buf_init(&found, bench_arena(), 1 << 16);
    for (size_t i = 0; i < s->count; i++) {
        buf_addf(&found, "%s%.*s", i == 0 ? "" : " ", STR_ARG(s->objects[i].key));
    }
    cr_expect(str_eq(buf_str(&found), str_of(keys)), "%.*s", STR_ARG(buf_str(&found)));
}

static void expect_content(const struct source *s, size_t index, const char *content)
{
    struct str bytes;
    struct diag d = DIAG_INIT;
    cr_assert(source_fetch(s, &s->objects[index], bench_arena(), &bytes, &d) == ERR_OK, "%s",
              d.msg);
    cr_expect(str_eq(bytes, str_of(content)));
}

Test(source, lists_a_folder_in_byte_order_without_hidden_files)
{
    /* Keys are paths below the folder, '-' before '/' before letters; .files and _files are no
     * objects. */
    bench_write("in/b/2.json", STR("two"));
    bench_write("in/b-1.json", STR("one"));
    bench_write("in/a.json", STR("a"));
    bench_write("in/.hidden", STR("x"));
    bench_write("in/_SUCCESS", STR(""));
    bench_write("in/_temporary/c.json", STR("x"));
    struct source s = opened("in");
    expect_keys(&s, "a.json b-1.json b/2.json");
    expect_content(&s, 2, "two");
    cr_expect_eq(s.objects[2].size, 3);
    cr_expect_eq(s.objects[2].records, -1);
    struct source one = opened("in/b/2.json");
    expect_keys(&one, "2.json");
    expect_content(&one, 0, "two");
}

Test(source, follows_a_manifest)
{
    /* The manifest says which objects there are and what they hold; objects/ below it is where they
     * are. */
    const char *sha = "9a41bff2c2c4cdd2ab4d5ffa574219a69a01817faef75e539fe95d8e5385b0bf";
    bench_write("tsv/manifest.tsv", str_printf(bench_arena(),
                                               "key\tgz_bytes\traw_bytes\trecords\tsha256_of_raw\n"
                                               "x/b.gz\t9\t20\t3\t%s\nx/a.gz\t1\t\t2\t\n",
                                               sha));
    bench_write("tsv/objects/x/a.gz", STR("a"));
    bench_write("tsv/README.md", STR("not an object"));
    struct source s = opened("tsv");
    expect_keys(&s, "x/a.gz x/b.gz");
    cr_expect(s.objects[0].records == 2 && s.objects[0].raw_bytes == -1 &&
              s.objects[0].sha256_of_raw.len == 0);
    cr_expect(s.objects[1].records == 3 && s.objects[1].raw_bytes == 20 &&
              str_eq(s.objects[1].sha256_of_raw, str_of(sha)));
    expect_content(&s, 0, "a");
    struct str bytes;
    struct diag d = DIAG_INIT;
    cr_expect_eq(source_fetch(&s, &s.objects[1], bench_arena(), &bytes, &d), ERR_NOT_FOUND);
    cr_expect(str_contains(str_of(d.msg), STR("x/b.gz")), "%s", d.msg);

    bench_write("json/manifest.json",
                STR("{\"schema\":1,\"objects\":[{\"key\":\"a.zst\",\"records\":7}]}"));
    bench_write("json/a.zst", STR("b"));
    s = opened("json");
    expect_keys(&s, "a.zst");
    cr_expect_eq(s.objects[0].records, 7);
    expect_content(&s, 0, "b");
    s = opened("json/manifest.json");
    expect_content(&s, 0, "b");
}

Test(source, says_where_a_manifest_is_wrong)
{
    /* File and line of each; a key outside the folder is refused. */
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        {"manifest.tsv", "name\trecords\na\t1\n", "manifest.tsv:1: a header with the column key"},
        {"manifest.tsv", "key\trecords\na\t1\nb\tx\n", "manifest.tsv:3: "},
        {"manifest.tsv", "key\trecords\na\t-1\n", "manifest.tsv:2: records: -1 is no count"},
        {"manifest.tsv", "key\trecords\na\n", "manifest.tsv:2: fewer fields"},
        {"manifest.tsv", "key\na\tb\n", "manifest.tsv:2: more fields"},
        {"manifest.tsv", "key\n../a\n", "manifest.tsv:2: key: \"../a\" is not a path below"},
        {"manifest.tsv", "key\n/etc/passwd\n", "is not a path below"},
        {"manifest.tsv", "key\na\na\n", "a: named twice"},
        {"manifest.tsv", "key\tsha256_of_raw\na\tabc\n", "is not 64 hex digits"},
        {"manifest.json", "{\"objects\":[]}", "not {\"schema\":1"},
        {"manifest.json", "{\"schema\":1,\n\"objects\":[7]}", "manifest.json:2:12: "},
        {"manifest.json", "{\"schema\":1,", "manifest.json: "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct source s;
        bench_shell("rm -rf in");
        bench_write(str_z(bench_arena(), str_printf(bench_arena(), "in/%s", rows[i].name)),
                    str_of(rows[i].text));
        cr_expect_eq(source_open(bench_arena(), bench_path("in"), NULL, &s, &d), ERR_INVALID,
                     "row %zu", i);
        cr_expect(str_contains(str_of(d.msg), str_of(rows[i].says)), "row %zu: %s", i, d.msg);
    }
}

Test(source, names_what_is_not_there)
{
    /* A missing path, an empty folder, S3 without a client. */
    struct source s;
    struct diag d = DIAG_INIT;
    cr_expect_eq(source_open(bench_arena(), bench_path("nowhere"), NULL, &s, &d), ERR_NOT_FOUND);
    cr_expect(str_contains(str_of(d.msg), STR("nowhere")), "%s", d.msg);
    diag_clear(&d);
    bench_shell("mkdir empty");
    cr_expect_eq(source_open(bench_arena(), bench_path("empty"), NULL, &s, &d), ERR_NOT_FOUND);
    diag_clear(&d);
    cr_expect_eq(source_open(bench_arena(), STR("s3://bucket/x"), NULL, &s, &d), ERR_INVALID);
    cr_expect(str_contains(str_of(d.msg), STR("s3://bucket/x")), "%s", d.msg);
}
