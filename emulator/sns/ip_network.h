/* ip_network.h -- Addresses and networks of IPv4 and IPv6 as texts: "10.0.0.0/8", "2001:db8::/32".
 * Source: RFC 4632 section 3.1; RFC 4291 sections 2.2 and 2.3. */
#ifndef AFORO_EMULATOR_SNS_IP_NETWORK_H
#define AFORO_EMULATOR_SNS_IP_NETWORK_H

#include "base/str.h"

struct ip_address {
    unsigned char bytes[16];
    size_t count; /* 4 or 16 */
};
struct ip_network {
    struct ip_address first; /* no bit behind `bits` is set, or it is none */
    size_t bits;
};
bool ip_address_read(struct str text, struct ip_address *ret_address);
bool ip_network_read(struct str text, struct ip_network *ret_network);
bool ip_network_has(const struct ip_network *network, const struct ip_address *address);

#endif
