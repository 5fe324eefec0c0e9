/* test_process.c -- A user's process as an actor's life: it finds what it is told and not the
 * credentials of whoever started it, its end is told, and a kill leaves nobody of its group. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/limits.h"
#include "real_program.h"
#include "scenarios/real/process.h"

struct life {
    struct process_options options;
    enum err err;
    int status;
};

static void life_entry(struct real_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct life *life = arg;
    struct diag d = DIAG_INIT;
    life->err = process_run(actor, rt, a, &life->options, &life->status, &d);
}

static struct str file_text(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    char text[4096];
    size_t got = file == NULL ? 0 : fread(text, 1, sizeof(text), file);
    if (file != NULL) {
        fclose(file);
    }
    return str_copy(a, str_n(text, got));
}

/* A zombie is dead: in a container nobody may reap it. */
static bool is_alive(struct arena *a, struct str pid)
{
    struct str path = str_printf(a, "/proc/%.*s/stat", STR_ARG(pid));
    struct str stat = file_text(a, str_z(a, path));
    size_t name_end = str_find_last(stat, ')');
    return stat.len > 0 && name_end != STR_NONE && str_from(stat, name_end + 2).ptr[0] != 'Z';
}

Test(process, finds_its_environment_and_its_end_is_told)
{
    struct arena *a = arena_new("test", 4 * GIB);
    struct program *p = program_new(a, 1, NULL);
    char log[] = "/tmp/aforo-process-XXXXXX";
    close(mkstemp(log));
    cr_assert(setenv("AWS_PROFILE", "production", 1) == 0 && setenv("OTHER", "kept", 1) == 0);
    const char *const environment[] = {"AWS_ACCESS_KEY_ID=worker/0"};
    struct life life = {
        .options = {.command =
                        "echo \"$AWS_ACCESS_KEY_ID,$AWS_PROFILE,$OTHER\"; echo no >&2; exit 3",
                    .environment = environment,
                    .environment_count = 1,
                    .log = log}};
    (void)real_actor_add(p->world, STR("worker/0"), life_entry, &life);
    cr_assert_eq(real_run(p->world, US_PER_DAY), REAL_ALL_DONE);
    cr_assert_eq(life.err, ERR_OK);
    cr_assert(WIFEXITED(life.status) && WEXITSTATUS(life.status) == 3);
    cr_assert(str_eq(file_text(a, log), STR("worker/0,,kept\nno\n")));
    unlink(log);
    program_free(p);
    arena_free(a);
}

static bool written(void *ctx, int64_t now_us)
{
    struct arena *a = arena_new("look", 1 * MIB);
    struct str text = file_text(a, ctx);
    bool both = str_find(text, '\n') != str_find_last(text, '\n');
    arena_free(a);
    (void)now_us;
    return !both;
}

Test(process, a_kill_takes_the_whole_group)
{
    /* The shell and its child are dead at once; the next life is another process. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct program *p = program_new(a, 1, NULL);
    char log[] = "/tmp/aforo-process-XXXXXX";
    close(mkstemp(log));
    struct life life = {.options = {.log = log}};
    struct str command = str_printf(
        a, "[ \"$(wc -l <%s)\" -gt 0 ] && exit 0; sleep 1000 & echo $$; echo $!; wait", log);
    life.options.command = str_z(a, command);
    struct real_actor *actor = real_actor_add(p->world, STR("worker/0"), life_entry, &life);
    real_on_tick(p->world, US_PER_S, written, log);
    cr_assert_eq(real_run(p->world, US_PER_DAY), REAL_STOPPED);
    struct str rest = file_text(a, log), shell, child;
    cr_assert(str_cut(&rest, '\n', &shell) && str_cut(&rest, '\n', &child));
    cr_assert(is_alive(a, shell) && is_alive(a, child));
    real_actor_kill(p->world, actor, US_PER_S);
    while (is_alive(a, shell) || is_alive(a, child)) { /* CTest's time limit is its cap */
    }
    real_on_tick(p->world, US_PER_DAY, written, log);
    cr_assert_eq(real_run(p->world, US_PER_DAY), REAL_ALL_DONE);
    cr_assert_eq(real_actor_lives(actor), 2);
    cr_assert(WIFEXITED(life.status) && WEXITSTATUS(life.status) == 0);
    unlink(log);
    program_free(p);
    arena_free(a);
}
