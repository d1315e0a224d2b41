// SPDX-License-Identifier: Apache-2.0

/// How a client reaches its session: `transport` in the query.
public enum EngineIOTransport: String, Hashable, Sendable, CaseIterable {
    case polling
    case webSocket = "websocket"
}

/// Why a request was refused before it reached a session, in the official server's words.
public enum EngineIORefusal: UInt8, Error, Hashable, Sendable, CaseIterable {
    case unknownTransport = 0
    case unknownSession = 1
    case wrongHandshakeMethod = 2
    case badRequest = 3
    case forbidden = 4
    case unsupportedRevision = 5

    public var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .wrongHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .forbidden: "Forbidden"
        case .unsupportedRevision: "Unsupported protocol version"
        }
    }

    /// The status of the answer. (To a WebSocket request the official server answers 400 always.)
    public var status: UInt16 { self == .forbidden ? 403 : 400 }

    /// The answer's body, `application/json`.
    public var body: [UInt8] { Array(#"{"code":\#(rawValue),"message":"\#(message)"}"#.utf8) }
}

/// What a request to the Engine.IO path asks for, judged by its query before any session is looked up.
public enum EngineIORequest: Hashable, Sendable {
    /// A new session.
    ///
    /// `base64` is what a client of revision 3 says with `b64=1`: it cannot take binary.
    case handshake(EngineIOTransport, EngineIORevision, base64: Bool)
    /// A request of a session that exists, or of one that does not any more.
    case session(id: String, EngineIOTransport)

    /// What a server offers.
    public struct Offer: Hashable, Sendable {
        public var transports: Set<EngineIOTransport> = [.polling, .webSocket]
        /// Revision 3 is for Socket.IO 2 clients and off by default.
        public var revisions: Set<EngineIORevision> = [.four]

        public init() {}
    }

    /// - Parameters:
    ///   - isUpgrade: The request asks to become a WebSocket.
    ///   - origin: The header `Origin`.
    ///   - query: Looks up a parameter; of duplicates the last counts.
    public init(
        method: String, isUpgrade: Bool, origin: String?, offer: Offer = Offer(),
        query: (String) -> String?
    ) throws(EngineIORefusal) {
        guard let transport = query("transport").flatMap(EngineIOTransport.init),
            offer.transports.contains(transport)
        else { throw .unknownTransport }
        if let origin, origin.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            throw .badRequest
        }
        let matches = isUpgrade == (transport == .webSocket)
        // JSONP: no client has asked for it since 2014, and it hands the session to any page.
        guard query("j") == nil else { throw .badRequest }
        if let id = query("sid"), !id.isEmpty {
            guard matches else { throw .badRequest }
            self = .session(id: id, transport)
            return
        }
        guard method == "GET" else { throw .wrongHandshakeMethod }
        guard matches else { throw .badRequest }
        guard let revision = query("EIO").flatMap(EngineIORevision.init(query:)),
            offer.revisions.contains(revision)
        else { throw .unsupportedRevision }
        let base64 = revision == .three && !(query("b64") ?? "").isEmpty
        self = .handshake(transport, revision, base64: base64)
    }
}
