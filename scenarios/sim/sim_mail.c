/* sim_mail.c -- Requests that the network keeps: their sender got no answer and went on, or died,
 * and then they arrive all the same, behind what came after them. No fault meets them again, and
 * nobody hears the answer. */
#include "sim_parts.h"

#include "base/limits.h"

static struct http_request request_copy(struct arena *a, const struct http_request *from)
{
    struct http_request to = {.method = str_copy(a, from->method),
                              .scheme = str_copy(a, from->scheme),
                              .host = str_copy(a, from->host),
                              .path = str_copy(a, from->path),
                              .query = str_copy(a, from->query),
                              .body = str_copy(a, from->body)};
    http_headers_init(&to.headers, a);
    for (size_t i = 0; i < from->headers.count; i++) {
        const struct http_header *h = &from->headers.items[i];
        http_headers_add(&to.headers, str_copy(a, h->name), str_copy(a, h->value));
    }
    return to;
}

void mail_send(struct sim_actor *sender, const struct http_request *request, int64_t after_us)
{
    struct sim *s = sender->sim;
    struct arena *a = arena_child(s->arena, "late request", ARENA_TASK_BYTES_MAX);
    struct sim_mail *mail = NEW(a, struct sim_mail);
    *mail = (struct sim_mail){.arena = a, .sender = sender, .request = request_copy(a, request)};
    trace_note(s, sender->name, "late", request->path, after_us);
    sim_post(s, mail, s->now_us + after_us);
}

void mail_arrive(struct sim_mail *mail)
{
    struct sim *s = mail->sender->sim;
    struct str name = str_printf(mail->arena, "%.*s, late", STR_ARG(mail->sender->name));
    struct fault_plan *plan = s->options.faults;
    bool healed = plan != NULL && plan->healed;
    if (plan != NULL) {
        plan->healed = true; /* it has met its fault */
    }
    struct emulator_outcome o =
        emulator_dispatch(s->options.emulator, &mail->request, name, sim_wall_us(s), s->scratch);
    if (plan != NULL) {
        plan->healed = healed;
    }
    trace_note(s, name, "arrives", mail->request.path, o.response.status);
    sim_outbound(s);
    arena_reset(s->scratch);
    arena_free(mail->arena);
}
