// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import EngineKit

/// Random bytes that nobody can predict: seats, host tokens, meeting codes.
public struct SystemRandomSource: RandomSource {
    public init() {}

    public mutating func nextBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // There is no safe way on without randomness.
        precondition(unsafe RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
        return bytes
    }
}
