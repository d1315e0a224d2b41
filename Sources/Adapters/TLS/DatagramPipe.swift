// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import MediaPlans

/// Datagrams in and out of one OpenSSL session, in memory.
///
/// OpenSSL's own memory buffers glue datagrams together, and DTLS loses its records that way.
@safe final class DatagramPipe {
    /// What is being received, for the time of one call; taken whole by the first read.
    fileprivate var incoming: UnsafeRawBufferPointer?
    /// What waits to be sent, one datagram behind the other, and where each ends.
    fileprivate var outgoing: [UInt8] = []
    fileprivate var ends: [Int] = []
    /// What a client has to repeat to be believed; the second was handed out a while ago.
    var cookies: (current: [UInt8], former: [UInt8]) = ([], [])

    /// The hashes of certificates of which the peer must show one; none where it need not show any.
    var fingerprints: [CertificateFingerprint] = []
    var hasShownCertificate = false
    /// Whether the next datagram will come soon.
    var keepsRoom = true

    /// Most bytes that wait: more than one flight of a handshake never does.
    private static let maxOutgoing = 262_144

    init() {}

    /// Lends OpenSSL one datagram for the time of `body`.
    func lend<Result>(_ datagram: UnsafeRawBufferPointer, _ body: () -> Result) -> Result {
        unsafe incoming = datagram
        defer { unsafe incoming = nil }
        return body()
    }

    /// Hands over each datagram that waits, in order, and forgets it.
    func drain(_ send: (UnsafeRawBufferPointer) -> Void) {
        guard !ends.isEmpty else { return }
        unsafe outgoing.withUnsafeBytes { bytes in
            var start = 0
            for end in ends {
                unsafe send(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
        }
        outgoing.removeAll(keepingCapacity: keepsRoom && outgoing.capacity <= 16_384)
        ends.removeAll(keepingCapacity: keepsRoom)
    }

    func append(_ datagram: UnsafeRawBufferPointer) {
        // As if the network had lost it.
        guard outgoing.count + datagram.count <= Self.maxOutgoing else { return }
        unsafe outgoing.append(contentsOf: datagram)
        ends.append(outgoing.count)
    }

    // MARK: OpenSSL's side

    /// Makes `session` read from and write to this pipe, which has to outlive it.
    func attach(to session: OpaquePointer) -> Bool {
        guard let bio = unsafe BIO_new(Self.method) else { return false }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        unsafe SSL_set_bio(session, bio, bio)
        return true
    }

    /// The pipe of a session.
    static func of(_ session: OpaquePointer?) -> DatagramPipe? {
        guard let bio = unsafe SSL_get_rbio(session) else { return nil }
        return unsafe of(bio: bio)
    }

    fileprivate static func of(bio: OpaquePointer?) -> DatagramPipe? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<DatagramPipe>.fromOpaque(data).takeUnretainedValue()
    }

    /// Made once and never freed.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams in memory")
        unsafe BIO_meth_set_read(method, readDatagram)
        unsafe BIO_meth_set_write(method, writeDatagram)
        unsafe BIO_meth_set_ctrl(method, controlDatagrams)
        return unsafe method
    }()
}

@unsafe private func readDatagram(
    bio: OpaquePointer?, into start: UnsafeMutablePointer<CChar>?, size: Int32
) -> Int32 {
    unsafe parley_BIO_clear_retry_flags(bio)
    guard let pipe = unsafe DatagramPipe.of(bio: bio), let datagram = unsafe pipe.incoming,
        // Nothing at all would mean that the peer has hung up.
        datagram.count > 0
    else {
        unsafe parley_BIO_set_retry_read(bio)
        return -1
    }
    unsafe pipe.incoming = nil
    // What is longer than the buffer is cut, as from a socket.
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: start, count: Int(size))
    let count = min(datagram.count, buffer.count)
    unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: datagram[..<count]))
    return Int32(truncatingIfNeeded: count)
}

@unsafe private func writeDatagram(
    bio: OpaquePointer?, from start: UnsafePointer<CChar>?, size: Int32
) -> Int32 {
    unsafe parley_BIO_clear_retry_flags(bio)
    guard let pipe = unsafe DatagramPipe.of(bio: bio) else { return -1 }
    unsafe pipe.append(UnsafeRawBufferPointer(start: start, count: Int(size)))
    return size
}

@unsafe private func controlDatagrams(
    _: OpaquePointer?, command: Int32, _: Int, _: UnsafeMutableRawPointer?
) -> Int {
    switch command {
    case BIO_CTRL_FLUSH, BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: 1
    case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU: DTLSContext.mtu
    default: 0
    }
}
