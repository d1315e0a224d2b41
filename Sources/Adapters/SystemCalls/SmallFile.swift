// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Files of a few kilobytes that are read whole: configuration, keys, tokens.
public enum SmallFile {
    /// What is larger is another file.
    public static let maxBytes = 1 << 20

    /// The whole file. Fails with `EFBIG` when it has more than `limit` bytes.
    public static func read(
        _ path: String, atMost limit: Int = maxBytes
    ) throws(SystemCallError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError(call: "read", code: errno) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else { throw SystemCallError(call: "read", code: EFBIG) }
        }
    }
}
