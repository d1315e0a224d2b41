// swift-tools-version: 6.2
import PackageDescription

// What the forwarder costs for each packet, besides ciphers and sockets: `./run.py`.
//
// Everything is compiled again here, through the links, without the rest of the server.

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func protocols(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Protocols/" + name, swiftSettings: settings)
}

func engine(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Engines/" + name, swiftSettings: settings)
}

let package = Package(
    name: "parley-forwarding-benchmarks",
    targets: [
        protocols("ByteCoding"),
        protocols("NetworkAddresses"),
        protocols("RTP"),
        protocols("SDP", ["ByteCoding"]),
        protocols("STUN", ["ByteCoding", "NetworkAddresses"]),
        engine("EngineKit"),
        engine("MediaPlans"),
        engine("SRTP"),
        engine("Congestion", ["EngineKit", "RTP"]),
        engine("ICE", ["ByteCoding", "EngineKit", "NetworkAddresses", "SDP", "STUN"]),
        engine(
            "Forwarding",
            ["Congestion", "EngineKit", "ICE", "MediaPlans", "NetworkAddresses", "RTP", "SRTP", "STUN"]),
        .target(
            name: "CPacketCiphers", path: "Adapters/CPacketCiphers",
            linkerSettings: [.linkedLibrary("crypto")]),
        .target(
            name: "PacketCiphers", dependencies: ["CPacketCiphers", "SRTP"], path: "Adapters/PacketCiphers",
            swiftSettings: settings),
        .executableTarget(
            name: "ForwardingBench",
            dependencies: [
                "EngineKit", "Forwarding", "ICE", "MediaPlans", "NetworkAddresses", "PacketCiphers", "RTP", "SRTP",
                "STUN",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
