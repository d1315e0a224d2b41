// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

extension WebSocketFrame {
    /// A server's message, encoded once to be sent to many sockets, from any thread.
    ///
    /// Copies share their bytes. What a socket that agreed on compression gets is made when the first of
    /// them asks, and then shared as well.
    public struct Encoded: Sendable {
        /// The whole frame, its payload not compressed.
        public let bytes: [UInt8]
        private let opcode: Opcode
        private let headerSize: Int
        private let compressed: Compressed?

        private final class Compressed: Sendable {
            /// By window size. `.some(nil)`: it would not get smaller.
            let frames = Mutex<[Int: [UInt8]?]>([:])
        }

        /// Messages shorter than this gain nothing from compression.
        public static var compressionThreshold: Int { 1024 }

        /// - Parameters:
        ///   - opcode: Text, whose UTF-8 is the caller's to see to, or binary.
        ///   - compress: Whether compression may pay; it is never tried on short messages.
        public init(_ opcode: Opcode, payload: [UInt8], compress: Bool = true) {
            var bytes: [UInt8] = []
            WebSocketFrame.encode(opcode, payload: payload, into: &bytes)
            self.bytes = bytes
            self.opcode = opcode
            headerSize = bytes.count - payload.count
            compressed = compress && payload.count >= Self.compressionThreshold ? Compressed() : nil
        }

        public var payload: ArraySlice<UInt8> { bytes[headerSize...] }

        /// The frame for a socket that agreed on permessage-deflate.
        /// - Parameter deflate: Compresses a message on its own; `nil` when it cannot.
        public func bytes(windowBits: Int, deflate: ([UInt8]) -> [UInt8]?) -> [UInt8] {
            guard let compressed else { return bytes }
            // Under the lock, so that two loops do not both compress; a message takes microseconds.
            let frame = compressed.frames.withLock { frames -> [UInt8]? in
                if let known = frames[windowBits] { return known }
                let made = Self.compressedFrame(opcode, Array(payload), deflate)
                frames.updateValue(made, forKey: windowBits)
                return made
            }
            return frame ?? bytes
        }

        private static func compressedFrame(
            _ opcode: Opcode, _ payload: [UInt8], _ deflate: ([UInt8]) -> [UInt8]?
        ) -> [UInt8]? {
            guard let short = deflate(payload), short.count < payload.count else { return nil }
            var bytes: [UInt8] = []
            WebSocketFrame.encode(opcode, payload: short, rsv1: true, into: &bytes)
            return bytes
        }
    }
}
