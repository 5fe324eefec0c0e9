/* source_parts.h -- What the source's files share: a growing list of objects, manifests, S3.
 * Private to replay. */
#ifndef AFORO_REPLAY_SOURCE_PARTS_H
#define AFORO_REPLAY_SOURCE_PARTS_H

#include "replay/source.h"

struct object_list {
    struct arena *arena;
    struct source_object *items;
    size_t count, cap;
};
/* ERR_LIMIT: over SOURCE_OBJECTS_MAX. */
MUST_USE enum err object_list_add(struct object_list *list, const struct source_object *object,
                                  struct diag *d);
/* In byte order of the keys. ERR_INVALID: a key twice. */
MUST_USE enum err object_list_sort(struct object_list *list, struct diag *d);

#define MANIFEST_BYTES_MAX (256 * MIB)
/* By its name: .tsv, .json. `name` is for messages. */
bool manifest_is(struct str name);
MUST_USE enum err manifest_read(struct str text, struct str name, struct object_list *list,
                                struct diag *d);
/* The folder that its keys are relative to, below its own: "objects/" where there is one, unless
 * the keys say it. */
bool manifest_names_objects(const struct object_list *list);

/* Fills bucket and root from s3://bucket/prefix, and the objects. */
MUST_USE enum err source_s3_open(struct arena *a, struct source *s, struct object_list *list,
                                 struct diag *d);

#endif
