// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit

/// Takes the datagrams that come in TCP connections of one loop. Confined to that loop.
public protocol PacketReceiver: AnyObject {
    /// The first call for a stream.
    func streamOpened(_ stream: PacketStream)
    /// One datagram, lent for the time of the call.
    @unsafe func received(_ datagram: UnsafeRawBufferPointer, on stream: PacketStream)
    /// The last call for a stream, once.
    func streamClosed(_ stream: PacketStream)
}

/// One TCP or TLS connection that carries datagrams, each behind two bytes of length: ICE, DTLS and media where UDP does
/// not pass. RFC 4571 §2, RFC 6544.
///
/// It stays on the loop where it began. A stream that nobody keeps ends after a few seconds.
public final class PacketStream: ConnectionStage {
    /// `nil` once closed: owners may hold on to the stream longer.
    private var connection: Connection?
    private let receiver: any PacketReceiver
    /// The beginning of a frame whose end has not come.
    private var partial: [UInt8] = []
    private let output = FrameOutput()
    /// A frame that is being put together.
    private var frame: [UInt8] = []
    /// For the owner's use.
    public var number: UInt32 = 0
    public let peer: PeerAddress
    public private(set) var isKept = false

    /// The longest datagram that is taken: more than any path carries, less than what makes a peer expensive.
    public static let maxDatagram = 8192
    private static let prefixSize = 2

    init(_ connection: Connection, receiver: any PacketReceiver) {
        self.connection = connection
        self.receiver = receiver
        peer = connection.peer
        connection.socket.limitUnsent(to: 131_072)
        connection.web.counters.packetStreams += 1
        connection.setDeadline(after: connection.web.settings.handshakeTimeout)
        receiver.streamOpened(self)
    }

    // MARK: For the owner

    /// Lets the stream live on for so long from now.
    public func keep(for time: Duration) {
        isKept = true
        connection?.setDeadline(after: time)
    }

    /// Sends a datagram, which is dropped when the peer does not keep up.
    public func send(_ datagram: UnsafeRawBufferPointer) {
        guard let connection, datagram.count <= 0xFFFF else { return }
        frame.removeAll(keepingCapacity: true)
        frame.append(UInt8(truncatingIfNeeded: datagram.count >> 8))
        frame.append(UInt8(truncatingIfNeeded: datagram.count))
        unsafe frame.append(contentsOf: datagram)
        unsafe frame.withUnsafeBytes { unsafe output.write($0, isMedia: true, on: connection) }
    }

    /// Whether datagrams still come: neither closed nor told to close.
    public var isOpen: Bool { connection?.isFinishing == false }

    /// Closes once everything written has left. No datagram comes any more.
    public func finish() { connection?.finish() }

    /// Closes now.
    public func abort() { connection?.abort() }

    // MARK: ConnectionStage

    func received(_ reader: inout ByteReader) {
        let count = reader.remaining
        let isSound = isOpen ? unsafe reader.peekAll { unsafe take($0) } : true
        _ = try? reader.skip("frames", count: count)
        guard !isSound, let connection else { return }
        // There is no way to tell where the next frame would begin.
        connection.web.counters.garbage += 1
        connection.abort()
    }

    /// - Returns: Whether all lengths are such as may be.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = unsafe bytes
        while !partial.isEmpty, rest.count > 0 {
            let length = partial.count < Self.prefixSize ? Self.prefixSize : lengthOfPartial
            let count = min(length - partial.count, rest.count)
            unsafe partial.append(contentsOf: rest[..<count])
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            guard partial.count >= Self.prefixSize else { continue }
            guard lengthOfPartial <= Self.prefixSize + Self.maxDatagram else { return false }
            guard partial.count >= lengthOfPartial else { continue }
            let whole = partial
            partial = []
            unsafe whole.withUnsafeBytes {
                unsafe hand(UnsafeRawBufferPointer(rebasing: $0[Self.prefixSize...]))
            }
            guard isOpen else { return true }
        }
        while rest.count >= Self.prefixSize {
            let count = unsafe Int(rest[0]) << 8 | Int(rest[1])
            guard count <= Self.maxDatagram else { return false }
            let end = Self.prefixSize + count
            guard end <= rest.count else { break }
            unsafe hand(UnsafeRawBufferPointer(rebasing: rest[Self.prefixSize..<end]))
            guard isOpen else { return true }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[end...])
        }
        unsafe partial.append(contentsOf: rest)
        return true
    }

    private var lengthOfPartial: Int { Self.prefixSize + (Int(partial[0]) << 8 | Int(partial[1])) }

    private func hand(_ datagram: UnsafeRawBufferPointer) {
        // Some send empty ones to keep a connection alive.
        if datagram.count > 0 { unsafe receiver.received(datagram, on: self) }
    }

    func outputDrained() { if let connection { output.drained(connection) } }

    func inputEnded() { connection?.abort() }

    func timedOut() {
        connection?.web.counters.idleStreams += 1
        connection?.abort()
    }

    func moved() {}

    func closed() {
        guard connection != nil else { return }
        connection = nil
        partial = []
        output.removeAll()
        receiver.streamClosed(self)
    }

    func closeIfIdle() { if !isKept { connection?.finish() } }
}
