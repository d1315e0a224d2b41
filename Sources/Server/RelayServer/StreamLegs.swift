// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import STUN
internal import TURNRelay
internal import WebServer

/// The TCP and TLS connections of one loop, for its worker.
final class StreamLegs: FrameReceiver {
    private let worker: RelayWorker
    private var clients: [UInt32: ClientAddress] = [:]

    init(_ worker: RelayWorker) { self.worker = worker }

    func streamOpened(_ stream: FrameStream) {
        guard let ip = IPAddress(stream.peer.host) else { return stream.abort() }
        let remote = SocketAddress(ip: ip, port: stream.peer.port)
        let client = worker.attach(StreamLeg(stream), stream.isSecure ? .tls : .tcp, remote: remote)
        stream.number = client.stream
        clients[client.stream] = client
    }

    func received(_ frames: UnsafeRawBufferPointer, on stream: FrameStream) {
        guard let client = clients[stream.number] else { return }
        var start = 0
        // Until one of them leads to the stream's end, or to that of its allocation.
        while start < frames.count, stream.isOpen {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: frames[start...])
            guard let length = try? unsafe STUNStreamFraming.length(of: rest) else { return stream.abort() }
            unsafe worker.receive(UnsafeRawBufferPointer(rebasing: rest[..<length]), from: client)
            start += length
        }
        stream.keep(worker.hasAllocation(client))
    }

    func streamClosed(_ stream: FrameStream) {
        guard let client = clients.removeValue(forKey: stream.number) else { return }
        worker.detach(client)
    }
}

/// One connection, to send on.
private final class StreamLeg: RelayLeg {
    private let stream: FrameStream

    init(_ stream: FrameStream) { self.stream = stream }

    override func send(_ frame: UnsafeRawBufferPointer) { unsafe stream.sendMedia(frame) }
    override func answer(_ message: [UInt8]) { stream.send(message) }
    override func becomeRaw(_ receiver: any RawReceiver) -> RawStream? { stream.becomeRaw(receiver) }
    override func close() { stream.finish() }
}
