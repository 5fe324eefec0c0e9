/* put_request.h -- PutRecord's and PutRecords' input, read from the body in one pass: names, keys,
 * data already decoded.   Threads: touches its call alone, so it runs outside the emulator's lock.
 */
#ifndef AFORO_EMULATOR_KINESIS_PUT_REQUEST_H
#define AFORO_EMULATOR_KINESIS_PUT_REQUEST_H

#include "emulator/core/call.h"
#include "hash_key.h"

struct put_entry {
    struct str partition_key, data, explicit_hash_key; /* the last empty: not given */
    struct hash_key explicit_key;                      /* its number, if `verdict` is OK */
    enum hash_key_verdict verdict;
    bool has_data;
};
struct put_request {
    struct str stream_name, stream_arn;
    struct str number_for_ordering; /* of PutRecord; no ptr: not given */
    struct put_entry *entries;
    size_t count, bytes_most, bytes_total; /* of data and keys: the largest entry's, and all */
    struct buf bytes; /* JSON's decoded data of all entries: never grows past what was reserved */
};

/* Reads the call's body, whose one entry lies in the object itself if `single`. NULL: something is
 * not as the model wants it. */
struct put_request *put_request_read(struct call *c, bool single);
/* Reads a body in CBOR, from which data is borrowed. Of `single` the one entry is there. false: it
 * is none, or not of the kind that SDKs write; values are not looked at. */
bool put_request_cbor(struct put_request *r, struct str body, struct arena *a, bool single);

#endif
