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
    static func answer(_ request: UInt64, _ body: String, compress: Bool = false) -> Session.Output {
        .answerPoll(.init(rawValue: request), .init(body: Array(body.utf8), compress: compress))
    }
    static func accept(_ request: UInt64) -> Session.Output { .acceptPost(.init(rawValue: request)) }
    /// Refused, and the session with it.
    static func refuse(_ request: UInt64) -> Session.Output {
        .refuse(.init(rawValue: request), .wrongPolling)
    }
    /// Refused because the session is over.
    static func gone(_ request: UInt64) -> Session.Output {
        .refuse(.init(rawValue: request), .refused(.unknownSession))
    }
    /// Refused because the session is on a WebSocket.
    static func moved(_ request: UInt64) -> Session.Output {
        .refuse(.init(rawValue: request), .refused(.badRequest))
    }
    /// One frame, as the WebSocket carries it.
    static func frame(_ socket: UInt64, _ message: EngineIOMessage, compress: Bool = true) -> Session.Output {
        var frame = EngineIOFrame(.noop)
        switch message {
        case .text(let text):
            (frame.isText, frame.type, frame.payload) = (true, text.first, Array(text.dropFirst()))
        case .binary(let bytes): (frame.isText, frame.type, frame.payload) = (false, nil, bytes)
        }
        return .sendFrame(.init(rawValue: socket), frame, compress: compress)
    }
    /// A frame of the engine itself.
    static func control(_ socket: UInt64, _ text: String) -> Session.Output {
        .frame(socket, .text(Array(text.utf8)), compress: false)
    }
    static func cut(_ socket: UInt64) -> Session.Output { .closeWebSocket(.init(rawValue: socket), nil) }
}

extension Session.Input {
    static func poll(_ request: UInt64) -> Session.Input { .poll(.init(rawValue: request)) }
    static func began(_ request: UInt64) -> Session.Input { .postBegan(.init(rawValue: request)) }
    static func post(_ request: UInt64, _ body: String) -> Session.Input {
        .post(.init(rawValue: request), body: Array(body.utf8))
    }
    static func abort(_ request: UInt64) -> Session.Input { .requestAborted(.init(rawValue: request)) }
    static func open(_ socket: UInt64) -> Session.Input { .webSocketOpened(.init(rawValue: socket)) }
    static func frame(_ socket: UInt64, _ message: EngineIOMessage) -> Session.Input {
        .webSocketReceived(.init(rawValue: socket), message)
    }
    static func backlog(_ socket: UInt64, _ bytes: Int) -> Session.Input {
        .webSocketBacklog(.init(rawValue: socket), bytes: bytes)
    }
    static func lost(_ socket: UInt64) -> Session.Input { .webSocketClosed(.init(rawValue: socket)) }
}

extension Session {
    static let pollingOpen =
        #"0{"sid":"x","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}"#
    static let webSocketOpen =
        #"0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}"#

    /// Not yet open. Pings every 300 ms, waits 200 ms.
    static func fresh(
        _ revision: EngineIORevision = .four, base64: Bool = false,
        _ change: (inout Settings) -> Void = { _ in }
    ) -> Session {
        var settings = Settings()
        settings.pingInterval = .milliseconds(300)
        settings.pingTimeout = .milliseconds(200)
        settings.upgradeTimeout = .milliseconds(100)
        settings.closeTimeout = .milliseconds(400)
        settings.maxPayload = 1000
        change(&settings)
        return Session(
            id: "x", settings: EngineIOSettings(settings), revision: revision, base64: base64, at: 0)
    }

    /// Open by polling; request 0 is answered.
    static func polling(
        _ revision: EngineIORevision = .four, base64: Bool = false,
        _ change: (inout Settings) -> Void = { _ in }
    ) -> Session {
        var session = fresh(revision, base64: base64, change)
        _ = session.outputs(for: .poll(0))
        return session
    }

    /// Open on WebSocket 0.
    static func webSocket(
        _ revision: EngineIORevision = .four, base64: Bool = false,
        _ change: (inout Settings) -> Void = { _ in }
    ) -> Session {
        var session = fresh(revision, base64: base64, change)
        _ = session.outputs(for: .open(0))
        return session
    }

    /// Open by polling; WebSocket 1 has sent its probe.
    static func upgrading(_ change: (inout Settings) -> Void = { _ in }) -> Session {
        var session = polling(.four, change)
        _ = session.outputs(for: .open(1))
        _ = session.outputs(for: .frame(1, "2probe"))
        return session
    }
}
