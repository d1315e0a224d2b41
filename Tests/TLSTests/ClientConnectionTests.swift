// SPDX-License-Identifier: Apache-2.0
import CNet
import Glibc
import NetworkAddresses
import TLS
import Testing

@Suite("Connections that we open")
struct ClientConnectionTests {
    private let here = IPAddress("127.0.0.1")!

    /// A listener, and its port.
    private func listen() throws -> (Int32, UInt16) {
        let listener = unsafe cnet_listen("127.0.0.1", 0, 1, 0)
        try #require(listener >= 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(listener, $0, &length)
            }
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    @Test("carry bytes both ways until one side ends")
    func carry() throws {
        let (listener, port) = try listen()
        defer { close(listener) }
        let connection = try ClientConnection(to: here, port: port)
        let other = accept(listener, nil, nil)
        try connection.write(Array("how do you do".utf8))
        var heard = [UInt8](repeating: 0, count: 64)
        let count = unsafe recv(other, &heard, heard.count, 0)
        #expect(String(decoding: heard.prefix(max(0, count)), as: UTF8.self) == "how do you do")
        _ = unsafe send(other, "fine", 4, 0)
        #expect(connection.read() == Array("fine".utf8))
        connection.stopWaiting()
        #expect(connection.read() == nil, "nothing is there yet")
        close(other)
        #expect(connection.read() == [])
    }

    @Test("say what the system says where nobody listens")
    func refused() throws {
        let (listener, port) = try listen()
        close(listener)
        #expect(throws: ClientConnection.Failure.unreachable("Connection refused")) {
            try ClientConnection(to: here, port: port)
        }
    }

    @Test("trust nobody who speaks no TLS")
    func untrusted() throws {
        let (listener, port) = try listen()
        // Takes the connection and never answers.
        defer { close(listener) }
        #expect(throws: ClientConnection.Failure.untrusted) {
            try ClientConnection(to: here, port: port, tls: try TLSContext(clientTrusting: nil), patience: 1)
        }
    }
}
