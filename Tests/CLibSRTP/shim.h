#pragma once
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

/// A session of libsrtp for any SSRC in one direction; `profile` is its number in use_srtp. Null on failure.
///
/// A tagged pointer: Swift does not see the type behind `srtp_t`.
static inline void *parley_srtp_open(int profile, const uint8_t *key_and_salt, int sends) {
    static int started = 0;
    if (!started) {
        if (srtp_init() != srtp_err_status_ok) return NULL;
        started = 1;
    }
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    switch (profile) {
    case 1:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        break;
    case 7:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
    case 8:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    default: return NULL;
    }
    policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = (uint8_t *)key_and_salt;
    policy.window_size = 1024;
    srtp_t session = NULL;
    return srtp_create(&session, &policy) == srtp_err_status_ok ? session : NULL;
}
static inline void parley_srtp_close(void *session) { srtp_dealloc((srtp_t)session); }
/// Each works in place, with room for 64 bytes more, and returns the new size; negative is libsrtp's error.
static inline int parley_srtp_protect(void *session, void *packet, int count) {
    srtp_err_status_t status = srtp_protect((srtp_t)session, packet, &count);
    return status == srtp_err_status_ok ? count : -(int)status;
}
static inline int parley_srtp_unprotect(void *session, void *packet, int count) {
    srtp_err_status_t status = srtp_unprotect((srtp_t)session, packet, &count);
    return status == srtp_err_status_ok ? count : -(int)status;
}
static inline int parley_srtp_protect_rtcp(void *session, void *packet, int count) {
    srtp_err_status_t status = srtp_protect_rtcp((srtp_t)session, packet, &count);
    return status == srtp_err_status_ok ? count : -(int)status;
}
static inline int parley_srtp_unprotect_rtcp(void *session, void *packet, int count) {
    srtp_err_status_t status = srtp_unprotect_rtcp((srtp_t)session, packet, &count);
    return status == srtp_err_status_ok ? count : -(int)status;
}
