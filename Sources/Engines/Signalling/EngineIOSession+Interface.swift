// SPDX-License-Identifier: Apache-2.0
public import EngineIO

extension EngineIOSession {
    public struct Settings: Hashable, Sendable {
        public var pingInterval = Duration.seconds(25)
        public var pingTimeout = Duration.seconds(20)
        public var upgradeTimeout = Duration.seconds(10)
        /// How long a close waits for a poll that can carry it.
        public var closeTimeout = Duration.seconds(30)
        /// Most bytes of one message or polling body a client may send.
        public var maxPayload = 1_000_000
        /// With more bytes of memory than this waiting for a client that takes them too slowly, the next
        /// message ends its session. One message may be larger: it is not the client's fault.
        public var maxQueued = 1_000_000
        /// Whether a session that began with polling may go over to WebSocket.
        public var allowsUpgrades = true
        /// Bytes of a polling answer from which on compression pays; `nil` for never.
        public var compressionThreshold: Int? = 1024
        /// Messages that follow the handshake at once.
        public var greeting: [EngineIOMessage] = []

        public init() {}
    }

    /// Names one HTTP request that waits for an answer.
    public struct RequestID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// Names one WebSocket of the session.
    public struct WebSocketID: Hashable, Sendable, RawRepresentable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// How a message is to be sent.
    public struct SendOptions: Hashable, Sendable {
        /// Whether it is worth compressing, where the transport can.
        public var compress: Bool
        /// Dropped rather than kept waiting: when the client is not ready to take it at this moment.
        public var isVolatile: Bool

        public init(compress: Bool = true, isVolatile: Bool = false) {
            self.compress = compress
            self.isVolatile = isVolatile
        }
    }

    /// Whoever got an answer for a request says no more of it.
    public enum Input: Hashable, Sendable {
        /// A GET asks for packets. The first input of a polling session.
        case poll(RequestID)
        /// The head of a POST arrived. Optional, but without it two POSTs at once go unnoticed.
        case postBegan(RequestID)
        /// A whole POST body arrived; binary when its type is `application/octet-stream`.
        case post(RequestID, body: [UInt8], isBinary: Bool = false)
        /// The body of a POST grew over ``Settings/maxPayload``; it need not be read to its end.
        case postTooLarge(RequestID)
        /// A request with a method that sessions do not know.
        case unknownMethod(RequestID)
        /// The client dropped a request that was not answered yet.
        case requestAborted(RequestID)
        /// A WebSocket opened with this session's id, or as its handshake.
        case webSocketOpened(WebSocketID)
        case webSocketReceived(WebSocketID, EngineIOMessage)
        /// Bytes that the WebSocket could not write yet; 0 when all is written again.
        case webSocketBacklog(WebSocketID, bytes: Int)
        case webSocketClosed(WebSocketID)
        /// The WebSocket broke: bad frames, a message that is too large, a failed write.
        case webSocketFailed(WebSocketID)
        /// Messages from the layer above, kept together: all are sent, or all are dropped.
        case send([EngineIOMessage], SendOptions = SendOptions())
        /// ``send(_:_:)`` of one message, without an array.
        case sendOne(EngineIOMessage, SendOptions = SendOptions())
        /// Ends the session from the layer above.
        case close
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// Answers a GET with packets.
        case answerPoll(RequestID, PollAnswer)
        /// Answers a POST with `ok`.
        case acceptPost(RequestID)
        case refuse(RequestID, Refusal)
        case sendFrame(WebSocketID, EngineIOFrame, compress: Bool)
        /// Closes a WebSocket; `nil` for a close frame without code and reason.
        case closeWebSocket(WebSocketID, CloseFrame?)
        /// A message for the layer above.
        case received(EngineIOMessage)
        /// The client answered the latest ping: all that was sent before it has arrived.
        case ponged
        /// The session is over. The last output but for answers still owed.
        case closed(Ending)
    }

    public struct PollAnswer: Hashable, Sendable {
        public var body: [UInt8]
        /// `application/octet-stream` instead of `text/plain; charset=UTF-8`.
        public var isBinary: Bool
        /// Worth compressing, if the client takes a compressed answer.
        public var compress: Bool

        public init(body: [UInt8], isBinary: Bool = false, compress: Bool = false) {
            self.body = body
            self.isBinary = isBinary
            self.compress = compress
        }
    }

    /// Why a request of a session got no packets and no `ok`.
    public enum Refusal: Hashable, Sendable {
        /// It broke the rules of polling, and the session with them.
        case wrongPolling
        /// The session has moved to a WebSocket, or is over.
        case refused(EngineIORefusal)
        /// The body is larger than this many bytes.
        case tooLarge(limit: Int)
        case unknownMethod

        public var status: UInt16 {
            switch self {
            case .wrongPolling: 400
            case .refused(let refusal): refusal.status
            case .tooLarge: 413
            case .unknownMethod: 405
            }
        }

        /// JSON, or nothing.
        public var body: [UInt8] {
            switch self {
            case .wrongPolling, .unknownMethod: []
            case .refused(let refusal): refusal.body
            case .tooLarge(let limit): Array(#"{"message":"max payload \#(limit)"}"#.utf8)
            }
        }
    }

    /// What a WebSocket's close frame says.
    public struct CloseFrame: Hashable, Sendable {
        public var code: UInt16
        public var reason: String

        public init(code: UInt16, reason: String) {
            self.code = code
            self.reason = reason
        }
    }

    /// Why a session ended, in the official server's words.
    public enum CloseReason: String, Hashable, Sendable {
        case transportClose = "transport close"
        case transportError = "transport error"
        case pingTimeout = "ping timeout"
        case parseError = "parse error"
        case forcedClose = "forced close"
    }

    /// Why a session ended, exactly.
    public enum Ending: Hashable, Sendable, CaseIterable {
        /// The layer above closed it.
        case closedByServer
        case closedByClient
        case webSocketClosed
        case webSocketFailed
        case pollAborted
        case postAborted
        case pollsOverlap
        case postsOverlap
        /// A binary body, which revision 4 does not know.
        case wrongContent
        /// A ping from the side that does not ping, or a pong from the one that does.
        case wrongHeartbeat
        case invalidPacket
        case silent
        /// More waited for the client than ``Settings/maxQueued``.
        case tooSlow

        public var reason: CloseReason {
            switch self {
            case .closedByServer: .forcedClose
            case .closedByClient, .webSocketClosed: .transportClose
            case .webSocketFailed, .pollAborted, .postAborted, .pollsOverlap, .postsOverlap, .wrongContent,
                .wrongHeartbeat, .tooSlow:
                .transportError
            case .invalidPacket: .parseError
            case .silent: .pingTimeout
            }
        }

        /// A sentence for people.
        public var description: String {
            switch self {
            case .closedByServer: "the server closed the session"
            case .closedByClient: "the client closed the session"
            case .webSocketClosed: "the WebSocket was closed"
            case .webSocketFailed: "the WebSocket failed"
            case .pollAborted: "poll connection closed prematurely"
            case .postAborted: "data request connection closed prematurely"
            case .pollsOverlap: "overlap from client"
            case .postsOverlap: "data request overlap from client"
            case .wrongContent: "invalid content"
            case .wrongHeartbeat: "invalid heartbeat direction"
            case .invalidPacket: "a packet could not be understood"
            case .silent: "nothing came from the client in time"
            case .tooSlow: "slow consumer"
            }
        }

        /// RFC 6455 §7.4.1 has no code for most of it; 1013 is IANA's "try again later".
        var closeFrame: CloseFrame? {
            self == .tooSlow ? CloseFrame(code: 1013, reason: description) : nil
        }
    }
}
