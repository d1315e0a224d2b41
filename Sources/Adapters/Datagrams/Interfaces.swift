// SPDX-License-Identifier: Apache-2.0
internal import CNet
public import EventLoops
internal import Glibc
public import NetworkAddresses
public import SystemCalls

/// An address of an interface of this machine that is up.
public struct InterfaceAddress: Hashable, Sendable {
    public var ip: IPAddress
    /// Such as `eth0`.
    public var name: String

    public init(ip: IPAddress, name: String) {
        self.ip = ip
        self.name = name
    }

    /// All of them, in the system's order. Link-local IPv6 addresses are left out: they mean nothing without their
    /// interface.
    public static func all() throws(SystemCallError) -> [InterfaceAddress] {
        var capacity = 64
        while true {
            var entries = [cnet_interface](repeating: cnet_interface(), count: capacity)
            let count = unsafe cnet_interfaces(&entries, Int32(capacity))
            guard count >= 0 else { throw SystemCallError(call: "getifaddrs", code: errno) }
            guard Int(count) <= capacity else {
                capacity = Int(count) * 2
                continue
            }
            return entries.prefix(Int(count)).map { entry in
                let name = unsafe withUnsafeBytes(of: entry.name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                return InterfaceAddress(ip: SocketAddress(entry.address).ip, name: name)
            }
        }
    }
}

extension IPAddress {
    /// The address of this machine that reaches `destination`; `nil` if nothing does. Nothing is sent.
    public static func source(toward destination: IPAddress) -> IPAddress? {
        // Port 9 is the one that discards.
        var endpoint = cnet_endpoint(SocketAddress(ip: destination, port: 9))
        var source = cnet_endpoint()
        guard unsafe cnet_udp_source(&endpoint, &source) == 0 else { return nil }
        return SocketAddress(source).ip
    }
}

/// Tells when addresses of this machine's interfaces come and go.
///
/// One loop's. Linux says so by itself (rtnetlink); several changes at once are one.
public final class InterfaceWatch: EventHandler {
    private let loop: EventLoop
    private let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var settle: LoopTimer?
    private var known: [InterfaceAddress]
    private let changed: ([InterfaceAddress]) -> Void

    /// Calls `changed` on the loop with all addresses, each time they are others than before.
    public init(
        on loop: EventLoop, _ changed: @escaping ([InterfaceAddress]) -> Void
    ) throws(SystemCallError) {
        known = try InterfaceAddress.all()
        descriptor = cnet_watch_interfaces()
        guard descriptor >= 0 else { throw SystemCallError(call: "netlink", code: errno) }
        self.loop = loop
        self.changed = changed
        do {
            registration = try loop.register(descriptor, for: .readable, self)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Ends it. On the loop only.
    public func stop() {
        guard let registration else { return }
        loop.remove(registration)
        close(descriptor)
        settle?.cancel()
        settle = nil
        self.registration = nil
    }

    public func ready(_ events: Readiness) {
        cnet_drain(descriptor)
        // An address of IPv6 is tried out before it can be bound, and a new interface brings several.
        let timer = settle ?? LoopTimer(on: loop) { [weak self] in self?.look() }
        settle = timer
        timer.arm(after: .milliseconds(200))
    }

    private func look() {
        guard let now = try? InterfaceAddress.all(), now != known else { return }
        known = now
        changed(now)
    }
}
