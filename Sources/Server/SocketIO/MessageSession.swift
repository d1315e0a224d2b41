// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// One client that exchanges messages with us, over whatever its network lets through: a WebSocket,
/// SockJS, or server-sent events with POST.
///
/// Everything happens on one event loop, on which the delegate is called: it must not block. From
/// elsewhere a session is reached through its ``reference``.
public protocol MessageSession: AnyObject {
    /// Sends UTF-8 text. Lost once the session is closed.
    func send(_ text: [UInt8])
    /// Sends bytes that need not be text. Lost unless the session ``carriesBinary``.
    func send(binary: [UInt8])
    /// Whether there is a way to send the client bytes that are no text.
    var carriesBinary: Bool { get }
    /// Ends the session. ``MessageSessionDelegate/sessionClosed(_:code:reason:)`` still follows.
    /// - Parameter code: 1000 or 3000…4999; anything else that may not be sent counts as 1000.
    func close(_ code: Int, reason: String)
    /// Bytes that the client has not taken yet. The session ends when there are too many.
    var backlog: Int { get }
    /// Reaches the session from other threads.
    var reference: MessageSessionReference { get }
    /// The time of the session's event loop.
    var now: Instant { get }
    /// Has the delegate's ``MessageSessionDelegate/sessionAlarm(_:)`` called, once; `nil` for not at
    /// all. There is one alarm a session.
    func setAlarm(at instant: Instant?)
}

/// What an application is told of a ``MessageSession``.
public protocol MessageSessionDelegate: AnyObject {
    /// The client is there. The first call; nothing can be sent before.
    func sessionOpened(_ session: any MessageSession)
    /// A message: UTF-8 text, unless it came as a binary message of a WebSocket.
    func session(_ session: any MessageSession, received message: [UInt8])
    func sessionAlarm(_ session: any MessageSession)
    /// The last call, once, if the session was ever open.
    func sessionClosed(_ session: any MessageSession, code: Int, reason: String)
}

extension MessageSessionDelegate {
    public func sessionAlarm(_ session: any MessageSession) {}
}
