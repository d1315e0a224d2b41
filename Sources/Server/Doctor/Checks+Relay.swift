// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import NetworkAddresses
internal import STUN
internal import ServerConfig
internal import SystemCalls
internal import TURNClient

extension Checks {
    /// What people who see and hear nothing depend on: STUN and TURN, hop by hop.
    var network: [Finding] {
        guard let relay = facts.relay else {
            return [.ok(.relay, "off, as configured; people behind strict networks need another one")]
        }
        var findings = [reach, publicAddress(relay), relayPorts(relay), buffers(relay)]
        if let trial = relay.trial {
            findings.append(stun(trial))
            for leg in RelayFacts.Leg.allCases { findings.append(turn(leg, trial)) }
        }
        return findings
    }

    private var isEverywhereLoopback: Bool {
        ([config.http.listen] + config.turn.listen).allSatisfy(\.isLoopback)
    }

    /// Whether anybody else can get to the relay at all.
    private var reach: Finding {
        let places = ([config.http.listen] + config.turn.listen).filter { !$0.isLoopback }.map(\.settingText)
        if !isEverywhereLoopback {
            let hint = facts.relay?.trial == nil ? "; start Parley and ask again to try it" : ""
            return .ok(.relay, "on at " + places.joined(separator: ", ") + hint)
        }
        guard !config.http.trustedProxies.isEmpty else {
            return .ok(.relay, "on for this machine only, as configured")
        }
        return .warning(
            .relay, "only this machine can reach it: \(config.http.listen.settingText) is behind a proxy",
            why: "A proxy passes pages on, not calls: behind strict networks, people join and see nobody.",
            fix: "Give the relay a port of its own with --set turn.listen=:3478 and open it for UDP and TCP.")
    }

    private func publicAddress(_ relay: RelayFacts) -> Finding {
        let told = config.turn.publicAddresses.map(\.outside)
        if !told.isEmpty {
            return .ok(.publicAddress, "others are told " + told.map(\.description).joined(separator: ", "))
        }
        guard let source = relay.source, !isEverywhereLoopback else {
            return .ok(.publicAddress, "only this machine's own networks count")
        }
        guard let purpose = source.purpose else {
            return .ok(.publicAddress, "\(source) is a public address")
        }
        let kind =
            switch purpose {
            case .carrier: "behind the address translation of a provider"
            case .private, .uniqueLocal: "private"
            default: "not reachable from outside"
            }
        return .warning(
            .publicAddress, "\(source) is \(kind), and turn.public-ip is not set",
            why:
                "People outside this network are told an address that they cannot reach; inside, all is well.",
            fix: """
                If people join from outside, set --public-ip to the address that your router or provider shows, and \
                let the router forward the ports here. If nobody does, set --public-ip \(source).
                """)
    }

    private func relayPorts(_ relay: RelayFacts) -> Finding {
        guard case .range(let range) = config.turn.relayPorts else {
            return .ok(.relayPorts, "none: relayed addresses reach each other only")
        }
        let text = config.turn.relayPorts.settingText
        if let listen = ([config.http.listen] + config.turn.listen).first(where: { range.contains($0.port) })
        {
            return .warning(
                .relayPorts, "\(text) includes the server's own port \(listen.port)",
                why: "Firewall rules for one will hold for the other.",
                fix: "Choose a range without it with --set turn.relay-ports=FIRST-LAST.")
        }
        if range.count < 200 {
            return .warning(
                .relayPorts, "\(text): \(range.count) ports",
                why:
                    "Each relayed connection takes one: with \(range.count / 4 + 1) people they may be used up.",
                fix: "Choose a larger range with --set turn.relay-ports=49152-65535 and open it for UDP.")
        }
        guard let ports = relay.ports, ports.taken * 5 > ports.tried else {
            return .ok(.relayPorts, "\(text): \(range.count) ports")
        }
        return .warning(
            .relayPorts, "\(ports.taken) of \(ports.tried) ports tried in \(text) are in use",
            why: "Fewer connections than configured can be relayed.",
            fix: "Find who has them with: ss -lunp; or choose others with --set turn.relay-ports=FIRST-LAST.")
    }

    /// Below this, a burst of video is lost before it can be read: half a mebibyte is 400 packets.
    private static let enoughBuffer = 512 << 10

    private func buffers(_ relay: RelayFacts) -> Finding {
        let kibibytes = relay.receiveBuffer >> 10
        guard relay.receiveBuffer < Self.enoughBuffer else {
            return .ok(.buffers, "\(kibibytes) KiB for packets that wait")
        }
        return .warning(
            .buffers, "the system grants \(kibibytes) KiB for packets that wait",
            why: "With many people, video is lost in bursts before it can be relayed.",
            fix: """
                Allow more: echo net.core.rmem_max=4194304 | sudo tee /etc/sysctl.d/50-parley.conf && \
                sudo sysctl --system
                """)
    }
}

// MARK: A server that runs

extension Checks {
    private func stun(_ trial: RelayFacts.Trial) -> Finding {
        let silent = trial.discoveries.filter { $0.value != nil }.keys.map(\.description).sorted()
        let answering = trial.discoveries.filter { $0.value == nil }.keys.map(\.description).sorted()
        guard !silent.isEmpty else {
            return .ok(.stun, "answers over UDP at " + answering.joined(separator: ", "))
        }
        return Finding(
            check: .stun, level: answering.isEmpty ? .failure : .warning,
            what: "no answer over UDP at " + silent.joined(separator: ", "),
            why: "Browsers do not learn how they can be reached, so calls take the slow way or none.",
            fix: """
                Open UDP port \(trial.target.port) to this machine: sudo nft list ruleset shows what is closed. \
                If Parley was started with other settings, give the doctor the same.
                """)
    }

    private static func check(_ leg: RelayFacts.Leg) -> Finding.Check {
        switch leg {
        case .udp: .turnUDP
        case .tcp: .turnTCP
        case .tls: .turnTLS
        }
    }

    private func turn(_ leg: RelayFacts.Leg, _ trial: RelayFacts.Trial) -> Finding {
        let check = Self.check(leg)
        guard trial.hasCredential else {
            return .warning(
                check, "not tried: no credential could be made",
                why: "Whether the relay works is not known.",
                fix: "Run the doctor as the user that runs Parley, with the same settings.")
        }
        guard let hop = trial.legs[leg] else {
            return .ok(check, leg == .tls ? "TLS is off" : "not tried")
        }
        let place = "\(leg.name) \(trial.target)"
        if hop == .complete { return .ok(check, "relays over \(place), there and back") }
        let (what, fix) = description(of: hop, leg, trial.target)
        return .failure(check, "\(place): \(what)", why: consequence(of: leg), fix: fix)
    }

    private func consequence(of leg: RelayFacts.Leg) -> String {
        switch leg {
        case .udp: "People whose networks block direct calls fall back to TCP, which stutters, or see nobody."
        case .tcp: "People whose networks block UDP see nobody unless TLS gets through."
        case .tls: "People whose networks let nothing but web pages through see nobody."
        }
    }

    /// What went wrong at a hop, and what to do about it.
    private func description(
        of hop: RelayFacts.Hop, _ leg: RelayFacts.Leg, _ target: SocketAddress
    ) -> (what: String, fix: String) {
        switch hop {
        case .connect(let code):
            return (
                "connecting failed: \(SystemCallError.text(of: code))",
                "Open TCP port \(target.port) to this machine; see what is closed with: sudo nft list ruleset"
            )
        case .handshake:
            return (
                "the TLS handshake failed",
                "See the check of the certificate above, and whether something else answers: ss -ltnp"
            )
        case .discover(let failure):
            return (
                "no answer to STUN (\(text(of: failure)))",
                leg == .udp
                    ? "Open UDP port \(target.port) to this machine; see what is closed with: sudo nft list ruleset"
                    : "See whether a proxy or another program answers on this port: ss -ltnp 'sport = :\(target.port)'"
            )
        case .allocate(.refused(.unauthenticated)), .allocate(.refused(.wrongCredentials)):
            return (
                "the server refuses a credential that was made for it",
                "Restart Parley if turn.secrets-file or turn.realm has changed, and give the doctor the same settings."
            )
        case .allocate(.refused(.allocationQuotaReached)):
            return (
                "the quota for allocations is used up",
                "Wait until calls end, or raise turn.allocations and turn.address-allocations."
            )
        case .allocate(.refused(.insufficientCapacity)):
            return (
                "no relayed address can be had",
                "Choose a larger range with turn.relay-ports; see who has the ports with: ss -lunp"
            )
        case .allocate(let failure):
            return (
                "no relayed address is given (\(text(of: failure)))",
                "Look into Parley's log for the reason: journalctl -u parley"
            )
        case .permit(let failure):
            return (
                "two people of one meeting may not reach each other (\(text(of: failure)))",
                "Take this server's own addresses out of turn.deny-peers."
            )
        case .relay:
            return (
                "what goes in does not come out",
                "Open the ports \(config.turn.relayPorts.settingText) for UDP; see: sudo nft list ruleset"
            )
        case .complete: return ("", "")
        }
    }

    private func text(of failure: TURNFailure) -> String {
        switch failure {
        case .refused(let code):
            code.reason.isEmpty ? "error \(code.rawValue)" : "\(code.rawValue) \(code.reason)"
        case .redirected(let server): "it names \(server) instead"
        case .timedOut: "nothing came within 2 seconds"
        case .incomplete: "the answer is incomplete"
        case .garbage: "something else than TURN came"
        case .noChannelLeft: "no channel is left"
        }
    }
}
