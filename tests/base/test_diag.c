#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include "base/diag.h"

Test(diag, the_first_failure_wins)
{
    /* A later failure changes nothing in the diag, but its own code is returned. */
    struct diag d = DIAG_INIT;
    cr_assert_eq(fail(&d, ERR_LIMIT, "%d of %d", 3, 2), ERR_LIMIT);
    int line = __LINE__ - 1;
    cr_assert_eq(fail_named(&d, ERR_DENIED, "AccessDenied", "second"), ERR_DENIED);
    cr_assert_eq(d.code, ERR_LIMIT);
    cr_assert_eq(d.line, line);
    cr_assert_str_eq(d.file, "test_diag.c");
    cr_assert_str_eq(d.msg, "3 of 2");
    cr_assert_str_eq(d.name, "");
    diag_clear(&d);
    cr_assert_eq(d.code, ERR_OK);
    cr_assert_str_eq(d.msg, "");
}

Test(diag, carries_the_other_sides_name)
{
    /* The name is compared whole, and cut at 63 bytes. */
    struct diag d = DIAG_INIT;
    cr_assert_eq(fail_named(&d, ERR_NOT_FOUND, "NoSuchKey", "no %s", "k"), ERR_NOT_FOUND);
    cr_assert(diag_is_named(&d, "NoSuchKey"));
    cr_assert(!diag_is_named(&d, "NoSuch"));
    char name[100];
    memset(name, 'x', sizeof(name));
    name[99] = '\0';
    diag_clear(&d);
    cr_assert_eq(fail_named(&d, ERR_NOT_FOUND, name, "long"), ERR_NOT_FOUND);
    cr_assert_eq(strlen(d.name), 63);
}

Test(diag, context_goes_in_front)
{
    /* Each caller adds its words in front; a diag without a failure stays empty; the end is cut,
     * not the front. */
    struct diag d = DIAG_INIT;
    cr_assert_eq(diag_context(&d, "nothing"), ERR_OK);
    cr_assert_str_eq(d.msg, "");
    cr_assert_eq(fail(&d, ERR_CORRUPT, "bad checksum"), ERR_CORRUPT);
    cr_assert_eq(diag_context(&d, "frame %d", 7), ERR_CORRUPT);
    cr_assert_eq(diag_context(&d, "object %s", "k"), ERR_CORRUPT);
    cr_assert_str_eq(d.msg, "object k: frame 7: bad checksum");
    char text[500];
    memset(text, 'y', sizeof(text));
    text[499] = '\0';
    cr_assert_eq(diag_context(&d, "%s", text), ERR_CORRUPT);
    cr_assert_eq(strlen(d.msg), sizeof(d.msg) - 1);
    cr_assert_eq(d.msg[0], 'y');
}

Test(diag, names_every_code)
{
    /* Each code has a name of its own, and only three are worth the same call again. */
    for (int i = 0; i < ERR_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            cr_assert_str_neq(err_name((enum err)i), err_name((enum err)j));
        }
        bool transient = i == ERR_THROTTLED || i == ERR_UNAVAILABLE || i == ERR_UNKNOWN;
        cr_assert_eq(err_is_transient((enum err)i), transient);
    }
    cr_assert_str_eq(err_name(ERR_NOT_FOUND), "not_found");
}

Test(diag, assert_aborts, .signal = SIGABRT)
{
    /* A broken assertion ends the program in every build. */
    int two = 2;
    ASSERT(two == 2);
    ASSERT(two == 3);
}
