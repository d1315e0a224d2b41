import Foundation
import Glibc
import ServerConfig
import TLS
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Doctor

@Suite("Looking at the machine")
struct GatherTests {
    @Test("leaves no trace")
    func noTrace() throws {
        let folder = try TemporaryFolder()
        let report = Examination.run(
            ConfigLayers(arguments: [
                .init(key: "data.folder", value: folder.path + "/deep/data", written: "--data"),
                .init(key: "http.listen", value: "127.0.0.1:0", written: "--listen"),
            ]))
        // No metrics without a token, and four that only a server that runs can answer.
        #expect(report.findings.count == Finding.Check.allCases.count - 5)
        #expect(report.findings.contains { $0.check == .folder && $0.level == .ok })
        #expect(try folder.contents() == [])
    }

    @Test("finds what is there in place of the data folder")
    func folders() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "file")
        #expect(
            MachineFacts.folder(at: folder.path)
                == .present(isWritable: true, owner: geteuid(), user: geteuid()))
        #expect(
            MachineFacts.folder(at: folder.path + "/a/b/")
                == .missing(parent: folder.path + "/", isWritable: true))
        #expect(MachineFacts.folder(at: folder.path + "/file") == .notFolder)
        #expect(MachineFacts.folder(at: folder.path + "/file/a") == .unreadable(ENOTDIR))
        // Even the system's administrator, to whom every folder seems writable, cannot make one there.
        #expect(MachineFacts.folder(at: "/proc/a") == .missing(parent: "/proc/", isWritable: false))
        #expect(MachineFacts.folder(at: "no-such-folder") == .missing(parent: ".", isWritable: true))
    }

    @Test("measures free space where the data folder will be")
    func freeSpace() throws {
        let folder = try TemporaryFolder()
        #expect(try #require(MachineFacts.freeBytes(at: folder.path)) > 0)
        #expect(try #require(MachineFacts.freeBytes(at: folder.path + "/a/b")) > 0)
    }

    @Test("reads no more of a file than its head")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write((0..<200).map { UInt8($0) }, to: "long")
        #expect(MachineFacts.file(at: folder.path + "/long") == .present(head: (0..<100).map { UInt8($0) }))
        #expect(MachineFacts.file(at: folder.path + "/none") == .missing)
        #expect(MachineFacts.file(at: folder.path) == .unreadable(EISDIR))
    }

    @Test("follows the settings to the certificate")
    func certificates() throws {
        let folder = try TemporaryFolder()
        let names = MachineFacts.healthy.names
        var config = ServerConfig()
        config.data.folder = folder.path
        func look() -> MachineFacts.CertificateFiles {
            MachineFacts.certificate(for: config, names: names, now: winter)
        }
        guard case .local(.created, nil) = look() else {
            Issue.record("\(look())")
            return
        }
        let made = try LocalAuthority.ensure(folder: folder.path, names: names, now: winter)
        guard case .local(.kept, .some) = look() else {
            Issue.record("\(look())")
            return
        }
        config.tls.mode = .files
        config.tls.certificate = made.certificateFile
        config.tls.key = made.keyFile
        guard case .files(let chain, true, made.keyFile, false) = look() else {
            Issue.record("\(look())")
            return
        }
        #expect(chain.count == 2)
        config.tls.key = folder.path + "/none"
        guard case .broken(let error) = look() else {
            Issue.record("\(look())")
            return
        }
        #expect(error.file == folder.path + "/none")
        config.tls.mode = .off
        guard case .unused = look() else {
            Issue.record("\(look())")
            return
        }
    }
}

@Suite("Looking at the port")
struct PortProbeTests {
    @Test("a port that nobody listens on is free")
    func free() {
        #expect(PortProbe.look(at: ListenAddress(host: "127.0.0.1", port: 0)) == .free)
        #expect(PortProbe.look(at: ListenAddress(host: "localhost", port: 0)) == .free)
    }

    @Test("a listener that hangs up is another program")
    func taken() throws {
        let listener = try SameAnswer("")
        #expect(PortProbe.look(at: listener.address) == .taken)
    }

    @Test("a listener that speaks of its authority is a Parley, any other is not")
    func parley() throws {
        let parley = try SameAnswer("HTTP/1.1 200 OK\r\n\r\n{\"version\":\"1\",\"localAuthority\":true}")
        #expect(PortProbe.look(at: parley.address) == .parley)
        let other = try SameAnswer("HTTP/1.1 200 OK\r\n\r\nok")
        #expect(PortProbe.look(at: other.address) == .taken)
    }

    @Test("an address of another machine and an unknown name are told apart")
    func elsewhere() {
        #expect(
            PortProbe.look(at: ListenAddress(host: "203.0.113.255", port: 0))
                == .refused(EADDRNOTAVAIL))
        #expect(
            PortProbe.look(at: ListenAddress(host: "no-such.invalid", port: 0)) == .unknownHost
        )
    }
}

/// A listener on loopback that answers with the same text whatever it is asked.
private final class SameAnswer {
    let address: ListenAddress
    private let listener: Int32
    private let thread: Thread

    init(_ answer: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &place) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe bind(listener, $0, length)
                _ = unsafe getsockname(listener, $0, &length)
            }
        }
        listen(listener, 1)
        self.listener = listener
        address = ListenAddress(host: "127.0.0.1", port: UInt16(bigEndian: place.sin_port))
        thread = Thread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                var request = [UInt8](repeating: 0, count: 1024)
                _ = unsafe recv(connection, &request, request.count, 0)
                let bytes = Array(answer.utf8)
                _ = unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
        }
        thread.start()
    }

    deinit {
        // Ends the thread.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
