// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import EngineKit

/// Turns the first datagrams of DTLS clients into associations, once they have shown that they are where they
/// say. RFC 6347 §4.2.1.
///
/// Nothing is kept for a client before it repeats its cookie: a cookie is a code over the client's address and the
/// minute, which the listener makes again to compare. Confined to one thread.
@safe public final class DTLSListener {
    public enum Outcome {
        /// Not a ClientHello, or not a sound one.
        case ignored
        /// The client has to repeat what waits in ``drain(_:)``, which is shorter than what it sent.
        case challenged
        /// The client is real. Its first flight waits in the association.
        case accepted(DTLSAssociation)
    }

    /// For new associations. A change does not touch the others.
    public var context: DTLSContext
    /// The same on all loops: a client's datagrams may change loops.
    private let key: [UInt8]
    private let source: OpaquePointer
    /// Looks at one hello after the other, until one is worth keeping.
    private var waiting: (session: OpaquePointer, pipe: DatagramPipe, context: DTLSContext)?
    private var answers = DatagramPipe()

    private static let cookieLength = 16

    /// - Parameter key: Random bytes.
    public init(_ context: DTLSContext, cookieKey key: [UInt8]) throws(TLSError) {
        self.context = context
        self.key = key
        guard let source = unsafe BIO_ADDR_new() else { throw .library("BIO_ADDR_new") }
        unsafe self.source = source
    }

    deinit {
        if let waiting = unsafe waiting { unsafe SSL_free(waiting.session) }
        unsafe BIO_ADDR_free(source)
    }

    /// Whether a datagram begins with a ClientHello in the clear: a record of type 22 and epoch 0 with a message of
    /// type 1.
    public static func isHello(_ datagram: UnsafeRawBufferPointer) -> Bool {
        datagram.count >= 25 && (unsafe datagram[0] == 22 && datagram[3] == 0 && datagram[4] == 0)
            && (unsafe datagram[13] == 1)
    }

    /// Looks at a datagram from a client without an association.
    /// - Parameter address: The client's address and port, in any form that tells clients apart.
    public func receive(
        _ datagram: UnsafeRawBufferPointer, from address: [UInt8], at now: Instant
    ) -> Outcome {
        guard unsafe Self.isHello(datagram), let (session, pipe) = unsafe session() else { return .ignored }
        let minute = now.nanoseconds / 60_000_000_000
        pipe.cookies = (cookie(for: address, minute), cookie(for: address, minute - 1))
        ERR_clear_error()
        let status = unsafe pipe.lend(datagram) { unsafe DTLSv1_listen(session, source) }
        guard status == 1 else {
            var isAnswered = false
            unsafe pipe.drain { answer in
                isAnswered = true
                unsafe answers.append(answer)
            }
            if status < 0 {
                // Whatever was wrong, the next client gets a clean one.
                unsafe SSL_free(session)
                unsafe waiting = nil
                ERR_clear_error()
            }
            return isAnswered ? .challenged : .ignored
        }
        unsafe waiting = nil
        return unsafe .accepted(DTLSAssociation(accepting: session, pipe, at: now))
    }

    /// Hands over the datagram that the last client has to repeat something of.
    public func drain(_ send: (UnsafeRawBufferPointer) -> Void) { unsafe answers.drain(send) }

    private func session() -> (OpaquePointer, DatagramPipe)? {
        if let waiting = unsafe waiting, unsafe waiting.context === context {
            return unsafe (waiting.session, waiting.pipe)
        }
        if let waiting = unsafe waiting { unsafe SSL_free(waiting.session) }
        unsafe waiting = nil
        guard let (session, pipe) = try? unsafe DTLSAssociation.makeSession(context) else { return nil }
        unsafe SSL_set_accept_state(session)
        unsafe waiting = (session, pipe, context)
        return unsafe (session, pipe)
    }

    private func cookie(for address: [UInt8], _ minute: Int64) -> [UInt8] {
        let time = (0..<8).map { UInt8(truncatingIfNeeded: minute >> (8 * $0)) }
        return Array(Digest.hmacSHA256(key: key, time + address).prefix(Self.cookieLength))
    }
}
