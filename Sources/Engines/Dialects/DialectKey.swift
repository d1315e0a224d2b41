// SPDX-License-Identifier: Apache-2.0

/// The signalling protocols of pages that were not written for Parley. `docs/dialects.md`
public enum DialectKey: String, CaseIterable, Hashable, Sendable {
    case devameet
    case ycyw
    case ycywSTOMP = "ycyw-stomp"
    case ycywNetty = "ycyw-netty"
    case noomChat = "noom-chat"
    case noomRooms = "noom-rooms"
    case noomVideo = "noom-video"
    case bunch
    case telelegal

    /// Where pages expect it, because the address is written into them.
    public var usualPorts: [UInt16] {
        switch self {
        case .devameet: [3303, 3333, 8081]
        case .ycyw, .noomChat, .noomRooms, .noomVideo: [3000]
        case .ycywSTOMP: [3001]
        case .ycywNetty: [3002]
        case .bunch: [8181]
        case .telelegal: [9000]
        }
    }

    /// Whether some of its clients speak Engine.IO 3, as Socket.IO 2 does.
    public var hasOldClients: Bool { self == .devameet || self == .ycywNetty }

    /// What carries its messages.
    public var carrier: Carrier {
        switch self {
        case .noomChat: .webSocket
        case .ycywSTOMP: .stomp
        case .devameet, .ycyw, .ycywNetty, .noomRooms, .noomVideo, .bunch, .telelegal: .socketIO
        }
    }

    public enum Carrier: Hashable, Sendable {
        case socketIO
        /// Bare messages at the path `/`.
        case webSocket
        /// STOMP over SockJS at `/ws` and over bare WebSockets at `/ws/websocket`.
        case stomp
    }
}
