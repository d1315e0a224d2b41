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
        return [exchange, exchangeTLS].contains { ask in
            let descriptor = unsafe cnet_connect(host, port, patience)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            return ask(request, descriptor).contains("\"localAuthority\"")
        }
    }

    /// Sends the request and returns the beginning of the answer; less when the other end takes too long.
    private static func exchange(_ request: String, on descriptor: Int32) -> String {
        let bytes = Array(request.utf8)
        guard unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return ""
        }
        var answer = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<maxReads {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return answer
    }

    private static func exchangeTLS(_ request: String, on descriptor: Int32) -> String {
        // Any certificate will do: nothing secret is sent, and the answer decides nothing but a line of text.
        guard let context = try? TLSContext(clientTrusting: nil),
            var session = try? TLSSession(context, descriptor: descriptor)
        else { return "" }
        let bytes = Array(request.utf8)
        guard session.handshake() == .done(0),
            unsafe bytes.withUnsafeBytes({ unsafe session.write($0) }) == .done(bytes.count)
        else { return "" }
        var answer = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<maxReads {
            let result = unsafe buffer.withUnsafeMutableBytes { unsafe session.read(into: $0) }
            guard case .done(let count) = result, count > 0 else { break }
            answer += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return answer
    }
}
