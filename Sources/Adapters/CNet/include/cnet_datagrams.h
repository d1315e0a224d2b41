// UDP in batches: many datagrams per system call, equally large ones to one destination as one message.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// One end of a datagram. An IPv4 address is the low 32 bits of `low`; an IPv6 address is both halves, most
/// significant bits first.
struct cnet_endpoint {
    uint64_t high;
    uint64_t low;
    uint16_t port;
    uint8_t is_v6;
};

// MARK: Sockets

/// What `cnet_udp_open` may be asked for.
enum cnet_udp_option {
    /// SO_REUSEPORT: several sockets on one address, each with its share of the senders.
    CNET_UDP_SHARED = 1,
    /// ICMP errors are reported with the destination they are about. RFC 1122, 4.1.3.3.
    CNET_UDP_ERRORS = 2,
};

/// Opens a non-blocking UDP socket bound to `local`, that tells the traffic class of what it receives and lets routers
/// fragment what it sends. An IPv6 socket takes no IPv4. Returns the descriptor, or -1 with errno set.
int cnet_udp_open(const struct cnet_endpoint *local, int options);
/// Asks for buffers of `bytes`, above the system's limit where the process may. Zero leaves one as it is.
void cnet_udp_set_buffers(int descriptor, int receive, int send);
/// The size of the receive buffer (or, with `sending`, the send buffer) that was granted, in bytes; -1 on error.
int cnet_udp_buffer(int descriptor, int sending);
/// How many datagrams the socket lost because its buffer was full; 0 where the system does not tell.
uint32_t cnet_udp_drops(int descriptor);
/// The address and port the socket is bound to. 0, or -1 with errno set.
int cnet_udp_local(int descriptor, struct cnet_endpoint *local);
/// The address that the system would send from to reach `destination`; nothing is sent. 0, or -1 with errno set.
int cnet_udp_source(const struct cnet_endpoint *destination, struct cnet_endpoint *source);

/// An ICMP message about a datagram sent before.
struct cnet_icmp_error {
    /// Where the datagram was going.
    struct cnet_endpoint destination;
    /// The type and code of the ICMP message, or of the ICMPv6 message for an IPv6 destination.
    uint8_t type, code;
    /// The next hop's MTU, for a datagram that was too large; else 0.
    uint32_t mtu;
};
/// Takes the oldest ICMP error of the socket. 1, or 0 when there is none.
int cnet_udp_error(int descriptor, struct cnet_icmp_error *error);

// MARK: Connections

/// Opens a non-blocking TCP listener, whose address and port other sockets of the same user may have too. Returns the
/// descriptor, or -1 with errno set.
int cnet_tcp_listen(const struct cnet_endpoint *local, int backlog);
/// Begins to connect from `local`, which other sockets may have too. Returns the descriptor, or -1 with errno set.
int cnet_tcp_connect(const struct cnet_endpoint *local, const struct cnet_endpoint *remote);
/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC; tells who it is. -1 with errno set.
int cnet_tcp_accept(int listener, struct cnet_endpoint *remote);
/// Why the connection was not made, as errno has it; 0 when it was.
int cnet_tcp_error(int descriptor);

// MARK: Receiving

/// A datagram in a slab.
struct cnet_arrival {
    struct cnet_endpoint from;
    uint32_t count;
    /// The IPv4 type of service or IPv6 traffic class: DSCP and ECN. RFC 2474, RFC 3168.
    uint8_t traffic_class;
};
/// Memory for datagrams: `slots` of them, each with `headroom` bytes free in front of it. Touched when used.
struct cnet_slab;
struct cnet_slab *cnet_slab_create(int slots, size_t headroom);
void cnet_slab_free(struct cnet_slab *slab);
/// The first byte of the datagram in `slot`.
uint8_t *cnet_slab_bytes(const struct cnet_slab *slab, int slot);
const struct cnet_arrival *cnet_slab_arrival(const struct cnet_slab *slab, int slot);
/// Receives up to `limit` datagrams into the slots from `first` on, without blocking. Returns how many, 0 when none
/// waits, -1 with errno set. Any datagram fits.
int cnet_slab_receive(struct cnet_slab *slab, int descriptor, int first, int limit);

// MARK: Sending

/// What has become of the datagrams given to a sender.
struct cnet_send_counts {
    /// Datagrams and bytes taken by the system.
    uint64_t datagrams, bytes;
    /// System calls, and messages of several datagrams among what they sent.
    uint64_t calls, segmented;
    /// Datagrams lost: the buffer was full; too large for the path; no way there; refused for another reason.
    uint64_t full, too_large, unreachable, refused;
    /// Messages of several datagrams that the system would not take, sent one by one.
    uint64_t unsegmented;
};
/// Collects datagrams and sends them together. Datagrams from one socket to one destination keep their order.
struct cnet_sender;
struct cnet_sender *cnet_sender_create(int capacity);
void cnet_sender_free(struct cnet_sender *sender);
/// Adds a datagram; its bytes must stay until the next flush. 0, or -1 when the sender is full: flush and try again.
int cnet_sender_add(
    struct cnet_sender *sender, int descriptor, const struct cnet_endpoint *to, const void *start, size_t count,
    uint8_t traffic_class, int dont_fragment);
/// Sends everything added. The sender is empty afterwards.
void cnet_sender_flush(struct cnet_sender *sender);
const struct cnet_send_counts *cnet_sender_counts(const struct cnet_sender *sender);
/// How many datagrams wait.
int cnet_sender_waiting(const struct cnet_sender *sender);

/// Collects runs of datagrams that lie behind each other, and sends them together, in their order.
struct cnet_runs;
/// `capacity` is in messages, of which a run is one unless it is very long.
struct cnet_runs *cnet_runs_create(int capacity);
void cnet_runs_free(struct cnet_runs *runs);
/// Adds `count` bytes that are datagrams of `segment` bytes, the last of which may be shorter; 0 for one datagram. They
/// must stay until the next flush. 0, or -1 when there is no room: flush and try again.
int cnet_runs_add(
    struct cnet_runs *runs, int descriptor, const struct cnet_endpoint *to, const void *start, size_t count,
    uint32_t segment);
/// Sends everything added. There is nothing left afterwards.
void cnet_runs_flush(struct cnet_runs *runs);
const struct cnet_send_counts *cnet_runs_counts(const struct cnet_runs *runs);
/// How many messages wait.
int cnet_runs_waiting(const struct cnet_runs *runs);

// MARK: Interfaces

/// An address of an interface that is up.
struct cnet_interface {
    struct cnet_endpoint address;
    int is_loopback;
    char name[16];
};
/// Writes up to `capacity` addresses; IPv6 link-local ones are left out, they mean nothing without their interface.
/// Returns how many there are, or -1 with errno set.
int cnet_interfaces(struct cnet_interface *addresses, int capacity);
/// A descriptor that becomes readable when an address comes or goes; -1 with errno set.
int cnet_watch_interfaces(void);
/// Reads what such a descriptor tells.
void cnet_drain(int descriptor);
