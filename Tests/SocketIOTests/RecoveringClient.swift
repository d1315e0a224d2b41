// SPDX-License-Identifier: Apache-2.0
import SocketIO

/// A client that comes back for what it missed.
final class RecoveringClient {
    private(set) var wire: TestClient
    let id: String
    let recoveryID: String
    private let port: UInt16
    private(set) var offset: String?

    init(port: UInt16, _ options: TestClient.Options = .init()) async throws {
        self.port = port
        wire = try await TestClient(port: port, options)
        id = wire.id
        guard let recoveryID = wire.recoveryID else { throw TestClient.Failure("no recovery") }
        self.recoveryID = recoveryID
    }

    /// The next event and its arguments, without the offset; `nil` at the end of the connection.
    func event() async -> String? {
        guard let packet = await wire.next() else { return nil }
        return note(packet)
    }

    private func note(_ packet: SocketIOPacket) -> String {
        guard case .event(let name, let arguments, nil) = packet.kind, let last = arguments.last?.string
        else {
            return TestClient.words(packet)
        }
        offset = last
        return TestClient.words(
            SocketIOPacket(
                .event(name, SocketIOArguments(texts: Array(arguments.dropLast())), id: nil),
                namespace: packet.namespace))
    }

    /// Connects again, whether or not the old connection is still there.
    /// - Parameter offset: The last event it got; by default the one it did.
    /// - Returns: what it missed. Whether it is the same client, ``isSame`` tells.
    @discardableResult
    func resume(after offset: String?? = nil, auth: JSONObject = [:]) async throws -> [String] {
        var options = TestClient.Options()
        var auth = auth
        auth["pid"] = .string(recoveryID)
        if let offset = offset ?? self.offset { auth["offset"] = .string(offset) }
        options.auth = auth
        var missed: [String] = []
        wire = try await TestClient(port: port, options) { missed.append(note($0)) }
        return missed
    }

    /// Whether its latest connection is the same client to the server as its first.
    var isSame: Bool { wire.id == id && wire.recoveryID == recoveryID }
}
