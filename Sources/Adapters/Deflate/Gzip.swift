// SPDX-License-Identifier: Apache-2.0
internal import CZlib

/// Compresses the content of HTTP answers. RFC 1952.
public enum Gzip {
    /// - Returns: `nil` when the library cannot.
    public static func compress(_ content: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        // 16 more than the window asks for the gzip format; level 1 is most of the gain for a tenth of
        // the time.
        let status = unsafe deflateInit2_(
            &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: unsafe Int(deflateBound(&stream, UInt(content.count))))
        var input = content
        let produced = unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe stream.next_in = source.baseAddress
                unsafe stream.avail_in = UInt32(source.count)
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(target.count)
                let status = unsafe deflate(&stream, Z_FINISH)
                return unsafe status == Z_STREAM_END ? target.count - Int(stream.avail_out) : 0
            }
        }
        guard produced > 0 else { return nil }
        output.removeSubrange(produced...)
        return output
    }
}
