// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops

/// The application's side of a session, which is the same whatever carries the messages.
final class MessageFront {
    let gate: MessageGate
    private var delegate: (any MessageSessionDelegate)?
    private var allowance: SessionAllowance?
    private var alarm: LoopTimer?
    /// What the application said when it closed the session: it hears of no more messages.
    private(set) var closing: (code: Int, reason: String)?

    init(_ gate: MessageGate) { self.gate = gate }

    func start(_ delegate: any MessageSessionDelegate, _ allowance: SessionAllowance) {
        self.delegate = delegate
        self.allowance = allowance
    }

    func opened(_ session: any MessageSession) { delegate?.sessionOpened(session) }

    /// - Returns: false when the session is being closed already.
    func beginClosing(_ code: Int, _ reason: String) -> Bool {
        guard closing == nil else { return false }
        closing = (code, reason)
        return true
    }

    /// Hands a message over, or closes the session because it is none or one too many.
    func received(_ message: [UInt8], of session: any MessageSession) {
        guard closing == nil else { return }
        if var allowance {
            guard gate.isWithinRates(&allowance) else {
                return session.close(1008, reason: "too many messages")
            }
            self.allowance = allowance
        }
        guard message.count <= gate.options.maxMessage else {
            return session.close(1009, reason: "message too big")
        }
        guard gate.options.accepts(message) else { return session.close(1007, reason: "not JSON") }
        delegate?.session(session, received: message)
    }

    /// Closes a session whose client takes too little of what it is sent.
    func checkBacklog(of session: any MessageSession) {
        guard closing == nil, session.backlog > gate.options.maxQueued else { return }
        gate.admission.count(.slowClient)
        session.close(1008, reason: "Too many messages wait for the client")
    }

    /// The application hears of the end, if it has heard of the session.
    func closed(_ session: any MessageSession, code: Int, reason: String) {
        closing = closing ?? (code, reason)
        alarm?.cancel()
        let delegate = delegate
        self.delegate = nil
        delegate?.sessionClosed(session, code: code, reason: reason)
    }

    /// The session has not begun.
    func abandon() { delegate = nil }

    fileprivate func setAlarm(at instant: Instant?, of session: any FrontedSession) {
        if alarm == nil, instant != nil {
            alarm = LoopTimer(on: gate.loop) { [weak session] in
                guard let session else { return }
                session.front.delegate?.sessionAlarm(session)
            }
        }
        alarm?.arm(at: instant)
    }
}

/// A session with a ``MessageFront``.
protocol FrontedSession: MessageSession {
    var front: MessageFront { get }
}

extension FrontedSession {
    var now: Instant { front.gate.loop.now }
    var reference: MessageSessionReference { MessageSessionReference(self, on: front.gate.loop) }
    func setAlarm(at instant: Instant?) { front.setAlarm(at: instant, of: self) }
}
