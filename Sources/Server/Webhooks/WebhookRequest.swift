// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import ServerConfig
internal import TLS

/// One POST to a receiver, on a connection of its own that the calling thread waits on.
struct WebhookRequest {
    /// Why a receiver was not reached, for the operator.
    struct Failure: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// Nobody needs more of an answer than its first line.
    private static let mostAnswer = 4096

    let url: WebhookURL
    /// Private and loopback addresses are allowed.
    let reachesPrivate: Bool
    let tls: TLSContext

    /// The status of the answer. Redirections are not followed: they could lead anywhere.
    func post(_ body: [UInt8], _ headers: [(String, String)]) throws(Failure) -> Int {
        var lines = ["POST \(url.target) HTTP/1.1", "Host: \(url.authority)", "Connection: close"]
        lines += ["Content-Type: application/json", "Content-Length: \(body.count)"]
        lines += headers.map { "\($0.0): \($0.1)" }
        let message = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        let address = try address()
        let first: String
        do throws(ClientConnection.Failure) {
            let connection = try ClientConnection(
                to: address, port: url.port, tls: url.isSecure ? tls : nil, as: url.host)
            try connection.write(message)
            first = Self.firstLine(of: connection)
        } catch { throw Failure(error) }
        let words = first.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Failure("it does not answer in HTTP")
        }
        return status
    }

    /// Looked at before it is asked: a name may stand for another address a moment later.
    private func address() throws(Failure) -> IPAddress {
        let place = ListenAddress(host: url.host, port: url.port)
        guard let address = place.resolved() else { throw Failure("its name is not known") }
        guard reachesPrivate || address.canonical.purpose == nil && address.purpose == nil else {
            throw Failure("\(address) is no public address; see webhooks.private-addresses")
        }
        return address
    }

    private static func firstLine(of connection: ClientConnection) -> String {
        var answer: [UInt8] = []
        while answer.count < mostAnswer, !answer.contains(UInt8(ascii: "\n")) {
            guard let more = connection.read(), !more.isEmpty else { break }
            answer += more
        }
        return String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }
}

extension WebhookRequest.Failure {
    fileprivate init(_ failure: ClientConnection.Failure) {
        reason =
            switch failure {
            case .unreachable(let why): why
            case .untrusted: "its certificate is not trusted, or it speaks no TLS"
            case .broken: "the connection broke"
            case .tls(let error): "\(error)"
            }
    }
}
