/* resource.h -- What streams and consumers have in common: tags and a resource policy. */
#ifndef AFORO_EMULATOR_KINESIS_RESOURCE_H
#define AFORO_EMULATOR_KINESIS_RESOURCE_H

#include "base/tree.h"
#include "emulator/core/service.h"

struct resource {
    struct str arn;
    struct tree *tags; /* by key: struct str */
    struct str policy; /* empty: none */
};
void resource_init(struct resource *r, struct arena *a, struct str arn);
/* Tags of a request that creates the resource, checked before it is made; false: refused. */
bool tags_are_fine(struct call *c, const char *member);
/* Sets the request's tags; false: refused, for there would be too many of them. */
bool tags_add(struct call *c, struct arena *a, struct resource *r, const char *member);

#endif
