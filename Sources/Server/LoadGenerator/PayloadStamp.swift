// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// The end of each payload that is sent: when, and by which publisher. Whoever forwards it leaves payloads alone, so it
/// tells how long the way through the server took.
struct PayloadStamp: Equatable {
    static let size = 20
    private static let magic: UInt64 = 0x9D5A_11E7_10AD_57A3

    /// On the clock of this machine.
    var sentAt: Instant
    var publisher: UInt32

    init(sentAt: Instant, publisher: UInt32) {
        self.sentAt = sentAt
        self.publisher = publisher
    }

    /// - Returns: `nil` for a payload that is not stamped.
    @unsafe init?(_ payload: UnsafeRawBufferPointer) {
        let start = payload.count - Self.size
        guard start >= 0,
            unsafe payload.loadUnaligned(fromByteOffset: start, as: UInt64.self) == Self.magic
        else { return nil }
        sentAt = unsafe Instant(
            nanoseconds: payload.loadUnaligned(fromByteOffset: start + 8, as: Int64.self))
        publisher = unsafe payload.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self)
    }

    /// Writes it to the end of a payload of at least ``size`` bytes.
    @unsafe func write(into payload: UnsafeMutableRawBufferPointer) {
        let start = payload.count - Self.size
        guard start >= 0 else { return }
        unsafe payload.storeBytes(of: Self.magic, toByteOffset: start, as: UInt64.self)
        unsafe payload.storeBytes(of: sentAt.nanoseconds, toByteOffset: start + 8, as: Int64.self)
        unsafe payload.storeBytes(of: publisher, toByteOffset: start + 16, as: UInt32.self)
    }
}
