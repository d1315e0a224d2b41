// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import FuzzKit
import STOMP

/// The first byte chooses the version; the rest is the connection.
fuzz { bytes in
    let versions: [STOMPVersion?] = [nil, .v10, .v11, .v12]
    let version = versions[Int(bytes.first ?? 0) % versions.count]
    let connection = Array(bytes.dropFirst())
    let whole = decode([connection], version)
    let single = decode(connection.map { [$0] }, version)
    promise(whole == single, "frames do not depend on how their bytes arrive")

    guard let version, version > .v10 else { return }
    // Some characters of their header entries have no way to be written.
    let unescaped: [STOMPFrame.Command] = [.connect, .stomp, .connected]
    let frames = whole.frames.filter { !unescaped.contains($0.command) }
    var again: [UInt8] = []
    for frame in frames { frame.encode(version, into: &again) }
    promise(decode([again], version) == Outcome(frames: frames), "frames survive a round trip")
}

/// What came of a connection: its frames and the error that ended it.
private struct Outcome: Equatable {
    var frames: [STOMPFrame] = []
    var error: DecodeError?
}

private func decode(_ pieces: [[UInt8]], _ version: STOMPVersion?) -> Outcome {
    var limits = STOMPDecoder.Limits()
    limits.maxHead = 300
    limits.maxBody = 300
    limits.maxHeaders = 5
    var decoder = STOMPDecoder(limits: limits)
    decoder.version = version
    var outcome = Outcome()
    for piece in pieces {
        decoder.append(piece)
        do {
            while let frame = try decoder.next() { outcome.frames.append(frame) }
        } catch {
            outcome.error = error
            return outcome
        }
    }
    return outcome
}
