#include "wire/aws_error.h"

#define AWS_ERROR_ROW(id, name_, status_, next_)                                                   \
    [id] = {.name = (name_), .status = (status_), .next = (next_)},
static const struct aws_error ERRORS[AWS_ERROR_COUNT] = {
    [AWS_OK] = {.name = "", .status = 200, .next = ERR_OK}, AWS_ERROR_TABLE(AWS_ERROR_ROW)};
#undef AWS_ERROR_ROW

const struct aws_error *aws_error_get(enum aws_error_id id)
{
    ASSERT((unsigned)id < AWS_ERROR_COUNT);
    return &ERRORS[id];
}

/* Services put a namespace in front ("com.amazonaws.kinesis#") or a link behind
 * (":http://internal.amazon.com/..."). */
static struct str bare_name(struct str name)
{
    struct str bare = str_slice(name, 0, str_find(name, ':'));
    size_t hash = str_find_last(bare, '#');
    return str_trim(hash == STR_NONE ? bare : str_from(bare, hash + 1));
}

enum aws_error_id aws_error_find(struct str name)
{
    struct str bare = bare_name(name);
    for (unsigned i = AWS_OK + 1; i < AWS_ERROR_COUNT; i++) {
        if (str_eq(bare, str_of(ERRORS[i].name))) {
            return (enum aws_error_id)i;
        }
    }
    return AWS_OK;
}

enum err aws_error_class(struct str name, int status)
{
    enum aws_error_id known = aws_error_find(name);
    if (known != AWS_OK) {
        return ERRORS[known].next;
    }
    if (status == 429 || str_contains(name, STR("Throttl"))) {
        return ERR_THROTTLED;
    }
    if (status >= 500) {
        return ERR_UNAVAILABLE;
    }
    switch (status) {
    case 403:
        return ERR_DENIED;
    case 404:
        return ERR_NOT_FOUND;
    case 409:
    case 412:
        return ERR_CONFLICT;
    default:
        return ERR_INVALID;
    }
}
