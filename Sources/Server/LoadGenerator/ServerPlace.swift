// SPDX-License-Identifier: Apache-2.0
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

extension ServerPlace {
    func connect() throws(LoadFailure) -> ClientConnection {
        do throws(ClientConnection.Failure) {
            return try ClientConnection(to: ip, port: url.port, tls: tls, as: isVerified ? url.host : nil)
        } catch {
            throw switch error {
            case .unreachable(let why): LoadFailure("\(url) takes no connections: \(why).")
            case .untrusted: LoadFailure("\(url) completes no TLS handshake. Is its certificate trusted?")
            case .broken: .broken
            case .tls(let error): LoadFailure("\(error)")
            }
        }
    }
}

extension LoadFailure {
    static let broken = LoadFailure("the connection to the server broke")
}

extension ClientConnection {
    func send(_ bytes: [UInt8]) throws(LoadFailure) {
        do throws(Failure) { try write(bytes) } catch { throw .broken }
    }
}
