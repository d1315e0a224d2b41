// SPDX-License-Identifier: Apache-2.0

// dlopen's RTLD_* in glibc.
#define _GNU_SOURCE
#include "internal.h"

#if defined(__x86_64__) && defined(__linux__) && __has_include(<intel-ipsec-mb.h>)

#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#define TAG 16

struct mb_cipher {
    parley_cipher base;
    int is_256;
    // What it expands a key into wants a cache line of its own.
    _Alignas(64) struct gcm_key_data key;
};

static IMB_MGR *manager;
static const char *version;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Encrypts and decrypts a message with both key sizes and compares with what NIST published: the fourth and the
/// sixteenth test case of the GCM specification, with their additional data.
static int works(void);

static void load(void) {
    void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    unsigned (*number)(void) = (unsigned (*)(void))dlsym(library, "imb_get_version");
    const char *(*text)(void) = (const char *(*)(void))dlsym(library, "imb_get_version_str");
    IMB_MGR *(*make)(uint64_t) = (IMB_MGR * (*)(uint64_t)) dlsym(library, "alloc_mb_mgr");
    void (*start)(IMB_MGR *, IMB_ARCH *) = (void (*)(IMB_MGR *, IMB_ARCH *))dlsym(library, "init_mb_mgr_auto");
    // Its structures grow at the end only, so an older library than the header lacks members.
    if (number == NULL || text == NULL || make == NULL || start == NULL || number() < IMB_VERSION_NUM) return;
    manager = make(0);
    if (manager == NULL) return;
    IMB_ARCH architecture = IMB_ARCH_NONE;
    start(manager, &architecture);
    // Without vector AES it is no faster than OpenSSL, and below AVX2 slower.
    if (architecture < IMB_ARCH_AVX2 || !works()) {
        manager = NULL;
        return;
    }
    version = text();
}

const char *parley_ipsec_mb_version(void) {
    pthread_once(&once, load);
    return version;
}

static parley_cipher *make_key(const uint8_t *key, size_t key_count) {
    struct mb_cipher *cipher = NULL;
    if (key_count != 16 && key_count != 32) return NULL;
    if (posix_memalign((void **)&cipher, 64, sizeof *cipher) != 0) return NULL;
    cipher->base.kind = KIND_IPSEC_MB;
    cipher->is_256 = key_count == 32;
    if (cipher->is_256) {
        IMB_AES256_GCM_PRE(manager, key, &cipher->key);
    } else {
        IMB_AES128_GCM_PRE(manager, key, &cipher->key);
    }
    return &cipher->base;
}

parley_cipher *parley_ipsec_mb_make(const uint8_t *key, size_t key_count) {
    return parley_ipsec_mb_version() == NULL ? NULL : make_key(key, key_count);
}

void parley_ipsec_mb_free(parley_cipher *base) {
    OPENSSL_cleanse(base, sizeof(struct mb_cipher));
    free(base);
}

void parley_ipsec_mb_seal(parley_cipher *base, const uint8_t *nonce, const void *associated,
                          size_t associated_count, const void *source, size_t count, void *destination, void *tag) {
    struct mb_cipher *cipher = (struct mb_cipher *)base;
    struct gcm_context_data context;
    if (cipher->is_256) {
        IMB_AES256_GCM_ENC(manager, &cipher->key, &context, destination, source, count, nonce, associated,
                           associated_count, tag, TAG);
    } else {
        IMB_AES128_GCM_ENC(manager, &cipher->key, &context, destination, source, count, nonce, associated,
                           associated_count, tag, TAG);
    }
}

int parley_ipsec_mb_open(parley_cipher *base, const uint8_t *nonce, const void *associated,
                         size_t associated_count, const void *source, size_t count, void *destination,
                         const void *tag) {
    struct mb_cipher *cipher = (struct mb_cipher *)base;
    struct gcm_context_data context;
    uint8_t found[TAG];
    if (cipher->is_256) {
        IMB_AES256_GCM_DEC(manager, &cipher->key, &context, destination, source, count, nonce, associated,
                           associated_count, found, TAG);
    } else {
        IMB_AES128_GCM_DEC(manager, &cipher->key, &context, destination, source, count, nonce, associated,
                           associated_count, found, TAG);
    }
    return CRYPTO_memcmp(found, tag, TAG) == 0;
}

#include "gcm_examples.h"

static int works_with(const uint8_t *key, size_t key_count, const uint8_t *ciphertext, const uint8_t *tag) {
    uint8_t text[sizeof example_plaintext];
    uint8_t found[TAG];
    parley_cipher *cipher = make_key(key, key_count);
    if (cipher == NULL) return 0;
    parley_ipsec_mb_seal(cipher, example_nonce, example_associated, sizeof example_associated, example_plaintext,
                         sizeof text, text, found);
    int right = memcmp(text, ciphertext, sizeof text) == 0 && memcmp(found, tag, TAG) == 0 &&
                parley_ipsec_mb_open(cipher, example_nonce, example_associated, sizeof example_associated,
                                     ciphertext, sizeof text, text, tag) == 1 &&
                memcmp(text, example_plaintext, sizeof text) == 0;
    found[0] ^= 1;
    right = right && parley_ipsec_mb_open(cipher, example_nonce, example_associated, sizeof example_associated,
                                          ciphertext, sizeof text, text, found) == 0;
    parley_ipsec_mb_free(cipher);
    return right;
}

static int works(void) {
    return works_with(example_key, 16, example_ciphertext_128, example_tag_128) &&
           works_with(example_key, 32, example_ciphertext_256, example_tag_256);
}

#else

const char *parley_ipsec_mb_version(void) { return NULL; }
parley_cipher *parley_ipsec_mb_make(const uint8_t *key, size_t key_count) {
    (void)key, (void)key_count;
    return NULL;
}
void parley_ipsec_mb_free(parley_cipher *cipher) { (void)cipher; }
void parley_ipsec_mb_seal(parley_cipher *cipher, const uint8_t *nonce, const void *associated,
                          size_t associated_count, const void *source, size_t count, void *destination,
                          void *tag) {
    (void)cipher, (void)nonce, (void)associated, (void)associated_count;
    (void)source, (void)count, (void)destination, (void)tag;
}
int parley_ipsec_mb_open(parley_cipher *cipher, const uint8_t *nonce, const void *associated,
                         size_t associated_count, const void *source, size_t count, void *destination,
                         const void *tag) {
    (void)cipher, (void)nonce, (void)associated, (void)associated_count;
    (void)source, (void)count, (void)destination, (void)tag;
    return 0;
}

#endif
