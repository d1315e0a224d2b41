// Linux calls and macros that Swift's Glibc module does not show.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

#include "cnet_datagrams.h"

/// The numeric address of the other end of a connection. An IPv4 peer of an IPv6 listener is written as IPv4.
struct cnet_peer {
    char host[64];
    uint16_t port;
    /// The address, or of an IPv6 address the first 64 bits: what one subscriber has.
    uint64_t network;
    int is_loopback;
};
/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC; tells who it is. -1 with errno set.
int cnet_accept(int listener, struct cnet_peer *peer);
/// epoll_ctl with a 64-bit token instead of a pointer.
int cnet_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
/// epoll_wait that takes at most `nanoseconds`, or about a millisecond longer where the system cannot wait so exactly.
int cnet_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds);
/// Names the calling thread for tools such as top; Linux keeps 15 characters.
void cnet_name_thread(const char *name);

/// Opens a non-blocking TCP listener on a numeric host and port (0 picks one), with SO_REUSEPORT if `shared`.
/// Returns the descriptor, or -1 with errno set; EINVAL for a host that is not an address.
int cnet_listen(const char *host, uint16_t port, int backlog, int shared);
/// Opens a blocking TCP connection to a numeric host and port, on which nothing takes longer than `seconds`.
/// Returns the descriptor, or -1 with errno set.
int cnet_connect(const char *host, uint16_t port, int seconds);
/// Opens a UDP socket that exchanges datagrams with a numeric host and port only. Returns the descriptor, or -1 with
/// errno set.
int cnet_connect_datagrams(const char *host, uint16_t port);
/// Lets a read of a blocking descriptor take no longer than this.
void cnet_limit_wait(int descriptor, int milliseconds);
/// Writes the numeric address of the peer (or, with `local`, of this end) and returns its port; -1 on error.
/// An IPv4 peer of an IPv6 listener is written as IPv4.
int cnet_address(int descriptor, int local, char *host, size_t size);
/// Prepares a listener: what it accepts inherits TCP_NODELAY, because messages are small and wait for nothing,
/// keep-alive, and `seconds` after which data that nobody acknowledges ends the connection.
void cnet_tune(int listener, int seconds);

/// Lets a connection's kernel buffer take no more than about `bytes` that cannot be sent yet.
void cnet_limit_unsent(int descriptor, int bytes);

/// A piece of memory to send.
struct cnet_piece {
    const void *start;
    size_t count;
};
/// Sends the pieces (at most 16) in order, without blocking and without a signal. Returns the bytes taken, or -1
/// with errno set.
ssize_t cnet_send(int descriptor, const struct cnet_piece *pieces, int count);
/// Answers a connection that is not wanted, as far as that is possible at once, and ends its output.
void cnet_refuse(int descriptor, const void *answer, size_t size);
/// Throws away what has come in, so that closing does not throw away what was sent, and closes.
void cnet_drain_and_close(int descriptor);

/// 1 when something such as NTP keeps the system's clock right, 0 when nothing does, -1 when it cannot be told.
int cnet_clock_is_synchronized(void);

/// How many processors this process may run on: fewer than the machine has when it is pinned, or in a container with
/// a set of its own.
int cnet_processors(void);

/// Whether `path` is in a file system that shows the kernel's own state, such as /proc: nobody can make anything
/// there, whatever its mode says. 0 when that is not known.
int cnet_is_kernel_folder(const char *path);

/// Gives free memory of the heap back to the system, where the C library can do that.
void cnet_trim_heap(void);
