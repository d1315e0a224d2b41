#define _GNU_SOURCE
#include "include/cnet.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
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

int cnet_listen(const char *host, uint16_t port, int backlog, int shared) {
    char service[6];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = 0;
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        errno = EINVAL;
        return -1;
    }
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int ok = descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
             (!shared || setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
             bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 && listen(descriptor, backlog) == 0;
    int code = errno;
    freeaddrinfo(found);
    if (!ok && descriptor >= 0) close(descriptor);
    errno = code;
    return ok ? descriptor : -1;
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
