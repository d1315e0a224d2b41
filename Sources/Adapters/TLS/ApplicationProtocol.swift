// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What is spoken inside TLS or DTLS, as far as the handshake agrees on that. RFC 7301, RFC 7443.
///
/// In the order of preference: browsers never offer TURN to a web server, but clients of TURN there are that offer HTTP
/// as well.
public enum ApplicationProtocol: String, Hashable, Sendable, CaseIterable {
    case turn = "stun.turn"
    case stun = "stun.nat-discovery"
    case http = "http/1.1"

    /// Makes servers of `context` pick the first of ours that the client offers.
    static func select(on context: OpaquePointer) {
        unsafe SSL_CTX_set_alpn_select_cb(context, selectApplicationProtocol, nil)
    }

    /// What the handshake of `session` agreed on; `nil` when the client named nothing.
    static func chosen(in session: OpaquePointer) -> ApplicationProtocol? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &start, &count)
        let name = unsafe UnsafeBufferPointer(start: start, count: Int(count))
        return allCases.first { unsafe name.elementsEqual($0.rawValue.utf8) }
    }
}

/// Picks one of ours from the client's list; a client that offers others only is told so. RFC 7301 §3.2.
@unsafe private func selectApplicationProtocol(
    _: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenCount: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?, offeredCount: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    let offers = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    for ours in ApplicationProtocol.allCases {
        var index = 0
        while index < offers.count {
            let start = index + 1
            let end = start + (unsafe Int(offers[index]))
            guard end <= offers.count else { break }
            if unsafe offers[start..<end].elementsEqual(ours.rawValue.utf8) {
                unsafe chosen?.pointee = offered?.advanced(by: start)
                unsafe chosenCount?.pointee = UInt8(end - start)
                return SSL_TLSEXT_ERR_OK
            }
            index = end
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
