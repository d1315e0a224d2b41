// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import ICE
internal import NetworkAddresses
public import WebServer

/// The TCP connections of one loop that carry media, for its worker: for people whose network lets no UDP pass.
/// RFC 6544.
///
/// A connection lives as long as checks on it are right; each one gives it a little more than a consent lasts.
public final class MediaStreams: PacketReceiver {
    private let worker: MediaWorker
    private var paths: [UInt32: MediaPath] = [:]

    public init(_ worker: MediaWorker) { self.worker = worker }

    public func streamOpened(_ stream: PacketStream) {
        guard let ip = IPAddress(stream.peer.host) else { return stream.abort() }
        let remote = SocketAddress(ip: ip, port: stream.peer.port)
        let path = worker.attach(PacketLeg(stream), remote: remote)
        stream.number = path.stream
        paths[path.stream] = path
    }

    public func received(_ datagram: UnsafeRawBufferPointer, on stream: PacketStream) {
        guard let path = paths[stream.number] else { return }
        unsafe worker.receive(datagram, from: path)
    }

    public func streamClosed(_ stream: PacketStream) {
        guard let path = paths.removeValue(forKey: stream.number) else { return }
        worker.detach(path)
    }
}

/// One connection, to send on.
private final class PacketLeg: MediaStreamLeg {
    private let stream: PacketStream

    /// A connection whose peer gives no more consent is of no use soon after.
    private static let life = ICELite.consentLifetime + .seconds(10)

    init(_ stream: PacketStream) { self.stream = stream }

    override func send(_ datagram: UnsafeRawBufferPointer) {
        // The answer to a check that was right: anything else may be for a stranger. RFC 8489 §5.
        if datagram.count > 1, unsafe datagram[0] == 0x01, unsafe datagram[1] == 0x01 {
            stream.keep(for: Self.life)
        }
        unsafe stream.send(datagram)
    }

    override func close() { stream.finish() }
}
