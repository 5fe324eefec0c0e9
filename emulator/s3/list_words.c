#include "list_words.h"

#include "base/encode.h"
#include "s3_state.h"

bool list_max_read(struct call *c, const char *member, const char *parameter, size_t *ret_max)
{
    int64_t max = call_i64(c, member, S3_LIST_MAX);
    if (max < 0 || max > INT32_MAX) {
        struct str message = str_printf(
            c->arena, "Argument %s must be an integer between 0 and 2147483647", parameter);
        s3_fail_argument(c, parameter, str_printf(c->arena, "%lld", (long long)max),
                         str_z(c->arena, message));
        return false;
    }
    *ret_max = max < S3_LIST_MAX ? (size_t)max : S3_LIST_MAX;
    return true;
}

bool list_encoding_check(struct call *c)
{
    struct str encoding = call_str(c, "EncodingType");
    if (encoding.len > 0 && !str_eq(encoding, STR("url"))) {
        s3_fail_argument(c, "encoding-type", encoding,
                         "Invalid Encoding Method specified in Request");
        return false;
    }
    return true;
}

struct str list_spelt(const struct call *c, struct str name)
{
    struct buf out;
    if (call_str(c, "EncodingType").len == 0) {
        return name;
    }
    buf_init(&out, c->arena, 3 * name.len + 1);
    encode_percent(&out, name, true);
    return buf_str(&out);
}
