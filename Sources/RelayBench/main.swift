// SPDX-License-Identifier: Apache-2.0
// The relay that `Benchmarks/turn` measures: UDP on a loopback address, one user, peers on loopback allowed.
import EventLoops
import Glibc
import NetworkAddresses
import RelayServer
import TURNRelay

/// The value behind `--name`.
func argument(_ name: String) -> String? {
    guard let index = CommandLine.arguments.firstIndex(of: "--" + name) else { return nil }
    return CommandLine.arguments.dropFirst(index + 1).first
}

guard let listen = argument("listen").flatMap({ SocketAddress($0) }) else {
    print("usage: RelayBench --listen ADDRESS:PORT [--loops N] [--ports none|MIN-MAX]")
    exit(64)
}
var settings = TURNSettings()
settings.peers.allowed = [AddressRange(listen.ip)]
settings.unauthenticatedRate = nil
let ports: ClosedRange<UInt16>? =
    switch argument("ports") {
    case "none": nil
    case let text?:
        (text.split(separator: "-").first.flatMap { UInt16($0) } ?? 49_152)...(text.split(separator: "-").last
            .flatMap { UInt16($0) } ?? 65_535)
    case nil: 49_152...65_535
    }
let many = RelayLimits(perUser: 100_000, perAddress: 100_000, total: 100_000)
let options = RelayOptions(
    settings: settings, users: TURNUsers(passwords: ["user": "pass"]), limits: many, ports: ports)
let loops = try (0..<(argument("loops").flatMap { Int($0) } ?? 1)).map {
    try EventLoop.start(name: "relay-\($0)")
}
let service = RelayService(on: loops, options)
print("listening", try service.start(on: [RelayListener(ip: listen.ip, port: listen.port)]))
try await Task.sleep(for: .seconds(1_000_000_000))
