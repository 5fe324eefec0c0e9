#include "browser_model.h"

static const struct shape text = {
    .name = "String", .kind = SHAPE_STRING, .min = SHAPE_NO_BOUND, .max = SHAPE_NO_BOUND};
static const struct shape_member members[] = {
    {.name = "Bucket", .shape = &text, .place = PLACE_URI, .required = true},
    {.name = "Key", .shape = &text, .place = PLACE_URI},
};
static const struct shape object_input = {.name = "ObjectRequest",
                                          .kind = SHAPE_STRUCTURE,
                                          .min = SHAPE_NO_BOUND,
                                          .max = SHAPE_NO_BOUND,
                                          .members = members,
                                          .member_count = 2};
static const struct shape bucket_input = {.name = "BucketRequest",
                                          .kind = SHAPE_STRUCTURE,
                                          .min = SHAPE_NO_BOUND,
                                          .max = SHAPE_NO_BOUND,
                                          .members = members,
                                          .member_count = 1};

const struct operation_model browser_preflight_bucket = {.name = "PreflightObject",
                                                         .method = "OPTIONS",
                                                         .uri = "/{Bucket}",
                                                         .input = &bucket_input,
                                                         .success_status = 200};
const struct operation_model browser_preflight = {.name = "PreflightObject",
                                                  .method = "OPTIONS",
                                                  .uri = "/{Bucket}/{Key+}",
                                                  .input = &object_input,
                                                  .success_status = 200};
const struct operation_model browser_post = {.name = "PostObject",
                                             .method = "POST",
                                             .uri = "/{Bucket}",
                                             .input = &bucket_input,
                                             .success_status = 204};
const struct operation_model browser_website = {
    .name = "WebsiteEndpoint", .method = "GET", .uri = "/", .success_status = 200};
