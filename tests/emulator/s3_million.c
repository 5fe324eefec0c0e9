/* s3_million.c -- A million keys in one bucket: pages, and common prefixes over all of them, by
 * their definition and in milliseconds. Not a Criterion test: one bucket, filled once, is asked
 * everything. Says what it measured. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/instant.h"
#include "base/limits.h"
#include "emulator/emulator.h"
#include "wire/xml.h"

#define KEYS 1000000
#define PAGE_MS_MAX 150 /* of processor time, in a build without optimisation */

struct world {
    struct arena *arena; /* one request's */
    struct emulator *emulator;
};

static void check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        exit(1);
    }
}

/* The processor's time: other programs do not count. */
static double ms_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct http_response ask(struct world *w, const char *method, struct str path,
                                struct str query)
{
    struct http_request r;
    arena_reset(w->arena);
    http_request_init(&r, w->arena, method, STR("127.0.0.1:4566"), str_copy(w->arena, path));
    r.query = str_copy(w->arena, query);
    return emulator_dispatch(w->emulator, &r, STR("million"), 0, w->arena).response;
}

/* "d7/k0123456" for the number 123456: ten folders, in the order of bytes. */
static const char *key_of(int i)
{
    static char key[32];
    snprintf(key, sizeof key, "d%d/k%07d", i / (KEYS / 10), i);
    return key;
}

static const struct xml *list(struct world *w, const char *query, double *worst_ms)
{
    struct xml *root;
    struct diag d = DIAG_INIT;
    double from = ms_now();
    struct http_response answer = ask(w, "GET", STR("/million"), str_of(query));
    double took = ms_now() - from;
    *worst_ms = took > *worst_ms ? took : *worst_ms;
    check(answer.status == 200, query);
    check(xml_parse(w->arena, answer.body, &root, &d) == ERR_OK, "XML");
    return root;
}

static size_t count_of(const struct xml *root, const char *name)
{
    size_t count = 0;
    for (const struct xml *at = xml_child(root, name); at != NULL; at = xml_next(at, name)) {
        count++;
    }
    return count;
}

/* Every hundredth page, found by start-after: exactly the keys that follow. */
static void pages(struct world *w, double *worst_ms)
{
    for (int first = 0; first + 1000 < KEYS; first += 100000 - 500) {
        char query[100];
        snprintf(query, sizeof query, "list-type=2&start-after=%s", key_of(first));
        int i = first + 1;
        const struct xml *root = list(w, query, worst_ms);
        for (const struct xml *at = xml_child(root, "Contents"); at != NULL;
             at = xml_next(at, "Contents"), i++) {
            check(str_eq(xml_text(at, "Key"), str_of(key_of(i))), "keys follow each other");
        }
        check(i == first + 1001, "a page has 1000 keys");
    }
}

int main(void)
{
    struct emulator_options options = {.seed = 1, .limits_off = true};
    struct arena *home = arena_new("million", 8 * GIB);
    struct world w = {.arena = arena_new("request", 256 * MIB)};
    double page_ms = 0, prefix_ms = 0, from = ms_now();
    w.emulator = emulator_new(home, &options);
    check(ask(&w, "PUT", STR("/million"), STR_EMPTY).status == 200, "a bucket");
    for (int i = 0; i < KEYS; i++) {
        char path[64];
        snprintf(path, sizeof path, "/million/%s", key_of((int)((long long)i * 7919 % KEYS)));
        check(ask(&w, "PUT", str_of(path), STR_EMPTY).status == 200, path);
    }
    printf("%d keys put in %.1f s\n", KEYS, (ms_now() - from) / 1e3);
    pages(&w, &page_ms);
    const struct xml *root = list(&w, "list-type=2&delimiter=/", &prefix_ms);
    check(count_of(root, "CommonPrefixes") == 10 && count_of(root, "Contents") == 0, "ten folders");
    check(str_eq(xml_text(root, "IsTruncated"), STR("false")), "all of them");
    root = list(&w, "delimiter=k&prefix=d3/", &prefix_ms);
    check(count_of(root, "CommonPrefixes") == 1, "one prefix over 100000 keys");
    root = list(&w, "versions&delimiter=/&max-keys=3", &prefix_ms);
    check(count_of(root, "CommonPrefixes") == 3, "versions roll up, too");
    printf("slowest page of 1000 keys %.1f ms, slowest page of prefixes %.1f ms\n", page_ms,
           prefix_ms);
    check(page_ms < PAGE_MS_MAX && prefix_ms < PAGE_MS_MAX, "pages are quick");
    arena_free(w.arena);
    arena_free(home);
    return 0;
}
