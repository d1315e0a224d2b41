// SPDX-License-Identifier: Apache-2.0
package import EventLoops

/// Reaches a ``MessageSession`` from any thread, without keeping it alive.
///
/// Sessions of one route live on several event loops: what happens in one is passed on to the others
/// through these.
public struct MessageSessionReference: Sendable {
    /// Touched on the loop only.
    private struct Target {
        weak var session: (any MessageSession)?
    }

    private let target: LoopBound<Target>

    package init(_ session: any MessageSession, on loop: EventLoop) {
        target = LoopBound(Target(session: session), on: loop)
    }

    /// Calls `body` on the session's event loop, soon, unless the session is gone by then.
    public func use(_ body: @escaping @Sendable (any MessageSession) -> Void) {
        target.execute { target in
            if let session = target.session { body(session) }
        }
    }
}

/// Reaches a ``STOMPSession`` from any thread, without keeping it alive.
public struct STOMPSessionReference: Sendable {
    /// `@unchecked Sendable`: the session is looked at on its event loop only.
    private final class Target: @unchecked Sendable {
        weak var session: STOMPSession?
        init(_ session: STOMPSession) { self.session = session }
    }

    private let target: Target
    private let carrier: MessageSessionReference

    init(_ session: STOMPSession, over carrier: MessageSessionReference) {
        target = Target(session)
        self.carrier = carrier
    }

    /// Calls `body` on the session's event loop, soon, unless the session is gone by then.
    public func use(_ body: @escaping @Sendable (STOMPSession) -> Void) {
        carrier.use { [target] _ in
            if let session = target.session { body(session) }
        }
    }
}
