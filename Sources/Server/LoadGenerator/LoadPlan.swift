// SPDX-License-Identifier: Apache-2.0

/// What `parley load` is to do.
public struct LoadPlan: Sendable {
    /// How participants come to a meeting.
    public enum Way: String, Sendable, CaseIterable {
        /// As pages do: over `/meet`, with one connection to send and one to receive.
        case meet
        /// As encoders and players do: a publisher for each WHIP, a viewer of the whole room for each WHEP.
        case whip
    }

    public var server: LoadURL
    public var way = Way.meet
    public var rooms = 1
    /// People in each room.
    public var people = 2
    /// How many of them send; the others only watch. All, if it is more than there are.
    public var publishers = Int.max
    /// How long is measured, once everybody has joined.
    public var seconds = 10
    /// Bits a second of one picture, without headers.
    public var videoBitrate = 1_000_000
    public var frameRate = 30
    public var sendsVideo = true
    /// Three sizes of each picture, as pages send them.
    public var isSimulcast = false
    /// What everybody shows, in one size, in place of bytes that mean nothing.
    public var picture: PictureFile?
    /// Code of the meeting that all of them join, in place of new ones.
    public var meeting: String?
    /// For WHIP and WHEP.
    public var token: String?
    /// PEM of the authorities whose server is accepted; without, any is.
    public var authorityFile: String?
    /// The server's process, for its processor time.
    public var process: Int32?
    /// Joins under way at a time.
    public var joinsAtOnce = 8

    public init(server: LoadURL) { self.server = server }

    var publishersInRoom: Int { min(publishers, people) }
}

/// Where the server is: `https://host:port`.
public struct LoadURL: Sendable, Hashable, CustomStringConvertible {
    public var isSecure: Bool
    public var host: String
    public var port: UInt16

    /// - Returns: `nil` for what is no address of a server; a path is not allowed, since there is none to choose.
    public init?(parsing text: String) {
        let isSecure: Bool
        var rest: Substring
        if text.hasPrefix("https://") {
            (isSecure, rest) = (true, text.dropFirst(8))
        } else if text.hasPrefix("http://") {
            (isSecure, rest) = (false, text.dropFirst(7))
        } else {
            return nil
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var port: UInt16 = isSecure ? 443 : 80
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        let isHost = rest.utf8.allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":")].contains(byte)
        }
        guard isHost, !rest.isEmpty else { return nil }
        self.isSecure = isSecure
        self.host = String(rest)
        self.port = port
    }

    /// The host and port as the Host header has them.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    public var description: String { "\(isSecure ? "https" : "http")://\(authority)" }
}
