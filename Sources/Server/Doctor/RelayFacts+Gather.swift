// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import NetworkAddresses
internal import ServerConfig
internal import TLS
internal import TURNClient

extension RelayFacts {
    /// As many addresses as are asked: each that does not answer takes its time.
    private static let maxAddresses = 6
    private static let sample = 128

    /// Looks at this machine, and asks the server if one runs. `nil` when the relay is off.
    init?(
        gatheredFor config: ServerConfig, port: MachineFacts.Port,
        _ credential: (ServerConfig) -> (username: String, password: String)?
    ) {
        guard config.turn.isEnabled else { return nil }
        // An address for examples: nothing is sent there, it only stands for "outside". RFC 5737.
        source = IPAddress.source(toward: IPAddress(v4: 0xC000_0201))
        receiveBuffer = Self.grantedBuffer()
        if port == .parley {
            trial = Self.trial(of: config, source: source, credential(config))
        } else {
            // A relay that runs has some of them itself.
            ports = Self.sampledPorts(config.turn.relayPorts, at: source ?? IPAddress(v4: 0))
        }
    }

    /// What is granted when as much is asked for as the server asks for.
    private static func grantedBuffer() -> Int {
        let wanted = 4 << 20
        guard let socket = try? UDPSocket(bind: SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0)) else {
            return wanted
        }
        socket.setBuffers(receive: wanted, send: 0)
        return socket.receiveBuffer
    }

    private static func sampledPorts(_ ports: RelayPorts, at ip: IPAddress) -> Ports? {
        guard case .range(let range) = ports else { return nil }
        let step = max(range.count / sample, 1)
        var found = Ports(tried: 0, taken: 0)
        for port in stride(from: Int(range.lowerBound), through: Int(range.upperBound), by: step) {
            found.tried += 1
            let address = SocketAddress(ip: ip, port: UInt16(truncatingIfNeeded: port))
            if (try? UDPSocket(bind: address)) == nil { found.taken += 1 }
        }
        return found
    }

    private static func trial(
        of config: ServerConfig, source: IPAddress?, _ credential: (username: String, password: String)?
    ) -> Trial? {
        let addresses = listeners(of: config)
        guard
            let target = addresses.first(where: { $0.ip == source })
                ?? addresses.first(where: { !$0.ip.isLoopback }) ?? addresses.first
        else { return nil }
        var trial = Trial(target: target)
        for address in addresses.prefix(maxAddresses) {
            trial.discoveries[address] = RelayProbe.discover(at: address)
        }
        guard let credential else {
            trial.hasCredential = false
            return trial
        }
        for leg in Leg.allCases where leg != .tls || config.tls.mode != .off {
            trial.legs[leg] = RelayProbe.roundTrip(leg, at: target, credential)
        }
        return trial
    }

    /// Where the relay can be asked: its own addresses first, then the web server's.
    static func listeners(of config: ServerConfig) -> [SocketAddress] {
        var found: [SocketAddress] = []
        for listen in config.turn.listen + [config.http.listen] where listen.port != 0 {
            guard let ip = listen.resolved() else { continue }
            let all = (try? InterfaceAddress.all().map(\.ip)) ?? []
            let isAny = ip.purpose == .unspecified
            for own in isAny ? all.filter({ !ip.isIPv4 || $0.isIPv4 }) : [ip] {
                let address = SocketAddress(ip: own, port: listen.port)
                if !found.contains(address) { found.append(address) }
            }
        }
        // Loopback only where there is nothing else: it proves nothing about the network.
        let outer = found.filter { !$0.ip.isLoopback }
        return outer.isEmpty ? found : outer
    }
}
