/* anonymise.c -- A Feistel network over the characters that may change: each half in turn is
 * shifted by a hash of the other one, each character within its own alphabet. Every step can be
 * undone by whoever has the key, so no two texts of one form meet. Texts that are not all ASCII
 * enter the hash as a whole: two of those meet by chance alone. */
#include "replay/anonymise.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"

#define ROUNDS 10
#define BLOCK 32 /* bytes of one HMAC */

/* ---- alphabets ---- */

struct alphabet {
    unsigned char first, size; /* size 0: the character stays */
};

static struct alphabet alphabet_of(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return (struct alphabet){'0', 10};
    }
    if (c >= 'A' && c <= 'Z') {
        return (struct alphabet){'A', 26};
    }
    if (c >= 'a' && c <= 'z') {
        return (struct alphabet){'a', 26};
    }
    return (struct alphabet){0, 0};
}

/* One character that changes. */
struct symbol {
    struct alphabet alphabet;
    unsigned char value; /* below alphabet.size */
    size_t at;           /* in the text */
};

/* ---- the network ---- */

struct network {
    struct str key;
    struct str tweak; /* the text where its letters do not tell it: not all of it is ASCII */
    struct arena *scratch;
};

/* Shifts `count` symbols by what the others and the round say. */
static void shift(const struct network *n, struct symbol *symbols, size_t count,
                  const struct symbol *others, size_t other_count, unsigned char round)
{
    struct buf message;
    uint8_t block[BLOCK];
    buf_init(&message, n->scratch, n->tweak.len + other_count + 64);
    buf_add_char(&message, (char)round);
    buf_add(&message, n->tweak);
    buf_add_u64(&message, count);
    for (size_t i = 0; i < other_count; i++) {
        buf_add_char(&message, (char)(others[i].alphabet.first + others[i].value));
    }
    size_t length = message.len;
    for (size_t i = 0; i < count; i++) {
        if (i % BLOCK == 0) {
            buf_truncate(&message, length);
            buf_add_char(&message, '/');
            buf_add_u64(&message, i / BLOCK);
            hash_hmac_sha256(n->key, buf_str(&message), block);
        }
        struct symbol *s = &symbols[i];
        s->value = (unsigned char)((s->value + block[i % BLOCK]) % s->alphabet.size);
    }
}

static void permute(const struct network *n, struct symbol *symbols, size_t count)
{
    size_t half = count / 2;
    for (unsigned char round = 0; round < ROUNDS; round++) {
        if (round % 2 == 0) {
            shift(n, symbols + half, count - half, symbols, half, round);
        } else {
            shift(n, symbols, half, symbols + half, count - half, round);
        }
    }
}

/* `number`: the first digit of several, when it is none of 0, stays none. */
static void mask(const struct anonymiser *an, struct str text, bool number, struct buf *out)
{
    struct arena *scratch = arena_new("anonymise", ARENA_TASK_BYTES_MAX);
    struct symbol *symbols = NEW_ARRAY(scratch, struct symbol, text.len);
    struct network n = {.key = an->key, .tweak = STR_EMPTY, .scratch = scratch};
    size_t count = 0, from = out->len;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (number && (c == 'e' || c == 'E')) {
            buf_add(out, str_from(text, i)); /* the exponent stays */
            break;
        }
        if (c >= 0x80) {
            n.tweak = text;
            c = (unsigned char)('a' + c % 26);
        }
        struct alphabet alphabet = alphabet_of(c);
        buf_add_char(out, (char)c);
        if (alphabet.size == 0) {
            continue;
        }
        if (number && count == 0 && c != '0') {
            alphabet = (struct alphabet){'1', 9};
        }
        symbols[count++] = (struct symbol){
            .alphabet = alphabet, .value = (unsigned char)(c - alphabet.first), .at = from + i};
    }
    permute(&n, symbols, count);
    for (size_t i = 0; i < count; i++) {
        out->ptr[symbols[i].at] = (char)(symbols[i].alphabet.first + symbols[i].value);
    }
    arena_free(scratch);
}

void anonymise_text(const struct anonymiser *an, struct str text, struct buf *out)
{
    mask(an, text, false, out);
}

/* ---- records ---- */

/* Whether the path begins with this name; its rest is empty, or ".more". */
static bool path_enters(const struct json *node, struct str path, struct str *ret_rest)
{
    if (!str_starts(path, node->key)) {
        return false;
    }
    *ret_rest = str_from(path, node->key.len);
    return ret_rest->len == 0 || ret_rest->ptr[0] == '.';
}

static void mask_value(const struct anonymiser *an, struct json *node, struct arena *a,
                       uint64_t *found)
{
    struct buf masked;
    if (json_is(node, JSON_IS_STRING) || json_is(node, JSON_IS_NUMBER)) {
        buf_init(&masked, a, node->text.len + 64);
        mask(an, node->text, json_is(node, JSON_IS_NUMBER), &masked);
        node->text = buf_str(&masked);
        ++*found;
    }
    for (struct json *child = node->first; child != NULL; child = child->next) {
        mask_value(an, child, a, found);
    }
}

/* The values at `path` below the node. */
static void mask_path(const struct anonymiser *an, struct json *node, struct str path,
                      struct arena *a, uint64_t *found)
{
    if (json_is(node, JSON_IS_ARRAY)) {
        for (struct json *item = node->first; item != NULL; item = item->next) {
            mask_path(an, item, path, a, found);
        }
        return;
    }
    if (!json_is(node, JSON_IS_OBJECT)) {
        return;
    }
    for (struct json *child = node->first; child != NULL; child = child->next) {
        struct str rest;
        if (!path_enters(child, path, &rest)) {
            continue;
        }
        if (rest.len == 0) {
            mask_value(an, child, a, found);
        } else {
            mask_path(an, child, str_from(rest, 1), a, found);
        }
    }
}

void anonymise_record(const struct anonymiser *an, struct str record, struct arena *scratch,
                      struct buf *out)
{
    struct arena_mark start = arena_mark(scratch);
    struct diag ignored = DIAG_INIT;
    struct json *tree;
    if (json_parse(scratch, record, &tree, &ignored) != ERR_OK) {
        anonymise_text(an, record, out);
    } else {
        for (size_t i = 0; i < an->field_count; i++) {
            mask_path(an, tree, an->fields[i], scratch, &an->found[i]);
        }
        json_write(out, tree);
    }
    arena_rewind(scratch, start);
}
