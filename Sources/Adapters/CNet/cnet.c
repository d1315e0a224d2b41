#define _GNU_SOURCE
#include "include/cnet.h"

#include <errno.h>
#include <linux/magic.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

int cnet_accept(int listener) { return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); }

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

void cnet_no_delay(int descriptor) {
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int cnet_clock_is_synchronized(void) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0) return -1;
    return state != TIME_ERROR && !(clock.status & STA_UNSYNC);
}

int cnet_is_kernel_folder(const char *path) {
    struct statfs status;
    if (statfs(path, &status) < 0) return 0;
    return status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC;
}
