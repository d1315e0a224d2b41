// What sending media to many costs at least on this machine: one source of `rtcload`'s shape, video frames of a few packets
// 30 times a second and a packet of audio 50 times, each sealed with AES-128-GCM for every receiver and sent, by one
// thread that does nothing else. No server does less.
//
//   gcc -O3 -march=native -pthread ceiling.c -lcrypto -o ceiling
//   ./ceiling [RECEIVERS [SECONDS [evp|none [gso|sendmmsg|sendto [real|fast]]]]]
//
// `real` keeps the rate of one source, with the sleep between frames that a server has, too; `fast` sends as fast as it
// goes, which says what a busy core can do. Prints packets for each second of the sender's CPU time. The receivers are
// emptied on another core, every millisecond. The sender is on core 0, the receivers on core 1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { HEADER = 12, TAG = 16, VIDEO = 1100, AUDIO = 100, RATE = 1200000, FRAMES = 30, BATCH = 64, MOST = 5000 };

static int receivers, stop;
static int sockets[MOST];
static struct sockaddr_in addresses[MOST];
static EVP_CIPHER_CTX *ciphers[MOST];
static unsigned long received, sent;
static const char *crypto = "evp", *way = "gso";
static int sender;
static uint16_t sequence;

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void *drain(void *unused) {
    static char memory[BATCH][2048];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    struct epoll_event ready[256];
    pin(1);
    for (int index = 0; index < BATCH; index++) {
        parts[index] = (struct iovec){memory[index], sizeof memory[index]};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &parts[index], .msg_iovlen = 1};
    }
    int epoll = epoll_create1(0);
    for (int index = 0; index < receivers; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = sockets[index]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[index], &event);
    }
    while (!stop) {
        int count = epoll_wait(epoll, ready, 256, 0);
        for (int index = 0; index < count; index++) {
            int got = recvmmsg(ready[index].data.fd, messages, BATCH, MSG_DONTWAIT, 0);
            if (got > 0) received += (unsigned)got;
        }
        if (count < 256) usleep(1000);
    }
    return unused;
}

static int seal(int receiver, unsigned char *packet, const unsigned char *payload, int size) {
    packet[0] = 0x80;
    packet[1] = 96;
    packet[2] = (unsigned char)(sequence >> 8);
    packet[3] = (unsigned char)sequence;
    if (!ciphers[receiver]) {
        memcpy(packet + HEADER, payload, (size_t)size);
        return HEADER + size + TAG;
    }
    unsigned char nonce[12] = {0};
    int count;
    memcpy(nonce, packet + 2, 2);
    EVP_EncryptInit_ex(ciphers[receiver], 0, 0, 0, nonce);
    EVP_EncryptUpdate(ciphers[receiver], 0, &count, packet, HEADER);
    EVP_EncryptUpdate(ciphers[receiver], packet + HEADER, &count, payload, size);
    EVP_EncryptFinal_ex(ciphers[receiver], packet + HEADER + size, &count);
    EVP_CIPHER_CTX_ctrl(ciphers[receiver], EVP_CTRL_GCM_GET_TAG, TAG, packet + HEADER + size);
    return HEADER + size + TAG;
}

static void burst(int packets, int size) {
    static unsigned char arena[1 << 18], payload[2048];
    static struct iovec parts[1024];
    static struct mmsghdr messages[1024];
    static char controls[1024][CMSG_SPACE(2)];
    int waiting = 0, used = 0, isGSO = !strcmp(way, "gso"), isSingle = !strcmp(way, "sendto");
    for (int receiver = 0; receiver < receivers; receiver++) {
        for (int packet = 0; packet < packets; packet++) {
            int isNew = !isGSO || packet == 0;
            unsigned char *start = arena + used;
            sequence++;
            int count = seal(receiver, start, payload, size);
            used += count;
            if (isNew) {
                parts[waiting] = (struct iovec){start, 0};
                messages[waiting].msg_hdr = (struct msghdr){
                    .msg_name = &addresses[receiver], .msg_namelen = sizeof addresses[receiver],
                    .msg_iov = &parts[waiting], .msg_iovlen = 1};
                waiting++;
            }
            parts[waiting - 1].iov_len += (size_t)count;
        }
        if (isGSO && packets > 1) {
            struct msghdr *header = &messages[waiting - 1].msg_hdr;
            header->msg_control = controls[waiting - 1];
            header->msg_controllen = CMSG_SPACE(2);
            struct cmsghdr *part = CMSG_FIRSTHDR(header);
            *part = (struct cmsghdr){.cmsg_len = CMSG_LEN(2), .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT};
            uint16_t segment = (uint16_t)(HEADER + size + TAG);
            memcpy(CMSG_DATA(part), &segment, 2);
        }
        int isLast = receiver == receivers - 1;
        if (!isLast && !isSingle && used + packets * 2048 < (int)sizeof arena && waiting + packets < 1024) continue;
        for (int done = 0; done < waiting;) {
            int count = isSingle ? (sendmsg(sender, &messages[done].msg_hdr, 0) > 0 ? 1 : -1)
                                 : sendmmsg(sender, messages + done, (unsigned)(waiting - done), 0);
            if (count <= 0) { perror("send"); exit(1); }
            done += count;
        }
        waiting = used = 0;
    }
    sent += (unsigned long)packets * (unsigned)receivers;
}

static void open_sockets(void) {
    int size = 4 << 20;
    for (int index = 0; index < receivers; index++) {
        socklen_t length = sizeof addresses[index];
        sockets[index] = socket(AF_INET, SOCK_DGRAM, 0);
        addresses[index] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        bind(sockets[index], (struct sockaddr *)&addresses[index], length);
        getsockname(sockets[index], (struct sockaddr *)&addresses[index], &length);
        setsockopt(sockets[index], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        if (strcmp(crypto, "evp")) continue;
        unsigned char key[16] = {(unsigned char)index, 7};
        ciphers[index] = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(ciphers[index], EVP_aes_128_gcm(), 0, key, 0);
    }
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(sender, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void wait_until(double time) {
    double left = time - seconds(CLOCK_MONOTONIC);
    if (left > 0) usleep((unsigned)(left * 1e6));
}

int main(int count, char **arguments) {
    receivers = count > 1 ? atoi(arguments[1]) : 200;
    double length = count > 2 ? atof(arguments[2]) : 10;
    if (count > 3) crypto = arguments[3];
    if (count > 4) way = arguments[4];
    int isFast = count > 5 && !strcmp(arguments[5], "fast");
    if (receivers < 1 || receivers > MOST || length > 600) return 2;
    open_sockets();
    pthread_t thread;
    pthread_create(&thread, 0, drain, 0);
    pin(0);
    double start = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_THREAD_CPUTIME_ID), now = start;
    double frame = start, audio = start;
    int credit = 0;
    while ((now = seconds(CLOCK_MONOTONIC)) < start + length) {
        if (isFast || now >= frame) {
            credit += RATE / 8 / FRAMES;
            burst(credit / VIDEO, VIDEO);
            credit %= VIDEO;
            frame += 1.0 / FRAMES;
        }
        if (isFast ? credit < VIDEO * 2 / 3 : now >= audio) {
            burst(1, AUDIO);
            audio += 1.0 / 50;
        }
        if (!isFast) wait_until(frame < audio ? frame : audio);
    }
    used = seconds(CLOCK_THREAD_CPUTIME_ID) - used;
    usleep(200000);
    stop = 1;
    pthread_join(thread, 0);
    printf("%s %s %s, %d receivers: %.0f packets / CPU-s (%.2f us each), %.0f packets/s, %.2f %% received\n", crypto, way,
           isFast ? "fast" : "real", receivers, sent / used, used / sent * 1e6, sent / (now - start),
           100.0 * received / sent);
}
