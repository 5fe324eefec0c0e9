/* control_parts.h -- What the control paths share: control.c, control_clock.c. Private. */
#ifndef AFORO_EMULATOR_CORE_CONTROL_PARTS_H
#define AFORO_EMULATOR_CORE_CONTROL_PARTS_H

#include "core_parts.h"

struct control {
    struct core *core;
    const struct http_request *request;
    struct arena *arena;
    int64_t clock_us;
    struct http_response response;
    struct buf body;
};

/* An answer is one JSON object: begin, write its members, end. */
void control_begin(struct control *c, struct json_out *ret_out);
void control_end(struct control *c, struct json_out *out);
void control_refuse(struct control *c, int status, struct str message);
bool control_body(struct control *c, const struct json **ret_tree); /* false when it has refused */

void control_clock_get(struct control *c);
void control_clock_post(struct control *c);

#endif
