/* Sequence numbers: their text is the hexadecimal form that kinesalite's authors read off recorded
 * ones, by Python's integers; a place on by text is the same as the next place written anew; what
 * is read back is what was written, and impossible numbers are not read. */
#include <string.h>
#include <criterion/criterion.h>
#include "base/hash.h"
#include "sequence_number.h"

static void written_is(struct sequence_number number, const char *want)
{
    char text[SEQUENCE_NUMBER_DIGITS];
    sequence_number_write(&number, text);
    cr_expect(memcmp(text, want, sizeof(text)) == 0, "%.*s", (int)sizeof(text), text);
}

Test(kinesis_number, is_the_hexadecimal_form_in_decimal)
{
    /* int("2%09x%x%016x%02x%09x%08x2" % (created, shard % 16, place, mark, arrived, shard), 16) */
    written_is(
        (struct sequence_number){.created_s = 1700000001, .place = 1, .arrived_s = 1700000002},
        "49646437577465288340093366376091709843767418226984615938");
    written_is((struct sequence_number){.created_s = 1795544624,
                                        .place = SEQUENCE_NUMBER_PLACE_MAX,
                                        .arrived_s = 1795544624,
                                        .shard = 17},
               "49680529038180542154563372004295905958689443717146738962");
    written_is((struct sequence_number){.shard = 9, .mark = 1},
               "49039857307909150174253880477083720062619970033074307218");
}

Test(kinesis_number, a_place_on_is_the_next_place_written_anew)
{
    char text[SEQUENCE_NUMBER_DIGITS], next[SEQUENCE_NUMBER_DIGITS];
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t dice = hash64_mix(i, 7);
        struct sequence_number n = {.created_s = (int64_t)(dice % 3000000000u),
                                    .place = hash64_mix(dice, 1) >> (1 + i % 63),
                                    .arrived_s = (int64_t)(hash64_mix(dice, 2) % 3000000000u),
                                    .shard = (uint32_t)(hash64_mix(dice, 3) >> (33 + i % 31))};
        sequence_number_write(&n, text);
        struct sequence_number back;
        cr_assert(sequence_number_parse(str_n(text, sizeof(text)), &back));
        cr_assert(back.created_s == n.created_s && back.place == n.place &&
                  back.arrived_s == n.arrived_s && back.shard == n.shard && back.mark == 0 &&
                  back.version == 2);
        if (n.place < SEQUENCE_NUMBER_PLACE_MAX) {
            sequence_number_advance(text);
            n.place++;
            sequence_number_write(&n, next);
            cr_assert(memcmp(text, next, sizeof(text)) == 0, "%llu", (unsigned long long)i);
        }
    }
}

Test(kinesis_number, numbers_of_other_versions_are_known_and_impossible_ones_are_not)
{
    static const struct {
        const char *text;
        int version; /* -1: not read */
        uint32_t shard;
    } rows[] = {
        {"0", 0, 0},
        {"5", 0, 5},
        {"425352958651173072921826052383309826", 0, 2},
        {"26227199374822427428162556223570313216", -1, 0}, /* created too late */
        {"49039857307708443467467104868809893875799651909875269633", 1, 0},
        {"49039857307708443467467104868809893875799651909875269634", 2, 0},
        {"49039857307708443467467104868809893875799651909875269635", -1, 0}, /* version 3 */
        {"49039857307719593840066370180380661734935976090628259842", -1, 0}, /* place 2^63 */
        {"49039857307708443467467104868809893875799651944235008002", -1, 0}, /* shard 2^31 */
        {"49039857307697293094867839557237917090843713134307311602", -1, 0}, /* begins with 1 */
        {"73559785961562665201200657303214840813699477864812904449", -1, 0}, /* begins with 3 */
        {"", -1, 0},
        {"4903985730770844346746710486880989387579965190987526963x", -1, 0},
        {"99999999999999999999999999999999999999999999999999999999999999999", -1, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sequence_number n;
        bool read = sequence_number_parse(str_of(rows[i].text), &n);
        cr_expect(read == (rows[i].version >= 0), "row %zu", i);
        cr_expect(!read || (n.version == rows[i].version && n.shard == rows[i].shard), "row %zu",
                  i);
    }
}
