// SPDX-License-Identifier: Apache-2.0

// SHA_CTX: the state after the key's block is kept, so that a code costs no hash of the key. HMAC() and EVP_MAC
// cannot do that without allocating.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

#define TAG_GCM 16
#define TAG_HMAC 10
// More than any datagram: lengths are int in OpenSSL.
#define MOST_BYTES (1 << 20)

struct evp_cipher {
    parley_cipher base;
    EVP_CIPHER_CTX *context;
    SHA_CTX inner;
    SHA_CTX outer;
};

static const EVP_CIPHER *algorithm(int transform, size_t key_count) {
    if (transform == PARLEY_TRANSFORM_GCM) {
        return key_count == 16 ? EVP_aes_128_gcm() : key_count == 32 ? EVP_aes_256_gcm() : NULL;
    }
    return key_count == 16 ? EVP_aes_128_ctr() : key_count == 32 ? EVP_aes_256_ctr() : NULL;
}

/// The states of SHA-1 after the two blocks that HMAC makes of its key. RFC 2104 §2.
static void prepare_hmac(struct evp_cipher *cipher, const uint8_t *key) {
    uint8_t block[64] = {0};
    memcpy(block, key, 20);
    for (size_t index = 0; index < sizeof block; index++) block[index] ^= 0x36;
    SHA1_Init(&cipher->inner);
    SHA1_Update(&cipher->inner, block, sizeof block);
    for (size_t index = 0; index < sizeof block; index++) block[index] ^= 0x36 ^ 0x5C;
    SHA1_Init(&cipher->outer);
    SHA1_Update(&cipher->outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

parley_cipher *parley_cipher_make(int backend, int transform, const uint8_t *key, size_t key_count,
                                  const uint8_t *authentication_key, int sealing) {
    if (backend == PARLEY_BACKEND_IPSEC_MB && transform == PARLEY_TRANSFORM_GCM) {
        return parley_ipsec_mb_make(key, key_count);
    }
    const EVP_CIPHER *type = algorithm(transform, key_count);
    if (type == NULL) return NULL;
    struct evp_cipher *cipher = calloc(1, sizeof *cipher);
    if (cipher == NULL) return NULL;
    cipher->base.kind = transform == PARLEY_TRANSFORM_GCM ? KIND_GCM : KIND_COUNTER_HMAC;
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL ||
        EVP_CipherInit_ex(cipher->context, type, NULL, key, NULL, sealing != 0) != 1) {
        parley_cipher_free(&cipher->base);
        return NULL;
    }
    if (cipher->base.kind == KIND_COUNTER_HMAC) prepare_hmac(cipher, authentication_key);
    return &cipher->base;
}

void parley_cipher_free(parley_cipher *base) {
    if (base == NULL) return;
    if (base->kind == KIND_IPSEC_MB) {
        parley_ipsec_mb_free(base);
        return;
    }
    struct evp_cipher *cipher = (struct evp_cipher *)base;
    EVP_CIPHER_CTX_free(cipher->context);
    OPENSSL_cleanse(cipher, sizeof *cipher);
    free(cipher);
}

static void hmac(const struct evp_cipher *cipher, const void *associated, size_t associated_count,
                 const void *ciphertext, size_t count, uint32_t trailer, uint8_t code[SHA_DIGEST_LENGTH]) {
    SHA_CTX state = cipher->inner;
    uint32_t end = htobe32(trailer);
    SHA1_Update(&state, associated, associated_count);
    if (count > 0) SHA1_Update(&state, ciphertext, count);
    SHA1_Update(&state, &end, sizeof end);
    SHA1_Final(code, &state);
    state = cipher->outer;
    SHA1_Update(&state, code, SHA_DIGEST_LENGTH);
    SHA1_Final(code, &state);
}

static int counter(EVP_CIPHER_CTX *context, const uint8_t block[16], const void *source, size_t count,
                   void *destination) {
    int written = 0;
    if (EVP_CipherInit_ex(context, NULL, NULL, NULL, block, -1) != 1) return 0;
    return count == 0 || EVP_CipherUpdate(context, destination, &written, source, (int)count) == 1;
}

static int gcm_begin(EVP_CIPHER_CTX *context, const uint8_t *nonce, const void *associated,
                     size_t associated_count, const void *source, size_t count, void *destination) {
    int written = 0;
    if (EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) != 1) return 0;
    if (EVP_CipherUpdate(context, NULL, &written, associated, (int)associated_count) != 1) return 0;
    return count == 0 || EVP_CipherUpdate(context, destination, &written, source, (int)count) == 1;
}

int parley_cipher_seal(parley_cipher *base, uint64_t high, uint64_t low, const void *associated,
                       size_t associated_count, const void *source, size_t count, void *destination,
                       uint32_t trailer, void *tag) {
    uint8_t block[16];
    store_block(block, high, low);
    if (count > MOST_BYTES || associated_count > MOST_BYTES) return 0;
    if (base->kind == KIND_IPSEC_MB) {
        parley_ipsec_mb_seal(base, block, associated, associated_count, source, count, destination, tag);
        return 1;
    }
    struct evp_cipher *cipher = (struct evp_cipher *)base;
    if (base->kind == KIND_GCM) {
        uint8_t none[16];
        int written = 0;
        return gcm_begin(cipher->context, block, associated, associated_count, source, count, destination) &&
               EVP_CipherFinal_ex(cipher->context, none, &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_GET_TAG, TAG_GCM, tag) == 1;
    }
    uint8_t code[SHA_DIGEST_LENGTH];
    if (!counter(cipher->context, block, source, count, destination)) return 0;
    hmac(cipher, associated, associated_count, destination, count, trailer, code);
    memcpy(tag, code, TAG_HMAC);
    return 1;
}

int parley_cipher_open(parley_cipher *base, uint64_t high, uint64_t low, const void *associated,
                       size_t associated_count, const void *source, size_t count, void *destination,
                       uint32_t trailer, const void *tag) {
    uint8_t block[16];
    store_block(block, high, low);
    if (count > MOST_BYTES || associated_count > MOST_BYTES) return 0;
    if (base->kind == KIND_IPSEC_MB) {
        return parley_ipsec_mb_open(base, block, associated, associated_count, source, count, destination, tag);
    }
    struct evp_cipher *cipher = (struct evp_cipher *)base;
    if (base->kind == KIND_GCM) {
        uint8_t none[16];
        int written = 0;
        return gcm_begin(cipher->context, block, associated, associated_count, source, count, destination) &&
               EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, TAG_GCM, (void *)tag) == 1 &&
               EVP_CipherFinal_ex(cipher->context, none, &written) == 1;
    }
    uint8_t code[SHA_DIGEST_LENGTH];
    hmac(cipher, associated, associated_count, source, count, trailer, code);
    if (CRYPTO_memcmp(code, tag, TAG_HMAC) != 0) return 0;
    return counter(cipher->context, block, source, count, destination);
}

int parley_keystream(const uint8_t *key, size_t key_count, uint64_t high, uint64_t low, uint8_t *bytes,
                     size_t count) {
    const EVP_CIPHER *type = algorithm(PARLEY_TRANSFORM_COUNTER_HMAC_SHA1, key_count);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t block[16];
    int written = 0;
    store_block(block, high, low);
    memset(bytes, 0, count);
    int done = type != NULL && context != NULL && count <= MOST_BYTES &&
               EVP_EncryptInit_ex(context, type, NULL, key, block) == 1 &&
               EVP_EncryptUpdate(context, bytes, &written, bytes, (int)count) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}
