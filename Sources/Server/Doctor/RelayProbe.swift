// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import NetworkAddresses
internal import STUN
internal import TLS
internal import TURNClient

/// Asks a relay as a browser would.
enum RelayProbe {
    typealias Dialog = TURNConversation<OpenSSLDigests>

    /// Whether an address answers STUN over UDP; `nil` when it does.
    static func discover(at address: SocketAddress) -> TURNFailure? {
        guard case .success(var end) = ProbeEnd.open(.udp, at: address) else { return .timedOut }
        return end.ask(.discover)
    }

    /// Sends a packet from one relayed address to another and back. Both are the relay's, so that this does not depend
    /// on what is in front of it.
    static func roundTrip(
        _ leg: RelayFacts.Leg, at address: SocketAddress, _ credential: (username: String, password: String)
    ) -> RelayFacts.Hop {
        var ends: [ProbeEnd] = []
        for _ in 0..<2 {
            switch ProbeEnd.open(leg, at: address, credential) {
            case .success(let end): ends.append(end)
            case .failure(let failure): return failure.hop
            }
        }
        var (near, far) = (ends[0], ends[1])
        defer {
            _ = near.ask(.release)
            _ = far.ask(.release)
        }
        if let failure = near.ask(.discover) { return .discover(failure) }
        for turn in [0, 1] {
            if let failure = turn == 0 ? near.ask(.allocate()) : far.ask(.allocate()) {
                return .allocate(failure)
            }
        }
        guard let here = near.client.allocation?.relayed, let there = far.client.allocation?.relayed else {
            return .allocate(.incomplete)
        }
        if let failure = near.ask(.permit([there.ip])) { return .permit(failure) }
        if let failure = far.ask(.permit([here.ip])) { return .permit(failure) }
        // One may be lost: this is UDP, after all.
        for number in 0..<3 as Range<UInt8> {
            let packet = Array("parley doctor ".utf8) + [number]
            near.tell(.send(packet, to: there))
            guard far.await(packet) else { continue }
            far.tell(.send(packet, to: here))
            if near.await(packet) { return .complete }
        }
        return .relay
    }
}

/// One client of the relay, on a socket that waits.
struct ProbeEnd {
    struct Unreachable: Error { var hop: RelayFacts.Hop }

    /// How long one hop may take: the server is this machine.
    private static let patience = Duration.seconds(2)
    /// How long one read waits, in milliseconds.
    private static let pause: Int32 = 50

    var client: RelayProbe.Dialog
    private let wire: ProbeWire
    private var outputs: [RelayProbe.Dialog.Output] = []

    static func open(
        _ leg: RelayFacts.Leg, at address: SocketAddress,
        _ credential: (username: String, password: String)? = nil
    ) -> Result<ProbeEnd, Unreachable> {
        let host = address.ip.description
        let descriptor =
            leg == .udp
            ? unsafe cnet_connect_datagrams(host, address.port)
            : unsafe cnet_connect(host, address.port, Int32(patience.components.seconds))
        guard descriptor >= 0 else { return .failure(Unreachable(hop: .connect(errno))) }
        let wire = ProbeWire(descriptor)
        if leg == .tls, !wire.secure() { return .failure(Unreachable(hop: .handshake)) }
        cnet_limit_wait(descriptor, pause)
        var settings = TURNClientSettings()
        settings.isStream = leg != .udp
        settings.firstTimeout = .milliseconds(250)
        if let credential { (settings.username, settings.password) = credential }
        let client = RelayProbe.Dialog(settings, digests: OpenSSLDigests(), random: SystemRandomSource())
        return .success(ProbeEnd(client: client, wire: wire))
    }

    private init(client: RelayProbe.Dialog, wire: ProbeWire) {
        self.client = client
        self.wire = wire
    }

    /// Hands an input in and sends what comes out.
    mutating func tell(_ input: RelayProbe.Dialog.Input) {
        client.handle(input, at: .monotonic())
        while let output = client.poll() {
            if case .transmit(let bytes) = output { wire.send(bytes) } else { outputs.append(output) }
        }
    }

    /// Asks, and waits for the answer.
    /// - Returns: Why there is none, or `nil`.
    mutating func ask(_ input: RelayProbe.Dialog.Input) -> TURNFailure? {
        outputs = []
        tell(input)
        let answer = wait { output in
            if case .received = output { false } else { true }
        }
        switch answer {
        case .failed(_, let failure)?, .lost(let failure)?: return failure
        case nil: return .timedOut
        default: return nil
        }
    }

    /// Whether relayed bytes come.
    mutating func await(_ packet: [UInt8]) -> Bool {
        let answer = wait { output in
            if case .received(let bytes, _) = output { bytes == packet } else { false }
        }
        return answer != nil
    }

    /// Waits for an output.
    private mutating func wait(
        for isWanted: (RelayProbe.Dialog.Output) -> Bool
    ) -> RelayProbe.Dialog.Output? {
        let end = Instant.monotonic().advanced(by: Self.patience)
        while true {
            if let found = outputs.first(where: isWanted) { return found }
            guard Instant.monotonic() < end, !wire.isBroken else { return nil }
            if let bytes = wire.receive() { tell(.received(bytes)) }
            if let deadline = client.deadline, deadline <= .monotonic() { tell(.tick) }
        }
    }
}

/// A socket, with TLS on it or not; closed with the last that holds it.
final class ProbeWire {
    private let descriptor: Int32
    private var session: TLSSession?
    private(set) var isBroken = false
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Any certificate will do: what it says is another check's, and nothing secret is sent.
    func secure() -> Bool {
        guard let context = try? TLSContext(clientTrusting: nil),
            var session = try? TLSSession(context, descriptor: descriptor),
            session.handshake() == .done(0)
        else { return false }
        self.session = consume session
        return true
    }

    func send(_ bytes: [UInt8]) {
        if var session = session.take() {
            let result = unsafe bytes.withUnsafeBytes { unsafe session.write($0) }
            isBroken = isBroken || result != .done(bytes.count)
            self.session = consume session
        } else {
            // A datagram that nobody takes is repeated by who sent it.
            _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// What has come, or `nil` after a short wait.
    func receive() -> [UInt8]? {
        if var session = session.take() {
            let result = unsafe buffer.withUnsafeMutableBytes { unsafe session.read(into: $0) }
            self.session = consume session
            switch result {
            case .done(let count): return Array(buffer[..<count])
            case .wantsRead, .wantsWrite: return nil
            case .closed, .failed:
                isBroken = true
                return nil
            }
        }
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { return Array(buffer[..<count]) }
        // The end of a stream; or a refusal from where nobody listens, which a datagram socket reports once.
        if count == 0 || errno == ECONNREFUSED || errno == ECONNRESET { isBroken = true }
        return nil
    }
}
