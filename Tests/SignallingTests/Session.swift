// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit

typealias Session = EngineIOSession

extension Instant: ExpressibleByIntegerLiteral {
    /// Milliseconds since the origin.
    init(integerLiteral milliseconds: Int64) { self.init(nanoseconds: milliseconds * 1_000_000) }

    static func milliseconds(_ count: Int) -> Instant { Instant(nanoseconds: Int64(count) * 1_000_000) }
}

extension EngineIOMessage: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self = .text(Array(text.utf8)) }
}

/// Short forms, so that a test reads like the conversation it is about.
extension Session.Output {
    static func answer(_ request: UInt64, _ body: String) -> Session.Output {
        .answerPoll(.init(rawValue: request), body: Array(body.utf8))
    }
    static func accept(_ request: UInt64) -> Session.Output { .acceptPost(.init(rawValue: request)) }
    static func refuse(_ request: UInt64) -> Session.Output { .refuse(.init(rawValue: request)) }
    static func frame(_ socket: UInt64, _ message: EngineIOMessage) -> Session.Output {
        .sendFrame(.init(rawValue: socket), message)
    }
    static func cut(_ socket: UInt64) -> Session.Output { .closeWebSocket(.init(rawValue: socket)) }
}

extension Session.Input {
    static func poll(_ request: UInt64) -> Session.Input { .poll(.init(rawValue: request)) }
    static func post(_ request: UInt64, _ body: String) -> Session.Input {
        .post(.init(rawValue: request), body: Array(body.utf8))
    }
    static func abort(_ request: UInt64) -> Session.Input { .requestAborted(.init(rawValue: request)) }
    static func open(_ socket: UInt64) -> Session.Input { .webSocketOpened(.init(rawValue: socket)) }
    static func frame(_ socket: UInt64, _ message: EngineIOMessage) -> Session.Input {
        .webSocketReceived(.init(rawValue: socket), message)
    }
    static func lost(_ socket: UInt64) -> Session.Input { .webSocketClosed(.init(rawValue: socket)) }
}

extension Session {
    static let pollingOpen =
        #"0{"sid":"x","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}"#
    static let webSocketOpen =
        #"0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}"#

    /// Not yet open. Pings every 300 ms, waits 200 ms.
    static func fresh(_ change: (inout Settings) -> Void = { _ in }) -> Session {
        var settings = Settings()
        settings.pingInterval = .milliseconds(300)
        settings.pingTimeout = .milliseconds(200)
        settings.upgradeTimeout = .milliseconds(100)
        settings.closeTimeout = .milliseconds(400)
        settings.maxPayload = 1000
        change(&settings)
        return Session(id: "x", settings: settings, at: 0)
    }

    /// Open by polling; request 0 is answered.
    static func polling(_ change: (inout Settings) -> Void = { _ in }) -> Session {
        var session = fresh(change)
        _ = session.outputs(for: .poll(0))
        return session
    }

    /// Open on WebSocket 0.
    static func webSocket() -> Session {
        var session = fresh()
        _ = session.outputs(for: .open(0))
        return session
    }

    /// Open by polling; WebSocket 1 has sent its probe.
    static func upgrading() -> Session {
        var session = polling()
        _ = session.outputs(for: .open(1))
        _ = session.outputs(for: .frame(1, "2probe"))
        return session
    }
}
