// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import JSON
internal import SocketIOCluster
internal import SocketIOPackets

/// Tells admins what happens to every socket, in the words of the official server.
///
/// Admins are sockets, too: their own coming and going is told, but not their events, of which each
/// would make the next.
final class AdminFeed: Sendable {
    /// Larger events are told without their arguments.
    private static let maxEventBytes = 16_384

    private let namespace: Namespace

    init(_ namespace: Namespace) { self.namespace = namespace }

    // MARK: Sockets

    /// On the socket's loop.
    func connected(_ socket: Socket) {
        guard namespace.isHeard else { return }
        for room in socket.rooms.sorted() { tell("room_joined", socket, then: room) }
        let description = ClusterSocket(socket).described(in: socket.namespace.name)
        tell("socket_connected", [description, .now])
    }

    func disconnected(_ socket: Socket, _ reason: DisconnectReason, rooms: [String]) {
        guard namespace.isHeard else { return }
        let name = JSONValue.string(socket.namespace.name)
        tell("socket_disconnected", [name, .string(socket.id), .string(reason.rawValue), .now])
        for room in rooms.sorted() { left(socket, room) }
    }

    func upgraded(_ socket: Socket, to transport: EngineIOTransport) {
        update(socket, "transport", .string(transport.rawValue))
    }

    func changed(_ socket: Socket, data: JSONObject) { update(socket, "data", .object(data)) }

    private func update(_ socket: Socket, _ member: String, _ value: JSONValue) {
        guard namespace.isHeard else { return }
        let name = JSONValue.string(socket.namespace.name)
        tell("socket_updated", [.object(["id": .string(socket.id), "nsp": name, member: value])])
    }

    // MARK: Rooms

    func joined(_ socket: Socket, _ room: String) { tell("room_joined", socket, then: room) }
    func left(_ socket: Socket, _ room: String) { tell("room_left", socket, then: room) }

    private func tell(_ event: String, _ socket: Socket, then room: String) {
        guard namespace.isHeard else { return }
        tell(event, [.string(socket.namespace.name), .string(room), .string(socket.id), .now])
    }

    // MARK: Events

    func received(_ socket: Socket, _ event: SocketEvent) {
        tell("event_received", socket, event.name, event.arguments)
    }

    func sent(_ socket: Socket, _ name: String, _ arguments: SocketIOArguments) {
        tell("event_sent", socket, name, arguments)
    }

    private func tell(_ kind: String, _ socket: Socket, _ name: String, _ arguments: SocketIOArguments) {
        guard !socket.namespace.isAdmin, namespace.isHeard else { return }
        let bytes = (arguments.map(\.bytes.count) + arguments.attachments.map(\.count)).reduce(0, +)
        let isShort = bytes <= Self.maxEventBytes
        var list = Array("[".utf8)
        JSONValue.string(name).format(into: &list)
        for text in isShort ? Array(arguments) : [JSONText(.string("(\(bytes) bytes)"))] {
            list.append(UInt8(ascii: ","))
            list.append(contentsOf: text.bytes)
        }
        list.append(UInt8(ascii: "]"))
        namespace.emit(
            kind,
            arguments: SocketIOArguments(
                texts: [
                    JSONText(.string(socket.namespace.name)), JSONText(.string(socket.id)),
                    JSONText(checked: list[...]), JSONText(JSONValue.now),
                ],
                attachments: isShort ? arguments.attachments : []))
    }

    private func tell(_ event: String, _ arguments: [JSONValue]) {
        namespace.emit(event, arguments: SocketIOArguments(arguments))
    }
}

extension ClusterSocket {
    /// As admins see it: without what proves who it is.
    func described(in namespace: String) -> JSONValue {
        var data = data.value.object ?? JSONObject()
        let admin = data["_admin"]
        data["_admin"] = nil
        let known = handshake.value
        let told = ["address", "headers", "query", "issued", "secure", "time", "url", "xdomain"]
        var members: [(String, JSONValue)] = [("id", .string(id))]
        for name in ["clientId", "transport"] { members.append((name, admin?[name] ?? .null)) }
        members += [
            ("nsp", .string(namespace)), ("data", .object(data)),
            ("handshake", .object(JSONObject(told.map { ($0, known[$0] ?? .null) }))),
            ("rooms", .array(rooms.map(JSONValue.string))),
        ]
        return .object(JSONObject(members))
    }
}

extension JSONValue {
    /// The time of an event.
    static var now: JSONValue { .string(WallClock.system().text) }
}

extension WallClock {
    /// As JavaScript writes a date: `2026-01-31T23:59:59.999Z`.
    var text: String {
        var seconds = time_t(milliseconds / 1000)
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday].map { Self.digits($0) }
        let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.digits($0) }
        let fraction = Self.digits(Int32(milliseconds % 1000), 3)
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(fraction)Z"
    }

    private static func digits(_ value: Int32, _ count: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
