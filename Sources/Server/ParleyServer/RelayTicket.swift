// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import JSON
internal import NetworkAddresses
internal import RelayServer
internal import ServerConfig
internal import Storage
internal import TLS

/// A TURN credential for somebody who asks at the shell, with the addresses it is good for.
public struct RelayTicket: Sendable {
    public let username: String
    public let password: String
    /// Seconds since 1970.
    public let expires: Int64
    public let urls: [String]

    /// What browsers take as one of their `iceServers`.
    public var json: String {
        let server: JSONValue = [
            "urls": .array(urls.map { .string($0) }), "username": .string(username),
            "credential": .string(password),
        ]
        return server.formatted
    }
}

extension DataFolder {
    /// Makes a credential with the first secret of `turn.secrets-file`, or else with the one of the server on this
    /// folder, which may be running.
    /// - Parameters:
    ///   - name: Whose it is; those with the same part before a slash reach each other through the relay.
    ///   - lifetime: `nil` for `turn.credential-lifetime`.
    public func relayTicket(for name: String, lifetime: Duration?) throws(StartError) -> RelayTicket {
        let turn = config.turn
        guard turn.isEnabled else {
            throw StartError("turn.enabled: the relay is off, so no credential is good for anything")
        }
        var own: [UInt8]?
        if turn.secretsFile == nil { own = RelayAccess.ownSecret(of: try serverSecret()) }
        var files = RelayAccessFiles(secretsFile: turn.secretsFile, usersFile: nil, ownSecret: own)
        let access: RelayAccess
        do throws(RelayAccessError) {
            access = try files.read()
        } catch {
            throw StartError(error.description, fix: "Correct the file, or remove the setting.")
        }
        guard
            let made = access.credential(
                for: name, lifetime: lifetime ?? turn.credentialLifetime, at: .system())
        else { throw StartError("turn.secrets-file: there is no secret in it") }
        return RelayTicket(
            username: made.username, password: made.password, expires: made.expires.milliseconds / 1000,
            urls: relayURLs)
    }

    /// The addresses of the relay, as far as the settings say: at `turn.listen`, or where the pages are.
    private var relayURLs: [String] {
        let listen = config.turn.listen.first ?? config.http.listen
        let isEverywhere = ["0.0.0.0", "::"].contains(listen.host)
        let names = CertificateNames.current()
        let host =
            config.turn.host?.name ?? config.turn.publicAddresses.first?.outside.description
            ?? (isEverywhere ? names.addresses.first : nil) ?? (isEverywhere ? "127.0.0.1" : listen.host)
        let port = listen.port
        let written = host.contains(":") ? "[\(host)]" : host
        let hasTLS = config.tls.mode != .off
        return ["stun:\(written):\(port)"]
            + RelayDesk.urls(host: written, RelayListeners(udp: port, tcp: port, tls: hasTLS ? port : nil))
    }
}
