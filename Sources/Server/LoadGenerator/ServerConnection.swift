// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
internal import NetworkAddresses
internal import TLS

/// What keeps a load from being made, for the person who asked for it.
public struct LoadFailure: Error, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

/// Where the server is, found out once.
struct ServerPlace: Sendable {
    let url: LoadURL
    let ip: IPAddress
    let tls: TLSContext?
    let isVerified: Bool

    init(_ plan: LoadPlan) throws(LoadFailure) {
        url = plan.server
        guard let ip = IPAddress(url.host) ?? Self.resolve(url.host) else {
            throw LoadFailure("There is no host \(url.host).")
        }
        self.ip = ip
        isVerified = plan.authorityFile != nil
        do throws(TLSError) {
            tls = url.isSecure ? try TLSContext(clientTrusting: plan.authorityFile) : nil
        } catch { throw LoadFailure("\(error)") }
    }

    /// The first address of a name.
    private static func resolve(_ host: String) -> IPAddress? {
        var list: UnsafeMutablePointer<addrinfo>?
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0, let first = unsafe list else { return nil }
        defer { unsafe freeaddrinfo(list) }
        var text = [CChar](repeating: 0, count: 64)
        guard
            unsafe getnameinfo(
                first.pointee.ai_addr, first.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                NI_NUMERICHOST) == 0
        else { return nil }
        return IPAddress(
            String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}

/// A connection to the server on which each call waits, ten seconds at most. One thread's.
final class ServerConnection {
    private static let patience: Int32 = 10
    let descriptor: Int32
    private var session: TLSLine?

    /// Holds what cannot be copied.
    private final class TLSLine {
        var session: TLSSession
        init(_ session: consuming TLSSession) { self.session = session }
    }

    init(_ place: ServerPlace) throws(LoadFailure) {
        descriptor = unsafe cnet_connect("\(place.ip)", place.url.port, Self.patience)
        guard descriptor >= 0 else {
            throw LoadFailure(
                "\(place.url) takes no connections: \(unsafe String(cString: strerror(errno))).")
        }
        guard let tls = place.tls else { return }
        let line: TLSLine
        do throws(TLSError) {
            var session = try TLSSession(tls, descriptor: descriptor)
            if place.isVerified { try session.expect(place.url.host) }
            line = TLSLine(session)
        } catch { throw LoadFailure("\(error)") }
        guard line.session.handshake() == .done(0) else {
            throw LoadFailure("\(place.url) completes no TLS handshake. Is its certificate trusted?")
        }
        session = line
    }

    deinit {
        session = nil
        close(descriptor)
    }

    /// From now on a read takes what is there.
    func stopWaiting() { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }

    func write(_ bytes: [UInt8]) throws(LoadFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes -> Int in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
                guard let session else {
                    return unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                guard case .done(let count) = unsafe session.session.write(rest) else { return -1 }
                return count
            }
            guard count > 0 else { throw LoadFailure("the connection to the server broke") }
            sent += count
        }
    }

    /// What has come; empty at the end, `nil` when nothing came in time.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe buffer.withUnsafeMutableBytes { buffer -> Int in
            guard let session else { return unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            return switch unsafe session.session.read(into: buffer) {
            case .done(let count): count
            case .closed, .failed: 0
            case .wantsRead, .wantsWrite: -1
            }
        }
        if count < 0 { return errno == EINTR ? read() : nil }
        return Array(buffer[..<count])
    }
}
