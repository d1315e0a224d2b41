// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import ParleyServer
import ServerConfig
import Synchronization
import TLS
import Telemetry

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/parley-server-\(UUID().uuidString)"
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A real server on a free port of this machine, with two event loops.
final class TestServer {
    let folder: TemporaryFolder
    let server: ParleyServer
    private let log: LogLines
    private let context: TLSContext?
    private var wires: [Wire] = []
    private var isStopped = false

    /// What was logged, from any thread.
    private final class LogLines: Sendable {
        let lines = Mutex<[String]>([])
    }

    init(
        in folder: TemporaryFolder = TemporaryFolder(), tls: ServerConfig.TLS.Mode = .off,
        _ change: (inout ServerConfig) -> Void = { _ in }
    ) throws {
        var config = ServerConfig()
        config.http.listen = ListenAddress(host: "127.0.0.1", port: 0)
        config.tls.mode = tls
        config.data.folder = folder.path
        config.loops = 2
        change(&config)
        let log = LogLines()
        self.folder = folder
        self.log = log
        server = try ParleyServer(
            config,
            log: Log(level: .debug, format: .text) { line in log.lines.withLock { $0.append(line) } })
        context = try server.certificate.map { try TLSContext(clientTrusting: $0.authorityFile) }
    }

    deinit { stop() }

    /// Also hangs up for every client, so that the server need not wait for them.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        for wire in wires { wire.close() }
        server.stop()
    }

    /// Stops while the clients are still there to hear of it.
    func beginStopping() -> Task<Void, Never> {
        isStopped = true
        return Task.detached { [server] in server.stop() }
    }

    var port: UInt16 { server.port }
    var authority: String { "127.0.0.1:\(port)" }
    var origin: String { (context == nil ? "http://" : "https://") + authority }
    var logLines: [String] { log.lines.withLock(\.self) }

    func connect() throws -> Wire {
        let wire = try Wire(port: port, trusting: context)
        wires.append(wire)
        return wire
    }

    /// One request on a connection of its own.
    func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: String = ""
    ) throws -> HTTPAnswer {
        try HTTPConnection(self).request(method, path, headers: headers, body: Array(body.utf8))
    }

    func get(_ path: String, headers: [(String, String)] = []) throws -> HTTPAnswer {
        try request("GET", path, headers: headers)
    }

    /// Makes a meeting and returns its code.
    func createMeeting(retention: String? = nil) throws -> String {
        let body = retention.map { #"{"retention":"\#($0)"}"# } ?? ""
        return try request("POST", "/api/v1/meetings", body: body).json["meeting"]?.string ?? ""
    }

    /// What a page of ours sends along with whatever changes something.
    var ownPage: [(String, String)] { [("Origin", origin), ("X-Parley-CSRF", "1")] }

    /// Opens the host link and returns the cookie to send from then on.
    func claimHost() throws -> (String, String) {
        let answer = try get("/host/\(server.hostToken)")
        let cookie = answer.headers["Set-Cookie"] ?? ""
        return ("Cookie", String(cookie.prefix { $0 != ";" }))
    }
}

extension JSONValue {
    subscript(_ key: String) -> JSONValue? { object?[key] }
    subscript(_ index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }
}
