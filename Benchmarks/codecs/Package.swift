// swift-tools-version: 6.2
import PackageDescription

// How long the codecs take: `swift run -c release` in this folder.
//
// The codecs are compiled again here, through the link `Protocols`, without the rest of the server.

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A codec and what it imports.
func codec(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Protocols/" + name, swiftSettings: settings)
}

let package = Package(
    name: "parley-codec-benchmarks",
    targets: [
        codec("ByteCoding"),
        codec("JSON", ["ByteCoding"]),
        codec("EngineIO", ["ByteCoding"]),
        codec("MessagePack", ["ByteCoding"]),
        codec("SocketIOPackets", ["ByteCoding", "EngineIO", "JSON", "MessagePack"]),
        codec("JSONCoding", ["ByteCoding", "JSON", "SocketIOPackets"]),
        .executableTarget(
            name: "Codecs", dependencies: ["EngineIO", "JSON", "JSONCoding", "SocketIOPackets"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
