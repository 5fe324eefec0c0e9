#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "inputs.h"

static void folder_end(void *folder)
{
    static const char *const names[] = {"w.db", "w.db-wal", "w.db-shm"};
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", (const char *)folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static enum err run(const char *program, char *const argv[], struct diag *d)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        execvp(program, argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return fail(d, ERR_UNAVAILABLE, "%s: could not be run", program);
    }
    if (WIFSIGNALED(status)) {
        return fail(d, ERR_INTERNAL, "%s: ended by signal %d", program, WTERMSIG(status));
    }
    int code = WEXITSTATUS(status);
    if (code == 127) {
        return fail(d, ERR_INVALID, "%s: no such program", program);
    }
    return code <= 1 ? ERR_OK : fail(d, ERR_INVALID, "%s: exit code %d", program, code);
}

enum err programs_replay(struct arena *a, const char *program, const char *where,
                         const char *pipeline, struct warehouse **ret_warehouse, struct diag *d)
{
    const char *temporary = getenv("TMPDIR");
    char *folder = arena_alloc(a, 64);
    snprintf(folder, 64, "%.40s/aforo-diff-XXXXXX", temporary == NULL ? "/tmp" : temporary);
    if (mkdtemp(folder) == NULL) {
        return fail(d, ERR_UNAVAILABLE, "no temporary folder can be made");
    }
    arena_defer(a, folder_end, folder);
    const char *database = str_z(a, str_printf(a, "sqlite:%s/w.db", folder));
    const char *argv[] = {program,   "replay",      where,    "--pipeline", pipeline,
                          "--quiet", "--warehouse", database, NULL};
    TRY(run(program, (char *const *)(uintptr_t)argv, d));
    return inputs_database(a, database, ret_warehouse, d);
}
