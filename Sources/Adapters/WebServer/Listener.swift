// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import SystemCalls

/// Accepts connections for one loop. The kernel spreads them over all loops that listen on the port.
final class Listener: EventHandler {
    private let descriptor: Int32
    private unowned let web: WebLoop
    private var registration: EventLoop.Registration?
    private var retry: LoopTimer?
    private let refusals: Refusals
    let port: UInt16

    /// Most connections taken before those already made get their turn.
    private static let maxAccepts = 256

    init(host: String, port: UInt16, web: WebLoop) throws(SystemCallError) {
        descriptor = unsafe cnet_listen(host, port, Int32(clamping: web.settings.backlog), 1)
        guard descriptor >= 0 else { throw SystemCallError(call: "listen on \(host):\(port)", code: errno) }
        cnet_tune(descriptor, Int32(clamping: web.settings.peerTimeout.components.seconds))
        self.port = PeerAddress.local(of: descriptor)?.port ?? port
        self.web = web
        refusals = Refusals(on: web.loop, retryAfter: web.settings.retryAfter)
        retry = LoopTimer(on: web.loop) { [unowned self] in watch() }
        watch()
    }

    private func watch() {
        registration = try? web.loop.register(descriptor, for: .readable, self)
    }

    func close() {
        if let registration { web.loop.remove(registration) }
        registration = nil
        retry?.cancel()
        refusals.closeAll()
        Glibc.close(descriptor)
    }

    func ready(_ events: Readiness) {
        var peer = cnet_peer()
        for _ in 0..<Self.maxAccepts {
            let accepted = unsafe cnet_accept(descriptor, &peer)
            guard accepted >= 0 else { return acceptFailed(errno) }
            let address = PeerAddress(peer)
            let subject = web.admission.peer(
                network: peer.network, host: address.host, isLoopback: peer.is_loopback != 0)
            guard web.admit(subject) else {
                refusals.refuse(accepted, isSecure: web.tls != nil)
                continue
            }
            web.counters.accepted += 1
            Connection(accepted, peer: address, network: subject.network, web: web).start()
        }
    }

    private func acceptFailed(_ code: Int32) {
        guard [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(code), let registration else { return }
        // Out of descriptors: a level-triggered listener would spin until one is free.
        web.loop.remove(registration)
        self.registration = nil
        retry?.arm(after: .milliseconds(100))
    }
}

/// Answers connections that are not wanted, at the least cost: no object, no buffer, no watching.
///
/// A connection closed with unread input would take the answer with it, so each waits a moment for the
/// request that is on its way and is not read.
final class Refusals {
    private let answer: [UInt8]
    private var waiting: [Int32] = []
    private var timer: LoopTimer?

    private static let patience = Duration.milliseconds(500)
    private static let maxWaiting = 1024

    init(on loop: EventLoop, retryAfter: Duration) {
        let text = "The server is busy. Please try again soon.\n"
        answer = Array(
            """
            HTTP/1.1 503 Service Unavailable\r\nRetry-After: \(max(1, retryAfter.components.seconds))\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Length: \(text.utf8.count)\r\n\
            Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n\(text)
            """.utf8)
        timer = LoopTimer(on: loop) { [unowned self] in closeAll() }
    }

    func refuse(_ descriptor: Int32, isSecure: Bool) {
        // An answer would need a TLS handshake first, which is what there is no room for.
        guard !isSecure, waiting.count < Self.maxWaiting else {
            Glibc.close(descriptor)
            return
        }
        unsafe answer.withUnsafeBytes {
            guard let start = $0.baseAddress else { return }
            unsafe cnet_refuse(descriptor, start, $0.count)
        }
        if waiting.isEmpty { timer?.arm(after: Self.patience) }
        waiting.append(descriptor)
    }

    func closeAll() {
        for descriptor in waiting { cnet_drain_and_close(descriptor) }
        waiting = []
    }
}

extension WebLoop {
    /// Why nobody could listen alone on a numeric address now; `nil` when somebody could.
    public static func reasonPortIsTaken(host: String, port: UInt16) -> String? {
        let descriptor = unsafe cnet_listen(host, port, 1, 0)
        guard descriptor >= 0 else { return SystemCallError(call: "listen", code: errno).reason }
        Glibc.close(descriptor)
        return nil
    }
}
