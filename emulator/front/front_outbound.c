/* front_outbound.c -- The thread that delivers the emulator's calls out, one after the other, by
 * libcurl, signed where they are to be. The lock is free while a call is on its way. */
#include "front_parts.h"
#include "signer.h"

#include <curl/curl.h>
#include <string.h>

#define OUTBOUND_TIMEOUT_MS 15000L /* as long as SNS waits for an HTTP subscriber */
#define OUTBOUND_BODY_BYTES_MAX (1 * MIB)
#define SIGNATURE_TEXT_BYTES_MAX (4 * KIB)

static size_t body_take(char *bytes, size_t size, size_t count, void *body)
{
    struct buf *b = body;
    size_t len = size * count;
    if (b->len + len > OUTBOUND_BODY_BYTES_MAX) {
        return 0; /* ends the call: no subscriber has so much to say */
    }
    buf_add_bytes(b, bytes, len);
    return len;
}

/* Asked about once a second: not 0 ends the call. */
static int must_stop(void *front, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct front *f = front;
    (void)a, (void)b, (void)c, (void)d;
    front_lock(f);
    int stopping = f->stopping;
    front_unlock(f);
    return stopping;
}

static struct curl_slist *headers_of(const struct http_request *r, struct arena *a)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct http_header *h = &r->headers.items[i];
        struct str line = str_printf(a, "%.*s: %.*s", STR_ARG(h->name), STR_ARG(h->value));
        list = curl_slist_append(list, str_z(a, line));
    }
    return list;
}

/* What the thread keeps from call to call, made when first needed: most servers make no call. */
struct courier {
    CURL *curl;
    struct signer *signer;
    struct arena *arena; /* of the signer */
};

/* Makes the key, and tells where its certificate lies. The caller does not hold the lock. */
static void signer_make(struct front *f, struct courier *k)
{
    k->arena = k->arena != NULL ? k->arena : arena_new("signer", ARENA_TASK_BYTES_MAX);
    k->signer = signer_new(k->arena);
    if (k->signer != NULL) {
        front_lock(f);
        emulator_certificate(f->emulator, signer_path(k->signer), signer_pem(k->signer));
        front_unlock(f);
    }
}

/* Puts the signature into the body; a call that cannot be signed goes as it is. */
static void sign(struct front *f, struct courier *k, struct emulator_outbound *call,
                 struct arena *a)
{
    struct buf body, signature;
    if (call->sign_version == 0) {
        return;
    }
    if (k->signer == NULL) {
        signer_make(f, k);
    }
    buf_init(&signature, a, SIGNATURE_TEXT_BYTES_MAX);
    if (k->signer == NULL ||
        !signer_sign(k->signer, call->sign_version, call->sign_text, &signature)) {
        return;
    }
    struct str whole = call->request.body, path = signer_path(k->signer);
    buf_init(&body, a, whole.len + SIGNATURE_TEXT_BYTES_MAX + call->public_url.len);
    buf_add(&body, str_slice(whole, 0, call->sign_at));
    buf_addf(&body,
             ",\"SignatureVersion\":\"%d\",\"Signature\":\"%.*s\",\"SigningCertURL\":"
             "\"%.*s%.*s\"",
             call->sign_version, STR_ARG(buf_str(&signature)), STR_ARG(call->public_url),
             STR_ARG(path));
    buf_add(&body, str_from(whole, call->sign_at));
    call->request.body = buf_str(&body);
}

/* Performs one call; 0 when no answer came. */
static int deliver(struct front *f, CURL *curl, const struct emulator_outbound *call,
                   struct arena *a, struct buf *body)
{
    const struct http_request *r = &call->request;
    struct curl_slist *headers = headers_of(r, a);
    long status = 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, str_z(a, call->url));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, str_z(a, r->method));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (r->body.len > 0 || str_eq(r->method, STR("POST"))) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body.len > 0 ? r->body.ptr : "");
    }
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, OUTBOUND_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, must_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, f);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (curl_easy_perform(curl) == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    return (int)status;
}

/* Whoever is told of something must find it kept: a call out waits for the journal as answers do.
 * Under the lock, which is free meanwhile. false: it is not kept, or the front stops. */
static bool wait_until_saved(struct front *f, uint64_t journal_end)
{
    enum journal_saved saved = JOURNAL_LATER;
    if (!emulator_journal_waits(f->emulator)) { /* saves by itself, and not under the lock */
        front_unlock(f);
        saved = emulator_saved(f->emulator, journal_end);
        front_lock(f);
    }
    f->outbound_waits = true;
    while (saved == JOURNAL_LATER && !f->stopping) {
        saved = emulator_saved(f->emulator, journal_end);
        if (saved == JOURNAL_LATER) {
            front_wait(f, INSTANT_NEVER);
        }
    }
    f->outbound_waits = false;
    return saved == JOURNAL_SAVED;
}

/* Takes one call under the lock, delivers it without, reports under it; false: none is due. */
static bool deliver_next(struct front *f, struct courier *k, struct arena *a)
{
    struct emulator_outbound call;
    if (!emulator_outbound_take(f->emulator, front_now_us(f), a, &call)) {
        return false;
    }
    bool kept = wait_until_saved(f, call.journal_end);
    front_unlock(f);
    struct buf body;
    buf_init(&body, a, OUTBOUND_BODY_BYTES_MAX);
    if (kept && k->curl == NULL) { /* opens libcurl */
        k->curl = curl_easy_init();
    }
    if (kept) {
        sign(f, k, &call, a);
    }
    int status = kept && k->curl != NULL ? deliver(f, k->curl, &call, a, &body) : 0;
    front_lock(f);
    emulator_outbound_done(f->emulator, call.id, status, buf_str(&body), front_now_us(f));
    pthread_cond_broadcast(&f->news); /* it may have set a timer */
    return true;
}

void *outbound_run(void *front)
{
    struct front *f = front;
    struct arena *a = arena_new("outbound", ARENA_TASK_BYTES_MAX);
    struct courier k = {.curl = NULL};
    front_lock(f);
    while (!f->stopping) {
        if (deliver_next(f, &k, a)) {
            arena_reset(a);
        } else {
            front_wait(f, INSTANT_NEVER);
        }
    }
    front_unlock(f);
    curl_easy_cleanup(k.curl);
    signer_free(k.signer);
    if (k.arena != NULL) {
        arena_free(k.arena);
    }
    arena_free(a);
    return NULL;
}
