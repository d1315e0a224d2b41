// What the kernel lets a relay do on this machine: the batched input and output of the server, and next to no protocol.
// Every Allocate and ChannelBind is answered with success, nobody is authenticated, nothing ever ends.
//   cc -O2 -o ceiling ceiling.c ../../Sources/Adapters/CNet/{datagrams,sender}.c && ./ceiling PORT
// For the load client of this folder on the loopback address only.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../../Sources/Adapters/CNet/include/cnet_datagrams.h"

enum { SLOTS = 256, BATCH = 64, HEADROOM = 64, COOKIE = 0x2112a442 };

struct relay {
    int descriptor;
    struct cnet_endpoint client, peer;
    uint16_t channel;
};
static struct relay relays[65536];
static uint16_t relay_of_port[65536];
static int relay_count = 1, epoll, front;
static struct cnet_sender *sender;

static uint16_t read16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }
static void write16(uint8_t *bytes, unsigned value) { bytes[0] = (uint8_t)(value >> 8), bytes[1] = (uint8_t)value; }

static struct relay *relay_of(const struct cnet_endpoint *client) {
    uint16_t *number = &relay_of_port[client->port];
    if (*number == 0) {
        *number = (uint16_t)relay_count++;
        struct relay *relay = &relays[*number];
        relay->client = *client;
        struct cnet_endpoint local = {.low = INADDR_LOOPBACK};
        relay->descriptor = cnet_udp_open(&local, 0);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = *number};
        epoll_ctl(epoll, EPOLL_CTL_ADD, relay->descriptor, &event);
    }
    return &relays[*number];
}

/// Answers a request with success and nothing else; remembers the channel's number and peer.
static void answer(uint8_t *bytes, uint32_t count, struct relay *relay) {
    for (uint32_t at = 20; at + 4 <= count; at += 4u + ((read16(bytes + at + 2) + 3u) & ~3u)) {
        if (read16(bytes + at) == 0x000c) relay->channel = read16(bytes + at + 4);
        if (read16(bytes + at) == 0x0012) {
            uint32_t address;
            memcpy(&address, bytes + at + 8, 4);
            relay->peer = (struct cnet_endpoint){
                .low = ntohl(address) ^ COOKIE, .port = (uint16_t)(read16(bytes + at + 6) ^ (COOKIE >> 16))};
        }
    }
    bytes[0] |= 1;
    write16(bytes + 2, 0);
    cnet_sender_add(sender, front, &relay->client, bytes, 20, 0, 0);
}

static void from_client(struct cnet_slab *slab, int slot) {
    uint8_t *bytes = cnet_slab_bytes(slab, slot);
    const struct cnet_arrival *arrival = cnet_slab_arrival(slab, slot);
    struct relay *relay = relay_of(&arrival->from);
    if ((bytes[0] & 0xc0) == 0x40)
        cnet_sender_add(sender, relay->descriptor, &relay->peer, bytes + 4, arrival->count - 4, 0, 0);
    else answer(bytes, arrival->count, relay);
}

static void from_peer(struct cnet_slab *slab, int slot, const struct relay *relay) {
    uint8_t *bytes = cnet_slab_bytes(slab, slot) - 4;
    uint32_t count = cnet_slab_arrival(slab, slot)->count;
    write16(bytes, relay->channel);
    write16(bytes + 2, count);
    cnet_sender_add(sender, front, &relay->client, bytes, count + 4, 0, 0);
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: ceiling PORT\n"), 2;
    struct cnet_endpoint local = {.low = INADDR_LOOPBACK, .port = (uint16_t)atoi(arguments[1])};
    front = cnet_udp_open(&local, 0);
    if (front < 0) return perror("bind"), 1;
    cnet_udp_set_buffers(front, 4 << 20, 4 << 20);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, front, &event);
    struct cnet_slab *slab = cnet_slab_create(SLOTS, HEADROOM);
    sender = cnet_sender_create(SLOTS);
    while (1) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1), used = 0;
        for (int index = 0; index < ready; index++) {
            if (used + BATCH > SLOTS) cnet_sender_flush(sender), used = 0;
            uint32_t number = events[index].data.u32;
            int arrived = cnet_slab_receive(slab, number ? relays[number].descriptor : front, used, BATCH);
            for (int slot = used; slot < used + arrived; slot++)
                if (number) from_peer(slab, slot, &relays[number]);
                else from_client(slab, slot);
            if (arrived > 0) used += arrived;
        }
        cnet_sender_flush(sender);
    }
}
