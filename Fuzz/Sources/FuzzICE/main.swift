// SPDX-License-Identifier: Apache-2.0

import EngineKit
import FuzzKit
import ICE
import NetworkAddresses
import STUN

/// The input is what a peer says to a server and to a caller, right checks and wrong ones, and how much time passes.
fuzz { bytes in
    var world = World(Script(bytes))
    world.run()
}

struct World {
    private var script: Script
    private var server: ICELite
    private var agent: ICEAgent<Checksum>
    private let serverCredentials: ICECredentials
    private let callerCredentials: ICECredentials
    private var random = SeededRandomSource(seed: 1)
    private var now = Instant.origin
    private var known: Set<MediaPath> = []
    private var sent: [(bytes: [UInt8], path: MediaPath)] = []

    init(_ script: Script) {
        self.script = script
        serverCredentials = ICECredentials(using: &random)
        callerCredentials = ICECredentials(using: &random)
        server = ICELite(own: serverCredentials, at: .origin)
        agent = ICEAgent(
            own: callerCredentials, isControlling: true, digests: Checksum(),
            random: SeededRandomSource(seed: 2))
        handle(.local(ICECandidate(host: Self.address(0)), socket: 0))
        handle(.remote(serverCredentials))
    }

    private static func address(_ number: UInt8) -> SocketAddress {
        SocketAddress(ip: IPAddress(v4: 0xC000_0200 + UInt32(number)), port: 1 + UInt16(number))
    }

    private mutating func path() -> MediaPath {
        let byte = script.byte()
        return MediaPath(local: 0, stream: byte & 0x80 == 0 ? 0 : 7, remote: Self.address(byte & 0x1F))
    }

    mutating func run() {
        while !script.isAtEnd {
            switch script.byte() & 0xF {
            case 0...2: visit(script.byte())
            case 3: receive(script.bytes(Int(script.byte())))
            case 4: spoil()
            case 5: pass(.milliseconds(Int64(script.byte())))
            case 6: pass(.seconds(Int64(script.byte())))
            case 7: restart()
            case 8: take(server.forget(path()))
            case 9: take(server.heard(on: path()))
            case 10: handle(.candidate(ICECandidate(host: Self.address(script.byte()))))
            case 11: answer(script.byte())
            case 12: handle(.received(script.bytes(Int(script.byte())), from: path()))
            case 13: handle(.removeLocal(socket: UInt16(script.byte() & 1)))
            case 14: handle(.closed(path()))
            default: handle(.opened(path()))
            }
            promise(known.count <= ICELite.maxPaths, "a peer has so many paths and no more")
            if let selected = server.selected {
                promise(known.contains(selected), "media go to a path of the peer")
            }
        }
    }

    // MARK: The server

    private func check(_ kind: UInt8, by credentials: ICECredentials) -> [UInt8] {
        var writer = STUNWriter(
            .binding, .request, id: STUNTransactionID(high: 1, low: UInt64(kind)))
        writer.append(.username, credentials.ufrag + ":peer")
        writer.append(.priority, number: UInt32(kind & 3) << 24)
        if kind & 4 != 0 { writer.append(.useCandidate) }
        if kind & 8 != 0 { writer.append(.nomination, number: UInt32(kind >> 4)) }
        if kind & 0x30 == 0x30 { writer.append(.iceControlled, longNumber: 1) }
        writer.append(.sha1, key: Array(credentials.password.utf8), Checksum())
        writer.appendFingerprint()
        return writer.finish()
    }

    private mutating func visit(_ kind: UInt8) { receive(check(kind, by: server.own)) }

    private mutating func spoil() {
        var bytes = check(script.byte(), by: server.own)
        bytes[Int(script.byte()) % bytes.count] ^= max(script.byte(), 1)
        receive(bytes)
    }

    private mutating func receive(_ bytes: [UInt8]) {
        let path = path()
        var answer: [UInt8] = []
        let reaction = unsafe bytes.withUnsafeBytes { bytes -> ICEReaction? in
            guard let message = try? unsafe STUNMessage(bytes) else { return nil }
            return server.receive(message, from: path, at: now, Checksum(), into: &answer)
        }
        guard let reaction else { return }
        promise(answer.count <= max(bytes.count, 0) + 40, "an answer is not much longer than its request")
        take(reaction)
    }

    private mutating func take(_ reaction: ICEReaction) {
        if let path = reaction.removed { promise(known.remove(path) != nil, "only known paths are removed") }
        if let path = reaction.added { promise(known.insert(path).inserted, "a path is added once") }
        if let path = reaction.selected { promise(server.selected == path, "what was told is selected") }
    }

    private mutating func restart() { _ = server.restart(ICECredentials(using: &random)) }

    // MARK: The caller

    private mutating func handle(_ input: ICEAgent<Checksum>.Input) {
        agent.handle(input, at: now)
        while let output = agent.poll() {
            if case .transmit(let bytes, let path) = output {
                if sent.count >= 32 { sent.removeFirst() }
                sent.append((bytes, path))
            }
        }
    }

    /// Answers one of the caller's checks, as its peer would.
    private mutating func answer(_ kind: UInt8) {
        guard !sent.isEmpty else { return }
        let (bytes, path) = sent[Int(kind) % sent.count]
        let id = unsafe bytes.withUnsafeBytes { unsafe STUNHeader($0)?.transactionID }
        guard let id else { return }
        var writer = STUNWriter(.binding, kind & 0x80 == 0 ? .success : .error, id: id)
        if kind & 0x80 == 0 {
            writer.append(.xorMappedAddress, path.remote)
        } else {
            writer.append(.roleConflict)
        }
        writer.append(.sha1, key: Array(serverCredentials.password.utf8), Checksum())
        writer.appendFingerprint()
        handle(.received(writer.finish(), from: path))
    }

    private mutating func pass(_ duration: Duration) {
        let end = now.advanced(by: duration)
        var steps = 0
        while let deadline = agent.deadline, deadline <= end {
            steps += 1
            promise(steps < 20_000, "the caller lets time pass")
            now = max(now, deadline)
            handle(.tick)
        }
        now = end
        while server.deadline <= now {
            let reaction = server.tick(at: now)
            take(reaction)
            if reaction.loss != nil {
                server = ICELite(own: serverCredentials, at: now)
                return
            }
            promise(reaction.removed != nil, "a deadline means something")
        }
    }
}
