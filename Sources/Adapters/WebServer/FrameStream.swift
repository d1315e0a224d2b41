// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import STUN

/// Takes the frames of the STUN and TURN streams of one loop. Confined to that loop.
public protocol FrameReceiver: AnyObject {
    /// The first call for a stream.
    func streamOpened(_ stream: FrameStream)
    /// One or more whole frames, padding included, that are lent for the time of the call. Those behind one that led to
    /// the stream's end are not to be obeyed: see ``FrameStream/isOpen``.
    @unsafe func received(_ frames: UnsafeRawBufferPointer, on stream: FrameStream)
    /// The last call for a stream, once.
    func streamClosed(_ stream: FrameStream)
}

/// One TCP or TLS connection that carries STUN and TURN. RFC 8489 §6.2.2, RFC 8656 §3.1.
///
/// It stays on the loop where it began. A stream that nobody keeps ends after a few seconds.
public final class FrameStream: ConnectionStage {
    /// `nil` once closed: owners may hold on to the stream longer.
    private var connection: Connection?
    private let receiver: any FrameReceiver
    /// The beginning of a frame whose end has not come.
    private var partial: [UInt8] = []
    private let output = FrameOutput()
    /// For the owner's use.
    public var number: UInt32 = 0
    /// The other end of the connection, and this one.
    public let peer: PeerAddress
    public let local: PeerAddress?
    public let isSecure: Bool
    /// Whether the stream may stay: somebody has authenticated on it and has something here.
    public private(set) var isKept = false

    /// Longest frame of a stream that is not kept: none of those that lead to an allocation is longer.
    private static let maxEarlyFrame = 2048
    /// Bytes that tell a frame's length and that it is STUN, or ChannelData without any payload.
    private static let prefixSize = 4

    init(_ connection: Connection, receiver: any FrameReceiver) {
        self.connection = connection
        self.receiver = receiver
        peer = connection.peer
        local = connection.socket.localAddress
        isSecure = connection.isSecure
        connection.socket.limitUnsent(to: 131_072)
        connection.web.counters.streams += 1
        connection.setDeadline(after: connection.web.settings.handshakeTimeout)
        receiver.streamOpened(self)
    }

    // MARK: For the owner

    /// Lets the stream live on, or gives it a few seconds to become of use again.
    public func keep(_ isKept: Bool) {
        guard let connection, isKept != self.isKept else { return }
        self.isKept = isKept
        connection.setDeadline(after: isKept ? nil : connection.web.settings.handshakeTimeout)
    }

    /// Sends an answer, which is never dropped.
    public func send(_ answer: [UInt8]) { unsafe answer.withUnsafeBytes { unsafe write($0, isMedia: false) } }

    /// Sends a frame of media, with zeros behind it up to a multiple of four. It is dropped when the peer does not
    /// keep up.
    public func sendMedia(_ frame: UnsafeRawBufferPointer) { unsafe write(frame, isMedia: true) }

    /// Whether frames still come: neither closed nor told to close.
    public var isOpen: Bool { connection?.isFinishing == false }

    /// Closes once everything written has left. No frame comes any more.
    public func finish() { connection?.finish() }

    /// Closes now.
    public func abort() { connection?.abort() }

    private func write(_ frame: UnsafeRawBufferPointer, isMedia: Bool) {
        guard let connection else { return }
        unsafe output.write(frame, padding: -frame.count & 3, isMedia: isMedia, on: connection)
    }

    // MARK: ConnectionStage

    func received(_ reader: inout ByteReader) {
        let count = reader.remaining
        guard isOpen else {
            _ = try? reader.skip("frames of a stream that ends", count: count)
            return
        }
        let isSound = unsafe reader.peekAll { bytes in
            do throws(DecodeError) {
                try unsafe take(bytes)
                return true
            } catch {
                return false
            }
        }
        _ = try? reader.skip("frames", count: count)
        guard !isSound, let connection else { return }
        // There is no way to tell where the next frame would begin.
        connection.web.counters.garbage += 1
        connection.abort()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) {
        var rest = unsafe bytes
        while !partial.isEmpty, rest.count > 0 {
            // Up to the length, which also tells that this is STUN at all; then what the frame lacks.
            let length = try unsafe partial.withUnsafeBufferPointer { (bytes) throws(DecodeError) in
                try unsafe lengthOfFrame(UnsafeRawBufferPointer(bytes))
            }
            let isKnown = partial.count >= Self.prefixSize
            let lacking = (isKnown ? length ?? Self.prefixSize : Self.prefixSize) - partial.count
            let count = min(lacking, rest.count)
            unsafe partial.append(contentsOf: rest[..<count])
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            guard let length, partial.count >= length else { continue }
            let frame = partial
            partial = []
            // Now that the cookie is there.
            _ = try unsafe frame.withUnsafeBufferPointer { (bytes) throws(DecodeError) in
                try unsafe lengthOfFrame(UnsafeRawBufferPointer(bytes))
            }
            unsafe frame.withUnsafeBytes { unsafe receiver.received($0, on: self) }
            guard isOpen else { return }
        }
        var end = 0
        while end < rest.count {
            let next = unsafe UnsafeRawBufferPointer(rebasing: rest[end...])
            guard let length = try unsafe lengthOfFrame(next), length <= next.count else { break }
            end += length
        }
        if end > 0 { unsafe receiver.received(UnsafeRawBufferPointer(rebasing: rest[..<end]), on: self) }
        guard isOpen, end < rest.count else { return }
        unsafe partial.append(contentsOf: rest[end...])
    }

    /// The length of the frame at the front with its padding; `nil` while that cannot be told.
    private func lengthOfFrame(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> Int? {
        try unsafe STUNStreamFraming.length(
            of: bytes, limit: isKept ? STUNStreamFraming.maxSize : Self.maxEarlyFrame)
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

    /// The connection for another stage; `nil` when there is the beginning of a frame, or something waits.
    func giveUpConnection() -> Connection? {
        guard let connection, connection.phase == .open, partial.isEmpty, output.isEmpty else { return nil }
        self.connection = nil
        receiver.streamClosed(self)
        return connection
    }

    func closeIfIdle() { if !isKept { connection?.finish() } }
}
