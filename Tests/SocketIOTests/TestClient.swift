// SPDX-License-Identifier: Apache-2.0
import EventLoops
import JSON
import SocketIO
import Synchronization
import WebSocket

/// A Socket.IO client over WebSocket whose reading blocks a thread of its own, and none of the tasks'.
///
/// What it gets waits until the test asks for it: `next`, `event`, `ending`.
final class TestClient: Sendable {
    struct Failure: Error {
        var reason: String
        init(_ reason: String = "") { self.reason = reason }
    }

    struct Options {
        var namespace = "/"
        var auth: JSONObject?
        var revision = EngineIORevision.four
        var parser = SocketIOParser.json
        /// Of the request, behind the transport.
        var query = ""
        var headers: [String] = []
        /// Whether it answers the server's pings.
        var answersPings = true
    }

    let wire: TestWire
    let namespace: String
    /// What the namespace answered.
    let id: String
    let recoveryID: String?
    private let parser: SocketIOParser

    /// Connects, and enters a namespace.
    /// - Parameter missed: Told of what came before the answer.
    init(port: UInt16, _ options: Options, missed: (SocketIOPacket) -> Void = { _ in }) async throws {
        wire = try TestWire(port: port, options)
        namespace = options.namespace
        parser = options.parser
        // Those of Engine.IO 3 are in the main namespace without asking.
        if options.revision == .four || namespace != "/" {
            wire.send(SocketIOPacket(.connect(options.auth), namespace: namespace), in: parser)
        }
        while let packet = await wire.next() {
            guard packet.namespace == namespace, case .connect(let data) = packet.kind else {
                missed(packet)
                continue
            }
            id = data?["sid"]?.string ?? ""
            recoveryID = data?["pid"]?.string
            return
        }
        throw Failure("not connected")
    }

    deinit { wire.drop() }

    convenience init(port: UInt16, namespace: String = "/", auth: JSONObject? = nil) async throws {
        try await self.init(port: port, Options(namespace: namespace, auth: auth))
    }

    // MARK: To the server

    func send(_ kind: SocketIOPacket.Kind, in namespace: String? = nil) {
        wire.send(SocketIOPacket(kind, namespace: namespace ?? self.namespace), in: parser)
    }

    func emit(_ name: String, _ arguments: SocketIOArguments = [], id: UInt64? = nil) {
        send(.event(name, arguments, id: id.map(SocketIOPacket.AckID.init(rawValue:))))
    }

    func acknowledge(_ id: SocketIOPacket.AckID, _ arguments: SocketIOArguments) {
        send(.ack(arguments, id: id))
    }

    // MARK: From the server

    /// The next packet; `nil` when the connection has ended.
    func next() async -> SocketIOPacket? { await wire.next() }

    /// Emits, and waits for the acknowledgement.
    func ask(_ name: String, _ arguments: SocketIOArguments = []) async -> SocketIOArguments? {
        emit(name, arguments, id: 7)
        guard case .ack(let answer, _)? = await next()?.kind else { return nil }
        return answer
    }

    /// The next packet's event and arguments.
    func event() async -> String? { await next().map(Self.words) }

    /// Answers the server's next question.
    /// - Returns: its event and arguments.
    @discardableResult
    func answer(_ arguments: SocketIOArguments) async -> String? {
        guard let packet = await next(), case .event(_, _, let id?) = packet.kind else { return nil }
        acknowledge(id, arguments)
        return Self.words(packet)
    }

    /// Waits for the end of the connection.
    /// - Returns: what the server's close frame says.
    func ending() async -> TestWire.Ending {
        while await next() != nil {}
        return wire.ending
    }

    /// Breaks the connection without a word.
    func drop() { wire.drop() }

    static func words(_ packet: SocketIOPacket) -> String {
        switch packet.kind {
        case .event(let name, let arguments, _):
            ([name] + arguments.map(\.description)).joined(separator: " ")
        case .ack(let arguments, _):
            (["ack"] + arguments.map(\.description)).joined(separator: " ")
        case .connect: "connect \(packet.namespace)"
        case .connectError(let data): "connect_error \(packet.namespace) \(data.formatted)"
        case .disconnect: "disconnect \(packet.namespace)"
        }
    }
}
