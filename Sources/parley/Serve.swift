// SPDX-License-Identifier: Apache-2.0
import Dialects
import Glibc
import ParleyServer
import QRCode
import ServerConfig
import TLS
import Telemetry

/// Runs the server until it is told to stop; returns the program's exit status.
func serve(_ config: ServerConfig) -> Int32 {
    let endings = Endings()
    let log = Log(config)
    let server: ParleyServer
    do throws(StartError) {
        server = try ParleyServer(config, log: log)
    } catch {
        log.error("not started", [("why", .text(error.description))])
        return ExitStatus.unavailable
    }
    printOutput(Welcome(server).text)
    log.info("listening", [("port", .number(Int64(server.port))), ("tls", .text(config.tls.mode.rawValue))])
    if let places = server.relayPlaces { log.info("relaying", fields(places)) }

    log.info("stopping", [("signal", .number(Int64(endings.wait())))])
    server.stop()
    log.info("stopped")
    return ExitStatus.success
}

/// What a newcomer needs to know once the server runs.
private struct Welcome {
    private let server: ParleyServer
    private let config: ServerConfig
    private let names = CertificateNames.current()

    init(_ server: ParleyServer) {
        self.server = server
        config = server.config
    }

    var text: String {
        var lines = ["", "Parley \(ParleyServer.version) is running.", ""]
        if let note = publicNote { lines += ["  \(note)", ""] }
        lines += rows("On this machine", [url("localhost")])
        if !network.isEmpty { lines += rows("On your network", network) }
        lines.append("")
        if let first = network.first ?? (config.http.listen.isLoopback ? nil : url("localhost")),
            let code = QRSymbol(first)
        {
            let picture = isatty(1) == 1 ? code.terminal : code.plainText
            lines += picture.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
            lines += ["  Scan to open \(first)", ""]
        }
        if !server.dialects.isEmpty { lines += dialects + [""] }
        lines += rows("Host link, works once", ["\(url("localhost"))/host/\(server.hostToken)"])
        if let places = server.relayPlaces { lines += relay(places) }
        lines += rows("Data", [absolute(config.data.folder)])
        if let certificate = server.certificate {
            lines += rows("Certificates", [absolute(config.data.folder) + "/certificates"])
            lines += [
                "", "  Browsers will warn about the certificate until a device trusts this server:",
                "  open /trust there and compare the fingerprint", "  \(certificate.authorityFingerprint)",
            ]
        }
        lines += ["", "  Stop with Ctrl-C.", ""]
        return lines.joined(separator: "\n")
    }

    /// Where people reach the server, when that is for the operator's certificate or proxy to say.
    private var publicNote: String? {
        if !config.http.trustedProxies.isEmpty {
            return "People reach it through your proxy: put that address in place of the one below."
        }
        if config.tls.mode == .files {
            return "People reach it by the names in your certificate: put one in place of the one below."
        }
        return nil
    }

    /// Where calls go through that cannot go directly.
    private func relay(_ places: RelayPlaces) -> [String] {
        guard let first = places.addresses.first else {
            return rows("STUN and TURN", ["nobody reaches them: set turn.listen = :3478 beside your proxy"])
        }
        return rows("STUN and TURN", ["\(first), \(places.transports)"] + places.addresses.dropFirst())
            + rows("Others are told", [places.told.joined(separator: ", ")])
    }

    /// Which address speaks what.
    private var dialects: [String] {
        let scheme = config.tls.mode == .off ? "http" : "http(s)"
        let longest = server.dialects.map(\.key.rawValue.count).max() ?? 0
        return ["  Dialects"]
            + server.dialects.map { dialect in
                let ports = dialect.ports.map { ":\($0)" }.joined(separator: " ")
                let name = dialect.key.rawValue
                return "    \(name)\(String(repeating: " ", count: longest - name.count + 2))"
                    + (ports.isEmpty ? "" : "\(scheme)://localhost\(ports), ") + url("localhost")
                    + dialect.path
            }
    }

    private func rows(_ title: String, _ values: [String]) -> [String] {
        values.enumerated().map { index, value in
            let label = index == 0 ? title : ""
            return "  \(label)\(String(repeating: " ", count: max(1, 24 - label.count)))\(value)"
        }
    }

    private func url(_ host: String) -> String {
        let scheme = config.tls.mode == .off ? "http" : "https"
        let usual: UInt16 = config.tls.mode == .off ? 80 : 443
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)\(server.port == usual ? "" : ":\(server.port)")"
    }

    /// Where other devices find this machine: all addresses when it listens on all, else the one.
    private var network: [String] {
        let listen = config.http.listen
        if listen.isLoopback { return [] }
        guard listen.host == "0.0.0.0" || listen.host == "::" else { return [url(listen.host)] }
        let hosts = names.addresses.filter { listen.host == "::" || !$0.contains(":") }
        return hosts.map(url)
    }

    private func absolute(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
