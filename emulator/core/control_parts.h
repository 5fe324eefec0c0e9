/* control_parts.h -- What the control paths share: control.c, control_clock.c, control_faults.c.
 * Private. */
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

/* A whole number of the query, 0 when absent; false when it has refused. */
bool control_number(struct control *c, const char *name, uint64_t *ret_value);

void control_faults_get(struct control *c);
void control_faults_post(struct control *c);
void control_faults_delete(struct control *c);
void control_clock_get(struct control *c);
void control_clock_post(struct control *c);

#endif
