/* sim_task.c -- Tasks: made, switched to, waiting and woken. One runs at a time, until it waits. */
#include "sim_parts.h"

#include "base/instant.h"

static void task_main(void *arg)
{
    struct rt_task *task = arg;
    task->fn(&task->actor->rt, task->arg);
}

struct rt_task *task_new(struct sim_actor *actor, const char *name, rt_task_fn *fn, void *arg)
{
    struct sim *s = actor->sim;
    struct rt_task *task = s->free_tasks;
    if (task == NULL) {
        task = NEW(s->arena, struct rt_task);
    } else {
        s->free_tasks = task->next;
    }
    *task = (struct rt_task){
        .actor = actor, .name = name, .fn = fn, .arg = arg, .number = ++actor->task_count};
    task->fiber = fiber_get(s->fibers, task_main, task);
    struct rt_task **end = &actor->tasks;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = task;
    task_wake(task);
    return task;
}

static void task_unschedule(struct rt_task *task)
{
    if (task->ticket != 0) {
        task->ticket = 0;
        task->actor->sim->due_count--;
    }
}

void task_free(struct rt_task *task)
{
    struct sim *s = task->actor->sim;
    struct rt_task **link = &task->actor->tasks;
    while (*link != task) {
        link = &(*link)->next;
    }
    *link = task->next;
    task_unschedule(task);
    if (task->fiber != NULL) {
        fiber_put(s->fibers, task->fiber);
    }
    task->fiber = NULL;
    task->next = s->free_tasks;
    s->free_tasks = task;
}

static void task_finish(struct rt_task *task)
{
    struct sim_actor *actor = task->actor;
    fiber_put(actor->sim->fibers, task->fiber);
    task->fiber = NULL;
    task->finished = true;
    if (task->joiner != NULL) {
        task_wake(task->joiner);
    }
    if (task == actor->tasks) { /* the first is the entry's */
        actor_main_returned(actor);
    }
}

void task_resume(struct rt_task *task)
{
    struct sim *s = task->actor->sim;
    trace_note(s, task->actor->name, "runs", str_of(task->name), (int64_t)task->number);
    s->running = task;
    task->woken = false;
    fence_arm(task->actor->name);
    bool returned = fiber_resume(task->fiber);
    fence_disarm();
    s->running = NULL;
    if (returned) {
        task_finish(task);
    }
}

struct rt_task *task_running(struct sim *s)
{
    ASSERT(s->running != NULL); /* only a task can wait */
    return s->running;
}

static void task_schedule(struct rt_task *task, int64_t at_us)
{
    task_unschedule(task);
    task->ticket = sim_schedule(task->actor->sim, task->actor, task, at_us);
}

void task_wait(struct rt_task *task, int64_t until_us, bool interruptible)
{
    ASSERT(task == task->actor->sim->running);
    if (until_us != INSTANT_NEVER) {
        task_schedule(task, until_us);
    }
    task->interruptible = interruptible;
    fiber_yield(task->fiber);
    task->interruptible = false;
}

void task_wake(struct rt_task *task)
{
    if (!task->woken) {
        task->woken = true;
        task_schedule(task, task->actor->sim->now_us);
    }
}

bool task_is_cancelled(const struct rt_task *task)
{
    return task->cancelled || task->actor->stopping;
}

void task_interrupt(struct rt_task *task)
{
    if (task->interruptible) {
        task_wake(task);
    }
}

void task_delay(struct rt_task *task, int64_t duration_us)
{
    if (duration_us > 0) {
        task_wait(task, task->actor->sim->now_us + duration_us, false);
    }
}
