// Linux calls and macros that Swift's Glibc module does not show.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. The peer's address is not wanted here.
int cnet_accept(int listener);
/// epoll_ctl with a 64-bit token instead of a pointer.
int cnet_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
/// Names the calling thread for tools such as top; Linux keeps 15 characters.
void cnet_name_thread(const char *name);

/// Opens a non-blocking TCP listener on a numeric host and port (0 picks one), with SO_REUSEPORT if `shared`.
/// Returns the descriptor, or -1 with errno set; EINVAL for a host that is not an address.
int cnet_listen(const char *host, uint16_t port, int backlog, int shared);
/// Opens a blocking TCP connection to a numeric host and port, on which nothing takes longer than `seconds`.
/// Returns the descriptor, or -1 with errno set.
int cnet_connect(const char *host, uint16_t port, int seconds);
/// Writes the numeric address of the peer (or, with `local`, of this end) and returns its port; -1 on error.
/// An IPv4 peer of an IPv6 listener is written as IPv4.
int cnet_address(int descriptor, int local, char *host, size_t size);
/// Sets TCP_NODELAY: messages here are small and wait for nothing.
void cnet_no_delay(int descriptor);

/// 1 when something such as NTP keeps the system's clock right, 0 when nothing does, -1 when it cannot be told.
int cnet_clock_is_synchronized(void);

/// Whether `path` is in a file system that shows the kernel's own state, such as /proc: nobody can make anything
/// there, whatever its mode says. 0 when that is not known.
int cnet_is_kernel_folder(const char *path);
