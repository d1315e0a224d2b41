// Sends datagrams in batches. Those from one socket to one destination form a lane; runs of equally large ones in a
// lane, of which the last may be shorter, leave as one message that the system cuts up (UDP_SEGMENT): most of the
// cost of sending is paid for each message, not for each byte. Nothing is copied.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoints.h"
#include "include/cnet_datagrams.h"
#include "sending.h"

enum {
    BUCKETS = 512,
    CONTROL = CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint16_t)),
};

/// A datagram, and the next of its lane or -1.
struct entry {
    const void *start;
    uint32_t count;
    int next;
};

struct lane {
    struct cnet_endpoint to;
    int descriptor;
    uint8_t traffic_class, dont_fragment, is_sent;
    int first, last;
    /// The next lane in the same bucket, and the next of the same descriptor; -1 for none.
    int next, sibling;
};

struct cnet_sender {
    int capacity, entry_count, lane_count, message_count, vector_count;
    struct apart_memory apart;
    struct entry *entries;
    struct lane *lanes;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_storage *names;
    char (*controls)[CONTROL];
    int16_t buckets[BUCKETS], latest_of_descriptor[BUCKETS];
    struct cnet_send_counts counts;
};

static void forget(struct cnet_sender *sender) {
    sender->entry_count = sender->lane_count = 0;
    memset(sender->buckets, 0xff, sizeof sender->buckets);
    memset(sender->latest_of_descriptor, 0xff, sizeof sender->latest_of_descriptor);
}

struct cnet_sender *cnet_sender_create(int capacity) {
    struct cnet_sender *sender = calloc(1, sizeof *sender);
    if (!sender || capacity < 1 || capacity > INT16_MAX) return free(sender), (struct cnet_sender *)0;
    size_t count = (size_t)capacity;
    sender->capacity = capacity;
    sender->entries = calloc(count, sizeof *sender->entries);
    sender->lanes = calloc(count, sizeof *sender->lanes);
    sender->messages = calloc(count, sizeof *sender->messages);
    sender->vectors = calloc(count, sizeof *sender->vectors);
    sender->names = calloc(count, sizeof *sender->names);
    sender->controls = calloc(count, sizeof *sender->controls);
    forget(sender);
    if (sender->entries && sender->lanes && sender->messages && sender->vectors && sender->names && sender->controls)
        return sender;
    cnet_sender_free(sender);
    return 0;
}

void cnet_sender_free(struct cnet_sender *sender) {
    free(sender->entries);
    free(sender->lanes);
    free(sender->messages);
    free(sender->vectors);
    free(sender->names);
    free(sender->controls);
    free(sender);
}

const struct cnet_send_counts *cnet_sender_counts(const struct cnet_sender *sender) { return &sender->counts; }
int cnet_sender_waiting(const struct cnet_sender *sender) { return sender->entry_count; }

// MARK: Collecting

static unsigned bucket_of(int descriptor, const struct cnet_endpoint *to) {
    uint64_t mixed = (to->low ^ to->high * 3 ^ (uint64_t)to->port << 32 ^ (uint64_t)(unsigned)descriptor << 48);
    return (unsigned)(mixed * 0x9E3779B97F4A7C15u >> 55) % BUCKETS;
}

/// The lane for this destination, made if there is none.
static struct lane *lane_for(
    struct cnet_sender *sender, int descriptor, const struct cnet_endpoint *to, uint8_t traffic_class,
    int dont_fragment) {
    int16_t *bucket = &sender->buckets[bucket_of(descriptor, to)];
    for (int index = *bucket; index >= 0; index = sender->lanes[index].next) {
        struct lane *lane = &sender->lanes[index];
        if (lane->descriptor == descriptor && lane->traffic_class == traffic_class &&
            lane->dont_fragment == dont_fragment && endpoint_equal(&lane->to, to))
            return lane;
    }
    int index = sender->lane_count++;
    struct lane *lane = &sender->lanes[index];
    *lane = (struct lane){
        .to = *to, .descriptor = descriptor, .traffic_class = traffic_class,
        .dont_fragment = (uint8_t)dont_fragment, .first = -1, .last = -1, .next = *bucket, .sibling = -1};
    *bucket = (int16_t)index;
    // Lanes of one socket leave together. A descriptor that shares the place of another only ends that one's chain.
    int16_t *latest = &sender->latest_of_descriptor[(unsigned)descriptor % BUCKETS];
    if (*latest >= 0 && sender->lanes[*latest].descriptor == descriptor) sender->lanes[*latest].sibling = index;
    *latest = (int16_t)index;
    return lane;
}

int cnet_sender_add(
    struct cnet_sender *sender, int descriptor, const struct cnet_endpoint *to, const void *start, size_t count,
    uint8_t traffic_class, int dont_fragment) {
    if (sender->entry_count == sender->capacity) return -1;
    struct lane *lane = lane_for(sender, descriptor, to, traffic_class, dont_fragment != 0);
    int index = sender->entry_count++;
    sender->entries[index] = (struct entry){.start = start, .count = (uint32_t)count, .next = -1};
    if (lane->last < 0) lane->first = index;
    else sender->entries[lane->last].next = index;
    lane->last = index;
    return 0;
}

// MARK: Messages

/// Puts the datagrams from `index` on that may share a message into the next message; returns the first that may not.
static int build_message(struct cnet_sender *sender, const struct lane *lane, int index, struct sockaddr_storage *name,
                         socklen_t length, int may_segment) {
    int number = sender->message_count++;
    struct msghdr *header = &sender->messages[number].msg_hdr;
    *header = (struct msghdr){
        .msg_name = name, .msg_namelen = length, .msg_iov = &sender->vectors[sender->vector_count],
        .msg_control = sender->controls[number]};
    uint32_t size = sender->entries[index].count;
    size_t total = 0;
    while (index >= 0) {
        const struct entry *entry = &sender->entries[index];
        if (header->msg_iovlen > 0 &&
            (!may_segment || entry->count > size || entry->count == 0 || header->msg_iovlen == MAX_SEGMENTS ||
             total + entry->count > MAX_BYTES))
            break;
        sender->vectors[sender->vector_count++] = (struct iovec){.iov_base = (void *)entry->start, .iov_len = entry->count};
        header->msg_iovlen++;
        total += entry->count;
        index = entry->next;
        if (entry->count < size || size == 0) break;
    }
    if (header->msg_iovlen > 1) {
        uint16_t segment = (uint16_t)size;
        add_control(header, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    }
    if (lane->traffic_class) {
        int value = lane->traffic_class;
        if (lane->to.is_v6) add_control(header, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
        else add_control(header, IPPROTO_IP, IP_TOS, &value, sizeof value);
    }
    if (header->msg_controllen == 0) header->msg_control = 0;
    return index;
}

// MARK: Sending

static void count_sent(struct cnet_sender *sender, const struct msghdr *header) {
    sender->counts.datagrams += header->msg_iovlen;
    for (size_t index = 0; index < header->msg_iovlen; index++)
        sender->counts.bytes += header->msg_iov[index].iov_len;
    if (header->msg_iovlen > 1) sender->counts.segmented++;
}

/// Sends the datagrams of a message one by one, because the system would not take them as one.
static void send_apart(struct cnet_sender *sender, int descriptor, const struct msghdr *whole) {
    sender->counts.unsegmented++;
    for (size_t index = 0; index < whole->msg_iovlen; index++) {
        struct msghdr one = *whole;
        one.msg_iov = &whole->msg_iov[index];
        one.msg_iovlen = 1;
        // The segment size is the first part, the traffic class what follows.
        size_t skipped = CMSG_SPACE(sizeof(uint16_t));
        one.msg_controllen = whole->msg_controllen - skipped;
        one.msg_control = one.msg_controllen ? (char *)whole->msg_control + skipped : 0;
        for (int is_retry = 0;; is_retry = 1) {
            sender->counts.calls++;
            if (sendmsg(descriptor, &one, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
                count_sent(sender, &one);
                break;
            }
            if (!is_retry && (errno == EINTR || may_be_old(errno))) continue;
            count_loss(&sender->counts, errno, 1);
            break;
        }
    }
}

/// Deals with the message that the system refused. Returns whether it is to be tried again.
static int refused(struct cnet_sender *sender, int descriptor, const struct msghdr *header, int code, int is_retry) {
    if (code == EINTR) return 1;
    if (!is_retry && may_be_old(code)) return 1;
    int is_run = header->msg_iovlen > 1;
    if (is_run && may_go_apart(code)) {
        if (concerns_all_runs(code)) remember_apart(&sender->apart, descriptor);
        send_apart(sender, descriptor, header);
    } else {
        count_loss(&sender->counts, code, header->msg_iovlen);
    }
    return 0;
}

static void send_messages(struct cnet_sender *sender, int descriptor) {
    int sent = 0, is_retry = 0;
    while (sent < sender->message_count) {
        sender->counts.calls++;
        int count = sendmmsg(descriptor, sender->messages + sent, (unsigned)(sender->message_count - sent),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) {
            for (int index = sent; index < sent + count; index++) count_sent(sender, &sender->messages[index].msg_hdr);
            sent += count;
            is_retry = 0;
        } else if (refused(sender, descriptor, &sender->messages[sent].msg_hdr, errno, is_retry)) {
            is_retry = 1;
        } else {
            sent++;
            is_retry = 0;
        }
    }
}

static void add_lane(struct cnet_sender *sender, struct lane *lane) {
    struct sockaddr_storage *name = &sender->names[lane - sender->lanes];
    socklen_t length = endpoint_write(&lane->to, name);
    int can_segment = may_segment(&sender->apart, lane->descriptor);
    lane->is_sent = 1;
    for (int index = lane->first; index >= 0;)
        index = build_message(sender, lane, index, name, length, can_segment);
}

static void set_dont_fragment(int descriptor, int is_v6, int on) {
    int value = is_v6 ? (on ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT) : (on ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
    setsockopt(descriptor, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &value,
               sizeof value);
}

void cnet_sender_flush(struct cnet_sender *sender) {
    for (int first = 0; first < sender->lane_count; first++) {
        struct lane *lane = &sender->lanes[first];
        if (lane->is_sent) continue;
        sender->message_count = sender->vector_count = 0;
        // The system has no mark for one datagram, only one for the socket: all those of a socket leave together.
        if (lane->dont_fragment) set_dont_fragment(lane->descriptor, lane->to.is_v6, 1);
        for (int index = first; index >= 0; index = sender->lanes[index].sibling)
            if (!sender->lanes[index].is_sent && sender->lanes[index].dont_fragment == lane->dont_fragment)
                add_lane(sender, &sender->lanes[index]);
        send_messages(sender, lane->descriptor);
        if (lane->dont_fragment) set_dont_fragment(lane->descriptor, lane->to.is_v6, 0);
    }
    if (sender->lane_count > 0) forget(sender);
}
