// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TLS
import TURNRelay

/// A client that builds requests as it is told, right or wrong.
final class Client {
    let site: Site
    var address: ClientAddress
    var name: [UInt8]
    var password: String
    var realm = "parley"
    var nonce: [UInt8]?
    /// SHA-256 in place of MD5 and SHA-1.
    var usesSHA256 = false
    /// USERHASH in place of USERNAME.
    var hidesName = false
    private var lastID: UInt64 = 0

    init(
        _ site: Site, _ name: String = "alice", _ password: String = "secret",
        from: String = "192.0.2.1:1000",
        _ transport: ClientTransport = .udp, stream: UInt32 = 0
    ) {
        self.site = site
        self.name = Array(name.utf8)
        self.password = password
        address = ClientAddress(transport, remote: SocketAddress(from)!, stream: stream)
    }

    /// A client with time-limited credentials that end so many seconds from the start.
    static func limited(
        _ site: Site, _ name: String, expires: Int64 = 3_600, secret: [UInt8] = Site.secret,
        from: String = "192.0.2.1:1000"
    ) -> Client {
        let credential = TURNCredential(
            expiry: Site.wall + expires, name: name, secret: secret, OpenSSLDigests())
        return Client(site, credential.username, credential.password, from: from)
    }

    func newID() -> STUNTransactionID {
        lastID += 1
        return STUNTransactionID(high: UInt32(address.remote.port), low: lastID)
    }

    // MARK: Messages

    /// A request without credentials.
    func bare(_ method: STUNMethod, _ build: (inout STUNWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = STUNWriter(method, .request, id: newID())
        build(&writer)
        return writer.finish()
    }

    /// A request with credentials.
    func signed(
        _ method: STUNMethod, id: STUNTransactionID? = nil,
        _ build: (inout STUNWriter) -> Void = { _ in }, after: (inout STUNWriter) -> Void = { _ in }
    ) -> [UInt8] {
        var writer = STUNWriter(method, .request, id: id ?? newID())
        build(&writer)
        if hidesName {
            let hash = STUNCredentials.userhash(
                username: String(decoding: name, as: UTF8.self), realm: realm, OpenSSLDigests())
            writer.append(.userhash, hash)
        } else {
            writer.append(.username, name)
        }
        writer.append(.realm, realm)
        writer.append(.nonce, nonce ?? [])
        if usesSHA256 {
            writer.append([.sha256, .md5])
            writer.append(.sha256)
        }
        let key = STUNCredentials.key(
            usesSHA256 ? .sha256 : .md5, username: name, realm: realm, password: password, OpenSSLDigests())
        writer.append(usesSHA256 ? .sha256 : .sha1, key: key, OpenSSLDigests())
        after(&writer)
        return writer.finish()
    }

    /// Sends, and returns the answer to this client; `nil` for silence.
    @discardableResult
    func ask(_ bytes: [UInt8]) -> Reply? {
        site.sent.removeAll()
        site.receive(bytes, from: address)
        return site.sent.last { $0.to == address }.flatMap { Reply($0.bytes) }
    }

    /// Takes a nonce from a challenge.
    func takeNonce() {
        nonce = ask(bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) })?.nonce
    }

    // MARK: What clients usually do

    @discardableResult
    func allocate(
        id: STUNTransactionID? = nil, _ build: (inout STUNWriter) -> Void = { _ in }
    ) -> Reply? {
        if nonce == nil { takeNonce() }
        return ask(
            signed(.allocate, id: id) {
                $0.append(.requestedTransport, firstByte: 17)
                build(&$0)
            })
    }

    @discardableResult
    func refresh(_ lifetime: UInt32? = nil) -> Reply? {
        ask(
            signed(.refresh) {
                if let lifetime { $0.append(.lifetime, number: lifetime) }
            })
    }

    @discardableResult
    func permit(_ peers: String...) -> Reply? {
        ask(
            signed(.createPermission) {
                for peer in peers { $0.append(.xorPeerAddress, SocketAddress(peer)!) }
            })
    }

    @discardableResult
    func bind(_ number: UInt16, _ peer: String) -> Reply? {
        ask(
            signed(.channelBind) {
                $0.append(channel: number)
                $0.append(.xorPeerAddress, SocketAddress(peer)!)
            })
    }

    /// Data on a channel.
    func channelData(_ number: UInt16, _ payload: [UInt8], length: Int? = nil) -> ClientVerdict {
        let length = length ?? payload.count
        let header = [
            UInt8(number >> 8), UInt8(number & 255), UInt8(length >> 8 & 255), UInt8(length & 255),
        ]
        return site.receive(header + payload, from: address)
    }

    func sendIndication(
        to peer: String, _ payload: [UInt8] = [1, 2, 3], _ build: (inout STUNWriter) -> Void = { _ in }
    ) -> ClientVerdict {
        var writer = STUNWriter(.send, .indication, id: newID())
        writer.append(.xorPeerAddress, SocketAddress(peer)!)
        writer.append(.data, payload)
        build(&writer)
        return site.receive(writer.finish(), from: address)
    }

    /// The relay of the last allocation on the site.
    var relay: RelayID { site.opened.last { $0.client == address }!.relay }
}
