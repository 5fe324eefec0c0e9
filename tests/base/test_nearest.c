/* test_nearest.c -- The known name that was most likely meant. */
#include <criterion/criterion.h>
#include "base/nearest.h"

/* A slip of one or two keys finds its name; a word of its own finds nothing. Distances are of the
 * textbook kind: insert, delete, replace, swap neighbours. */
Test(nearest, a_slip_finds_its_name)
{
    static const struct str names[] = {
        STR_INIT("name"), STR_INIT("type"), STR_INIT("required"),  STR_INIT("max_length"),
        STR_INIT("max"),  STR_INIT("min"),  STR_INIT("dimension"), STR_INIT("land_records")};
    static const char *const rows[][2] = {
        {"name", "name"},
        {"nmae", "name"},
        {"nam", "name"},
        {"names", "name"},
        {"tpye", "type"},
        {"reqired", "required"},
        {"requird", "required"},
        {"maxlength", "max_length"},
        {"max-length", "max_length"},
        {"mx", "max"},
        {"mni", "min"},
        {"dimensoin", "dimension"},
        {"landrecord", "land_records"},
        {"colour", ""},
        {"x", ""},
        {"", ""},
        {"xyz", ""},
        {"recordsland_", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str near = nearest_name(str_of(rows[i][0]), names, sizeof names / sizeof names[0]);
        cr_expect(str_eq(near, str_of(rows[i][1])), "%s finds %.*s", rows[i][0], STR_ARG(near));
    }
    static const struct str close[] = {STR_INIT("abcd"), STR_INIT("abce")};
    cr_expect(str_eq(nearest_name(STR("abcf"), close, 2), close[0]), "the first of the nearest");
    cr_expect_eq(nearest_name(STR("abc"), close, 0).len, 0);
}
