// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import Signalling
internal import SocketIOPackets
internal import TLS

/// What is kept of the request that began a session: little, for there may be many.
final class SessionOrigin: Sendable {
    let address: String
    let authority: String
    let path: String
    let query: String
    let headers: [String: String]
    let isSecure: Bool
    let isCrossOrigin: Bool
    let issued = WallClock.system().milliseconds

    init(_ head: HTTPRequestHead, _ client: SocketClient, keeping names: Set<String>) {
        address = client.address
        authority = client.authority
        isSecure = client.isSecure
        let parts = head.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
        isCrossOrigin = !client.corsHeaders.isEmpty
        var kept: [String: String] = [:]
        for (name, value) in head.headers {
            let name = name.lowercased()
            if names.contains(name) { kept[name] = value }
        }
        headers = kept
    }
}

extension DisconnectReason {
    init(_ reason: EngineIOSession.CloseReason) {
        switch reason {
        case .transportClose: self = .transportClose
        case .transportError: self = .transportError
        case .pingTimeout: self = .pingTimeout
        case .parseError: self = .parseError
        case .forcedClose: self = .forcedClose
        }
    }
}

extension EngineIOSession.Settings {
    init(_ options: SocketServerOptions) {
        self.init()
        pingInterval = options.pingInterval
        pingTimeout = options.pingTimeout
        upgradeTimeout = options.upgradeTimeout
        maxPayload = options.maxPayload
        maxQueued = options.maxQueued
        allowsUpgrades = options.allowsUpgrades && options.transports.contains(.webSocket)
        compressionThreshold = options.compressionThreshold
        greeting = options.greeting
    }
}

extension SocketIOConnection {
    init(_ options: SocketServerOptions, revision: EngineIORevision, at now: Instant) {
        var limits = SocketIODecoder.Limits()
        limits.bytes = options.maxPayload
        self.init(
            connectTimeout: options.connectTimeout, parser: options.parser, limits: limits,
            maxNamespaces: options.maxNamespaces, revision: revision, at: now)
    }
}
