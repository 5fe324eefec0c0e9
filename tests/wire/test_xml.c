#include <criterion/criterion.h>

#include "base/encode.h"
#include "wire/xml.h"

static bool same(struct str got, const char *want)
{
    return str_eq(got, str_of(want));
}

static const struct xml *parsed(struct arena *a, const char *text)
{
    struct diag d = DIAG_INIT;
    struct xml *root = NULL;
    cr_assert_eq(xml_parse(a, str_of(text), &root, &d), ERR_OK, "%s: %s", text, d.msg);
    return root;
}

Test(xml, reads_a_listing_as_s3_sends_it)
{
    /* The example answer of the ListObjectsV2 page: declaration, namespace, repeated elements,
     * quotes as entities. */
    struct arena *a = arena_new("test", 1 << 20);
    const struct xml *root =
        parsed(a, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
                  "  <Name>bucket</Name>\n  <Prefix/>\n  <KeyCount>205</KeyCount>\n  "
                  "<IsTruncated>false</IsTruncated>\n"
                  "  <Contents>\n    <Key>my-image.jpg</Key>\n    "
                  "<ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>\n"
                  "    <Size>434234</Size>\n  </Contents>\n"
                  "  <!-- and so on --><Contents><Key>second &amp; last</Key></Contents>\n"
                  "</ListBucketResult>\n");
    cr_assert(same(root->name, "ListBucketResult"));
    cr_assert(same(root->attributes->name, "xmlns") && root->attributes->next == NULL);
    cr_assert(same(root->attributes->value, "http://s3.amazonaws.com/doc/2006-03-01/"));
    cr_assert(same(xml_text(root, "Name"), "bucket") && same(xml_text(root, "KeyCount"), "205"));
    cr_assert(xml_child(root, "Prefix") != NULL && xml_text(root, "Prefix").len == 0);
    cr_assert(xml_child(root, "Missing") == NULL && xml_text(root, "Missing").len == 0 &&
              xml_text(NULL, "x").len == 0);
    const struct xml *first = xml_child(root, "Contents");
    const struct xml *second = xml_next(first, "Contents");
    cr_assert(same(xml_text(first, "ETag"), "\"fba9dede5f27731c9771645a39863328\""));
    cr_assert(same(xml_text(second, "Key"), "second & last"));
    cr_assert(xml_next(second, "Contents") == NULL && xml_next(NULL, "x") == NULL &&
              xml_child(NULL, "x") == NULL);
    arena_free(a);
}

Test(xml, resolves_text)
{
    /* Entities, character references, CDATA and pieces around children and comments join into the
     * element's text. */
    struct arena *a = arena_new("test", 1 << 20);
    static const struct {
        const char *xml, *text;
    } rows[] = {
        {"<a>x</a>", "x"},
        {"<a> x </a>", " x "},
        {"<a/>", ""},
        {"<a></a>", ""},
        {"<a>&lt;&gt;&amp;&quot;&apos;</a>", "<>&\"'"},
        {"<a>&#65;&#x42;&#x1F600;&#xe9;&#x20AC;</a>", "AB\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac"},
        {"<a>1<![CDATA[<&>]]>2</a>", "1<&>2"},
        {"<a><![CDATA[]]]]><![CDATA[>]]></a>", "]]>"},
        {"<a>1<b>no</b>2<!-- & -->3<?pi?>4</a>", "1234"},
        {"<a>&amp;1<b/>2&amp;</a>", "&12&"},
        {"<a>&#1;&#13;</a>", "\x01\r"},
        {"\xef\xbb\xbf<a>bom</a>", "bom"},
        {"<ns:a xmlns:ns='u'>p</ns:a>", "p"},
        {"<a \n b = '1' c=\"2\" >t</a >", "t"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct xml *root = parsed(a, rows[i].xml);
        cr_assert(same(root->name, "a"), "row %zu", i);
        cr_assert(same(root->text, rows[i].text), "row %zu: %.*s", i, STR_ARG(root->text));
    }
    const struct xml_attribute *xsi =
        parsed(a, "<a xsi:type='Canonical&amp;User' y=''/>")->attributes;
    cr_assert(same(xsi->name, "xsi:type") && same(xsi->value, "Canonical&User") &&
              xsi->next->value.len == 0);
    arena_free(a);
}

Test(xml, refuses_what_is_not_xml)
{
    /* Each is ERR_INVALID with the place, and the output is untouched. */
    static const char *const rows[] = {
        "",
        " ",
        "x",
        "<a>",
        "<a",
        "<",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a b></a>",
        "<a b=c></a>",
        "<a b='1'c='2'/>",
        "<a b='<'/>",
        "<a b='1/>",
        "<a>&nope;</a>",
        "<a>&amp</a>",
        "<a>&</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#99999999999;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>\x01</a>",
        "<a>\xff</a>",
        "<a>\xc0\x80</a>",
        "<a><!-- </a>",
        "<a><![CDATA[ </a>",
        "<?xml ",
        "<![CDATA[x]]><a/>",
        "<1a/>",
        "< a/>",
        "<a/ >",
        "<a><b></a></b>",
        "<a:b></b>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    };
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct xml *root = NULL;
        cr_assert_eq(xml_parse(a, str_of(rows[i]), &root, &d), ERR_INVALID, "%s", rows[i]);
        cr_assert(root == NULL && strstr(d.msg, "byte ") != NULL, "%s: %s", rows[i], d.msg);
    }
    arena_free(a);
}

Test(xml, depth_is_capped)
{
    /* XML_DEPTH_MAX levels are read, one more is refused. */
    struct arena *a = arena_new("test", 1 << 20);
    for (int extra = 0; extra < 2; extra++) {
        struct buf text;
        buf_init(&text, a, 1 << 16);
        for (int i = 0; i < XML_DEPTH_MAX + extra; i++) {
            xml_open(&text, "a");
        }
        for (int i = 0; i < XML_DEPTH_MAX + extra; i++) {
            xml_close(&text, "a");
        }
        struct diag d = DIAG_INIT;
        struct xml *root;
        cr_assert_eq(xml_parse(a, buf_str(&text), &root, &d), extra == 0 ? ERR_OK : ERR_INVALID,
                     "%s", d.msg);
    }
    arena_free(a);
}

Test(xml, what_is_written_reads_back)
{
    /* Text with every character that needs an entity survives writing and reading. */
    struct arena *a = arena_new("test", 1 << 20);
    struct buf out;
    buf_init(&out, a, 1 << 16);
    struct str odd = STR("<&>\"' \x01\r\n\t\xe2\x82\xac]]>");
    xml_declaration(&out);
    xml_open_ns(&out, "Result", "http://example/?a=1&b=2");
    xml_element(&out, "Key", odd);
    xml_element_i64(&out, "Size", INT64_MIN);
    xml_close(&out, "Result");
    struct diag d = DIAG_INIT;
    struct xml *root = NULL;
    cr_assert_eq(xml_parse(a, buf_str(&out), &root, &d), ERR_OK, "%s", d.msg);
    cr_assert(str_eq(xml_text(root, "Key"), odd));
    cr_assert(same(xml_text(root, "Size"), "-9223372036854775808"));
    cr_assert(same(root->attributes->value, "http://example/?a=1&b=2"));
    arena_free(a);
}
