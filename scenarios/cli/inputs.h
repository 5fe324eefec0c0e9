/* inputs.h -- What the commands over captures are given: files, where objects are, a warehouse.
 * Exit codes of their failures: ERR_INVALID, ERR_NOT_FOUND, ERR_LIMIT, ERR_UNSUPPORTED are the
 * caller's. */
#ifndef AFORO_SCENARIOS_CLI_INPUTS_H
#define AFORO_SCENARIOS_CLI_INPUTS_H

#include "replay/source.h"
#include "seam/warehouse.h"

#define TALLY_VALUES_BYTES (16 * MIB) /* of memory for values; past it a temporary file */
#define TALLY_BYTES_MAX (8 * GIB)     /* a result or a part */

MUST_USE enum err inputs_file(struct arena *a, const char *path, size_t bytes_max,
                              struct str *ret_text, struct diag *d);
/* The folders that lead to the file `path`, where they are not there. ERR_DENIED. */
MUST_USE enum err inputs_folders(struct arena *a, struct str path, struct diag *d);
/* `path` NULL: to stdout. */
MUST_USE enum err inputs_write(const char *path, struct str text, struct diag *d);
/* s3:// by such a client as below. */
MUST_USE enum err inputs_source(struct arena *a, struct rt *rt, struct str where,
                                const char *endpoint, struct source *ret_source, struct diag *d);
/* Holds a source against a manifest that does not lie with it; `path` NULL: none. */
MUST_USE enum err inputs_manifest(struct arena *a, const char *path, struct source *source,
                                  struct diag *d);
/* Region and credentials as the AWS CLI finds them; `endpoint` (NULL: not given) wins. */
MUST_USE enum err inputs_client(struct arena *a, struct rt *rt, const char *endpoint,
                                struct aws_client **ret_client, struct diag *d);
/* "sqlite:PATH", "postgresql://...", NULL: in memory. */
MUST_USE enum err inputs_warehouse(struct arena *a, const char *where,
                                   struct warehouse **ret_warehouse, struct diag *d);
/* The same for another's database, which is only asked: a file is opened to be read. */
MUST_USE enum err inputs_database(struct arena *a, const char *where,
                                  struct warehouse **ret_warehouse, struct diag *d);
/* As their listing tells it; 0: it does not. */
uint64_t source_bytes(const struct source *s);
/* Memory that is given back stays with the process: fresh pages cost more than what fills them. */
void memory_is_kept(void);

struct progress {
    bool json; /* a line of JSON, for programs; else one line that is written over */
    uint64_t objects, of, records;
    uint64_t bytes, bytes_all; /* as stored; bytes_all 0: not known */
    uint64_t raw_bytes;
    int64_t elapsed_us;
};
void progress_line(const struct progress *p); /* to stderr */

/* The exit code of inputs that could not be taken. */
int inputs_exit(const struct diag *d);

#endif
