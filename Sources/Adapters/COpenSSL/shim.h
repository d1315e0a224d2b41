#pragma once
// For SHA1_Init and its like: see the end of this file.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// Everything below is a macro in OpenSSL 3.0 and so invisible to Swift.
static inline int parley_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline long parley_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_mode(context, mode);
}
static inline long parley_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}
/// Adds to the chain that is sent after the leaf; takes its own reference to `certificate`.
static inline long parley_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate);
}
static inline uint64_t parley_SSL_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
           SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE;
}
static inline long parley_SSL_modes(void) {
    return SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
}
static inline long parley_SSL_CTX_set_read_ahead(SSL_CTX *context, int on) {
    return SSL_CTX_set_read_ahead(context, on);
}
/// Sets a cipher and a MAC up for a session ticket; 1 on success.
static inline int parley_ticket_begin(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const unsigned char *cipher_key,
                                      unsigned char *mac_key, const unsigned char *iv, int encrypt) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string("key", mac_key, 32),
        OSSL_PARAM_construct_utf8_string("digest", digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), 0, cipher_key, iv, encrypt) == 1 &&
           EVP_MAC_CTX_set_params(mac, parameters) == 1;
}
static inline long parley_SSL_set_tlsext_host_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name);
}
static inline EVP_PKEY *parley_EVP_EC_gen_p256(void) { return EVP_EC_gen("P-256"); }
/// Whether an elliptic-curve key is on P-256; 1 when it is.
static inline int parley_EVP_PKEY_is_p256(EVP_PKEY *key) {
    char group[64];
    size_t count = 0;
    return EVP_PKEY_get_group_name(key, group, sizeof group, &count) == 1 &&
           OBJ_txt2nid(group) == NID_X9_62_prime256v1;
}
static inline long parley_BIO_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }
static inline int parley_GENERAL_NAMES_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *parley_GENERAL_NAMES_at(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

// HMAC of a message in two pieces, RFC 2104, on the plain hash functions: nothing is looked up, allocated or shared.
// HMAC() and EVP_MAC look their algorithm up for each code, and that takes longer than the code.
#define PARLEY_HMAC(name, context, algorithm, size)                                                                \
    static inline void name(const void *key, size_t key_count, const void *first, size_t first_count,             \
                            const void *rest, size_t rest_count, unsigned char *code) {                            \
        unsigned char block[64] = {0};                                                                             \
        context state;                                                                                             \
        if (key_count > sizeof block) {                                                                            \
            algorithm##_Init(&state);                                                                              \
            algorithm##_Update(&state, key, key_count);                                                            \
            algorithm##_Final(block, &state);                                                                      \
        } else if (key_count > 0) {                                                                                \
            memcpy(block, key, key_count);                                                                         \
        }                                                                                                          \
        for (size_t index = 0; index < sizeof block; index++) block[index] ^= 0x36;                                \
        algorithm##_Init(&state);                                                                                  \
        algorithm##_Update(&state, block, sizeof block);                                                           \
        if (first_count > 0) algorithm##_Update(&state, first, first_count);                                       \
        if (rest_count > 0) algorithm##_Update(&state, rest, rest_count);                                          \
        algorithm##_Final(code, &state);                                                                           \
        for (size_t index = 0; index < sizeof block; index++) block[index] ^= 0x36 ^ 0x5C;                         \
        algorithm##_Init(&state);                                                                                  \
        algorithm##_Update(&state, block, sizeof block);                                                           \
        algorithm##_Update(&state, code, size);                                                                    \
        algorithm##_Final(code, &state);                                                                           \
        OPENSSL_cleanse(block, sizeof block);                                                                      \
        OPENSSL_cleanse(&state, sizeof state);                                                                     \
    }
PARLEY_HMAC(parley_hmac_sha1, SHA_CTX, SHA1, SHA_DIGEST_LENGTH)
PARLEY_HMAC(parley_hmac_sha256, SHA256_CTX, SHA256, SHA256_DIGEST_LENGTH)
#undef PARLEY_HMAC

static inline void parley_md5(const void *bytes, size_t count, unsigned char *digest) {
    MD5_CTX state;
    MD5_Init(&state);
    MD5_Update(&state, bytes, count);
    MD5_Final(digest, &state);
}
static inline void parley_sha256(const void *bytes, size_t count, unsigned char *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes, count);
    SHA256_Final(digest, &state);
}

// DTLS
static inline uint64_t parley_DTLS_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET |
           SSL_OP_CIPHER_SERVER_PREFERENCE;
}
/// Gives `to` the certificate, key and issuers of `from`; 1 on success.
static inline int parley_SSL_CTX_copy_identity(SSL_CTX *from, SSL_CTX *to) {
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(from, &chain);
    return SSL_CTX_use_certificate(to, SSL_CTX_get0_certificate(from)) == 1 &&
           SSL_CTX_use_PrivateKey(to, SSL_CTX_get0_privatekey(from)) == 1 &&
           (chain == NULL || SSL_CTX_set1_chain(to, chain) == 1);
}
static inline long parley_SSL_set_mtu(SSL *session, long mtu) { return SSL_set_mtu(session, mtu); }
/// Microseconds until the session wants to send its last flight again; -1 when it waits for nothing.
static inline int64_t parley_DTLS_timeout(SSL *session) {
    struct timeval left;
    if (DTLSv1_get_timeout(session, &left) != 1) return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}
/// Our certificate in a context for media, whose contents are of no matter to the peer but for its hash.
static inline int parley_SSL_CTX_use_identity(SSL_CTX *context, X509 *certificate, EVP_PKEY *key) {
    return SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
}
static inline long parley_DTLS_handle_timeout(SSL *session) { return DTLSv1_handle_timeout(session); }
static inline void parley_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void parley_BIO_clear_retry_flags(BIO *bio) { BIO_clear_retry_flags(bio); }
