// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "packet_ciphers.h"

#include <endian.h>
#include <string.h>

/// How a cipher seals and opens; the key is behind it in memory.
enum kind { KIND_GCM, KIND_COUNTER_HMAC, KIND_IPSEC_MB };

/// The beginning of every key.
struct parley_cipher {
    enum kind kind;
};

static inline void store_block(uint8_t block[16], uint64_t high, uint64_t low) {
    high = htobe64(high);
    low = htobe64(low);
    memcpy(block, &high, 8);
    memcpy(block + 8, &low, 8);
}

parley_cipher *parley_ipsec_mb_make(const uint8_t *key, size_t key_count);
void parley_ipsec_mb_free(parley_cipher *cipher);
void parley_ipsec_mb_seal(parley_cipher *cipher, const uint8_t *nonce, const void *associated,
                          size_t associated_count, const void *source, size_t count, void *destination, void *tag);
int parley_ipsec_mb_open(parley_cipher *cipher, const uint8_t *nonce, const void *associated,
                         size_t associated_count, const void *source, size_t count, void *destination,
                         const void *tag);
