#define _GNU_SOURCE
#include "include/cnet_datagrams.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/errqueue.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoints.h"

// MARK: Sockets

static int set(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof value);
}

/// The options of a fresh socket. Those that only some systems have may fail.
static void prepare(int descriptor, int is_v6, int options) {
    if (is_v6) {
        set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        set(descriptor, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
        set(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    } else {
        set(descriptor, IPPROTO_IP, IP_RECVTOS, 1);
        set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    }
    if (options & CNET_UDP_ERRORS)
        set(descriptor, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_RECVERR : IP_RECVERR, 1);
}

int cnet_udp_open(const struct cnet_endpoint *local, int options) {
    int descriptor = socket(local->is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    prepare(descriptor, local->is_v6, options);
    struct sockaddr_storage address;
    socklen_t length = endpoint_write(local, &address);
    if ((!(options & CNET_UDP_SHARED) || set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) == 0) &&
        bind(descriptor, (const struct sockaddr *)&address, length) == 0)
        return descriptor;
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

void cnet_udp_set_buffers(int descriptor, int receive, int send) {
    if (receive > 0 && set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, receive) != 0)
        set(descriptor, SOL_SOCKET, SO_RCVBUF, receive);
    if (send > 0 && set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, send) != 0)
        set(descriptor, SOL_SOCKET, SO_SNDBUF, send);
}

int cnet_udp_buffer(int descriptor, int sending) {
    int bytes = 0;
    socklen_t length = sizeof bytes;
    if (getsockopt(descriptor, SOL_SOCKET, sending ? SO_SNDBUF : SO_RCVBUF, &bytes, &length) != 0) return -1;
    // The system keeps twice what it grants, for its own bookkeeping. socket(7)
    return bytes / 2;
}

uint32_t cnet_udp_drops(int descriptor) {
    uint32_t figures[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof figures;
    return getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, figures, &length) == 0 ? figures[SK_MEMINFO_DROPS] : 0;
}

int cnet_udp_local(int descriptor, struct cnet_endpoint *local) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return -1;
    endpoint_read(&address, local);
    return 0;
}

int cnet_udp_source(const struct cnet_endpoint *destination, struct cnet_endpoint *source) {
    struct sockaddr_storage address;
    socklen_t length = endpoint_write(destination, &address);
    int descriptor = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int status = connect(descriptor, (const struct sockaddr *)&address, length);
    if (status == 0) status = cnet_udp_local(descriptor, source);
    int code = errno;
    close(descriptor);
    errno = code;
    return status;
}

int cnet_udp_error(int descriptor, struct cnet_icmp_error *error) {
    struct sockaddr_storage address;
    char control[512], bytes[1];
    struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control};
    while (1) {
        // The system may give no name.
        memset(&address, 0, sizeof address);
        message.msg_name = &address;
        message.msg_namelen = sizeof address;
        message.msg_controllen = sizeof control;
        if (recvmsg(descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
        for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
            if (!(part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) &&
                !(part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR))
                continue;
            struct sock_extended_err what;
            memcpy(&what, CMSG_DATA(part), sizeof what);
            if (what.ee_origin != SO_EE_ORIGIN_ICMP && what.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
            endpoint_read(&address, &error->destination);
            error->type = what.ee_type;
            error->code = what.ee_code;
            error->mtu = what.ee_errno == EMSGSIZE ? what.ee_info : 0;
            return 1;
        }
    }
}

// MARK: Receiving

/// Any UDP datagram, of IPv4 or IPv6.
enum { LARGEST = 65536, PAGE = 4096, CONTROL = CMSG_SPACE(sizeof(int)) };

struct cnet_slab {
    int slots;
    /// Between the starts of two slots: whole pages, an odd number of them, so that slots do not meet in the caches.
    size_t stride, headroom, mapped;
    uint8_t *memory;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_storage *names;
    char (*controls)[CONTROL];
    struct cnet_arrival *arrivals;
};

struct cnet_slab *cnet_slab_create(int slots, size_t headroom) {
    struct cnet_slab *slab = calloc(1, sizeof *slab);
    if (!slab) return 0;
    size_t count = (size_t)slots;
    slab->slots = slots;
    slab->headroom = headroom;
    slab->stride = ((headroom + LARGEST + PAGE - 1) / PAGE | 1) * PAGE;
    slab->mapped = slab->stride * count;
    slab->memory = mmap(0, slab->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (slab->memory == MAP_FAILED) slab->memory = 0;
    // A huge page would be filled for one small datagram.
    if (slab->memory) madvise(slab->memory, slab->mapped, MADV_NOHUGEPAGE);
    slab->messages = calloc(count, sizeof *slab->messages);
    slab->vectors = calloc(count, sizeof *slab->vectors);
    slab->names = calloc(count, sizeof *slab->names);
    slab->controls = calloc(count, sizeof *slab->controls);
    slab->arrivals = calloc(count, sizeof *slab->arrivals);
    if (!slab->memory || !slab->messages || !slab->vectors || !slab->names || !slab->controls || !slab->arrivals) {
        cnet_slab_free(slab);
        return 0;
    }
    for (int slot = 0; slot < slots; slot++) {
        slab->vectors[slot] = (struct iovec){.iov_base = cnet_slab_bytes(slab, slot), .iov_len = LARGEST};
        slab->messages[slot].msg_hdr = (struct msghdr){
            .msg_name = &slab->names[slot], .msg_namelen = sizeof slab->names[slot],
            .msg_iov = &slab->vectors[slot], .msg_iovlen = 1,
            .msg_control = slab->controls[slot], .msg_controllen = CONTROL};
    }
    return slab;
}

void cnet_slab_free(struct cnet_slab *slab) {
    if (slab->memory) munmap(slab->memory, slab->mapped);
    free(slab->messages);
    free(slab->vectors);
    free(slab->names);
    free(slab->controls);
    free(slab->arrivals);
    free(slab);
}

uint8_t *cnet_slab_bytes(const struct cnet_slab *slab, int slot) {
    return slab->memory + slab->stride * (size_t)slot + slab->headroom;
}

const struct cnet_arrival *cnet_slab_arrival(const struct cnet_slab *slab, int slot) {
    return &slab->arrivals[slot];
}

static uint8_t traffic_class(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TOS) return *(uint8_t *)CMSG_DATA(part);
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_TCLASS) {
            int value;
            memcpy(&value, CMSG_DATA(part), sizeof value);
            return (uint8_t)value;
        }
    }
    return 0;
}

int cnet_slab_receive(struct cnet_slab *slab, int descriptor, int first, int limit) {
    if (first < 0 || first >= slab->slots) return 0;
    if (limit > slab->slots - first) limit = slab->slots - first;
    int count = recvmmsg(descriptor, slab->messages + first, (unsigned)limit, MSG_DONTWAIT, 0);
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    for (int slot = first; slot < first + count; slot++) {
        struct mmsghdr *message = &slab->messages[slot];
        struct cnet_arrival *arrival = &slab->arrivals[slot];
        // Without a name there is what an earlier datagram has left.
        if (message->msg_hdr.msg_namelen > 0) endpoint_read(&slab->names[slot], &arrival->from);
        else arrival->from = (struct cnet_endpoint){0};
        arrival->count = message->msg_len;
        arrival->traffic_class = traffic_class(&message->msg_hdr);
        message->msg_hdr.msg_namelen = sizeof slab->names[slot];
        message->msg_hdr.msg_controllen = CONTROL;
    }
    return count;
}

// MARK: Interfaces

int cnet_interfaces(struct cnet_interface *addresses, int capacity) {
    struct ifaddrs *list = 0;
    if (getifaddrs(&list) != 0) return -1;
    int count = 0;
    for (struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP)) continue;
        int family = entry->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        if (family == AF_INET6 &&
            IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)entry->ifa_addr)->sin6_addr))
            continue;
        if (count++ >= capacity) continue;
        struct cnet_interface *address = &addresses[count - 1];
        memset(address, 0, sizeof *address);
        endpoint_read((const struct sockaddr_storage *)(const void *)entry->ifa_addr, &address->address);
        address->is_loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
        strncpy(address->name, entry->ifa_name, sizeof address->name - 1);
    }
    freeifaddrs(list);
    return count;
}

int cnet_watch_interfaces(void) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return -1;
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    if (bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0) return descriptor;
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

void cnet_drain(int descriptor) {
    char bytes[8192];
    for (int turn = 0; turn < 64 && (recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) >= 0 || errno == ENOBUFS);
         turn++) {}
}
