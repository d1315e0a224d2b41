// swift-tools-version: 6.2
import PackageDescription

// What the engine of the relay costs without sockets: `swift run -c release` in this folder.
//
// Everything is compiled again here, through the links, without the rest of the server.

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A target of the server and what it imports.
func target(_ name: String, in layer: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: layer + "/" + name, swiftSettings: settings)
}

let package = Package(
    name: "parley-relay-benchmarks",
    targets: [
        target("ByteCoding", in: "Protocols"),
        target("JSON", in: "Protocols", ["ByteCoding"]),
        target("JWT", in: "Protocols", ["ByteCoding", "JSON"]),
        target("NetworkAddresses", in: "Protocols"),
        target("STUN", in: "Protocols", ["ByteCoding", "NetworkAddresses"]),
        target("EngineKit", in: "Engines"),
        target("TURNRelay", in: "Engines", ["ByteCoding", "EngineKit", "NetworkAddresses", "STUN"]),
        target("SystemCalls", in: "Adapters"),
        .systemLibrary(name: "COpenSSL", path: "Adapters/COpenSSL", providers: [.apt(["libssl-dev"])]),
        target(
            "TLS", in: "Adapters",
            ["ByteCoding", "COpenSSL", "EngineKit", "JSON", "JWT", "NetworkAddresses", "STUN", "SystemCalls"]),
        .executableTarget(
            name: "Relay", dependencies: ["EngineKit", "NetworkAddresses", "STUN", "TLS", "TURNRelay"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
