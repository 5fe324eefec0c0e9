/* The store: what was saved is read again, a half-written end is cut off wherever it was cut, what
 * is broken before it is named, and a disk that fails is never taken for one that did not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "emulator/store/store.h"

struct shelf {
    struct arena *arena;
    struct store *store;
    const struct journal *journal;
    struct buf seen; /* the entries that were read, one a line */
};

static struct str folder_new(char room[64])
{
    (void)snprintf(room, 64, "/tmp/aforo-store-XXXXXX");
    cr_assert_not_null(mkdtemp(room));
    return str_of(room);
}

static void folder_remove(struct str folder)
{
    char command[200];
    (void)snprintf(command, sizeof(command), "rm -rf %.*s", STR_ARG(folder));
    cr_assert_eq(system(command), 0);
}

static enum err note(void *shelf, struct str entry, struct diag *d)
{
    struct shelf *s = shelf;
    (void)d;
    buf_add(&s->seen, entry);
    buf_add_char(&s->seen, '\n');
    return ERR_OK;
}

static enum err shelf_open(struct shelf *s, const struct store_options *options, struct diag *d)
{
    *s = (struct shelf){.arena = arena_new("shelf", 1 * GIB)};
    buf_init(&s->seen, s->arena, 64 * MIB);
    TRY(store_open(s->arena, options, &s->store, d));
    s->journal = store_journal(s->store);
    return store_read(s->store, note, s, d);
}

static void shelf_close(struct shelf *s)
{
    arena_free(s->arena);
}

static void must_open(struct shelf *s, struct str folder, enum store_durability durability)
{
    struct store_options o = {.folder = folder, .durability = durability, .segment_bytes = 4 * KIB};
    struct diag d = DIAG_INIT;
    cr_assert(shelf_open(s, &o, &d) == ERR_OK, "%s", d.msg);
}

static uint64_t put(struct shelf *s, const char *text)
{
    struct str parts[] = {str_of(text)};
    return s->journal->ops->append(s->journal->self, parts, 1);
}

static enum journal_saved saved(const struct shelf *s, uint64_t end)
{
    /* A journal that waits has a thread that gets on: it needs the processor more than this one. */
    const struct timespec pause = {.tv_nsec = 100000};
    enum journal_saved answer;
    while ((answer = s->journal->ops->saved(s->journal->self, end)) == JOURNAL_LATER) {
        nanosleep(&pause, NULL);
    }
    return answer;
}

/* The newest file of the folder, and its size. */
static size_t newest(struct str folder, char ret_path[200])
{
    char command[200];
    struct stat st;
    (void)snprintf(command, sizeof(command), "ls %.*s/*.journal | tail -1", STR_ARG(folder));
    FILE *p = popen(command, "r");
    cr_assert_not_null(p);
    cr_assert_not_null(fgets(ret_path, 200, p));
    pclose(p);
    ret_path[strcspn(ret_path, "\n")] = '\0';
    cr_assert_eq(stat(ret_path, &st), 0);
    return (size_t)st.st_size;
}

Test(store, entries_and_bodies_are_read_again)
{
    /* In order, over several files and starts, with every durability. */
    for (int durability = STORE_NONE; durability <= STORE_FSYNC; durability++) {
        char room[64];
        struct str folder = folder_new(room);
        struct shelf s;
        char text[700];
        struct buf all;
        uint64_t place = 0;
        const char *bytes;
        struct arena *a = arena_new("all", 1 * GIB);
        buf_init(&all, a, 1 * MIB);
        for (int start = 0; start < 3; start++) {
            must_open(&s, folder, (enum store_durability)durability);
            cr_expect(str_eq(buf_str(&s.seen), buf_str(&all)));
            if (start > 0) {
                const char *found = s.journal->ops->find(s.journal->self, place, 3000);
                cr_assert_not_null(found);
                cr_expect(found[0] == 'b' && found[2999] == 'b');
            }
            for (int i = 0; i < 20; i++) {
                int len = snprintf(text, sizeof(text), "%d of %d %0*d", i, start, 10 * i, 7);
                (void)put(&s, text);
                buf_addf(&all, "%.*s\n", len, text);
            }
            char body[3000];
            memset(body, 'b', sizeof(body));
            cr_assert(
                s.journal->ops->keep(s.journal->self, str_n(body, sizeof(body)), &place, &bytes));
            cr_expect(memcmp(bytes, body, sizeof(body)) == 0);
            cr_expect_eq(saved(&s, s.journal->ops->end(s.journal->self)), JOURNAL_SAVED);
            shelf_close(&s);
        }
        arena_free(a);
        folder_remove(folder);
    }
}

Test(store, what_is_laid_is_found_at_the_next_start)
{
    /* In parts, over the ends of files, with every durability; the entries about it come in order
     * with the others. */
    for (int durability = STORE_NONE; durability <= STORE_FSYNC; durability++) {
        char room[64];
        struct str folder = folder_new(room);
        struct shelf s;
        uint64_t places[30];
        must_open(&s, folder, (enum store_durability)durability);
        for (int i = 0; i < 30; i++) {
            char text[300];
            memset(text, 'a' + i % 26, sizeof(text));
            struct str parts[] = {str_n(text, 100), STR_EMPTY, str_n(text, (size_t)(10 * i))};
            cr_assert(s.journal->ops->lay(s.journal->self, parts, 3, &places[i]));
            (void)s.journal->ops->append_about(s.journal->self, (struct str[]){STR("about")}, 1);
            (void)put(&s, "entry");
            s.journal->ops->leave(s.journal->self, places[i], (size_t)(100 + 10 * i));
        }
        cr_expect_eq(saved(&s, s.journal->ops->end(s.journal->self)), JOURNAL_SAVED);
        shelf_close(&s);
        must_open(&s, folder, (enum store_durability)durability);
        struct str seen = buf_str(&s.seen);
        for (int i = 0; i < 30; i++) {
            cr_expect(str_starts(seen, STR("about\nentry\n")));
            seen = str_from(seen, sizeof("about\nentry\n") - 1);
            size_t bytes = (size_t)(100 + 10 * i);
            const char *found = s.journal->ops->find(s.journal->self, places[i], bytes);
            cr_assert_not_null(found);
            cr_expect(found[0] == 'a' + i % 26 && found[bytes - 1] == 'a' + i % 26);
        }
        shelf_close(&s);
        folder_remove(folder);
    }
}

Test(store, a_half_written_end_is_cut_off_at_every_byte)
{
    /* However much of the last entry is there, the ones before it are read, it is not, and the
     * bytes are counted; the next start has nothing to cut. */
    char room[64], path[200];
    struct str folder = folder_new(room);
    struct shelf s;
    must_open(&s, folder, STORE_OS);
    cr_assert_eq(saved(&s, put(&s, "first")), JOURNAL_SAVED);
    shelf_close(&s);
    size_t before = newest(folder, path);
    must_open(&s, folder, STORE_OS);
    cr_assert_eq(saved(&s, put(&s, "kept")), JOURNAL_SAVED);
    size_t whole = newest(folder, path);
    cr_assert_eq(saved(&s, put(&s, "torn apart")), JOURNAL_SAVED);
    shelf_close(&s);
    size_t torn = newest(folder, path);
    cr_assert(before > 0 && torn > whole);
    char bytes[1000];
    int fd = open(path, O_RDWR);
    cr_assert_eq(pread(fd, bytes, torn, 0), (ssize_t)torn);
    for (size_t size = whole + 1; size < torn; size++) {
        cr_assert_eq(ftruncate(fd, 0), 0);
        cr_assert_eq(pwrite(fd, bytes, size, 0), (ssize_t)size);
        must_open(&s, folder, STORE_OS);
        cr_expect(str_eq(buf_str(&s.seen), STR("first\nkept\n")), "%zu: %.*s", size,
                  STR_ARG(buf_str(&s.seen)));
        cr_expect_eq(store_counts(s.store).cut_bytes, size - whole);
        shelf_close(&s);
    }
    must_open(&s, folder, STORE_OS);
    cr_expect_eq(store_counts(s.store).cut_bytes, 0);
    shelf_close(&s);
    close(fd);
    folder_remove(folder);
}

Test(store, what_is_broken_in_the_middle_is_named)
{
    /* A changed byte anywhere in an entry that others follow: file and offset are told, and the
     * folder is left alone. */
    char room[64], path[200];
    struct str folder = folder_new(room);
    struct shelf s;
    must_open(&s, folder, STORE_OS);
    cr_assert_eq(saved(&s, put(&s, "one")), JOURNAL_SAVED);
    size_t from = newest(folder, path);
    cr_assert_eq(saved(&s, put(&s, "two")), JOURNAL_SAVED);
    size_t to = newest(folder, path);
    cr_assert_eq(saved(&s, put(&s, "three")), JOURNAL_SAVED);
    shelf_close(&s);
    size_t size = newest(folder, path);
    int fd = open(path, O_RDWR);
    for (size_t at = from; at < to; at++) {
        char byte, wrong;
        struct diag d = DIAG_INIT;
        struct store_options o = {.folder = folder, .durability = STORE_OS};
        cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
        wrong = (char)(byte ^ 0x10);
        cr_assert_eq(pwrite(fd, &wrong, 1, (off_t)at), 1);
        cr_expect_eq(shelf_open(&s, &o, &d), ERR_CORRUPT, "byte %zu", at);
        char offset[40];
        (void)snprintf(offset, sizeof(offset), "offset %zu", from);
        cr_expect(strstr(d.msg, offset) != NULL && strstr(d.msg, path) != NULL, "%s", d.msg);
        shelf_close(&s);
        cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
        cr_expect_eq(newest(folder, path), size);
    }
    close(fd);
    must_open(&s, folder, STORE_OS);
    cr_expect(str_eq(buf_str(&s.seen), STR("one\ntwo\nthree\n")));
    shelf_close(&s);
    folder_remove(folder);
}

Test(store, one_process_at_a_time)
{
    char room[64];
    struct str folder = folder_new(room);
    struct shelf one, two;
    struct diag d = DIAG_INIT;
    struct store_options o = {.folder = folder};
    must_open(&one, folder, STORE_OS);
    cr_expect_eq(shelf_open(&two, &o, &d), ERR_CONFLICT);
    cr_expect_not_null(strstr(d.msg, "another"));
    shelf_close(&two);
    shelf_close(&one);
    folder_remove(folder);
}

/* ---- a disk that fails ---- */

struct bad_disk {
    size_t calls, fail_at;
};

static bool fails(struct bad_disk *b)
{
    b->calls++;
    if (b->calls >= b->fail_at) {
        errno = ENOSPC;
        return true;
    }
    return false;
}

static int bad_create(void *ctx, const char *path)
{
    return fails(ctx) ? -1 : open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
}

/* Half of it is written before it fails, as a disk that fills up does. */
static ssize_t bad_write(void *ctx, int fd, const void *bytes, size_t count, off_t at)
{
    if (fails(ctx)) {
        (void)!pwrite(fd, bytes, count / 2, at);
        return -1;
    }
    return pwrite(fd, bytes, count, at);
}

static int bad_sync(void *ctx, int fd)
{
    return fails(ctx) ? -1 : fdatasync(fd);
}

Test(store, nothing_is_saved_that_the_disk_refused)
{
    /* The k-th call of the disk fails, and all behind it: what was told to be saved is there at the
     * next start, in order, and after the failure nothing is told to be saved. */
    (void)!freopen("/dev/null", "w", stderr); /* it says so, once each time */
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        char room[64], text[32];
        struct str folder = folder_new(room);
        struct bad_disk bad = {.fail_at = k};
        struct store_disk disk = {
            .create = bad_create, .write = bad_write, .sync = bad_sync, .ctx = &bad};
        struct store_options o = {.folder = folder,
                                  .durability = k % 2 == 0 ? STORE_FSYNC : STORE_OS,
                                  .segment_bytes = 200,
                                  .disk = &disk};
        struct shelf s;
        struct diag d = DIAG_INIT;
        cr_assert(shelf_open(&s, &o, &d) == ERR_OK, "%s", d.msg);
        int acknowledged = 0;
        failed = false;
        for (int i = 0; i < 12; i++) {
            (void)snprintf(text, sizeof(text), "entry %d", i);
            bool is_saved = saved(&s, put(&s, text)) == JOURNAL_SAVED;
            cr_expect(!(failed && is_saved), "saved after a failure");
            failed = failed || !is_saved;
            acknowledged += is_saved;
        }
        shelf_close(&s);
        must_open(&s, folder, STORE_OS);
        for (int i = 0; i < acknowledged; i++) {
            (void)snprintf(text, sizeof(text), "entry %d\n", i);
            cr_expect(str_contains(buf_str(&s.seen), str_of(text)), "k %zu: %s is lost", k, text);
        }
        shelf_close(&s);
        folder_remove(folder);
        cr_assert_lt(k, 100);
    }
}
