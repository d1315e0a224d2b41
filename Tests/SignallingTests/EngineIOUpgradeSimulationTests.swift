// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

/// A client that behaves as the official one (one GET and one POST at a time; probe, pause, upgrade), a
/// session, and a network between them in which every request, every answer and every direction of a
/// WebSocket travels as long as it likes.
private struct UpgradeWorld {
    enum Phase { case polling, probing, pausing, upgraded }
    enum News: Hashable {
        case packets([UInt8])
        case posted
        case frame(EngineIOMessage)
        case socketClosed
    }
    enum Channel: Hashable {
        case request(UInt64)
        case answer(UInt64)
        case up(UInt64)
        case down(UInt64)
    }

    var random: SeededRandomSource
    var session: Session
    var now = Instant.origin
    /// What is under way, oldest first in each channel.
    var toServer: [(Channel, Session.Input)] = []
    var toClient: [(Channel, News)] = []
    var broken: Set<UInt64> = []

    // The client.
    var phase = Phase.polling
    /// The handshake has come.
    var isOpen = false
    var isPolling = false
    var isPosting = false
    var socket: UInt64 = 0
    var nextNumber: UInt64 = 1
    var unsent: [EngineIOPacket] = []
    var received: [EngineIOMessage] = []
    // The layer above the session.
    var delivered: [EngineIOMessage] = []
    var isOver = false

    init(seed: UInt64) {
        random = SeededRandomSource(seed: seed)
        session = .fresh {
            $0.pingTimeout = .seconds(60)
            $0.upgradeTimeout = .seconds(60)
        }
    }

    mutating func draw(_ bound: Int) -> Int {
        let bytes = random.nextBytes(2)
        return (Int(bytes[0]) << 8 | Int(bytes[1])) % bound
    }

    // MARK: The network

    /// Something arrives: the oldest of a channel drawn at random.
    mutating func deliver() throws {
        let channels = Set(toServer.map(\.0) + toClient.map(\.0)).sorted { "\($0)" < "\($1)" }
        guard !channels.isEmpty else { return }
        let channel = channels[draw(channels.count)]
        if let index = toServer.firstIndex(where: { $0.0 == channel }) {
            run(toServer.remove(at: index).1)
        } else if let index = toClient.firstIndex(where: { $0.0 == channel }) {
            try take(toClient.remove(at: index).1, from: channel)
        }
    }

    mutating func run(_ input: Session.Input) {
        for output in session.outputs(for: input, at: now) {
            switch output {
            case .answerPoll(let request, let answer):
                toClient.append((.answer(request.rawValue), .packets(answer.body)))
            case .acceptPost(let request): toClient.append((.answer(request.rawValue), .posted))
            case .sendFrame(let socket, let frame, _):
                toClient.append((.down(socket.rawValue), .frame(frame.message)))
            case .closeWebSocket(let socket, _):
                toClient.append((.down(socket.rawValue), .socketClosed))
            case .received(let message): delivered.append(message)
            case .ponged: break
            case .refuse, .closed:
                Issue.record("unexpected \(output), \(phase)")
                isOver = true
            }
        }
    }

    /// The WebSocket that was to take over dies; both sides learn of it in their time.
    mutating func breakProbe() {
        guard phase == .probing, broken.insert(socket).inserted else { return }
        let socket = socket
        toServer.removeAll { $0.0 == .up(socket) }
        toClient.removeAll { $0.0 == .down(socket) }
        toServer.append((.up(socket), .lost(socket)))
        toClient.append((.down(socket), .socketClosed))
    }

    // MARK: The client

    mutating func take(_ news: News, from channel: Channel) throws {
        switch news {
        case .packets(let body):
            isPolling = false
            for packet in try EngineIOPayload.decode(body) { take(packet) }
        case .posted: isPosting = false
        case .frame(.binary(let bytes)): take(.message(.binary(bytes)))
        case .frame(.text(let text)):
            let packet = try EngineIOPacket(decoding: text)
            if phase == .probing, packet == .pong(Array("probe".utf8)) {
                phase = .pausing
            } else {
                #expect(phase == .upgraded)
                take(packet)
            }
        case .socketClosed: if channel == .down(socket), phase == .probing { phase = .polling }
        }
    }

    private mutating func take(_ packet: EngineIOPacket) {
        switch packet {
        case .message(let message): received.append(message)
        case .ping: unsent.append(.pong([]))
        case .open: isOpen = true
        default: break
        }
    }

    /// What the client does next by itself, if anything.
    mutating func act() {
        if phase == .pausing, !isPolling, !isPosting {
            phase = .upgraded
            toServer.append((.up(socket), .frame(socket, "5")))
        }
        if phase == .upgraded {
            for packet in unsent {
                toServer.append((.up(socket), .frame(socket, EngineIOFrame(packet).message)))
            }
            unsent = []
        }
        guard phase == .polling || phase == .probing else { return }
        if !isPolling {
            isPolling = true
            nextNumber += 1
            toServer.append((.request(nextNumber), .poll(nextNumber)))
        }
        if isOpen, !isPosting, !unsent.isEmpty {
            isPosting = true
            nextNumber += 1
            let body = EngineIOPayload.encode(unsent)
            unsent = []
            toServer.append((.request(nextNumber), .began(nextNumber)))
            toServer.append(
                (.request(nextNumber), .post(.init(rawValue: nextNumber), body: body)))
        }
    }

    mutating func probe() {
        guard phase == .polling, isOpen else { return }
        phase = .probing
        nextNumber += 1
        socket = nextNumber
        toServer.append((.up(socket), .open(socket)))
        toServer.append((.up(socket), .frame(socket, "2probe")))
    }
}

@Suite("Engine.IO sessions: upgrades on a network that delays and reorders")
struct EngineIOUpgradeSimulationTests {
    @Test(
        "each message arrives once and in order, whenever the upgrade happens and however often it fails",
        arguments: 0..<200 as Range<UInt64>)
    func exactlyOnce(_ seed: UInt64) throws {
        var world = UpgradeWorld(seed: seed)
        var sent: [EngineIOMessage] = []
        var posted: [EngineIOMessage] = []

        for step in 0..<400 where !world.isOver {
            world.now = world.now.advanced(by: .milliseconds(world.draw(5)))
            let message: EngineIOMessage =
                step % 3 == 0 ? .binary([UInt8(step & 0xFF)]) : .text(Array("\(step)".utf8))
            switch world.draw(10) {
            case 0, 1:
                sent.append(message)
                world.run(world.draw(2) == 0 ? .sendOne(message) : .send([message]))
            case 2:
                posted.append(message)
                world.unsent.append(.message(message))
            case 3: if world.draw(8) == 0 { world.probe() }
            case 4: if world.draw(4) == 0 { world.breakProbe() }
            case 5: world.run(.tick)
            default: try world.deliver()
            }
            world.act()
        }
        // Let everything arrive.
        for _ in 0..<400 {
            try world.deliver()
            world.act()
        }
        #expect(world.received == sent)
        #expect(world.delivered == posted)
        #expect(world.session.isOpen)
        // A client that pauses is never left waiting for its last poll.
        #expect(world.phase != .pausing)
    }

    @Test("most of these runs do upgrade, and some fail to before they do")
    func coverage() throws {
        var upgraded = 0
        var failed = 0
        for seed in 0..<100 as Range<UInt64> {
            var world = UpgradeWorld(seed: seed)
            for _ in 0..<400 {
                world.run(.sendOne("x"))
                if world.draw(10) == 0 { world.probe() }
                if world.draw(10) == 0 { world.breakProbe() }
                try world.deliver()
                world.act()
            }
            upgraded += world.phase == .upgraded ? 1 : 0
            failed += world.broken.isEmpty ? 0 : 1
        }
        #expect(upgraded > 50)
        #expect(failed > 20)
    }
}
