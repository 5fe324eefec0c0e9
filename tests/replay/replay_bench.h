/* replay_bench.h -- What the tests of replay share: a folder of their own, files in it, objects
 * made by other tools. */
#ifndef AFORO_TESTS_REPLAY_BENCH_H
#define AFORO_TESTS_REPLAY_BENCH_H

#include "base/buf.h"
#include "base/str.h"

/* Of the running test; both end with it. */
struct arena *bench_arena(void);
struct str bench_folder(void); /* with its '/' */
void bench_setup(void);
void bench_teardown(void);

struct str bench_path(const char *name);              /* below the folder */
struct str bench_read(const char *name);              /* asserts that it is there */
void bench_write(const char *name, struct str bytes); /* makes the folders of its path */
/* Runs a shell command in the folder; asserts that it ends well. */
void bench_shell(const char *command);
/* The folder holds what make_objects.py makes. */
void bench_make_objects(void);
struct str bench_source_path(const char *name); /* a file of the source tree */

#endif
