/* expect_junit.c -- The outcome as JUnit XML: a case for all that is equal, one for each figure
 * that differs, one for each object with a problem. */
#include "replay/expect.h"

#include "base/encode.h"

static void case_begin(struct buf *out, struct str what, struct str group)
{
    buf_add_z(out, "    <testcase classname=\"replay\" name=\"");
    encode_xml(out, what);
    buf_add_z(out, group.len > 0 ? " " : "");
    encode_xml(out, group);
    buf_add_z(out, "\">\n      <failure message=\"");
}

void expect_junit(struct buf *out, struct str suite, const struct expect_result *r,
                  const struct player_result *played)
{
    size_t failures = r->count + played->problem_count;
    buf_add_z(out,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"");
    encode_xml(out, suite);
    buf_addf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", failures + 1,
             failures);
    buf_addf(out, "    <testcase classname=\"replay\" name=\"%llu of %llu figures are equal\"/>\n",
             (unsigned long long)(r->checked - r->count), (unsigned long long)r->checked);
    for (size_t i = 0; i < r->count; i++) {
        const struct expect_line *line = &r->lines[i];
        case_begin(out, line->what, line->group);
        buf_add_z(out, "expected ");
        encode_xml(out, line->expected);
        buf_add_z(out, ", found ");
        encode_xml(out, line->found);
        buf_add_z(out, "\"/>\n    </testcase>\n");
    }
    for (size_t i = 0; i < played->problem_count; i++) {
        case_begin(out, played->problems[i].object, STR_EMPTY);
        encode_xml(out, played->problems[i].text);
        buf_add_z(out, "\"/>\n    </testcase>\n");
    }
    buf_add_z(out, "  </testsuite>\n</testsuites>\n");
}
