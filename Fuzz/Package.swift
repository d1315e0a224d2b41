// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer program per decoder of ../Sources/Protocols, and one for the engine that strangers feed. Build and
// run them with `run.sh`.
//
// The sources are compiled again here, through the links `Protocols` and `Engines`, because the fuzzer finds its way
// by counters that only this build puts into them.

let sanitizers = ["-sanitize=fuzzer,address"]
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(sanitizers),
]

/// A decoder and what it imports.
func decoder(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Protocols/" + name, swiftSettings: settings)
}

/// An engine and what it imports.
func engine(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Engines/" + name, swiftSettings: settings)
}

/// The property that must hold for every input of `name`.
func fuzzer(of name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Fuzz" + name, dependencies: [.byName(name: name), "FuzzKit"] + dependencies,
        swiftSettings: settings,
        // Not gold: it prints a warning for every section with counters.
        linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])])
}

let package = Package(
    name: "parley-fuzz",
    targets: [
        decoder("ByteCoding"),
        decoder("NetworkAddresses"),
        decoder("STUN", ["ByteCoding", "NetworkAddresses"]),
        decoder("RTP"),
        decoder("JSON", ["ByteCoding"]),
        decoder("HTTP", ["ByteCoding"]),
        decoder("WebSocket", ["ByteCoding", "HTTP"]),
        decoder("EngineIO", ["ByteCoding"]),
        decoder("MessagePack", ["ByteCoding"]),
        decoder("SocketIOPackets", ["ByteCoding", "EngineIO", "JSON", "MessagePack"]),
        decoder("JSONCoding", ["ByteCoding", "JSON", "SocketIOPackets"]),
        decoder("SocketIOCluster", ["ByteCoding", "JSON", "MessagePack", "SocketIOPackets"]),
        decoder("SockJS", ["ByteCoding", "JSON"]),
        decoder("STOMP", ["ByteCoding"]),
        decoder("JWT", ["ByteCoding", "JSON"]),
        decoder("CivilTime", ["ByteCoding"]),
        decoder("ICalendar", ["ByteCoding", "CivilTime"]),
        decoder("MeetingProtocol", ["JSON"]),
        decoder("SDP", ["ByteCoding"]),
        engine("EngineKit"),
        engine("ICE", ["ByteCoding", "EngineKit", "NetworkAddresses", "SDP", "STUN"]),
        engine("DataChannels", ["ByteCoding", "EngineKit"]),
        engine("MediaPlans"),
        engine("Negotiation", ["MediaPlans", "NetworkAddresses", "RTP", "SDP"]),
        engine("TURNRelay", ["ByteCoding", "EngineKit", "NetworkAddresses", "STUN"]),
        engine("SRTP"),
        engine("Congestion", ["EngineKit", "RTP"]),
        engine(
            "Forwarding",
            ["Congestion", "EngineKit", "ICE", "MediaPlans", "NetworkAddresses", "RTP", "SRTP", "STUN"]),
        // libFuzzer itself, which comes with the toolchain.
        .systemLibrary(name: "CFuzzer"),
        .target(name: "FuzzKit", dependencies: ["CFuzzer"], swiftSettings: settings),
        fuzzer(of: "NetworkAddresses", []),
        fuzzer(of: "STUN", ["ByteCoding", "NetworkAddresses"]),
        fuzzer(of: "RTP", []),
        fuzzer(of: "JSON", []),
        fuzzer(of: "HTTP", ["ByteCoding"]),
        fuzzer(of: "WebSocket", ["ByteCoding"]),
        fuzzer(of: "EngineIO", []),
        fuzzer(of: "MessagePack", []),
        fuzzer(of: "SocketIOPackets", ["ByteCoding", "EngineIO"]),
        fuzzer(of: "JSONCoding", ["JSON"]),
        fuzzer(of: "SocketIOCluster", []),
        fuzzer(of: "SockJS", []),
        fuzzer(of: "STOMP", ["ByteCoding"]),
        fuzzer(of: "JWT", ["JSON"]),
        fuzzer(of: "CivilTime", []),
        fuzzer(of: "ICalendar", []),
        fuzzer(of: "MeetingProtocol", ["JSON"]),
        fuzzer(of: "SDP", []),
        fuzzer(of: "Negotiation", ["MediaPlans", "SDP"]),
        fuzzer(of: "SRTP", []),
        fuzzer(of: "Congestion", ["EngineKit", "RTP"]),
        fuzzer(of: "ICE", ["EngineKit", "NetworkAddresses", "STUN"]),
        fuzzer(of: "DataChannels", ["EngineKit"]),
        fuzzer(
            of: "Forwarding", ["EngineKit", "ICE", "MediaPlans", "NetworkAddresses", "RTP", "SRTP", "STUN"]),
        fuzzer(of: "TURNRelay", ["EngineKit", "NetworkAddresses", "STUN"]),
    ],
    swiftLanguageModes: [.v6]
)
