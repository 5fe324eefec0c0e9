/* upload.h -- A multipart upload: parts by number until it is completed or aborted.
 * Invariant: an upload belongs to a bucket that is there; parts are recycled with it. */
#ifndef AFORO_EMULATOR_S3_UPLOAD_H
#define AFORO_EMULATOR_S3_UPLOAD_H

#include "object.h"

#define UPLOAD_ID_BYTES_MAX 64
#define UPLOAD_PARTS_MAX 10000
#define UPLOAD_PART_BYTES_MIN (5 * MIB) /* but for the last part */

struct upload_part {
    struct str etag; /* quoted, 34 bytes */
    struct blob *body;
    uint8_t md5[16];
    struct checksum checksum; /* of the upload's algorithm; its text is kept in text_room */
    bool told;                /* the checksum: where upload or part named an algorithm */
    int64_t modified_us;
    char etag_room[34], text_room[CHECKSUM_TEXT_BYTES_MAX];
};
struct upload {
    struct str id;
    struct bucket *bucket;
    struct object *facts; /* key, metadata; body empty */
    bool composite;       /* the type of the object's checksum */
    bool announced;       /* the client chose the algorithm: every part must carry it */
    enum checksum_kind kind;
    int64_t created_us;
    uint64_t turn;              /* when it was created, by the order of requests */
    struct upload_part **parts; /* by number - 1; NULL where none came */
    size_t part_cap;
};
/* The call's upload of its bucket and key; NULL: the call has failed with NoSuchUpload. */
struct upload *upload_find(struct call *c, const struct bucket *b, struct str key);
struct upload_part *upload_part_get(const struct upload *u, int64_t number);
struct str upload_name(struct arena *a, struct str key, struct str id); /* in bucket->uploads */
void upload_free(struct s3 *s3, struct upload *u);
void upload_drop_bucket(struct s3 *s3, const struct bucket *b); /* all that belong to it */

#endif
