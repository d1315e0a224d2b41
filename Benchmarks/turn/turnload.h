// SPDX-License-Identifier: Apache-2.0
// STUN messages of a client, as few as a load needs. RFC 8489, RFC 8656.
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { COOKIE = 0x2112a442, HEADER = 20 };
enum method { ALLOCATE = 3, REFRESH = 4, SEND = 6, DATA = 7, CREATE_PERMISSION = 8, CHANNEL_BIND = 9 };
enum { USERNAME = 6, INTEGRITY = 8, ERROR_CODE = 9, CHANNEL = 12, LIFETIME = 13, PEER = 18, PAYLOAD = 19, REALM = 20, NONCE = 21,
       RELAYED = 22, TRANSPORT = 25 };
enum state { CONNECTING, ALLOCATING, BINDING, READY, RELEASING, GONE, FAILED };

struct buffer {
    uint8_t *bytes;
    size_t start, end, size;
};

struct client {
    int descriptor;
    SSL *tls;
    enum state state;
    uint64_t began, asked;
    uint8_t transaction[12], request[768], key[16];
    size_t request_size;
    int attempts, is_authenticated;
    char realm[128], nonce[256];
    uint16_t channel;
    // IPv4, host order: where payload goes, and what this client is reached at.
    uint32_t peer_address, relayed_address;
    uint16_t peer_port, relayed_port;
    struct client *partner;
    uint32_t sequence;
    int outstanding, waits_for_room;
    uint64_t last_arrival;
    struct buffer in, out;
};

/// What the server said.
struct answer {
    int method, is_error, code;
    const uint8_t *payload;
    size_t payload_size;
    uint32_t relayed_address;
    uint16_t relayed_port;
    char realm[128], nonce[256];
};

static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static inline void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static inline void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }
static inline size_t padded(size_t size) { return (size + 3) & ~(size_t)3; }

static inline size_t put_header(uint8_t *message, unsigned type, const uint8_t transaction[12]) {
    put16(message, type);
    put16(message + 2, 0);
    put32(message + 4, COOKIE);
    memcpy(message + 8, transaction, 12);
    return HEADER;
}

static inline size_t put_attribute(uint8_t *message, size_t at, unsigned type, const void *value, size_t size) {
    put16(message + at, type);
    put16(message + at + 2, (uint32_t)size);
    memset(message + at + 4 + size, 0, padded(size) - size);
    if (value) memcpy(message + at + 4, value, size);
    at += 4 + padded(size);
    put16(message + 2, (uint32_t)(at - HEADER));
    return at;
}

static inline size_t put_number(uint8_t *message, size_t at, unsigned type, uint32_t number) {
    uint8_t value[4];
    put32(value, number);
    return put_attribute(message, at, type, value, 4);
}

static inline size_t put_address(uint8_t *message, size_t at, unsigned type, uint32_t address, uint16_t port) {
    uint8_t value[8] = {0, 1};
    put16(value + 2, port ^ (COOKIE >> 16));
    put32(value + 4, address ^ COOKIE);
    return put_attribute(message, at, type, value, 8);
}

/// USERNAME, REALM, NONCE and MESSAGE-INTEGRITY, whose length is part of what it protects.
static inline size_t sign(struct client *client, size_t at, const char *user) {
    uint8_t *message = client->request, code[20];
    at = put_attribute(message, at, USERNAME, user, strlen(user));
    at = put_attribute(message, at, REALM, client->realm, strlen(client->realm));
    at = put_attribute(message, at, NONCE, client->nonce, strlen(client->nonce));
    put16(message + 2, (uint32_t)(at - HEADER + 24));
    HMAC(EVP_sha1(), client->key, 16, message, at, code, 0);
    return put_attribute(message, at, INTEGRITY, code, 20);
}

/// Builds the request that the client's state is about.
static inline void build(struct client *client, const char *user, int by_indications) {
    static const enum method methods[] = {[ALLOCATING] = ALLOCATE, [RELEASING] = REFRESH};
    enum method method = client->state == BINDING ? (by_indications ? CREATE_PERMISSION : CHANNEL_BIND)
                                                  : methods[client->state];
    RAND_bytes(client->transaction, 12);
    size_t at = put_header(client->request, method, client->transaction);
    if (method == ALLOCATE) at = put_number(client->request, at, TRANSPORT, 17u << 24);
    if (method == REFRESH) at = put_number(client->request, at, LIFETIME, 0);
    if (method == CHANNEL_BIND) at = put_number(client->request, at, CHANNEL, (uint32_t)client->channel << 16);
    if (client->state == BINDING)
        at = put_address(client->request, at, PEER, client->peer_address, client->peer_port);
    if (client->is_authenticated) at = sign(client, at, user);
    client->request_size = at;
}

/// The key of long-term credentials: MD5 of user:realm:password.
static inline void learn_key(struct client *client, const char *user, const char *password) {
    char text[600];
    int size = snprintf(text, sizeof text, "%s:%s:%s", user, client->realm, password);
    EVP_Digest(text, (size_t)size, client->key, 0, EVP_md5(), 0);
}

static inline void copy_text(char *to, size_t room, const uint8_t *from, size_t size) {
    if (size >= room) size = room - 1;
    memcpy(to, from, size);
    to[size] = 0;
}

/// Reads an answer or an indication. 0 if it is neither, or not for this client's request.
static inline int read_answer(const struct client *client, const uint8_t *message, size_t size, struct answer *answer) {
    if (size < HEADER || message[0] & 0xc0 || get32(message + 4) != COOKIE) return 0;
    unsigned type = get16(message);
    int is_indication = (type & 0x110) == 0x010;
    if (!is_indication && memcmp(message + 8, client->transaction, 12) != 0) return 0;
    *answer = (struct answer){.method = type & 0xf, .is_error = (type & 0x110) == 0x110};
    for (size_t at = HEADER; at + 4 <= size; at += 4 + padded(get16(message + at + 2))) {
        size_t length = get16(message + at + 2);
        const uint8_t *value = message + at + 4;
        if (at + 4 + length > size) return 0;
        switch (get16(message + at)) {
        case ERROR_CODE: answer->code = (value[2] & 7) * 100 + value[3]; break;
        case REALM: copy_text(answer->realm, sizeof answer->realm, value, length); break;
        case NONCE: copy_text(answer->nonce, sizeof answer->nonce, value, length); break;
        case PAYLOAD: answer->payload = value, answer->payload_size = length; break;
        case RELAYED:
            answer->relayed_port = (uint16_t)(get16(value + 2) ^ (COOKIE >> 16));
            answer->relayed_address = get32(value + 4) ^ COOKIE;
        }
    }
    return 1;
}
