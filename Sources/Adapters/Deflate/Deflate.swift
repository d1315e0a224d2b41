// SPDX-License-Identifier: Apache-2.0
internal import CZlib

/// Why bytes could not be inflated.
public enum DeflateError: Error, Hashable, Sendable {
    case malformed
    /// More bytes came out than the caller accepts.
    case tooLarge
}

/// What every permessage-deflate message ends with on the wire's far side. RFC 7692 §7.2.1.
private let messageTail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

/// Compresses WebSocket messages, each on its own (`no_context_takeover`). RFC 7692 §7.2.1.
public enum Deflater {
    /// - Parameter windowBits: What the client agreed to look back: 9…15.
    public static func deflateMessage(
        _ message: [UInt8], windowBits: Int = 15
    ) throws(DeflateError) -> [UInt8] {
        var stream = unsafe z_stream()
        // Raw deflate; level 1 is most of the gain for a tenth of the time.
        let status = unsafe deflateInit2_(
            &stream, 1, Z_DEFLATED, -Int32(min(max(windowBits, 9), 15)), 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .malformed }
        defer { unsafe deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: unsafe Int(deflateBound(&stream, UInt(message.count))) + 16)
        var input = message
        let produced = unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe stream.next_in = source.baseAddress
                unsafe stream.avail_in = UInt32(source.count)
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(target.count)
                let status = unsafe deflate(&stream, Z_SYNC_FLUSH)
                return unsafe status == Z_OK ? target.count - Int(stream.avail_out) : 0
            }
        }
        output.removeSubrange(produced...)
        guard output.suffix(4).elementsEqual(messageTail) else { throw .malformed }
        output.removeLast(4)
        return output
    }
}

/// Expands WebSocket messages, each on its own. RFC 7692 §7.2.2.
public enum Inflater {
    /// - Parameter limit: Most bytes to expand to; a small message can hold a very large one.
    public static func inflateMessage(_ message: [UInt8], limit: Int) throws(DeflateError) -> [UInt8] {
        var stream = unsafe z_stream()
        let status = unsafe inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .malformed }
        defer { unsafe inflateEnd(&stream) }
        var input = message + messageTail
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        return try unsafe input.withUnsafeMutableBufferPointer { (source) throws(DeflateError) in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = UInt32(source.count)
            repeat {
                let (status, count) = unsafe piece.withUnsafeMutableBufferPointer { target in
                    unsafe stream.next_out = target.baseAddress
                    unsafe stream.avail_out = UInt32(target.count)
                    let status = unsafe inflate(&stream, Z_SYNC_FLUSH)
                    return unsafe (status, target.count - Int(stream.avail_out))
                }
                // Z_BUF_ERROR says that nothing is left to do; a final block may end the stream early.
                guard [Z_OK, Z_BUF_ERROR, Z_STREAM_END].contains(status) else { throw .malformed }
                guard output.count + count <= limit else { throw .tooLarge }
                output.append(contentsOf: piece[..<count])
                if status != Z_OK { break }
            } while unsafe stream.avail_in > 0 || stream.avail_out == 0
            return output
        }
    }
}
