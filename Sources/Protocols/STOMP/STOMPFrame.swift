// SPDX-License-Identifier: Apache-2.0

/// One frame of a STOMP connection. STOMP 1.2, "STOMP Frames".
///
/// ```
///   SEND
///   destination:/queue/a
///
///   hello queue a^@
/// ```
public struct STOMPFrame: Hashable, Sendable {
    /// The first line of a frame: capital letters.
    public struct Command: RawRepresentable, Hashable, Sendable {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let connect = Command(rawValue: "CONNECT")
        /// The same as ``connect``, under a name that no HTTP request starts with.
        public static let stomp = Command(rawValue: "STOMP")
        public static let connected = Command(rawValue: "CONNECTED")
        public static let send = Command(rawValue: "SEND")
        public static let subscribe = Command(rawValue: "SUBSCRIBE")
        public static let unsubscribe = Command(rawValue: "UNSUBSCRIBE")
        public static let ack = Command(rawValue: "ACK")
        public static let nack = Command(rawValue: "NACK")
        public static let begin = Command(rawValue: "BEGIN")
        public static let commit = Command(rawValue: "COMMIT")
        public static let abort = Command(rawValue: "ABORT")
        public static let disconnect = Command(rawValue: "DISCONNECT")
        public static let message = Command(rawValue: "MESSAGE")
        public static let receipt = Command(rawValue: "RECEIPT")
        public static let error = Command(rawValue: "ERROR")

        /// Whether frames of this command may have a body.
        public var mayHaveBody: Bool { self == .send || self == .message || self == .error }
        /// Whether header entries are written as they are in every version, so that peers of all
        /// versions read them alike before they have agreed on one.
        var isUnescaped: Bool { self == .connect || self == .stomp || self == .connected }
    }

    public var command: Command
    /// Without `content-length`, which ``body`` tells.
    public var headers: STOMPHeaders
    public var body: [UInt8]

    public init(_ command: Command, headers: STOMPHeaders = [:], body: [UInt8] = []) {
        self.command = command
        self.headers = headers
        self.body = body
    }

    /// Appends the frame with its NUL.
    ///
    /// Where `version` has no way to write a character of a header entry, a space stands for it.
    public func encode(_ version: STOMPVersion, into bytes: inout [UInt8]) {
        let escaping = HeaderEscaping(version: version, command: command)
        bytes.append(contentsOf: command.rawValue.utf8)
        bytes.append(HeaderEscaping.lineFeed)
        for entry in headers.entries where entry.name != "content-length" {
            escaping.append(entry.name, isName: true, to: &bytes)
            bytes.append(HeaderEscaping.colon)
            escaping.append(entry.value, isName: false, to: &bytes)
            bytes.append(HeaderEscaping.lineFeed)
        }
        if !body.isEmpty {
            bytes.append(contentsOf: "content-length:\(body.count)\n".utf8)
        }
        bytes.append(HeaderEscaping.lineFeed)
        bytes.append(contentsOf: body)
        bytes.append(0)
    }

    public func encoded(_ version: STOMPVersion) -> [UInt8] {
        var bytes: [UInt8] = []
        encode(version, into: &bytes)
        return bytes
    }
}
