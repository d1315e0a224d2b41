#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoints.h"

static int set(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof value);
}

/// Bytes that the kernel takes for a connection and cannot send yet.
static const int unsent = 131072;

/// A socket bound to `local`, which others may have too; -1 with errno set.
static int bound(const struct cnet_endpoint *local) {
    int descriptor = socket(local->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (local->is_v6) set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent);
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    struct sockaddr_storage address;
    socklen_t length = endpoint_write(local, &address);
    if (set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) == 0 &&
        bind(descriptor, (const struct sockaddr *)&address, length) == 0)
        return descriptor;
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

/// Closes, and leaves errno as it is.
static int failed(int descriptor) {
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int cnet_tcp_listen(const struct cnet_endpoint *local, int backlog) {
    int descriptor = bound(local);
    if (descriptor < 0) return -1;
    return listen(descriptor, backlog) == 0 ? descriptor : failed(descriptor);
}

int cnet_tcp_connect(const struct cnet_endpoint *local, const struct cnet_endpoint *remote) {
    int descriptor = bound(local);
    if (descriptor < 0) return -1;
    struct sockaddr_storage address;
    socklen_t length = endpoint_write(remote, &address);
    int status = connect(descriptor, (const struct sockaddr *)&address, length);
    return status == 0 || errno == EINPROGRESS ? descriptor : failed(descriptor);
}

int cnet_tcp_accept(int listener, struct cnet_endpoint *remote) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int descriptor = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) endpoint_read(&address, remote);
    return descriptor;
}

int cnet_tcp_error(int descriptor) {
    int code = 0;
    socklen_t length = sizeof code;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno;
}
