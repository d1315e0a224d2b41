// SPDX-License-Identifier: Apache-2.0
/// A Socket.IO client that polls when it is told to.
final class PollingClient {
    private let connection: RouteClient
    private let target: String
    let sid: String

    init(port: UInt16, query: String = "EIO=4") throws {
        connection = try RouteClient(port: port)
        let target = "/socket.io/?\(query)&transport=polling"
        let answer = try connection.ask("GET", target)
        guard answer.status == 200, let start = answer.body.firstRange(of: #""sid":""#) else {
            throw RouteClient.Failure("no handshake: \(answer.status)")
        }
        sid = String(answer.body[start.upperBound...].prefix { $0 != "\"" })
        self.target = target + "&sid=" + sid
    }

    /// Enters the main namespace.
    func enter(_ auth: String = "") throws {
        guard try post("40" + auth) == 200, try poll().hasPrefix("40") else {
            throw RouteClient.Failure("not let in")
        }
    }

    func post(_ body: String) throws -> Int { try connection.ask("POST", target, body).status }
    func poll() throws -> String { try connection.ask("GET", target).body }
    func pollStatus() throws -> Int { try connection.ask("GET", target).status }
}
