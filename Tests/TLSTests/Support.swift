// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Foundation
import Glibc
import TLS

/// 2026-01-01T00:00:00Z.
let newYear = WallClock(milliseconds: 1_767_225_600_000)
let day: Int64 = 86_400_000

extension WallClock {
    static func + (time: WallClock, milliseconds: Int64) -> WallClock {
        WallClock(milliseconds: time.milliseconds + milliseconds)
    }

    /// For handshakes, which compare certificates with the system's clock.
    static var system: WallClock { WallClock(milliseconds: Int64(time(nil)) * 1000) }
}

/// A data folder that is gone after the test.
final class DataFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "parley-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/certificates/" + name }

    func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    func permissions(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
    }
}

/// Both ends of a connection within the process, never blocking.
final class SocketPair {
    let server: Int32, client: Int32

    init() {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        precondition(unsafe socketpair(AF_UNIX, type, 0, &ends) == 0, "no socket pair")
        (server, client) = (ends[0], ends[1])
    }

    deinit {
        close(server)
        close(client)
    }
}

extension TLSSession {
    mutating func write(_ bytes: [UInt8]) -> TLSResult { unsafe bytes.withUnsafeBytes { unsafe write($0) } }

    /// One read of at most `limit` bytes.
    mutating func read(limit: Int) -> (result: TLSResult, bytes: [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: limit)
        let result = unsafe buffer.withUnsafeMutableBytes { unsafe read(into: $0) }
        if case .done(let count) = result { return (result, Array(buffer[..<count])) }
        return (result, [])
    }
}

/// Goes on with both ends until neither can: the two last results.
func handshake(_ server: inout TLSSession, _ client: inout TLSSession) -> (
    server: TLSResult, client: TLSResult
) {
    var results = (server: TLSResult.wantsRead, client: TLSResult.wantsRead)
    for _ in 0..<10 where results.server == .wantsRead || results.client == .wantsRead {
        results.client = client.handshake()
        results.server = server.handshake()
    }
    return results
}
