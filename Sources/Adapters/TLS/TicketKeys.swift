// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import EngineKit
internal import Glibc
internal import Synchronization

/// The keys of session tickets, with which a client that comes back skips the costly half of a
/// handshake. RFC 5077, RFC 8446 §4.6.1.
///
/// Tickets are made with the newest key. A key is replaced after 12 hours and honoured for 12 more: whoever
/// steals the keys of a process reads at most a day of recorded TLS 1.2 sessions that were resumed.
public final class TicketKeys: Sendable {
    /// For all contexts of a process, so that a renewed certificate costs nobody their ticket.
    public static let shared = TicketKeys()

    /// How long a ticket is honoured.
    public static let lifetime = Duration.seconds(12 * 3600)

    struct Key: Sendable {
        /// 16 bytes that tell which key a ticket was made with.
        var name: [UInt8]
        var cipherKey: [UInt8]
        var macKey: [UInt8]
        var madeAt: Instant
    }

    /// Newest first.
    private let keys: Mutex<[Key]>
    private let clock: @Sendable () -> Instant

    /// - Parameter clock: Monotonic time.
    public init(clock: @escaping @Sendable () -> Instant = systemClock) {
        self.clock = clock
        keys = Mutex([])
    }

    /// The key to make a ticket with.
    func current() -> Key {
        let now = clock()
        return keys.withLock { keys in
            if let first = keys.first, first.madeAt.duration(to: now) < Self.lifetime { return first }
            var random = SystemRandomSource()
            let key = Key(
                name: random.nextBytes(16), cipherKey: random.nextBytes(32), macKey: random.nextBytes(32),
                madeAt: now)
            keys.insert(key, at: 0)
            keys.removeAll { $0.madeAt.duration(to: now) >= Self.lifetime * 2 }
            return key
        }
    }

    /// The key a ticket was made with, and whether it is time for a new ticket; `nil` for one of another
    /// process, or too old.
    func key(named name: [UInt8]) -> (key: Key, isOld: Bool)? {
        let now = clock()
        return keys.withLock { keys in
            guard let key = keys.first(where: { $0.name == name }) else { return nil }
            let age = key.madeAt.duration(to: now)
            return age < Self.lifetime * 2 ? (key, age >= Self.lifetime) : nil
        }
    }

    /// Makes `context` use these keys, for as long as it or a session of it lives.
    func serve(_ context: OpaquePointer) {
        unsafe SSL_CTX_set_ex_data(context, Self.index, Unmanaged.passRetained(self).toOpaque())
        unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(context, beginTicket)
    }

    /// Where a context keeps its keys.
    fileprivate static let index: Int32 = unsafe CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL_CTX, 0, nil, nil, nil,
        { _, keys, _, _, _, _ in
            if let keys = unsafe keys { unsafe Unmanaged<TicketKeys>.fromOpaque(keys).release() }
        })

    /// The system's monotonic clock.
    public static let systemClock: @Sendable () -> Instant = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

/// Called by OpenSSL to make a ticket or to open one.
/// - Returns: 1 to go on, 2 to go on and give a new ticket, 0 for a full handshake, -1 for an error.
@unsafe private func beginTicket(
    session: OpaquePointer?, name: UnsafeMutablePointer<UInt8>?, iv: UnsafeMutablePointer<UInt8>?,
    cipher: OpaquePointer?, mac: OpaquePointer?, isNew: Int32
) -> Int32 {
    guard let name = unsafe name, let iv = unsafe iv,
        let kept = unsafe SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), TicketKeys.index)
    else { return -1 }
    let keys = unsafe Unmanaged<TicketKeys>.fromOpaque(kept).takeUnretainedValue()
    var (key, isOld) = (keys.current(), false)
    if isNew == 1 {
        unsafe UnsafeMutableRawBufferPointer(start: name, count: 16).copyBytes(from: key.name)
        guard unsafe RAND_bytes(iv, 16) == 1 else { return -1 }
    } else {
        guard let found = keys.key(named: unsafe Array(UnsafeBufferPointer(start: name, count: 16))) else {
            return 0
        }
        (key, isOld) = found
    }
    guard unsafe parley_ticket_begin(cipher, mac, key.cipherKey, &key.macKey, iv, isNew) == 1 else {
        return -1
    }
    // A TLS 1.3 client uses a ticket once, so that nobody can tell that two connections are its own: it gets
    // another each time. RFC 8446 §C.4.
    return unsafe isOld || SSL_version(session) >= TLS1_3_VERSION ? 2 : 1
}
