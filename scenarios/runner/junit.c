#include "scenarios/runner/junit.h"

#include "base/encode.h"

void junit_begin(struct buf *out)
{
    buf_add_z(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
}

void junit_end(struct buf *out)
{
    buf_add_z(out, "</testsuites>\n");
}

static void seconds(struct buf *out, int64_t us)
{
    buf_addf(out, "%lld.%03lld", (long long)(us / 1000000), (long long)(us / 1000 % 1000));
}

static void case_begin(struct buf *out, const struct scenario *scenario, struct str name)
{
    buf_add_z(out, "    <testcase classname=\"");
    encode_xml(out, scenario->name);
    buf_add_z(out, "\" name=\"");
    encode_xml(out, name);
    buf_add_z(out, "\"");
}

static void failure_case(struct buf *out, const struct scenario *scenario,
                         const struct sweep_failure *f)
{
    case_begin(out, scenario, str_printf(out->arena, "seed %llu", (unsigned long long)f->seed));
    buf_addf(out, ">\n      <failure type=\"%s\" message=\"", verdict_name(f->verdict));
    encode_xml(out, f->story);
    buf_add_z(out, "\"/>\n    </testcase>\n");
}

void junit_suite(struct buf *out, const struct scenario *scenario, const struct sweep_result *r)
{
    size_t failures = r->failure_count + (r->unknown.len > 0 ? 1 : 0);
    buf_add_z(out, "  <testsuite name=\"");
    encode_xml(out, scenario->name);
    buf_addf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"",
             1 + failures, failures);
    seconds(out, r->elapsed_us);
    buf_add_z(out, "\">\n");
    case_begin(out, scenario,
               str_printf(out->arena, "%llu of %llu seeds passed", (unsigned long long)r->passed,
                          (unsigned long long)r->seeds));
    buf_add_z(out, "/>\n");
    for (size_t i = 0; i < r->failure_count; i++) {
        failure_case(out, scenario, &r->failures[i]);
    }
    if (r->unknown.len > 0) {
        case_begin(out, scenario, STR("what must happen in some seed"));
        buf_add_z(out, ">\n      <failure type=\"unknown\" message=\"");
        encode_xml(out, r->unknown);
        buf_add_z(out, "\"/>\n    </testcase>\n");
    }
    buf_add_z(out, "  </testsuite>\n");
}
