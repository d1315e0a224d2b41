// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineIO
internal import EngineKit

/// The WebSocket that carries the session, and the one that is about to.
extension EngineIOSession {
    mutating func opened(_ socket: WebSocketID, at now: Instant) {
        switch transport {
        case .opening(let id):
            transport = .webSocket(socket)
            open(id, onPolling: false)
        case .polling where probe == nil && settings.values.allowsUpgrades:
            probe = Probe(socket: socket, deadline: now.advanced(by: settings.values.upgradeTimeout))
        case .polling, .webSocket, .lingering, .closed:
            outputs.append(.closeWebSocket(socket, nil))
        }
    }

    mutating func received(
        _ message: consuming EngineIOMessage, on socket: WebSocketID, at now: Instant
    ) {
        if case .webSocket(socket) = transport {
            do throws(DecodeError) {
                received(try packet(message), at: now)
            } catch {
                end(.invalidPacket)
            }
        } else if let probe, probe.socket == socket {
            // A frame of the probe is no sign of life of the polling that carries the session.
            probed(try? packet(message))
        }
    }

    private func packet(_ message: consuming EngineIOMessage) throws(DecodeError) -> EngineIOPacket {
        switch consume message {
        case .text(let text): try EngineIOPacket(decoding: text, revision: revision)
        case .binary(let bytes): try EngineIOPacket(decodingBinary: bytes, revision: revision)
        }
    }

    private mutating func probed(_ packet: EngineIOPacket?) {
        guard let probe else { return }
        switch packet {
        case .ping(let payload) where payload.elementsEqual("probe".utf8):
            self.probe?.isAnswered = true
            outputs.append(.sendFrame(probe.socket, frame(.pong(payload)), compress: false))
            // The client pauses polling before it upgrades: its waiting GET must come back at once.
            flush()
        case .upgrade: upgrade(to: probe.socket)
        default: abandonProbe()
        }
    }

    private mutating func upgrade(to socket: WebSocketID) {
        probe = nil
        if case .polling(let request?) = transport {
            outputs.append(
                .answerPoll(request, PollAnswer(body: EngineIOPayload.encode([.noop], revision: revision))))
        }
        let isOver = isLingering
        transport = .webSocket(socket)
        queuedBytes = 0
        let packets = waiting
        waiting = []
        for waiting in packets { enqueue(waiting.packet, compress: waiting.compress) }
        guard isOver else { return }
        // The server closed the session meanwhile; this is the transport that tells the client.
        outputs.append(.closeWebSocket(socket, nil))
        discard()
    }

    /// The upgrade failed; polling goes on as if it had never been tried.
    mutating func abandonProbe() {
        guard let probe else { return }
        self.probe = nil
        outputs.append(.closeWebSocket(probe.socket, nil))
    }

    mutating func lost(_ socket: WebSocketID, _ ending: Ending) {
        if case .webSocket(socket) = transport {
            end(ending)
        } else if probe?.socket == socket {
            probe = nil
        }
    }

    mutating func backlogged(_ socket: WebSocketID, bytes: Int) {
        guard case .webSocket(socket) = transport else { return }
        queuedBytes = max(0, bytes)
    }
}
