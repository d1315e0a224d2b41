// SPDX-License-Identifier: Apache-2.0
// A load client for Socket.IO servers: WebSocket only, one thread, libc only.
//
//   sioload conn  PORT PID n=2000 window=64 settle=3
//   sioload echo  PORT PID n=100 out=1 size=64 rate=0 warm=1 secs=3
//   sioload rooms PORT PID rooms=10 per=100 size=64 rate=0 warm=1 secs=3
//
// conn opens n connections, at most `window` at a time, and measures the server's memory after `settle` s.
// echo keeps `out` acknowledged events outstanding on each connection; rooms has one member of each room say
// something to the room as soon as it heard itself. With a rate, events leave by the clock (so many a second in
// all), and latency counts from the moment they were due. PID is the server's process, whose CPU time is read.
// Prints one line of JSON.
#define _GNU_SOURCE
#include "sioload.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum mode { CONNECTIONS, ECHO, ROOMS };
enum state { CONNECTING, UPGRADING, ENGINE_OPENING, NAMESPACE_JOINING, ROOM_JOINING, READY, DEAD };

struct connection {
    int descriptor, index;
    enum state state;
    uint64_t started;      // when its connect() was called
    uint64_t *sent_at;     // of the events outstanding, by id modulo their number
    uint32_t next_id;
    struct bytes unread;   // the beginning of a frame
    struct bytes unsent;
    bool waits_to_write;
};

static struct {
    enum mode mode;
    int port, server;
    int n, window, outstanding, size, rooms, per;
    double settle, warm, seconds, rate;
} options = {.n = 1000, .window = 64, .outstanding = 1, .size = 64, .rooms = 10, .per = 100, .settle = 3, .warm = 1,
             .seconds = 3};

static int poller;
static struct connection *connections;
static uint64_t *handshakes; // microseconds each took
static char *payload;
static int ready, dead;
static uint64_t errors, received;
static bool measuring;
static struct histogram latencies;

// MARK: Output

static void watch(struct connection *c, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (c->waits_to_write ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(poller, operation, c->descriptor, &event);
}

static void give_up(struct connection *c) {
    if (c->state == DEAD) return;
    ready -= c->state == READY;
    dead++;
    c->state = DEAD;
    close(c->descriptor);
}

/// For what the server should not have sent; the first few are shown.
static void complain(struct connection *c, const char *what, const char *text, size_t size) {
    if (++errors < 5) fprintf(stderr, "%s: %.*s\n", what, (int)(size > 80 ? 80 : size), text);
    give_up(c);
}

static void write_bytes(struct connection *c, const char *data, size_t size) {
    if (c->state == DEAD) return;
    if (c->unsent.size == 0) {
        ssize_t written = send(c->descriptor, data, size, MSG_NOSIGNAL);
        if (written == (ssize_t)size) return;
        if (written < 0 && errno != EAGAIN) return give_up(c);
        if (written > 0) data += written, size -= written;
    }
    bytes_append(&c->unsent, data, size);
    if (c->waits_to_write) return;
    c->waits_to_write = true;
    watch(c, EPOLL_CTL_MOD);
}

static void flush(struct connection *c) {
    ssize_t written = send(c->descriptor, c->unsent.data, c->unsent.size, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) return give_up(c);
    if (written > 0) bytes_drop(&c->unsent, written);
    if (c->unsent.size > 0) return;
    c->waits_to_write = false;
    watch(c, EPOLL_CTL_MOD);
}

/// A frame with the mask 0, which the server has to apply like any other.
static void send_frame(struct connection *c, uint8_t opcode, const char *text, size_t size) {
    static char frame[1 << 20];
    size_t head = 0;
    if (size + 14 > sizeof frame) fail("a frame of %zu bytes is too large", size);
    frame[head++] = (char)(0x80 | opcode);
    if (size < 126) {
        frame[head++] = (char)(0x80 | size);
    } else if (size < 65536) {
        frame[head++] = (char)(0x80 | 126);
        for (int shift = 8; shift >= 0; shift -= 8) frame[head++] = (char)(size >> shift);
    } else {
        frame[head++] = (char)(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) frame[head++] = (char)((uint64_t)size >> shift);
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, size);
    write_bytes(c, frame, head + 4 + size);
}

static void send_text(struct connection *c, const char *text, size_t size) { send_frame(c, 1, text, size); }

static void send_echo(struct connection *c, uint64_t time) {
    static char packet[1 << 20];
    uint32_t id = c->next_id++;
    c->sent_at[id % options.outstanding] = time;
    send_text(c, packet, snprintf(packet, sizeof packet, "42%u[\"bench:echo\",\"%s\"]", id, payload));
}

/// The time travels in the payload, as every member of the room measures.
static void send_to_room(struct connection *c, uint64_t time) {
    static char packet[1 << 20];
    const char *fill = options.size > 16 ? payload + 16 : "";
    int size = snprintf(packet, sizeof packet, "42[\"bench:broadcast\",\"r%d\",\"%016llx%s\"]", c->index / options.per,
                        (unsigned long long)time, fill);
    send_text(c, packet, size);
}

// MARK: Input

static void became_ready(struct connection *c) {
    c->state = READY;
    ready++;
    handshakes[c->index] = now() - c->started;
}

static void heard(uint64_t since, uint64_t time) {
    if (!measuring) return;
    received++;
    histogram_add(&latencies, time - since);
}

static void on_event(struct connection *c, const char *text, size_t size) {
    static const char message[] = "42[\"bench:msg\",\"";
    uint64_t time = now();
    if (size > 2 && text[0] == '4' && text[1] == '3') {
        uint32_t id = 0;
        size_t index = 2;
        while (index < size && isdigit((unsigned char)text[index])) id = id * 10 + (text[index++] - '0');
        if (size - index != (size_t)options.size + 4) return complain(c, "echo of another size", text, size);
        heard(c->sent_at[id % options.outstanding], time);
        if (options.rate == 0) send_echo(c, time);
    } else if (size > sizeof message + 16 && memcmp(text, message, sizeof message - 1) == 0) {
        heard(hexadecimal(text + sizeof message - 1), time);
        if (options.rate == 0 && c->index % options.per == 0) send_to_room(c, time);
    } else {
        complain(c, "unexpected", text, size);
    }
}

static void on_text(struct connection *c, const char *text, size_t size) {
    if (size == 1 && text[0] == '2') return send_text(c, "3", 1);
    switch (c->state) {
    case ENGINE_OPENING:
        if (text[0] != '0') return complain(c, "no open packet", text, size);
        c->state = NAMESPACE_JOINING;
        return send_text(c, "40", 2);
    case NAMESPACE_JOINING:
        if (size < 2 || memcmp(text, "40", 2) != 0) return complain(c, "not connected", text, size);
        if (options.mode != ROOMS) return became_ready(c);
        c->state = ROOM_JOINING;
        char join[64];
        return send_text(c, join, sprintf(join, "420[\"bench:join\",\"r%d\"]", c->index / options.per));
    case ROOM_JOINING:
        if (size >= 3 && memcmp(text, "430", 3) == 0) became_ready(c);
        return;
    default:
        on_event(c, text, size);
    }
}

/// Handles one frame at the beginning of the data; gives its size, or 0 if it is not complete.
static size_t read_frame(struct connection *c, const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    size_t head = 2;
    uint64_t length = data[1] & 127;
    if (length > 125) {
        int more = length == 126 ? 2 : 8;
        if (size < head + more) return 0;
        length = 0;
        while (more-- > 0) length = length << 8 | data[head++];
    }
    if (size - head < length) return 0;
    const char *text = (const char *)data + head;
    switch (data[0] & 15) {
    case 1: on_text(c, text, length); break;
    case 8: give_up(c); break;
    case 9: send_frame(c, 10, text, length); break;
    default: complain(c, "unexpected frame", text, 0);
    }
    return head + length;
}

static void on_bytes(struct connection *c, const char *data, size_t size) {
    size_t read = 0;
    if (c->state == UPGRADING) {
        const char *end = memmem(data, size, "\r\n\r\n", 4);
        if (end != NULL && memcmp(data, "HTTP/1.1 101", 12) != 0) return complain(c, "no upgrade", data, size);
        if (end != NULL) read = end + 4 - data, c->state = ENGINE_OPENING;
    }
    for (size_t frame = 1; frame > 0 && c->state != DEAD && c->state != UPGRADING; read += frame)
        frame = read_frame(c, (const uint8_t *)data + read, size - read);
    if (c->state == DEAD) return;
    if (data == c->unread.data) bytes_drop(&c->unread, read);
    else bytes_append(&c->unread, data + read, size - read);
}

static void on_readable(struct connection *c) {
    static char buffer[1 << 18];
    ssize_t size = recv(c->descriptor, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return give_up(c);
    if (c->unread.size == 0) return on_bytes(c, buffer, size);
    bytes_append(&c->unread, buffer, size);
    on_bytes(c, c->unread.data, c->unread.size);
}

static void on_connected(struct connection *c) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return complain(c, "connect", strerror(error), 80);
    c->state = UPGRADING;
    c->waits_to_write = false;
    watch(c, EPOLL_CTL_MOD);
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", options.port);
    write_bytes(c, request, length);
}

static void turn(uint64_t microseconds) {
    static struct epoll_event events[1024];
    struct timespec wait = {microseconds / 1000000, microseconds % 1000000 * 1000};
    int count = epoll_pwait2(poller, events, 1024, &wait, NULL);
    for (int index = 0; index < count; index++) {
        struct connection *c = events[index].data.ptr;
        if (c->state == CONNECTING) on_connected(c);
        else if (c->state != DEAD && events[index].events & EPOLLOUT) flush(c);
        if (c->state != DEAD && events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
    }
}

// MARK: Scenarios

static void open_connection(int index) {
    struct connection *c = &connections[index];
    int on = 1;
    struct linger reset = {1, 0}; // leaves no port in TIME_WAIT
    // A source address each 12,000 connections: one has too few ports for more.
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(index / 12000))};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(options.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (struct connection){.index = index, .state = CONNECTING, .started = now(), .waits_to_write = true};
    c->sent_at = calloc(options.outstanding, sizeof *c->sent_at);
    c->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->descriptor < 0) fail("socket: %s", strerror(errno));
    setsockopt(c->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(c->descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(c->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(c->descriptor, (void *)&from, sizeof from) < 0) fail("bind: %s", strerror(errno));
    if (connect(c->descriptor, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        return complain(c, "connect", strerror(errno), 80);
    watch(c, EPOLL_CTL_ADD);
}

static void open_connections(void) {
    uint64_t deadline = now() + 120000000;
    for (int opened = 0; ready + dead < options.n; turn(100000)) {
        while (opened < options.n && opened - ready - dead < options.window) open_connection(opened++);
        if (now() > deadline) fail("only %d of %d connections after 120 s, %d lost", ready, options.n, dead);
    }
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void measure_connections(void) {
    double memory = process_memory(options.server), cpu = process_cpu(options.server);
    uint64_t start = now();
    open_connections();
    double seconds = (now() - start) / 1e6;
    cpu = process_cpu(options.server) - cpu;
    for (uint64_t end = now() + (uint64_t)(options.settle * 1e6); now() < end;) turn(50000);
    qsort(handshakes, options.n, sizeof *handshakes, compare);
    printf("{\"rate\":%.0f,\"per_cpu\":%.0f,\"p50\":%lu,\"p99\":%lu,\"errors\":%lu,\"bytes\":%.0f}\n",
           options.n / seconds, cpu > 0 ? options.n / cpu : 0, handshakes[options.n / 2],
           handshakes[options.n * 99L / 100], errors + dead,
           (process_memory(options.server) - memory) / options.n);
}

static void measure_messages(void) {
    open_connections();
    if (dead > 0) fail("%d of %d connections were lost", dead, options.n);
    void (*say)(struct connection *, uint64_t) = options.mode == ECHO ? send_echo : send_to_room;
    int step = options.mode == ECHO ? 1 : options.per;
    for (int count = 0; options.rate == 0 && count < options.outstanding; count++)
        for (int index = 0; index < options.n; index += step) say(&connections[index], now());
    uint64_t start = now(), begin = start + (uint64_t)(options.warm * 1e6), said = 0, time;
    uint64_t end = begin + (uint64_t)(options.seconds * 1e6);
    double cpu = 0;
    while ((time = now()) < end) {
        if (!measuring && time >= begin) measuring = true, begin = time, cpu = process_cpu(options.server);
        uint64_t wait = 100000;
        if (options.rate > 0) {
            for (; said < (time - start) * options.rate / 1e6; said++)
                say(&connections[said % (options.n / step) * step], start + (uint64_t)(said * 1e6 / options.rate));
            uint64_t due = start + (uint64_t)(said * 1e6 / options.rate);
            wait = due > now() ? due - now() : 0;
        }
        turn(wait);
    }
    double seconds = (now() - begin) / 1e6;
    cpu = process_cpu(options.server) - cpu;
    printf("{\"rate\":%.0f,\"per_cpu\":%.0f,\"p50\":%lu,\"p99\":%lu,\"errors\":%lu,\"cpu\":%.2f}\n", received / seconds,
           cpu > 0 ? received / cpu : 0, histogram_at(&latencies, 0.5), histogram_at(&latencies, 0.99), errors + dead,
           cpu / seconds);
}

static void read_option(char *argument) {
    struct { const char *name; int *whole; double *real; } known[] = {
        {"n", &options.n, NULL}, {"window", &options.window, NULL}, {"out", &options.outstanding, NULL},
        {"size", &options.size, NULL}, {"rooms", &options.rooms, NULL}, {"per", &options.per, NULL},
        {"settle", NULL, &options.settle}, {"warm", NULL, &options.warm}, {"secs", NULL, &options.seconds},
        {"rate", NULL, &options.rate}};
    char *value = strchr(argument, '=');
    if (value == NULL) fail("%s is no option", argument);
    *value++ = 0;
    for (size_t index = 0; index < sizeof known / sizeof *known; index++) {
        if (strcmp(known[index].name, argument) != 0) continue;
        if (known[index].whole != NULL) *known[index].whole = atoi(value);
        else *known[index].real = atof(value);
        return;
    }
    fail("%s is no option", argument);
}

int main(int count, char **arguments) {
    if (count < 4) fail("usage: sioload conn|echo|rooms PORT PID [name=value ...]");
    options.mode = strcmp(arguments[1], "conn") == 0 ? CONNECTIONS : strcmp(arguments[1], "echo") == 0 ? ECHO : ROOMS;
    options.port = atoi(arguments[2]);
    options.server = atoi(arguments[3]);
    for (int index = 4; index < count; index++) read_option(arguments[index]);
    if (options.mode == ROOMS) options.n = options.rooms * options.per;
    if (options.rate > 0) options.outstanding = 4096;
    if (options.n < 1 || options.outstanding < 1 || options.per < 1 || options.size < 0 || options.size > 1000000)
        fail("an option is out of range");
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(0);
    connections = calloc(options.n, sizeof *connections);
    handshakes = calloc(options.n, sizeof *handshakes);
    payload = calloc(options.size + 1, 1);
    for (int index = 0; index < options.size; index++) payload[index] = (char)('a' + index % 26);
    if (options.mode == CONNECTIONS) measure_connections();
    else measure_messages();
}
