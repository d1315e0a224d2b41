// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EventLoops

/// Takes the bytes of a ``RawStream``. Confined to its loop.
public protocol RawReceiver: AnyObject {
    /// Takes as many of the bytes as it likes, from the first. The others are offered again after
    /// ``RawStream/resume()``, and meanwhile the peer is not read from.
    /// - Returns: how many.
    @unsafe func received(_ bytes: UnsafeRawBufferPointer) -> Int
    /// The peer will send nothing more, and all that it sent was taken.
    func inputEnded()
    /// Everything written has been taken by the kernel.
    func outputDrained()
    /// The connection is gone. The last call.
    func streamClosed()
}

/// One TCP or TLS connection whose bytes are somebody else's: what a ``FrameStream`` may become.
public final class RawStream: ConnectionStage {
    /// `nil` once closed.
    private var connection: Connection?
    private var receiver: (any RawReceiver)?
    private var endsOutput = false
    private var hasInputEnded = false

    init(_ connection: Connection, receiver: any RawReceiver) {
        self.connection = connection
        self.receiver = receiver
        connection.setDeadline(after: nil)
    }

    // MARK: For the owner

    /// Bytes that were written and wait for the peer. Who writes on however many these are loses the connection.
    public var backlog: Int { connection?.backlog ?? 0 }

    public func write(_ bytes: UnsafeRawBufferPointer) { unsafe connection?.write(bytes, padding: 0) }

    /// Offers again what was not taken.
    public func resume() { connection?.resumeSoon() }

    /// Tells the peer, once everything written has left, that nothing more will come. It may go on sending.
    public func endOutput() {
        guard let connection, !endsOutput else { return }
        endsOutput = true
        if connection.isDrained { connection.socket.endOutput() }
    }

    /// Closes once everything written has left.
    public func finish() { connection?.finish() }

    /// Closes now.
    public func abort() { connection?.abort() }

    // MARK: ConnectionStage

    func received(_ reader: inout ByteReader) {
        guard let receiver, reader.remaining > 0 else { return }
        let taken = unsafe reader.peekAll { unsafe receiver.received($0) }
        _ = try? reader.skip("bytes", count: taken)
    }

    func inputEnded() {
        guard let connection, connection.unread.isEmpty, !hasInputEnded else { return }
        hasInputEnded = true
        receiver?.inputEnded()
    }

    func outputDrained() {
        if endsOutput { connection?.socket.endOutput() }
        receiver?.outputDrained()
    }

    func timedOut() {}
    func moved() {}

    func closed() {
        guard connection != nil else { return }
        connection = nil
        let receiver = receiver
        self.receiver = nil
        receiver?.streamClosed()
    }

    /// Whoever it was joined for ends it.
    func closeIfIdle() {}
}

extension FrameStream {
    /// Makes the connection somebody else's, from what comes next on: after what was written, and if nothing has come
    /// already. For the owner this was the stream's end.
    public func becomeRaw(_ receiver: any RawReceiver) -> RawStream? {
        guard let connection = giveUpConnection() else { return nil }
        let raw = RawStream(connection, receiver: receiver)
        connection.become(raw)
        return raw
    }
}
