/* mhd_plain.c -- Built while configuring: does libmicrohttpd's archive link beside no_gnutls.c? */
#include <microhttpd.h>

int main(void)
{
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, NULL, NULL, MHD_OPTION_END);
    MHD_stop_daemon(daemon);
    return 0;
}
