#define _GNU_SOURCE
#include "include/cnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/magic.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

/// Writes an address as getnameinfo would, without its detours for the usual families.
static int write_peer(const struct sockaddr_storage *address, socklen_t length, struct cnet_peer *peer) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    const void *four = 0;
    if (address->ss_family == AF_INET) four = &v4->sin_addr;
    else if (address->ss_family != AF_INET6) return -1;
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) four = &v6->sin6_addr.s6_addr[12];
    peer->port = ntohs(address->ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
    if (four) {
        peer->network = 0;
        memcpy(&peer->network, four, 4);
        peer->is_loopback = *(const unsigned char *)four == 127;
        return inet_ntop(AF_INET, four, peer->host, sizeof peer->host) ? 0 : -1;
    }
    memcpy(&peer->network, &v6->sin6_addr, 8);
    peer->is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    // A link-local address means nothing without its interface.
    return getnameinfo((const struct sockaddr *)address, length, peer->host, sizeof peer->host, 0, 0, NI_NUMERICHOST);
}

int cnet_accept(int listener, struct cnet_peer *peer) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int descriptor = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0 && write_peer(&address, length, peer) != 0) {
        *peer = (struct cnet_peer){.host = "unknown"};
    }
    return descriptor;
}

int cnet_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int count = epoll_pwait2(epoll, events, capacity, &limit, 0);
    if (count >= 0 || errno != ENOSYS) return count;
    return epoll_wait(epoll, events, capacity, (int)((nanoseconds + 999999) / 1000000));
}

int cnet_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

void cnet_name_thread(const char *name) {
    char shortened[16];
    snprintf(shortened, sizeof shortened, "%s", name);
    pthread_setname_np(pthread_self(), shortened);
}

/// The address of a numeric host and port, to be freed with freeaddrinfo; null with errno EINVAL for another host.
static struct addrinfo *numeric_address(const char *host, uint16_t port, int flags) {
    char service[6];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | flags, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = 0;
    if (getaddrinfo(host, service, &hints, &found) == 0) return found;
    errno = EINVAL;
    return 0;
}

/// Frees `found`, closes `descriptor` unless all went well, and leaves errno as it is.
static int finished(int descriptor, int ok, struct addrinfo *found) {
    int code = errno;
    freeaddrinfo(found);
    if (!ok && descriptor >= 0) close(descriptor);
    errno = code;
    return ok ? descriptor : -1;
}

int cnet_listen(const char *host, uint16_t port, int backlog, int shared) {
    struct addrinfo *found = numeric_address(host, port, AI_PASSIVE);
    if (!found) return -1;
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int ok = descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
             (!shared || setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
             bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 && listen(descriptor, backlog) == 0;
    return finished(descriptor, ok, found);
}

int cnet_connect(const char *host, uint16_t port, int seconds) {
    struct addrinfo *found = numeric_address(host, port, 0);
    if (!found) return -1;
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = seconds};
    // The limit on sending holds for connect(2) as well.
    int ok = descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
             setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
             connect(descriptor, found->ai_addr, found->ai_addrlen) == 0;
    return finished(descriptor, ok, found);
}

int cnet_connect_datagrams(const char *host, uint16_t port) {
    struct addrinfo *found = numeric_address(host, port, 0);
    if (!found) return -1;
    int descriptor = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int ok = descriptor >= 0 && connect(descriptor, found->ai_addr, found->ai_addrlen) == 0;
    return finished(descriptor, ok, found);
}

void cnet_limit_wait(int descriptor, int milliseconds) {
    struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

int cnet_address(int descriptor, int local, char *host, size_t size) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    struct sockaddr *any = (struct sockaddr *)&address;
    if ((local ? getsockname(descriptor, any, &length) : getpeername(descriptor, any, &length)) != 0) return -1;
    char service[6];
    if (getnameinfo(any, length, host, size, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) != 0) return -1;
    if (strncmp(host, "::ffff:", 7) == 0 && strchr(host, '.')) memmove(host, host + 7, strlen(host + 7) + 1);
    return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)any)->sin6_port)
                                         : ntohs(((struct sockaddr_in *)any)->sin_port);
}

void cnet_tune(int listener, int seconds) {
    int on = 1, idle = 30, interval = 10, count = 3, milliseconds = seconds * 1000;
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(listener, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(listener, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

void cnet_limit_unsent(int descriptor, int bytes) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

ssize_t cnet_send(int descriptor, const struct cnet_piece *pieces, int count) {
    if (count == 1) return send(descriptor, pieces->start, pieces->count, MSG_NOSIGNAL);
    struct iovec vectors[16];
    if (count > 16) count = 16;
    for (int index = 0; index < count; index++)
        vectors[index] = (struct iovec){.iov_base = (void *)pieces[index].start, .iov_len = pieces[index].count};
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)count};
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

void cnet_refuse(int descriptor, const void *answer, size_t size) {
    if (send(descriptor, answer, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) shutdown(descriptor, SHUT_WR);
}

void cnet_drain_and_close(int descriptor) {
    char bytes[4096];
    for (int turn = 0; turn < 16 && recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) > 0; turn++) {}
    close(descriptor);
}

int cnet_clock_is_synchronized(void) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0) return -1;
    return state != TIME_ERROR && !(clock.status & STA_UNSYNC);
}

int cnet_processors(void) {
    // Fails on machines with more than 1024 processors.
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

int cnet_is_kernel_folder(const char *path) {
    struct statfs status;
    if (statfs(path, &status) < 0) return 0;
    return status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC;
}

void cnet_trim_heap(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
