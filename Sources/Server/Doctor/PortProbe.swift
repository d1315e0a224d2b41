// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
internal import NetworkAddresses
internal import ServerConfig
internal import TLS

/// Whether the server could listen on an address, and who does if it could not.
enum PortProbe {
    /// How long each step of asking may take: whoever answers is on this machine.
    private static let patience: Int32 = 5
    /// As many reads as an answer may take.
    private static let maxReads = 16

    static func look(at listen: ListenAddress) -> MachineFacts.Port {
        guard let address = listen.resolved() else { return .unknownHost }
        // Exclusive, unlike the server's own listeners: a running server is noticed, and nobody can connect to us.
        let descriptor = unsafe cnet_listen(address.description, listen.port, 0, 0)
        guard descriptor < 0 else {
            close(descriptor)
            return .free
        }
        guard errno == EADDRINUSE else { return .refused(errno) }
        return isParley(at: address, port: listen.port) ? .parley : .taken
    }

    /// Asks whoever listens what only a Parley knows: without TLS and with it, because the one that runs may
    /// have been started with other settings.
    private static func isParley(at address: IPAddress, port: UInt16) -> Bool {
        let host: String =
            switch address.description {
            case "0.0.0.0": "127.0.0.1"
            case "::": "::1"
            default: address.description
            }
        let request = "GET /api/v1/server HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        guard let ip = IPAddress(host), let context = try? TLSContext(clientTrusting: nil) else {
            return false
        }
        // Any certificate will do: nothing secret is sent, and the answer decides nothing but a line of text.
        return [nil, context].contains { tls in
            guard let connection = try? ClientConnection(to: ip, port: port, tls: tls, patience: patience)
            else {
                return false
            }
            return ask(request, connection).contains("\"localAuthority\"")
        }
    }

    /// Sends the request and returns the beginning of the answer; less when the other end takes too long.
    private static func ask(_ request: String, _ connection: ClientConnection) -> String {
        var answer = ""
        guard (try? connection.write(Array(request.utf8))) != nil else { return answer }
        for _ in 0..<maxReads {
            guard let more = connection.read(), !more.isEmpty else { break }
            answer += String(decoding: more, as: UTF8.self)
        }
        return answer
    }
}
