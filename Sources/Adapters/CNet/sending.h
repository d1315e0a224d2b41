// What both ways of sending in batches share: what the system takes in one message, and what its refusals mean.
#pragma once
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "include/cnet_datagrams.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    /// What every kernel with UDP_SEGMENT takes in one message.
    MAX_SEGMENTS = 64,
    MAX_BYTES = 65000,
    APART_PLACES = 512,
    /// For how long a socket whose runs were refused sends one by one, in seconds: routes change.
    APART_SECONDS = 60,
};

/// Sockets behind a device that cannot cut up runs, and until when that is remembered.
struct apart_memory {
    /// Whether any run has ever been refused, so that the others need not be looked for.
    int has_any;
    struct {
        int descriptor;
        time_t until;
    } places[APART_PLACES];
};

static inline time_t coarse_seconds(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

static inline void remember_apart(struct apart_memory *memory, int descriptor) {
    memory->has_any = 1;
    memory->places[(unsigned)descriptor % APART_PLACES].descriptor = descriptor;
    memory->places[(unsigned)descriptor % APART_PLACES].until = coarse_seconds() + APART_SECONDS;
}

static inline int may_segment(const struct apart_memory *memory, int descriptor) {
    if (!memory->has_any) return 1;
    unsigned place = (unsigned)descriptor % APART_PLACES;
    return memory->places[place].descriptor != descriptor || coarse_seconds() >= memory->places[place].until;
}

/// Whether a run that was refused with `code` may leave as single datagrams.
static inline int may_go_apart(int code) {
    return code == EIO || code == EINVAL || code == EMSGSIZE || code == EOPNOTSUPP || code == ENOPROTOOPT;
}

/// A device without checksums refuses every run; a small MTU only runs of what is larger.
static inline int concerns_all_runs(int code) { return code == EIO || code == EOPNOTSUPP || code == ENOPROTOOPT; }

/// Whether the error may be an older one, of an ICMP message for another datagram, that the socket tells only once.
static inline int may_be_old(int code) {
    return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == EMSGSIZE || code == EACCES ||
           code == EPROTO;
}

static inline void count_loss(struct cnet_send_counts *counts, int code, size_t datagrams) {
    if (code == EAGAIN || code == EWOULDBLOCK || code == ENOBUFS || code == ENOMEM) counts->full += datagrams;
    else if (code == EMSGSIZE) counts->too_large += datagrams;
    else if (code == ENETUNREACH || code == EHOSTUNREACH || code == ECONNREFUSED || code == ENETDOWN)
        counts->unreachable += datagrams;
    else counts->refused += datagrams;
}

static inline void add_control(struct msghdr *header, int level, int type, const void *value, size_t size) {
    struct cmsghdr *part = (struct cmsghdr *)((char *)header->msg_control + header->msg_controllen);
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(part), value, size);
    header->msg_controllen += CMSG_SPACE(size);
}
