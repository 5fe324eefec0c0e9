/* Criterion starts a process a test, and each starts libgit2, which reads all of the machine's
 * certificates to compare texts with: a fifth of a small test's time. No test here asks for them
 * by way of mbedTLS, so there are none to find: these stand in front of the library's own. */
struct mbedtls_x509_crt;
__attribute__((visibility("default"))) int
mbedtls_x509_crt_parse_file(struct mbedtls_x509_crt *chain, const char *path);
__attribute__((visibility("default"))) int
mbedtls_x509_crt_parse_path(struct mbedtls_x509_crt *chain, const char *path);

int mbedtls_x509_crt_parse_file(struct mbedtls_x509_crt *chain, const char *path)
{
    (void)chain;
    (void)path;
    return 0;
}

int mbedtls_x509_crt_parse_path(struct mbedtls_x509_crt *chain, const char *path)
{
    return mbedtls_x509_crt_parse_file(chain, path);
}
