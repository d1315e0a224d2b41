import EngineKit
import Foundation
import NetworkAddresses
import ServerConfig
import TLS

// SPDX-License-Identifier: Apache-2.0
@testable import Doctor

/// 2026-12-01T00:00:00Z.
let winter = WallClock(milliseconds: 1_796_083_200_000)

extension MachineFacts {
    /// A machine on which nothing is wrong.
    static let healthy = MachineFacts(
        port: .free, names: CertificateNames(hostName: "desk", addresses: ["192.168.1.20"]),
        certificate: .local(.created, nil), now: winter, isClockSynchronized: true, openFiles: 65_536,
        folder: .missing(parent: "/srv", isWritable: true), freeBytes: 50 << 30, database: .missing,
        metricsToken: nil, relay: .healthy)

    /// The same machine with something else about it.
    func with<Value>(_ path: WritableKeyPath<MachineFacts, Value>, _ value: Value) -> MachineFacts {
        var facts = self
        facts[keyPath: path] = value
        return facts
    }
}

extension RelayFacts {
    /// A relay on a public address that does not run yet.
    static let healthy = RelayFacts(
        source: IPAddress(v4: 0x0808_0404), receiveBuffer: 4 << 20, ports: Ports(tried: 128, taken: 3),
        trial: nil)

    /// The same with something else about it.
    func with<Value>(_ path: WritableKeyPath<RelayFacts, Value>, _ value: Value) -> RelayFacts {
        var facts = self
        facts[keyPath: path] = value
        return facts
    }
}

/// What one check says about a machine.
func finding(
    _ check: Finding.Check, _ facts: MachineFacts, _ change: (inout ServerConfig) -> Void = { _ in }
) -> Finding? {
    var config = ServerConfig()
    change(&config)
    return Checks(config: config, facts: facts).findings.first { $0.check == check }
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "parley-doctor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Foundation.Data(bytes).write(to: URL(filePath: path + "/" + name))
    }

    /// Everything below the folder, sorted.
    func contents() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
    }
}
