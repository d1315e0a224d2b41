// SPDX-License-Identifier: Apache-2.0
// A load client for TURN servers on 127.0.0.1: channels or indications to an echo peer and back, over UDP, TCP, TLS or DTLS.
//
//   cc -O2 -pthread -o turnload turnload.c -lssl -lcrypto
//   turnload PORT PID [transport=udp|tcp|tls|dtls] [n=10] [size=1000] [window=16 | rate=20000] [warm=0.7] [secs=3]
//            [indications=1] [pairs=1] [hold=0.5] [gso=1] [user=user] [password=pass]
//
// It makes n allocations, 64 at a time, and then keeps `window` packets on their way round for each, or sends `rate`
// packets a second in all, by the clock. With pairs, every second client is the peer of the one before, so that packets
// go from one allocation of the server to another. With hold, it only holds the allocations for so many seconds. With
// gso, client and peer send runs as one message, and cost less themselves. PID is the server's process, whose CPU time
// and memory are read. Prints one line of JSON.
#define _GNU_SOURCE
#include "turnload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "turnload-figures.h"

enum transport { UDP, TCP, TLS, DTLS };
enum { BATCH = 64, AT_ONCE = 64, STREAM_ROOM = 1 << 18, MESSAGE = 2400 };

static const char *user = "user", *password = "pass";
static int transport, count = 10, size = 1000, window, by_indications, in_pairs, with_gso, port, pid;
static double rate, warm = 0.7, seconds = 3, hold;
static struct client *clients;
static int epoll, ready, failed, beginning, gone, measuring;
static uint64_t sent, arrived, measured_sent, bad, lost, peer_packets;
static volatile int peer_ends;
static uint16_t peer_port;
static struct histogram latency, allocation;
static SSL_CTX *tls;

static int is_stream(void) { return transport == TCP || transport == TLS; }

static void fail(struct client *client) {
    if (client->state == FAILED) return;
    if (client->state == READY) ready--;
    else if (client->state < READY) beginning--;
    client->state = FAILED;
    failed++;
    epoll_ctl(epoll, EPOLL_CTL_DEL, client->descriptor, 0);
}

static void watch(struct client *client, int for_room) {
    if (client->waits_for_room == for_room) return;
    client->waits_for_room = for_room;
    struct epoll_event event = {.events = EPOLLIN | (for_room ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_MOD, client->descriptor, &event);
}

// MARK: Bytes out

static int is_patient(const struct client *client, int written) {
    if (!client->tls) return errno == EAGAIN;
    int error = SSL_get_error(client->tls, written);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void flush(struct client *client) {
    struct buffer *out = &client->out;
    while (out->start < out->end) {
        int rest = (int)(out->end - out->start);
        int written = client->tls ? SSL_write(client->tls, out->bytes + out->start, rest)
                                  : (int)send(client->descriptor, out->bytes + out->start, (size_t)rest, MSG_NOSIGNAL);
        if (written <= 0) {
            if (is_patient(client, written)) watch(client, 1);
            else fail(client);
            return;
        }
        out->start += (size_t)written;
    }
    out->start = out->end = 0;
    watch(client, 0);
}

/// Sends one message, or puts it in a stream's buffer.
static int push(struct client *client, const uint8_t *message, size_t length) {
    if (transport == UDP) return send(client->descriptor, message, length, 0) >= 0;
    if (transport == DTLS) return SSL_write(client->tls, message, (int)length) > 0;
    struct buffer *out = &client->out;
    if (!out->bytes) out->bytes = malloc(out->size = STREAM_ROOM);
    if (out->end + padded(length) > out->size) return 0;
    memcpy(out->bytes + out->end, message, length);
    memset(out->bytes + out->end + length, 0, padded(length) - length);
    out->end += padded(length);
    return 1;
}

static void ask(struct client *client, enum state state) {
    client->state = state;
    build(client, user, by_indications);
    client->asked = now();
    push(client, client->request, client->request_size);
    if (is_stream()) flush(client);
}

/// A payload that tells when and by whom it was sent; returns the message's length.
static size_t compose(struct client *client, uint8_t *message, uint64_t time) {
    size_t at = 4;
    if (by_indications) {
        uint8_t transaction[12];
        memcpy(transaction, &time, 8);
        memcpy(transaction + 8, &client->sequence, 4);
        at = put_header(message, SEND | 0x10, transaction);
        at = put_address(message, at, PEER, client->peer_address, client->peer_port);
        put_attribute(message, at, PAYLOAD, 0, (size_t)size);
        at += 4;
    } else {
        put16(message, client->channel);
        put16(message + 2, (uint32_t)size);
    }
    uint32_t number = (uint32_t)(client - clients), check = (uint32_t)time ^ number ^ client->sequence;
    memcpy(message + at, &time, 8);
    memcpy(message + at + 8, &number, 4);
    memcpy(message + at + 12, &client->sequence, 4);
    message[at + 16] = (uint8_t)measuring;
    memcpy(message + at + size - 4, &check, 4);
    client->sequence++;
    return at + (by_indications ? padded((size_t)size) : (size_t)size);
}

static int send_run(int descriptor, struct mmsghdr *messages, int number, int as_one) {
    if (!as_one || number < 2) return sendmmsg(descriptor, messages, (unsigned)number, 0);
    struct iovec vectors[BATCH];
    for (int index = 0; index < number; index++) vectors[index] = messages[index].msg_hdr.msg_iov[0];
    char control[CMSG_SPACE(2)] = {0};
    struct msghdr whole = messages[0].msg_hdr;
    whole.msg_iov = vectors, whole.msg_iovlen = (size_t)number;
    whole.msg_control = control, whole.msg_controllen = sizeof control;
    struct cmsghdr *part = CMSG_FIRSTHDR(&whole);
    part->cmsg_level = IPPROTO_UDP, part->cmsg_type = UDP_SEGMENT, part->cmsg_len = CMSG_LEN(2);
    uint16_t segment = (uint16_t)vectors[0].iov_len;
    memcpy(CMSG_DATA(part), &segment, 2);
    return sendmsg(descriptor, &whole, 0) < 0 ? 0 : number;
}

static void send_payload(struct client *client, int number) {
    static uint8_t memory[BATCH][MESSAGE];
    while (number > 0) {
        int part = number < BATCH ? number : BATCH, done = 0;
        uint64_t time = now();
        if (transport == UDP) {
            struct mmsghdr messages[BATCH] = {0};
            struct iovec vectors[BATCH];
            for (int index = 0; index < part; index++) {
                vectors[index] = (struct iovec){memory[index], compose(client, memory[index], time)};
                messages[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
            }
            done = send_run(client->descriptor, messages, part, with_gso);
            if (done < 0) done = 0;
        } else {
            while (done < part && push(client, memory[0], compose(client, memory[0], time))) done++;
            if (is_stream()) flush(client);
        }
        sent += (uint64_t)done;
        client->outstanding += done;
        if (measuring) measured_sent += (uint64_t)done;
        if (done < part) return;
        number -= part;
    }
}

// MARK: Bytes in

static void take_payload(struct client *client, const uint8_t *payload, size_t length) {
    if (in_pairs && (client - clients) % 2 == 1) {
        // The other one of a pair is the peer: it sends back what it gets.
        uint8_t message[MESSAGE];
        if (by_indications) {
            size_t at = put_header(message, SEND | 0x10, payload);
            at = put_address(message, at, PEER, client->peer_address, client->peer_port);
            push(client, message, put_attribute(message, at, PAYLOAD, payload, length));
        } else {
            put16(message, client->channel);
            put16(message + 2, (uint32_t)length);
            memcpy(message + 4, payload, length);
            push(client, message, length + 4);
        }
        return;
    }
    uint64_t time;
    uint32_t number, sequence, check;
    client->last_arrival = now();
    if (client->outstanding > 0) client->outstanding--;
    if (length != (size_t)size) {
        bad++;
        return;
    }
    memcpy(&time, payload, 8);
    memcpy(&number, payload + 8, 4);
    memcpy(&sequence, payload + 12, 4);
    memcpy(&check, payload + length - 4, 4);
    if (number != (uint32_t)(client - clients) || check != ((uint32_t)time ^ number ^ sequence)) bad++;
    else if (measuring) arrived++;
    if (payload[16] == 1) histogram_add(&latency, client->last_arrival - time);
}

static void begin_binding(struct client *client) {
    if (!in_pairs) {
        client->peer_address = INADDR_LOOPBACK, client->peer_port = peer_port;
        ask(client, BINDING);
    } else if (client->partner->relayed_port) {
        struct client *both[] = {client, client->partner};
        for (int index = 0; index < 2; index++) {
            both[index]->peer_address = both[1 - index]->relayed_address;
            both[index]->peer_port = both[1 - index]->relayed_port;
            ask(both[index], BINDING);
        }
    }
}

static void take_answer(struct client *client, const struct answer *answer) {
    if (answer->is_error && (answer->code == 401 || answer->code == 438) && client->attempts++ < 4 && answer->nonce[0]) {
        strcpy(client->nonce, answer->nonce);
        strcpy(client->realm, answer->realm);
        client->is_authenticated = 1;
        learn_key(client, user, password);
        ask(client, client->state);
    } else if (client->state == RELEASING) {
        client->state = GONE;
        gone++;
    } else if (answer->is_error) {
        if (failed == 0) fprintf(stderr, "refused: %d\n", answer->code);
        fail(client);
    } else if (client->state == ALLOCATING) {
        histogram_add(&allocation, now() - client->began);
        client->relayed_address = answer->relayed_address, client->relayed_port = answer->relayed_port;
        begin_binding(client);
    } else if (client->state == BINDING) {
        client->state = READY;
        ready++, beginning--;
    }
}

static void take_message(struct client *client, const uint8_t *message, size_t length) {
    struct answer answer;
    if ((message[0] & 0xc0) == 0x40) {
        if (length >= 4 && get16(message + 2) + 4u <= length) take_payload(client, message + 4, get16(message + 2));
    } else if (read_answer(client, message, length, &answer)) {
        if (answer.method == DATA) take_payload(client, answer.payload, answer.payload_size);
        else take_answer(client, &answer);
    }
}

static void read_datagrams(struct client *client) {
    static uint8_t memory[BATCH][MESSAGE];
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    for (int index = 0; index < BATCH; index++) {
        vectors[index] = (struct iovec){memory[index], MESSAGE};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
    }
    int number = recvmmsg(client->descriptor, messages, BATCH, MSG_DONTWAIT, 0);
    for (int index = 0; index < number; index++) take_message(client, memory[index], messages[index].msg_len);
}

static void read_bytes(struct client *client) {
    static uint8_t memory[STREAM_ROOM];
    struct buffer *in = &client->in;
    if (!in->bytes) in->bytes = malloc(in->size = STREAM_ROOM);
    for (int turn = 0; turn < 16; turn++) {
        uint8_t *to = is_stream() ? in->bytes + in->end : memory;
        int room = is_stream() ? (int)(in->size - in->end) : STREAM_ROOM;
        int length = client->tls ? SSL_read(client->tls, to, room) : (int)recv(client->descriptor, to, (size_t)room, 0);
        if (length <= 0) {
            if (length == 0 || !is_patient(client, length)) fail(client);
            return;
        }
        if (!is_stream()) {
            take_message(client, memory, (size_t)length);
            continue;
        }
        in->end += (size_t)length;
        while (in->end - in->start >= 4) {
            const uint8_t *at = in->bytes + in->start;
            size_t whole = padded(get16(at + 2)) + ((at[0] & 0xc0) == 0x40 ? 4 : HEADER);
            if (in->end - in->start < whole) break;
            take_message(client, at, whole);
            in->start += whole;
        }
        memmove(in->bytes, in->bytes + in->start, in->end -= in->start);
        in->start = 0;
    }
}

#include "turnload-run.h"
