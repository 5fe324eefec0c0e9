#include <criterion/criterion.h>
#include <string.h>

#include "../../src/app/app_options.h"
#include "base/instant.h"
#include "pipeline/worker.h"

#define ARGS_MAX 12

static enum err read_line(const char *line, struct app_options *o, struct diag *d)
{
    static char text[400];
    char *argv[ARGS_MAX] = {"aforo-pipeline"};
    int argc = 1;
    strncpy(text, line, sizeof(text) - 1);
    char *at = text;
    for (char *word = strtok_r(text, " ", &at); word != NULL; word = strtok_r(NULL, " ", &at)) {
        cr_assert_lt(argc, ARGS_MAX);
        argv[argc++] = word;
    }
    return app_options_read(argc, argv, o, d);
}

Test(options, are_read)
{
    /* Every option, before and behind the command, and what holds without them. */
    struct diag d = DIAG_INIT;
    struct app_options o;
    cr_assert_eq(read_line("run --definition f.yaml", &o, &d), ERR_OK, "%s", d.msg);
    cr_assert(str_eq(o.command, STR("run")) && str_eq(o.definition, STR("f.yaml")));
    cr_assert(o.worker_index == 0 && o.worker_count == 1 && o.roles == WORKER_ALL);
    cr_assert(o.drain_us == 0 && o.from_us == INSTANT_NEVER && !o.create && o.shards == 1);
    cr_assert_eq(
        read_line("--worker 2/5 --role lander,reporter run --drain 1m30s --create --shards 4", &o,
                  &d),
        ERR_OK, "%s", d.msg);
    cr_assert(o.worker_index == 2 && o.worker_count == 5 && o.create && o.shards == 4);
    cr_assert_eq(o.roles, WORKER_LANDER | WORKER_REPORTER);
    cr_assert_eq(o.drain_us, 90 * US_PER_S);
    cr_assert_eq(read_line("reconcile --from 2001-01-01 --to 2001-04-01 --lines 7", &o, &d),
                 ERR_OK);
    cr_assert_eq(o.from_us, instant_of(2001, 1, 1, 0, 0, 0));
    cr_assert_eq(o.to_us, instant_of(2001, 4, 1, 0, 0, 0));
    cr_assert_eq(o.lines_max, 7);
    cr_assert(read_line("run --help", &o, &d) == ERR_OK && o.help);
}

Test(options, say_what_is_wrong)
{
    /* The option is named, and what it takes. */
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"run --nothing", "there is no option --nothing"},
        {"run --definition", "--definition needs a value"},
        {"run here", "what is \"here\" for?"},
        {"run --worker 3/3", "I from 0 to N-1"},
        {"run --worker 3", "expected I/N"},
        {"run --role painter", "lander,loader,reporter"},
        {"run --role lander,painter", "lander,loader,reporter"},
        {"run --drain soon", "a duration such as 30s"},
        {"run --shards 0", "--shards: expected 1"},
        {"report --day yesterday", "--day: expected a day"},
        {"report --day 2001-01-01T10:00:00Z", "--day: expected a day"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct app_options o;
        cr_assert_eq(read_line(rows[i].line, &o, &d), ERR_INVALID, "%s", rows[i].line);
        cr_assert(str_contains(str_of(d.msg), str_of(rows[i].says)), "%s: %s", rows[i].line, d.msg);
    }
}
