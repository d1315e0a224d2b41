// swift-tools-version: 6.2
import PackageDescription

// Layers, bottom to top. A target may import its own layer's listed peers and any layer below:
// Protocols <- Engines, Adapters <- Server <- parley. `make test` refuses every other import.
let protocols = "Sources/Protocols/"
let engines = "Sources/Engines/"
let adapters = "Sources/Adapters/"
let server = "Sources/Server/"

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A target of ours in the folder of its layer.
func target(_ name: String, in layer: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: layer + name, swiftSettings: settings)
}

/// A C library from Debian, seen through the `shim.h` beside its module map.
func library(_ name: String, apt: String) -> Target {
    .systemLibrary(name: name, path: adapters + name, providers: [.apt([apt])])
}

/// The tests of a target: same name + Tests.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestKit"] + dependencies,
        swiftSettings: settings)
}

let package = Package(
    name: "parley",
    products: [
        .executable(name: "parley", targets: ["parley"]),
        // A Socket.IO server for any Swift program.
        .library(name: "SocketIO", targets: ["SocketIO"]),
    ],
    targets: [
        // MARK: Protocols: values and codecs. No time, no randomness, no I/O, no Foundation.
        // A reader of borrowed bytes, base 64, UTF-8, the one decoding error.
        target("ByteCoding", in: protocols),
        // IP addresses, ranges and sockets' addresses; what special ranges are for.
        target("NetworkAddresses", in: protocols),
        // STUN and TURN messages, ChannelData, credentials. RFC 8489, RFC 8656.
        target("STUN", in: protocols, ["ByteCoding", "NetworkAddresses"]),
        // RTP and RTCP packets, header extensions, payload descriptors. RFC 3550, RFC 8285, RFC 4585.
        target("RTP", in: protocols),
        // RFC 8259 values that keep member order and number text.
        target("JSON", in: protocols, ["ByteCoding"]),
        // HTTP/1.1 requests and responses, ranges, dates, cookies. RFC 9112, RFC 9110.
        target("HTTP", in: protocols, ["ByteCoding"]),
        // RFC 6455 frames, messages and close codes; RFC 7692 negotiation.
        target("WebSocket", in: protocols, ["ByteCoding", "HTTP"]),
        // Session descriptions and their attributes. RFC 8866, RFC 8829.
        target("SDP", in: protocols, ["ByteCoding"]),
        // Engine.IO 4 packets and polling payloads.
        target("EngineIO", in: protocols, ["ByteCoding"]),
        // Socket.IO 5 packets, acknowledgements, binary attachments.
        target("SocketIOPackets", in: protocols, ["ByteCoding", "EngineIO", "JSON", "MessagePack"]),
        // MessagePack values, for the msgpack parser and the Redis adapter.
        target("MessagePack", in: protocols, ["ByteCoding"]),
        // Codable over JSON values and Socket.IO attachments.
        target("JSONCoding", in: protocols, ["ByteCoding", "JSON", "SocketIOPackets"]),
        // What Socket.IO nodes tell each other, in the official Redis adapters' formats.
        target(
            "SocketIOCluster", in: protocols, ["ByteCoding", "JSON", "MessagePack", "SocketIOPackets"]),
        // SockJS frames.
        target("SockJS", in: protocols, ["ByteCoding", "JSON"]),
        // STOMP 1.0 to 1.2 frames.
        target("STOMP", in: protocols, ["ByteCoding"]),
        // Signed tokens in their compact form, and their claims. RFC 7515, RFC 7519.
        target("JWT", in: protocols, ["ByteCoding", "JSON"]),
        // Gregorian dates; RFC 9636 time zone rules.
        target("CivilTime", in: protocols, ["ByteCoding"]),
        // RFC 5545 calendar files.
        target("ICalendar", in: protocols, ["ByteCoding", "CivilTime"]),
        // The events our client and server exchange in the namespace /meet.
        target("MeetingProtocol", in: protocols, ["JSON"]),

        // MARK: Engines: sans-IO state machines. Input, Output, Instant.
        // Engine, Instant, timers, token buckets, queues, flat tables and node lists, seeded RandomSource.
        target("EngineKit", in: engines),
        // Engine.IO sessions (heartbeat, polling, upgrade) and Socket.IO connections above them;
        // SockJS sessions and STOMP connections.
        target(
            "Signalling", in: engines,
            [
                "EngineKit", "EngineIO", "SocketIOPackets", "SocketIOCluster", "SockJS", "STOMP", "JSON",
                "ByteCoding",
            ]),
        // Seats, media states, chat log, reconnection grace.
        target("Rooms", in: engines, ["EngineKit", "MeetingProtocol", "JSON"]),

        // One conversation with a TURN server, for the doctor and for tests.
        target("TURNClient", in: engines, ["ByteCoding", "EngineKit", "NetworkAddresses", "STUN"]),
        // The signalling protocols of other people's pages, one engine each. docs/dialects.md
        target("Dialects", in: engines, ["EngineKit", "JSON"]),
        // Slots, the waiting room, and whom a professional lets in.
        target(
            "Appointments", in: engines, ["CivilTime", "EngineKit", "JSON", "MeetingProtocol", "Rooms"]),

        // What an offer and its answer agreed on: the inputs of forwarding.
        target("MediaPlans", in: engines),
        // Which ways lead to a peer, and whether it still wants to be sent to. RFC 8445, RFC 7675, RFC 6544.
        target("ICE", in: engines, ["ByteCoding", "EngineKit", "NetworkAddresses", "SDP", "STUN"]),
        // SCTP inside DTLS, and the channels of pages over it. RFC 9260, RFC 8831, RFC 8832.
        target("DataChannels", in: engines, ["ByteCoding", "EngineKit"]),
        // Offers and their answers, on the server's side. RFC 8829.
        target("Negotiation", in: engines, ["MediaPlans", "NetworkAddresses", "RTP", "SDP"]),
        // What a STUN and TURN server decides: credentials, allocations, permissions, channels, quotas. RFC 8656.
        target("TURNRelay", in: engines, ["ByteCoding", "EngineKit", "NetworkAddresses", "STUN"]),

        // How much a path carries, from feedback; pacing, probes, layers per slot. docs/congestion.md
        target("Congestion", in: engines, ["EngineKit", "RTP"]),
        // The heart of the media server: who publishes, who watches, and what they are sent. docs/forwarding.md
        target(
            "Forwarding", in: engines,
            ["Congestion", "EngineKit", "ICE", "MediaPlans", "NetworkAddresses", "RTP", "SRTP", "STUN"]),
        // SRTP and SRTCP: key derivation, rollover counts, replay windows. RFC 3711, RFC 5764, RFC 7714.
        target("SRTP", in: engines),

        // MARK: Adapters: each fills one seam; the only code that blocks, owns handles or calls C.
        // What failed system calls say; small files.
        target("SystemCalls", in: adapters),
        // Linux calls that Swift's Glibc does not show: epoll, accept4, interface lists.
        .target(name: "CNet", path: adapters + "CNet"),
        // epoll threads that are serial executors; timers; loop-bound values.
        target("EventLoops", in: adapters, ["CNet", "EngineKit", "SystemCalls"]),
        // UDP in batches: recvmmsg, sendmmsg, UDP_SEGMENT; the machine's addresses.
        target("Datagrams", in: adapters, ["CNet", "EventLoops", "NetworkAddresses", "SystemCalls"]),
        library("COpenSSL", apt: "libssl-dev"),
        // TLS sessions, the local certificate authority, digests, secure random bytes, token signatures.
        target(
            "TLS", in: adapters,
            [
                "ByteCoding", "CNet", "COpenSSL", "EngineKit", "JSON", "JWT", "MediaPlans",
                "NetworkAddresses",
                "SRTP",
                "STUN", "SystemCalls",
            ]),
        // The ciphers of SRTP: OpenSSL's, or ipsec-mb's where it is.
        .target(
            name: "CPacketCiphers", path: adapters + "CPacketCiphers",
            linkerSettings: [.linkedLibrary("crypto")]),
        target("PacketCiphers", in: adapters, ["CPacketCiphers", "SRTP"]),
        library("CSQLite", apt: "libsqlite3-dev"),
        // What the server keeps, in SQLite: one writer thread.
        target("Storage", in: adapters, ["CSQLite", "JSON", "MeetingProtocol", "SystemCalls"]),
        // The system's time zone database.
        target("ZoneFiles", in: adapters, ["ByteCoding", "CivilTime", "SystemCalls"]),
        library("CZlib", apt: "zlib1g-dev"),
        // permessage-deflate and gzip streams.
        target("Deflate", in: adapters, ["CZlib"]),
        library("CQREncode", apt: "libqrencode-dev"),
        // QR codes as terminal text and SVG.
        target("QRCode", in: adapters, ["CQREncode"]),
        // The web client's files, embedded by `scripts/bundle-web`.
        .target(name: "CWebBundle", path: adapters + "CWebBundle"),
        // HTTP, WebSocket and static files over event loops and TLS.
        target(
            "WebServer", in: adapters,
            [
                "ByteCoding", "CNet", "CWebBundle", "Deflate", "EngineKit", "EventLoops", "HTTP",
                "STUN", "SystemCalls", "TLS", "WebSocket",
            ]),
        library("CCrypt", apt: "libcrypt-dev"),
        library("CArgon2", apt: "libargon2-dev"),
        // Argon2id; to check only, bcrypt and whatever else the system's crypt(3) can.
        target("PasswordHashes", in: adapters, ["CArgon2", "CCrypt"]),
        library("CHiredis", apt: "libhiredis-dev"),
        // A Redis connection on an event loop: commands, subscriptions, reconnection.
        target(
            "Redis", in: adapters,
            ["CHiredis", "EngineKit", "EventLoops", "NetworkAddresses", "SystemCalls"]),
        // Structured log with private values; Prometheus text.
        target("Telemetry", in: adapters, ["CivilTime", "JSON"]),

        // MARK: Server
        // The settings table: defaults, file, environment, arguments.
        target("ServerConfig", in: server, ["Dialects", "NetworkAddresses"]),
        // The checks behind `parley doctor`.
        target(
            "Doctor", in: server,
            [
                "CNet", "Datagrams", "EngineKit", "EventLoops", "JSON", "NetworkAddresses", "STUN",
                "ServerConfig", "SystemCalls", "TLS", "TURNClient",
            ]),
        // The Socket.IO server: namespaces, sockets, rooms, acknowledgements, on any number of loops.
        target(
            "SocketIO", in: server,
            [
                "ByteCoding", "Deflate", "EngineIO", "EngineKit", "EventLoops", "HTTP", "JSON", "JSONCoding",
                "NetworkAddresses", "PasswordHashes", "Redis",
                "Signalling", "SockJS", "SocketIOCluster", "SocketIOPackets", "STOMP", "SystemCalls", "TLS",
                "WebServer", "WebSocket",
            ]),
        // STUN and TURN: sockets, packets and engines on every loop.
        target(
            "RelayServer", in: server,
            [
                "Datagrams", "EngineKit", "EventLoops", "HTTP", "NetworkAddresses", "STUN", "SystemCalls",
                "TLS",
                "TURNRelay", "WebServer",
            ]),
        // Media of meetings: forwarders, handshakes and sockets on every loop.
        target(
            "MediaServer", in: server,
            [
                "DataChannels", "Datagrams", "EngineKit", "EventLoops", "Forwarding", "ICE", "MediaPlans",
                "NetworkAddresses",
                "PacketCiphers", "RelayServer", "SRTP", "SystemCalls", "TLS", "TURNRelay", "WebServer",
            ]),
        // `parley load`: headless participants, and what they measure.
        target(
            "LoadGenerator", in: server,
            [
                "ByteCoding", "Congestion", "Datagrams", "EngineIO", "EngineKit", "EventLoops", "HTTP",
                "ICE", "JSON", "MediaPlans", "MeetingProtocol", "NetworkAddresses", "PacketCiphers", "RTP",
                "SDP", "SRTP",
                "STUN",
                "SocketIOPackets", "SystemCalls", "TLS", "WebSocket",
            ]),
        // Tells other programs what happens in meetings.
        target(
            "Webhooks", in: server,
            [
                "ByteCoding", "CivilTime", "EngineKit", "EventLoops", "JSON", "NetworkAddresses",
                "ServerConfig", "SystemCalls", "TLS", "Telemetry",
            ]),
        // Wires engines to adapters; the only target that sees both.
        target(
            "ParleyServer", in: server,
            [
                "Appointments", "ByteCoding", "CivilTime", "Datagrams", "Dialects", "Doctor", "EngineIO",
                "EngineKit", "EventLoops",
                "HTTP", "ICalendar", "JSON", "JWT",
                "Forwarding", "ICE", "MediaPlans", "MediaServer",
                "MeetingProtocol", "Negotiation", "NetworkAddresses", "PacketCiphers", "PasswordHashes",
                "QRCode",
                "RelayServer", "Rooms", "SDP",
                "ServerConfig",
                "SocketIO", "Storage",
                "SystemCalls",
                "Telemetry", "TLS", "TURNRelay", "WebServer", "WebSocket", "Webhooks", "ZoneFiles",
            ]),

        // MARK: The program: subcommands, signals, exit codes.
        .executableTarget(
            name: "parley",
            dependencies: [
                "Dialects", "Doctor", "EventLoops", "LoadGenerator", "ParleyServer", "QRCode", "ServerConfig",
                "SystemCalls",
                "TLS",
                "Telemetry",
            ],
            path: "Sources/parley", swiftSettings: settings),

        // MARK: Small programs against the library's public API
        // The server of `Benchmarks/signalling`.
        .executableTarget(
            name: "SignallingBench", dependencies: ["SocketIO"], path: "Sources/SignallingBench",
            swiftSettings: settings),
        // The relay of `Benchmarks/turn`.
        .executableTarget(
            name: "RelayBench", dependencies: ["EventLoops", "NetworkAddresses", "RelayServer", "TURNRelay"],
            path: "Sources/RelayBench", swiftSettings: settings),
        // The server that the official protocol suites and foreign clients are run against.
        .executableTarget(
            name: "ConformanceServer", dependencies: ["SocketIO"], path: "Sources/ConformanceServer",
            swiftSettings: settings),

        // The chat of docs/socketio.md.
        .executableTarget(
            name: "ChatExample", dependencies: ["SocketIO"], path: "Examples/Chat",
            swiftSettings: settings),

        // MARK: Tests
        // Hex layouts, virtual clock, scripted clients.
        .target(
            name: "TestKit", dependencies: ["ByteCoding", "EngineKit"], path: "Tests/TestKit",
            swiftSettings: settings),
        // Another SRTP, to compare ours with. For tests only.
        .systemLibrary(name: "CLibSRTP", path: "Tests/CLibSRTP", providers: [.apt(["libsrtp2-dev"])]),
        tests(of: "ByteCoding"),
        tests(of: "NetworkAddresses"),
        tests(of: "STUN", ["ByteCoding", "NetworkAddresses", "TLS"]),
        tests(of: "RTP"),
        tests(of: "JSON", ["ByteCoding"]),
        tests(of: "HTTP", ["ByteCoding"]),
        tests(of: "WebSocket", ["ByteCoding", "HTTP"]),
        tests(of: "SDP", ["ByteCoding"]),
        tests(of: "EngineIO", ["ByteCoding"]),
        tests(of: "SocketIOPackets", ["ByteCoding", "EngineIO", "JSON", "MessagePack"]),
        tests(of: "MessagePack", ["ByteCoding"]),
        tests(of: "JSONCoding", ["JSON", "SocketIOPackets"]),
        tests(of: "SocketIOCluster", ["ByteCoding", "JSON", "MessagePack", "SocketIOPackets"]),
        tests(of: "SockJS", ["ByteCoding", "JSON"]),
        tests(of: "STOMP", ["ByteCoding"]),
        tests(of: "JWT", ["ByteCoding", "JSON"]),
        tests(of: "CivilTime", ["ByteCoding"]),
        tests(of: "ICalendar", ["ByteCoding"]),
        tests(of: "MeetingProtocol", ["JSON"]),
        tests(of: "EngineKit"),
        tests(
            of: "Signalling",
            ["EngineKit", "EngineIO", "SocketIOPackets", "SocketIOCluster", "SockJS", "STOMP", "JSON"]),
        tests(of: "TURNClient", ["EngineKit", "NetworkAddresses", "STUN", "TLS"]),
        tests(of: "Rooms", ["EngineKit", "MeetingProtocol", "JSON"]),
        tests(of: "Dialects", ["EngineKit", "JSON"]),
        tests(of: "Appointments", ["CivilTime", "EngineKit", "JSON", "MeetingProtocol", "Rooms"]),
        tests(of: "MediaPlans"),
        tests(
            of: "Forwarding",
            ["Congestion", "EngineKit", "ICE", "MediaPlans", "NetworkAddresses", "RTP", "SRTP", "STUN"]),
        tests(of: "Congestion", ["EngineKit", "RTP"]),
        tests(of: "DataChannels", ["ByteCoding", "EngineKit"]),
        tests(of: "ICE", ["EngineKit", "NetworkAddresses", "SDP", "STUN", "TLS"]),
        tests(of: "Negotiation", ["ByteCoding", "MediaPlans", "NetworkAddresses", "RTP", "SDP"]),
        tests(of: "TURNRelay", ["EngineKit", "NetworkAddresses", "STUN", "TLS"]),
        tests(of: "SRTP", ["CLibSRTP", "PacketCiphers"]),
        tests(of: "SystemCalls"),
        tests(of: "EventLoops", ["EngineKit"]),
        tests(of: "Datagrams", ["EngineKit", "EventLoops", "NetworkAddresses", "SystemCalls"]),
        tests(
            of: "TLS",
            ["ByteCoding", "CNet", "EngineKit", "JSON", "JWT", "MediaPlans", "NetworkAddresses", "SRTP"]),
        tests(of: "Storage", ["MeetingProtocol"]),
        tests(of: "ZoneFiles", ["CivilTime"]),
        tests(of: "QRCode"),
        tests(of: "PasswordHashes"),
        tests(of: "WebServer", ["EngineKit", "EventLoops", "HTTP", "TLS", "WebSocket"]),
        tests(of: "Redis", ["EngineKit", "EventLoops"]),
        tests(of: "Telemetry", ["JSON"]),
        tests(of: "LoadGenerator", ["EngineKit", "ICE", "MediaPlans", "NetworkAddresses", "RTP", "SDP"]),
        tests(of: "ServerConfig", ["Dialects", "NetworkAddresses"]),
        tests(of: "Webhooks", ["EngineKit", "JSON"]),
        tests(
            of: "Doctor",
            [
                "EngineKit", "EventLoops", "JSON", "NetworkAddresses", "RelayServer", "STUN", "ServerConfig",
                "TLS",
                "TURNClient", "TURNRelay",
            ]),
        tests(
            of: "SocketIO",
            [
                "ByteCoding", "EngineIO", "EngineKit", "EventLoops", "HTTP", "JSON", "Redis", "Signalling",
                "SocketIOCluster", "SocketIOPackets", "STOMP", "WebServer", "WebSocket",
            ]),
        tests(
            of: "RelayServer",
            [
                "Datagrams", "EngineKit", "EventLoops", "NetworkAddresses", "STUN", "SystemCalls", "TLS",
                "TURNRelay", "WebServer",
            ]),
        tests(of: "MediaServer", ["EngineKit", "ICE", "NetworkAddresses"]),
        tests(
            of: "ParleyServer",
            [
                "ByteCoding", "Dialects", "EngineIO", "EngineKit", "EventLoops", "Forwarding", "HTTP", "JSON",
                "JWT", "MediaPlans", "MeetingProtocol", "NetworkAddresses", "Rooms", "ServerConfig",
                "SocketIO", "SocketIOPackets",
                "Storage", "TLS",
                "Telemetry",
                "WebServer",
                "WebSocket", "ZoneFiles",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
