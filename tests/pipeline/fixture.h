/* fixture.h -- What the tests of the pipeline's data share: files of the source tree, definitions
 * from text. */
#ifndef AFORO_TESTS_PIPELINE_FIXTURE_H
#define AFORO_TESTS_PIPELINE_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/definition.h"

static inline struct str file_read(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    cr_assert(f != NULL, "%s", path);
    struct buf bytes;
    buf_init(&bytes, a, 256 * MIB);
    for (size_t got = 1; got > 0;) {
        got = fread(buf_reserve(&bytes, 64 * KIB), 1, 64 * KIB, f);
        buf_commit(&bytes, got);
    }
    fclose(f);
    return buf_str(&bytes);
}

/* A file of the source tree; AFORO_SOURCE is where CTest runs us from. */
static inline struct str source_read(struct arena *a, const char *path)
{
    const char *root = getenv("AFORO_SOURCE");
    return file_read(a, str_z(a, str_printf(a, "%s/%s", root == NULL ? "." : root, path)));
}

static inline struct definition *definition_of(struct arena *a, struct str text)
{
    struct diag d = DIAG_INIT;
    struct definition *def = NULL;
    cr_assert(definition_read(a, text, STR("test.yaml"), &def, &d) == ERR_OK, "%s", d.msg);
    return def;
}

static inline struct definition *definition_file(struct arena *a, const char *path)
{
    return definition_of(a, source_read(a, path));
}

#endif
