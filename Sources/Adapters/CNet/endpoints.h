// Between the system's socket addresses and ours.
#pragma once
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "include/cnet_datagrams.h"

static inline void endpoint_read(const struct sockaddr_storage *address, struct cnet_endpoint *endpoint) {
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        uint64_t halves[2];
        memcpy(halves, &v6->sin6_addr, sizeof halves);
        *endpoint = (struct cnet_endpoint){
            .high = be64toh(halves[0]), .low = be64toh(halves[1]),
            .port = ntohs(v6->sin6_port), .is_v6 = 1};
        return;
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    *endpoint = (struct cnet_endpoint){.low = ntohl(v4->sin_addr.s_addr), .port = ntohs(v4->sin_port)};
}

static inline socklen_t endpoint_write(const struct cnet_endpoint *endpoint, struct sockaddr_storage *address) {
    if (endpoint->is_v6) {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
        uint64_t halves[2] = {htobe64(endpoint->high), htobe64(endpoint->low)};
        memcpy(&v6.sin6_addr, halves, sizeof halves);
        memcpy(address, &v6, sizeof v6);
        return sizeof v6;
    }
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(endpoint->port),
        .sin_addr.s_addr = htonl((uint32_t)endpoint->low)};
    memcpy(address, &v4, sizeof v4);
    return sizeof v4;
}

static inline int endpoint_equal(const struct cnet_endpoint *a, const struct cnet_endpoint *b) {
    return a->low == b->low && a->port == b->port && a->high == b->high && a->is_v6 == b->is_v6;
}
