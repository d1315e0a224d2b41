// Sends runs of datagrams that lie behind each other in memory already: each leaves as one message, and many messages as
// one system call. There is nothing to look up and nothing to gather, so a run costs the same however long it is.
#define _GNU_SOURCE
#include <stdlib.h>

#include "endpoints.h"
#include "include/cnet_datagrams.h"
#include "sending.h"

enum { CONTROL = CMSG_SPACE(sizeof(uint16_t)) };

/// What a message needs besides its header.
struct run {
    union {
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name;
    struct iovec vector;
    int descriptor;
    uint32_t segment;
    _Alignas(struct cmsghdr) char control[CONTROL];
};

struct cnet_runs {
    int capacity, count;
    struct mmsghdr *messages;
    struct run *runs;
    struct apart_memory apart;
    struct cnet_send_counts counts;
};

struct cnet_runs *cnet_runs_create(int capacity) {
    struct cnet_runs *runs = calloc(1, sizeof *runs);
    if (!runs || capacity < 1) return free(runs), (struct cnet_runs *)0;
    runs->capacity = capacity;
    runs->messages = calloc((size_t)capacity, sizeof *runs->messages);
    runs->runs = calloc((size_t)capacity, sizeof *runs->runs);
    if (!runs->messages || !runs->runs) return cnet_runs_free(runs), (struct cnet_runs *)0;
    for (int index = 0; index < capacity; index++) {
        struct msghdr *header = &runs->messages[index].msg_hdr;
        struct run *run = &runs->runs[index];
        header->msg_name = &run->name;
        header->msg_iov = &run->vector;
        header->msg_iovlen = 1;
        struct cmsghdr *part = (struct cmsghdr *)run->control;
        part->cmsg_level = IPPROTO_UDP;
        part->cmsg_type = UDP_SEGMENT;
        part->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    }
    return runs;
}

void cnet_runs_free(struct cnet_runs *runs) {
    free(runs->messages);
    free(runs->runs);
    free(runs);
}

const struct cnet_send_counts *cnet_runs_counts(const struct cnet_runs *runs) { return &runs->counts; }
int cnet_runs_waiting(const struct cnet_runs *runs) { return runs->count; }

static void add_message(
    struct cnet_runs *runs, int descriptor, const struct cnet_endpoint *to, const void *start, size_t count,
    uint32_t segment) {
    int index = runs->count++;
    struct run *run = &runs->runs[index];
    struct msghdr *header = &runs->messages[index].msg_hdr;
    if (to->is_v6) {
        struct sockaddr_storage name;
        header->msg_namelen = endpoint_write(to, &name);
        memcpy(&run->name.v6, &name, sizeof run->name.v6);
    } else {
        run->name.v4 = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = htons(to->port), .sin_addr.s_addr = htonl((uint32_t)to->low)};
        header->msg_namelen = sizeof run->name.v4;
    }
    run->vector = (struct iovec){.iov_base = (void *)start, .iov_len = count};
    run->descriptor = descriptor;
    run->segment = segment;
    if (count > segment) {
        uint16_t size = (uint16_t)segment;
        memcpy(CMSG_DATA((struct cmsghdr *)run->control), &size, sizeof size);
        header->msg_control = run->control;
        header->msg_controllen = CONTROL;
    } else {
        header->msg_control = 0;
        header->msg_controllen = 0;
    }
}

int cnet_runs_add(
    struct cnet_runs *runs, int descriptor, const struct cnet_endpoint *to, const void *start, size_t count,
    uint32_t segment) {
    if (segment == 0 || segment > count || segment > UINT16_MAX) segment = (uint32_t)count;
    size_t largest = segment ? MAX_BYTES / segment : 1;
    if (largest > MAX_SEGMENTS) largest = MAX_SEGMENTS;
    if (largest == 0 || !may_segment(&runs->apart, descriptor)) largest = 1;
    size_t messages = count ? (count + largest * segment - 1) / (largest * segment) : 1;
    if (messages > (size_t)(runs->capacity - runs->count)) return -1;
    for (size_t offset = 0; messages > 0; messages--) {
        size_t part = count - offset < largest * segment ? count - offset : largest * segment;
        add_message(runs, descriptor, to, (const char *)start + offset, part, segment);
        offset += part;
    }
    return 0;
}

static size_t datagrams_in(const struct run *run) {
    size_t count = run->vector.iov_len;
    return count > run->segment ? (count + run->segment - 1) / run->segment : 1;
}

static void count_run(struct cnet_runs *runs, const struct run *run) {
    runs->counts.datagrams += datagrams_in(run);
    runs->counts.bytes += run->vector.iov_len;
    if (run->vector.iov_len > run->segment) runs->counts.segmented++;
}

/// Sends the datagrams of a run one by one, because the system would not take them as one message.
static void send_apart(struct cnet_runs *runs, const struct msghdr *whole, const struct run *run) {
    runs->counts.unsegmented++;
    for (size_t offset = 0; offset < run->vector.iov_len; offset += run->segment) {
        size_t left = run->vector.iov_len - offset;
        struct iovec vector = {
            .iov_base = (char *)run->vector.iov_base + offset, .iov_len = left < run->segment ? left : run->segment};
        struct msghdr one = {
            .msg_name = whole->msg_name, .msg_namelen = whole->msg_namelen, .msg_iov = &vector, .msg_iovlen = 1};
        for (int is_retry = 0;; is_retry = 1) {
            runs->counts.calls++;
            if (sendmsg(run->descriptor, &one, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
                runs->counts.datagrams++;
                runs->counts.bytes += vector.iov_len;
                break;
            }
            if (!is_retry && (errno == EINTR || may_be_old(errno))) continue;
            count_loss(&runs->counts, errno, 1);
            break;
        }
    }
}

/// Deals with the run that the system refused. Returns whether it is to be tried again.
static int refused(struct cnet_runs *runs, int index, int code, int is_retry) {
    const struct run *run = &runs->runs[index];
    if (code == EINTR) return 1;
    if (!is_retry && may_be_old(code)) return 1;
    if (run->vector.iov_len > run->segment && may_go_apart(code)) {
        if (concerns_all_runs(code)) remember_apart(&runs->apart, run->descriptor);
        send_apart(runs, &runs->messages[index].msg_hdr, run);
    } else {
        count_loss(&runs->counts, code, datagrams_in(run));
    }
    return 0;
}

/// Sends the runs from `first` to before `end`, all of one socket.
static void send_messages(struct cnet_runs *runs, int first, int end) {
    for (int is_retry = 0; first < end;) {
        runs->counts.calls++;
        int count = sendmmsg(runs->runs[first].descriptor, runs->messages + first, (unsigned)(end - first),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) {
            for (int index = first; index < first + count; index++) count_run(runs, &runs->runs[index]);
            first += count;
            is_retry = 0;
        } else if (refused(runs, first, errno, is_retry)) {
            is_retry = 1;
        } else {
            first++;
            is_retry = 0;
        }
    }
}

void cnet_runs_flush(struct cnet_runs *runs) {
    for (int first = 0; first < runs->count;) {
        int end = first + 1;
        while (end < runs->count && runs->runs[end].descriptor == runs->runs[first].descriptor) end++;
        send_messages(runs, first, end);
        first = end;
    }
    runs->count = 0;
}
