/* source.h -- Where captured objects are: a folder, one file, a manifest, an s3:// prefix. In byte
 * order of their keys. A manifest names objects and what they should be: TSV with a header (key,
 * and any of records, raw_bytes, sha256_of_raw; other columns are passed over), or JSON
 * {"schema":1, "objects":[{"key":"a.zst", "records":10, ...}]}. Its keys are relative to its own
 * folder, or to objects/ in it where there is one. What it names and is missing is an error of
 * source_fetch that names it. */
#ifndef AFORO_REPLAY_SOURCE_H
#define AFORO_REPLAY_SOURCE_H

#include "aws/aws_client.h"
#include "base/buf.h"

#define SOURCE_OBJECTS_MAX 1000000

struct source_object {
    struct str key;             /* relative to the source */
    int64_t size;               /* as stored; -1: not known yet */
    int64_t records, raw_bytes; /* from the manifest; -1 */
    struct str sha256_of_raw;   /* from the manifest; empty */
    size_t place;               /* in the whole source, from 0, whatever is selected of it */
    /* What the key tells (key_time.h); INSTANT_NEVER and no bounds: nothing. */
    int64_t arrived_us;                     /* of its oldest record */
    int64_t arrived_from_us, arrived_to_us; /* all of it arrived in here: from <= t < to */
};
struct source {
    struct str where; /* as given */
    struct source_object *objects;
    size_t count;
    size_t passed_over;    /* objects that a selection left out */
    struct str root;       /* folder, or s3 prefix; with its '/' */
    struct str bucket;     /* s3 */
    struct aws_client *s3; /* s3 */
};
/* `where`: a path, or s3://bucket/prefix (then s3 is needed). A folder, or an s3 prefix that ends
 * in '/', with a manifest.tsv or manifest.json is read by it; else every object below it but hidden
 * ones (a part of the path begins with '.' or '_'). ERR_NOT_FOUND names the path; ERR_INVALID: a
 * manifest that is none names file and line. */
MUST_USE enum err source_open(struct arena *a, struct str where, struct aws_client *s3,
                              struct source *ret_source, struct diag *d);
/* A manifest that lies elsewhere (its text; `name` ends in .tsv or .json, and is for messages):
 * leaves in *source the objects that it names, with what it says of them; the others are passed
 * over. */
MUST_USE enum err source_hold(struct arena *a, struct source *source, struct str text,
                              struct str name, struct diag *d);
/* A line of a manifest.tsv behind its header. ERR_UNSUPPORTED: a key that no TSV can hold. */
#define SOURCE_MANIFEST_HEAD "key\trecords\traw_bytes\tsha256_of_raw\n"
MUST_USE enum err source_manifest_row(struct buf *out, const struct source_object *object,
                                      struct diag *d);
/* One object's bytes as stored, at most CAPTURE_BYTES_MAX. ERR_NOT_FOUND. */
MUST_USE enum err source_fetch(const struct source *s, const struct source_object *object,
                               struct arena *a, struct str *ret_bytes, struct diag *d);

#endif
