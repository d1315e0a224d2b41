// swift-tools-version: 6.2
import PackageDescription

// What SRTP costs for each packet, beside libsrtp: `swift run -c release` in this folder.
//
// Everything is compiled again here, through the links, without the rest of the server.

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "parley-srtp-benchmarks",
    targets: [
        .target(name: "SRTP", path: "Engines/SRTP", swiftSettings: settings),
        .target(
            name: "CPacketCiphers", path: "Adapters/CPacketCiphers",
            linkerSettings: [.linkedLibrary("crypto")]),
        .target(
            name: "PacketCiphers", dependencies: ["CPacketCiphers", "SRTP"], path: "Adapters/PacketCiphers",
            swiftSettings: settings),
        .systemLibrary(name: "CLibSRTP", path: "CLibSRTP", providers: [.apt(["libsrtp2-dev"])]),
        .executableTarget(
            name: "SRTPBench", dependencies: ["CLibSRTP", "PacketCiphers", "SRTP"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
