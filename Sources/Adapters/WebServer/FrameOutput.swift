// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops

/// What one stream of frames has for its peer, bounded: for a peer that does not keep up media are dropped, and one
/// that does not even read answers is cut off.
///
/// A class, since offering what waits leads back here.
final class FrameOutput {
    private var waiting = FrameQueue()

    /// Most bytes in the connection's queue, where nothing is dropped: in front of a peer that has kept up so far,
    /// and of one that has not.
    private static let maxAhead = 262_144
    private static let maxAheadOfSlow = 65_536

    var isEmpty: Bool { waiting.isEmpty }

    func removeAll() { waiting = FrameQueue() }

    func write(_ frame: UnsafeRawBufferPointer, padding: Int = 0, isMedia: Bool, on connection: Connection) {
        let now = connection.web.loop.now
        if !hasRoom(for: frame.count, connection) {
            // Output leaves at the end of the turn, and a busy one brings more than the bound for a client that keeps up.
            // One that does not is asked again only before it costs a frame.
            if !connection.isBlocked || waiting.isFull(for: frame.count + padding, at: now) {
                offerWaiting(connection)
            }
        }
        if hasRoom(for: frame.count, connection) { return unsafe connection.write(frame, padding: padding) }
        connection.web.counters.droppedFrames += UInt64(
            unsafe waiting.append(frame, padding: padding, isMedia: isMedia, at: now))
        // Whoever asks and asks and does not read the answers.
        guard waiting.answerCount > FrameQueue.limit else { return }
        connection.web.counters.slowClients += 1
        connection.abort()
    }

    private func offerWaiting(_ connection: Connection) {
        repeat {
            connection.offerOutput()
            guard connection.backlog == 0 else { return }
            drained(connection)
        } while !waiting.isEmpty
    }

    private func hasRoom(for count: Int, _ connection: Connection) -> Bool {
        let most = connection.isBlocked ? Self.maxAheadOfSlow : Self.maxAhead
        return waiting.isEmpty && connection.backlog + count <= most
    }

    /// The connection has taken everything: gives it what waits.
    func drained(_ connection: Connection) {
        guard !waiting.isEmpty else { return }
        unsafe connection.web.counters.droppedFrames += UInt64(
            waiting.take(limit: Self.maxAheadOfSlow, at: connection.web.loop.now) { bytes in
                unsafe connection.write(bytes, padding: 0)
            })
    }
}
