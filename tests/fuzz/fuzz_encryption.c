/* fuzz_encryption.c -- Headers of encryption on a write and on a read: what was written under a
 * customer's key is read by that key and by no other, what was not takes none, and a key is taken
 * only with its own MD5.
 *
 * An input is text: the write's header lines, the byte 0x1e, the read's. Lines of other headers are
 * left out. */
#include <string.h>
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "emulator_client.h"
#include "fuzz_check.h"

#define SSE "x-amz-server-side-encryption"
#define LINES_MAX 16

static bool is_customers(struct str name)
{
    return str_eq_nocase(name, STR(SSE "-customer-algorithm")) ||
           str_eq_nocase(name, STR(SSE "-customer-key")) ||
           str_eq_nocase(name, STR(SSE "-customer-key-MD5"));
}

/* The lines that are about encryption, or only those of a customer's key. */
static const char *lines_of(struct arena *a, struct str text, bool customers)
{
    struct buf out;
    size_t count = 0;
    buf_init(&out, a, text.len + 2);
    for (struct str rest = text, line, name, value; str_cut(&rest, '\n', &line);) {
        bool whole = str_split(line, ':', &name, &value) && str_find(line, '\0') == STR_NONE;
        if (whole && count < LINES_MAX &&
            (customers ? is_customers(name) : str_starts_nocase(name, STR(SSE)))) {
            buf_add(&out, line);
            buf_add_char(&out, '\n');
            count++;
        }
    }
    return str_z(a, buf_str(&out));
}

/* The last value of a header in lines, as client_s3 sends it. */
static struct str said(const char *lines, struct str header)
{
    struct str found = STR_EMPTY;
    for (struct str rest = str_of(lines), line, name, value; str_cut(&rest, '\n', &line);) {
        if (str_split(line, ':', &name, &value) && str_eq_nocase(name, header)) {
            found = str_trim(value);
        }
    }
    return found;
}

static bool says_key(const char *lines)
{
    return said(lines, STR(SSE "-customer-algorithm")).len > 0 ||
           said(lines, STR(SSE "-customer-key")).len > 0 ||
           said(lines, STR(SSE "-customer-key-MD5")).len > 0;
}

/* RFC 1321's digest of the key, in base64. */
static struct str md5_of_key(struct arena *a, struct str key)
{
    struct buf plain, text;
    struct diag d = DIAG_INIT;
    uint8_t digest[16];
    buf_init(&plain, a, key.len + 4);
    CHECK(decode_base64(&plain, key, &d) == ERR_OK && plain.len == 32);
    hash_md5(buf_str(&plain), digest);
    buf_init(&text, a, 64);
    encode_base64(&text, str_n((const char *)digest, sizeof digest));
    return buf_str(&text);
}

static int answered(int status)
{
    CHECK(status == 200 || (status >= 400 && status < 500) || status == 501);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct emulator_client c = client_new();
    struct str first = STR_EMPTY, second = str_n((const char *)data, size);
    (void)str_cut(&second, 0x1e, &first);
    const char *write = lines_of(c.arena, first, false), *read = lines_of(c.arena, second, false);
    struct str md5 = said(write, STR(SSE "-customer-key-MD5"));
    CHECK(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY) == 200);
    if (answered(client_s3(&c, "PUT", "/bkt/k", write, STR("abc"))) == 200) {
        bool under = says_key(write);
        CHECK(!under || str_eq(md5, md5_of_key(c.arena, said(write, STR(SSE "-customer-key")))));
        const char *own = lines_of(c.arena, first, true);
        CHECK(client_s3(&c, "GET", "/bkt/k", own, STR_EMPTY) == 200);
        CHECK(strcmp(client_body(&c), "abc") == 0);
        CHECK(str_eq(str_of(client_header(&c, SSE "-customer-key-MD5")), under ? md5 : STR_EMPTY));
        if (answered(client_s3(&c, "GET", "/bkt/k", read, STR_EMPTY)) == 200) {
            CHECK(says_key(read) == under);
            CHECK(!under || str_eq(said(read, STR(SSE "-customer-key-MD5")), md5));
        }
    } else {
        CHECK(client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY) == 404);
    }
    client_free(&c);
    return 0;
}
