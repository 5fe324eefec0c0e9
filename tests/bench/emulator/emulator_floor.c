/* The least a server on libmicrohttpd can do: reads a request and answers fixed bytes; with `md5`
 * it also digests the body, which S3's ETag asks of everyone. As the emulator's front runs it:
 * epoll, a pool of two, 32 KiB a connection. emulator_floor PORT ANSWER_BYTES [md5] */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct floor {
    char *answer;
    size_t answer_bytes;
    bool md5;
};
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **state)
{
    const struct floor *f = context;
    EVP_MD_CTX *digest = *state;
    (void)url, (void)method, (void)version;
    if (digest == NULL) {
        *state = digest = EVP_MD_CTX_new();
        return digest != NULL && EVP_DigestInit_ex(digest, EVP_md5(), NULL) == 1 ? MHD_YES : MHD_NO;
    }
    if (*upload_bytes > 0) {
        if (f->md5) {
            (void)EVP_DigestUpdate(digest, upload, *upload_bytes);
        }
        *upload_bytes = 0;
        return MHD_YES;
    }
    struct MHD_Response *r =
        MHD_create_response_from_buffer(f->answer_bytes, f->answer, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(connection, 200, r);
    MHD_destroy_response(r);
    return queued;
}

static void completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how)
{
    (void)context, (void)connection, (void)how;
    EVP_MD_CTX_free(*state);
}

int main(int argc, char **argv)
{
    struct floor f = {.md5 = argc > 3};
    struct sockaddr_in at = {.sin_family = AF_INET};
    if (argc < 3) {
        return 2;
    }
    f.answer_bytes = strtoull(argv[2], NULL, 10);
    f.answer = malloc(f.answer_bytes + 1);
    memset(f.answer, 'x', f.answer_bytes);
    at.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, handle, &f,
                         MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_THREAD_POOL_SIZE,
                         2u, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)32768, MHD_OPTION_END);
    if (d == NULL) {
        return 1;
    }
    pause();
    return 0;
}
