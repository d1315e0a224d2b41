// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

// The ciphers of SRTP: AES-GCM and AES counter mode with HMAC-SHA-1, on OpenSSL or on ipsec-mb.
//
// ipsec-mb (Intel's multi-buffer library, for any x86-64 with the instructions) is loaded when a program first asks
// for it, so that one build runs with and without it.

/// An expanded key for one direction. One thread at a time.
typedef struct parley_cipher parley_cipher;

enum {
    PARLEY_BACKEND_OPENSSL = 0,
    PARLEY_BACKEND_IPSEC_MB = 1,
};

enum {
    PARLEY_TRANSFORM_GCM = 0,
    PARLEY_TRANSFORM_COUNTER_HMAC_SHA1 = 1,
};

/// The version of ipsec-mb, e.g. "1.3.0", when it is there and this processor has what it needs; else null.
const char *parley_ipsec_mb_version(void);

/// Expands a key of 16 or 32 bytes; the second is 20 bytes for HMAC-SHA-1, else ignored. Null on failure.
///
/// HMAC-SHA-1 is OpenSSL's with both backends: ipsec-mb is made for many packets at once there.
parley_cipher *parley_cipher_make(int backend, int transform, const uint8_t *key, size_t key_count,
                                  const uint8_t *authentication_key, int sealing);
/// Wipes and frees.
void parley_cipher_free(parley_cipher *cipher);

/// Encrypts `count` bytes and writes the tag: 16 bytes of GCM or 10 of HMAC-SHA-1. `high` and `low` are the nonce or
/// the first counter block as numbers. 1 on success.
int parley_cipher_seal(parley_cipher *cipher, uint64_t high, uint64_t low, const void *associated,
                       size_t associated_count, const void *source, size_t count, void *destination,
                       uint32_t trailer, void *tag);
/// Decrypts and compares the tag; 1 when it is right.
int parley_cipher_open(parley_cipher *cipher, uint64_t high, uint64_t low, const void *associated,
                       size_t associated_count, const void *source, size_t count, void *destination,
                       uint32_t trailer, const void *tag);

/// `count` bytes of AES in counter mode, for key derivation; 1 on success.
int parley_keystream(const uint8_t *key, size_t key_count, uint64_t high, uint64_t low, uint8_t *bytes, size_t count);
