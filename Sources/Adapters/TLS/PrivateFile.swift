// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Small files that hold keys and certificates.
enum PrivateFile {
    /// Nobody's certificate chain is longer; what is, is the wrong file.
    private static let maxBytes = 1 << 20

    /// The whole file.
    static func read(_ path: String, fix: String) throws(TLSError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open this file", errno, fix: fix) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(path, "read this file", errno, fix: fix) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= maxBytes else {
                throw TLSError(path, "this file is larger than 1 MiB", fix: fix)
            }
        }
    }
}
