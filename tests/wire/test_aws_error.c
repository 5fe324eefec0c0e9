#include <criterion/criterion.h>

#include "wire/aws_error.h"

Test(aws_error, names_are_found_as_services_send_them)
{
    /* The name is found bare, with a namespace in front, with a link behind; and only then. */
    static const struct {
        const char *text;
        enum aws_error_id id;
    } rows[] = {
        {"ResourceNotFoundException", AWS_RESOURCE_NOT_FOUND_EXCEPTION},
        {"com.amazonaws.kinesis#ResourceNotFoundException", AWS_RESOURCE_NOT_FOUND_EXCEPTION},
        {"com.amazonaws.kinesis.v20131202#ExpiredIteratorException",
         AWS_EXPIRED_ITERATOR_EXCEPTION},
        {"ValidationException:http://internal.amazon.com/coral/com.amazon.coral.validate/",
         AWS_VALIDATION_EXCEPTION},
        {"aws.x#ThrottlingException:http://a.b/#c", AWS_THROTTLING_EXCEPTION},
        {" SlowDown ", AWS_SLOW_DOWN},
        {"slowdown", AWS_OK},
        {"SlowDownX", AWS_OK},
        {"", AWS_OK},
        {"#", AWS_OK},
        {":", AWS_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(aws_error_find(str_of(rows[i].text)), rows[i].id, "row %zu", i);
    }
}

Test(aws_error, every_row_finds_itself)
{
    /* No name stands twice, and every row has a name, an HTTP error status and a class a caller can
     * act on. */
    for (unsigned i = AWS_OK + 1; i < AWS_ERROR_COUNT; i++) {
        const struct aws_error *e = aws_error_get((enum aws_error_id)i);
        cr_assert_eq(aws_error_find(str_of(e->name)), i, "%s", e->name);
        cr_assert(e->status >= 300 && e->status < 600, "%s", e->name);
        cr_assert(e->next != ERR_OK && e->next != ERR_UNKNOWN && e->next < ERR_COUNT, "%s",
                  e->name);
        cr_assert_eq(aws_error_class(str_of(e->name), 599), e->next, "%s", e->name);
    }
}

Test(aws_error, unknown_names_are_classed_by_status)
{
    /* What the table does not know is classed by its status, throttling first. */
    static const struct {
        const char *name;
        int status;
        enum err class;
    } rows[] = {
        {"", 500, ERR_UNAVAILABLE},
        {"Odd", 502, ERR_UNAVAILABLE},
        {"", 429, ERR_THROTTLED},
        {"SomethingThrottled", 400, ERR_THROTTLED},
        {"XThrottlingException", 503, ERR_THROTTLED},
        {"Odd", 403, ERR_DENIED},
        {"Odd", 404, ERR_NOT_FOUND},
        {"Odd", 409, ERR_CONFLICT},
        {"Odd", 412, ERR_CONFLICT},
        {"Odd", 400, ERR_INVALID},
        {"", 301, ERR_INVALID},
        {"", 0, ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(aws_error_class(str_of(rows[i].name), rows[i].status), rows[i].class,
                     "row %zu", i);
    }
}
