// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineIO
internal import EngineKit

/// Long-polling: GETs that fetch packets and POSTs that bring them.
extension EngineIOSession {
    mutating func polled(_ request: RequestID) {
        switch transport {
        case .opening(let id):
            transport = .polling(waiting: request)
            open(id, onPolling: true)
        case .polling(nil):
            transport = .polling(waiting: request)
            flush()
        case .polling(_?):
            // Two polls at once: the client is confused or the id is shared. The first gets the close.
            outputs.append(.refuse(request, .wrongPolling))
            end(.pollsOverlap)
        case .webSocket: outputs.append(.refuse(request, .refused(.badRequest)))
        case .lingering:
            // What was said before the end goes alone: clients act on an end before they act on the
            // packets in front of it, and would take a goodbye for a lost connection.
            guard waiting.isEmpty else { return answer(request) }
            enqueue(.close, compress: false)
            answer(request)
            discard()
        case .closed: outputs.append(.refuse(request, .refused(.unknownSession)))
        }
    }

    /// The first packets of the session, on whatever transport it began.
    mutating func open(_ id: String, onPolling: Bool) {
        enqueue(settings.openPacket(id: id, revision: revision, onPolling: onPolling), compress: true)
        for message in settings.values.greeting { enqueue(.message(message), compress: true) }
        flush()
    }

    mutating func postBegan(_ request: RequestID) {
        guard acceptsPost(request) else { return }
        posting = request
    }

    mutating func posted(_ request: RequestID, body: [UInt8], isBinary: Bool, at now: Instant) {
        guard acceptsPost(request) else { return }
        posting = nil
        guard body.count <= settings.values.maxPayload else {
            return outputs.append(.refuse(request, .tooLarge(limit: settings.values.maxPayload)))
        }
        guard !isBinary || revision == .three else {
            outputs.append(.refuse(request, .wrongPolling))
            return end(.wrongContent)
        }
        do throws(DecodeError) {
            let packets =
                isBinary
                ? try EngineIOPayload.decodeBinary(body)
                : try EngineIOPayload.decode(body, revision: revision)
            outputs.append(.acceptPost(request))
            for packet in packets where isOpen { received(packet, at: now) }
        } catch {
            outputs.append(.refuse(request, .wrongPolling))
            end(.invalidPacket)
        }
    }

    /// The session goes on: it is the message that was wrong, not the client's grasp of the protocol.
    mutating func postTooLarge(_ request: RequestID) {
        guard acceptsPost(request) else { return }
        posting = nil
        outputs.append(.refuse(request, .tooLarge(limit: settings.values.maxPayload)))
    }

    /// Whether a POST has its turn; if not, it is refused.
    private mutating func acceptsPost(_ request: RequestID) -> Bool {
        // Its head came before the upgrade: the client sent it first, so it still counts.
        if posting == request { return true }
        switch transport {
        case .polling where posting == nil: return true
        case .polling:
            outputs.append(.refuse(request, .wrongPolling))
            end(.postsOverlap)
        case .webSocket: outputs.append(.refuse(request, .refused(.badRequest)))
        case .opening: outputs.append(.refuse(request, .wrongPolling))
        case .lingering, .closed: outputs.append(.refuse(request, .refused(.unknownSession)))
        }
        return false
    }

    mutating func aborted(_ request: RequestID) {
        if posting == request {
            posting = nil
            end(.postAborted)
        } else if case .polling(request?) = transport {
            transport = .polling(waiting: nil)
            end(.pollAborted)
        }
    }
}
