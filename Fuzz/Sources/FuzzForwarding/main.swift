// SPDX-License-Identifier: Apache-2.0
import FuzzKit

/// The input is a script: what peers, strangers, the driver and the clock do, one after another.
fuzz { bytes in
    var script = Script(bytes)
    let world = World()
    while let step = script.next() { world.perform(step, &script) }
    world.finish()
}

/// Numbers for the steps of a run; zeros when the input is over.
struct Script {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next step; `nil` when there is none.
    mutating func next() -> UInt8? { position < bytes.count ? byte() : nil }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        position += 1
        return bytes[position - 1]
    }

    mutating func number(_ bound: Int) -> Int { Int(byte()) % bound }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let end = min(position + count, bytes.count)
        defer { position = end }
        return Array(bytes[position..<end])
    }
}
