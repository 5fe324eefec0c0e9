#include "replay_bench.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/limits.h"

/* Criterion runs each test in a process of its own, so these are one test's. */
static struct arena *memory;
static char folder[] = "/tmp/aforo-replay-XXXXXX";
static pid_t owner;

static void shell(struct str command)
{
    struct str whole = str_printf(memory, "cd %s && %.*s", folder, STR_ARG(command));
    cr_assert_eq(system(str_z(memory, whole)), 0, "%.*s", STR_ARG(command));
}

struct arena *bench_arena(void)
{
    return memory;
}

struct str bench_folder(void)
{
    return str_printf(memory, "%s/", folder);
}

void bench_setup(void)
{
    memory = arena_new("test", ARENA_PROCESS_BYTES_MAX);
    cr_assert(mkdtemp(folder) != NULL);
    owner = getpid();
}

void bench_teardown(void)
{
    if (getpid() == owner) {
        shell(str_printf(memory, "cd / && rm -rf %s", folder));
    }
    arena_free(memory);
}

struct str bench_path(const char *name)
{
    return str_printf(memory, "%s/%s", folder, name);
}

struct str bench_source_path(const char *name)
{
    const char *root = getenv("AFORO_SOURCE");
    return str_printf(memory, "%s/%s", root == NULL ? "." : root, name);
}

struct str bench_read(const char *name)
{
    const char *path = name[0] == '/' ? name : str_z(memory, bench_path(name));
    FILE *f = fopen(path, "rb");
    cr_assert(f != NULL, "%s", path);
    struct buf bytes;
    buf_init(&bytes, memory, 512 * MIB);
    for (size_t got = 1; got > 0;) {
        got = fread(buf_reserve(&bytes, 64 * KIB), 1, 64 * KIB, f);
        buf_commit(&bytes, got);
    }
    fclose(f);
    return buf_str(&bytes);
}

void bench_write(const char *name, struct str bytes)
{
    shell(str_printf(memory, "mkdir -p \"$(dirname '%s')\"", name));
    const char *path = str_z(memory, bench_path(name));
    FILE *f = fopen(path, "wb");
    cr_assert(f != NULL, "%s", path);
    cr_assert_eq(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    cr_assert_eq(fclose(f), 0);
}

void bench_shell(const char *command)
{
    shell(str_of(command));
}

void bench_make_objects(void)
{
    struct str script = bench_source_path("tests/replay/make_objects.py");
    shell(str_printf(memory, "python3 %.*s .", STR_ARG(script)));
}
