// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// Waits for the first bytes of a connection and gives it the stage that speaks what they are.
final class OpeningStage: ConnectionStage {
    private unowned let connection: Connection

    /// The connection's deadline from its beginning stays: whoever says little is given no more time.
    init(_ connection: Connection) { self.connection = connection }

    func received(_ reader: inout ByteReader) {
        let opening = unsafe reader.peekAll { unsafe StreamOpening($0) }
        switch opening {
        case nil: break
        case .http: connection.speakHTTP()
        case .frames: connection.speakFrames()
        case .iceTCP: connection.speakPackets()
        case .garbage:
            connection.web.counters.garbage += 1
            connection.abort()
        }
    }

    func inputEnded() { connection.abort() }
    func outputDrained() {}
    func timedOut() { connection.abort() }
    func moved() {}
    func closed() {}
    func closeIfIdle() { connection.abort() }
}
