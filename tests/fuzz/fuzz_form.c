/* fuzz_form.c -- Any bytes as multipart/form-data, boundary "b": read whole and in pieces it is the
 * same form, or the same refusal; the file's bytes are the same too. The first byte is the size of
 * the pieces. */
#include "base/limits.h"
#include "form_reader.h"
#include "fuzz_check.h"

struct reading {
    struct form_reader form;
    struct buf file;
};

static void begin(void *self)
{
    struct reading *r = self;
    CHECK(r->form.has_file);
}

static void bytes(void *self, struct str some)
{
    buf_add(&((struct reading *)self)->file, some);
}

static struct reading *read_form(struct arena *a, struct str body, size_t piece)
{
    struct reading *r = NEW(a, struct reading);
    struct form_sink sink = {.begin = begin, .bytes = bytes, .self = r};
    buf_init(&r->file, a, body.len + 1);
    form_reader_init(&r->form, STR("b"), &sink, a);
    for (size_t at = 0; at < body.len; at += piece) {
        form_reader_feed(&r->form, str_slice(body, at, at + piece));
    }
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct str body = str_n((const char *)data + 1, size - 1), boundary;
    const struct reading *whole = read_form(a, body, body.len);
    const struct reading *pieces = read_form(a, body, (size_t)data[0] + 1);
    CHECK(whole->form.state == pieces->form.state);
    CHECK(whole->form.field_count == pieces->form.field_count);
    CHECK(str_eq(buf_str(&whole->file), buf_str(&pieces->file)));
    for (size_t i = 0; i < whole->form.field_count; i++) {
        CHECK(str_eq(whole->form.fields[i].name, pieces->form.fields[i].name));
        CHECK(str_eq(whole->form.fields[i].value, pieces->form.fields[i].value));
    }
    CHECK(str_eq(whole->form.file_name, pieces->form.file_name));
    if (form_boundary(body, &boundary)) {
        CHECK(boundary.len > 0 && boundary.len <= FORM_BOUNDARY_BYTES_MAX);
    }
    arena_free(a);
    return 0;
}
