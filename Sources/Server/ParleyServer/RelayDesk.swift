// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import HTTP
internal import MeetingProtocol
internal import ServerConfig
internal import Synchronization
internal import TLS

/// The relay of this server, as far as meetings have to do with it.
protocol MeetingRelay: Sendable {
    /// Where it can be reached.
    var listeners: RelayListeners { get }
    /// Makes a credential that lets its holder relay as `name` until it expires.
    ///
    /// - Parameter lifetime: `nil` for the operator's choice.
    func credential(for name: String, lifetime: Duration?) -> RelayCredential
    /// Ends everything that is relayed for `name`, and refuses its credentials from now on.
    func revoke(_ name: String)
}

/// A user name and password of the TURN REST form. draft-uberti-behave-turn-rest-00
struct RelayCredential: Hashable, Sendable {
    var username: String
    var password: String
    var expires: WallClock
}

/// The ports of a relay by transport; `nil` where it does not listen.
struct RelayListeners: Hashable, Sendable {
    var udp: UInt16?
    var tcp: UInt16?
    var tls: UInt16?
}

/// Hands out ways through this server's relay: to the participants of meetings, and to whoever tests the way.
///
/// User names of TURN travel in clear text, so they are made of chance and say nothing about the meeting.
final class RelayDesk: Sendable {
    private let relay = Mutex<(any MeetingRelay)?>(nil)
    /// The host of all URLs, an IPv6 address in brackets; `nil` for the one by which each client reached the server.
    private let host: String?

    init(host: TurnHost? = nil) {
        self.host = host.map { $0.name.contains(":") ? "[\($0.name)]" : $0.name }
    }

    /// From now on `relay` is the one.
    func open(_ relay: any MeetingRelay) { self.relay.withLock { $0 = relay } }

    /// From now on there is none.
    func close() { relay.withLock { $0 = nil } }

    private var current: (any MeetingRelay)? { relay.withLock { $0 } }

    var isOpen: Bool { current != nil }

    /// Chance enough that nobody meets another's name: 12 bytes.
    static func randomPart(_ random: inout some RandomSource) -> String {
        Base64.urlText(random.nextBytes(12))
    }

    /// How `name` gets through, as `RTCPeerConnection` takes it; none while there is no relay.
    ///
    /// - Parameters:
    ///   - name: `group/participant`. Those of one group reach each other through the relay.
    ///   - authority: Host and port by which the client reached the server.
    func servers(
        for name: String, reaching authority: String, lifetime: Duration? = nil
    ) -> (servers: [ICEServer], expires: WallClock?) {
        guard let relay = current, let host = host ?? Self.host(of: authority) else { return ([], nil) }
        let urls = Self.urls(host: host, relay.listeners)
        guard !urls.isEmpty else { return ([], nil) }
        let credential = relay.credential(for: name, lifetime: lifetime)
        var servers = [
            ICEServer(urls: urls, username: credential.username, credential: credential.password)
        ]
        if let port = relay.listeners.udp { servers.insert(ICEServer(urls: ["stun:\(host):\(port)"]), at: 0) }
        return (servers, credential.expires)
    }

    func revoke(_ name: String) { current?.revoke(name) }

    /// RFC 7065 §3.1. Browsers slow down with more than a handful; three are one for each kind of network.
    static func urls(host: String, _ listeners: RelayListeners) -> [String] {
        var urls: [String] = []
        if let port = listeners.udp { urls.append("turn:\(host):\(port)?transport=udp") }
        if let port = listeners.tcp { urls.append("turn:\(host):\(port)?transport=tcp") }
        if let port = listeners.tls { urls.append("turns:\(host):\(port)?transport=tcp") }
        return urls
    }

    /// The host alone, an IPv6 address in its brackets; `nil` when the client named none.
    static func host(of authority: String) -> String? { HTTPAuthority(parsing: authority)?.host }
}
