// SPDX-License-Identifier: Apache-2.0
public import EngineKit

extension Engine {
    /// Handles `input` and returns everything the engine then wants done.
    public mutating func outputs(for input: Input, at now: Instant = .origin) -> [Output] {
        handle(input, at: now)
        return drain()
    }

    /// Removes every waiting output, oldest first.
    public mutating func drain() -> [Output] {
        var outputs: [Output] = []
        while let output = poll() { outputs.append(output) }
        return outputs
    }
}
