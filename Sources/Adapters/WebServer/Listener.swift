// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import EventLoops
internal import Glibc
internal import SystemCalls

/// Accepts connections for one loop. The kernel spreads them over all loops that listen on the port.
final class Listener: EventHandler {
    private let descriptor: Int32
    private unowned let web: WebLoop
    private var registration: EventLoop.Registration?
    private var retry: LoopTimer?
    let port: UInt16

    init(host: String, port: UInt16, web: WebLoop) throws(SystemCallError) {
        descriptor = unsafe cnet_listen(host, port, 1024, 1)
        guard descriptor >= 0 else { throw SystemCallError(call: "listen on \(host):\(port)", code: errno) }
        self.port = PeerAddress.local(of: descriptor)?.port ?? port
        self.web = web
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
        Glibc.close(descriptor)
    }

    func ready(_ events: Readiness) {
        // Bounded, so that a storm of connections does not starve those already made.
        for _ in 0..<64 {
            let accepted = cnet_accept(descriptor)
            guard accepted >= 0 else { return acceptFailed(errno) }
            guard web.counters.open < web.settings.maxConnections else {
                Glibc.close(accepted)
                continue
            }
            cnet_no_delay(accepted)
            web.counters.accepted += 1
            Connection(accepted, web: web).start()
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

extension WebLoop {
    /// Why nobody could listen alone on a numeric address now; `nil` when somebody could.
    public static func reasonPortIsTaken(host: String, port: UInt16) -> String? {
        let descriptor = unsafe cnet_listen(host, port, 1, 0)
        guard descriptor >= 0 else { return SystemCallError(call: "listen", code: errno).reason }
        Glibc.close(descriptor)
        return nil
    }
}
