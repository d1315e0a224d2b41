// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
internal import TURNRelay
internal import WebServer

/// A client's connection and a peer's, joined: what one sends, the other gets. RFC 6062 §4.4.
///
/// Bytes wait in few and bounded places. When one side does not take its bytes, the other is not read from; when it has
/// not taken any for a while, both are closed. Either may end its output and still be sent to.
final class PeerPipe: EventHandler, RawReceiver {
    private let socket: TCPSocket
    private let id: PeerConnectionID
    private unowned let worker: RelayWorker
    private var registration: EventLoop.Registration?
    private var interest: Readiness = []
    private var stream: RawStream?
    private var timer: LoopTimer?
    /// What the peer has not taken yet, from `sent` on.
    private var toPeer: [UInt8] = []
    private var sent = 0
    private var hasPeerEnded = false
    private var hasClientEnded = false
    private var isOver = false
    private var bytesToPeer = 0
    private var bytesToClient = 0

    /// Most bytes that wait for the client before the peer is not read from any more. Less than what makes the
    /// client's connection hold back its own input.
    private static let mostToClient = 131_072
    /// Bytes of one read.
    private static let chunk = 32_768
    /// How long a peer may take none of the bytes that wait for it.
    private static let stall = Duration.seconds(30)

    init(_ socket: TCPSocket, _ id: PeerConnectionID, worker: RelayWorker) {
        self.socket = socket
        self.id = id
        self.worker = worker
    }

    /// - Returns: whether both sides could be had.
    func start(_ leg: RelayLeg) -> Bool {
        guard let registration = try? worker.loop.register(socket.descriptor, for: .readable, self) else {
            return false
        }
        interest = .readable
        guard let stream = leg.becomeRaw(self) else {
            worker.loop.forget(registration)
            return false
        }
        self.registration = registration
        self.stream = stream
        timer = LoopTimer(on: worker.loop) { [weak self] in self?.abort() }
        return true
    }

    // MARK: From the peer

    func ready(_ events: Readiness) {
        if events.contains(.writable) { flush() }
        if !isOver, !hasPeerEnded { read(isBroken: !events.isDisjoint(with: .broken)) }
        if hasPeerEnded, !isOver, events.contains(.broken), !hasClientEnded { abort() }
    }

    private func read(isBroken: Bool) {
        guard let stream else { return }
        // Bounded, so that one busy peer does not hold up the others of the loop.
        for _ in 0..<4 {
            guard stream.backlog < Self.mostToClient else {
                // Who has reset the connection is not waited for; whatever else is wrong shows when it is read.
                if isBroken { return abort() }
                break
            }
            let result = unsafe withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 16) {
                buffer in
                let result = unsafe socket.receive(into: buffer)
                if case .done(let count) = result {
                    unsafe stream.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
                return result
            }
            switch result {
            case .done(let count): bytesToClient += count
            case .wait: return updateInterest()
            case .failed: return abort()
            case .ended:
                hasPeerEnded = true
                if hasClientEnded, toPeer.isEmpty { return finish() }
                stream.endOutput()
                return updateInterest()
            }
        }
        updateInterest()
    }

    func outputDrained() { updateInterest() }

    // MARK: From the client

    func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard toPeer.isEmpty, !isOver else { return 0 }
        var start = 0
        while start < bytes.count {
            switch unsafe socket.send(UnsafeRawBufferPointer(rebasing: bytes[start...])) {
            case .done(let count):
                start += count
                bytesToPeer += count
                continue
            case .wait: break
            case .ended, .failed:
                // Not from within the client's own input.
                hasFailed = true
                timer?.arm(at: worker.loop.now)
                return bytes.count
            }
            break
        }
        guard start < bytes.count else { return start }
        let count = min(bytes.count - start, Self.mostToClient)
        unsafe toPeer.append(contentsOf: bytes[start..<start + count])
        timer?.arm(after: Self.stall)
        updateInterest()
        return start + count
    }

    private var hasFailed = false

    private func flush() {
        while sent < toPeer.count {
            let result = unsafe toPeer.withUnsafeBytes { bytes in
                unsafe socket.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            switch result {
            case .done(let count):
                sent += count
                bytesToPeer += count
                timer?.arm(after: Self.stall)
            case .wait: return
            case .ended, .failed: return abort()
            }
        }
        toPeer.removeAll(keepingCapacity: true)
        sent = 0
        if !hasFailed { timer?.arm(at: nil) }
        if hasClientEnded { clientEnded() } else { stream?.resume() }
        if !isOver { updateInterest() }
    }

    func inputEnded() {
        guard !isOver else { return }
        hasClientEnded = true
        if toPeer.isEmpty { clientEnded() }
    }

    private func clientEnded() {
        if hasPeerEnded { return finish() }
        socket.endOutput()
    }

    func streamClosed() {
        stream = nil
        close()
    }

    // MARK: End

    private func updateInterest() {
        guard let registration, !isOver else { return }
        var wanted: Readiness = []
        if !hasPeerEnded, (stream?.backlog ?? 0) < Self.mostToClient { wanted.insert(.readable) }
        if !toPeer.isEmpty { wanted.insert(.writable) }
        guard wanted != interest else { return }
        interest = wanted
        worker.loop.update(registration, for: wanted)
    }

    /// Both have said all they had to say.
    private func finish() {
        let stream = stream
        close()
        stream?.finish()
    }

    /// Ends both at once.
    func abort() {
        let stream = stream
        close()
        stream?.abort()
    }

    private func close() {
        guard !isOver else { return }
        isOver = true
        stream = nil
        timer?.cancel()
        if let registration { worker.loop.forget(registration) }
        registration = nil
        socket.close()
        worker.ended(id, toPeer: bytesToPeer, toClient: bytesToClient)
    }
}
