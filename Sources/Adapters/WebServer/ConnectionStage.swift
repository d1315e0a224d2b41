// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// What a connection's bytes mean at present: HTTP, or WebSocket after an upgrade.
protocol ConnectionStage: AnyObject {
    /// Takes what it can from `reader`; what it leaves is offered again with more bytes behind it.
    func received(_ reader: inout ByteReader)
    /// The peer will send nothing more.
    func inputEnded()
    /// Everything written has been taken by the kernel.
    func outputDrained()
    /// More waits for the peer than it may. - Returns: whether the stage ends the connection in its own way.
    func overflowed() -> Bool
    /// The deadline the stage set has passed.
    func timedOut()
    /// The connection moved to another loop and is about to go on there.
    func moved()
    /// The connection is gone. The last call.
    func closed()
    /// Closes gracefully when the server stops, if nothing is under way.
    func closeIfIdle()
}

extension ConnectionStage {
    func overflowed() -> Bool { false }
}
