// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit

/// What is the same for all sessions of a server, kept once.
public final class EngineIOSettings: Sendable {
    public let values: EngineIOSession.Settings
    let pace: Heartbeat.Pace

    public init(_ values: EngineIOSession.Settings = .init()) {
        self.values = values
        pace = Heartbeat.Pace(interval: values.pingInterval, timeout: values.pingTimeout)
        tail = (Self.tail(values, upgrades: true), Self.tail(values, upgrades: false))
    }

    /// The handshake behind the session's id.
    private let tail: (withUpgrades: [UInt8], withoutUpgrades: [UInt8])
    private static let head = Array(#"{"sid":""#.utf8)
    /// Revision 3 ends here.
    private static let payloadLimit = Array(#","maxPayload":"#.utf8)

    private static func tail(_ values: EngineIOSession.Settings, upgrades: Bool) -> [UInt8] {
        let json = """
            ","upgrades":[\(upgrades && values.allowsUpgrades ? #""websocket""# : "")],\
            "pingInterval":\(values.pingInterval.milliseconds),\
            "pingTimeout":\(values.pingTimeout.milliseconds)
            """
        return Array(json.utf8)
    }

    /// The first packet of a session.
    ///
    /// - Parameter id: Holds no character that JSON would escape.
    func openPacket(
        id: String, revision: EngineIORevision, onPolling: Bool
    ) -> EngineIOPacket {
        var json: [UInt8] = []
        json.reserveCapacity(144)
        json += Self.head
        json += id.utf8
        json += onPolling ? tail.withUpgrades : tail.withoutUpgrades
        if revision == .four {
            json += Self.payloadLimit
            json += String(values.maxPayload).utf8
        }
        json.append(UInt8(ascii: "}"))
        return .open(json)
    }
}
