/* emulator_client.h -- Tests as clients of the emulator: real, signed HTTP messages through
 * emulator_dispatch. */
#ifndef AFORO_TESTS_EMULATOR_CLIENT_H
#define AFORO_TESTS_EMULATOR_CLIENT_H

#include "emulator/emulator.h"

struct emulator_client {
    struct arena *arena;
    struct emulator *emulator;
    int64_t now_us;              /* given to every call; 2026-03-28T00:00:00Z at first */
    struct str region, key;      /* us-east-1, "test" */
    struct emulator_outcome out; /* of the last call */
    const struct http_response *response;
    const struct xml *root; /* of its body, once somebody asked */
};
struct emulator_client client_new(void);
struct emulator_client
client_new_with(const struct emulator_options *options); /* start_us is filled in */
void client_free(struct emulator_client *c);

/* One signed S3 request. target: "/bucket/key?query", percent-encoded. headers: "Name: value\n..."
 * or NULL; they are set after signing, so that one may lie. Gives the status. */
int client_s3(struct emulator_client *c, const char *method, const char *target,
              const char *headers, struct str body);
/* One signed query request to SNS: "Action=Publish&Message=hello"; Version is added. Gives the
 * status. */
int client_sns(struct emulator_client *c, const char *form);
/* An unsigned GET of "/?Action=..." or any other path. */
int client_get(struct emulator_client *c, const char *target);

/* Of the last response: a header; the text of an XML element by its path below the root
 * ("Error.Code"), "" when it is missing; how many elements a list has; the text of its n-th
 * ("Contents.Key", 2). */
const char *client_header(struct emulator_client *c, const char *name);
const char *client_text(struct emulator_client *c, const char *path);
size_t client_count(struct emulator_client *c, const char *element);
const char *client_nth(struct emulator_client *c, const char *element, size_t n, const char *child);
const char *client_body(struct emulator_client *c); /* NUL-terminated */
struct str client_pattern(struct emulator_client *c, size_t bytes,
                          uint64_t seed); /* reproducible bytes */

#endif
