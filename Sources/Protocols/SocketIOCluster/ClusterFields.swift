// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON
internal import SocketIOPackets

/// The parts that both formats are made of, read from a tree. What is missing or of the wrong kind is
/// refused with the name it has in the JavaScript adapters.
extension ClusterTree {
    func object(_ value: JSONValue?, _ field: String) throws(DecodeError) -> JSONObject {
        guard let object = value?.object else { throw DecodeError(.invalid, field, at: 0) }
        return object
    }

    func string(_ value: JSONValue?, _ field: String) throws(DecodeError) -> String {
        guard let string = value?.string else { throw DecodeError(.invalid, field, at: 0) }
        return string
    }

    /// Room names, which may be numbers in JavaScript.
    func rooms(_ value: JSONValue?, _ field: String) throws(DecodeError) -> [String] {
        guard let elements = value?.array else { throw DecodeError(.invalid, field, at: 0) }
        var rooms: [String] = []
        rooms.reserveCapacity(elements.count)
        for element in elements {
            switch element {
            case .string(let name): rooms.append(name)
            case .number(let number): rooms.append(number.text)
            default: throw DecodeError(.invalid, field, at: 0)
            }
        }
        return rooms
    }

    func requestID(_ value: JSONValue?) throws(DecodeError) -> ClusterRequestID {
        ClusterRequestID(rawValue: try string(value, "requestId"))
    }

    /// `{"rooms":[…],"except":[…],"flags":{…}}`; rooms and exceptions may be missing.
    func target(_ value: JSONValue?) throws(DecodeError) -> ClusterTarget {
        let options = try object(value, "opts")
        var target = ClusterTarget()
        if let rooms = options["rooms"], rooms != .null { target.rooms = try self.rooms(rooms, "opts.rooms") }
        if let except = options["except"], except != .null {
            target.except = try rooms(except, "opts.except")
        }
        guard let flags = options["flags"]?.object else { return target }
        target.isLocal = flags["local"]?.bool ?? false
        target.isVolatile = flags["volatile"]?.bool ?? false
        target.compress = flags["compress"]?.bool
        if let timeout = flags["timeout"]?.integer, timeout >= 0 { target.timeout = timeout }
        return target
    }

    /// `{"type":2,"data":[name, …],"nsp":"/"}`.
    /// - Returns: `nil` for a packet of another namespace.
    func packet(_ value: JSONValue?, namespace: String) throws(DecodeError) -> SocketIOPacket? {
        let packet = try object(value, "packet")
        let own: String
        switch packet["nsp"] {
        case .string(let name): own = name
        case nil, .null: own = "/"
        default: throw DecodeError(.invalid, "packet.nsp", at: 0)
        }
        guard own == namespace else { return nil }
        // EVENT or BINARY_EVENT: nothing else is broadcast.
        guard let type = packet["type"]?.integer, type == 2 || type == 5 else {
            throw DecodeError(.unsupported, "packet.type", at: 0)
        }
        let (name, arguments) = try event(packet["data"], "packet.data")
        return SocketIOPacket(.event(name, arguments, id: nil), namespace: namespace)
    }

    /// `[name, …]`.
    func event(
        _ value: JSONValue?, _ field: String
    ) throws(DecodeError) -> (name: String, SocketIOArguments) {
        guard let data = value?.array, let first = data.first else {
            throw DecodeError(.invalid, field, at: 0)
        }
        switch first {
        case .string(let name): return (name, arguments(data.dropFirst()))
        case .number(let number): return (number.text, arguments(data.dropFirst()))
        default: throw DecodeError(.invalid, field, at: 0)
        }
    }

    func count(_ value: JSONValue?, _ field: String) throws(DecodeError) -> Int {
        guard let count = value?.integer, (0...Int64(Int32.max)).contains(count) else {
            throw DecodeError(.invalid, field, at: 0)
        }
        return Int(count)
    }

    /// `[{"id":…,"handshake":{…},"rooms":[…],"data":…}, …]`.
    func sockets(_ value: JSONValue?) throws(DecodeError) -> [ClusterSocket] {
        guard let elements = value?.array else { throw DecodeError(.invalid, "sockets", at: 0) }
        var sockets: [ClusterSocket] = []
        for element in elements {
            let socket = try object(element, "sockets")
            sockets.append(
                ClusterSocket(
                    id: try string(socket["id"], "sockets.id"), handshake: text(socket["handshake"]),
                    rooms: try rooms(socket["rooms"], "sockets.rooms"), data: text(socket["data"])))
        }
        return sockets
    }

    /// The one value of an acknowledgement, which is missing when the answer is `undefined`.
    func answer(_ value: JSONValue?) -> SocketIOArguments { value.map { arguments([$0]) } ?? [] }
}

/// The same parts, written.
extension ClusterTree {
    static func rooms(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }

    /// - Parameter hasFlags: The classic requests leave the flags out.
    static func target(_ target: ClusterTarget, hasFlags: Bool) -> JSONValue {
        var object: JSONObject = ["rooms": rooms(target.rooms), "except": rooms(target.except)]
        guard hasFlags else { return .object(object) }
        var flags = JSONObject()
        if target.isLocal { flags["local"] = true }
        if target.isVolatile { flags["volatile"] = true }
        if let compress = target.compress { flags["compress"] = .bool(compress) }
        if let timeout = target.timeout { flags["timeout"] = .number(JSONNumber(timeout)) }
        object["flags"] = .object(flags)
        return .object(object)
    }

    mutating func packet(_ packet: SocketIOPacket) -> JSONValue? {
        guard case .event(let name, let arguments, _) = packet.kind else { return nil }
        return [
            "type": 2, "data": .array([.string(name)] + adopt(arguments)), "nsp": .string(packet.namespace),
        ]
    }

    static func sockets(_ sockets: [ClusterSocket]) -> JSONValue {
        .array(
            sockets.map {
                [
                    "id": .string($0.id), "handshake": $0.handshake.value, "rooms": rooms($0.rooms),
                    "data": $0.data.value,
                ]
            })
    }

    static func count(_ count: Int) -> JSONValue { .number(JSONNumber(Int64(count))) }
}
