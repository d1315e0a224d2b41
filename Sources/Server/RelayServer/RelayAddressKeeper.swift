// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
internal import NetworkAddresses
internal import SystemCalls

/// What a ``RelayService`` wants of the system when addresses come and go.
struct RelaySystem: Sendable {
    /// The addresses of all interfaces.
    var interfaces: @Sendable () throws(SystemCallError) -> [IPAddress]
    /// Binds a socket; the second argument is whether other loops' sockets share the address.
    var bind: @Sendable (SocketAddress, Bool) throws(SystemCallError) -> UDPSocket
    /// How long to wait before an address is tried again that could not be bound; the last is repeated. An IPv6 address
    /// is nobody's for two seconds, while duplicates are looked for (RFC 4862 §5.4), and nothing tells of its end.
    var retries: [Duration]

    static var real: RelaySystem {
        RelaySystem(
            interfaces: { () throws(SystemCallError) in try InterfaceAddress.all().map(\.ip) },
            bind: { (address, isShared) throws(SystemCallError) in
                try UDPSocket(bind: address, isShared: isShared)
            },
            retries: [.seconds(1), .seconds(2), .seconds(5), .seconds(30)])
    }
}

/// Looks at the addresses again when they change, and until all are listened on. The first loop's.
final class RelayAddressKeeper {
    private weak var service: RelayService?
    private var watch: InterfaceWatch?
    private var timer: LoopTimer?
    private let retries: [Duration]
    private var attempts = 0

    init(on loop: EventLoop, of service: RelayService, retries: [Duration]) {
        self.service = service
        self.retries = retries
        timer = LoopTimer(on: loop) { [weak self] in self?.look() }
        watch = try? InterfaceWatch(on: loop) { [weak self] _ in
            self?.attempts = 0
            self?.look()
        }
    }

    /// Opens and closes what there is to, and comes back if something could not be opened.
    func look() {
        if service?.addressesChanged() == false { retryLater() } else { attempts = 0 }
    }

    func retryLater() {
        guard let delay = retries.dropFirst(attempts).first ?? retries.last else { return }
        attempts = min(attempts + 1, retries.count)
        timer?.arm(after: delay)
    }

    func stop() {
        watch?.stop()
        timer?.cancel()
        timer = nil
    }
}
