/* list_token.c -- A token is base64 of '1' and the name; anything else was not given by us. */
#include "list_token.h"
#include "base/encode.h"

struct str list_token(struct arena *a, struct str last)
{
    struct buf out;
    buf_init(&out, a, (size_t)4 * S3_KEY_BYTES_MAX);
    encode_base64(&out, str_join(a, STR("1"), last));
    return buf_str(&out);
}

bool list_token_read(struct call *c, struct str *ret_last)
{
    if (!call_has(c, "ContinuationToken")) {
        return true;
    }
    struct str token = call_str(c, "ContinuationToken");
    struct diag d = DIAG_INIT;
    struct buf plain;
    buf_init(&plain, c->arena, token.len + 4);
    if (decode_base64(&plain, token, &d) != ERR_OK || plain.len == 0 || plain.ptr[0] != '1') {
        s3_fail_argument(c, "continuation-token", token,
                         "The continuation token provided is incorrect");
        return false;
    }
    *ret_last = str_from(buf_str(&plain), 1);
    return true;
}
