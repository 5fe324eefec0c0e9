#include <criterion/criterion.h>
#include <string.h>
#include "base/limits.h"
#include "base/log.h"

struct page {
    char text[8192];
    size_t len, lines;
};

static void page_write(void *ctx, struct str line)
{
    struct page *p = ctx;
    memcpy(p->text, line.ptr, line.len);
    p->text[line.len] = '\0';
    p->len = line.len;
    p->lines++;
}

Test(log, writes_one_line_per_event)
{
    /* The line's form, with and without fields, at a negative time, and to no sink at all. */
    struct page p = {.lines = 0};
    struct log_sink sink = {.level = LOG_INFO, .write = page_write, .ctx = &p};
    log_event(&sink, 1700000000000001, LOG_WARN, "landing", "put", "key=%s bytes=%d", "a/b", 7);
    cr_assert_str_eq(p.text, "1700000000000001 warn landing put key=a/b bytes=7\n");
    log_event(&sink, -1, LOG_INFO, "landing", "idle", NULL);
    cr_assert_str_eq(p.text, "-1 info landing idle\n");
    log_event(NULL, 0, LOG_ERROR, "landing", "lost", "n=%d", 1);
    cr_assert_eq(p.lines, 2);
}

Test(log, drops_lower_levels)
{
    /* Each level against each threshold; LOG_OFF is a threshold that nothing passes. */
    for (int threshold = LOG_DEBUG; threshold <= LOG_OFF; threshold++) {
        for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
            struct page p = {.lines = 0};
            struct log_sink sink = {
                .level = (enum log_level)threshold, .write = page_write, .ctx = &p};
            log_event(&sink, 0, (enum log_level)level, "a", "e", "k=%d", 1);
            cr_assert_eq(p.lines, level >= threshold ? 1 : 0);
        }
    }
}

Test(log, cuts_and_cleans_lines)
{
    /* A long line ends at the cap with its newline and no half character; a control character
     * cannot forge a line. */
    struct page p = {.lines = 0};
    struct log_sink sink = {.level = LOG_DEBUG, .write = page_write, .ctx = &p};
    char text[4000];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof(text); i += 3) {
            memcpy(text + i, "\xe2\x82\xac", 3); /* the euro sign */
        }
        text[sizeof(text) - 4] = '\0';
        log_event(&sink, 0, LOG_INFO, "a", "e", "k=%s", text);
        cr_assert_leq(p.len, LOG_LINE_BYTES_MAX);
        cr_assert_geq(p.len, LOG_LINE_BYTES_MAX - 4);
        cr_assert_eq(p.text[p.len - 1], '\n');
        cr_assert_eq(p.text[p.len - 2], '\xac');
        cr_assert_eq((p.len - 1 - strlen("0 info a e k=") - shift) % 3, 0);
    }
    log_event(&sink, 0, LOG_INFO, "a", "e", "k=%s", "one\n0 error a forged\t\x7f");
    cr_assert_str_eq(p.text, "0 info a e k=one?0 error a forged??\n");
}

Test(log, reads_its_level)
{
    /* The five names, and an error that shows what was read. */
    static const char *const names[] = {"debug", "info", "warn", "error", "off"};
    for (int i = 0; i < 5; i++) {
        struct diag d = DIAG_INIT;
        enum log_level level = LOG_DEBUG;
        cr_assert_eq(log_level_parse(str_of(names[i]), &level, &d), ERR_OK);
        cr_assert_eq((int)level, i);
    }
    struct diag d = DIAG_INIT;
    enum log_level level = LOG_WARN;
    cr_assert_eq(log_level_parse(STR("verbose"), &level, &d), ERR_INVALID);
    cr_assert_eq(level, LOG_WARN);
    cr_assert_not_null(strstr(d.msg, "verbose"));
}
